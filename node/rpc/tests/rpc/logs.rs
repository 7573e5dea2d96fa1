use crate::harness::*;
use alloy_primitives::{Address, B256, TxKind, U256};
use autonet_rpc::RpcConfig;
use serde_json::{Value, json};

fn topic(number: u64) -> B256 {
    U256::from(number).into()
}

/// Three blocks; the second has none, the others two logs each with topics 1, 2 and 3, 4.
async fn logged(config: RpcConfig) -> Harness {
    let harness = Harness::with(config, true).await;
    for (signer, nonce, first) in [(1, 0, 1), (2, 0, 3)] {
        for second in 0..2 {
            let input = words([first + second, 100 + first + second]);
            harness.send(&signed(&key(signer), nonce + second, TxKind::Call(LOGGER), 0, input)).await;
        }
        harness.pool.make_block();
        harness.pool.make_block();
    }
    harness
}

fn topics(logs: &Value) -> Vec<Value> {
    logs.as_array().unwrap().iter().map(|log| log["topics"][0].clone()).collect()
}

#[tokio::test]
async fn filters_select_by_range_address_and_topic() {
    let harness = logged(RpcConfig::default()).await;
    let third = harness.call("eth_getBlockByNumber", json!(["0x3"])).await["hash"].clone();
    let cases = [
        (json!({ "fromBlock": "earliest" }), vec![1, 2, 3, 4]),
        (json!({ "fromBlock": "0x0", "toBlock": "0x2" }), vec![1, 2]),
        (json!({ "fromBlock": "0x2", "toBlock": "latest" }), vec![3, 4]),
        (json!({ "fromBlock": "0x2", "toBlock": "0xffff" }), vec![3, 4]),
        (json!({ "fromBlock": "0x9" , "toBlock": "0xa" }), vec![]),
        (json!({}), vec![]),
        (json!({ "blockHash": third }), vec![3, 4]),
        (json!({ "fromBlock": "0x0", "address": LOGGER }), vec![1, 2, 3, 4]),
        (json!({ "fromBlock": "0x0", "address": [LOGGER, STORES] }), vec![1, 2, 3, 4]),
        (json!({ "fromBlock": "0x0", "address": Address::repeat_byte(1) }), vec![]),
        (json!({ "fromBlock": "0x0", "topics": [topic(2)] }), vec![2]),
        (json!({ "fromBlock": "0x0", "topics": [[topic(2), topic(3)]] }), vec![2, 3]),
        (json!({ "fromBlock": "0x0", "topics": [null] }), vec![1, 2, 3, 4]),
        (json!({ "fromBlock": "0x0", "topics": [null, topic(2)] }), vec![]),
    ];
    for (filter, expected) in cases {
        let logs = harness.call("eth_getLogs", json!([filter])).await;
        assert_eq!(
            topics(&logs),
            expected.into_iter().map(|number| json!(topic(number))).collect::<Vec<_>>(),
            "{filter}"
        );
    }
}

#[tokio::test]
async fn log_says_where_it_is() {
    let harness = logged(RpcConfig::default()).await;
    let logs = harness.call("eth_getLogs", json!([{ "fromBlock": "0x3", "toBlock": "0x3" }])).await;
    let block = harness.call("eth_getBlockByNumber", json!(["0x3", false])).await;
    let log = &logs[1];
    assert_eq!(log["address"], json!(LOGGER));
    assert_eq!(log["data"], json!(words([104])));
    assert_eq!((&log["blockHash"], &log["blockNumber"]), (&block["hash"], &json!("0x3")));
    assert_eq!((&log["transactionHash"], &log["transactionIndex"]), (&block["transactions"][1], &json!("0x1")));
    assert_eq!((&log["logIndex"], &log["removed"]), (&json!("0x1"), &json!(false)));
    assert_eq!(log["blockTimestamp"], block["timestamp"]);
    let receipt = harness.call("eth_getTransactionReceipt", json!([log["transactionHash"]])).await;
    assert_eq!(&receipt["logs"][0], log);
}

#[tokio::test]
async fn bounds_of_a_search_are_told() {
    let harness = logged(RpcConfig { max_log_blocks: 3, max_logs: 3, ..Default::default() }).await;
    let cases = [
        (json!({ "fromBlock": "0x0", "toBlock": "0x3" }), -32005, "number of blocks exceeds the limit of 3"),
        (json!({ "fromBlock": "0x1", "toBlock": "0x3" }), -32005, "number of logs exceeds the limit of 3"),
        (json!({ "fromBlock": "0x3", "toBlock": "0x1" }), -32602, "invalid block range: from 3 to 1"),
        (json!({ "blockHash": topic(1) }), -32000, "unknown block"),
        (
            json!({ "fromBlock": "0x1", "topics": [vec![topic(1); 1], (0..1_001).map(topic).collect::<Vec<_>>()] }),
            -32005,
            "number of addresses or topics in one position exceeds the limit of 1000",
        ),
    ];
    for (filter, code, message) in cases {
        let error = harness.try_call("eth_getLogs", json!([filter])).await.unwrap_err();
        assert_eq!((error.code(), error.message()), (code, message), "{filter}");
    }
    assert_eq!(topics(&harness.call("eth_getLogs", json!([{ "fromBlock": "0x2", "toBlock": "0x3" }])).await).len(), 2);
}
