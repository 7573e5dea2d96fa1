//! The public TrieTests (ethereum/tests). `AUTONET_VECTORS` names the folder with their archive.

use autonet_trie::{B256, EMPTY_ROOT, Nibbles, PathNodes, Trie, keccak256};
use flate2::read::GzDecoder;
use serde_json::Value;
use std::{collections::BTreeMap, env, fs::File, io::Read, path::Path};

const ARCHIVE: &str = "ethereum-trie-rlp-transaction-tests.tar.gz";

/// The files of TrieTests by name.
fn read_files() -> Option<BTreeMap<String, Value>> {
    let Some(folder) = env::var_os("AUTONET_VECTORS") else {
        println!("skipped: AUTONET_VECTORS is not set");
        return None;
    };
    let file = File::open(Path::new(&folder).join(ARCHIVE)).expect("archive of vectors");
    let mut archive = tar::Archive::new(GzDecoder::new(file));
    let mut files = BTreeMap::new();
    for entry in archive.entries().expect("tar") {
        let mut entry = entry.expect("tar entry");
        let path = entry.path().expect("path").into_owned();
        let Ok(name) = path.strip_prefix("TrieTests") else { continue };
        let name = name.to_string_lossy().into_owned();
        let mut text = String::new();
        entry.read_to_string(&mut text).expect("text");
        if name.ends_with(".json") {
            files.insert(name, serde_json::from_str(&text).expect("JSON"));
        }
    }
    Some(files)
}

fn bytes(text: &str) -> Vec<u8> {
    match text.strip_prefix("0x") {
        Some(digits) => hex::decode(digits).expect("hex"),
        None => text.as_bytes().to_vec(),
    }
}

/// The changes of a case in order; no value removes the key.
fn changes(case: &Value, secure: bool) -> Vec<(Nibbles, Vec<u8>)> {
    let change = |key: &str, value: &Value| {
        let key = bytes(key);
        let key = if secure { Nibbles::unpack(keccak256(key)) } else { Nibbles::unpack(key) };
        (key, value.as_str().map(bytes).unwrap_or_default())
    };
    match &case["in"] {
        Value::Object(map) => map.iter().map(|(key, value)| change(key, value)).collect(),
        Value::Array(pairs) => pairs.iter().map(|pair| change(pair[0].as_str().expect("key"), &pair[1])).collect(),
        other => panic!("unexpected input {other}"),
    }
}

fn root_in_one_commit(changes: &[(Nibbles, Vec<u8>)]) -> (B256, PathNodes) {
    let mut nodes = PathNodes::default();
    let mut trie = Trie::new(None, EMPTY_ROOT);
    for (key, value) in changes {
        trie.insert(&nodes, key, value.clone()).expect("insert");
    }
    let updates = trie.commit();
    nodes.apply(&updates);
    (updates.root, nodes)
}

fn root_reopened_after_each_change(changes: &[(Nibbles, Vec<u8>)]) -> (B256, PathNodes) {
    let mut nodes = PathNodes::default();
    let mut root = EMPTY_ROOT;
    for (key, value) in changes {
        let mut trie = Trie::new(None, root);
        trie.insert(&nodes, key, value.clone()).expect("insert");
        let updates = trie.commit();
        nodes.apply(&updates);
        root = updates.root;
    }
    (root, nodes)
}

#[test]
fn trie_tests_have_the_expected_roots() {
    let Some(files) = read_files() else { return };
    let mut cases = 0;
    for (file, content) in &files {
        // Walks from key to key: this trie has no iterator.
        if file == "trietestnextprev.json" {
            continue;
        }
        let secure = file.to_ascii_lowercase().contains("securetrie");
        for (name, case) in content.as_object().expect("cases") {
            let root: B256 = case["root"].as_str().expect("root").parse().expect("hash");
            let mut changes = changes(case, secure);
            let (one, store) = root_in_one_commit(&changes);
            assert_eq!(one, root, "{file} {name}");
            assert_eq!(root_reopened_after_each_change(&changes), (root, store.clone()), "{file} {name}, reopened");
            if case["in"].is_object() {
                changes.reverse();
                assert_eq!(root_reopened_after_each_change(&changes), (root, store), "{file} {name}, reversed");
            }
            cases += 1;
        }
    }
    assert_eq!(cases, 25, "cases of TrieTests");
}
