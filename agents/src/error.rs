use crate::{data::DataError, ml::MlError, report::atn};
use alloy::{
    primitives::{Address, B256, U256},
    transports::TransportError,
};
use autonet_bridge::BridgeError;
use std::path::PathBuf;

/// What the loop does about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// Look at the chain again after a pause, and decide anew.
    Retry,
    /// Stop: only a person can mend it.
    Fatal,
}

/// Errors of an agent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AgentError {
    /// The endpoint does not answer, or refuses.
    #[error("L2 endpoint: {0}")]
    Rpc(#[from] TransportError),
    /// A contract's answer cannot be read: it is not the contract that it should be.
    #[error("contract call: {0}")]
    Contract(alloy::contract::Error),
    /// A contract refuses. Mostly the chain has moved on in between.
    #[error("{what} reverts: {reason}")]
    Reverted {
        /// The call.
        what: &'static str,
        /// The contract's error, with its values.
        reason: String,
    },
    /// A transaction was sent, and is not in a block in time.
    #[error("{what}: transaction {hash} is not in a block after {seconds} s")]
    NotIncluded {
        /// The call.
        what: &'static str,
        /// Its transaction.
        hash: B256,
        /// How long it was waited for.
        seconds: u64,
    },
    /// A receipt lacks the event that its success implies.
    #[error("{what}: the receipt of {hash} lacks its event")]
    NoEvent {
        /// The call.
        what: &'static str,
        /// Its transaction.
        hash: B256,
    },
    /// A tensor is not pinned, or no longer paid for.
    #[error("tensor {0} is not resident")]
    NotResident(B256),
    /// A node returned bytes that are not the tensor or graph of that id.
    #[error("the endpoint's bytes of {0} do not hash to it")]
    WrongBytes(B256),
    /// A precompile or block number that makes no sense.
    #[error("the endpoint's answer to {0} is malformed")]
    Malformed(&'static str),
    /// The endpoint cannot be used.
    #[error("{0}: give another with --l2-rpc")]
    Endpoint(#[source] BridgeError),
    /// No key, or one that is none.
    #[error("{0}")]
    Key(&'static str),
    /// The account cannot pay.
    #[error("{account} holds {} ATN, {} are needed for {purpose}: send it more", atn(*.have), atn(*.needed))]
    Funds {
        /// Account.
        account: Address,
        /// Native and wrapped ATN together, in wei.
        have: U256,
        /// In wei.
        needed: U256,
        /// What for.
        purpose: &'static str,
    },
    /// The stake is on its way out.
    #[error("the stake of {account} is unbonding until {unlock_at}: withdraw it then, or use another account")]
    Unbonding {
        /// Account.
        account: Address,
        /// Unix seconds.
        unlock_at: u64,
    },
    /// The proposer may not use the project.
    #[error("project {project}: {problem}")]
    Project {
        /// Its id.
        project: u64,
        /// What is missing, and who can mend it.
        problem: &'static str,
    },
    /// The state was written for another chain.
    #[error("{} is the state of another chain: give another --state-dir, or delete it", .0.display())]
    OtherChain(PathBuf),
    /// Another process uses the state.
    #[error("{} is in use by another process", .0.display())]
    StateInUse(PathBuf),
    /// The state cannot be read or written.
    #[error("{}: {source}", path.display())]
    State {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The data that come with the program.
    #[error(transparent)]
    Data(#[from] DataError),
    /// Training, quantising, running, merging.
    #[error(transparent)]
    Ml(#[from] MlError),
    /// A background computation panicked.
    #[error("a computation failed: {0}")]
    Computation(#[from] tokio::task::JoinError),
}

impl AgentError {
    /// What the loop does about it.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Rpc(_)
            | Self::Contract(_)
            | Self::Reverted { .. }
            | Self::NotIncluded { .. }
            | Self::NoEvent { .. }
            | Self::NotResident(_)
            | Self::WrongBytes(_)
            | Self::Malformed(_)
            | Self::Ml(_)
            | Self::Computation(_) => ErrorKind::Retry,
            Self::Endpoint(_)
            | Self::Key(_)
            | Self::Funds { .. }
            | Self::Unbonding { .. }
            | Self::Project { .. }
            | Self::OtherChain(_)
            | Self::StateInUse(_)
            | Self::State { .. }
            | Self::Data(_) => ErrorKind::Fatal,
        }
    }
}
