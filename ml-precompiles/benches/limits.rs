//! The largest calls that the limits and a block's gas admit: their time on one thread, and what they hold beside their
//! operands and their result. 30 Mgas/s and 128 MiB are what the prices and the limits promise.

#![allow(unsafe_code, reason = "memory is counted where it is taken")]

#[path = "../tests/support/counting.rs"]
mod counting;
mod support;

use alloy_primitives::B256;
use autonet_ml_precompiles::{
    Draw, Dtype, Engine, Failure, GraphBuilder, Heads, MAX_NODES, Metric, Operation, Pooling, Program, Ratio, Tensor,
    Value, Window, gas,
};
use counting::held_by;
use std::time::Instant;
use support::{bytes, engines, exponentials, matrix, requants, scales, words};

/// What the gas of one block pays for: no call costs more.
const BLOCK_GAS: u64 = 60_000_000;

fn main() {
    let engines = engines().into_iter().filter(|(name, _)| name.ends_with("x1") && name != "scalarx1");
    println!("| call | engine | ms | Mgas | Mgas/s | held, MiB |\n|---|---|---|---|---|---|");
    for (name, engine) in engines {
        products(&name, &engine);
        images(&name, &engine);
        rows(&name, &engine);
        updates(&name, &engine);
        models(&name, &engine);
    }
    metrics();
}

/// Runs an operation, and commits to its result, as a call does.
fn operate(engine_name: &str, engine: &Engine, key: &str, operation: &Operation<&Tensor>) {
    let plan = operation.plan().expect("within the limits");
    let price = plan.gas + plan.fixed + gas::commit(&plan.output);
    row(engine_name, key, price, || {
        let result = operation.apply_on(engine).expect("it runs");
        let _ = result.id();
        result.shape().size_bytes()
    });
}

/// Times `work`, which returns the size of its result.
fn row(engine: &str, key: &str, price: u64, work: impl Fn() -> usize) {
    let start = Instant::now();
    let (result, held) = held_by(&work);
    let seconds = start.elapsed().as_secs_f64();
    let (mgas, mib) = (price as f64 / 1e6, (held - result.min(held)) as f64 / f64::from(1 << 20));
    let over = if price > BLOCK_GAS { ", more than a block has" } else { "" };
    println!("| {key} | {engine} | {:.0} | {mgas:.1}{over} | {:.0} | {mib:.1} |", seconds * 1e3, mgas / seconds);
}

fn products(name: &str, engine: &Engine) {
    for [m, k, n] in [[16_384, 1_024, 1_024], [65_536, 256, 256], [256, 65_536, 1_024], [4_096, 1, 4_096]] {
        let (x, weights, constants) = (matrix(m, k), matrix(k, n), requants(n, 42));
        let operation = Operation::matmul(&x, &weights, None, Some(&constants));
        operate(name, engine, &format!("MATMUL_I8 {m} x {k} x {n}"), &operation);
    }
    for (sequences, heads, tokens, depth) in [(8, 8, 1_024, 64), (1, 4, 4_096, 64), (64, 8, 64, 512)] {
        let shape = Heads { heads, tokens, depth };
        let (x, one) = (matrix(sequences * tokens, heads * depth), requants(heads, 40));
        let p = matrix(sequences * heads * tokens, tokens);
        let key = format!("of {sequences} sequences, {heads} heads, {tokens} tokens, depth {depth}");
        operate(name, engine, &format!("SCORES_I8 {key}"), &Operation::scores(shape, [0, 0], &x, &x, &one));
        let constants = requants(heads * depth, 40);
        operate(name, engine, &format!("MIX_I8 {key}"), &Operation::mix(shape, 0, &p, &x, &constants));
    }
}

fn images(name: &str, engine: &Engine) {
    let same = |image, before, after| Window { image, kernel: [3, 3], stride: [1, 1], before, after };
    let window = Window { kernel: [4, 4], ..same([256, 256], [1, 1], [2, 2]) };
    let (x, weights, constants) = (matrix(65_536, 64), matrix(1_024, 256), requants(256, 42));
    let operation = Operation::conv2d(window, 0, &x, &weights, None, Some(&constants));
    operate(name, engine, "CONV2D_I8 256 x 256 x 64, 4 x 4, to 256", &operation);
    let (image, many) = (matrix(65_536, 1), matrix(65_536, 256));
    for pooling in [Pooling::Max, Pooling::Mean] {
        let wide = Operation::pool(pooling, same([256, 256], [1, 1], [1, 1]), &many);
        operate(name, engine, &format!("POOL {pooling:?} 256 x 256 x 256, 3 x 3"), &wide);
        let windows = Window { kernel: [128, 128], stride: [1, 2], ..same([256, 256], [0, 0], [0, 0]) };
        let whole = Operation::pool(pooling, windows, &image);
        operate(name, engine, &format!("POOL {pooling:?} 256 x 256 x 1, 128 x 128"), &whole);
    }
    let (table, count) = (matrix(65_536, 1_024), 16_384);
    let indices = (0..count).map(|i: u32| (i.wrapping_mul(2_654_435_761) % 65_536) as i32).collect();
    let indices = Tensor::from_i32(&[count], indices).expect("a tensor");
    operate(name, engine, "GATHER 16384 of 65536 x 1024", &Operation::gather(&table, &indices));
}

