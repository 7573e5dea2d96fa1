//! Nodes that no trie has are errors, whatever they are.

use autonet_trie::{
    B256, Bytes, EMPTY_ROOT, EmptySource, HashNodes, Nibbles, NodeError, NodeId, PathNodes, ProofError, Trie,
};
use autonet_trie::{TrieError, keccak256, verify_proof};
use proptest::prelude::*;

fn list(items: &[&[u8]]) -> Vec<u8> {
    let payload = items.concat();
    let mut out = Vec::new();
    alloy_rlp::Header { list: true, payload_length: payload.len() }.encode(&mut out);
    out.extend(payload);
    out
}

fn branch(entries: &[(usize, &[u8])]) -> Vec<u8> {
    let mut items = [&[0x80][..]; 17];
    entries.iter().for_each(|(position, item)| items[*position] = item);
    list(&items)
}

/// Runs every operation on a trie whose root is `root`; none may panic.
fn exercise(
    root: &[u8],
    others: &[Vec<u8>],
    key: &Nibbles,
) -> Result<Option<Bytes>, TrieError<core::convert::Infallible>> {
    let hash = keccak256(root);
    let nodes: HashNodes = others.iter().map(|node| &node[..]).chain([root]).map(Bytes::copy_from_slice).collect();
    let trie = Trie::new(None, hash);
    let _ = verify_proof(hash, key, &[Bytes::copy_from_slice(root)]);
    let _ = trie.clone().prove(&nodes, key);
    let mut changed = trie.clone();
    let _ = changed.insert(&nodes, key, vec![7; 40]);
    changed.commit();
    let _ = changed.remove(&nodes, key);
    changed.commit();
    let mut changed = trie.clone();
    let _ = changed.remove(&nodes, key);
    changed.commit();
    let mut trie = trie;
    let value = trie.get(&nodes, key);
    assert_eq!(trie.get(&nodes, key), value, "an error changes nothing");
    value
}

#[test]
fn malformed_nodes_are_named() {
    let hash = [&[0xa0][..], &[1; 32]].concat();
    let leaf = list(&[&[0x35], &[7]]);
    let long_path = |flag: u8, bytes: usize| [&[0x80 + bytes as u8 + 1, flag][..], &vec![0; bytes]].concat();
    let deep_branch = branch(&[(0, &leaf), (1, &leaf)]);
    let cases: [(Vec<u8>, NodeError); 19] = [
        (vec![], NodeError::Rlp(alloy_rlp::Error::InputTooShort)),
        (vec![0x81, 0x80], NodeError::Rlp(alloy_rlp::Error::UnexpectedString)),
        (vec![0xc5, 0x80], NodeError::Rlp(alloy_rlp::Error::InputTooShort)),
        ([&leaf[..], &[0]].concat(), NodeError::Trailing(1)),
        (list(&[&[1], &[2], &[3]]), NodeError::Items(3)),
        (list(&[&[1][..]; 18]), NodeError::Items(18)),
        (list(&[]), NodeError::Items(0)),
        (list(&[&[0x80], &[7]]), NodeError::Path),
        (list(&[&[0x40], &[7]]), NodeError::Path),
        (list(&[&[0x21], &[7]]), NodeError::Path),
        (list(&[&long_path(0x20, 33), &[7]]), NodeError::TooDeep),
        (list(&[&long_path(0x31, 32), &[7]]), NodeError::TooDeep),
        (list(&[&long_path(0x00, 32), &deep_branch]), NodeError::TooDeep),
        (list(&[&[0x35], &[0x80]]), NodeError::EmptyValue),
        (list(&[&[0x00], &hash]), NodeError::Path),
        (list(&[&[0x15], &leaf]), NodeError::NotBranch),
        (list(&[&[0x15], &[0x80]]), NodeError::NotBranch),
        (branch(&[(3, &hash)]), NodeError::FewEntries),
        (branch(&[(3, &hash), (4, &[1])]), NodeError::Child(1)),
    ];
    for (node, reason) in cases {
        let key = Nibbles::unpack([0x11; 32]);
        let path = Nibbles::new();
        let id = Box::new(NodeId { owner: None, path, hash: keccak256(&node) });
        let expected = TrieError::Corrupt { node: id, reason: reason.clone() };
        assert_eq!(exercise(&node, &[], &key), Err(expected), "{node:02x?}");
        let proof = verify_proof(keccak256(&node), &key, &[node.into()]);
        assert_eq!(proof, Err(ProofError::Node { index: 0, reason }));
    }
}

