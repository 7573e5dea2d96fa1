//! What only Autonet has: heads and checkpoints.

use crate::{
    error::RpcError,
    reader::{Reader, Result},
    types::{CheckpointPosition, HeadStatus, L1Position, SyncStatus},
};
use autonet_chain::ChainError;
use autonet_storage::{BlockId, StorageError};

impl Reader {
    pub(crate) fn sync_status(&self, l1: L1Position) -> Result<SyncStatus> {
        let heads = self.chain.heads();
        let head = |id: BlockId| {
            let header = self.storage().header(id.number)?.ok_or(StorageError::UnknownBlock(id.number))?;
            Ok::<_, RpcError>(HeadStatus { number: id.number, hash: id.hash, timestamp: header.header.timestamp })
        };
        Ok(SyncStatus {
            unsafe_head: head(heads.unsafe_head)?,
            safe_head: head(heads.safe)?,
            finalized_head: head(heads.finalized)?,
            batch_count: self.storage().batch_count()?,
            delayed_count: self.chain.head().delayed.count,
            l1,
        })
    }

    pub(crate) fn checkpoint_output(&self, batch_count: u64) -> Result<Option<CheckpointPosition>> {
        let position = self.chain.checkpoint_output(batch_count).map_err(|error| match error {
            ChainError::Storage(error) => RpcError::Storage(error),
            other => RpcError::Internal(other.to_string()),
        })?;
        let config_hash = self.config().hash();
        Ok(position.map(|(block_number, claim)| CheckpointPosition {
            block_number,
            claim,
            output: claim.output(config_hash),
        }))
    }
}
