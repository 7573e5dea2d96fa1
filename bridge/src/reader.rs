use crate::{BridgeError, InboxView, L1Client, L1Ref, Rollback};
use alloy::{
    eips::BlockNumberOrTag,
    network::TransactionResponse,
    primitives::{B256, keccak256},
    providers::Provider,
    rpc::types::{Filter, Log},
    sol_types::{SolCall, SolEvent},
};
use autonet_bindings::inbox::Inbox;
use autonet_primitives::{Batch, DelayedKind, DelayedMessage, L1Context};
use std::collections::VecDeque;

/// L1 blocks that one request for logs spans at most.
const MAX_LOG_RANGE: u64 = 1_000;

/// L1 blocks whose hashes are kept to find the fork point of a reorg.
const MAX_KNOWN_BLOCKS: usize = 512;

/// What one [`InboxReader::poll`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InboxUpdate {
    /// What an L1 reorg took away before anything was added.
    pub rollback: Option<Rollback>,
    /// L1's head.
    pub head: L1Ref,
    /// The L1 block up to which the inbox was read.
    pub processed: u64,
    /// L1's newest final block.
    pub finalized: u64,
    /// Batches in L1's finalized blocks.
    pub finalized_batches: u64,
    /// Whether all of L1 up to its head was read.
    pub caught_up: bool,
}

/// Reads the inbox from an L1 endpoint into an [`InboxView`], and follows L1's reorgs.
#[derive(Debug)]
pub struct InboxReader {
    client: L1Client,
    view: InboxView,
    next_block: u64,
    /// Blocks that were read, newest last.
    known: VecDeque<L1Ref>,
    /// A rollback that no successful poll has reported yet.
    unreported: Option<Rollback>,
}

impl InboxReader {
    /// A reader that starts at `start_block`, which must not be after the inbox's creation.
    pub fn new(client: L1Client, start_block: u64) -> Self {
        Self { client, view: InboxView::default(), next_block: start_block, known: VecDeque::new(), unreported: None }
    }

    /// What was read so far.
    pub const fn view(&self) -> &InboxView {
        &self.view
    }

    /// The connection that it reads from.
    pub const fn client(&self) -> &L1Client {
        &self.client
    }

    /// Drops what is consumed and final.
    pub fn prune(&mut self, batch_count: u64, delayed_count: u64) {
        self.view.prune(batch_count, delayed_count);
    }

    /// Forgets all and starts again at `start_block`: the answer to an error of kind [`crate::ErrorKind::Reset`].
    pub fn reset(&mut self, start_block: u64) {
        *self = Self::new(self.client.clone(), start_block);
    }

    /// Reads up to one range of new L1 blocks.
    ///
    /// # Errors
    /// The transport's, [`BridgeError::Reorg`] where L1 changed under the reading, [`BridgeError::Inconsistent`]
    /// where what the endpoint says does not fit together. The view holds complete L1 blocks only.
    pub async fn poll(&mut self) -> Result<InboxUpdate, BridgeError> {
        self.follow_reorg().await?;
        let head = self.block(BlockNumberOrTag::Latest).await?.ok_or(BridgeError::Reorg { number: 0 })?;
        if self.next_block <= head.number {
            let last = head.number.min(self.next_block + MAX_LOG_RANGE - 1);
            if let Err(error) = self.read(last).await {
                self.view.rollback(self.next_block.saturating_sub(1));
                return Err(error);
            }
        }
        let finalized = self.block(BlockNumberOrTag::Finalized).await?.map_or(0, |block| block.number);
        Ok(InboxUpdate {
            rollback: self.unreported.take(),
            head,
            processed: self.next_block.saturating_sub(1),
            finalized,
            finalized_batches: self.view.batches_up_to(finalized),
            caught_up: self.next_block > head.number,
        })
    }

    async fn block(&self, tag: BlockNumberOrTag) -> Result<Option<L1Ref>, BridgeError> {
        let block = self.client.provider().get_block_by_number(tag).await?;
        Ok(block.map(|block| L1Ref { number: block.header.number, hash: block.header.hash }))
    }

