//! The trie against what is known about it without it: roots from scratch, alloy's hash builder and proof verifier.

use autonet_trie::{B256, Bytes, EMPTY_ROOT, EmptySource, HashNodes, Nibbles, NodeSource, PathNodes, Trie};
use autonet_trie::{keccak256, verify_proof};
use proptest::prelude::*;
use std::{cell::Cell, collections::BTreeMap};

type Content = BTreeMap<Nibbles, Vec<u8>>;
type Change = (Nibbles, Option<Vec<u8>>);

/// The Yellow Paper's definition (appendix D), without a trie: the RLP of the node for `content` below `depth`.
fn node_from_scratch(content: &[(Nibbles, Vec<u8>)], depth: usize) -> Vec<u8> {
    use alloy_rlp::{Encodable, Header};
    let list = |payload: &[u8]| {
        let mut out = Vec::new();
        Header { list: true, payload_length: payload.len() }.encode(&mut out);
        out.extend_from_slice(payload);
        out
    };
    let path = |key: Nibbles, leaf| alloy_trie::nodes::encode_path_leaf(&key, leaf).to_vec();
    let mut payload = Vec::new();
    let (first, last) = (&content[0], &content[content.len() - 1]);
    if content.len() == 1 {
        path(first.0.slice(depth..), true).as_slice().encode(&mut payload);
        first.1.as_slice().encode(&mut payload);
        return list(&payload);
    }
    let common = first.0.common_prefix_length(&last.0);
    if common > depth {
        path(first.0.slice(depth..common), false).as_slice().encode(&mut payload);
        payload.extend(reference_from_scratch(content, common));
        return list(&payload);
    }
    for nibble in 0..16 {
        let below: Vec<_> = content.iter().filter(|(key, _)| key.get(depth) == Some(nibble)).cloned().collect();
        payload.extend(if below.is_empty() { vec![0x80] } else { reference_from_scratch(&below, depth + 1) });
    }
    let value = content.iter().find(|(key, _)| key.len() == depth).map(|(_, value)| value.as_slice());
    value.unwrap_or_default().encode(&mut payload);
    list(&payload)
}

fn reference_from_scratch(content: &[(Nibbles, Vec<u8>)], depth: usize) -> Vec<u8> {
    let node = node_from_scratch(content, depth);
    if node.len() < 32 { node } else { [&[0xa0][..], keccak256(node).as_slice()].concat() }
}

fn root_from_scratch(content: &Content) -> B256 {
    let content: Vec<_> = content.clone().into_iter().collect();
    if content.is_empty() { EMPTY_ROOT } else { keccak256(node_from_scratch(&content, 0)) }
}

fn root_from_hash_builder(content: &Content) -> B256 {
    let mut builder = alloy_trie::HashBuilder::default();
    content.iter().for_each(|(key, value)| builder.add_leaf(*key, value));
    builder.root()
}

fn store_from_scratch(content: &Content) -> PathNodes {
    let mut trie = Trie::new(None, EMPTY_ROOT);
    for (key, value) in content {
        trie.insert(&EmptySource, key, value.clone()).unwrap();
    }
    let mut nodes = PathNodes::default();
    nodes.apply(&trie.commit());
    nodes
}

/// Fails every third read.
struct Flaky<'a>(&'a PathNodes, Cell<u32>);

impl NodeSource for Flaky<'_> {
    type Error = std::io::Error;

    fn node(&self, owner: Option<B256>, path: &Nibbles, hash: B256) -> Result<Option<Bytes>, std::io::Error> {
        self.1.set(self.1.get() + 1);
        if self.1.get().is_multiple_of(3) {
            return Err(std::io::ErrorKind::TimedOut.into());
        }
        Ok(self.0.node(owner, path, hash).unwrap())
    }
}

fn change<S: NodeSource>(
    trie: &mut Trie,
    source: &S,
    change: &Change,
) -> Result<bool, autonet_trie::TrieError<S::Error>> {
    match &change.1 {
        Some(value) => trie.insert(source, &change.0, value.clone()),
        None => trie.remove(source, &change.0),
    }
}

/// Full length, so that alloy's tools apply; few nibbles differ, so that paths meet.
fn long_key() -> impl Strategy<Value = Nibbles> {
    (0..3usize, 0..4u8, 0..3u8, 0..16u8).prop_map(|(place, a, b, c)| {
        let mut nibbles = [0; 64];
        nibbles[[0, 20, 60][place]] = a;
        nibbles[[1, 21, 61][place]] = b;
        nibbles[[5, 40, 63][place]] = c;
        Nibbles::from_nibbles(nibbles)
    })
}

/// Some are prefixes of others, so that branches have values; short, so that nodes are embedded.
fn short_key() -> impl Strategy<Value = Nibbles> {
    prop::collection::vec(0..3u8, 0..6).prop_map(Nibbles::from_nibbles)
}

fn commits(key: impl Strategy<Value = Nibbles>) -> impl Strategy<Value = Vec<Vec<Change>>> {
    let value = prop_oneof![
        2 => Just(None),
        // Few, so that some are set to what they are.
        2 => prop::collection::vec(1..3u8, 1..3).prop_map(Some),
        1 => prop::collection::vec(any::<u8>(), 20..40).prop_map(Some),
    ];
    prop::collection::vec(prop::collection::vec((key, value), 0..12), 1..6)
}

