//! FEDAVG, TRIMMED_MEAN and APPLY_DELTA.

use super::{Ratio, arithmetic::apply_delta};
use crate::{
    aggregate::{Update, fedavg_floor},
    error::Failure,
};
use alloc::{vec, vec::Vec};

pub(super) fn fedavg(weights: &[u64], updates: &[&[i32]]) -> Result<Vec<i32>, Failure> {
    let updates: Vec<_> = weights.iter().zip(updates).map(|(&weight, &deltas)| Update { weight, deltas }).collect();
    fedavg_floor(&updates).map_err(|_| Failure::Operand("updates"))
}

/// The floor of the mean of each element's values, without the `trim` smallest and largest. Ties in (value, index) have
/// equal values, so that the order among them does not matter.
pub(super) fn trimmed_mean(trim: usize, updates: &[&[i32]]) -> Vec<i32> {
    let elements = updates.first().map_or(0, |update| update.len());
    let kept = trim..updates.len() - trim;
    let count = kept.len().max(1) as i64;
    let mut values = vec![0i32; updates.len()];
    let mean = |element: usize| {
        for (value, update) in values.iter_mut().zip(updates) {
            *value = update[element];
        }
        values.sort_unstable();
        let sum: i64 = values[kept.clone()].iter().map(|&value| i64::from(value)).sum();
        sum.div_euclid(count) as i32
    };
    (0..elements).map(mean).collect()
}

pub(super) fn apply(ratio: Ratio, base: &[i32], delta: &[i32]) -> Vec<i32> {
    let pairs = base.iter().zip(delta);
    pairs.map(|(&base, &delta)| apply_delta(base, delta, ratio.n.into(), ratio.d.into())).collect()
}
