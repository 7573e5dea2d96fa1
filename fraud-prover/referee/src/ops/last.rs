//! Rows of an operand, read in some order: a tile is read again only after another one.

use crate::{
    step::{Step, Stop},
    tile::across,
};
use autonet_ml_precompiles::commitment::TILE;

/// The tile read last.
#[derive(Debug, Default)]
pub(super) struct Last {
    index: Option<usize>,
    tile: Vec<u8>,
}

impl Last {
    /// The bytes of 16 elements of row `row` of an operand, from column `16 * col` on.
    pub(super) fn row(&mut self, step: &mut Step<'_>, operand: usize, row: usize, col: usize) -> Result<&[u8], Stop> {
        let index = row / TILE * across(&step.call.operand(operand)?.shape) + col;
        if self.index != Some(index) {
            self.tile = step.tile(operand, index)?;
            self.index = Some(index);
        }
        let width = self.tile.len() / TILE;
        Ok(&self.tile[row % TILE * width..][..width])
    }
}
