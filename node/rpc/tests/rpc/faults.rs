use crate::harness::*;
use alloy_primitives::{Address, B256, Bytes, TxKind};
use autonet_rpc::{RpcConfig, ServeError, serve};
use metrics_exporter_prometheus::PrometheusBuilder;
use serde_json::{Value, json};
use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

#[tokio::test]
async fn malformed_parameters_are_refused() {
    let harness = Harness::new().await;
    let address = json!(Address::ZERO);
    let cases = [
        ("eth_getBlockByNumber", json!([])),
        ("eth_getBlockByNumber", json!(["newest", false])),
        ("eth_getBlockByNumber", json!(["0x1", "yes"])),
        ("eth_getBlockByHash", json!(["0x12", false])),
        ("eth_getBlockTransactionCountByNumber", json!([{}])),
        ("eth_getBlockTransactionCountByHash", json!([1])),
        ("eth_getBlockReceipts", json!([])),
        ("eth_getTransactionByHash", json!(["0xzz"])),
        ("eth_getTransactionByBlockNumberAndIndex", json!(["latest", "x"])),
        ("eth_getTransactionByBlockHashAndIndex", json!([B256::ZERO])),
        ("eth_getTransactionReceipt", json!([])),
        ("eth_getBalance", json!(["0x123"])),
        ("eth_getBalance", json!([address, "newest"])),
        ("eth_getBalance", json!([address, { "blockHash": "0x1" }])),
        ("eth_getBalance", json!([address, { "blockNumber": "0x1", "blockHash": B256::ZERO }])),
        ("eth_getCode", json!([null])),
        ("eth_getTransactionCount", json!([address, true])),
        ("eth_getStorageAt", json!([address, "slot"])),
        ("eth_getStorageAt", json!([address, format!("0x{}", "1".repeat(65))])),
        ("eth_getProof", json!([address, "0x0", "latest"])),
        ("eth_call", json!([])),
        ("eth_call", json!([{ "to": "0x12" }])),
        ("eth_call", json!([{ "to": address, "value": "-1" }])),
        ("eth_call", json!([{ "to": address }, "latest", { address.as_str().unwrap(): { "balance": "0x1" } }])),
        ("eth_call", json!([{ "to": address, "maxFeePerBlobGas": "0x1" }])),
        ("eth_call", json!([{ "to": address }, "latest", null, { "number": "0x1" }])),
        ("eth_estimateGas", json!([{ "gas": "lots" }])),
        ("eth_feeHistory", json!(["0x1", "latest", [101]])),
        ("eth_feeHistory", json!(["0x1", "latest", [50, 10]])),
        ("eth_feeHistory", json!(["0x1"])),
        ("eth_getLogs", json!([{ "fromBlock": "0x0", "blockHash": B256::ZERO }])),
        ("eth_getLogs", json!([{ "topics": "0x12" }])),
        ("eth_sendRawTransaction", json!(["0x123"])),
        ("autonet_checkpointOutput", json!(["one"])),
    ];
    for (method, params) in cases {
        match harness.try_call(method, params.clone()).await {
            Err(error) => assert_eq!(error.code(), -32602, "{method} {params}: {error:?}"),
            Ok(value) => panic!("{method} {params}: {value}"),
        }
    }
}

#[tokio::test]
async fn unknown_blocks_and_methods_are_errors() {
    let harness = Harness::new().await;
    let (address, nothing) = (json!(Address::ZERO), json!(B256::repeat_byte(7)));
    let cases = [
        ("eth_getBalance", json!([address, "0x9"]), -32000, "header not found"),
        ("eth_getBalance", json!([address, nothing]), -32000, "header for hash not found"),
        ("eth_getCode", json!([address, { "blockHash": nothing }]), -32000, "header for hash not found"),
        ("eth_call", json!([{ "to": address }, "0x9"]), -32000, "header not found"),
        ("eth_estimateGas", json!([{ "to": address }, "0x9"]), -32000, "header not found"),
        ("eth_getProof", json!([address, [], "0x9"]), -32000, "header not found"),
        ("eth_feeHistory", json!(["0x1", "0x9", []]), -32000, "header not found"),
        ("eth_mine", json!([]), -32601, "Method not found"),
        ("eth_newFilter", json!([{}]), -32601, "Method not found"),
    ];
    for (method, params, code, message) in cases {
        let error = harness.try_call(method, params.clone()).await.unwrap_err();
        assert_eq!((error.code(), error.message()), (code, message), "{method} {params}");
    }
}

#[tokio::test]
async fn pool_errors_keep_their_messages() {
    let harness = Harness::new().await;
    let transaction = signed(&key(1), 0, TxKind::Call(Address::ZERO), 1, []);
    harness.send(&transaction).await;
    let refused = async |transaction: &Bytes| {
        let error = harness.try_call("eth_sendRawTransaction", json!([transaction])).await.unwrap_err();
        (error.code(), error.message().to_owned())
    };
    assert_eq!(refused(&transaction).await, (-32000, "already known".into()));
    harness.pool.make_block();
    assert_eq!(refused(&transaction).await, (-32000, "nonce too low: next nonce 1, tx nonce 0".into()));
    assert_eq!(refused(&Bytes::from_static(&[2, 1])).await, (-32000, "malformed transaction".into()));
}

