//! What can go wrong with a data directory.

use crate::BlockId;
use alloy_primitives::{B256, Bytes};
use autonet_trie::TrieError;
use std::{io, path::PathBuf};

/// Storage failed. Each message says what to do where the operator can do something.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StorageError {
    /// Another process, or another handle of this one, has the directory open.
    #[error("data directory {dir} is in use by another process: stop that process, or choose another directory")]
    Locked {
        /// The data directory.
        dir: PathBuf,
    },
    /// The directory cannot be created or written.
    #[error("data directory {dir} cannot be written ({source}): fix its permissions, or choose another directory")]
    Unwritable {
        /// The data directory.
        dir: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The directory holds no chain.
    #[error("data directory {dir} holds no chain: start a node with it once, or choose another directory")]
    Empty {
        /// The data directory.
        dir: PathBuf,
    },
    /// The directory was made for another chain.
    #[error(
        "data directory {dir} belongs to another chain ({what} is {found}, the genesis file says {expected}): \
         use the genesis file that it was made with, or choose another directory"
    )]
    OtherChain {
        /// The data directory.
        dir: PathBuf,
        /// What differs.
        what: &'static str,
        /// Its value in the directory.
        found: String,
        /// Its value in the genesis that was given.
        expected: String,
    },
    /// The directory was written by another version of this program.
    #[error(
        "data directory {dir} has schema version {found}, this program reads {expected}: \
         use the program that wrote it, or choose another directory and derive the chain again"
    )]
    Schema {
        /// The data directory.
        dir: PathBuf,
        /// Version in the directory.
        found: u64,
        /// Version of this program.
        expected: u64,
    },
    /// A genesis of which no first block can be made.
    #[error("invalid genesis: {0}")]
    Genesis(String),
    /// There is no such block on the chain.
    #[error("block {0} is not on the chain")]
    UnknownBlock(u64),
    /// The block to be committed is not a child of the head.
    #[error("a block on parent {parent} cannot follow the head {head}")]
    NotOnHead {
        /// Its parent.
        parent: B256,
        /// The last durable block.
        head: BlockId,
    },
    /// A value does not decode: the database is damaged.
    #[error(
        "damaged entry {key} of table {table} ({reason}): restore the data directory from a copy, or derive the chain again"
    )]
    Corrupt {
        /// The column family.
        table: &'static str,
        /// The entry's key.
        key: Bytes,
        /// What is wrong.
        reason: &'static str,
    },
    /// A trie node is missing or damaged.
    #[error("state trie: {0}")]
    Trie(#[source] Box<TrieError<Self>>),
    /// `RocksDB` failed.
    #[error("database: {0}")]
    Database(#[from] rocksdb::Error),
}

impl From<TrieError<Self>> for StorageError {
    fn from(error: TrieError<Self>) -> Self {
        match error {
            TrieError::Source(error) => error,
            other => Self::Trie(Box::new(other)),
        }
    }
}
