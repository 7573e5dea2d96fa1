#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

mod error;
mod node;
mod proof;
mod remove;
mod source;
mod trie;

pub use alloy_primitives::{B256, Bytes, keccak256};
pub use alloy_trie::{
    EMPTY_ROOT_HASH as EMPTY_ROOT, Nibbles,
    root::{ordered_trie_root, ordered_trie_root_encoded, ordered_trie_root_with_encoder},
};
pub use error::{NodeError, NodeId, ProofError, TrieError};
pub use proof::verify_proof;
pub use source::{EmptySource, HashNodes, NodeSource, PathNodes};
pub use trie::{Trie, TrieUpdates};
