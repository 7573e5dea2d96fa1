//! From fixed-point numbers to the constants of a graph, in integers only, so that everyone who holds the same
//! weights builds the same model.

use alloc::{vec, vec::Vec};

/// A positive factor as REQUANT takes it: `m / 2^s` with m in [2^30, 2^31) and s in [31, 62].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Factor {
    /// The row m.
    pub m: i32,
    /// The row s.
    pub s: i32,
}

impl Factor {
    /// The nearest `m / 2^s` to `numerator / denominator` (ties up), if there is one that close: for ratios from 2^-32
    /// to just below 1.
    pub fn from_ratio_nearest(numerator: u64, denominator: u64) -> Option<Self> {
        let scaled = |s: i32| {
            let doubled = (u128::from(numerator) << (s + 1)).checked_div(u128::from(denominator))?;
            i32::try_from(doubled.div_ceil(2)).ok().map(|m| Self { m, s })
        };
        (31..=62).rev().find_map(scaled).filter(|factor| factor.m >= 1 << 30)
    }
}

/// A matrix with one scale per column: `weights[k,j] ~ quantised[k,j] * absmax[j] / 127`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quantised {
    /// Row-major, in [-127, 127].
    pub data: Vec<i8>,
    /// Largest magnitude of each column, in the unit of the weights.
    pub absmax: Vec<u32>,
}

/// Symmetric quantisation by column: `round(w * 127 / absmax)`, halves away from zero; a column of zeros stays zero.
/// `weights` are rows of `cols` values in any fixed-point unit (Q8.24, say); `None` unless they fill whole rows.
pub fn quantise_columns_nearest(weights: &[i32], cols: usize) -> Option<Quantised> {
    if cols == 0 || !weights.len().is_multiple_of(cols) {
        return None;
    }
    let mut absmax = vec![0u32; cols];
    for row in weights.chunks_exact(cols) {
        for (max, weight) in absmax.iter_mut().zip(row) {
            *max = weight.unsigned_abs().max(*max);
        }
    }
    let quantise = |(index, &weight): (usize, &i32)| {
        let max = u64::from(absmax[index % cols]).max(1);
        let magnitude = (u64::from(weight.unsigned_abs()) * 254 + max) / (2 * max);
        (magnitude as i8) * weight.signum() as i8
    };
    let data = weights.iter().enumerate().map(quantise).collect();
    Some(Quantised { data, absmax })
}
