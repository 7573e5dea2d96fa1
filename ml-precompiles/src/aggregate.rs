//! Merging of updates.

use alloc::vec::Vec;

/// Updates that one aggregation takes.
pub const MAX_UPDATES: usize = 64;

/// Why updates cannot be merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AggregateError {
    /// Zero updates, or more than [`MAX_UPDATES`].
    #[error("{0} updates, not between 1 and 64")]
    Updates(usize),
    /// Updates of different lengths.
    #[error("update {index} has {got} elements, the first has {expected}")]
    Length {
        /// Which update, from 0.
        index: usize,
        /// Elements of the first.
        expected: usize,
        /// Elements of this one.
        got: usize,
    },
    /// All weights are zero.
    #[error("the weights sum to zero")]
    NoWeight,
}

/// An update and its weight (say, the number of examples or the score behind it).
#[derive(Clone, Copy, Debug)]
pub struct Update<'a> {
    /// Weight in the mean.
    pub weight: u64,
    /// Q8.24 differences to the base weights.
    pub deltas: &'a [i32],
}

/// Federated averaging: `floor(sum(w_i * delta_i) / sum(w_i))` of each element, towards negative infinity. The sums
/// have 128 bits: 64 products of 64 by 32 bits need 102.
pub fn fedavg_floor(updates: &[Update<'_>]) -> Result<Vec<i32>, AggregateError> {
    if updates.is_empty() || updates.len() > MAX_UPDATES {
        return Err(AggregateError::Updates(updates.len()));
    }
    let expected = updates[0].deltas.len();
    for (index, update) in updates.iter().enumerate() {
        let got = update.deltas.len();
        if got != expected {
            return Err(AggregateError::Length { index, expected, got });
        }
    }
    let total: i128 = updates.iter().map(|update| i128::from(update.weight)).sum();
    if total == 0 {
        return Err(AggregateError::NoWeight);
    }
    let mean = |element: usize| {
        let sum: i128 = updates.iter().map(|u| i128::from(u.weight) * i128::from(u.deltas[element])).sum();
        // A mean lies between the smallest and the largest delta. The divisor is positive, so Euclid's quotient is
        // the floor.
        sum.div_euclid(total) as i32
    };
    Ok((0..expected).map(mean).collect())
}
