//! The chain of a running node.

use crate::{BuiltBlock, ChainError, ChainEvent, CommittedBlock, EVENT_CAPACITY, Heads, NextBlock};
use alloy_consensus::transaction::Recovered;
use alloy_primitives::Address;
use autonet_derive::{BlockRecord, DeriveState};
use autonet_primitives::{ChainConfig, CheckpointOutput, DelayedMessage, Genesis, TxEnvelope};
use autonet_stf::Account;
use autonet_storage::{BatchRecord, BlockId, Storage, StorageError, StorageOptions, StoredBlock, StoredHeader};
use autonet_trie::EMPTY_ROOT;
use parking_lot::{Mutex, RwLock};
use std::{path::Path, sync::Arc};
use tokio::sync::broadcast;

/// The chain of a node: blocks on storage, the three heads, and news of them. Cheap to clone.
///
/// All methods block: on the disk, some on the execution of blocks, and those that change the chain on each other.
#[derive(Clone, Debug)]
pub struct Chain(pub(crate) Arc<Inner>);

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) storage: Arc<Storage>,
    /// Held while the chain changes, so that events are sent in order.
    pub(crate) writer: Mutex<()>,
    current: RwLock<Current>,
    events: broadcast::Sender<ChainEvent>,
}

#[derive(Debug)]
struct Current {
    heads: Heads,
    head: Arc<StoredHeader>,
}

impl Chain {
    /// Opens the chain of `genesis` in the data directory `dir`; see [`Storage::open`].
    pub fn open(dir: impl AsRef<Path>, genesis: &Genesis, options: &StorageOptions) -> Result<Self, ChainError> {
        Self::on(Arc::new(Storage::open(dir, genesis, options)?))
    }

    /// The chain in an open data directory. There must be only one for a directory.
    pub fn on(storage: Arc<Storage>) -> Result<Self, ChainError> {
        let head = Arc::new(header(&storage, storage.head()?.number)?);
        let block_of = |count| block_of_batches(&storage, count);
        let safe = block_of(storage.batch_count()?)?;
        let finalized = block_of(storage.finalized_batch_count()?)?;
        let current = Current { heads: Heads { unsafe_head: head.id, safe, finalized }, head };
        let (events, _) = broadcast::channel(EVENT_CAPACITY);
        Ok(Self(Arc::new(Inner { storage, writer: Mutex::new(()), current: RwLock::new(current), events })))
    }

    /// Where the chain is stored: blocks, receipts and states of any age.
    pub fn storage(&self) -> &Arc<Storage> {
        &self.0.storage
    }

    /// The genesis that the chain started from.
    pub fn genesis(&self) -> &Genesis {
        self.storage().genesis()
    }

    /// What is fixed for the chain.
    pub fn config(&self) -> &ChainConfig {
        self.storage().config()
    }

    /// The three heads.
    pub fn heads(&self) -> Heads {
        self.0.current.read().heads
    }

    /// The unsafe head.
    pub fn head(&self) -> Arc<StoredHeader> {
        self.0.current.read().head.clone()
    }

