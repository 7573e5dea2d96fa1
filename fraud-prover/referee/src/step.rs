//! One step of a call, whoever makes it.

use crate::{call::Call, error::Refusal, ops, state::State, tile};
use alloy_primitives::{B256, KECCAK256_EMPTY, U256, keccak256};
use autonet_ml_precompiles::{
    Commitment,
    commitment::{Frontier, leaf_hash},
};

/// Where a step's tiles come from: the tensors, or a witness.
pub(crate) trait Tiles {
    /// Tile `index` of a tensor. `operand` says which operand it is, in errors.
    fn tile(&mut self, operand: usize, tensor: &Commitment, index: u64) -> Result<Vec<u8>, Refusal>;

    /// Changes tile `index` of a tensor that is no operand. Returns the tensor's root afterwards.
    fn change(&mut self, tensor: &Commitment, index: u64, change: &mut dyn FnMut(&mut [u8])) -> Result<B256, Refusal>;

    /// The peaks of `count` tiles.
    fn peaks(&mut self, count: u64) -> Result<Vec<B256>, Refusal>;

    /// Hears of a tile that was appended.
    fn appended(&mut self, _tile: &[u8]) {}

    /// Hears that the tiles so far are a tensor of their own, and that those of another follow.
    fn restarted(&mut self) {}
}

/// Why a step ends early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// A value is out of range: the answer is zero.
    Failed,
    /// The witness does not do.
    Refused(Refusal),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// A step being made.
pub(crate) struct Step<'a> {
    pub(crate) call: &'a Call,
    /// Steps done before.
    pub(crate) index: u64,
    /// What the step before left.
    pub(crate) carried: &'a [u8],
    before: B256,
    tiles: &'a mut dyn Tiles,
    carry: Vec<u8>,
    frontier: B256,
}

impl Step<'_> {
    /// Tile `index` of an operand.
    pub(crate) fn tile(&mut self, operand: usize, index: usize) -> Result<Vec<u8>, Stop> {
        let call = self.call;
        Ok(self.tiles.tile(operand, call.operand(operand)?, index as u64)?)
    }

    /// Tile `index` of an I8 operand.
    pub(crate) fn i8s(&mut self, operand: usize, index: usize) -> Result<Vec<i8>, Stop> {
        Ok(tile::i8s(&self.tile(operand, index)?))
    }

    /// Tile `index` of an I32 operand.
    pub(crate) fn i32s(&mut self, operand: usize, index: usize) -> Result<Vec<i32>, Stop> {
        Ok(tile::i32s(&self.tile(operand, index)?))
    }

    /// Tile `index` of a tensor that is no operand.
    pub(crate) fn tile_of(&mut self, tensor: &Commitment, index: usize) -> Result<Vec<u8>, Stop> {
        Ok(self.tiles.tile(usize::MAX, tensor, index as u64)?)
    }

    /// Changes tile `index` of a tensor that is no operand. Returns the tensor's root afterwards.
    pub(crate) fn change(
        &mut self,
        tensor: &Commitment,
        index: usize,
        change: &mut dyn FnMut(&mut [u8]),
    ) -> Result<B256, Stop> {
        Ok(self.tiles.change(tensor, index as u64, change)?)
    }

    /// The carried bytes, which are so many.
    pub(crate) fn carried(&self, length: usize) -> Result<&[u8], Stop> {
        if self.carried.len() == length { Ok(self.carried) } else { Err(Refusal::Carried.into()) }
    }

    /// Leaves bytes to the next step.
    pub(crate) fn carry(&mut self, bytes: Vec<u8>) {
        self.carry = bytes;
    }

    /// Appends tile `index` of the result, of `count`; the last one makes the answer.
    pub(crate) fn append(&mut self, bytes: &[u8], index: usize, count: usize) -> Result<(), Stop> {
        let peaks = self.tiles.peaks(index as u64)?;
        if keccak256(peaks.concat()) != self.before {
            return Err(Refusal::Peaks.into());
        }
        let mut frontier = Frontier::from_peaks(index as u64, peaks).ok_or(Refusal::Peaks)?;
        frontier.push(leaf_hash(bytes));
        self.frontier = if index + 1 == count { frontier.root() } else { keccak256(frontier.peaks().concat()) };
        self.tiles.appended(bytes);
        Ok(())
    }

    /// Ends a metric, which has no tiles.
    pub(crate) fn answer(&mut self, number: u64) -> Result<(), Stop> {
        if self.before != KECCAK256_EMPTY {
            return Err(Refusal::Peaks.into());
        }
        self.frontier = B256::from(U256::from(number) + U256::ONE);
        Ok(())
    }

    /// After the last tile of a tensor was appended: its root. The tiles of another follow.
    pub(crate) fn take_root(&mut self) -> B256 {
        self.tiles.restarted();
        std::mem::replace(&mut self.frontier, KECCAK256_EMPTY)
    }
}

/// Makes the step after `state`. Returns the state after it and the bytes that it carries.
pub(crate) fn run(
    call: &Call,
    state: &State,
    carried: &[u8],
    tiles: &mut dyn Tiles,
) -> Result<(State, Vec<u8>), Refusal> {
    let steps = ops::steps(call)?;
    if state.step >= steps {
        return Err(Refusal::Step { step: state.step, steps });
    }
    // What has failed carries nothing.
    if keccak256(carried) != state.carry || state.failed && !carried.is_empty() {
        return Err(Refusal::Carried);
    }
    let after = State { step: state.step + 1, ..state.clone() };
    if state.failed {
        return Ok((after, Vec::new()));
    }
    let before = state.frontier;
    let mut step = Step { call, index: state.step, carried, before, tiles, carry: Vec::new(), frontier: before };
    match ops::step(&mut step) {
        Ok(()) => {
            let (carry, frontier) = (step.carry, step.frontier);
            Ok((State { carry: keccak256(&carry), frontier, ..after }, carry))
        }
        Err(Stop::Failed) => {
            Ok((State { failed: true, carry: keccak256([]), frontier: B256::ZERO, ..after }, Vec::new()))
        }
        Err(Stop::Refused(refusal)) => Err(refusal),
    }
}
