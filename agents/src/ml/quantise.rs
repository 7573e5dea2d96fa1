//! Q8.24 weights to an I8 model. Integers only: whoever has the same weights gets the same model, to its id.
//!
//! With pixels p, the hidden layer's exact value is `a = sum p * w1 + 16 * b1` in units of 2^-28. It is stored as
//! `h = round(relu(a) * 255 / a_max) - 128`, where a_max is the largest value on the training images; the clamp of REQUANT
//! is the relu. The offset of -128 goes into the bias of the output layer. The outputs are scaled by the largest
//! magnitude on the training images to [-127, 127].

use super::{HIDDEN, IntegerModel, MlError, Weights};
use crate::data::{CLASSES, Digit, PIXELS};
use autonet_ml_precompiles::{
    Dtype, Factor, GraphBuilder, MAX_BIAS, Quantised, Tensor, Value, quantise_columns_nearest,
};
use std::sync::Arc;

/// Of a hidden activation, which uses all of I8.
const HIDDEN_STEPS: u128 = 255;
const HIDDEN_ZERO_POINT: i32 = -128;
/// Of a weight and of an output, which are symmetric.
const SYMMETRIC_STEPS: u128 = 127;

/// The I8 model of `weights`, with activations calibrated on `training`.
pub fn quantise(weights: &Weights, training: &[Digit]) -> Result<IntegerModel, MlError> {
    let range = calibrate(weights, training);
    let (w1, b1) = weights.hidden();
    let hidden = columns(w1, HIDDEN)?;
    let hidden = Layer {
        index: 0,
        inputs: PIXELS,
        // An accumulator of column j counts absmax / 127, a stored activation hidden_max / 255.
        factor: |absmax: u128| (absmax * HIDDEN_STEPS, SYMMETRIC_STEPS * range.hidden_max),
        bias: |column: usize, absmax: i128| {
            divide_nearest(i128::from(b1[column]) * 16 * SYMMETRIC_STEPS as i128, absmax)
        },
        zero_point: HIDDEN_ZERO_POINT,
        quantised: hidden,
    }
    .tensors()?;

    let (w2, b2) = weights.output();
    let output = columns(w2, CLASSES)?;
    let column_sum = |column: usize| -> i128 {
        output.data.iter().skip(column).step_by(CLASSES).map(|&weight| i128::from(weight)).sum()
    };
    let offsets: Vec<i128> = (0..CLASSES).map(|column| i128::from(-HIDDEN_ZERO_POINT) * column_sum(column)).collect();
    let output = Layer {
        index: 1,
        inputs: HIDDEN,
        // An accumulator counts (hidden_max / 255) * (absmax / 127), an output output_max / 127.
        factor: |absmax: u128| (range.hidden_max * absmax, HIDDEN_STEPS * range.output_max),
        bias: |column: usize, absmax: i128| {
            let scaled = (i128::from(b2[column]) << 28) * (HIDDEN_STEPS * SYMMETRIC_STEPS) as i128;
            divide_nearest(scaled, range.hidden_max as i128 * absmax) + offsets[column]
        },
        zero_point: 0,
        quantised: output,
    }
    .tensors()?;

    let mut graph = GraphBuilder::new(Dtype::I8, PIXELS as u32);
    let activations = graph.dense(Value::INPUT, hidden[0].id(), hidden[1].id(), hidden[2].id());
    graph.dense(activations, output[0].id(), output[1].id(), output[2].id());
    Ok(IntegerModel { graph: graph.build()?, parameters: hidden.into_iter().chain(output).collect() })
}

fn columns(weights: &[i32], cols: usize) -> Result<Quantised, MlError> {
    quantise_columns_nearest(weights, cols).ok_or(MlError::WeightsShape)
}

struct Layer<F, B> {
    index: usize,
    inputs: usize,
    /// Numerator and denominator of REQUANT's factor, by the column's largest weight.
    factor: F,
    /// The bias in accumulator units, by column and its largest weight.
    bias: B,
    zero_point: i32,
    quantised: Quantised,
}

