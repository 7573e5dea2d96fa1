//! Several threads for one piece of work.

use core::{
    hint::spin_loop,
    sync::atomic::{AtomicUsize, Ordering},
};
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::{
    format,
    sync::{LazyLock, Mutex, PoisonError},
    thread::available_parallelism,
};

/// How often a thread that has no more work looks whether the others are done, before it sleeps: some 60 us, about as long
/// as waking up takes. A helper does so as well: it is still awake when the next piece of work comes at once.
const LOOKS: usize = 1 << 12;

/// The threads for kernels; none if the system has no threads to give.
static HELPERS: LazyLock<Option<Helpers>> = LazyLock::new(Helpers::new);

/// One thread for each core but the caller's. Each helps one caller at a time: nobody waits for another one's work.
struct Helpers {
    pool: ThreadPool,
    free: AtomicUsize,
}

/// Helpers that are promised to a caller; those left are given back.
struct Promised<'a> {
    free: &'a AtomicUsize,
    count: usize,
}

impl Helpers {
    fn new() -> Option<Self> {
        let count = available_parallelism().map_or(1, |cores| cores.get() - 1).max(1);
        let pool = ThreadPoolBuilder::new().num_threads(count).thread_name(|index| format!("kernel-{index}")).build();
        Some(Self { pool: pool.ok()?, free: AtomicUsize::new(count) })
    }

    /// As many as are free, up to `most`.
    fn take(&self, most: usize) -> Promised<'_> {
        let left = |free: usize| Some(free - free.min(most));
        let free = self.free.fetch_update(Ordering::AcqRel, Ordering::Acquire, left).unwrap_or_else(|free| free);
        Promised { free: &self.free, count: free.min(most) }
    }
}

impl Promised<'_> {
    /// One of them.
    const fn split(&mut self) -> Option<Self> {
        if self.count == 0 {
            return None;
        }
        self.count -= 1;
        Some(Self { free: self.free, count: 1 })
    }
}

impl Drop for Promised<'_> {
    fn drop(&mut self) {
        self.free.fetch_add(self.count, Ordering::AcqRel);
    }
}

/// Hands `jobs` out to this thread and up to `threads - 1` others that are free. `run` gets the jobs that its thread takes,
/// one at a time: whoever is ready takes the next.
pub(super) fn together<T: Send>(
    threads: usize,
    mut jobs: impl Iterator<Item = T> + Send,
    run: impl Fn(&mut dyn Iterator<Item = T>) + Sync,
) {
    let Some(helpers) = (threads > 1).then(|| HELPERS.as_ref()).flatten() else {
        return run(&mut jobs);
    };
    let mut promised = helpers.take(threads - 1);
    let (jobs, busy) = (Mutex::new(jobs), AtomicUsize::new(1 + promised.count));
    let work = || {
        let take = || jobs.lock().unwrap_or_else(PoisonError::into_inner).next();
        run(&mut core::iter::from_fn(take));
        busy.fetch_sub(1, Ordering::Release);
        (0..LOOKS).take_while(|_| busy.load(Ordering::Acquire) > 0).for_each(|_| spin_loop());
    };
    let work = &work;
    helpers.pool.in_place_scope(|scope| {
        while let Some(helper) = promised.split() {
            scope.spawn(move |_| {
                // Given back when the work is done, be it by a panic.
                let _helper = helper;
                work();
            });
        }
        work();
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        panic::{AssertUnwindSafe, catch_unwind},
        sync::{
            Condvar, MutexGuard,
            mpsc::{RecvTimeoutError, channel},
        },
        thread,
        time::Duration,
    };

    const MANY: usize = 64;
    const PATIENCE: Duration = Duration::from_secs(60);

    /// The helpers are everybody's.
    fn alone() -> MutexGuard<'static, ()> {
        static ALONE: Mutex<()> = Mutex::new(());
        ALONE.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sum(threads: usize) -> usize {
        let total = AtomicUsize::new(0);
        together(threads, 0..1_000, |jobs| {
            total.fetch_add(jobs.sum::<usize>(), Ordering::Relaxed);
        });
        total.into_inner()
    }

    #[test]
    fn every_job_is_done_once() {
        let _alone = alone();
        for threads in [1, 2, 3, MANY] {
            assert_eq!(sum(threads), 499_500, "{threads}");
        }
        together(MANY, core::iter::empty::<()>(), |jobs| assert!(jobs.next().is_none()));
    }

    #[test]
    fn nobody_waits_for_anothers_work() {
        let _alone = alone();
        let (open, gate) = (Mutex::new(false), Condvar::new());
        let (started, starts) = channel();
        let (done, other) = channel();
        thread::scope(|scope| {
            // One caller's jobs keep it and all helpers until the gate opens.
            scope.spawn(|| {
                together(MANY, 0..MANY, |jobs| {
                    for _ in jobs {
                        started.send(()).unwrap();
                        drop(gate.wait_while(open.lock().unwrap(), |open| !*open).unwrap());
                    }
                });
            });
            let helpers = HELPERS.as_ref().map_or(0, |helpers| helpers.pool.current_num_threads());
            (0..=helpers).for_each(|_| starts.recv_timeout(PATIENCE).unwrap());
            scope.spawn(move || done.send(sum(MANY)).unwrap());
            let result: Result<usize, RecvTimeoutError> = other.recv_timeout(PATIENCE);
            *open.lock().unwrap() = true;
            gate.notify_all();
            assert_eq!(result, Ok(499_500));
        });
    }

    #[test]
    fn a_panic_is_the_callers_and_keeps_no_helper() {
        let _alone = alone();
        for _ in 0..4 {
            let failing = || together(MANY, 0..MANY, |jobs| jobs.for_each(|job| assert_ne!(job, 7)));
            assert!(catch_unwind(AssertUnwindSafe(failing)).is_err());
        }
        if let Some(helpers) = HELPERS.as_ref() {
            assert_eq!(helpers.free.load(Ordering::Acquire), helpers.pool.current_num_threads());
        }
    }
}
