//! Batches of bounded size, for the sequencer.

use crate::{BlockRecord, MAX_PAYLOAD_BYTES, MAX_RECORDS_PER_BATCH, MAX_TRANSACTIONS_PER_BATCH, codec::encode_items};
use alloc::vec::Vec;
use alloy_primitives::Bytes;
use alloy_rlp::Encodable;
use autonet_primitives::MAX_DELAYED_PER_BLOCK;

/// The largest batch that the inbox takes as calldata, in bytes.
pub const MAX_BATCH_BYTES: usize = 120_000;

/// Bytes that a batch has besides its records: version, codec and the list's header.
const OVERHEAD_BYTES: usize = 2 + 5;

/// Accumulates block records until a batch is full.
///
/// The size is estimated from the ratio at the last compression and measured again only where the estimate reaches the limit, so
/// a batch is compressed a few times in its life. Sealing is exact.
#[derive(Debug, Clone)]
pub struct BatchEncoder {
    max_bytes: usize,
    /// The RLP of the records.
    items: Vec<u8>,
    records: Vec<Record>,
    measured: Measured,
}

/// What is known of a record in [`BatchEncoder::items`].
#[derive(Debug, Clone, Copy)]
struct Record {
    /// Where it ends.
    end: usize,
    delayed_count: u64,
    transactions: usize,
}

/// The first `items_bytes` of the records make a batch of `batch_bytes`.
#[derive(Debug, Clone, Copy, Default)]
struct Measured {
    items_bytes: usize,
    batch_bytes: usize,
}

/// A batch ready to be posted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedBatch {
    /// The batch's bytes.
    pub data: Bytes,
    /// How many records it holds, of those pushed and not sealed before.
    pub records: usize,
    /// How many delayed messages its records consume.
    pub delayed_count: u64,
}

/// Why a record is not taken. The encoder is as before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// Seal, then push it again.
    #[error("batch is full")]
    Full,
    /// No batch can hold it.
    #[error("record makes a batch of {size_bytes} bytes, more than {max_bytes}")]
    TooLarge {
        /// Size of a batch of this record alone.
        size_bytes: usize,
        /// The encoder's limit.
        max_bytes: usize,
    },
    /// No batch can hold it.
    #[error("record of {0} transactions, more than {MAX_TRANSACTIONS_PER_BATCH}")]
    TooManyTransactions(usize),
    /// Derivation would clamp it.
    #[error("record consumes {0} delayed messages, more than {MAX_DELAYED_PER_BLOCK}")]
    TooManyDelayed(u64),
}

impl Default for BatchEncoder {
    fn default() -> Self {
        Self::new(MAX_BATCH_BYTES)
    }
}

impl BatchEncoder {
    /// An empty encoder of batches of at most `max_bytes`.
    pub const fn new(max_bytes: usize) -> Self {
        let measured = Measured { items_bytes: 0, batch_bytes: 0 };
        Self { max_bytes, items: Vec::new(), records: Vec::new(), measured }
    }

    /// Whether there is nothing to seal.
    pub const fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// How many records wait.
    pub const fn len(&self) -> usize {
        self.records.len()
    }

    /// About how large a batch of the waiting records is, in bytes.
    pub const fn estimated_bytes(&self) -> usize {
        let Measured { items_bytes, batch_bytes } = self.measured;
        let added = self.items.len() - items_bytes;
        // What came since the measurement compresses like what was before it, give or take a quarter.
        let estimate = match (added * batch_bytes).checked_div(items_bytes) {
            Some(compressed) if compressed * 5 / 4 < added => compressed * 5 / 4,
            _ => added,
        };
        batch_bytes + estimate + OVERHEAD_BYTES
    }

    /// Adds a block's record.
    ///
    /// # Errors
    /// [`EncodeError`] if it does not fit.
    pub fn push(&mut self, record: &BlockRecord) -> Result<(), EncodeError> {
        let transactions = record.transactions.len();
        if transactions > MAX_TRANSACTIONS_PER_BATCH {
            return Err(EncodeError::TooManyTransactions(transactions));
        }
        if record.delayed_count > MAX_DELAYED_PER_BLOCK {
            return Err(EncodeError::TooManyDelayed(record.delayed_count));
        }
        let length = record.length();
        if length + OVERHEAD_BYTES > self.max_bytes {
            let size_bytes = encode_items(&alloy_rlp::encode(record)).len();
            if size_bytes > self.max_bytes || length + OVERHEAD_BYTES > MAX_PAYLOAD_BYTES {
                return Err(EncodeError::TooLarge { size_bytes, max_bytes: self.max_bytes });
            }
        }
        let before: usize = self.records.iter().map(|record| record.transactions).sum();
        if self.records.len() == MAX_RECORDS_PER_BATCH
            || before + transactions > MAX_TRANSACTIONS_PER_BATCH
            || self.items.len() + length + OVERHEAD_BYTES > MAX_PAYLOAD_BYTES
        {
            return Err(EncodeError::Full);
        }
        record.encode(&mut self.items);
        self.records.push(Record { end: self.items.len(), delayed_count: record.delayed_count, transactions });
        if self.estimated_bytes() > self.max_bytes {
            let batch_bytes = encode_items(&self.items).len();
            if batch_bytes > self.max_bytes && self.records.len() > 1 {
                self.records.pop();
                self.items.truncate(self.items.len() - length);
                return Err(EncodeError::Full);
            }
            self.measured = Measured { items_bytes: self.items.len(), batch_bytes };
        }
        Ok(())
    }

    /// Makes a batch of the waiting records, or of as many as fit if they compress worse than estimated; the others wait for the
    /// next one. `None` if there are none.
    pub fn seal(&mut self) -> Option<SealedBatch> {
        let mut count = self.records.len();
        let data = loop {
            let end = self.records.get(count.checked_sub(1)?)?.end;
            let data = encode_items(&self.items[..end]);
            if data.len() <= self.max_bytes {
                break data;
            }
            // In proportion to what is too much, and at least one: a record alone fits.
            count -= (count * (data.len() - self.max_bytes) / data.len()).clamp(1, count);
        };
        let sealed: Vec<Record> = self.records.drain(..count).collect();
        let end = sealed.last()?.end;
        self.items.drain(..end);
        self.records.iter_mut().for_each(|record| record.end -= end);
        self.measured = Measured::default();
        let delayed_count = sealed.iter().map(|record| record.delayed_count).sum();
        Some(SealedBatch { data, records: count, delayed_count })
    }
}
