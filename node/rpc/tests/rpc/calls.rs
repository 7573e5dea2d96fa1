use crate::harness::*;
use alloy_primitives::{Address, Bytes, TxKind, U256, hex};
use serde_json::json;
use std::sync::atomic::Ordering;

/// Code and message of the error that a request gets.
async fn error(harness: &Harness, method: &str, params: serde_json::Value) -> (i32, String, Option<String>) {
    let error = harness.try_call(method, params.clone()).await.expect_err(&format!("{method} {params}"));
    let data = error.data().map(|data| serde_json::from_str(data.get()).unwrap());
    (error.code(), error.message().to_owned(), data)
}

#[tokio::test]
async fn call_returns_what_the_contract_returns() {
    let harness = Harness::new().await;
    harness.pool.make_block();
    let at = |time: u64, number: u64| json!(words([time, number]));
    let call = |block: &'static str| harness.call("eth_call", json!([{ "to": CLOCK }, block]));
    assert_eq!(call("latest").await, at(GENESIS_TIME + 10, 1));
    assert_eq!(call("0x0").await, at(GENESIS_TIME, 0));
    harness.clock.store(GENESIS_TIME + 500, Ordering::SeqCst);
    assert_eq!(call("latest").await, at(GENESIS_TIME + 10, 1));
    assert_eq!(call("pending").await, at(GENESIS_TIME + 500, 2));
    harness.clock.store(0, Ordering::SeqCst);
    assert_eq!(call("pending").await, at(GENESIS_TIME + 10, 2));
    // No code: no output. A creation returns the code.
    assert_eq!(harness.call("eth_call", json!([{ "to": Address::repeat_byte(0x77) }])).await, "0x");
    assert_eq!(harness.call("eth_call", json!([{ "data": "0x60fe5f5260206000f3" }])).await, json!(words([0xfe])));
}

#[tokio::test]
async fn failed_call_has_geths_code_and_message() {
    let harness = Harness::new().await;
    let text = |data: &[u8]| Some(format!("0x{}", hex::encode(data)));
    let sender = key(1).address();
    let nobody = Address::repeat_byte(0x77);
    let cases = [
        (json!({ "to": REVERTS }), 3, "execution reverted: too late", text(&too_late())),
        (json!({ "to": REVERTS_CUSTOM }), 3, "execution reverted", text(CUSTOM)),
        (json!({ "to": PANICS }), 3, "execution reverted: assert(false)", None),
        (json!({ "to": LOOPS, "gas": "0x30d40" }), -32000, "out of gas", None),
        (json!({ "to": INVALID }), -32000, "invalid opcode: INVALID", None),
        (json!({ "to": CLOCK, "gas": "0x5207" }), -32000, "intrinsic gas too low: have 20999, want 21000", None),
        (
            json!({ "to": CLOCK, "gas": "0xffff", "gasPrice": "0x3b9aca00", "from": nobody }),
            -32000,
            "insufficient funds for gas * price + value",
            None,
        ),
        (
            json!({ "to": CLOCK, "value": "0x1", "from": nobody }),
            -32000,
            "insufficient funds for gas * price + value",
            None,
        ),
        (
            json!({ "to": CLOCK, "gasPrice": "0x1", "from": sender }),
            -32000,
            "max fee per gas less than block base fee",
            None,
        ),
        (
            json!({ "to": CLOCK, "maxFeePerGas": "0xb2d05e00", "maxPriorityFeePerGas": "0xee6b2800", "from": sender }),
            -32000,
            "max priority fee per gas higher than max fee per gas",
            None,
        ),
        (json!({ "to": CLOCK, "data": "0x01", "input": "0x02" }), -32602, "both \"data\" and \"input\" are set", None),
        (json!({ "to": CLOCK, "gasPrice": "0x1", "maxFeePerGas": "0x1" }), -32602, "both gasPrice and", None),
        (json!({ "to": CLOCK, "chainId": "0x1" }), -32602, "chainId does not match node's (have=1, want=901)", None),
    ];
    for (request, code, message, data) in cases {
        let found = error(&harness, "eth_call", json!([request, "latest"])).await;
        assert_eq!(found.0, code, "{request}: {found:?}");
        assert!(found.1.starts_with(message), "{request}: {found:?}");
        if data.is_some() {
            assert_eq!(found.2, data, "{request}");
        }
    }
}

