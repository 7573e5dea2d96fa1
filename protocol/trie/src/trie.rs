//! Reading, inserting, hashing.

use crate::{
    EMPTY_ROOT, NodeError, NodeId, NodeSource, TrieError,
    node::{Body, Branch, Link, Node},
};
use alloc::{boxed::Box, collections::BTreeMap, sync::Arc};
use alloy_primitives::{B256, Bytes, keccak256};
use alloy_trie::{Nibbles, nodes::RlpNode};

/// A Merkle-Patricia trie that loads the nodes it needs from a [`NodeSource`] and keeps them.
///
/// Keys are at most 64 nibbles. After an error the trie holds what it held before. A clone shares all nodes until either
/// side changes them.
#[derive(Debug, Clone)]
pub struct Trie {
    pub(crate) owner: Option<B256>,
    pub(crate) link: Link,
    root: Option<B256>,
    /// Nodes sealed or deleted since the last commit.
    pub(crate) nodes: BTreeMap<Nibbles, Option<Bytes>>,
}

/// What a commit changes in a store of nodes by path.
///
/// Only the root and nodes of 32 bytes or more have entries; smaller ones are embedded in their parents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrieUpdates {
    /// The trie: `keccak256(address)` for a storage trie, `None` for the account trie.
    pub owner: Option<B256>,
    /// The root after the commit.
    pub root: B256,
    /// By path: the node's RLP to store, or `None` to delete the entry.
    pub nodes: BTreeMap<Nibbles, Option<Bytes>>,
}

impl Trie {
    /// The trie of `owner` (`keccak256(address)` for a storage trie, `None` for the account trie) with a committed `root`.
    pub const fn new(owner: Option<B256>, root: B256) -> Self {
        let link = if root.const_eq(&EMPTY_ROOT) { Link::Empty } else { Link::Hash(root) };
        Self { owner, link, root: Some(root), nodes: BTreeMap::new() }
    }

    /// The value of `key`. Loaded nodes are kept.
    pub fn get<S: NodeSource + ?Sized>(
        &mut self,
        source: &S,
        key: &Nibbles,
    ) -> Result<Option<Bytes>, TrieError<S::Error>> {
        let loader = Loader { source, owner: self.owner };
        let (mut link, mut depth) = (&mut self.link, 0);
        loop {
            loader.load(link, key, depth)?;
            let Link::Node(node) = link else { return Ok(None) };
            let rest = key.slice(depth..);
            if let Body::Leaf { key, value } = &node.body {
                return Ok((*key == rest).then(|| value.clone()));
            }
            match &mut Arc::make_mut(node).body {
                Body::Extension { key: prefix, child } if rest.starts_with(prefix) => {
                    depth += prefix.len();
                    loader.load_branch(child, key, depth)?;
                    link = child;
                }
                Body::Branch(branch) => {
                    let Some(nibble) = rest.first() else { return Ok(branch.value.clone()) };
                    depth += 1;
                    link = &mut branch.children[usize::from(nibble)];
                }
                Body::Leaf { .. } | Body::Extension { .. } => return Ok(None),
            }
        }
    }

    /// Sets the value of `key`; an empty value removes it, as in Ethereum. Returns whether the trie changed.
    pub fn insert<S: NodeSource + ?Sized>(
        &mut self,
        source: &S,
        key: &Nibbles,
        value: impl Into<Bytes>,
    ) -> Result<bool, TrieError<S::Error>> {
        let value = value.into();
        if value.is_empty() {
            return self.remove(source, key);
        }
        let changed = Loader { source, owner: self.owner }.insert(&mut self.link, key, 0, value)?;
        if changed {
            self.root = None;
        }
        Ok(changed)
    }

    /// Removes `key`. Returns whether it was there.
    pub fn remove<S: NodeSource + ?Sized>(&mut self, source: &S, key: &Nibbles) -> Result<bool, TrieError<S::Error>> {
        let loader = Loader { source, owner: self.owner };
        let changed = loader.remove(&mut self.link, key, 0, &mut self.nodes)?;
        if changed {
            self.root = None;
        }
        Ok(changed)
    }

    /// The root hash. Only nodes changed since the last call are encoded and hashed.
    pub fn root(&mut self) -> B256 {
        if let Some(root) = self.root {
            return root;
        }
        let root = match &mut self.link {
            Link::Empty => EMPTY_ROOT,
            Link::Hash(hash) => *hash,
            Link::Node(node) => {
                let reference = seal(node, Nibbles::new(), &mut self.nodes);
                reference.as_hash().unwrap_or_else(|| keccak256(&reference))
            }
        };
        self.root = Some(root);
        root
    }

    /// The root hash, and what has changed in the node store since the last commit.
    pub fn commit(&mut self) -> TrieUpdates {
        let root = self.root();
        TrieUpdates { owner: self.owner, root, nodes: core::mem::take(&mut self.nodes) }
    }
}

