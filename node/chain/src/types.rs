use alloy_consensus::transaction::Recovered;
use autonet_primitives::{Receipt, TxEnvelope};
use autonet_storage::{BlockId, StoredBlock};
use std::sync::Arc;

/// Events that a subscriber may lag behind before it loses the oldest.
pub const EVENT_CAPACITY: usize = 1024;

/// The three heads; each is an ancestor of the one before it, or the same block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heads {
    /// The last block: perhaps only sequenced.
    pub unsafe_head: BlockId,
    /// The last block that is derived from L1.
    pub safe: BlockId,
    /// The last block that is derived from what is final on L1.
    pub finalized: BlockId,
}

/// A block that has become durable, with its receipts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommittedBlock {
    /// The block with its senders.
    pub block: StoredBlock,
    /// The receipts in order.
    pub receipts: Vec<Receipt>,
}

/// What has happened to the chain; sent after it is durable, in order.
///
/// A subscriber that lags behind by more than [`EVENT_CAPACITY`] must read the chain anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChainEvent {
    /// A block became the unsafe head.
    Committed(Arc<CommittedBlock>),
    /// Blocks went away.
    Unwound {
        /// The unsafe head after it.
        to: BlockId,
        /// The transactions that the sequencer had put into these blocks, in order. Some may come back in later blocks.
        dropped: Arc<Vec<Recovered<TxEnvelope>>>,
    },
    /// The safe or the finalized head moved.
    Heads(Heads),
}

/// How a derived batch compares with the unsafe chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All of its blocks were there.
    Agreed,
    /// Some of its blocks were new; none was replaced.
    Extended,
    /// Blocks were replaced.
    Reorged {
        /// The last block that stayed.
        to: BlockId,
        /// Transactions of the replaced blocks that are not on the chain any more, in order.
        dropped: Vec<Recovered<TxEnvelope>>,
    },
}
