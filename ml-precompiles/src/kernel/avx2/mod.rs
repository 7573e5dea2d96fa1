//! AVX2. Every function equals its namesake in [`super::scalar`].

mod bytes;
mod matmul;
mod norm;
mod requant;

use crate::ops::{
    TABLE_LEN,
    arithmetic::{AddConstants, Requant, Scale},
};

/// Proof that the processor has AVX2.
#[derive(Clone, Copy, Debug)]
pub struct Avx2(());

impl Avx2 {
    /// Asks the processor.
    pub fn detect() -> Option<Self> {
        std::arch::is_x86_feature_detected!("avx2").then_some(Self(()))
    }

    /// Whether sums of `k` products are long enough: each ends in memory as an addition of its own.
    pub const fn pays(k: usize) -> bool {
        k >= 4
    }

    /// Whether a value is -128.
    pub fn has_min(self, values: &[i8]) -> bool {
        // SAFETY: an `Avx2` comes from `detect` only, which has seen the feature.
        unsafe { bytes::has_min(values) }
    }

    /// Rows of accumulators, each with the constants of its column.
    pub fn requant(self, acc: &[i32], columns: &[Requant], out: &mut [i8]) {
        // SAFETY: as in `has_min`.
        unsafe { requant::requant(acc, columns, out) }
    }

    /// Each byte's entry.
    pub fn lut8(self, x: &[i8], by_byte: &[i8; TABLE_LEN], out: &mut [i8]) {
        // SAFETY: as in `has_min`.
        unsafe { bytes::lut8(x, by_byte, out) }
    }

    /// The largest value.
    pub fn max(self, x: &[i8]) -> i8 {
        // SAFETY: as in `has_min`.
        unsafe { bytes::max(x) }
    }

    /// Rows as long as the constants.
    pub fn layernorm(self, x: &[i8], scales: &[Scale], out: &mut [i8]) {
        // SAFETY: as in `has_min`.
        unsafe { norm::layernorm(x, scales, out) }
    }

    /// Element by element.
    pub fn add(self, a: &[i8], b: &[i8], constants: AddConstants, out: &mut [i8]) {
        // SAFETY: as in `has_min`.
        unsafe { bytes::add(a, b, constants, out) }
    }

    /// `sum a*b`, `sum a^2`, `sum b^2` of at most 65,536 elements.
    pub fn products(self, a: &[i8], b: &[i8]) -> [i64; 3] {
        // SAFETY: as in `has_min`.
        unsafe { bytes::products(a, b) }
    }

    /// The largest of `out` and the rows of `x`, by column.
    pub fn max_into(self, x: &[i8], out: &mut [i8]) {
        // SAFETY: as in `has_min`.
        unsafe { bytes::max_into(x, out) }
    }

    /// Adds the rows of `x` to `sums`, wrapping.
    pub fn add_into(self, x: &[i8], sums: &mut [i32]) {
        // SAFETY: as in `has_min`.
        unsafe { bytes::add_into(x, sums) }
    }

    /// Puts the smaller of each pair into `low` and the larger into `high`.
    pub fn order(self, low: &mut [i32], high: &mut [i32]) {
        // SAFETY: as in `has_min`.
        unsafe { bytes::order(low, high) }
    }

    /// `sums[i] += weight * values[i]`, wrapping.
    pub fn add_scaled(self, weight: i32, values: &[i32], sums: &mut [i64]) {
        // SAFETY: as in `has_min`.
        unsafe { bytes::add_scaled(weight, values, sums) }
    }
}
