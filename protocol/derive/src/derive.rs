//! The rules: which blocks a batch stands for.

use crate::{BlockRecord, CodecError, decode_batch};
use alloc::{collections::BTreeMap, vec::Vec};
use alloy_primitives::Bytes;
use autonet_primitives::{Batch, BlockInput, ChainConfig, DelayedMessage, MAX_DELAYED_PER_BLOCK};

/// Where derivation stands between two batches.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DeriveState {
    /// Batches derived so far: the index of the next one.
    pub batch_count: u64,
    /// Delayed messages consumed so far: the index of the next one.
    pub delayed_count: u64,
    /// Timestamp of the last block, in seconds.
    pub last_timestamp: u64,
}

/// What a batch stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DerivedBatch {
    /// The blocks, in order.
    pub blocks: Vec<BlockInput>,
    /// Where derivation stands after the batch.
    pub next: DeriveState,
    /// Why the batch counts as empty, if it is undecodable.
    pub undecodable: Option<CodecError>,
    /// Records skipped as malformed or over a limit.
    pub skipped_records: usize,
}

/// The delayed messages of the inbox.
///
/// It must know all messages up to the L1 block of the batch that is derived; knowing later ones changes nothing.
pub trait DelayedSource {
    /// The message at a position in the queue; `None` if the queue ends before it.
    fn message(&self, index: u64) -> Option<DelayedMessage>;
}

/// The queue from its start.
impl DelayedSource for [DelayedMessage] {
    fn message(&self, index: u64) -> Option<DelayedMessage> {
        self.get(usize::try_from(index).ok()?).cloned()
    }
}

/// A part of the queue.
impl DelayedSource for BTreeMap<u64, DelayedMessage> {
    fn message(&self, index: u64) -> Option<DelayedMessage> {
        self.get(&index).cloned()
    }
}

/// The caller asked for what cannot be derived. No content of a batch leads here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DeriveError {
    /// Batches are derived in order.
    #[error("batch {actual} where batch {expected} is due")]
    BatchOrder {
        /// The index that is due.
        expected: u64,
        /// The index of the batch given.
        actual: u64,
    },
    /// The source lacks a message below the batch's cursor, which the inbox has.
    #[error("delayed message {0} is missing")]
    MissingDelayed(u64),
}

/// The blocks of `batch` after `state`: a pure function of the inbox.
///
/// 1. If delayed messages at or above the batch's cursor were overdue when it was posted (older than the force window), blocks
///    are inserted first that consume everything up to and including the last overdue one.
/// 2. Each well-formed record is a block. Its timestamp is clamped to `[l1_time - max_past, l1_time + max_future]` and never
///    decreases; its delayed count is clamped to what is left below the cursor and to [`MAX_DELAYED_PER_BLOCK`].
/// 3. What is left below the cursor is consumed by inserted blocks.
///
/// An undecodable batch has no records. Transactions are not looked at: executing a block skips those that cannot run.
///
/// # Errors
/// [`DeriveError`] on a wrong call.
pub fn derive_batch<S: DelayedSource + ?Sized>(
    config: &ChainConfig,
    state: &DeriveState,
    batch: &Batch,
    delayed: &S,
) -> Result<DerivedBatch, DeriveError> {
    if batch.index != state.batch_count {
        return Err(DeriveError::BatchOrder { expected: state.batch_count, actual: batch.index });
    }
    let mut blocks = Blocks {
        delayed,
        earliest: batch.l1_time.saturating_sub(config.max_past_s),
        latest: batch.l1_time.saturating_add(config.max_future_s),
        next: DeriveState { batch_count: state.batch_count.saturating_add(1), ..*state },
        blocks: Vec::new(),
    };
    let is_overdue = |message: DelayedMessage| message.l1.time.saturating_add(config.force_window_s) < batch.l1_time;
    let unclaimed = state.delayed_count.max(batch.delayed_cursor);
    let overdue = (unclaimed..u64::MAX).take_while(|&index| delayed.message(index).is_some_and(is_overdue)).last();
    if let Some(last) = overdue {
        blocks.consume_until(last + 1)?;
    }
    let (decoded, undecodable) = match decode_batch(&batch.data) {
        Ok(decoded) => (decoded, None),
        Err(error) => (Default::default(), Some(error)),
    };
    for BlockRecord { timestamp, delayed_count, transactions } in decoded.records {
        let left = batch.delayed_cursor.saturating_sub(blocks.next.delayed_count);
        blocks.push(timestamp, delayed_count.min(left), transactions)?;
    }
    blocks.consume_until(batch.delayed_cursor)?;
    Ok(DerivedBatch { blocks: blocks.blocks, next: blocks.next, undecodable, skipped_records: decoded.skipped })
}

/// The blocks of a batch under construction.
struct Blocks<'a, S: ?Sized> {
    delayed: &'a S,
    earliest: u64,
    latest: u64,
    next: DeriveState,
    blocks: Vec<BlockInput>,
}

impl<S: DelayedSource + ?Sized> Blocks<'_, S> {
    fn push(&mut self, timestamp: u64, delayed_count: u64, transactions: Vec<Bytes>) -> Result<(), DeriveError> {
        let earliest = self.earliest.max(self.next.last_timestamp);
        let timestamp = timestamp.clamp(earliest, self.latest.max(earliest));
        let start = self.next.delayed_count;
        let end = start.saturating_add(delayed_count.min(MAX_DELAYED_PER_BLOCK));
        let delayed = (start..end)
            .map(|index| self.delayed.message(index).ok_or(DeriveError::MissingDelayed(index)))
            .collect::<Result<_, _>>()?;
        self.blocks.push(BlockInput { timestamp, delayed, transactions });
        self.next.delayed_count = end;
        self.next.last_timestamp = timestamp;
        Ok(())
    }

    /// Inserts blocks until the delayed messages below `cursor` are consumed.
    fn consume_until(&mut self, cursor: u64) -> Result<(), DeriveError> {
        while self.next.delayed_count < cursor {
            self.push(0, cursor - self.next.delayed_count, Vec::new())?;
        }
        Ok(())
    }
}
