//! GATHER: a tile a step. Its rows may come from as many tiles of the table.

use super::last::Last;
use crate::{
    step::{Step, Stop},
    tile::{self, AREA, across},
};
use autonet_ml_precompiles::commitment::TILE;

pub(super) fn step(step: &mut Step<'_>) -> Result<(), Stop> {
    step.carried(0)?;
    let output = *step.call.output()?;
    let index = step.index as usize;
    let (band, col) = (index / across(&output), index % across(&output));
    // Indices [M] are the row of a matrix, [M,1] its column: sixteen of them are a tile's first row or column.
    let indices = step.i32s(1, band)?;
    let stride = if step.call.operand(1)?.shape.cols() == 1 { TILE } else { 1 };
    let table = step.call.operand(0)?.shape.rows();
    let [rows, _] = tile::inside(&output, index);
    let mut last = Last::default();
    let mut tile = Vec::with_capacity(AREA * output.dtype().width());
    for row in 0..rows {
        let from = usize::try_from(indices[stride * row]).ok().filter(|from| *from < table).ok_or(Stop::Failed)?;
        tile.extend_from_slice(last.row(step, 0, from, col)?);
    }
    tile.resize(AREA * output.dtype().width(), 0);
    step.append(&tile, index, output.tiles())
}
