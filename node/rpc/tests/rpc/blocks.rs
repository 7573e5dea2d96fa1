use crate::harness::*;
use alloy_primitives::{Address, TxKind};
use op_alloy_rpc_types::{OpTransactionReceipt, Transaction};
use serde_json::{Value, json};

#[tokio::test]
async fn blocks_are_found_by_number_tag_and_hash() {
    let harness = Harness::new().await;
    let hash = json!(harness.pool.make_block());
    let block = harness.call("eth_getBlockByHash", json!([hash, false])).await;

    assert_eq!(block["number"], "0x1");
    assert_eq!(block["hash"], hash);
    for tag in ["0x1", "latest", "pending"] {
        assert_eq!(harness.call("eth_getBlockByNumber", json!([tag, false])).await, block, "{tag}");
    }
    let genesis = harness.call("eth_getBlockByNumber", json!(["earliest", false])).await;
    for tag in ["0x0", "safe", "finalized"] {
        assert_eq!(harness.call("eth_getBlockByNumber", json!([tag, false])).await, genesis, "{tag}");
    }
    assert_eq!(block["parentHash"], genesis["hash"]);
    assert_eq!(harness.call("eth_blockNumber", json!([])).await, "0x1");
}

#[tokio::test]
async fn block_has_all_fields_of_ethereum() {
    let harness = Harness::new().await;
    harness.pool.make_block();
    let block = harness.call("eth_getBlockByNumber", json!(["latest"])).await;
    let fields = [
        "baseFeePerGas",
        "blobGasUsed",
        "difficulty",
        "excessBlobGas",
        "extraData",
        "gasLimit",
        "gasUsed",
        "hash",
        "logsBloom",
        "miner",
        "mixHash",
        "nonce",
        "number",
        "parentBeaconBlockRoot",
        "parentHash",
        "receiptsRoot",
        "requestsHash",
        "sha3Uncles",
        "size",
        "stateRoot",
        "timestamp",
        "transactionsRoot",
        "withdrawalsRoot",
    ];
    for field in fields {
        assert!(block[field].as_str().is_some_and(|value| value.starts_with("0x")), "{field} of {block}");
    }
    assert_eq!([&block["transactions"], &block["uncles"], &block["withdrawals"]], [&json!([]); 3]);
    assert_eq!(block["timestamp"], json!(format!("{:#x}", GENESIS_TIME + 10)));
}

#[tokio::test]
async fn transfer_is_shown_by_all_methods_alike() {
    let harness = Harness::new().await;
    let (sender, to) = (key(1).address(), Address::repeat_byte(0x99));
    let hash = harness.send(&signed(&key(1), 0, TxKind::Call(to), 5, [])).await;
    let block = json!(harness.pool.make_block());

    let transaction = harness.call("eth_getTransactionByHash", json!([hash])).await;
    assert_eq!(transaction["type"], "0x2");
    assert_eq!(transaction["from"], json!(sender));
    assert_eq!(transaction["to"], json!(to));
    assert_eq!(transaction["value"], "0x5");
    assert_eq!(transaction["nonce"], "0x0");
    assert_eq!((&transaction["blockHash"], &transaction["blockNumber"]), (&block, &json!("0x1")));
    assert_eq!(transaction["transactionIndex"], "0x0");
    let full = harness.call("eth_getBlockByNumber", json!(["latest", true])).await;
    assert_eq!(full["transactions"], json!([transaction]));
    let short = harness.call("eth_getBlockByHash", json!([block, false])).await;
    assert_eq!(short["transactions"], json!([hash]));
    let by_number = harness.call("eth_getTransactionByBlockNumberAndIndex", json!(["latest", "0x0"])).await;
    let by_hash = harness.call("eth_getTransactionByBlockHashAndIndex", json!([block, "0x0"])).await;
    assert_eq!([by_number, by_hash], [transaction.clone(), transaction.clone()]);
    assert_eq!(harness.call("eth_getBlockTransactionCountByNumber", json!(["0x1"])).await, "0x1");
    assert_eq!(harness.call("eth_getBlockTransactionCountByHash", json!([block])).await, "0x1");
    let decoded: Transaction = serde_json::from_value(transaction).unwrap();
    assert_eq!(json!(decoded.inner.inner.inner().tx_hash()), hash);
}

#[tokio::test]
async fn receipts_tell_gas_fees_and_created_contracts() {
    let harness = Harness::new().await;
    let transfer = harness.send(&signed(&key(1), 0, TxKind::Call(Address::repeat_byte(0x99)), 5, [])).await;
    // Returns an empty contract.
    let creation = harness.send(&signed(&key(1), 1, TxKind::Create, 0, [0x5f, 0x5f, 0xf3])).await;
    let failure = harness.send(&signed(&key(2), 0, TxKind::Call(REVERTS), 0, [])).await;
    harness.pool.make_block();

    let receipts = harness.call("eth_getBlockReceipts", json!(["latest"])).await;
    for (index, hash) in [&transfer, &creation, &failure].into_iter().enumerate() {
        assert_eq!(harness.call("eth_getTransactionReceipt", json!([hash])).await, receipts[index]);
        assert_eq!(&receipts[index]["transactionHash"], hash);
        let _: OpTransactionReceipt = serde_json::from_value(receipts[index].clone()).unwrap();
    }
    assert_eq!([&receipts[0]["status"], &receipts[1]["status"], &receipts[2]["status"]], ["0x1", "0x1", "0x0"]);
    assert_eq!([&receipts[0]["gasUsed"], &receipts[0]["cumulativeGasUsed"]], ["0x5208", "0x5208"]);
    assert_eq!(quantity(&receipts[1]["cumulativeGasUsed"]), 21_000 + quantity(&receipts[1]["gasUsed"]));
    let block = harness.call("eth_getBlockByNumber", json!(["latest"])).await;
    assert_eq!(quantity(&receipts[0]["effectiveGasPrice"]), quantity(&block["baseFeePerGas"]) + 5_000_000);
    assert_eq!(receipts[1]["contractAddress"], json!(key(1).address().create(1)));
    assert_eq!([&receipts[0]["contractAddress"], &receipts[1]["to"]], [&Value::Null; 2]);
}

