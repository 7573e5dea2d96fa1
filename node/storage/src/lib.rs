#![doc = include_str!("../README.md")]

mod batches;
mod blocks;
mod codec;
mod commit;
mod db;
mod error;
mod history;
mod meta;
mod schema;
mod storage;
mod types;
mod view;

pub use error::StorageError;
pub use storage::Storage;
pub use types::{
    BatchOrigin, BatchRecord, BlockId, DelayedPosition, StorageOptions, StoredBlock, StoredHeader, TransactionPosition,
};
pub use view::{AccountProof, SlotProof, StateView};

#[cfg(test)]
mod tests;
