//! COMMIT: a tile a step. Each of its rows is bytes that follow one another, in a piece or two.

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
    let [rows, cols] = tile::inside(&output, index);
    let width = output.dtype().width();
    let (mut last, mut tile) = (Last::default(), vec![0; AREA * width]);
    for (row, bytes) in tile.chunks_exact_mut(TILE * width).enumerate().take(rows) {
        let first = width * ((TILE * band + row) * output.cols() + TILE * col);
        for (at, byte) in (first..).zip(&mut bytes[..width * cols]) {
            *byte = last.row(step, 0, at / TILE, 0)?[at % TILE];
        }
    }
    step.append(&tile, index, output.tiles())
}
