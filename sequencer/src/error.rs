use autonet_bridge::{BridgeError, ErrorKind};
use autonet_chain::ChainError;
use autonet_follower::{FollowerError, chain_kind};

/// Errors of the sequencer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SequencerError {
    /// The chain.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// L1.
    #[error(transparent)]
    Bridge(#[from] BridgeError),
    /// Following L1.
    #[error(transparent)]
    Follower(#[from] FollowerError),
    /// The inbox admits another account.
    #[error("the inbox takes batches of {expected}, the key is that of {actual}: use the sequencer's key")]
    NotTheSequencer {
        /// The inbox's sequencer.
        expected: alloy_primitives::Address,
        /// The key's account.
        actual: alloy_primitives::Address,
    },
    /// A block that no batch can hold.
    #[error("block {number} does not fit a batch: {reason}")]
    Unpostable {
        /// The block.
        number: u64,
        /// Why.
        reason: autonet_derive::EncodeError,
    },
    /// A thread of the sequencer ended.
    #[error("{0} was interrupted")]
    Interrupted(&'static str),
}

impl SequencerError {
    /// What a driver does about it.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Bridge(error) => error.kind(),
            Self::Follower(error) => error.kind(),
            Self::Chain(error) => chain_kind(error),
            _ => ErrorKind::Fatal,
        }
    }
}
