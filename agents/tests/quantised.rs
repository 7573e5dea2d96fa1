//! The integer model against the definition of its operations, written out again in the plainest way.

use alloy::primitives::B256;
use autonet_agents::{
    data::Digits,
    ml::{self, IntegerModel, Weights},
};
use autonet_ml_precompiles::{Tensor, forward};
use std::sync::Arc;

/// MATMUL_I8 and REQUANT as the design words them.
fn dense(x: &[i64], [weights, bias, requant]: [&Tensor; 3]) -> Vec<i64> {
    let (weights, bias, requant) = (weights.as_i8().unwrap(), bias.as_i32().unwrap(), requant.as_i32().unwrap());
    let cols = bias.len();
    (0..cols)
        .map(|j| {
            let products = x.iter().enumerate().map(|(k, x)| x * i64::from(weights[k * cols + j]));
            let acc = i64::from(bias[j]) + products.sum::<i64>();
            let [m, s, zp] = [0, 1, 2].map(|row| i64::from(requant[row * cols + j]));
            (((acc * m + (1 << (s - 1))) >> s) + zp).clamp(-128, 127)
        })
        .collect()
}

fn predictions(model: &IntegerModel, pixels: &[i8]) -> Vec<i64> {
    let p: Vec<&Tensor> = model.parameters.iter().map(Arc::as_ref).collect();
    let x: Vec<i64> = pixels.iter().map(|&pixel| pixel.into()).collect();
    dense(&dense(&x, [p[0], p[1], p[2]]), [p[3], p[4], p[5]])
}

fn argmax(row: &[i64]) -> usize {
    (0..row.len()).rev().max_by_key(|&index| row[index]).unwrap()
}

#[test]
fn the_model_computes_what_its_tensors_say() {
    let digits = Digits::load().unwrap();
    let model = ml::quantise(&Weights::initial(B256::ZERO), &digits.training).unwrap();
    let (inputs, labels) = ml::ground_truth(&digits.held_out).unwrap();
    let find =
        |id: B256| Ok::<_, ml::MlError>(model.parameters.iter().find(|tensor| tensor.id() == id).unwrap().clone());
    let outputs = forward(&model.graph, &inputs, find).unwrap();
    let mut hits = 0;
    for (digit, row) in digits.held_out.iter().zip(outputs.as_i8().unwrap().chunks_exact(10)) {
        let expected = predictions(&model, &digit.pixels);
        assert_eq!(row.iter().map(|&value| i64::from(value)).collect::<Vec<_>>(), expected);
        hits += u64::from(argmax(&expected) as i8 == digit.label);
    }
    assert_eq!(model.hits(&inputs, &labels).unwrap(), hits);
}

/// Where the exact fixed-point outputs differ clearly, the 8-bit outputs are in the same order.
#[test]
fn the_model_approximates_the_exact_weights() {
    let digits = Digits::load().unwrap();
    let weights = Weights::initial(B256::repeat_byte(7));
    let model = ml::quantise(&weights, &digits.training).unwrap();
    let (w1, b1) = weights.hidden();
    let (w2, b2) = weights.output();
    let layer = |x: &[f64], w: &[i32], b: &[i32]| -> Vec<f64> {
        let one = f64::from(1 << 24);
        let column =
            |j: usize| x.iter().enumerate().map(move |(k, x)| x * f64::from(w[k * b.len() + j]) / one).sum::<f64>();
        (0..b.len()).map(|j| column(j) + f64::from(b[j]) / one).collect()
    };
    let exact = |pixels: &[i8]| {
        let x: Vec<f64> = pixels.iter().map(|&pixel| f64::from(pixel) / 16.0).collect();
        let hidden: Vec<f64> = layer(&x, w1, b1).into_iter().map(|value| value.max(0.0)).collect();
        layer(&hidden, w2, b2)
    };
    let all: Vec<(Vec<f64>, Vec<i64>)> =
        digits.held_out.iter().map(|digit| (exact(&digit.pixels), predictions(&model, &digit.pixels))).collect();
    let largest = all.iter().flat_map(|(exact, _)| exact).fold(0.0, |max: f64, value| max.max(value.abs()));
    let mut compared = 0;
    for (exact, quantised) in &all {
        for (i, j) in (0..10).flat_map(|i| (0..10).map(move |j| (i, j))) {
            if exact[i] - exact[j] > largest / 10.0 {
                assert!(
                    quantised[i] > quantised[j],
                    "{} and {} became {}, {}",
                    exact[i],
                    exact[j],
                    quantised[i],
                    quantised[j]
                );
                compared += 1;
            }
        }
    }
    assert!(compared > 1_000);
}
