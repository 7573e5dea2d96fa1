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

/// How often a thread that has no more work looks whether the others are done, before it sleeps: some 50 us, about as long
/// as waking up takes.
const LOOKS: usize = 1 << 10;

/// One thread for each core but the caller's. They are for kernels alone: behind other, longer work, kernels would wait
/// for threads that have nothing left to do. None if the system has no threads to give.
static POOL: LazyLock<Option<ThreadPool>> = LazyLock::new(|| {
    let others = available_parallelism().map_or(1, |cores| cores.get() - 1).max(1);
    ThreadPoolBuilder::new().num_threads(others).thread_name(|index| format!("kernel-{index}")).build().ok()
});

/// Hands `jobs` out to so many threads, this one among them. `run` gets the jobs that its thread takes, one at a time:
/// whoever is free takes the next.
pub(super) fn together<T: Send>(
    threads: usize,
    mut jobs: impl Iterator<Item = T> + Send,
    run: impl Fn(&mut dyn Iterator<Item = T>) + Sync,
) {
    let Some(pool) = (threads > 1).then(|| POOL.as_ref()).flatten() else {
        return run(&mut jobs);
    };
    let (jobs, busy) = (Mutex::new(jobs), AtomicUsize::new(threads));
    let work = || {
        let take = || jobs.lock().unwrap_or_else(PoisonError::into_inner).next();
        run(&mut core::iter::from_fn(take));
        busy.fetch_sub(1, Ordering::Release);
    };
    pool.in_place_scope(|scope| {
        (1..threads).for_each(|_| scope.spawn(|_| work()));
        work();
        (0..LOOKS).take_while(|_| busy.load(Ordering::Acquire) > 0).for_each(|_| spin_loop());
    });
}
