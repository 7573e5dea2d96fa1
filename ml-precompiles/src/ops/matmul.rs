//! MATMUL_I8's accumulators.

use super::MAX_BIAS;
use crate::{
    error::Failure,
    kernel::{self, Product},
    tensor::Shape,
};
use alloc::{vec, vec::Vec};

/// Checks the values of the parameters, then multiplies. A weight of -128 is refused because 65,536 products of
/// (-128)^2 and a bias of 2^30 would reach 2^31; without it every partial sum fits 32 bits.
pub(super) fn accumulate(x: &[i8], weights: &[i8], bias: Option<&[i32]>, output: &Shape) -> Result<Vec<i32>, Failure> {
    if let Some(column) = bias.and_then(|bias| bias.iter().position(|bias| bias.unsigned_abs() > MAX_BIAS)) {
        return Err(Failure::Bias { column });
    }
    if weights.contains(&i8::MIN) {
        return Err(Failure::Weight);
    }
    let n = output.cols();
    let mut acc = vec![0; output.elements()];
    kernel::matmul(&Product { a: x, b: weights, bias, k: weights.len() / n, n }, &mut acc);
    Ok(acc)
}
