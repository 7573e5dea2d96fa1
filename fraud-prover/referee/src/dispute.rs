//! All steps of an operation, with their witnesses.

use crate::{
    call::Call,
    error::Refusal,
    ops,
    state::{State, Witness},
    step::{Tiles, run},
    tile,
};
use alloy_primitives::B256;
use autonet_ml_precompiles::{
    Commitment, Request, Tensor,
    commitment::{Frontier, leaf_hash, leaves, levels, node_hash, siblings},
};
use std::sync::Arc;

/// One step, proven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepProof {
    /// The state before.
    pub before: State,
    /// What the step reads.
    pub witness: Witness,
    /// The state after.
    pub after: State,
}

/// Walks through an operation step by step.
#[derive(Clone, Debug)]
pub struct Dispute {
    call: Call,
    steps: u64,
    state: State,
    carried: Vec<u8>,
    source: Source,
}

impl Dispute {
    /// At the start of a request. Types and shapes have to fit; values need not be in range.
    pub fn new(request: &Request<Arc<Tensor>>) -> Result<Self, Refusal> {
        let mut trees = Vec::new();
        let bound = request.try_map(|tensor| {
            let commitment = Commitment::of(tensor);
            trees.push(Tree {
                root: commitment.root,
                tiles: Held::Tensor(tensor.clone()),
                levels: levels(leaves(tensor)),
            });
            Ok::<_, Refusal>(commitment)
        })?;
        let call = Call::new(&bound).ok_or(Refusal::Operands)?;
        let state = State::initial(call.request());
        let steps = ops::steps(&call)?;
        let source = Source { trees, ..Source::default() };
        Ok(Self { call, steps, state, carried: Vec::new(), source })
    }

    /// Number of steps.
    pub const fn steps(&self) -> u64 {
        self.steps
    }

    /// The state that has been reached.
    pub const fn state(&self) -> &State {
        &self.state
    }

    /// The next step; none after the last.
    pub fn advance(&mut self) -> Result<Option<StepProof>, Refusal> {
        if self.state.step >= self.steps {
            return Ok(None);
        }
        (self.source.read, self.source.read_peaks) = (Vec::new(), Vec::new());
        let (after, carry) = run(&self.call, &self.state, &self.carried, &mut self.source)?;
        let carried = std::mem::replace(&mut self.carried, carry);
        let before = std::mem::replace(&mut self.state, after.clone());
        let witness = Witness {
            request: self.call.request().to_vec().into(),
            operands: self.call.operands().into(),
            carried: carried.into(),
            peaks: std::mem::take(&mut self.source.read_peaks).into(),
            tiles: std::mem::take(&mut self.source.read).into(),
        };
        Ok(Some(StepProof { before, witness, after }))
    }
}

/// Where a tree's tiles are.
#[derive(Clone, Debug)]
enum Held {
    Tensor(Arc<Tensor>),
    Bytes(Vec<Vec<u8>>),
}

/// A tensor and the tree over its tiles.
#[derive(Clone, Debug)]
struct Tree {
    root: B256,
    tiles: Held,
    levels: Vec<Vec<B256>>,
}

/// The tensors, and what the current step has read of them.
#[derive(Clone, Debug, Default)]
struct Source {
    trees: Vec<Tree>,
    /// The tiles of the result so far.
    frontier: Frontier,
    made: Vec<Vec<u8>>,
    read: Vec<u8>,
    read_peaks: Vec<u8>,
}

impl Tiles for Source {
    fn tile(&mut self, operand: usize, tensor: &Commitment, index: u64) -> Result<Vec<u8>, Refusal> {
        let refusal = Refusal::Tile { operand, index };
        let tree = self.trees.iter().find(|tree| tree.root == tensor.root).ok_or(refusal)?;
        let index = index as usize;
        let bytes = match &tree.tiles {
            Held::Tensor(data) if index < data.shape().tiles() => tile::of(data, index),
            Held::Bytes(tiles) => tiles.get(index).cloned().ok_or(refusal)?,
            Held::Tensor(_) => return Err(refusal),
        };
        self.read.extend_from_slice(&bytes);
        self.read.extend(siblings(&tree.levels, index).concat());
        Ok(bytes)
    }

    fn change(&mut self, tensor: &Commitment, index: u64, change: &mut dyn FnMut(&mut [u8])) -> Result<B256, Refusal> {
        let mut bytes = self.tile(usize::MAX, tensor, index)?;
        change(&mut bytes);
        let refusal = Refusal::Tile { operand: usize::MAX, index };
        let tree = self.trees.iter_mut().find(|tree| tree.root == tensor.root).ok_or(refusal)?;
        let Held::Bytes(tiles) = &mut tree.tiles else { return Err(refusal) };
        let mut place = index as usize;
        let mut node = leaf_hash(&bytes);
        tiles[place] = bytes;
        for level in &mut tree.levels {
            level[place] = node;
            if let Some(sibling) = level.get(place ^ 1) {
                node = if place & 1 == 0 { node_hash(&node, sibling) } else { node_hash(sibling, &node) };
            }
            place >>= 1;
        }
        tree.root = node;
        Ok(node)
    }

    fn peaks(&mut self, count: u64) -> Result<Vec<B256>, Refusal> {
        if self.frontier.count() != count {
            return Err(Refusal::Peaks);
        }
        self.read_peaks.extend(self.frontier.peaks().concat());
        Ok(self.frontier.peaks().to_vec())
    }

    fn appended(&mut self, tile: &[u8]) {
        self.frontier.push(leaf_hash(tile));
        self.made.push(tile.to_vec());
    }

    fn restarted(&mut self) {
        let tiles = std::mem::take(&mut self.made);
        let levels = levels(tiles.iter().map(|tile| leaf_hash(tile)).collect());
        let root = std::mem::take(&mut self.frontier).root();
        self.trees.push(Tree { root, tiles: Held::Bytes(tiles), levels });
    }
}
