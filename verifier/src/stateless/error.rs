use autonet_bridge::{Endpoint, ErrorKind};
use autonet_stf::{Error as ExecutionError, Unrecorded, WitnessError};
use core::convert::Infallible;
use jsonrpsee::core::ClientError;

/// Errors of following the chain with witnesses. A peer's fault only makes the verifier wait.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StatelessError {
    /// The peer's URL cannot be used.
    #[error("{endpoint} is no http URL of a peer with witnesses: {source}")]
    Url {
        /// The peer.
        endpoint: Endpoint,
        /// What is wrong with it.
        source: ClientError,
    },
    /// The peer does not answer, does not have the parent block yet, or refuses.
    #[error("witness of block {block}: {source}")]
    Peer {
        /// The block to be executed.
        block: u64,
        /// What the peer says.
        source: ClientError,
    },
    /// The peer's pages do not add up, or to more than anyone needs.
    #[error("witness of block {block}: its pages do not make {size} bytes")]
    Pages {
        /// The block to be executed.
        block: u64,
        /// The size that the peer tells.
        size: u64,
    },
    /// What the peer sends is no witness.
    #[error("witness of block {block} is malformed: {source}")]
    Malformed {
        /// The block to be executed.
        block: u64,
        /// Where.
        source: alloy_rlp::Error,
    },
    /// What the peer sends holds no tensor where one should be.
    #[error("witness of block {block} holds a malformed tensor")]
    Tensor {
        /// The block to be executed.
        block: u64,
    },
    /// The peer has left something out, or changed it.
    #[error("block {block} cannot be executed on its witness: {source}")]
    Execution {
        /// The block.
        block: u64,
        /// What is missing.
        source: Box<ExecutionError<WitnessError<Unrecorded>>>,
    },
    /// The peer gives another header than the one that a checkpoint has.
    #[error("the header of block {block} is not the one of checkpoint {id}: ask another peer")]
    OtherHeader {
        /// The checkpoint.
        id: u64,
        /// Its block.
        block: u64,
    },
    /// The thread that executes blocks ended.
    #[error("execution was interrupted")]
    Interrupted,
    /// A genesis of which no first block can be made.
    #[error("invalid genesis: {0}")]
    Genesis(ExecutionError<Infallible>),
    /// L1 has taken back what it called final.
    #[error(
        "L1 has taken back batch {count} of {finalized} finalized ones: check the L1 endpoint; if L1 really was \
         reorganised below its finalized block, start again"
    )]
    BelowFinalized {
        /// Batches that L1 still has.
        count: u64,
        /// Batches finalized.
        finalized: u64,
    },
}

impl StatelessError {
    /// What a driver does about it.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Peer { .. }
            | Self::Pages { .. }
            | Self::Malformed { .. }
            | Self::Tensor { .. }
            | Self::Execution { .. }
            | Self::OtherHeader { .. }
            | Self::Interrupted => ErrorKind::Retry,
            Self::Url { .. } | Self::Genesis(_) | Self::BelowFinalized { .. } => ErrorKind::Fatal,
        }
    }
}
