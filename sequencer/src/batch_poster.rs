use crate::SequencerError;
use alloy::sol_types::SolCall;
use alloy_primitives::{Address, B256, Bytes};
use autonet_bindings::inbox::Inbox;
use autonet_bridge::TransactionSender;
use autonet_chain::{Chain, ChainError};
use autonet_derive::{BatchEncoder, EncodeError};
use std::sync::Arc;

/// Posts unsafe blocks to the inbox.
#[derive(Clone, Debug)]
pub(crate) struct BatchPoster {
    chain: Chain,
    sender: Arc<TransactionSender>,
    inbox: Address,
}

/// A batch as it goes to the inbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PreparedBatch {
    /// The first and the last block.
    pub(crate) blocks: (u64, u64),
    /// Whether more blocks wait for the next batch.
    pub(crate) has_more: bool,
    data: Bytes,
    delayed_cursor: u64,
    delayed_acc: B256,
}

impl BatchPoster {
    pub(crate) const fn new(chain: Chain, sender: Arc<TransactionSender>, inbox: Address) -> Self {
        Self { chain, sender, inbox }
    }

    /// Encodes as many blocks after the safe head as fit; `None` if there are none.
    pub(crate) fn prepare(&self) -> Result<Option<PreparedBatch>, SequencerError> {
        let heads = self.chain.heads();
        let first = heads.safe.number + 1;
        let mut encoder = BatchEncoder::default();
        for number in first..=heads.unsafe_head.number {
            let Some(record) = self.chain.record(number)? else { break };
            match encoder.push(&record) {
                Ok(()) => {}
                Err(EncodeError::Full) => break,
                Err(reason) => return Err(SequencerError::Unpostable { number, reason }),
            }
        }
        let Some(sealed) = encoder.seal() else { return Ok(None) };
        let last = first + sealed.records as u64 - 1;
        let header = self.chain.storage().header(last).map_err(ChainError::from)?;
        // An unwinding between the reads: the next look finds a consistent chain.
        let Some(header) = header else { return Ok(None) };
        Ok(Some(PreparedBatch {
            blocks: (first, last),
            has_more: last < heads.unsafe_head.number,
            data: sealed.data,
            delayed_cursor: header.delayed.count,
            delayed_acc: header.delayed.acc,
        }))
    }

    /// Posts a batch and waits until L1 has it; answers the L1 block.
    pub(crate) async fn post(&self, batch: PreparedBatch) -> Result<u64, SequencerError> {
        let (bytes, (first, last)) = (batch.data.len(), batch.blocks);
        let call = Inbox::postBatchCall {
            data: batch.data,
            delayedCursor: batch.delayed_cursor,
            delayedAcc: batch.delayed_acc,
        };
        let receipt = self.sender.send(self.inbox, call.abi_encode().into()).await?;
        let l1_block = receipt.block_number.unwrap_or_default();
        tracing::info!(first, last, bytes, l1_block, "batch posted");
        metrics::counter!("autonet_sequencer_batches_total").increment(1);
        metrics::counter!("autonet_sequencer_batch_bytes_total").increment(bytes as u64);
        Ok(l1_block)
    }
}
