//! Time and gas of whole models on one image: a transformer of 8 million parameters and a small convolutional network.

#![allow(missing_docs, reason = "criterion's macros make public functions")]

mod support;
#[path = "../tests/kernels/vision.rs"]
mod vision;

use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;
use support::{engines, matrix, run};
use tikv_jemallocator::Jemalloc;
use vision::{Model, Transformer, convolutional};

/// As in the nodes.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

fn models(c: &mut Criterion) {
    let transformer =
        Transformer { tokens: 196, patch: 768, width: 384, heads: 6, hidden: 1_536, blocks: 4, classes: 1_000 };
    forward(c, "transformer", &transformer.model(), 196, 768);
    forward(c, "convolutional", &convolutional(32, 32, 10), 1_024, 3);
}

fn forward(c: &mut Criterion, name: &str, model: &Model, rows: u32, cols: u32) {
    let x = matrix(rows, cols);
    let plan = model.program.plan(x.shape()).expect("a plan");
    for (engine_name, engine) in engines() {
        if engine_name.starts_with("scalar") && plan.macs > 1 << 29 {
            continue;
        }
        let key = format!("{name} parameters={} macs={} engine={engine_name}", model.parameters, plan.macs);
        run(c, "program::run", &key, plan.gas + plan.fixed, engine_name.ends_with('2'), || {
            drop(black_box(model.program.run_on(&engine, black_box(&x)).expect("it runs")));
        });
    }
}

criterion_group!(benches, models);
criterion_main!(benches);
