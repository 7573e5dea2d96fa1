//! Random draws from a seed: the same on every machine.

use alloy::primitives::{B256, Keccak256};

/// An endless sequence of 32-bit words, `keccak(seed, domain, counter)`, eight words each.
#[derive(Clone, Debug)]
pub struct Draw {
    seed: B256,
    domain: &'static str,
    counter: u64,
    words: Vec<u32>,
}

impl Draw {
    /// The draws of `seed` for one purpose.
    pub const fn new(seed: B256, domain: &'static str) -> Self {
        Self { seed, domain, counter: 0, words: Vec::new() }
    }

    /// The next word.
    pub fn word(&mut self) -> u32 {
        loop {
            if let Some(word) = self.words.pop() {
                return word;
            }
            let mut hasher = Keccak256::new();
            hasher.update(self.seed);
            hasher.update(self.domain);
            hasher.update(self.counter.to_be_bytes());
            self.counter += 1;
            let hash = hasher.finalize();
            let words = hash.chunks_exact(4).rev();
            self.words = words.map(|word| u32::from_be_bytes([word[0], word[1], word[2], word[3]])).collect();
        }
    }

    /// A number below `bound` (which is not 0), each as likely as any other: words past the last whole multiple of
    /// `bound` are thrown away.
    pub fn below(&mut self, bound: u32) -> u32 {
        let limit = (1u64 << 32) / u64::from(bound) * u64::from(bound);
        loop {
            let word = self.word();
            if u64::from(word) < limit {
                return word % bound;
            }
        }
    }

    /// `0..count` in random order (Fisher-Yates).
    pub fn permutation(&mut self, count: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..count).collect();
        for last in (1..count).rev() {
            order.swap(last, self.below(last as u32 + 1) as usize);
        }
        order
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permutation_has_everything_once() {
        let mut order = Draw::new(B256::ZERO, "test").permutation(1_000);
        assert_ne!(order, (0..1_000).collect::<Vec<_>>());
        order.sort_unstable();
        assert_eq!(order, (0..1_000).collect::<Vec<_>>());
    }

    #[test]
    fn purposes_and_seeds_are_independent() {
        let words = |seed, domain| {
            (0..9)
                .map({
                    let mut draw = Draw::new(B256::repeat_byte(seed), domain);
                    move |_| draw.word()
                })
                .collect::<Vec<_>>()
        };
        assert_eq!(words(1, "a"), words(1, "a"));
        assert_ne!(words(1, "a"), words(1, "b"));
        assert_ne!(words(1, "a"), words(2, "a"));
    }

    #[test]
    fn numbers_are_spread_evenly() {
        let mut draw = Draw::new(B256::ZERO, "spread");
        let mut counts = [0; 10];
        for _ in 0..10_000 {
            counts[draw.below(10) as usize] += 1;
        }
        assert!(counts.iter().all(|count| (900..1_100).contains(count)), "{counts:?}");
    }
}
