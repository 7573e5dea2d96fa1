//! Throughput of the operations: multiplications or elements per second as criterion prints them, and the Mgas/s that
//! the prices make of the measured time.

#![allow(missing_docs, reason = "criterion's macros make public functions")]

use autonet_ml_precompiles::{
    Metric, Operation, Tensor, gas,
    kernel::{Product, scalar},
};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::{
    hint::black_box,
    time::{Duration, Instant},
};

fn bytes(len: usize) -> Vec<i8> {
    (0..len as u32).map(|i| ((i.wrapping_mul(2_654_435_761) >> 24) as i8).max(-127)).collect()
}

fn matrix(rows: u32, cols: u32) -> Tensor {
    Tensor::from_i8(&[rows, cols], bytes((rows * cols) as usize)).expect("a tensor")
}

fn accumulators(rows: u32, cols: u32) -> Tensor {
    let data = bytes((rows * cols) as usize).into_iter().map(|value| i32::from(value) << 13);
    Tensor::from_i32(&[rows, cols], data.collect()).expect("a tensor")
}

fn constants(cols: u32) -> Tensor {
    let n = cols as usize;
    let rows = [vec![1_500_000_000; n], (0..cols as i32).map(|j| 42 + j % 5).collect(), vec![3; n]];
    Tensor::from_i32(&[3, cols], rows.concat()).expect("a tensor")
}

/// Times `work` under `name` and prints its gas rate.
fn run(c: &mut Criterion, name: &str, key: &str, units: u64, gas: u64, mut work: impl FnMut()) {
    let mut group = c.benchmark_group(name);
    group.sample_size(10).throughput(Throughput::Elements(units));
    group.bench_function(BenchmarkId::from_parameter(key), |b| b.iter(&mut work));
    group.finish();
    let (start, cpu, mut runs) = (Instant::now(), cpu_nanos(), 0);
    while start.elapsed() < Duration::from_secs(1) {
        work();
        runs += 1;
    }
    let spent = cpu_nanos().zip(cpu).map_or(start.elapsed().as_nanos() as u64, |(end, start)| end - start);
    let nanos = (spent / runs).max(1);
    let per_us = |count: u64| count * 10_000 / nanos;
    println!(
        "{name}/{key}: {}.{} M/s, {}.{} Mgas/s",
        per_us(units) / 10,
        per_us(units) % 10,
        per_us(gas) / 10,
        per_us(gas) % 10
    );
}

/// Time that this thread has had on a processor: on a busy machine the wall clock also counts what others got.
fn cpu_nanos() -> Option<u64> {
    std::fs::read_to_string("/proc/thread-self/schedstat").ok()?.split(' ').next()?.parse().ok()
}

fn products(c: &mut Criterion) {
    for (m, k, n) in [
        (512, 512, 512),
        (64, 65_536, 64),
        (256, 256, 256),
        (1_024, 1_024, 1_024),
        (256, 64, 64),
        (1, 4_096, 4_096),
        (4_096, 1, 4_096),
    ] {
        let (a, b) = (bytes(m * k), bytes(k * n));
        let product = Product { a: &a, b: &b, bias: None, k, n };
        let mut out = vec![0; m * n];
        let macs = (m * k * n) as u64;
        let gas = gas::matmul(m as u64, k as u64, n as u64);
        let key = |kernel: &str| format!("kernel={kernel} m={m} k={k} n={n}");
        run(c, "kernel::matmul", &key("scalar"), macs, gas, || scalar::matmul(black_box(&product), &mut out));
        #[cfg(all(feature = "std", target_arch = "x86_64"))]
        if let Some(avx2) = autonet_ml_precompiles::kernel::avx2::Avx2::detect() {
            run(c, "kernel::matmul", &key("avx2"), macs, gas, || avx2.matmul(black_box(&product), &mut out));
        }
    }
}

fn operations(c: &mut Criterion) {
    for (m, k, n) in
        [(512u32, 512u32, 512u32), (1, 4_096, 4_096), (4_096, 1, 4_096), (4, 1_024, 1_024), (1_024, 8, 1_024)]
    {
        for requant in [None, Some(constants(n))] {
            let key = format!("m={m} k={k} n={n} requant={}", requant.is_some());
            let operation = Operation::MatmulI8 { weights: matrix(k, n), bias: None, requant };
            operate(c, "ops::matmul_i8", &key, &operation, &matrix(m, k));
        }
    }
    let cols = 1_000;
    operate(
        c,
        "ops::requant",
        "m=1000 n=1000",
        &Operation::Requant { constants: constants(cols) },
        &accumulators(1_000, cols),
    );
    let table = Tensor::from_i8(&[256], bytes(256)).expect("a tensor");
    operate(c, "ops::lut8", "m=1000 n=1000", &Operation::Lut8 { table }, &matrix(1_000, cols));
    let labels = Tensor::from_i8(&[50_000], bytes(50_000)).expect("a tensor");
    for (name, predictions) in [("i8", matrix(50_000, 10)), ("i32", accumulators(50_000, 10))] {
        measure(c, &format!("kind=argmax_hits dtype={name}"), Metric::ArgmaxHits, &predictions, &labels);
    }
    measure(c, "kind=mse", Metric::MseQ32Floor, &matrix(1_000, 1_000), &matrix(1_000, 1_000));
}

fn operate(c: &mut Criterion, name: &str, key: &str, operation: &Operation<Tensor>, x: &Tensor) {
    let plan = operation.plan(x.shape()).expect("a plan");
    let units = plan.macs.max(x.shape().elements() as u64);
    run(c, name, key, units, plan.gas, || drop(black_box(operation.apply(black_box(x)).expect("runs"))));
}

fn measure(c: &mut Criterion, key: &str, metric: Metric, predictions: &Tensor, truth: &Tensor) {
    let gas = metric.price(predictions.shape(), truth.shape()).expect("a price");
    let elements = predictions.shape().elements() as u64;
    run(c, "metric::measure", key, elements, gas, || {
        black_box(metric.measure(black_box(predictions), truth).expect("runs"));
    });
}

fn tensors(c: &mut Criterion) {
    for (key, tensor) in [
        ("dtype=i8", matrix(512, 512)),
        ("dtype=i32", accumulators(512, 512)),
        ("dtype=i8 rank=1", Tensor::from_i8(&[65_536], bytes(65_536)).expect("a tensor")),
    ] {
        let shape = *tensor.shape();
        run(c, "commitment::tensor_id", key, shape.tiles() as u64, gas::commit(&shape), || {
            black_box(black_box(&tensor).id());
        });
    }
    let encoded = matrix(4_096, 1_024).encode();
    let size = encoded.len() as u64;
    run(c, "tensor::decode", "dtype=i8", size, gas::load(size), || {
        drop(black_box(Tensor::decode(black_box(&encoded))))
    });
}

criterion_group!(benches, products, operations, tensors);
criterion_main!(benches);
