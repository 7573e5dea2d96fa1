//! Engines, and operands with many extremes.

use autonet_ml_precompiles::{
    Engine,
    kernel::{Simd, avx2::Avx2},
};
use std::num::NonZeroUsize;

/// The instruction sets of this processor, each on one thread.
pub(super) fn engines() -> Vec<Engine> {
    let mut found: Vec<_> = Avx2::detect().map(Simd::Avx2).into_iter().collect();
    if let best @ Simd::Vnni(_) = Simd::detect() {
        found.push(best);
    }
    found.into_iter().map(|simd| Engine::new(simd, NonZeroUsize::MIN)).collect()
}

/// The same on 1, 2, 3 and 5 threads.
pub(super) fn engines_and_threads() -> Vec<Engine> {
    let threads = [1, 2, 3, 5].map(|threads| NonZeroUsize::new(threads).expect("not zero"));
    engines().into_iter().flat_map(|engine| threads.map(|threads| engine.with_threads(threads))).collect()
}

/// Pseudo-random numbers.
#[derive(Clone, Debug)]
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number in `least..=most`, every third an end.
    pub(super) fn within(&mut self, least: i64, most: i64) -> i64 {
        let word = self.next() >> 8;
        match word % 6 {
            0 => least,
            1 => most,
            _ => least + ((word >> 8) as i128).rem_euclid(most as i128 - least as i128 + 1) as i64,
        }
    }

    /// Bytes in `least..=127`.
    pub(super) fn bytes(&mut self, len: usize, least: i8) -> Vec<i8> {
        (0..len).map(|_| self.within(least.into(), 127) as i8).collect()
    }

    /// Integers of all sizes.
    pub(super) fn words(&mut self, len: usize) -> Vec<i32> {
        (0..len)
            .map(|_| {
                let bits = self.next() % 32;
                self.within(i32::MIN.into(), i32::MAX.into()) as i32 >> bits
            })
            .collect()
    }
}