#[tokio::test]
async fn call_gas_is_capped() {
    let harness = Harness::new().await;
    // `GAS`, returned.
    let request = json!({ "data": "0x5a5f5260205ff3", "gas": "0xffffffffff" });
    let left: Bytes = serde_json::from_value(harness.call("eth_call", json!([request])).await).unwrap();
    let left = U256::from_be_slice(&left);
    assert!(left < U256::from(50_000_000) && left > U256::from(10_000_000), "{left}");
}

#[tokio::test]
async fn estimates_are_enough_and_not_much_more() {
    let harness = Harness::new().await;
    let sender = key(1).address();
    assert_eq!(
        harness
            .call("eth_estimateGas", json!([{ "from": sender, "to": Address::repeat_byte(0x99), "value": "0x1" }]))
            .await,
        "0x5208"
    );
    harness.send(&signed(&key(1), 0, TxKind::Call(STORES), 0, words([7]))).await;
    harness.pool.make_block();
    let requests = [
        json!({ "to": LOGGER, "data": words([1, 2]) }),
        json!({ "to": CLOCK, "data": Bytes::from(vec![1; 500]) }),
        json!({ "data": "0x5f5ff3" }),
        // Clears the slot: the refund comes at the end, the gas is needed before.
        json!({ "to": STORES, "data": words([0]) }),
        json!({ "from": sender, "to": STORES, "data": words([9]), "maxFeePerGas": "0xb2d05e00" }),
    ];
    for mut request in requests {
        let estimate = quantity(&harness.call("eth_estimateGas", json!([request])).await);
        for (gas, fits) in [(estimate, true), (estimate * 97 / 100, false)] {
            request["gas"] = json!(format!("{gas:#x}"));
            let result = harness.try_call("eth_call", json!([request])).await;
            assert_eq!(result.is_ok(), fits, "{request}: {estimate}, {result:?}");
        }
    }
}

#[tokio::test]
async fn estimate_runs_in_a_block_made_now() {
    let harness = Harness::new().await;
    let request = json!({ "to": DEADLINE, "data": words([GENESIS_TIME + 100]) });
    assert!(quantity(&harness.call("eth_estimateGas", json!([request])).await) > 21_000);
    harness.clock.store(GENESIS_TIME + 101, Ordering::SeqCst);
    assert_eq!(error(&harness, "eth_estimateGas", json!([request])).await.0, 3);
    // The latest block has the time it had.
    assert!(quantity(&harness.call("eth_estimateGas", json!([request, "latest"])).await) > 21_000);
}

#[tokio::test]
async fn failed_estimate_says_why() {
    let harness = Harness::new().await;
    let poor = json!({ "from": Address::repeat_byte(0x77), "to": CLOCK, "value": "0x1", "gasPrice": "0x3b9aca00" });
    let pays_nothing = json!({ "from": Address::repeat_byte(0x77), "to": CLOCK, "value": "0x1" });
    let insufficient =
        "insufficient funds for gas * price + value: address 0x7777777777777777777777777777777777777777 have 0 want 1";
    let cases = [
        (pays_nothing, -32000, insufficient),
        (json!({ "to": REVERTS }), 3, "execution reverted: too late"),
        (json!({ "to": LOOPS, "gas": "0x30d40" }), -32000, "gas required exceeds allowance (200000)"),
        (json!({ "to": INVALID }), -32000, "invalid opcode: INVALID"),
        (poor, -32000, insufficient),
    ];
    for (request, code, message) in cases {
        let found = error(&harness, "eth_estimateGas", json!([request])).await;
        assert_eq!((found.0, found.1.as_str()), (code, message), "{request}");
    }
}
