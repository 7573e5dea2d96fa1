#![doc = include_str!("../README.md")]

mod checkpoints;
mod client;
mod deposit;
mod endpoint;
mod error;
mod inbox;
mod reader;
mod sender;
mod transport;
mod withdrawal;

pub use checkpoints::{Checkpoint, CheckpointStatus, Checkpoints};
pub use client::{L1Addresses, L1Client};
pub use deposit::{DepositReceipt, DepositRequest, deposit};
pub use endpoint::{Endpoint, Timeouts};
pub use error::{BridgeError, ErrorKind};
pub use inbox::{InboxView, L1Ref, Rollback};
pub use reader::{InboxReader, InboxUpdate};
pub use sender::{SenderOptions, TransactionSender};
pub use withdrawal::{
    ProvenAgainst, WithdrawalRequest, WithdrawalState, finalize_withdrawal, initiate_withdrawal, prove_withdrawal,
    withdrawal_of, withdrawal_state,
};