    /// News of the chain from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<ChainEvent> {
        self.0.events.subscribe()
    }

    /// An account at the unsafe head; an empty one if it does not exist.
    pub fn account(&self, address: Address) -> Result<Account, ChainError> {
        Ok(self.storage().account(address)?.unwrap_or_default())
    }

    /// Prepares the block after the unsafe head, at `timestamp`, with the next delayed messages.
    pub fn next_block(&self, timestamp: u64, delayed: Vec<DelayedMessage>) -> Result<NextBlock, ChainError> {
        NextBlock::new(self.config(), self.storage().latest()?, timestamp, delayed)
    }

    /// Makes a built block the unsafe head. Durable on return.
    ///
    /// # Errors
    /// [`StorageError::NotOnHead`] if another block got there first.
    pub fn commit(&self, built: BuiltBlock) -> Result<BlockId, ChainError> {
        let _writer = self.0.writer.lock();
        Ok(self.commit_locked(built)?.id)
    }

    /// Takes all blocks after `to` off the chain; returns the transactions that the sequencer had put into them, in order.
    ///
    /// # Errors
    /// Not below the safe head: [`Self::unwind_batches`] first.
    pub fn unwind(&self, to: u64) -> Result<Vec<Recovered<TxEnvelope>>, ChainError> {
        let _writer = self.0.writer.lock();
        let Heads { unsafe_head: head, safe, .. } = self.heads();
        if to < safe.number {
            return Err(ChainError::BelowSafe { to, safe });
        }
        if to > head.number {
            return Err(ChainError::AboveHead { to, head });
        }
        Ok(self.unwind_locked(to)?.as_ref().clone())
    }

    /// A block as a batch's record: what the batch poster sends to L1.
    pub fn record(&self, number: u64) -> Result<Option<BlockRecord>, ChainError> {
        let Some(parent) = number.checked_sub(1) else { return Ok(None) };
        let Some(block) = self.storage().block(number)? else { return Ok(None) };
        let parent = header(self.storage(), parent)?;
        Ok(Some(BlockRecord {
            timestamp: block.header.header.timestamp,
            delayed_count: block.header.delayed.count - parent.delayed.count,
            transactions: crate::derived::sequenced_bytes(&block).collect(),
        }))
    }

    /// Batches of the inbox that the chain has applied.
    pub fn batch_count(&self) -> Result<u64, ChainError> {
        Ok(self.storage().batch_count()?)
    }

    /// What a batch became.
    pub fn batch(&self, index: u64) -> Result<Option<BatchRecord>, ChainError> {
        Ok(self.storage().batch(index)?)
    }

    /// Where derivation stands after the last applied batch.
    pub fn derive_state(&self) -> Result<DeriveState, ChainError> {
        derive_state(self.storage())
    }

    /// The block after the first `batch_count` batches, and what a checkpoint says of it; `None` while there are fewer.
    pub fn checkpoint_output(&self, batch_count: u64) -> Result<Option<(u64, CheckpointOutput)>, ChainError> {
        let Some(block) = self.storage().block_of_batches(batch_count)? else { return Ok(None) };
        let header = header(self.storage(), block.number)?;
        let output = CheckpointOutput {
            block_hash: block.hash,
            message_root: header.header.withdrawals_root.unwrap_or(EMPTY_ROOT),
            batch_count,
            delayed_count: header.delayed.count,
        };
        Ok(Some((block.number, output)))
    }

    pub(crate) fn commit_locked(&self, built: BuiltBlock) -> Result<Arc<StoredHeader>, ChainError> {
        let BuiltBlock { executed, delayed } = built;
        let id = self.storage().commit(&executed, delayed)?;
        let header = StoredHeader { id, header: executed.block.header, delayed };
        let recovered = executed.block.body.transactions.into_iter().zip(executed.senders);
        let transactions = recovered.map(|(tx, sender)| Recovered::new_unchecked(tx, sender)).collect();
        let head = Arc::new(header.clone());
        self.set_head(head.clone());
        let block = StoredBlock { header, transactions };
        self.send(ChainEvent::Committed(Arc::new(CommittedBlock { block, receipts: executed.receipts })));
        Ok(head)
    }

    pub(crate) fn unwind_locked(&self, to: u64) -> Result<Arc<Vec<Recovered<TxEnvelope>>>, ChainError> {
        let mut blocks = Vec::new();
        let result = loop {
            if self.heads().unsafe_head.number <= to {
                break Ok(());
            }
            match self.unwind_head() {
                Ok(block) => blocks.push(block),
                Err(error) => break Err(error),
            }
        };
        let dropped = Arc::new(blocks.iter().rev().flat_map(StoredBlock::sequenced).cloned().collect::<Vec<_>>());
        if !blocks.is_empty() {
            self.send(ChainEvent::Unwound { to: self.heads().unsafe_head, dropped: dropped.clone() });
        }
        result.map(|()| dropped)
    }

    fn unwind_head(&self) -> Result<StoredBlock, ChainError> {
        let block = self.storage().unwind_head()?;
        self.set_head(Arc::new(header(self.storage(), block.id().number - 1)?));
        Ok(block)
    }

    fn set_head(&self, head: Arc<StoredHeader>) {
        let mut current = self.0.current.write();
        current.heads.unsafe_head = head.id;
        current.head = head;
    }

    /// Moves the safe and the finalized head, and tells so if they do move.
    pub(crate) fn set_heads(&self, safe: BlockId, finalized: BlockId) {
        let heads = {
            let current = &mut self.0.current.write().heads;
            if (current.safe, current.finalized) == (safe, finalized) {
                return;
            }
            (current.safe, current.finalized) = (safe, finalized);
            *current
        };
        self.send(ChainEvent::Heads(heads));
    }

    fn send(&self, event: ChainEvent) {
        // Fails where nobody listens, which is fine.
        let _ = self.0.events.send(event);
    }
}

pub(crate) fn header(storage: &Storage, number: u64) -> Result<StoredHeader, ChainError> {
    Ok(storage.header(number)?.ok_or(StorageError::UnknownBlock(number))?)
}

pub(crate) fn block_of_batches(storage: &Storage, count: u64) -> Result<BlockId, ChainError> {
    let batch_count = storage.batch_count()?;
    storage.block_of_batches(count)?.ok_or(ChainError::UnknownBatch { count, batch_count })
}

pub(crate) fn derive_state(storage: &Storage) -> Result<DeriveState, ChainError> {
    let batch_count = storage.batch_count()?;
    let Some(last) = batch_count.checked_sub(1) else {
        return Ok(DeriveState { last_timestamp: storage.genesis().timestamp, ..Default::default() });
    };
    let record = storage.batch(last)?.ok_or(ChainError::UnknownBatch { count: batch_count, batch_count: last })?;
    Ok(DeriveState { batch_count, delayed_count: record.delayed_count, last_timestamp: record.last_timestamp })
}