    /// Walks back to the newest known block that is still L1's, and takes back what came after it.
    async fn follow_reorg(&mut self) -> Result<(), BridgeError> {
        while let Some(newest) = self.known.back().copied() {
            // A block that the endpoint does not have (yet) says nothing: another hash in its place does.
            let current =
                self.block(newest.number.into()).await?.ok_or(BridgeError::Reorg { number: newest.number })?;
            if current == newest {
                break;
            }
            self.known.pop_back();
            // Each step takes back at once what it found gone: the next request may fail.
            let kept = match self.known.back() {
                Some(kept) => kept.number,
                // Deeper than what is known: what the oldest known range held is read again.
                None => newest.number.saturating_sub(MAX_LOG_RANGE),
            };
            self.next_block = self.next_block.min(kept + 1);
            let rollback = self.view.rollback(kept);
            tracing::warn!(fork = kept, batches = rollback.batch_count, "L1 reorganised");
            self.unreported = Some(rollback);
        }
        Ok(())
    }

    async fn read(&mut self, last: u64) -> Result<(), BridgeError> {
        let anchor = self.block(last.into()).await?.ok_or(BridgeError::Reorg { number: last })?;
        let filter = Filter::new().address(self.client.addresses().inbox).from_block(self.next_block).to_block(last);
        for log in self.client.provider().get_logs(&filter).await? {
            self.apply(&log).await?;
        }
        if self.block(last.into()).await? != Some(anchor) {
            return Err(BridgeError::Reorg { number: last });
        }
        self.next_block = last + 1;
        self.known.push_back(anchor);
        if self.known.len() > MAX_KNOWN_BLOCKS {
            self.known.pop_front();
        }
        Ok(())
    }

    async fn apply(&mut self, log: &Log) -> Result<(), BridgeError> {
        match log.topic0() {
            Some(&Inbox::DelayedMessage::SIGNATURE_HASH) => {
                let (message, acc) = delayed_message(log)?;
                self.view.push_delayed(message, acc)
            }
            Some(&Inbox::BatchPosted::SIGNATURE_HASH) => {
                let event = decode::<Inbox::BatchPosted>(log, "batch")?;
                let data = self.batch_data(log, event.index, event.dataHash).await?;
                let batch = Batch {
                    index: event.index,
                    data,
                    delayed_cursor: event.delayedCursor,
                    delayed_acc: event.delayedAcc,
                    l1_block: event.l1Block,
                    l1_time: event.l1Time,
                };
                self.view.push_batch(batch, event.acc)
            }
            _ => Ok(()),
        }
    }

    /// The batch's bytes: the first argument of the transaction that posted it (the inbox admits no other caller).
    async fn batch_data(&self, log: &Log, index: u64, hash: B256) -> Result<alloy::primitives::Bytes, BridgeError> {
        let number = log.block_number.unwrap_or_default();
        let posted_by = log.transaction_hash.ok_or(BridgeError::Reorg { number })?;
        let transaction = self.client.provider().get_transaction_by_hash(posted_by).await?;
        let transaction = transaction.ok_or(BridgeError::Reorg { number })?;
        debug_assert_eq!(transaction.tx_hash(), posted_by);
        let input = alloy::consensus::Transaction::input(&transaction);
        let inconsistent = |reason: String| BridgeError::Inconsistent { chain: "batch", index, reason };
        let call = Inbox::postBatchCall::abi_decode(input).map_err(|error| inconsistent(error.to_string()))?;
        if keccak256(&call.data) != hash {
            return Err(inconsistent(format!("transaction {posted_by} carries other bytes than {hash}")));
        }
        Ok(call.data)
    }
}

fn delayed_message(log: &Log) -> Result<(DelayedMessage, B256), BridgeError> {
    let event = decode::<Inbox::DelayedMessage>(log, "delayed message")?;
    let kind = DelayedKind::try_from(event.kind).map_err(|kind| BridgeError::Inconsistent {
        chain: "delayed message",
        index: event.index,
        reason: format!("kind {kind} is not known"),
    })?;
    let l1 = L1Context {
        number: event.l1Block,
        time: event.l1Time,
        base_fee: event.l1BaseFee,
        blob_base_fee: event.l1BlobBaseFee,
        prev_randao: event.prevRandao,
        parent_hash: event.parentHash,
    };
    Ok((DelayedMessage { index: event.index, kind, sender: event.sender, l1, payload: event.payload }, event.acc))
}

fn decode<E: SolEvent>(log: &Log, chain: &'static str) -> Result<E, BridgeError> {
    E::decode_log(&log.inner).map(|log| log.data).map_err(|error| BridgeError::Inconsistent {
        chain,
        index: 0,
        reason: format!("its event cannot be decoded: {error}"),
    })
}