/// Encodes and hashes the dirty nodes at and below `path`; returns how the parent refers to this one.
fn seal(node: &mut Arc<Node>, path: Nibbles, updates: &mut BTreeMap<Nibbles, Option<Bytes>>) -> RlpNode {
    if let Some(reference) = &node.reference {
        return reference.clone();
    }
    let node = Arc::make_mut(node);
    match &mut node.body {
        Body::Leaf { .. } => {}
        Body::Extension { key, child } => {
            if let Link::Node(child) = child {
                seal(child, path.join(key), updates);
            }
        }
        Body::Branch(branch) => {
            for (nibble, child) in (0u8..).zip(&mut branch.children) {
                if let Link::Node(child) = child
                    && child.reference.is_none()
                {
                    seal(child, child_path(path, nibble), updates);
                }
            }
        }
    }
    let rlp = node.encode();
    let reference = RlpNode::from_rlp(&rlp);
    if reference.is_hash() || path.is_empty() {
        updates.insert(path, Some(rlp.into()));
        node.stored = true;
    } else if node.stored {
        updates.insert(path, None);
        node.stored = false;
    }
    node.reference = Some(reference.clone());
    reference
}

pub(crate) fn child_path(mut path: Nibbles, nibble: u8) -> Nibbles {
    path.push(nibble);
    path
}

/// Loads nodes of one trie, and changes them.
pub(crate) struct Loader<'a, S: ?Sized> {
    pub(crate) source: &'a S,
    pub(crate) owner: Option<B256>,
}

impl<S: NodeSource + ?Sized> Loader<'_, S> {
    /// Makes sure that `link`, which is at the first `depth` nibbles of `key`, is not known by its hash only.
    pub(crate) fn load(&self, link: &mut Link, key: &Nibbles, depth: usize) -> Result<(), TrieError<S::Error>> {
        let Link::Hash(hash) = *link else { return Ok(()) };
        let path = key.slice(..depth);
        let id = || Box::new(NodeId { owner: self.owner, path, hash });
        let rlp = self.source.node(self.owner, &path, hash).map_err(TrieError::Source)?;
        let rlp = rlp.ok_or_else(|| TrieError::Missing(id()))?;
        let node = match keccak256(&rlp) {
            actual if actual != hash => Err(NodeError::Hash(actual)),
            _ => Node::decode(&rlp, depth, &hash),
        };
        let node = node.map_err(|reason| TrieError::Corrupt { node: id(), reason })?;
        *link = Link::Node(Arc::new(node));
        Ok(())
    }

    /// Like [`Self::load`], for the child of an extension.
    pub(crate) fn load_branch(&self, link: &mut Link, key: &Nibbles, depth: usize) -> Result<(), TrieError<S::Error>> {
        let Link::Hash(hash) = *link else { return Ok(()) };
        self.load(link, key, depth)?;
        if matches!(link, Link::Node(node) if node.is_branch()) {
            return Ok(());
        }
        *link = Link::Hash(hash);
        let node = Box::new(NodeId { owner: self.owner, path: key.slice(..depth), hash });
        Err(TrieError::Corrupt { node, reason: NodeError::NotBranch })
    }

    /// Sets the value of `key` in the subtrie `link` at its first `depth` nibbles; false if it had this value.
    fn insert(&self, link: &mut Link, key: &Nibbles, depth: usize, value: Bytes) -> Result<bool, TrieError<S::Error>> {
        self.load(link, key, depth)?;
        let rest = key.slice(depth..);
        let Link::Node(node) = link else {
            *link = Link::new(Body::Leaf { key: rest, value });
            return Ok(true);
        };
        let node = Arc::make_mut(node);
        let changed = match &mut node.body {
            Body::Leaf { key: old, value: current } if *old == rest => {
                let changed = *current != value;
                *current = value;
                changed
            }
            Body::Extension { key: prefix, child } if rest.starts_with(prefix) => {
                let depth = depth + prefix.len();
                self.load_branch(child, key, depth)?;
                self.insert(child, key, depth, value)?
            }
            Body::Branch(branch) => match rest.first() {
                Some(nibble) => self.insert(&mut branch.children[usize::from(nibble)], key, depth + 1, value)?,
                None => {
                    let changed = branch.value.as_ref() != Some(&value);
                    branch.value = Some(value);
                    changed
                }
            },
            body => {
                *body = split(body, rest, value);
                true
            }
        };
        if changed {
            node.reference = None;
        }
        Ok(changed)
    }
}

/// A leaf or an extension whose key parts from `rest`, and a new leaf, under a new branch.
fn split(body: &mut Body, rest: Nibbles, value: Bytes) -> Body {
    let mut branch = Box::<Branch>::default();
    let common = match body {
        Body::Leaf { key, value } => {
            let common = key.common_prefix_length(&rest);
            branch.put(&key.slice(common..), core::mem::take(value));
            common
        }
        Body::Extension { key, child } => {
            let common = key.common_prefix_length(&rest);
            let (nibble, below) = (key.get_unchecked(common), key.slice(common + 1..));
            let child = core::mem::take(child);
            let link = if below.is_empty() { child } else { Link::new(Body::Extension { key: below, child }) };
            branch.children[usize::from(nibble)] = link;
            common
        }
        Body::Branch(_) => 0,
    };
    branch.put(&rest.slice(common..), value);
    if common == 0 {
        return Body::Branch(branch);
    }
    Body::Extension { key: rest.slice(..common), child: Link::new(Body::Branch(branch)) }
}

impl Branch {
    /// Puts a value into its empty place.
    fn put(&mut self, key: &Nibbles, value: Bytes) {
        match key.first() {
            Some(nibble) => {
                self.children[usize::from(nibble)] = Link::new(Body::Leaf { key: key.slice(1..), value });
            }
            None => self.value = Some(value),
        }
    }
}
