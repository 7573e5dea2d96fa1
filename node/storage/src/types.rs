use alloy_consensus::{BlockBody, transaction::Recovered};
use alloy_primitives::B256;
use autonet_primitives::{Block, Header, TxEnvelope};
use autonet_stf::SealedHeader;
use core::fmt;

/// A block by number and hash.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlockId {
    /// Block number.
    pub number: u64,
    /// Block hash.
    pub hash: B256,
}

impl fmt::Display for BlockId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.number, self.hash)
    }
}

/// The bounds of what the database keeps in memory and open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StorageOptions {
    /// Cache of blocks, indexes and filters shared by all tables, in bytes.
    pub cache_bytes: usize,
    /// Writes kept in memory before they go to sorted files, in bytes; the log grows to about twice as much.
    pub write_buffer_bytes: usize,
    /// Files held open.
    pub max_open_files: i32,
}

impl Default for StorageOptions {
    fn default() -> Self {
        Self { cache_bytes: 256 << 20, write_buffer_bytes: 128 << 20, max_open_files: 512 }
    }
}

/// Where the chain stands in the inbox's queue of delayed messages after a block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DelayedPosition {
    /// Delayed messages consumed up to and with this block.
    pub count: u64,
    /// The inbox's delayed accumulator after `count` messages.
    pub acc: B256,
    /// How many of the block's transactions, from the first, come from delayed messages.
    pub transactions: u32,
}

/// A block's header, and where the block stands in the inbox's queue of delayed messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredHeader {
    /// Number and hash.
    pub id: BlockId,
    /// The header.
    pub header: Header,
    /// Where the chain stands in the queue of delayed messages after the block.
    pub delayed: DelayedPosition,
}

impl StoredHeader {
    /// What execution takes as the parent of the next block.
    pub fn sealed(&self) -> SealedHeader {
        SealedHeader::new(self.header.clone(), self.id.hash)
    }
}

/// A block with its senders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredBlock {
    /// The header.
    pub header: StoredHeader,
    /// The transactions in order, each with its sender.
    pub transactions: Vec<Recovered<TxEnvelope>>,
}

impl StoredBlock {
    /// Number and hash.
    pub const fn id(&self) -> BlockId {
        self.header.id
    }

    /// The transactions that the sequencer chose: those that do not come from delayed messages.
    pub fn sequenced(&self) -> &[Recovered<TxEnvelope>] {
        self.transactions.get(self.header.delayed.transactions as usize..).unwrap_or_default()
    }

    /// The block without what storage adds to it.
    pub fn to_block(&self) -> Block {
        let transactions = self.transactions.iter().map(|transaction| transaction.inner().clone()).collect();
        let body = BlockBody { transactions, ommers: Vec::new(), withdrawals: Some(Default::default()) };
        Block::new(self.header.header.clone(), body)
    }
}

/// Where a transaction is on the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransactionPosition {
    /// Block number.
    pub block: u64,
    /// Position in the block, from 0.
    pub index: u32,
}

/// Where a batch is on L1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BatchOrigin {
    /// Number of the L1 block of the posting.
    pub l1_block: u64,
    /// The inbox's batch accumulator with this batch.
    pub acc: B256,
}

/// What a batch of the inbox became.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchRecord {
    /// The last block after the batch.
    pub last_block: BlockId,
    /// Delayed messages consumed after the batch.
    pub delayed_count: u64,
    /// Timestamp of the last block, in seconds.
    pub last_timestamp: u64,
    /// Where the batch is on L1.
    pub origin: BatchOrigin,
}
