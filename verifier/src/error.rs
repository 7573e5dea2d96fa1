use crate::StatelessError;
use autonet_bridge::{BridgeError, ErrorKind};
use autonet_chain::ChainError;
use autonet_follower::{FollowerError, chain_kind};

/// Errors of the verifier.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifierError {
    /// The chain.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// L1.
    #[error(transparent)]
    Bridge(#[from] BridgeError),
    /// Following L1.
    #[error(transparent)]
    Follower(#[from] FollowerError),
    /// Following L1 without a database.
    #[error(transparent)]
    Stateless(#[from] StatelessError),
}

impl VerifierError {
    /// What a driver does about it.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Bridge(error) => error.kind(),
            Self::Follower(error) => error.kind(),
            Self::Chain(error) => chain_kind(error),
            Self::Stateless(error) => error.kind(),
        }
    }
}