fn rows(name: &str, engine: &Engine) {
    let exponentials = exponentials();
    let table = Tensor::from_i8(&[256], bytes(256)).expect("a tensor");
    let constants = Tensor::from_i32(&[4], vec![1 << 20, -(1 << 19), 77, 20]).expect("a tensor");
    for [m, n] in [[65_536, 1_024], [1_024, 65_536]] {
        let (x, key) = (matrix(m, n), format!("{m} x {n}"));
        operate(name, engine, &format!("SOFTMAX_I8 {key}"), &Operation::softmax(&x, &exponentials));
        operate(name, engine, &format!("LAYERNORM_I8 {key}"), &Operation::layernorm(&x, &scales(n)));
        operate(name, engine, &format!("ADD_I8 {key}"), &Operation::add(&x, &x, &constants));
        operate(name, engine, &format!("LUT8 {key}"), &Operation::lut8(&x, &table));
        operate(name, engine, &format!("COSINE_GE {key}"), &Operation::cosine_ge(Ratio { n: 9, d: 10 }, &x, &x));
    }
    let acc = words(4_096, 4_096);
    operate(name, engine, "REQUANT 4096 x 4096", &Operation::requant(&acc, &requants(4_096, 42)));
    let draw = Draw { seed: B256::repeat_byte(1), domain: B256::repeat_byte(2), counter: 3 };
    operate(name, engine, "SAMPLE 65536 of 65536", &Operation::sample(draw, 65_536, 65_536));
    operate(name, engine, "PRNG 65536", &Operation::prng(draw, 65_536));
}

fn updates(name: &str, engine: &Engine) {
    let update = words(2_048, 1_024);
    let averaged = Operation::fedavg(vec![(u64::MAX - 1, &update); 64]).expect("updates");
    operate(name, engine, "FEDAVG of 64, 2048 x 1024", &averaged);
    let update = words(512, 1_024);
    let trimmed = Operation::trimmed_mean(21, vec![&update; 64]).expect("updates");
    operate(name, engine, "TRIMMED_MEAN of 64, 512 x 1024", &trimmed);
    let base = words(4_096, 1_024);
    let ratio = Ratio { n: 1_000_003, d: i32::MAX as u32 };
    operate(name, engine, "APPLY_DELTA 4096 x 1024", &Operation::apply_delta(ratio, &base, &base));
}

/// FORWARD: all multiplications in one model, and all bytes of results.
fn models(name: &str, engine: &Engine) {
    let parameters =
        [matrix(1_024, 1_024), requants(1_024, 42), Tensor::from_i8(&[256], bytes(256)).expect("a tensor")];
    let [weights, constants, table] = parameters.each_ref().map(Tensor::id);
    let mut products = GraphBuilder::new(Dtype::I8, 1_024);
    let mut value = Value::INPUT;
    for _ in 0..MAX_NODES / 2 {
        value = products.node(Operation::matmul(value.into(), weights.into(), None, Some(constants.into())));
        value = products.lut8(value, table);
    }
    let mut tables = GraphBuilder::new(Dtype::I8, 1_024);
    (0..4).fold(Value::INPUT, |value, _| tables.lut8(value, table));
    for (key, graph, rows) in
        [("256 nodes, 128 of 128 x 1024 x 1024", products, 128), ("4 of 65536 x 1024", tables, 65_536)]
    {
        let graph = graph.build().expect("a graph");
        let find = |id| parameters.iter().find(|tensor| tensor.id() == id).ok_or(Failure::Operand("parameter"));
        let program = Program::bind(&graph, 0..graph.nodes().len(), find).expect("it binds");
        let x = matrix(rows, 1_024);
        let plan = program.plan(x.shape()).expect("within the limits");
        row(name, &format!("FORWARD of {key}"), plan.gas + plan.fixed + gas::commit(&plan.output), || {
            let result = program.run_on(engine, &x).expect("it runs");
            let _ = result.id();
            result.shape().size_bytes()
        });
    }
}

fn metrics() {
    let (predictions, labels) = (matrix(65_536, 128), Tensor::from_i8(&[65_536], bytes(65_536)).expect("a tensor"));
    let (large, truth) = (matrix(65_536, 1_024), matrix(65_536, 1_024));
    for (key, metric, predictions, truth) in [
        ("hits 65536 x 128", Metric::ArgmaxHits, &predictions, &labels),
        ("MSE 65536 x 1024", Metric::MseQ32Floor, &large, &truth),
        ("matches 65536 x 1024", Metric::Matches, &large, &truth),
    ] {
        let price = metric.price(predictions.shape(), truth.shape()).expect("a price");
        row("all", &format!("METRIC {key}"), price, || {
            metric.measure(predictions, truth).expect("it runs");
            0
        });
    }
}
