//! REQUANT: a tile a step.

use crate::{
    step::{Step, Stop},
    tile::{self, AREA, across},
};
use autonet_ml_precompiles::{arithmetic::Requant, commitment::TILE};

pub(super) fn step(step: &mut Step<'_>) -> Result<(), Stop> {
    let output = *step.call.output()?;
    let index = step.index as usize;
    step.carried(0)?;
    let acc = step.i32s(0, index)?;
    let tile = requantise(step, 1, index % across(&output), &acc, tile::inside(&output, index))?;
    step.append(&tile, index, output.tiles())
}

/// A tile of accumulators by the constants in tile `col` of an operand; zero outside of the matrix.
pub(super) fn requantise(
    step: &mut Step<'_>,
    operand: usize,
    col: usize,
    acc: &[i32],
    [rows, cols]: [usize; 2],
) -> Result<Vec<u8>, Stop> {
    let constants = step.i32s(operand, col)?;
    let mut tile = vec![0; AREA];
    for column in 0..cols {
        let [m, s, zp] = [0, 1, 2].map(|row| constants[TILE * row + column]);
        let requant = Requant::new(m, s, zp).ok_or(Stop::Failed)?;
        for row in 0..rows {
            tile[TILE * row + column] = requant.apply(acc[TILE * row + column]) as u8;
        }
    }
    Ok(tile)
}