/// Runs `commits` on four tries: reopened from the path store, kept open, over nodes by hash, over a failing source.
fn check(commits: &[Vec<Change>], expected_root: fn(&Content) -> B256) -> Result<Content, TestCaseError> {
    let mut content = Content::new();
    let mut nodes = PathNodes::default();
    let mut root = EMPTY_ROOT;
    let mut open = Trie::new(None, EMPTY_ROOT);
    for changes in commits {
        let witness: HashNodes = nodes.0.values().cloned().collect();
        let flaky = Flaky(&nodes, Cell::new(0));
        let mut reopened = Trie::new(None, root);
        let mut by_hash = reopened.clone();
        let mut failing = reopened.clone();
        for (i, item) in changes.iter().enumerate() {
            let expected = match &item.1 {
                Some(value) => content.insert(item.0, value.clone()).as_ref() != Some(value),
                None => content.remove(&item.0).is_some(),
            };
            prop_assert_eq!(change(&mut reopened, &nodes, item).unwrap(), expected);
            prop_assert_eq!(change(&mut by_hash, &witness, item).unwrap(), expected);
            prop_assert_eq!(change(&mut open, &nodes, item).unwrap(), expected);
            while change(&mut failing, &flaky, item).is_err() {}
            if i.is_multiple_of(3) {
                prop_assert_eq!(open.root(), expected_root(&content));
            }
        }
        let updates = reopened.commit();
        prop_assert_eq!(updates.root, expected_root(&content));
        prop_assert_eq!(by_hash.root(), updates.root);
        prop_assert_eq!(failing.root(), updates.root);
        let mut other = nodes.clone();
        other.apply(&open.commit());
        nodes.apply(&updates);
        root = updates.root;
        prop_assert_eq!(&nodes, &store_from_scratch(&content));
        prop_assert_eq!(&nodes, &other);
    }
    let keys = commits.iter().flatten().map(|(key, _)| key);
    for key in keys {
        let mut trie = Trie::new(None, root);
        let value = content.get(key).map(|value| Bytes::from(value.clone()));
        prop_assert_eq!(&trie.get(&nodes, key).unwrap(), &value);
        let proof = trie.prove(&nodes, key).unwrap();
        prop_assert_eq!(verify_proof(root, key, &proof), Ok(value));
    }
    Ok(content)
}

proptest! {
    #[test]
    fn commits_agree_with_hash_builder_and_leave_no_stale_paths(commits in commits(long_key()), absent in long_key()) {
        let content = check(&commits, root_from_hash_builder)?;
        let nodes = store_from_scratch(&content);
        let root = root_from_hash_builder(&content);
        for key in content.keys().chain([&absent]) {
            let proof = Trie::new(None, root).prove(&nodes, key).unwrap();
            let value = content.get(key).cloned();
            prop_assert_eq!(alloy_trie::proof::verify_proof(root, *key, value, &proof), Ok(()));
        }
    }

    #[test]
    fn commits_with_branch_values_and_embedded_nodes_agree_with_the_definition(commits in commits(short_key())) {
        check(&commits, root_from_scratch)?;
    }

    #[test]
    fn a_changed_proof_proves_nothing(
        keys in prop::collection::btree_set(long_key(), 1..20),
        pick in any::<prop::sample::Index>(),
        flip in any::<prop::sample::Index>(),
        bit in 0..8u8,
    ) {
        let content: Content = keys.iter().map(|key| (*key, key.pack().to_vec())).collect();
        let nodes = store_from_scratch(&content);
        let root = root_from_scratch(&content);
        let key = pick.get(&keys.iter().collect::<Vec<_>>()).to_owned();
        let proof = Trie::new(None, root).prove(&nodes, key).unwrap();

        let lengths: usize = proof.iter().map(|node| node.len()).sum();
        let mut position = flip.index(lengths);
        let mut changed: Vec<Vec<u8>> = proof.iter().map(|node| node.to_vec()).collect();
        for node in &mut changed {
            if position < node.len() {
                node[position] ^= 1u8 << bit;
                break;
            }
            position -= node.len();
        }
        let changed: Vec<Bytes> = changed.into_iter().map(Bytes::from).collect();
        prop_assert!(verify_proof(root, key, &changed).is_err());
        prop_assert!(verify_proof(root, key, &proof[..proof.len() - 1]).is_err());
        let long: Vec<Bytes> = proof.iter().chain(proof.last()).cloned().collect();
        prop_assert!(verify_proof(root, key, &long).is_err());
    }

    #[test]
    fn a_clone_does_not_see_changes(first in commits(short_key()), second in commits(short_key())) {
        let mut trie = Trie::new(None, EMPTY_ROOT);
        first.iter().flatten().for_each(|item| { change(&mut trie, &EmptySource, item).unwrap(); });
        let mut twin = trie.clone();
        second.iter().flatten().for_each(|item| { change(&mut twin, &EmptySource, item).unwrap(); });
        let mut content = Content::new();
        for (key, value) in first.into_iter().flatten() {
            match value {
                Some(value) => content.insert(key, value),
                None => content.remove(&key),
            };
        }
        prop_assert_eq!(trie.root(), root_from_scratch(&content));
    }
}
