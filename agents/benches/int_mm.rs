//! The chain's product of I8 matrices against libtorch's, on the same operands, one thread each; and on two threads
//! against one.
//!
//! `ONEDNN_MAX_CPU_ISA` (`AVX2`, `AVX512_CORE_VNNI`) holds libtorch to the instructions of one of our kernels. Beside what
//! criterion prints, the best processor times of runs that take turns are compared, which others on the machine disturb
//! least. So are the sums: without VNNI, libtorch adds pairs of products in 16 bits, which saturate.

#![allow(missing_docs, reason = "criterion's macros make public functions")]

use autonet_ml_precompiles::kernel::{Engine, Product, Simd, avx2::Avx2};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::{
    hint::black_box,
    num::NonZeroUsize,
    sync::LazyLock,
    time::{Duration, Instant},
};
use tch::{Device, Kind, Tensor};

const SHAPES: [[usize; 3]; 3] = [[256, 384, 1_536], [196, 1_536, 384], [1_024, 1_024, 1_024]];
const TWO: NonZeroUsize = NonZeroUsize::MIN.saturating_add(1);
/// Turns of each.
const TURNS: usize = 10;
/// How long a turn is, about.
const TURN: Duration = Duration::from_millis(150);

fn bytes(len: usize, salt: u32) -> Vec<i8> {
    (0..len as u32).map(|i| (((i ^ salt).wrapping_mul(2_654_435_761) >> 24) as i8).max(-127)).collect()
}

/// The engines of this processor.
fn engines() -> Vec<(&'static str, Engine)> {
    let one = |simd| Engine::new(simd, NonZeroUsize::MIN);
    let mut engines = Vec::new();
    if let Some(avx2) = Avx2::detect() {
        engines.push(("avx2", one(Simd::Avx2(avx2))));
    }
    if let best @ Simd::Vnni(_) = Simd::detect() {
        engines.push(("vnni", one(best)));
    }
    engines
}

fn products(c: &mut Criterion) {
    tch::set_num_threads(1);
    let isa = std::env::var("ONEDNN_MAX_CPU_ISA").unwrap_or_else(|_| "any".into());
    println!("multiplications alone on two threads {}", arithmetic());
    for [m, k, n] in SHAPES {
        let (a, b) = (bytes(m * k, 0), bytes(k * n, 0x5bd1));
        let product = Product { a: &a, b: &b, bias: None, k, n };
        let (left, right) = (matrix(&a, m, k), matrix(&b, k, n));
        let sums = Tensor::zeros([m as i64, n as i64], (Kind::Int, Device::Cpu));
        let mut theirs = || drop(black_box(left.internal_int_mm_out(&sums, &right)));
        let mut group = c.benchmark_group(format!("int_mm/m={m} k={k} n={n}"));
        group
            .sample_size(20)
            .measurement_time(Duration::from_secs(2))
            .throughput(Throughput::Elements((m * k * n) as u64));
        group.bench_function(BenchmarkId::from_parameter(format!("libtorch isa={isa}")), |b| b.iter(&mut theirs));
        for (name, engine) in engines() {
            let mut out = vec![0; m * n];
            let mut ours = || engine.matmul(black_box(&product), &mut out);
            group.bench_function(BenchmarkId::from_parameter(name), |b| b.iter(&mut ours));
            let [our, their] = take_turns([&mut ours, &mut theirs], processor_time)
                .map(|time| (m * k * n) as u128 / time.as_nanos().max(1));
            let sums = Vec::<i32>::try_from(sums.flatten(0, 1)).expect("integers");
            println!(
                "m={m} k={k} n={n}: {name} {our} G/s, libtorch isa={isa} {their} G/s, {} %; {} of {} sums differ",
                our * 100 / their.max(1),
                sums.iter().zip(&out).filter(|(their, our)| their != our).count(),
                out.len()
            );
            let two = engine.with_threads(TWO);
            let mut shared = vec![0; m * n];
            let mut both = || two.matmul(black_box(&product), &mut shared);
            group.bench_function(BenchmarkId::new(name, "two threads"), |b| b.iter(&mut both));
            let mut ours = || engine.matmul(black_box(&product), &mut out);
            println!("m={m} k={k} n={n}: {name} on two threads {}", speedup(&mut ours, &mut both));
        }
        group.finish();
    }
}

fn matrix(data: &[i8], rows: usize, cols: usize) -> Tensor {
    Tensor::from_slice(data).reshape([rows as i64, cols as i64])
}

/// What two threads gain on this machine, now, where nothing but arithmetic is shared out.
fn arithmetic() -> String {
    let work = |rounds: u64| {
        let _ = black_box(
            (0..rounds).fold(1u64, |x, round| black_box(x.wrapping_mul(6_364_136_223_846_793_005) + (round & 1))),
        );
    };
    let rounds = 400_000;
    let mut half = || {
        rayon::in_place_scope(|scope| {
            scope.spawn(|_| work(rounds / 2));
            work(rounds / 2);
        });
    };
    speedup(&mut || work(rounds), &mut half)
}

/// How much faster the second is, in time that passes: by the best turns.
fn speedup(one: &mut dyn FnMut(), two: &mut dyn FnMut()) -> String {
    let start = Instant::now();
    let [one, two] = take_turns([one, two], || start.elapsed());
    format!("{one:.0?} -> {two:.0?}: {:.2} times as fast", one.as_secs_f64() / two.as_secs_f64())
}

/// The best time of each, over runs that together take long enough for a clock which ticks slowly.
fn take_turns(mut work: [&mut dyn FnMut(); 2], clock: impl Fn() -> Duration) -> [Duration; 2] {
    let runs = work.each_mut().map(|work| {
        let start = Instant::now();
        work();
        (TURN.as_nanos() / start.elapsed().as_nanos().max(1)).clamp(1, 1_000) as u32
    });
    let mut best = [Duration::MAX; 2];
    for _ in 0..TURNS {
        for ((work, best), runs) in work.iter_mut().zip(&mut best).zip(runs) {
            let start = clock();
            (0..runs).for_each(|_| work());
            *best = ((clock() - start) / runs).min(*best);
        }
    }
    best
}

/// Time that this thread has had on a processor; time that has passed, where the system does not tell.
fn processor_time() -> Duration {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    let spent = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanos = spent.and_then(|spent| spent.split(' ').next()?.parse().ok());
    nanos.map_or_else(|| START.elapsed(), Duration::from_nanos)
}

criterion_group!(benches, products);
criterion_main!(benches);
