#![doc = include_str!("../README.md")]

mod build;
mod chain;
mod derived;
mod error;
mod types;

pub use build::{BlockBuilder, BuiltBlock, NextBlock};
pub use chain::Chain;
pub use error::{ChainError, ErrorKind};
pub use types::{ChainEvent, CommittedBlock, EVENT_CAPACITY, Heads, Outcome};

pub use autonet_storage::{
    AccountProof, BatchOrigin, BatchRecord, BlockId, DelayedPosition, StateView, Storage, StorageError, StorageOptions,
    StoredBlock, StoredHeader, TransactionPosition,
};
