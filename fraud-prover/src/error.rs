use alloy_primitives::B256;
use autonet_derive::DeriveError;
use autonet_fpvm::ElfError;
use autonet_storage::StorageError;
use std::{io, path::PathBuf};

/// Errors of the fraud prover.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProverError {
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The inbox does not fit together.
    #[error(transparent)]
    Derive(#[from] DeriveError),
    /// A block could not be executed.
    #[error("block {number} cannot be executed: {reason}")]
    Execute {
        /// Which block.
        number: u64,
        /// Why not.
        reason: String,
    },
    /// The inbox makes another block than the node has.
    #[error("block {number} is {stored} in the database, but {derived} by the inbox")]
    OtherBlock {
        /// Which block.
        number: u64,
        /// Its hash in the database.
        stored: B256,
        /// Its hash as derived.
        derived: B256,
    },
    /// The database has no such batch.
    #[error("there are {batch_count} batches, not {asked}")]
    NoBatch {
        /// Batches there are.
        batch_count: u64,
        /// Batches asked for.
        asked: u64,
    },
    /// There is no such block.
    #[error("there is no block {0}")]
    NoBlock(u64),
    /// The inbox view lacks an item.
    #[error("the inbox has not been read up to batch {batch} and delayed message {delayed}")]
    NotRead {
        /// Batches needed.
        batch: u64,
        /// Delayed messages needed.
        delayed: u64,
    },
    /// Nothing to prove.
    #[error("the span from block {from} to block {to} is empty or backwards")]
    EmptySpan {
        /// The block before.
        from: u64,
        /// The last block.
        to: u64,
    },
    /// A file of an evidence folder.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file of an evidence folder has not the contents that its name says.
    #[error("{path} is malformed")]
    Malformed {
        /// Which.
        path: PathBuf,
    },
    /// The guest is no program.
    #[error(transparent)]
    Elf(#[from] ElfError),
}
