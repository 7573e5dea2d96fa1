use alloy_primitives::B256;

use crate::{
    Error, Host, Machine,
    leaves::leaves,
    tree::{Hash, node},
};

/// The tree over the state hashes of a range of steps. What follows an exit is one hash, and takes no room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryCommitment {
    levels: Vec<Level>,
}

/// The nodes of one height, and the one that repeats behind them.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Level {
    nodes: Vec<Hash>,
    rest: Hash,
}

impl Level {
    fn get(&self, index: u64) -> &Hash {
        usize::try_from(index).ok().and_then(|index| self.nodes.get(index)).unwrap_or(&self.rest)
    }

    fn parent(&self) -> Self {
        let nodes = self.nodes.chunks(2).map(|pair| node(&pair[0], pair.get(1).unwrap_or(&self.rest))).collect();
        Self { nodes, rest: node(&self.rest, &self.rest) }
    }
}

impl HistoryCommitment {
    /// Runs the machine for `stride * 2^height` steps and keeps every node of the tree: 64 bytes for a leaf before the
    /// exit. `progress` is told how many leaves are done.
    pub fn commit<H: Host>(
        machine: &mut Machine,
        host: &mut H,
        stride: u64,
        height: u32,
        mut progress: impl FnMut(u64),
    ) -> Result<Self, Error<H::Error>> {
        let mut nodes: Vec<Hash> = Vec::new();
        leaves(machine, host, stride, height, &mut |some| {
            nodes.extend_from_slice(some);
            progress(nodes.len() as u64);
        })?;
        let rest = *nodes.last().expect("a commitment has leaves");
        let mut levels = vec![Level { nodes, rest }];
        for below in 0..height as usize {
            levels.push(levels[below].parent());
        }
        Ok(Self { levels })
    }

    /// The root alone, with a few hashes in memory.
    pub fn root_of<H: Host>(
        machine: &mut Machine,
        host: &mut H,
        stride: u64,
        height: u32,
        mut progress: impl FnMut(u64),
    ) -> Result<B256, Error<H::Error>> {
        let mut peaks = Peaks::default();
        leaves(machine, host, stride, height, &mut |some| {
            some.iter().for_each(|leaf| peaks.push(*leaf));
            progress(peaks.count);
        })?;
        Ok(peaks.root(height).into())
    }

    /// The root.
    pub fn root(&self) -> B256 {
        self.levels[self.levels.len() - 1].get(0).into()
    }

    /// The state hash after step `start + (index + 1) * stride`.
    pub fn leaf(&self, index: u64) -> B256 {
        self.levels[0].get(index).into()
    }

    /// The node of number `index`, `height` levels above the leaves: the root of a part of the range.
    pub fn node(&self, height: u32, index: u64) -> Option<B256> {
        self.levels.get(height as usize).map(|level| level.get(index).into())
    }

    /// The siblings of a leaf, from the leaf up.
    pub fn prove(&self, index: u64) -> Vec<B256> {
        let below_root = &self.levels[..self.levels.len() - 1];
        below_root.iter().enumerate().map(|(height, level)| level.get(index >> height ^ 1).into()).collect()
    }

    /// Whether `leaf` is number `index` under `root`.
    pub fn verify(root: B256, index: u64, leaf: B256, proof: &[B256]) -> bool {
        let mut at = index;
        let mut hash = leaf.0;
        for sibling in proof {
            hash = if at & 1 == 0 { node(&hash, &sibling.0) } else { node(&sibling.0, &hash) };
            at >>= 1;
        }
        at == 0 && hash == root.0
    }
}

/// The roots of the complete subtrees of the leaves so far, by height.
#[derive(Default)]
struct Peaks {
    peaks: Vec<Option<Hash>>,
    count: u64,
    last: Hash,
}

impl Peaks {
    fn push(&mut self, leaf: Hash) {
        self.count += 1;
        self.last = leaf;
        let mut carry = leaf;
        for peak in &mut self.peaks {
            match peak.take() {
                Some(left) => carry = node(&left, &carry),
                None => {
                    *peak = Some(carry);
                    return;
                }
            }
        }
        self.peaks.push(Some(carry));
    }

    /// The root of `2^height` leaves, the missing ones like the last.
    fn root(&self, height: u32) -> Hash {
        let mut rest = self.last;
        let mut partial: Option<Hash> = None;
        for height in 0..height as usize {
            partial = match (self.peaks.get(height).copied().flatten(), partial) {
                (Some(left), right) => Some(node(&left, &right.unwrap_or(rest))),
                (None, Some(left)) => Some(node(&left, &rest)),
                (None, None) => None,
            };
            rest = node(&rest, &rest);
        }
        partial.or_else(|| self.peaks.get(height as usize).copied().flatten()).unwrap_or(rest)
    }
}