impl<F: Fn(u128) -> (u128, u128), B: Fn(usize, i128) -> i128> Layer<F, B> {
    /// Weights, bias, requantisation.
    fn tensors(self) -> Result<[Arc<Tensor>; 3], MlError> {
        let cols = self.quantised.absmax.len();
        let mut bias = Vec::with_capacity(cols);
        let mut constants = vec![0; 3 * cols];
        for (column, &absmax) in self.quantised.absmax.iter().enumerate() {
            let absmax = absmax.max(1);
            let limit = i128::from(MAX_BIAS);
            bias.push((self.bias)(column, absmax.into()).clamp(-limit, limit) as i32);
            let (numerator, denominator) = (self.factor)(absmax.into());
            let unfit = MlError::Scale { layer: self.index, column };
            let factor = factor_nearest(numerator, denominator).ok_or(unfit)?;
            constants[column] = factor.m;
            constants[cols + column] = factor.s;
            constants[2 * cols + column] = self.zero_point;
        }
        let cols = cols as u32;
        Ok([
            Arc::new(Tensor::from_i8(&[self.inputs as u32, cols], self.quantised.data)?),
            Arc::new(Tensor::from_i32(&[cols], bias)?),
            Arc::new(Tensor::from_i32(&[3, cols], constants)?),
        ])
    }
}

/// Largest values on the training images: of hidden activations in 2^-28, of outputs' magnitudes in 2^-52.
struct Range {
    hidden_max: u128,
    output_max: u128,
}

fn calibrate(weights: &Weights, training: &[Digit]) -> Range {
    let (w1, b1) = weights.hidden();
    let (w2, b2) = weights.output();
    // At least 1, so that nothing is divided by zero.
    let mut range = Range { hidden_max: 1, output_max: 1 };
    for digit in training {
        let mut hidden: Vec<i128> = b1.iter().map(|&bias| 16 * i128::from(bias)).collect();
        for (&pixel, row) in digit.pixels.iter().zip(w1.chunks_exact(HIDDEN)).filter(|(pixel, _)| **pixel != 0) {
            for (sum, &weight) in hidden.iter_mut().zip(row) {
                *sum += i128::from(pixel) * i128::from(weight);
            }
        }
        let mut output: Vec<i128> = b2.iter().map(|&bias| i128::from(bias) << 28).collect();
        for (&value, row) in hidden.iter().zip(w2.chunks_exact(CLASSES)).filter(|(value, _)| **value > 0) {
            range.hidden_max = range.hidden_max.max(value.unsigned_abs());
            for (sum, &weight) in output.iter_mut().zip(row) {
                *sum += value * i128::from(weight);
            }
        }
        range.output_max = output.iter().map(|value| value.unsigned_abs()).fold(range.output_max, u128::max);
    }
    range
}

/// The nearest factor; both numbers are first shortened to 64 bits.
fn factor_nearest(numerator: u128, denominator: u128) -> Option<Factor> {
    let bits = 128 - numerator.max(denominator).leading_zeros();
    let shift = bits.saturating_sub(64);
    Factor::from_ratio_nearest((numerator >> shift) as u64, (denominator >> shift) as u64)
}

/// `numerator / denominator` for a positive denominator, halves towards +infinity.
fn divide_nearest(numerator: i128, denominator: i128) -> i128 {
    (2 * numerator + denominator).div_euclid(2 * denominator)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Digits;
    use alloy::primitives::B256;

    #[test]
    fn division_rounds_to_the_nearest() {
        assert_eq!([7, 5, -5, -7, -4].map(|n| divide_nearest(n, 2)), [4, 3, -2, -3, -2]);
        assert_eq!([4, -4].map(|n| divide_nearest(n, 3)), [1, -1]);
    }

    #[test]
    fn the_same_weights_give_the_same_model() {
        let digits = Digits::load().unwrap();
        let model = |seed| quantise(&Weights::initial(B256::repeat_byte(seed)), &digits.training).unwrap();
        assert_eq!(model(1).graph.model_id(), model(1).graph.model_id());
        assert_ne!(model(1).graph.model_id(), model(2).graph.model_id());
        assert_eq!(model(1).parameters.len(), 6);
    }

    #[test]
    fn weights_that_never_fire_are_refused() {
        let digits = Digits::load().unwrap();
        let dead = Weights::new(vec![-1; super::super::PARAMETERS]).unwrap();
        assert!(matches!(quantise(&dead, &digits.training), Err(MlError::Scale { layer: 0, column: 0 })));
    }
}