#[test]
fn a_node_with_another_hash_is_refused() {
    let key = Nibbles::unpack([1; 32]);
    let mut trie = Trie::new(None, EMPTY_ROOT);
    trie.insert(&EmptySource, &key, vec![1]).unwrap();
    let mut nodes = PathNodes::default();
    nodes.apply(&trie.commit());
    let actual = trie.root();
    let hash = B256::repeat_byte(9);
    let node = Box::new(NodeId { owner: None, path: Nibbles::new(), hash });
    let expected = TrieError::Corrupt { node, reason: NodeError::Hash(actual) };
    assert_eq!(Trie::new(None, hash).get(&nodes, &key), Err(expected));
}

#[test]
fn a_missing_node_is_named_with_its_owner_and_path() {
    let owner = Some(B256::repeat_byte(5));
    let mut trie = Trie::new(owner, EMPTY_ROOT);
    for byte in [0x12, 0x13, 0x52] {
        trie.insert(&EmptySource, &Nibbles::unpack([byte; 32]), vec![byte; 40]).unwrap();
    }
    let updates = trie.commit();
    let mut nodes = PathNodes::default();
    nodes.apply(&updates);
    let path = Nibbles::from_nibbles([1]);
    let hash = keccak256(nodes.0.remove(&(owner, path)).unwrap());
    let missing = TrieError::Missing(Box::new(NodeId { owner, path, hash }));

    let mut trie = Trie::new(owner, updates.root);
    assert_eq!(trie.get(&nodes, &Nibbles::unpack([0x12; 32])), Err(missing.clone()));
    // The sibling that a removal would merge is gone: the removal fails before it changes anything.
    assert_eq!(trie.remove(&nodes, &Nibbles::unpack([0x52; 32])), Err(missing));
    assert!(trie.get(&nodes, &Nibbles::unpack([0x52; 32])).unwrap().is_some());
    assert_eq!(trie.root(), updates.root);
}

#[test]
fn an_extension_over_a_leaf_is_refused_also_behind_a_hash() {
    let leaf = list(&[&[0x35], &[&[0xa8][..], &[7; 40]].concat()]);
    let extension = list(&[&[0x15], &[&[0xa0][..], keccak256(&leaf).as_slice()].concat()]);
    let path = Nibbles::from_nibbles([5]);
    let node = Box::new(NodeId { owner: None, path, hash: keccak256(&leaf) });
    let expected = TrieError::Corrupt { node, reason: NodeError::NotBranch };
    assert_eq!(exercise(&extension, &[leaf], &Nibbles::from_nibbles([5, 5])), Err(expected));
}

#[test]
fn a_small_node_behind_a_hash_is_refused() {
    let leaf = list(&[&[0x35], &[7]]);
    let by_hash = [&[0xa0][..], keccak256(&leaf).as_slice()].concat();
    let root = branch(&[(1, &by_hash), (2, &leaf)]);
    let node = Box::new(NodeId { owner: None, path: Nibbles::from_nibbles([1]), hash: keccak256(&leaf) });
    let expected = TrieError::Corrupt { node, reason: NodeError::NotEmbedded(3) };
    assert_eq!(exercise(&root, &[leaf], &Nibbles::from_nibbles([1, 5])), Err(expected));
}

#[test]
fn proof_of_an_empty_trie_is_empty() {
    let key = Nibbles::unpack([1; 32]);
    assert_eq!(Trie::new(None, EMPTY_ROOT).prove(&EmptySource, &key), Ok(vec![]));
    assert_eq!(verify_proof(EMPTY_ROOT, &key, &[]), Ok(None));
    assert_eq!(verify_proof(EMPTY_ROOT, &key, &[vec![0x80].into()]), Ok(None));
    assert_eq!(verify_proof(B256::ZERO, &key, &[]), Err(ProofError::Short(0)));
}

proptest! {
    #[test]
    fn arbitrary_nodes_never_panic(node in prop::collection::vec(any::<u8>(), 0..80)) {
        let _ = exercise(&node, &[], &Nibbles::unpack([0x11; 32]));
    }

    #[test]
    fn changed_nodes_never_panic(
        keys in prop::collection::btree_set(prop::collection::vec(0..3u8, 0..6), 2..12),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        key in prop::collection::vec(0..3u8, 0..6),
    ) {
        let mut trie = Trie::new(None, EMPTY_ROOT);
        for key in keys {
            trie.insert(&EmptySource, &Nibbles::from_nibbles(&key), vec![1 + key.len() as u8]).unwrap();
        }
        let updates = trie.commit();
        let mut nodes: Vec<Vec<u8>> = updates.nodes.into_values().flatten().map(|node| node.to_vec()).collect();
        let mut root = nodes.remove(0);
        for (position, byte) in flips {
            let position = position.index(root.len());
            root[position] = byte;
        }
        let _ = exercise(&root, &nodes, &Nibbles::from_nibbles(key));
    }
}
