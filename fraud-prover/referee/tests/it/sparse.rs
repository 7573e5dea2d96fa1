//! Tensors of any size that are zero but for some tiles: a root takes some hashes for each level of the tree.

use alloy_primitives::B256;
use autonet_ml_precompiles::{
    Commitment, Dtype, Shape,
    commitment::{leaf_hash, node_hash},
};
use std::collections::BTreeMap;

/// A tensor that is zero but for these tiles.
pub(crate) struct Sparse {
    pub(crate) shape: Shape,
    tiles: BTreeMap<usize, Vec<u8>>,
    /// By level, the root over tiles of zeros, and over none at all.
    zeros: Vec<B256>,
    nothing: Vec<B256>,
}

impl Sparse {
    pub(crate) fn new(dtype: Dtype, dims: &[u32], tiles: impl IntoIterator<Item = (usize, Vec<u8>)>) -> Self {
        let shape = Shape::new(dtype, dims).expect("a shape");
        let levels = |leaf: B256| std::iter::successors(Some(leaf), |node| Some(node_hash(node, node)));
        let zeros = levels(leaf_hash(&vec![0; 256 * dtype.width()])).take(32).collect();
        let nothing = levels(B256::ZERO).take(32).collect();
        Self { shape, tiles: tiles.into_iter().collect(), zeros, nothing }
    }

    /// Levels of the tree.
    pub(crate) fn height(&self) -> usize {
        self.shape.tiles().next_power_of_two().trailing_zeros() as usize
    }

    pub(crate) fn commitment(&self) -> Commitment {
        Commitment { shape: self.shape, root: self.node(self.height(), 0) }
    }

    /// A tile and its siblings, as a witness has them.
    pub(crate) fn read(&self, index: usize) -> Vec<u8> {
        let siblings = (0..self.height()).flat_map(|level| self.node(level, index >> level ^ 1).0);
        self.tiles[&index].iter().copied().chain(siblings).collect()
    }

    fn node(&self, level: usize, at: usize) -> B256 {
        let (first, end) = (at << level, (at + 1) << level);
        if first >= self.shape.tiles() {
            return self.nothing[level];
        }
        let known = self.tiles.range(first..end).next();
        match (known, level) {
            (None, _) if end <= self.shape.tiles() => self.zeros[level],
            (Some((_, tile)), 0) => leaf_hash(tile),
            _ => node_hash(&self.node(level - 1, 2 * at), &self.node(level - 1, 2 * at + 1)),
        }
    }
}

#[test]
fn a_sparse_tensor_has_the_root_of_the_whole() {
    let mut data = vec![0i8; 50 * 35];
    data[35 * 20 + 17] = 3;
    data[35 * 49 + 34] = -1;
    let tile = |place: usize, value: i8| (0..256).map(|at| if at == place { value as u8 } else { 0 }).collect();
    let sparse = Sparse::new(Dtype::I8, &[50, 35], [(4, tile(16 * 4 + 1, 3)), (11, tile(16 + 2, -1))]);
    assert_eq!(sparse.commitment(), Commitment::of(&crate::harness::i8s(&[50, 35], data)));
}
