//! Engines, operands and the measuring of gas rates.

#![allow(dead_code, unreachable_pub, reason = "each bench uses a part")]

use autonet_ml_precompiles::{Engine, Tensor, kernel::Simd};
use criterion::{BenchmarkId, Criterion, Throughput};
use std::{
    cell::Cell,
    num::NonZeroUsize,
    time::{Duration, Instant},
};

/// The engines of this processor by name: instruction set and threads.
pub fn engines() -> Vec<(String, Engine)> {
    #[allow(unused_mut, reason = "other processors have none")]
    let mut sets = vec![("scalar", Simd::Scalar)];
    #[cfg(all(feature = "std", target_arch = "x86_64"))]
    {
        use autonet_ml_precompiles::kernel::{avx2::Avx2, avx512::Vnni};
        sets.extend(Avx2::detect().map(|avx2| ("avx2", Simd::Avx2(avx2))));
        sets.extend(Vnni::detect().map(|vnni| ("vnni", Simd::Vnni(vnni))));
    }
    let threads = |(set, simd): (&'static str, Simd)| {
        let counts: &[usize] = if set == "scalar" { &[1] } else { &[1, 2] };
        counts
            .iter()
            .filter_map(move |&count| Some((format!("{set}x{count}"), Engine::new(simd, NonZeroUsize::new(count)?))))
    };
    sets.into_iter().flat_map(threads).collect()
}

/// Bytes in -127..=127, of no pattern.
pub fn bytes(len: usize) -> Vec<i8> {
    (0..len as u32).map(|i| ((i.wrapping_mul(2_654_435_761) >> 24) as i8).max(-127)).collect()
}

pub fn matrix(rows: u32, cols: u32) -> Tensor {
    Tensor::from_i8(&[rows, cols], bytes(rows as usize * cols as usize)).expect("a tensor")
}

pub fn words(rows: u32, cols: u32) -> Tensor {
    let word = |i: u32| i.wrapping_mul(2_654_435_761) as i32 >> 8;
    Tensor::from_i32(&[rows, cols], (0..rows * cols).map(word).collect()).expect("a tensor")
}

/// Constants of REQUANT.
pub fn requants(cols: u32, shift: i32) -> Tensor {
    let n = cols as usize;
    let rows = [vec![1_500_000_000; n], (0..cols as i32).map(|j| shift + j % 3).collect(), vec![3; n]];
    Tensor::from_i32(&[3, cols], rows.concat()).expect("a tensor")
}

/// Constants of LAYERNORM_I8.
pub fn scales(cols: u32) -> Tensor {
    let n = cols as usize;
    Tensor::from_i32(&[3, cols], [vec![1 << 20; n], vec![5; n], vec![31; n]].concat()).expect("a tensor")
}

/// Exponentials of SOFTMAX_I8.
pub fn exponentials() -> Tensor {
    Tensor::from_i32(&[256], (0..256).map(|d| 65_535 >> (d / 12)).collect()).expect("a tensor")
}

/// Times `work`, which costs `gas`, and prints what the price makes of it. On one thread that is its mean time on
/// the processor: on a busy machine the clock also counts what others got. On several it is the best time.
pub fn run(c: &mut Criterion, name: &str, key: &str, gas: u64, threads: bool, mut work: impl FnMut()) {
    // The processor's clock ticks slowly: all runs together are timed with it.
    let (total, runs, best) = (Cell::new(Duration::ZERO), Cell::new(0), Cell::new(u128::MAX));
    let mut group = c.benchmark_group(name);
    group
        .sample_size(10)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(400))
        .throughput(Throughput::Elements(gas));
    group.bench_function(BenchmarkId::from_parameter(key), |b| {
        b.iter_custom(|count| {
            let (start, cpu) = (Instant::now(), cpu_time());
            (0..count).for_each(|_| work());
            let spent = start.elapsed();
            let cpu = cpu_time().zip(cpu).map(|(end, start)| end - start);
            total.set(total.get() + cpu.unwrap_or(spent));
            best.set(best.get().min(spent.as_nanos() / u128::from(count)));
            runs.set(runs.get() + u128::from(count));
            spent
        });
    });
    group.finish();
    if runs.get() > 0 {
        let nanos = if threads { best.get() } else { total.get().as_nanos() / runs.get() }.max(1);
        let rate = u128::from(gas) * 10_000 / nanos;
        println!("rate {name}/{key}: {} us, {gas} gas, {}.{} Mgas/s", nanos / 1_000, rate / 10, rate % 10);
    }
}

/// Time that this thread has had on a processor.
fn cpu_time() -> Option<Duration> {
    let spent = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    spent.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}
