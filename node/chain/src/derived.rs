//! What L1 says: derived batches, L1 reorgs, finality.

use crate::{
    BuiltBlock, Chain, ChainError, NextBlock, Outcome,
    build::position_after,
    chain::{block_of_batches, derive_state, header},
};
use alloy_consensus::transaction::Recovered;
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::Bytes;
use autonet_derive::DerivedBatch;
use autonet_primitives::{BlockInput, TxEnvelope};
use autonet_storage::{BatchOrigin, BatchRecord, BlockId, StoredBlock, StoredHeader};

impl Chain {
    /// Makes batch `batch_index`, the next one, a part of the safe chain. Unsafe blocks that the batch agrees with stay; from
    /// the first that differs on they are replaced. Durable on return; after a crash, apply the batch again.
    pub fn apply_derived(
        &self,
        batch_index: u64,
        derived: &DerivedBatch,
        origin: BatchOrigin,
    ) -> Result<Outcome, ChainError> {
        let _writer = self.0.writer.lock();
        let expected = derive_state(self.storage())?.batch_count;
        if batch_index != expected || derived.next.batch_count != expected + 1 {
            return Err(ChainError::BatchOrder { expected, actual: batch_index });
        }
        let mut applied = Applied::default();
        let mut parent = header(self.storage(), self.heads().safe.number)?;
        for input in &derived.blocks {
            parent = self.apply_input(&parent, input, &mut applied)?;
        }
        let record = BatchRecord {
            last_block: parent.id,
            delayed_count: derived.next.delayed_count,
            last_timestamp: derived.next.last_timestamp,
            origin,
        };
        self.storage().push_batch(batch_index, &record)?;
        self.set_heads(parent.id, self.heads().finalized);
        self.outcome(applied)
    }

    /// Makes the block after `parent` the one that `input` stands for, and returns its header.
    fn apply_input(
        &self,
        parent: &StoredHeader,
        input: &BlockInput,
        applied: &mut Applied,
    ) -> Result<StoredHeader, ChainError> {
        let existing = self.storage().block(parent.id.number + 1)?;
        if let Some(block) = existing.as_ref().filter(|block| is_made_of(block, parent, input)) {
            return Ok(block.header.clone());
        }
        let built = self.execute(parent, input)?;
        if let Some(block) = existing {
            if block.id().hash == built.executed.hash {
                return Ok(block.header);
            }
            let dropped = self.unwind_locked(parent.id.number)?;
            tracing::warn!(block = %block.id(), to = %parent.id, dropped = dropped.len(), "derived chain differs");
            applied.reorged.get_or_insert((parent.id, Vec::new())).1.extend_from_slice(&dropped);
        }
        applied.extended = true;
        Ok(self.commit_locked(built)?.as_ref().clone())
    }

    fn execute(&self, parent: &StoredHeader, input: &BlockInput) -> Result<BuiltBlock, ChainError> {
        let state = self.storage().state_at(parent.id.number)?;
        NextBlock::new(self.config(), state, input.timestamp, input.delayed.clone())?
            .execute(input.transactions.clone())
    }

    fn outcome(&self, applied: Applied) -> Result<Outcome, ChainError> {
        let Some((to, transactions)) = applied.reorged else {
            return Ok(if applied.extended { Outcome::Extended } else { Outcome::Agreed });
        };
        let mut dropped = Vec::new();
        for transaction in transactions {
            if self.storage().transaction_position(transaction.inner().tx_hash())?.is_none() {
                dropped.push(transaction);
            }
        }
        Ok(Outcome::Reorged { to, dropped })
    }

    /// Forgets all batches from `batch_count` on, which L1 has taken back; returns the new safe head.
    ///
    /// Their blocks stay on the unsafe chain: the batches that L1 has now may still agree with them.
    ///
    /// # Errors
    /// Not below what L1 called final.
    pub fn unwind_batches(&self, batch_count: u64) -> Result<BlockId, ChainError> {
        let _writer = self.0.writer.lock();
        let finalized = self.storage().finalized_batch_count()?;
        if batch_count < finalized {
            return Err(ChainError::BelowFinalized { count: batch_count, finalized });
        }
        let safe = block_of_batches(self.storage(), batch_count)?;
        self.storage().truncate_batches(batch_count)?;
        self.set_heads(safe, self.heads().finalized);
        Ok(safe)
    }

    /// The first `batch_count` batches are final on L1. Fewer than before changes nothing.
    pub fn set_finalized(&self, batch_count: u64) -> Result<(), ChainError> {
        let _writer = self.0.writer.lock();
        if batch_count <= self.storage().finalized_batch_count()? {
            return Ok(());
        }
        let finalized = block_of_batches(self.storage(), batch_count)?;
        self.storage().set_finalized_batch_count(batch_count)?;
        self.set_heads(self.heads().safe, finalized);
        Ok(())
    }
}

/// What has happened while a batch was applied.
#[derive(Default)]
struct Applied {
    extended: bool,
    /// The last block that stayed, and the transactions of those that did not.
    reorged: Option<(BlockId, Vec<Recovered<TxEnvelope>>)>,
}

/// Whether `block` is what `input` makes of `parent`, without executing: true only if the block contains the whole input.
/// (An input with a transaction that does not run differs from its block, and has to be executed.)
fn is_made_of(block: &StoredBlock, parent: &StoredHeader, input: &BlockInput) -> bool {
    let position = (block.header.delayed.count, block.header.delayed.acc);
    block.header.header.timestamp == input.timestamp
        && position == position_after(parent, &input.delayed)
        && sequenced_bytes(block).eq(input.transactions.iter().cloned())
}

/// The EIP-2718 bytes of the transactions that the sequencer chose.
pub(crate) fn sequenced_bytes(block: &StoredBlock) -> impl Iterator<Item = Bytes> {
    block.sequenced().iter().map(|transaction| transaction.inner().encoded_2718().into())
}
