//! Throughput of every operation in gas per second, for shapes that suit it and shapes that do not, on every instruction
//! set of this processor. The prices hold if no rate of `avx2x1` is below 30 Mgas/s.

#![allow(missing_docs, reason = "criterion's macros make public functions")]

mod support;

use alloy_primitives::B256;
use autonet_ml_precompiles::{Draw, Heads, Metric, Operation, Pooling, Ratio, Tensor, Window, gas};
use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;
use support::{bytes, engines, exponentials, matrix, requants, run, scales, words};
use tikv_jemallocator::Jemalloc;

/// As in the nodes.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

fn operate(c: &mut Criterion, name: &str, key: &str, operation: &Operation<Tensor>) {
    let plan = operation.plan().expect("a plan");
    for (engine_name, engine) in engines() {
        let key = format!("{key} engine={engine_name}");
        run(c, name, &key, plan.gas + plan.fixed, engine_name.ends_with('2'), || {
            drop(black_box(black_box(operation).apply_on(&engine).expect("it runs")));
        });
    }
}

fn products(c: &mut Criterion) {
    for [m, k, n] in [
        [256, 384, 1_536],
        [196, 1_536, 384],
        [1_024, 1_024, 1_024],
        [64, 65_536, 64],
        [1, 4_096, 4_096],
        [5, 1_000, 1_000],
        [1, 65_536, 64],
        [65_536, 64, 1],
        [4_096, 1, 4_096],
        [4_096, 3, 1_024],
        [4_096, 7, 1_000],
        [16_384, 16, 17],
        [65_536, 1, 1],
        [4_096, 384, 3],
    ] {
        let operands = || (matrix(m, k), matrix(k, n));
        for requant in [None, Some(requants(n, 42))] {
            let key = format!("m={m} k={k} n={n} requant={}", requant.is_some());
            let (x, weights) = operands();
            operate(c, "ops::matmul_i8", &key, &Operation::matmul(x, weights, None, requant));
        }
    }
}

/// Image, kernel, stride, channels, and what is added on every side.
type Case = ([u32; 2], [u32; 2], [u32; 2], u32, u32);

const WINDOWS: [Case; 10] = [
    ([56, 56], [3, 3], [1, 1], 64, 1),
    ([112, 112], [7, 7], [2, 2], 3, 3),
    ([256, 256], [3, 3], [1, 1], 1, 1),
    ([64, 64], [1, 1], [1, 1], 128, 0),
    ([16, 4_096], [1, 1], [1, 64], 1, 0),
    ([16, 4_096], [1, 1], [1, 32], 64, 0),
    ([256, 256], [64, 1], [1, 1], 1, 0),
    ([256, 256], [1, 64], [1, 1], 1, 0),
    ([224, 224], [16, 16], [16, 16], 3, 0),
    ([64, 64], [64, 64], [1, 1], 7, 0),
];

fn windows(c: &mut Criterion) {
    for (image, kernel, stride, channels, pad) in WINDOWS {
        let window = Window { image, kernel, stride, before: [pad; 2], after: [pad; 2] };
        let x = matrix(image[0] * image[1], channels);
        let key = format!("image={image:?} kernel={kernel:?} stride={stride:?} channels={channels}");
        for n in [1, 64] {
            let weights = matrix(window.taps() as u32 * channels, n);
            let operation = Operation::conv2d(window, 0, x.clone(), weights, None, Some(requants(n, 42)));
            operate(c, "ops::conv2d_i8", &format!("{key} n={n}"), &operation);
        }
        for pooling in [Pooling::Max, Pooling::Mean] {
            operate(c, "ops::pool", &format!("{pooling:?} {key}"), &Operation::pool(pooling, window, x.clone()));
        }
    }
}

fn rows(c: &mut Criterion) {
    for [m, n] in
        [[1_176, 196], [196, 384], [1_000, 1_000], [65_536, 1], [65_536, 7], [65_536, 17], [16, 65_536], [1, 65_536]]
    {
        let (x, key) = (matrix(m, n), format!("m={m} n={n}"));
        operate(c, "ops::requant", &key, &Operation::requant(words(m, n), requants(n, 42)));
        operate(c, "ops::softmax_i8", &key, &Operation::softmax(x.clone(), exponentials()));
        operate(c, "ops::layernorm_i8", &key, &Operation::layernorm(x.clone(), scales(n)));
        let constants = Tensor::from_i32(&[4], vec![1 << 20, -(1 << 19), 77, 20]).expect("a tensor");
        operate(c, "ops::add_i8", &key, &Operation::add(x.clone(), x.clone(), constants.clone()));
        operate(c, "ops::add_i8", &format!("{key} row"), &Operation::add(x.clone(), matrix(1, n), constants));
        operate(c, "ops::cosine_ge", &key, &Operation::cosine_ge(Ratio { n: 9, d: 10 }, x.clone(), x.clone()));
        operate(c, "ops::lut8", &key, &Operation::lut8(x, Tensor::from_i8(&[256], bytes(256)).expect("a tensor")));
    }
    for [rows, cols, count] in [[65_536, 1, 65_536], [65_536, 1_000, 4_096], [1_000, 4_096, 4_096]] {
        let index = |i: u32| (i.wrapping_mul(2_654_435_761) % rows) as i32;
        let indices = Tensor::from_i32(&[count], (0..count).map(index).collect()).expect("a tensor");
        let key = format!("rows={rows} cols={cols} count={count}");
        operate(c, "ops::gather", &key, &Operation::gather(matrix(rows, cols), indices));
    }
}

