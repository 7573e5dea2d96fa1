use crate::harness::*;
use alloy::consensus::TxEip1559;
use alloy_primitives::TxKind;
use serde_json::{Value, json};

#[tokio::test]
async fn suggested_price_is_the_next_base_fee_and_a_small_tip() {
    let harness = Harness::new().await;
    let tip = harness.call("eth_maxPriorityFeePerGas", json!([])).await;
    assert_eq!(quantity(&tip), 1_000_000);
    // An empty block lowers the base fee by an eighth.
    assert_eq!(quantity(&harness.call("eth_gasPrice", json!([])).await), 875_000_000 + 1_000_000);
    harness.pool.make_block();
    let block = harness.call("eth_getBlockByNumber", json!(["latest"])).await;
    assert_eq!(quantity(&block["baseFeePerGas"]), 875_000_000);
}

#[tokio::test]
async fn full_blocks_raise_the_suggested_tip() {
    let harness = Harness::new().await;
    for nonce in 0..3 {
        let to = TxKind::Call(LOOPS);
        harness.send(&sign(&key(1), TxEip1559 { nonce, to, gas_limit: 1 << 24, ..Default::default() })).await;
    }
    harness.pool.make_block();
    let tip = quantity(&harness.call("eth_maxPriorityFeePerGas", json!([])).await);
    assert_eq!(tip, TIP + TIP / 10);
    let history = harness.call("eth_feeHistory", json!(["0x1", "latest"])).await;
    let next = quantity(&history["baseFeePerGas"][1]);
    assert!(next > quantity(&history["baseFeePerGas"][0]));
    assert_eq!(quantity(&harness.call("eth_gasPrice", json!([])).await), next + tip);
}

#[tokio::test]
async fn fee_history_matches_the_blocks() {
    let harness = Harness::new().await;
    harness.pool.make_block();
    harness.send(&signed(&key(1), 0, TxKind::Call(LOGGER), 0, words([1, 2]))).await;
    harness.pool.make_block();

    let history = harness.call("eth_feeHistory", json!(["0x5", "latest", [0, 50, 100]])).await;
    assert_eq!(history["oldestBlock"], "0x0");
    assert_eq!(
        history["reward"],
        json!([["0x0", "0x0", "0x0"], ["0x0", "0x0", "0x0"], ["0x4c4b40", "0x4c4b40", "0x4c4b40"]])
    );
    let base_fees = history["baseFeePerGas"].as_array().unwrap();
    assert_eq!(base_fees.len(), 4);
    for (number, base_fee) in base_fees[..3].iter().enumerate() {
        let block = harness.call("eth_getBlockByNumber", json!([format!("{number:#x}")])).await;
        assert_eq!(base_fee, &block["baseFeePerGas"]);
        let ratio = quantity(&block["gasUsed"]) as f64 / quantity(&block["gasLimit"]) as f64;
        assert_eq!(history["gasUsedRatio"][number].as_f64().unwrap(), ratio);
    }
    harness.pool.make_block();
    let next = harness.call("eth_getBlockByNumber", json!(["latest"])).await;
    assert_eq!(base_fees[3], next["baseFeePerGas"]);

    let short = harness.call("eth_feeHistory", json!([2, "0x1", null])).await;
    assert_eq!((&short["oldestBlock"], &short["reward"]), (&json!("0x0"), &Value::Null));
    assert_eq!(short["gasUsedRatio"].as_array().unwrap().len(), 2);
}
