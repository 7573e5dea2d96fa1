use autonet_bridge::{BridgeError, ErrorKind};
use autonet_chain::ChainError;
use autonet_derive::DeriveError;

/// Errors of following L1.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FollowerError {
    /// L1 could not be read.
    #[error(transparent)]
    L1(#[from] BridgeError),
    /// The chain could not be changed.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// A batch could not be derived.
    #[error("derivation: {0}")]
    Derive(#[from] DeriveError),
    /// The thread that executes blocks ended.
    #[error("execution was interrupted")]
    Interrupted,
}

impl FollowerError {
    /// What a driver does about it.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::L1(error) => error.kind(),
            Self::Derive(_) => ErrorKind::Reset,
            Self::Chain(error) => chain_kind(error),
            Self::Interrupted => ErrorKind::Fatal,
        }
    }
}

/// What a driver does about an error of the chain: an unwinding between two reads is mended by the next try.
pub fn chain_kind(error: &ChainError) -> ErrorKind {
    match error.kind() {
        autonet_chain::ErrorKind::Fatal => ErrorKind::Fatal,
        _ => ErrorKind::Retry,
    }
}
