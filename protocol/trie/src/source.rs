//! Where nodes come from.

use crate::TrieUpdates;
use alloc::collections::BTreeMap;
use alloy_primitives::{B256, Bytes, keccak256};
use alloy_trie::Nibbles;
use core::convert::Infallible;

/// Gives the nodes of committed tries. A database finds them by `owner` and `path`, a witness by `hash`; the trie checks
/// that what it gets has the hash, so a source need not.
pub trait NodeSource {
    /// Why a node could not be read.
    type Error;

    /// The RLP of the node at `path` of the trie of `owner` (`keccak256(address)` for a storage trie, `None` for the account
    /// trie), which its parent knows as `hash`; `None` if there is none.
    fn node(&self, owner: Option<B256>, path: &Nibbles, hash: B256) -> Result<Option<Bytes>, Self::Error>;
}

impl<S: NodeSource + ?Sized> NodeSource for &S {
    type Error = S::Error;

    fn node(&self, owner: Option<B256>, path: &Nibbles, hash: B256) -> Result<Option<Bytes>, Self::Error> {
        (**self).node(owner, path, hash)
    }
}

/// Has no nodes: for tries that start empty.
#[derive(Debug, Clone, Copy, Default)]
pub struct EmptySource;

impl NodeSource for EmptySource {
    type Error = Infallible;

    fn node(&self, _: Option<B256>, _: &Nibbles, _: B256) -> Result<Option<Bytes>, Infallible> {
        Ok(None)
    }
}

/// Nodes by owner and path, in memory: the reference for what a database does with [`TrieUpdates`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PathNodes(pub BTreeMap<(Option<B256>, Nibbles), Bytes>);

impl PathNodes {
    /// Writes and deletes what a commit says.
    pub fn apply(&mut self, updates: &TrieUpdates) {
        for (path, node) in &updates.nodes {
            match node {
                Some(rlp) => self.0.insert((updates.owner, *path), rlp.clone()),
                None => self.0.remove(&(updates.owner, *path)),
            };
        }
    }
}

impl NodeSource for PathNodes {
    type Error = Infallible;

    fn node(&self, owner: Option<B256>, path: &Nibbles, _: B256) -> Result<Option<Bytes>, Infallible> {
        Ok(self.0.get(&(owner, *path)).cloned())
    }
}

/// Nodes by hash, in memory: a witness.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HashNodes(pub BTreeMap<B256, Bytes>);

impl FromIterator<Bytes> for HashNodes {
    fn from_iter<I: IntoIterator<Item = Bytes>>(nodes: I) -> Self {
        Self(nodes.into_iter().map(|rlp| (keccak256(&rlp), rlp)).collect())
    }
}

impl NodeSource for HashNodes {
    type Error = Infallible;

    fn node(&self, _: Option<B256>, _: &Nibbles, hash: B256) -> Result<Option<Bytes>, Infallible> {
        Ok(self.0.get(&hash).cloned())
    }
}
