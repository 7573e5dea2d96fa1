//! Whole graphs.

use super::{
    support::{Random, engines_and_threads},
    vision::{Model, Transformer, convolutional},
};
use autonet_ml_precompiles::{Engine, Tensor};
use std::collections::BTreeSet;

fn assert_equal(model: &Model, rows: u32, cols: u32) {
    let x = Random(5).bytes((rows * cols) as usize, -128);
    let x = Tensor::from_i8(&[rows, cols], x).expect("a tensor");
    let expected = model.program.run_on(&Engine::SCALAR, &x).expect("it runs");
    let values: BTreeSet<_> = expected.as_i8().expect("bytes").iter().collect();
    assert!(values.len() > 20, "the outputs are too much alike to show a difference: {values:?}");
    for engine in engines_and_threads() {
        assert!(model.program.run_on(&engine, &x).as_ref() == Ok(&expected), "{engine:?}");
    }
}

#[test]
fn a_transformer_is_equal() {
    let shape = Transformer { tokens: 50, patch: 75, width: 96, heads: 3, hidden: 320, blocks: 2, classes: 30 };
    assert_equal(&shape.model(), 150, 75);
}

#[test]
fn a_convolutional_network_is_equal() {
    assert_equal(&convolutional(18, 12, 30), 3 * 18 * 18, 3);
}
