//! PRNG and SAMPLE.

use super::kind::Draw;
use crate::error::Failure;
use alloc::vec::Vec;
use alloy_primitives::{Keccak256, U256};

impl Draw {
    /// Block `index`: `keccak(seed | domain | index)` as eight words, the first in its first bytes.
    pub fn block(&self, index: u64) -> [u32; 8] {
        let mut hasher = Keccak256::new();
        hasher.update(self.seed);
        hasher.update(self.domain);
        hasher.update(U256::from(index).to_be_bytes::<32>());
        let hash = hasher.finalize();
        let (words, _) = hash.as_chunks::<4>();
        core::array::from_fn(|index| u32::from_be_bytes(words[index]))
    }

    /// A number below `range` from block `index`, every one as likely: the first word below the largest multiple of
    /// `range`, modulo it. None if no word is, which no one will see.
    pub fn below(&self, index: u64, range: u32) -> Option<u32> {
        let excess = (1u64 << 32) % u64::from(range.max(1));
        let word = self.block(index).into_iter().find(|word| u64::from(*word) < (1 << 32) - excess)?;
        Some(word % range.max(1))
    }
}

pub(super) fn prng(draw: &Draw, n: usize) -> Vec<i32> {
    let blocks = (draw.counter..).take(n.div_ceil(8));
    let words = blocks.flat_map(|index| draw.block(index));
    words.take(n).map(|word| word as i32).collect()
}

/// The first `n` of a shuffle of `0 .. population` (Fisher and Yates).
pub(super) fn sample(draw: &Draw, population: u32, n: u32) -> Result<Vec<i32>, Failure> {
    let mut numbers: Vec<i32> = (0..population as i32).collect();
    for i in 0..n {
        let offset = draw.below(draw.counter + u64::from(i), population - i).ok_or(Failure::Draw { index: i })?;
        numbers.swap(i as usize, (i + offset) as usize);
    }
    numbers.truncate(n as usize);
    Ok(numbers)
}
