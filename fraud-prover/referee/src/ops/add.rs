//! ADD_I8: a tile a step. Its rows may meet rows of several tiles of b.

use super::last::Last;
use crate::{
    step::{Step, Stop},
    tile::{self, AREA, across},
};
use autonet_ml_precompiles::{arithmetic::AddConstants, commitment::TILE};

pub(super) fn step(step: &mut Step<'_>) -> Result<(), Stop> {
    step.carried(0)?;
    let output = *step.call.output()?;
    let index = step.index as usize;
    let (band, col) = (index / across(&output), index % across(&output));
    let constants = step.i32s(2, 0)?;
    let constants = AddConstants::new([0, 1, 2, 3].map(|place| constants[place])).map_err(|_| Stop::Failed)?;
    let a = step.i8s(0, index)?;
    let period = step.call.operand(1)?.shape.rows();
    let [rows, cols] = tile::inside(&output, index);
    let (mut last, mut tile) = (Last::default(), vec![0; AREA]);
    for row in 0..rows {
        let b = last.row(step, 1, (TILE * band + row) % period, col)?;
        for place in 0..cols {
            tile[TILE * row + place] = constants.apply(a[TILE * row + place], b[place] as i8) as u8;
        }
    }
    step.append(&tile, index, output.tiles())
}
