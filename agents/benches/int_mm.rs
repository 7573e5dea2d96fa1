//! The chain's product of I8 matrices against libtorch's, on the same operands, one thread each.
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
    time::{Duration, Instant},
};
use tch::{Device, Kind, Tensor};

const SHAPES: [[usize; 3]; 3] = [[256, 384, 1_536], [196, 1_536, 384], [1_024, 1_024, 1_024]];
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
            let [our, their] =
                take_turns([&mut ours, &mut theirs]).map(|time| (m * k * n) as u128 / time.as_nanos().max(1));
            let sums = Vec::<i32>::try_from(sums.flatten(0, 1)).expect("integers");
            println!(
                "m={m} k={k} n={n}: {name} {our} G/s, libtorch isa={isa} {their} G/s, {} %; {} of {} sums differ",
                our * 100 / their.max(1),
                sums.iter().zip(&out).filter(|(their, our)| their != our).count(),
                out.len()
            );
        }
        group.finish();
    }
}

fn matrix(data: &[i8], rows: usize, cols: usize) -> Tensor {
    Tensor::from_slice(data).reshape([rows as i64, cols as i64])
}

/// The best time of each, over runs that together take long enough for the processor's clock, which ticks slowly.
fn take_turns(mut work: [&mut dyn FnMut(); 2]) -> [Duration; 2] {
    let runs = work.each_mut().map(|work| {
        let start = Instant::now();
        work();
        (TURN.as_nanos() / start.elapsed().as_nanos().max(1)).clamp(1, 1_000) as u32
    });
    let mut best = [Duration::MAX; 2];
    for _ in 0..TURNS {
        for ((work, best), runs) in work.iter_mut().zip(&mut best).zip(runs) {
            let (start, cpu) = (Instant::now(), cpu_time());
            (0..runs).for_each(|_| work());
            let spent = cpu_time().zip(cpu).map_or(start.elapsed(), |(end, start)| end - start);
            *best = (spent / runs).min(*best);
        }
    }
    best
}

/// Time that this thread has had on a processor.
fn cpu_time() -> Option<Duration> {
    let spent = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    spent.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}

criterion_group!(benches, products);
criterion_main!(benches);
