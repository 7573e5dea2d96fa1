use autonet_stf::Error as ExecutionError;
use autonet_storage::{BlockId, StorageError};

/// The chain could not do what it was asked to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChainError {
    /// The data directory.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A block could not be executed; no content of a block leads here.
    #[error("execution: {0}")]
    Execution(#[from] ExecutionError<StorageError>),
    /// The next block takes other delayed messages.
    #[error("delayed message {actual} where message {expected} is due")]
    DelayedOrder {
        /// The index that is due.
        expected: u64,
        /// The index given.
        actual: u64,
    },
    /// More delayed messages than a block may consume.
    #[error("a block cannot consume {0} delayed messages")]
    TooManyDelayed(usize),
    /// Time does not run backwards.
    #[error("timestamp {timestamp} is before the parent's {parent}")]
    Timestamp {
        /// The timestamp given.
        timestamp: u64,
        /// The parent's.
        parent: u64,
    },
    /// Batches are applied in order.
    #[error("batch {actual} where batch {expected} is due")]
    BatchOrder {
        /// The index that is due.
        expected: u64,
        /// The index given.
        actual: u64,
    },
    /// There are not as many batches.
    #[error("{count} batches asked for, the chain has {batch_count}")]
    UnknownBatch {
        /// The count given.
        count: u64,
        /// Batches applied.
        batch_count: u64,
    },
    /// Safe blocks go away with their batches only.
    #[error("block {to} is below the safe head {safe}: unwind its batches first")]
    BelowSafe {
        /// The block given.
        to: u64,
        /// The safe head.
        safe: BlockId,
    },
    /// The block is above the head.
    #[error("block {to} is above the head {head}")]
    AboveHead {
        /// The block given.
        to: u64,
        /// The unsafe head.
        head: BlockId,
    },
    /// L1 has taken back what it called final.
    #[error(
        "L1 has taken back batch {count} of {finalized} finalized ones: check the L1 endpoint; if L1 really was \
         reorganised below its finalized block, derive the chain again in an empty data directory"
    )]
    BelowFinalized {
        /// Batches that L1 still has.
        count: u64,
        /// Batches finalized.
        finalized: u64,
    },
}

/// What a driver does about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// Try again on the new head.
    Retry,
    /// Start again from [`crate::Chain::derive_state`].
    Reset,
    /// Stop.
    Fatal,
}

impl ChainError {
    /// What a driver does about it.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Storage(StorageError::NotOnHead { .. }) | Self::Timestamp { .. } => ErrorKind::Retry,
            Self::DelayedOrder { .. }
            | Self::BatchOrder { .. }
            | Self::UnknownBatch { .. }
            | Self::BelowSafe { .. }
            | Self::AboveHead { .. } => ErrorKind::Reset,
            Self::Storage(_) | Self::Execution(_) | Self::TooManyDelayed(_) | Self::BelowFinalized { .. } => {
                ErrorKind::Fatal
            }
        }
    }
}
