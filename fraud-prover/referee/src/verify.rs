//! What the contract does with a witness.

use crate::{
    call::Call,
    error::Refusal,
    state::{State, Witness},
    step::{Tiles, run},
};
use alloy_primitives::{B256, keccak256};
use autonet_ml_precompiles::{
    Commitment,
    commitment::{leaf_hash, node_hash, proves},
};

use crate::tile::AREA;
use std::ops::Range;

/// The state after the step that `witness` proves, as the contract repeats it.
pub fn repeat(state: &State, witness: &Witness) -> Result<State, Refusal> {
    follow(state, witness).map(|(after, _)| after)
}

/// Where in `witness.tiles` the tiles are that the step reads. Each is followed by its siblings.
pub fn reads(state: &State, witness: &Witness) -> Result<Vec<Range<usize>>, Refusal> {
    follow(state, witness).map(|(_, reads)| reads)
}

fn follow(state: &State, witness: &Witness) -> Result<(State, Vec<Range<usize>>), Refusal> {
    if keccak256(&witness.request) != state.request {
        return Err(Refusal::Request);
    }
    let call = Call::decode(&witness.request, &witness.operands)?;
    let mut given =
        Given { peaks: &witness.peaks, tiles: &witness.tiles, size: witness.tiles.len(), reads: Vec::new() };
    let (after, _) = run(&call, state, &witness.carried, &mut given)?;
    if given.peaks.is_empty() && given.tiles.is_empty() { Ok((after, given.reads)) } else { Err(Refusal::Trailing) }
}

/// What a witness gives.
struct Given<'a> {
    peaks: &'a [u8],
    tiles: &'a [u8],
    /// Bytes of all tiles with their siblings.
    size: usize,
    reads: Vec<Range<usize>>,
}

impl Tiles for Given<'_> {
    fn tile(&mut self, operand: usize, tensor: &Commitment, index: u64) -> Result<Vec<u8>, Refusal> {
        let refusal = Refusal::Tile { operand, index };
        let count = tensor.shape.tiles();
        if index >= count as u64 {
            return Err(refusal);
        }
        let height = count.next_power_of_two().trailing_zeros() as usize;
        let start = self.size - self.tiles.len();
        let (tile, rest) = self.tiles.split_at_checked(AREA * tensor.shape.dtype().width()).ok_or(refusal)?;
        let (siblings, rest) = rest.split_at_checked(32 * height).ok_or(refusal)?;
        self.tiles = rest;
        self.reads.push(start..start + tile.len());
        let siblings = siblings.as_chunks::<32>().0.iter().map(|sibling| B256::new(*sibling));
        if proves(tensor.root, index, leaf_hash(tile), siblings) { Ok(tile.to_vec()) } else { Err(refusal) }
    }

    fn change(&mut self, tensor: &Commitment, index: u64, change: &mut dyn FnMut(&mut [u8])) -> Result<B256, Refusal> {
        let given = self.tiles;
        let mut tile = self.tile(usize::MAX, tensor, index)?;
        let siblings = &given[tile.len()..given.len() - self.tiles.len()];
        change(&mut tile);
        let mut node = leaf_hash(&tile);
        for (height, sibling) in siblings.as_chunks::<32>().0.iter().map(|sibling| B256::new(*sibling)).enumerate() {
            let left = index >> height & 1 == 0;
            node = if left { node_hash(&node, &sibling) } else { node_hash(&sibling, &node) };
        }
        Ok(node)
    }

    fn peaks(&mut self, count: u64) -> Result<Vec<B256>, Refusal> {
        let (peaks, rest) = self.peaks.split_at_checked(32 * count.count_ones() as usize).ok_or(Refusal::Peaks)?;
        self.peaks = rest;
        Ok(peaks.as_chunks::<32>().0.iter().map(|peak| B256::new(*peak)).collect())
    }
}
