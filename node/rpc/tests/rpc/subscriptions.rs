use crate::harness::*;
use alloy_primitives::{B256, TxKind, U256};
use jsonrpsee::{
    core::{
        client::{ClientT, Error as ClientError, Subscription, SubscriptionClientT},
        params::ArrayParams,
    },
    ws_client::{WsClient, WsClientBuilder},
};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::timeout;

const DEADLINE: Duration = Duration::from_secs(20);

async fn connect(harness: &Harness) -> WsClient {
    WsClientBuilder::default().build(format!("ws://{}", harness.server.addr())).await.unwrap()
}

async fn subscribe(client: &WsClient, params: Value) -> Result<Subscription<Value>, ClientError> {
    let mut array = ArrayParams::new();
    params.as_array().unwrap().iter().for_each(|param| array.insert(param).unwrap());
    client.subscribe("eth_subscribe", array, "eth_unsubscribe").await
}

async fn next(subscription: &mut Subscription<Value>) -> Value {
    timeout(DEADLINE, subscription.next()).await.expect("a notification in time").unwrap().unwrap()
}

#[tokio::test]
async fn new_heads_arrive_in_order() {
    let harness = Harness::new().await;
    let client = connect(&harness).await;
    let mut heads = subscribe(&client, json!(["newHeads"])).await.unwrap();
    for number in 1..=3 {
        let hash = harness.pool.make_block();
        let head = next(&mut heads).await;
        assert_eq!((&head["hash"], quantity(&head["number"])), (&json!(hash), number));
        let mut block = harness.call("eth_getBlockByHash", json!([hash])).await;
        for of_blocks_only in ["size", "transactions", "uncles", "withdrawals"] {
            block.as_object_mut().unwrap().remove(of_blocks_only);
        }
        assert_eq!(head, block);
    }
    // The same connection answers requests.
    let number: Value = client.request("eth_blockNumber", ArrayParams::new()).await.unwrap();
    assert_eq!(number, "0x3");
}

#[tokio::test]
async fn logs_arrive_filtered_and_are_taken_back_by_a_reorganisation() {
    let harness = Harness::new().await;
    let client = connect(&harness).await;
    let filter = json!({ "address": LOGGER, "topics": [B256::from(U256::from(2))] });
    let mut all = subscribe(&client, json!(["logs"])).await.unwrap();
    let mut some = subscribe(&client, json!(["logs", filter])).await.unwrap();
    for (nonce, topic) in [(0, 1), (1, 2)] {
        harness.send(&signed(&key(1), nonce, TxKind::Call(LOGGER), 0, words([topic, 9]))).await;
        harness.pool.make_block();
    }
    let (first, second) = (next(&mut all).await, next(&mut all).await);
    assert_eq!([quantity(&first["blockNumber"]), quantity(&second["blockNumber"])], [1, 2]);
    assert_eq!(next(&mut some).await, second);
    assert_eq!(harness.call("eth_getLogs", json!([{ "fromBlock": "0x0" }])).await, json!([first, second]));

    harness.chain.unwind(0).unwrap();
    let removed = |mut log: Value| {
        log["removed"] = json!(true);
        log
    };
    assert_eq!([next(&mut all).await, next(&mut all).await], [removed(second.clone()), removed(first)]);
    assert_eq!(next(&mut some).await, removed(second));
    harness.send(&signed(&key(1), 0, TxKind::Call(LOGGER), 0, words([2, 9]))).await;
    harness.pool.make_block();
    assert_eq!(next(&mut some).await["removed"], false);
}

#[tokio::test]
async fn malformed_subscription_is_refused() {
    let harness = Harness::new().await;
    let client = connect(&harness).await;
    for params in [
        json!([]),
        json!(["newBlocks"]),
        json!(["newHeads", { "address": LOGGER }]),
        json!(["newPendingTransactions"]),
        json!(["syncing"]),
        json!(["logs", { "address": "0x12" }]),
        json!(["logs", true]),
    ] {
        match subscribe(&client, params.clone()).await {
            Err(ClientError::Call(error)) => assert_eq!(error.code(), -32602, "{params}"),
            other => panic!("{params}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn shutdown_closes_subscriptions_and_the_port() {
    let harness = Harness::new().await;
    let client = connect(&harness).await;
    let mut heads = subscribe(&client, json!(["newHeads"])).await.unwrap();
    let addr = harness.server.addr();
    harness.shutdown.cancel();
    timeout(DEADLINE, harness.server.stopped()).await.unwrap();
    assert!(timeout(DEADLINE, heads.next()).await.unwrap().is_none());
    assert!(tokio::net::TcpStream::connect(addr).await.is_err());
}