#[tokio::test]
async fn node_without_a_pool_is_read_only() {
    let harness = Harness::with(RpcConfig::default(), false).await;
    let transaction = signed(&key(1), 0, TxKind::Call(Address::ZERO), 1, []);
    let error = harness.try_call("eth_sendRawTransaction", json!([transaction])).await.unwrap_err();
    assert_eq!(error.code(), -32004);
    assert_eq!(error.message(), "this node is read-only: send transactions to the sequencer");
    assert_eq!(harness.call("txpool_status", json!([])).await, json!({"pending": "0x0", "queued": "0x0"}));
    assert_eq!(harness.call("eth_getTransactionCount", json!([key(1).address(), "pending"])).await, "0x0");
}

/// Sends a body by hand and returns the response as text.
async fn post(addr: SocketAddr, body: String, headers: &'static str) -> String {
    let send = move || {
        let mut stream = TcpStream::connect(addr).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let head = format!(
            "POST / HTTP/1.1\r\nHost: {addr}\r\nContent-Type: application/json\r\nConnection: close\r\n{headers}Content-Length: {}\r\n\r\n",
            body.len()
        );
        // A server that refuses a long body need not read it.
        let _ = stream.write_all(&[head.as_bytes(), body.as_bytes()].concat());
        let mut response = Vec::new();
        let _ = stream.read_to_end(&mut response);
        String::from_utf8_lossy(&response).into_owned()
    };
    tokio::task::spawn_blocking(send).await.unwrap()
}

fn body(response: &str) -> Value {
    let body = response.split_once("\r\n\r\n").unwrap().1;
    serde_json::from_str(body).unwrap_or_else(|_| panic!("{response}"))
}

#[tokio::test]
async fn requests_are_bounded_and_malformed_ones_answered() {
    let config = RpcConfig { max_request_bytes: 10_000, max_batch: 3, max_response_bytes: 2_000, ..Default::default() };
    let harness = Harness::with(config, true).await;
    let addr = harness.server.addr();
    let call = |method: &str| json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": [] });

    let code = async |request: String| body(&post(addr, request, "").await)["error"]["code"].clone();
    assert_eq!(code("{".into()).await, -32700);
    assert_eq!(code(json!({ "id": 1 }).to_string()).await, -32600);
    assert_eq!(code(json!([]).to_string()).await, -32600);
    assert_eq!(code(Value::from(vec![call("eth_chainId"); 4]).to_string()).await, -32010);
    let batch = body(&post(addr, Value::from(vec![call("eth_chainId"); 3]).to_string(), "").await);
    assert_eq!(batch.as_array().unwrap().iter().filter(|answer| answer["result"] == "0x385").count(), 3);

    let long =
        format!("{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_chainId\",\"params\":[\"{}\"]}}", "0".repeat(20_000));
    assert!(post(addr, long, "").await.starts_with("HTTP/1.1 413"));

    harness.pool.make_block();
    let error = harness.try_call("eth_getProof", json!([STORES, vec!["0x0"; 100], "latest"])).await.unwrap_err();
    assert_eq!(error.code(), -32008);
}

#[tokio::test]
async fn any_origin_may_call() {
    let harness = Harness::new().await;
    let request = json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": [] }).to_string();
    let response = post(harness.server.addr(), request, "Origin: https://example.org\r\n").await;
    assert!(response.to_lowercase().contains("access-control-allow-origin: *"), "{response}");
}

#[tokio::test]
async fn waiting_for_a_turn_is_bounded() {
    let config = RpcConfig { max_calls: 0, max_wait: Duration::from_millis(1), ..Default::default() };
    let harness = Harness::with(config, true).await;
    let error = harness.try_call("eth_call", json!([{ "to": CLOCK }])).await.unwrap_err();
    assert_eq!((error.code(), error.message()), (-32005, "server is busy: no turn within 0 s"));
    // Reads have turns of their own.
    assert_eq!(harness.call("eth_getBalance", json!([Address::ZERO])).await, "0x0");
}

#[tokio::test]
async fn taken_address_is_an_error() {
    let harness = Harness::new().await;
    let addr = harness.server.addr();
    let node = autonet_rpc::Node {
        chain: harness.chain.clone(),
        pool: None,
        l1: harness.l1.subscribe(),
        clock: std::sync::Arc::new(|| 0),
    };
    match serve(addr, node, RpcConfig::default(), harness.shutdown.clone()).await {
        Err(error @ ServeError::Bind { .. }) => assert!(error.to_string().contains(&addr.to_string()), "{error}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn requests_are_counted_by_method() {
    let metrics = PrometheusBuilder::new().install_recorder().unwrap();
    let harness = Harness::new().await;
    harness.call("net_version", json!([])).await;
    for method in ["net_flood", "net_flood2"] {
        harness.try_call(method, json!([])).await.unwrap_err();
    }
    let rendered = metrics.render();
    let count = |labels: &str| {
        let line = rendered.lines().find(|line| line.starts_with("autonet_rpc_requests{") && line.contains(labels));
        line.unwrap_or_else(|| panic!("{labels}: {rendered}")).rsplit(' ').next().unwrap().parse::<u64>().unwrap()
    };
    assert!(count("method=\"net_version\",outcome=\"ok\"") >= 1);
    assert!(count("method=\"unknown\",outcome=\"error\"") >= 2);
    assert!(!rendered.contains("net_flood"));
}
