use crate::Words;
use alloy_primitives::B256;

/// Version word of [`CheckpointOutput::output`].
pub const CHECKPOINT_VERSION: u64 = 1;

/// What a checkpoint claims about L2: the state after the first `batch_count` batches of the inbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase"))]
pub struct CheckpointOutput {
    /// Hash of the last block.
    pub block_hash: B256,
    /// Storage root of the L2 messenger after that block: the block's `withdrawalsRoot`.
    pub message_root: B256,
    /// Batches consumed.
    pub batch_count: u64,
    /// Delayed messages consumed.
    pub delayed_count: u64,
}

impl CheckpointOutput {
    /// `keccak256(version, configHash, blockHash, messageRoot, batchCount, delayedCount)`.
    pub fn output(&self, config_hash: B256) -> B256 {
        Words::new()
            .u64(CHECKPOINT_VERSION)
            .word(config_hash)
            .word(self.block_hash)
            .word(self.message_root)
            .u64(self.batch_count)
            .u64(self.delayed_count)
            .hash()
    }
}
