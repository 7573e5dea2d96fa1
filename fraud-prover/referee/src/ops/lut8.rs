//! LUT8: a tile a step. The table is all of its tiles: row by row, 16 entries each.

use crate::{
    step::{Step, Stop},
    tile::{self, AREA},
};
use autonet_ml_precompiles::{TABLE_LEN, commitment::TILE};

pub(super) fn step(step: &mut Step<'_>) -> Result<(), Stop> {
    let output = *step.call.output()?;
    let index = step.index as usize;
    step.carried(0)?;
    let x = step.i8s(0, index)?;
    let mut table = Vec::with_capacity(TABLE_LEN);
    for part in 0..TABLE_LEN / TILE {
        table.extend_from_slice(&step.tile(1, part)?[..TILE]);
    }
    let [rows, cols] = tile::inside(&output, index);
    let mut tile = vec![0; AREA];
    for place in (0..AREA).filter(|place| place / TILE < rows && place % TILE < cols) {
        tile[place] = table[(i32::from(x[place]) + 128) as usize];
    }
    step.append(&tile, index, output.tiles())
}
