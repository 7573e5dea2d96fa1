//! PRNG: a tile a step. A tile is a row of 16: two blocks.

use crate::{
    call::Asked,
    error::Refusal,
    step::{Step, Stop},
    tile::{self, AREA},
};
use autonet_ml_precompiles::{Kind, commitment::TILE};

/// Blocks of a row.
const BLOCKS: u64 = 2;

pub(super) fn step(step: &mut Step<'_>) -> Result<(), Stop> {
    let &Asked::Tensor(Kind::Prng { draw, .. }, output) = &step.call.asked else { return Err(Refusal::Request.into()) };
    step.carried(0)?;
    let first = draw.counter + BLOCKS * step.index;
    let words: Vec<u32> = (first..first + BLOCKS).flat_map(|index| draw.block(index)).collect();
    let index = step.index as usize;
    let tile = row(&words[..tile::inside(&output, index)[1]]);
    step.append(&tile, index, output.tiles())
}

/// An I32 tile that has these words in its first row, and nothing else.
pub(super) fn row(words: &[u32]) -> Vec<u8> {
    debug_assert!(words.len() <= TILE);
    let mut tile: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    tile.resize(4 * AREA, 0);
    tile
}