#[tokio::test]
async fn receipt_accounts_for_every_wei_that_the_sender_pays() {
    let harness = Harness::new().await;
    let hash = harness.send(&signed(&key(1), 0, TxKind::Call(LOGGER), 0, words([1, 2]))).await;
    harness.pool.make_block();
    let receipt = harness.call("eth_getTransactionReceipt", json!([hash])).await;

    assert_eq!(quantity(&receipt["l1GasPrice"]), L1_BASE_FEE.into());
    let gas = quantity(&receipt["gasUsed"]) * quantity(&receipt["effectiveGasPrice"]);
    let balance = harness.call("eth_getBalance", json!([key(1).address(), "latest"])).await;
    assert!(quantity(&receipt["l1Fee"]) > 0);
    assert_eq!(FUNDS - quantity(&balance), gas + quantity(&receipt["l1Fee"]));
}

#[tokio::test]
async fn deposit_is_shown_as_the_op_stack_shows_it() {
    let harness = Harness::new().await;
    let to = Address::repeat_byte(0x99);
    harness.pool.make_block_with(vec![deposit(0, to, 77)]);

    let block = harness.call("eth_getBlockByNumber", json!(["latest", true])).await;
    let transaction = &block["transactions"][0];
    assert_eq!(transaction["type"], "0x7e");
    assert_eq!((&transaction["mint"], &transaction["value"]), (&json!("0x4d"), &json!("0x4d")));
    assert_eq!((&transaction["from"], &transaction["to"]), (&json!(Address::repeat_byte(0x44)), &json!(to)));
    assert_eq!([&transaction["nonce"], &transaction["gasPrice"]], ["0x0", "0x0"]);
    assert!(transaction["sourceHash"].is_string());
    let _: Transaction = serde_json::from_value(transaction.clone()).unwrap();

    let receipt = harness.call("eth_getTransactionReceipt", json!([transaction["hash"]])).await;
    assert_eq!([&receipt["type"], &receipt["status"], &receipt["effectiveGasPrice"]], ["0x7e", "0x1", "0x0"]);
    assert_eq!(receipt["l1Fee"], Value::Null);
    assert_eq!(harness.call("eth_getBalance", json!([to, "latest"])).await, "0x4d");
}

#[tokio::test]
async fn pooled_transaction_is_pending_until_it_is_in_a_block() {
    let harness = Harness::new().await;
    let sender = json!(key(1).address());
    let transaction = signed(&key(1), 0, TxKind::Call(Address::ZERO), 5, []);
    let hash = harness.send(&transaction).await;

    let pending = harness.call("eth_getTransactionByHash", json!([hash])).await;
    assert_eq!([&pending["blockHash"], &pending["blockNumber"], &pending["transactionIndex"]], [&Value::Null; 3]);
    assert_eq!(harness.call("eth_getTransactionReceipt", json!([hash])).await, Value::Null);
    assert_eq!(harness.call("txpool_status", json!([])).await, json!({"pending": "0x1", "queued": "0x0"}));
    assert_eq!(harness.call("eth_getTransactionCount", json!([sender, "pending"])).await, "0x1");
    assert_eq!(harness.call("eth_getTransactionCount", json!([sender, "latest"])).await, "0x0");

    harness.pool.make_block();
    assert_eq!(harness.call("eth_getTransactionByHash", json!([hash])).await["blockNumber"], "0x1");
    assert_eq!(harness.call("eth_getTransactionCount", json!([sender])).await, "0x1");
    assert_eq!(harness.call("txpool_status", json!([])).await, json!({"pending": "0x0", "queued": "0x0"}));
}

#[tokio::test]
async fn what_is_unknown_is_null() {
    let harness = Harness::new().await;
    let nothing = json!(alloy_primitives::B256::repeat_byte(7));
    let cases = [
        ("eth_getBlockByNumber", json!(["0x9", true])),
        ("eth_getBlockByHash", json!([nothing, true])),
        ("eth_getBlockTransactionCountByNumber", json!(["0x9"])),
        ("eth_getBlockTransactionCountByHash", json!([nothing])),
        ("eth_getBlockReceipts", json!(["0x9"])),
        ("eth_getTransactionByHash", json!([nothing])),
        ("eth_getTransactionByBlockNumberAndIndex", json!(["latest", "0x0"])),
        ("eth_getTransactionByBlockHashAndIndex", json!([nothing, "0x0"])),
        ("eth_getTransactionReceipt", json!([nothing])),
        ("autonet_checkpointOutput", json!([1])),
    ];
    for (method, params) in cases {
        assert_eq!(harness.call(method, params).await, Value::Null, "{method}");
    }
}
