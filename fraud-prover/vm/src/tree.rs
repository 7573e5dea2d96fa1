//! The Merkle tree of the memory. All nodes over pages that were written are kept, and only what changed is hashed again.

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
struct PageNodes([Hash; 2 * PAGE_LEAVES]);

impl PageNodes {
    /// Those of an empty page.
    fn empty() -> Box<Self> {
        let height = |at: usize| PAGE_HEIGHT - at.max(1).ilog2() as usize;
        Box::new(Self(std::array::from_fn(|at| ZEROS[height(at)])))
    }

    /// Brings them up to date, hashing only above leaves that changed.
    fn update(&mut self, page: &Page) {
        let mut changed = [false; 2 * PAGE_LEAVES];
        for leaf in 0..PAGE_LEAVES {
            let (at, value) = (PAGE_LEAVES + leaf, leaf_of(page, leaf));
            changed[at] = self.0[at] != value;
            self.0[at] = value;
        }
        for at in (1..PAGE_LEAVES).rev() {
            changed[at] = changed[2 * at] || changed[2 * at + 1];
            if changed[at] {
                self.0[at] = node(&self.0[2 * at], &self.0[2 * at + 1]);
            }
        }
    }
}

/// Node `at` of some height inside a page: the page, and where it is there.
const fn inside_page(height: usize, at: u32) -> (u32, usize) {
    let bits = PAGE_HEIGHT - height;
    (at >> bits, (1 << bits) + (at & ((1 << bits) - 1)) as usize)
}

/// The tree as of some moment: as of the last update, and what was set since.
pub(crate) struct Tree {
    /// The page roots and all above them, numbered like the nodes of a page. One that was never set is zero, and stands for
    /// an empty subtree. Bytes, since those the operating system gives zeroed, when they are first written.
    upper: Vec<u8>,
    /// The pages that are not empty, or were not.
    inside: HashMap<u32, Box<PageNodes>>,
}

impl Tree {
    pub(crate) fn new() -> Self {
        Self { upper: vec![0; 2 * PAGES * 32], inside: HashMap::default() }
    }

    pub(crate) fn root(&self) -> Hash {
        self.upper(1)
    }

    fn upper(&self, at: usize) -> Hash {
        match self.upper.as_chunks().0[at] {
            zero if zero == [0; 32] => ZEROS[MEMORY_HEIGHT - at.ilog2() as usize],
            hash => hash,
        }
    }

    fn set_upper(&mut self, at: usize, hash: Hash) {
        self.upper.as_chunks_mut().0[at] = hash;
    }

    /// Node `at` of some height.
    pub(crate) fn node(&self, height: usize, at: u32) -> Hash {
        if height < PAGE_HEIGHT {
            let (page, at) = inside_page(height, at);
            return self.inside.get(&page).map_or(ZEROS[height], |nodes| nodes.0[at]);
        }
        self.upper((1 << (MEMORY_HEIGHT - height)) + at as usize)
    }

    /// Replaces a node, and leaves those above it to the caller. A page's root is kept in both places.
    pub(crate) fn set_node(&mut self, height: usize, at: u32, hash: &Hash) {
        if height <= PAGE_HEIGHT {
            let (page, at) = inside_page(height, at);
            self.inside.entry(page).or_insert_with(PageNodes::empty).0[at] = *hash;
        }
        if height >= PAGE_HEIGHT {
            self.set_upper((1 << (MEMORY_HEIGHT - height)) + at as usize, *hash);
        }
    }

    /// Brings the tree up to date with some pages, which must be in order.
    pub(crate) fn update(&mut self, words: &Words, pages: &[u32]) {
        let take = |page: &u32| (*page, self.inside.remove(page).unwrap_or_else(PageNodes::empty));
        let mut work: Vec<(u32, Box<PageNodes>)> = pages.iter().map(take).collect();
        let update = |(page, nodes): &mut (u32, Box<PageNodes>)| {
            let start = *page as usize * PAGE_WORDS;
            nodes.update(words[start..].first_chunk().expect("a page below 2^32"));
        };
        match work.as_mut_slice() {
            [one] => update(one),
            many => many.par_iter_mut().for_each(update),
        }
        let mut changed = Vec::with_capacity(work.len());
        for (page, nodes) in work {
            let at = PAGES + page as usize;
            if self.upper(at) != nodes.0[1] {
                self.set_upper(at, nodes.0[1]);
                changed.push(at);
            }
            self.inside.insert(page, nodes);
        }
        self.update_upper(changed);
    }

    /// Hashes again what is above some page roots, which must be in order.
    fn update_upper(&mut self, mut changed: Vec<usize>) {
        while changed.first().is_some_and(|at| *at > 1) {
            changed.iter_mut().for_each(|at| *at /= 2);
            changed.dedup();
            let parent = |at: &usize| node(&self.upper(2 * at), &self.upper(2 * at + 1));
            let hashes: Vec<Hash> = if changed.len() < PARALLEL {
                changed.iter().map(parent).collect()
            } else {
                changed.par_iter().with_min_len(PARALLEL / 4).map(parent).collect()
            };
            for (at, hash) in changed.iter().zip(hashes) {
                self.set_upper(*at, hash);
            }
        }
    }

    /// The leaf and its siblings, from the leaf up.
    pub(crate) fn prove(&self, leaf: u32) -> Vec<u8> {
        let siblings = (0..MEMORY_HEIGHT).map(|height| self.node(height, leaf >> height ^ 1));
        std::iter::once(self.node(0, leaf)).chain(siblings).flatten().collect()
    }
}
