//! Merging of solvers' updates.

use super::{MlError, Weights};
use autonet_ml_precompiles::{Update, fedavg_floor};

/// An update whose model has been checked, and what it weighs.
#[derive(Clone, Debug)]
pub struct VerifiedUpdate {
    /// Rows that the chain has counted as right.
    pub hits: u32,
    /// Difference to the base weights.
    pub update: Weights,
}

/// `base + floor(sum(hits * update) / sum(hits))`, element by element.
pub fn merge_floor(base: &Weights, updates: &[VerifiedUpdate]) -> Result<Weights, MlError> {
    if updates.is_empty() {
        return Err(MlError::NoUpdates);
    }
    let weighted: Vec<_> =
        updates.iter().map(|u| Update { weight: u.hits.into(), deltas: u.update.values() }).collect();
    base.updated(&Weights::new(fedavg_floor(&weighted)?)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ml::PARAMETERS;

    fn constant(value: i32) -> Weights {
        Weights::new(vec![value; PARAMETERS]).unwrap()
    }

    #[test]
    fn the_average_is_weighted_and_rounded_down() {
        let updates =
            [VerifiedUpdate { hits: 1, update: constant(-10) }, VerifiedUpdate { hits: 2, update: constant(0) }];
        // floor(-10 / 3) = -4
        assert_eq!(merge_floor(&constant(100), &updates).unwrap(), constant(96));
    }

    #[test]
    fn nothing_and_overflow_are_errors() {
        assert!(matches!(merge_floor(&constant(0), &[]), Err(MlError::NoUpdates)));
        let updates = [VerifiedUpdate { hits: 1, update: constant(1) }];
        assert!(matches!(merge_floor(&constant(i32::MAX), &updates), Err(MlError::WeightRange(0))));
    }
}
