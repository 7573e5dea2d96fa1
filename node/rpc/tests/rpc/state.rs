use crate::harness::*;
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, keccak256};
use autonet_primitives::addresses::L1_CONTEXT;
use autonet_rpc::{L1Position, SyncStatus};
use autonet_trie::{Nibbles, verify_proof};
use serde_json::{Value, json};

#[tokio::test]
async fn state_is_that_of_the_block_asked_for() {
    let harness = Harness::new().await;
    let (sender, zero) = (json!(key(1).address()), json!(B256::ZERO));
    for (nonce, value) in [(0, 7), (1, 8)] {
        harness.send(&signed(&key(1), nonce, TxKind::Call(STORES), 0, words([value]))).await;
        harness.pool.make_block();
    }
    let first = harness.call("eth_getBlockByNumber", json!(["0x1"])).await["hash"].clone();
    let blocks = [
        (json!("earliest"), 0, 0),
        (json!("0x1"), 7, 1),
        (first.clone(), 7, 1),
        (json!({ "blockNumber": "0x1" }), 7, 1),
        (json!({ "blockHash": first, "requireCanonical": true }), 7, 1),
        (json!("latest"), 8, 2),
        (json!("pending"), 8, 2),
        (json!("safe"), 0, 0),
        (json!("finalized"), 0, 0),
    ];
    for (block, value, nonce) in blocks {
        let slot = harness.call("eth_getStorageAt", json!([STORES, "0x0", block])).await;
        assert_eq!(slot, json!(B256::from(U256::from(value))), "{block}");
        let count = harness.call("eth_getTransactionCount", json!([sender, block])).await;
        assert_eq!(quantity(&count), nonce, "{block}");
    }
    assert_eq!(harness.call("eth_getBalance", json!([sender, "0x0"])).await, json!(U256::from(FUNDS)));
    assert_eq!(harness.call("eth_getStorageAt", json!([STORES, zero])).await, json!(B256::from(U256::from(8))));
}

#[tokio::test]
async fn absent_accounts_are_empty() {
    let harness = Harness::new().await;
    let nobody = Address::repeat_byte(0x77);
    assert_eq!(harness.call("eth_getBalance", json!([nobody, "latest"])).await, "0x0");
    assert_eq!(harness.call("eth_getTransactionCount", json!([nobody, "latest"])).await, "0x0");
    assert_eq!(harness.call("eth_getCode", json!([nobody, "latest"])).await, "0x");
    assert_eq!(harness.call("eth_getCode", json!([key(1).address(), "latest"])).await, "0x");
    assert_eq!(harness.call("eth_getCode", json!([INVALID, "latest"])).await, "0xfe");
    assert_eq!(harness.call("eth_getStorageAt", json!([nobody, "0x5", "latest"])).await, json!(B256::ZERO));
}

/// Checks an EIP-1186 answer as a client does: the account under the state root, the slots under its storage root.
fn check_proof(state_root: &Value, answer: &Value) {
    let nodes = |list: &Value| -> Vec<Bytes> { serde_json::from_value(list.clone()).unwrap() };
    let word = |value: &Value| -> B256 { serde_json::from_value(value.clone()).unwrap() };
    let address: Address = serde_json::from_value(answer["address"].clone()).unwrap();
    let account = Nibbles::unpack(keccak256(address));
    let proven = verify_proof(word(state_root), &account, &nodes(&answer["accountProof"])).unwrap();
    let expected = autonet_stf::Account {
        nonce: quantity(&answer["nonce"]) as u64,
        balance: serde_json::from_value(answer["balance"].clone()).unwrap(),
        storage_root: word(&answer["storageHash"]),
        code_hash: word(&answer["codeHash"]),
    };
    match proven {
        Some(rlp) => assert_eq!(rlp, alloy_rlp::encode(expected)),
        None => assert_eq!((expected.nonce, expected.balance), (0, U256::ZERO)),
    }
    for slot in answer["storageProof"].as_array().unwrap() {
        let key: U256 = serde_json::from_value(slot["key"].clone()).unwrap();
        let value: U256 = serde_json::from_value(slot["value"].clone()).unwrap();
        let path = Nibbles::unpack(keccak256(key.to_be_bytes::<32>()));
        let proven = verify_proof(word(&answer["storageHash"]), &path, &nodes(&slot["proof"])).unwrap();
        assert_eq!(proven.map(|rlp| rlp.to_vec()), (!value.is_zero()).then(|| alloy_rlp::encode(value)));
    }
}

#[tokio::test]
async fn proofs_verify_under_the_root_of_any_block() {
    let harness = Harness::new().await;
    for (nonce, value) in [(0, 7), (1, 8)] {
        harness.send(&signed(&key(1), nonce, TxKind::Call(STORES), 0, words([value]))).await;
        harness.pool.make_block();
    }
    for (number, value) in [("0x0", "0x0"), ("0x1", "0x7"), ("0x2", "0x8")] {
        let root = harness.call("eth_getBlockByNumber", json!([number])).await["stateRoot"].clone();
        let proof = harness.call("eth_getProof", json!([STORES, ["0x0", "0x1"], number])).await;
        assert_eq!(proof["storageProof"][0]["value"], value);
        check_proof(&root, &proof);
        for address in [Address::repeat_byte(0x77), key(1).address(), L1_CONTEXT] {
            check_proof(&root, &harness.call("eth_getProof", json!([address, ["0x2"], number])).await);
        }
    }
}

#[tokio::test]
async fn identity_and_status_are_told() {
    let harness = Harness::new().await;
    harness.pool.make_block();
    assert_eq!(harness.call("eth_chainId", json!([])).await, "0x385");
    assert_eq!(harness.call("net_version", json!([])).await, "901");
    assert_eq!(harness.call("net_listening", json!([])).await, true);
    assert_eq!(harness.call("eth_accounts", json!([])).await, json!([]));
    assert!(harness.call("web3_clientVersion", json!([])).await.as_str().unwrap().starts_with("autonet/v"));
    assert_eq!(harness.call("autonet_chainConfig", json!([])).await["l2ChainId"], 901);

    assert_eq!(harness.call("eth_syncing", json!([])).await, false);
    harness.l1.send(L1Position { head: 100, processed: 10, finalized: 5 }).unwrap();
    assert_eq!(harness.call("eth_syncing", json!([])).await["currentBlock"], "0x1");
    let status = harness.call("autonet_syncStatus", json!([])).await;
    let status: SyncStatus = serde_json::from_value(status).unwrap();
    assert_eq!((status.unsafe_head.number, status.safe_head.number, status.finalized_head.number), (1, 0, 0));
    assert_eq!(status.unsafe_head.timestamp, GENESIS_TIME + 10);
    assert_eq!((status.batch_count, status.delayed_count, status.l1.head), (0, 0, 100));

    let checkpoint = harness.call("autonet_checkpointOutput", json!([0])).await;
    assert_eq!(checkpoint["blockNumber"], 0);
    assert_eq!(checkpoint["blockHash"], json!(status.safe_head.hash));
}
