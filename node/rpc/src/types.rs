use alloy_primitives::B256;
use autonet_primitives::CheckpointOutput;
use serde::{Deserialize, Serialize};

/// How far a node has read L1, in L1 block numbers. Whoever follows L1 keeps it up to date.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct L1Position {
    /// The newest block that the L1 endpoint has.
    pub head: u64,
    /// The block up to which the inbox has been read and applied.
    pub processed: u64,
    /// The newest final block.
    pub finalized: u64,
}

/// A head of the chain, as `autonet_syncStatus` shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HeadStatus {
    /// Block number.
    pub number: u64,
    /// Block hash.
    pub hash: B256,
    /// Block timestamp, in seconds.
    pub timestamp: u64,
}

/// The answer of `autonet_syncStatus`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SyncStatus {
    /// The last block: perhaps only sequenced.
    pub unsafe_head: HeadStatus,
    /// The last block that is derived from L1.
    pub safe_head: HeadStatus,
    /// The last block that is derived from what is final on L1.
    pub finalized_head: HeadStatus,
    /// Batches of the inbox that the chain has applied.
    pub batch_count: u64,
    /// Delayed messages that the unsafe head has consumed.
    pub delayed_count: u64,
    /// How far L1 has been read.
    pub l1: L1Position,
}

/// The answer of `autonet_checkpointOutput`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CheckpointPosition {
    /// Number of the last block of these batches.
    pub block_number: u64,
    /// What the checkpoint claims.
    #[serde(flatten)]
    pub claim: CheckpointOutput,
    /// The hash that AnchorBridge stores for it.
    pub output: B256,
}