fn attention(c: &mut Criterion) {
    for (sequences, heads, tokens, depth) in [
        (1, 6, 196, 64),
        (4, 12, 64, 64),
        (1, 1, 1_024, 32),
        (1_024, 8, 1, 1),
        (64, 8, 1, 1_024),
        (256, 16, 2, 2),
        (64, 16, 5, 7),
        (2, 2, 500, 1),
        (2, 2, 500, 5),
    ] {
        let shape = Heads { heads, tokens, depth };
        let x = matrix(sequences * tokens, heads * depth);
        let key = format!("sequences={sequences} heads={heads} tokens={tokens} depth={depth}");
        operate(
            c,
            "ops::scores_i8",
            &key,
            &Operation::scores(shape, [0, 0], x.clone(), x.clone(), requants(heads, 40)),
        );
        let p = matrix(sequences * heads * tokens, tokens);
        operate(c, "ops::mix_i8", &key, &Operation::mix(shape, 0, p, x, requants(heads * depth, 40)));
    }
}

fn updates(c: &mut Criterion) {
    let updates: Vec<Tensor> = (0..64).map(|salt| words(100 + salt % 2, 300)).collect();
    for count in [1, 2, 3, 8, 64] {
        let some = || updates.iter().step_by(2).cycle().take(count).cloned();
        for weight in [1_000, u64::MAX - 1] {
            let fedavg = Operation::fedavg(some().map(|update| (weight, update))).expect("updates");
            operate(c, "ops::fedavg", &format!("count={count} weight={weight}"), &fedavg);
        }
        let mean = Operation::trimmed_mean((count as u32 - 1) / 3, some()).expect("updates");
        operate(c, "ops::trimmed_mean", &format!("count={count}"), &mean);
    }
    for (n, d) in [(1, 2), (i32::MAX as u32, 3), (1_000_003, i32::MAX as u32)] {
        let operation = Operation::apply_delta(Ratio { n, d }, updates[0].clone(), updates[2].clone());
        operate(c, "ops::apply_delta", &format!("n={n} d={d}"), &operation);
    }
    let draw = Draw { seed: B256::repeat_byte(1), domain: B256::repeat_byte(2), counter: 3 };
    operate(c, "ops::prng", "n=8000", &Operation::prng(draw, 8_000));
    for (population, n) in [(8_000, 8_000), (65_536, 1)] {
        operate(c, "ops::sample", &format!("population={population} n={n}"), &Operation::sample(draw, population, n));
    }
}

fn metrics(c: &mut Criterion) {
    for [rows, cols] in [[50_000, 10], [65_536, 1], [65_536, 2], [20_000, 100]] {
        let labels = Tensor::from_i8(&[rows], bytes(rows as usize)).expect("a tensor");
        for (dtype, predictions) in [("i8", matrix(rows, cols)), ("i32", words(rows, cols))] {
            let key = format!("argmax_hits dtype={dtype} rows={rows} cols={cols}");
            measure(c, &key, Metric::ArgmaxHits, &predictions, &labels);
        }
    }
    let (p, t) = (matrix(1_000, 1_000), matrix(1_000, 1_000));
    measure(c, "mse", Metric::MseQ32Floor, &p, &t);
    measure(c, "matches", Metric::Matches, &p, &t);
}

fn measure(c: &mut Criterion, key: &str, metric: Metric, predictions: &Tensor, truth: &Tensor) {
    let gas = metric.price(predictions.shape(), truth.shape()).expect("a price");
    run(c, "metric::measure", &format!("{key} engine=allx1"), gas, false, || {
        black_box(metric.measure(black_box(predictions), truth).expect("it runs"));
    });
}

fn tensors(c: &mut Criterion) {
    for (key, tensor) in [
        ("dtype=i8", matrix(512, 512)),
        ("dtype=i32", words(512, 512)),
        ("dtype=i8 rank=1", Tensor::from_i8(&[65_536], bytes(65_536)).expect("a tensor")),
    ] {
        let price = gas::commit(tensor.shape());
        run(c, "commitment::tensor_id", &format!("{key} engine=allx1"), price, false, || {
            black_box(black_box(&tensor).id());
        });
    }
    let encoded = matrix(4_096, 1_024).encode();
    run(c, "tensor::decode", "dtype=i8 engine=allx1", gas::load(encoded.len() as u64), false, || {
        drop(black_box(Tensor::decode(black_box(&encoded))));
    });
}

criterion_group!(benches, products, windows, rows, attention, updates, metrics, tensors);
criterion_main!(benches);
