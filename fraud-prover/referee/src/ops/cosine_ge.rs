//! COSINE_GE: for each band of 16 rows, a tile of a and b a step. A tile of the mask is a row of 16: one band's. Carried are by row the
//! product and both squares, 8 bytes each.

use crate::{
    call::{Asked, Call},
    error::Refusal,
    step::{Step, Stop},
    tile::{self, AREA, across},
};
use autonet_ml_precompiles::{Kind, arithmetic::cosine_at_least, commitment::TILE};

/// Bytes of a sum.
const WIDTH: usize = 8;
/// Sums of a row.
const SUMS: usize = 3;

/// One for each tile of a.
pub(super) fn steps(call: &Call) -> Result<u64, Refusal> {
    Ok(call.operand(0)?.shape.tiles() as u64)
}

pub(super) fn step(step: &mut Step<'_>) -> Result<(), Stop> {
    let Asked::Tensor(Kind::CosineGe(ratio), output) = step.call.asked else { return Err(Refusal::Request.into()) };
    let along = across(&step.call.operand(0)?.shape);
    let (band, k) = (step.index as usize / along, step.index as usize % along);
    let mut sums = [[0i64; SUMS]; TILE];
    let carried = step.carried(if k == 0 { 0 } else { WIDTH * SUMS * TILE })?;
    for (sum, bytes) in sums.as_flattened_mut().iter_mut().zip(carried.as_chunks::<WIDTH>().0) {
        *sum = i64::from_be_bytes(*bytes);
    }
    let index = step.index as usize;
    let (a, b) = (step.i8s(0, index)?, step.i8s(1, index)?);
    for (place, (a, b)) in a.into_iter().map(i64::from).zip(b.into_iter().map(i64::from)).enumerate() {
        for (sum, product) in sums[place / TILE].iter_mut().zip([a * b, a * a, b * b]) {
            *sum = sum.wrapping_add(product);
        }
    }
    if k + 1 < along {
        step.carry(sums.as_flattened().iter().flat_map(|sum| sum.to_be_bytes()).collect());
        return Ok(());
    }
    let mut mask = vec![0; AREA];
    for (mask, [dot, aa, bb]) in mask.iter_mut().zip(sums).take(tile::inside(&output, band)[1]) {
        *mask = cosine_at_least(dot, aa as u64, bb as u64, ratio.n.into(), ratio.d.into()).into();
    }
    step.append(&mask, band, output.tiles())
}
