use crate::{PoolService, SequencerError};
use autonet_chain::{BlockId, Chain, ChainError, StorageError};
use autonet_derive::MAX_BATCH_BYTES;
use autonet_primitives::DelayedMessage;
use autonet_stf::{Skipped, TxOutcome};

/// Bytes of transactions in a block: with its record around it, it always fits a batch.
const MAX_BLOCK_BYTES: usize = MAX_BATCH_BYTES - 8 * 1024;

/// Builds blocks on the unsafe head.
#[derive(Clone, Debug)]
pub(crate) struct BlockBuilder {
    chain: Chain,
    pool: PoolService,
}

/// What a block is built from, besides the pool.
#[derive(Clone, Debug, Default)]
pub(crate) struct BlockRequest {
    /// Seconds.
    pub(crate) timestamp: u64,
    /// The next delayed messages.
    pub(crate) delayed: Vec<DelayedMessage>,
    /// Whether a block without transactions is wanted too.
    pub(crate) even_if_empty: bool,
}

impl BlockBuilder {
    pub(crate) const fn new(chain: Chain, pool: PoolService) -> Self {
        Self { chain, pool }
    }

    /// Builds a block and commits it; `None` where there was nothing to include, or another block got there first.
    pub(crate) fn build(&self, request: BlockRequest) -> Result<Option<BlockId>, SequencerError> {
        let wanted = request.even_if_empty || !request.delayed.is_empty();
        let parent = self.chain.head().header.timestamp;
        let next = self.chain.next_block(request.timestamp.max(parent), request.delayed)?;
        let mut block = next.start()?;
        let (mut included, mut dropped) = (0, Vec::new());
        let base_fee = block.header().base_fee_per_gas.unwrap_or_default();
        for transaction in self.pool.select(base_fee, block.gas_left(), MAX_BLOCK_BYTES) {
            match block.execute(transaction.transaction())? {
                TxOutcome::Included(_) => included += 1,
                TxOutcome::Skipped(reason) if may_run_later(&reason) => {}
                TxOutcome::Skipped(reason) => dropped.push((transaction.hash(), reason)),
            }
        }
        for (hash, reason) in dropped {
            tracing::info!(%hash, %reason, "transaction leaves the pool");
            self.pool.drop_invalid(hash);
        }
        if included == 0 && !wanted {
            return Ok(None);
        }
        match self.chain.commit(block.finish()?) {
            Ok(id) => {
                tracing::debug!(number = id.number, hash = %id.hash, transactions = included, "block");
                metrics::gauge!("autonet_sequencer_unsafe_block").set(id.number as f64);
                metrics::counter!("autonet_sequencer_transactions_total").increment(included);
                Ok(Some(id))
            }
            // L1 has replaced the parent meanwhile: the transactions are still in the pool.
            Err(ChainError::Storage(StorageError::NotOnHead { .. })) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

/// Whether a transaction may be in a later block.
fn may_run_later(reason: &Skipped) -> bool {
    matches!(reason, Skipped::BlockGas { .. } | Skipped::NonceTooHigh { .. } | Skipped::Underpriced)
}
