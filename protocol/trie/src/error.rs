//! What can go wrong with nodes that others supply.

use alloc::boxed::Box;
use alloy_primitives::B256;
use alloy_trie::Nibbles;
use core::fmt;

/// A trie operation failed; `E` is the error of the node source. The trie is unchanged and still usable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TrieError<E> {
    /// The node source failed.
    #[error("node source failed")]
    Source(#[source] E),
    /// The node source does not have a node that the trie refers to.
    #[error("missing {0}")]
    Missing(Box<NodeId>),
    /// The node source answered with something that is not the node asked for.
    #[error("corrupt {node}: {reason}")]
    Corrupt {
        /// The node asked for.
        node: Box<NodeId>,
        /// What is wrong with the answer.
        reason: NodeError,
    },
}

/// What a node source is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodeId {
    /// The trie: `keccak256(address)` for a storage trie, `None` for the account trie.
    pub owner: Option<B256>,
    /// The path from the root to the node.
    pub path: Nibbles,
    /// The hash that the parent names.
    pub hash: B256,
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { owner, path, hash } = self;
        match owner {
            Some(owner) => write!(f, "node {hash} at {path:?} of the storage trie {owner}"),
            None => write!(f, "node {hash} at {path:?} of the account trie"),
        }
    }
}

/// Why bytes are not a node of a Merkle-Patricia trie (Yellow Paper, appendix D).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NodeError {
    /// The bytes hash to something else.
    #[error("hashes to {0}")]
    Hash(B256),
    /// Not canonical RLP.
    #[error("{0}")]
    Rlp(alloy_rlp::Error),
    /// Bytes after the node.
    #[error("{0} bytes after the node")]
    Trailing(usize),
    /// Neither 2 nor 17 items.
    #[error("{0} items")]
    Items(usize),
    /// The hex-prefix encoding of a path is malformed.
    #[error("malformed path")]
    Path,
    /// The node reaches below 64 nibbles.
    #[error("deeper than 64 nibbles")]
    TooDeep,
    /// A child reference is neither empty, nor a hash, nor an embedded node under 32 bytes.
    #[error("malformed child reference of {0} bytes")]
    Child(usize),
    /// A node under 32 bytes has a hash reference; it must be embedded in its parent.
    #[error("{0} bytes, must be embedded")]
    NotEmbedded(usize),
    /// A leaf without a value.
    #[error("leaf without a value")]
    EmptyValue,
    /// A branch with fewer than two entries.
    #[error("branch with fewer than two entries")]
    FewEntries,
    /// An extension leads to something else than a branch.
    #[error("extension without a branch")]
    NotBranch,
}

/// Why a Merkle proof proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProofError {
    /// A node of the proof is malformed or not the one that its parent (or the root) names.
    #[error("proof node {index}: {reason}")]
    Node {
        /// Position in the proof.
        index: usize,
        /// What is wrong with it.
        reason: NodeError,
    },
    /// The proof ends before the key does.
    #[error("proof ends after {0} nodes")]
    Short(usize),
    /// Nodes after the one that settles the key.
    #[error("proof is settled after {0} nodes and goes on")]
    Long(usize),
}
