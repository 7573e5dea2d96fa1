use crate::Endpoint;
use alloy::{
    primitives::{Address, B256, U256},
    transports::TransportError,
};

/// What a driver does about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// Try again after a pause.
    Retry,
    /// Drop what was read of L1 and read it again.
    Reset,
    /// Stop: only a person can mend it.
    Fatal,
}

/// Errors of the bridge.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BridgeError {
    /// The endpoint did not answer, or refused.
    #[error("L1 or L2 endpoint: {0}")]
    Transport(#[from] TransportError),
    /// A contract call failed.
    #[error("contract call: {0}")]
    Contract(#[from] alloy::contract::Error),
    /// A key could not sign.
    #[error("signing: {0}")]
    Signer(#[from] alloy::signers::Error),
    /// The endpoint's URL cannot be used.
    #[error("{endpoint} is no http or https URL: {reason}")]
    Url {
        /// Endpoint.
        endpoint: Endpoint,
        /// What is wrong with it.
        reason: String,
    },
    /// The HTTP client cannot be set up.
    #[error("no HTTP client: {0}")]
    Client(alloy::transports::http::reqwest::Error),
    /// The endpoint serves another chain.
    #[error("{endpoint} serves chain {actual}, not {expected}: point it at the right network")]
    WrongChain {
        /// Endpoint.
        endpoint: Endpoint,
        /// Chain id of the config.
        expected: u64,
        /// Chain id of the endpoint.
        actual: u64,
    },
    /// There is no contract at an address of the config.
    #[error("no contract at {address} on L1: is this the right network, and is the genesis file of this deployment?")]
    NoContract {
        /// Where one should be.
        address: Address,
    },
    /// L1 reorganised while it was read.
    #[error("L1 block {number} changed while it was read")]
    Reorg {
        /// The block.
        number: u64,
    },
    /// What the endpoint returned does not follow from what it returned before.
    #[error("inbox {chain} {index}: {reason}")]
    Inconsistent {
        /// `delayed message` or `batch`.
        chain: &'static str,
        /// Index of the item.
        index: u64,
        /// What does not fit.
        reason: String,
    },
    /// A transaction was included and reverted.
    #[error("transaction {hash} reverted in block {block}")]
    Reverted {
        /// Hash.
        hash: B256,
        /// Block.
        block: u64,
    },
    /// A transaction was not included in time.
    #[error("transaction with nonce {nonce} of {from} was not included within {seconds} s")]
    NotIncluded {
        /// Sender.
        from: Address,
        /// Nonce.
        nonce: u64,
        /// How long it was waited for.
        seconds: u64,
    },
    /// Another transaction of the account was included in place of this one, or an L1 reorg took earlier ones away.
    #[error("nonce {nonce} of {from} was waited for, the account's next one is {next}")]
    NonceMoved {
        /// Sender.
        from: Address,
        /// Nonce.
        nonce: u64,
        /// The account's next nonce on L1.
        next: u64,
    },
    /// The account holds too little ATN.
    #[error("{account} holds {balance} wei of ATN, {needed} are needed")]
    InsufficientAtn {
        /// Account.
        account: Address,
        /// Its balance.
        balance: U256,
        /// What is needed.
        needed: U256,
    },
    /// No such transaction, or not yet included.
    #[error("transaction {0} is not in a block")]
    UnknownTransaction(B256),
    /// The transaction starts no withdrawal.
    #[error("transaction {0} starts no withdrawal")]
    NoWithdrawal(B256),
    /// No checkpoint covers the withdrawal yet.
    #[error("no checkpoint covers block {block} yet (the newest is at block {newest}): try again after the next one")]
    NoCheckpoint {
        /// Block of the withdrawal.
        block: u64,
        /// Block of the newest checkpoint.
        newest: u64,
    },
    /// The withdrawal cannot be finalised yet.
    #[error("the withdrawal is {state}: {advice}")]
    NotReady {
        /// Its state.
        state: &'static str,
        /// What to do.
        advice: &'static str,
    },
}

impl BridgeError {
    /// What a driver does about it.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Transport(_) | Self::Contract(_) | Self::Reorg { .. } | Self::NotIncluded { .. } => ErrorKind::Retry,
            Self::NoCheckpoint { .. } | Self::NotReady { .. } | Self::UnknownTransaction(_) => ErrorKind::Retry,
            Self::Inconsistent { .. } => ErrorKind::Reset,
            // Bonds that come free, or a transfer, mend it.
            Self::Reverted { .. } | Self::InsufficientAtn { .. } | Self::NonceMoved { .. } => ErrorKind::Retry,
            Self::Signer(_)
            | Self::Url { .. }
            | Self::Client(_)
            | Self::WrongChain { .. }
            | Self::NoContract { .. }
            | Self::NoWithdrawal(_) => ErrorKind::Fatal,
        }
    }
}
