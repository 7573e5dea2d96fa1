//! Merkle proofs in the format of `eth_getProof` (EIP-1186).

use crate::{
    EMPTY_ROOT, NodeError, NodeSource, ProofError, Trie, TrieError,
    node::{Body, Link, Node},
};
use alloc::{sync::Arc, vec::Vec};
use alloy_primitives::{B256, Bytes, keccak256};
use alloy_trie::Nibbles;

impl Trie {
    /// The nodes from the root down to where `key` is, or where it would be: a proof of its value or of its absence under
    /// [`Trie::root`]. Embedded nodes come inside their parents. Empty for an empty trie.
    pub fn prove<S: NodeSource + ?Sized>(
        &mut self,
        source: &S,
        key: &Nibbles,
    ) -> Result<Vec<Bytes>, TrieError<S::Error>> {
        self.root();
        self.get(source, key)?;
        let mut proof = Vec::new();
        let (mut link, mut depth) = (&self.link, 0);
        while let Link::Node(node) = link {
            if depth == 0 || node.reference.as_ref().is_some_and(|reference| reference.is_hash()) {
                proof.push(node.encode().into());
            }
            match step(node, key, depth) {
                Step::Down(child, child_depth) => (link, depth) = (child, child_depth),
                Step::End(_) => break,
            }
        }
        Ok(proof)
    }
}

enum Step<'a> {
    /// To the child at this depth.
    Down(&'a Link, usize),
    /// The key's value, or its absence.
    End(Option<&'a Bytes>),
}

/// Where `key` goes from a node at its first `depth` nibbles.
fn step<'a>(node: &'a Node, key: &Nibbles, depth: usize) -> Step<'a> {
    let rest = key.slice(depth..);
    match &node.body {
        Body::Leaf { key, value } => Step::End((*key == rest).then_some(value)),
        Body::Extension { key, child } if rest.starts_with(key) => Step::Down(child, depth + key.len()),
        Body::Extension { .. } => Step::End(None),
        Body::Branch(branch) => match rest.first() {
            Some(nibble) => Step::Down(&branch.children[usize::from(nibble)], depth + 1),
            None => Step::End(branch.value.as_ref()),
        },
    }
}

/// The value that `proof` proves for `key` under `root`, or `None` if it proves the key's absence.
///
/// Takes what [`Trie::prove`] and `eth_getProof` give: exactly the nodes on the way, from the root.
pub fn verify_proof(root: B256, key: &Nibbles, proof: &[Bytes]) -> Result<Option<Bytes>, ProofError> {
    let is_empty_trie = root == EMPTY_ROOT;
    if is_empty_trie && (proof.is_empty() || matches!(proof, [node] if node[..] == [alloy_rlp::EMPTY_STRING_CODE])) {
        return Ok(None);
    }
    let (mut link, mut depth) = (Link::Hash(root), 0);
    let mut nodes = proof.iter().enumerate();
    let value = loop {
        let node = match link {
            Link::Empty => break None,
            Link::Node(node) => node,
            Link::Hash(hash) => {
                let (index, rlp) = nodes.next().ok_or(ProofError::Short(proof.len()))?;
                let node = match keccak256(rlp) {
                    actual if actual != hash => Err(NodeError::Hash(actual)),
                    _ => Node::decode(rlp, depth, &hash),
                };
                Arc::new(node.map_err(|reason| ProofError::Node { index, reason })?)
            }
        };
        match step(&node, key, depth) {
            Step::Down(child, child_depth) => (link, depth) = (child.clone(), child_depth),
            Step::End(value) => break value.cloned(),
        }
    };
    match nodes.next() {
        Some((index, _)) => Err(ProofError::Long(index)),
        None => Ok(value),
    }
}
