//! The Merkle tree of the memory: nodes above the pages are kept, those inside a page are computed when it is needed.

use std::sync::LazyLock;

use alloy_primitives::{keccak256, map::HashMap};
use rayon::prelude::*;

use crate::memory::{PAGE_WORDS, PAGES, Page, Words, leaf_of};

/// Levels between a leaf and the root.
pub const MEMORY_HEIGHT: usize = 27;
/// Levels between a leaf and the root of its page.
const PAGE_HEIGHT: usize = 7;
const PAGE_LEAVES: usize = 1 << PAGE_HEIGHT;
/// Fewer hashes than this are computed on one core.
const PARALLEL: usize = 64;

pub(crate) type Hash = [u8; 32];

/// Roots of empty subtrees, by their height.
static ZEROS: LazyLock<[Hash; MEMORY_HEIGHT + 1]> = LazyLock::new(|| {
    let mut zeros = [[0; 32]; MEMORY_HEIGHT + 1];
    for height in 0..MEMORY_HEIGHT {
        zeros[height + 1] = node(&zeros[height], &zeros[height]);
    }
    zeros
});

/// The parent of two nodes.
pub(crate) fn node(left: &Hash, right: &Hash) -> Hash {
    let mut both = [0; 64];
    both[..32].copy_from_slice(left);
    both[32..].copy_from_slice(right);
    keccak256(both).0
}

/// All nodes of a page, its root at 1, the children of `n` at `2n` and `2n + 1`, leaves at 128.
pub(crate) struct PageNodes([Hash; 2 * PAGE_LEAVES]);

impl PageNodes {
    pub(crate) fn new(page: &Page) -> Box<Self> {
        let mut nodes = Box::new(Self([[0; 32]; 2 * PAGE_LEAVES]));
        for leaf in 0..PAGE_LEAVES {
            nodes.0[PAGE_LEAVES + leaf] = leaf_of(page, leaf);
        }
        for height in 1..=PAGE_HEIGHT {
            let zero = &ZEROS[height - 1];
            for at in (PAGE_LEAVES >> height)..((2 * PAGE_LEAVES) >> height) {
                let (left, right) = (&nodes.0[2 * at], &nodes.0[2 * at + 1]);
                let empty = left == zero && right == zero;
                nodes.0[at] = if empty { ZEROS[height] } else { node(left, right) };
            }
        }
        nodes
    }
}

/// Node `at` of some height inside a page: the page, and where it is there.
const fn inside_page(height: usize, at: u32) -> (u32, usize) {
    let bits = PAGE_HEIGHT - height;
    (at >> bits, (1 << bits) + (at & ((1 << bits) - 1)) as usize)
}

/// The nodes from the page roots up, numbered as in a heap. A node that was never written stands for an empty subtree.
pub(crate) struct Tree {
    nodes: Vec<Hash>,
}

impl Tree {
    pub(crate) fn new() -> Self {
        Self { nodes: vec![[0; 32]; 2 * PAGES] }
    }

    pub(crate) fn root(&self) -> Hash {
        self.get(1)
    }

    fn get(&self, at: usize) -> Hash {
        match self.nodes[at] {
            zero if zero == [0; 32] => ZEROS[MEMORY_HEIGHT - at.ilog2() as usize],
            hash => hash,
        }
    }

    /// Brings the tree up to date with some pages, which must be in order.
    pub(crate) fn update(&mut self, words: &Words, pages: &[u32]) {
        let root = |page: &u32| {
            let start = *page as usize * PAGE_WORDS;
            PageNodes::new(words[start..].first_chunk().expect("a page below 2^32")).0[1]
        };
        let roots: Vec<Hash> = if pages.len() < 4 {
            pages.iter().map(root).collect()
        } else {
            pages.par_iter().with_max_len(16).map(root).collect()
        };
        let mut changed: Vec<usize> = pages.iter().map(|page| PAGES + *page as usize).collect();
        self.set(&changed, &roots);
        while changed.first().is_some_and(|at| *at > 1) {
            changed.iter_mut().for_each(|at| *at /= 2);
            changed.dedup();
            let parent = |at: &usize| node(&self.get(2 * at), &self.get(2 * at + 1));
            let hashes: Vec<Hash> = if changed.len() < PARALLEL {
                changed.iter().map(parent).collect()
            } else {
                changed.par_iter().with_min_len(PARALLEL / 4).map(parent).collect()
            };
            self.set(&changed, &hashes);
        }
    }

    fn set(&mut self, at: &[usize], hashes: &[Hash]) {
        for (at, hash) in at.iter().zip(hashes) {
            self.nodes[*at] = *hash;
        }
    }

    /// Node `at` of some height; those inside pages are in `inside`, whose pages must be there.
    pub(crate) fn node(&self, inside: &HashMap<u32, Box<PageNodes>>, height: usize, at: u32) -> Hash {
        if height < PAGE_HEIGHT {
            let (page, at) = inside_page(height, at);
            return inside[&page].0[at];
        }
        self.get((1 << (MEMORY_HEIGHT - height)) + at as usize)
    }

    /// Replaces a node.
    pub(crate) fn set_node(&mut self, inside: &mut HashMap<u32, Box<PageNodes>>, height: usize, at: u32, hash: &Hash) {
        if height < PAGE_HEIGHT {
            let (page, at) = inside_page(height, at);
            inside.entry(page).and_modify(|nodes| nodes.0[at] = *hash);
        } else {
            self.nodes[(1 << (MEMORY_HEIGHT - height)) + at as usize] = *hash;
        }
    }

    /// The leaf and its siblings, from the leaf up; the tree must be up to date.
    pub(crate) fn prove(&self, words: &Words, leaf: u32) -> Vec<u8> {
        let page = leaf as usize / PAGE_LEAVES;
        let inside = PageNodes::new(words[page * PAGE_WORDS..].first_chunk().expect("a page below 2^32")).0;
        let mut at = PAGE_LEAVES + leaf as usize % PAGE_LEAVES;
        let mut proof = inside[at].to_vec();
        while at > 1 {
            proof.extend(inside[at ^ 1]);
            at /= 2;
        }
        let mut at = PAGES + page;
        while at > 1 {
            proof.extend(self.get(at ^ 1));
            at /= 2;
        }
        proof
    }
}
