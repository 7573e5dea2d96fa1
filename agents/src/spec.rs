//! What a task asks for, in the bytes that a proposal logs.

use crate::{
    data::{CLASSES, PIXELS, dataset_id},
    ml::HIDDEN,
};
use alloy::primitives::{B256, Bytes};
use serde::{Deserialize, Serialize};

/// Kind of the one task there is today.
const KIND: &str = "autonet/digits-mlp/1";

/// A task's spec, as JSON: train an MLP of `layers` on the training part of `dataset`, starting from the base weights.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    kind: String,
    layers: Vec<usize>,
    dataset: B256,
}

impl Spec {
    /// The digits.
    pub fn digits() -> Self {
        Self { kind: KIND.to_owned(), layers: vec![PIXELS, HIDDEN, CLASSES], dataset: dataset_id() }
    }

    /// As it is logged.
    pub fn encode(&self) -> Bytes {
        // Strings, numbers and hashes always serialise.
        serde_json::to_vec(self).unwrap_or_default().into()
    }

    /// Whether `bytes` are a task that this program can work on.
    pub fn is_supported(bytes: &[u8]) -> bool {
        serde_json::from_slice::<Self>(bytes).is_ok_and(|spec| spec == Self::digits())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_tasks_are_taken() {
        let spec = Spec::digits();
        assert!(Spec::is_supported(&spec.encode()));
        let other = Spec { layers: vec![64, 32, 10], ..spec };
        assert!(!Spec::is_supported(&other.encode()));
        assert!(!Spec::is_supported(b"train something"));
    }
}
