//! Storage that the state transition, the precompiles and L1 proofs read without calling the contract.

use crate::chain::{ALICE, Chain, TIMESTAMP};
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_sol_types::{SolCall, SolValue};
use autonet_bindings::{L1Context, L2Messenger, ModelRegistry, TensorStore};
use autonet_primitives::addresses;

fn mapping_slot(key: B256) -> B256 {
    keccak256((key, U256::ZERO).abi_encode())
}

fn number_slot(number: u64) -> B256 {
    U256::from(number).into()
}

#[test]
fn l2_messenger_keeps_messages_in_slot_0_and_its_nonce_in_slot_1_and_burns() {
    let mut chain = Chain::new();
    let before = chain.balance(ALICE);
    let target = Address::repeat_byte(9);
    let call = L2Messenger::initiateWithdrawalCall { target, gasLimit: U256::from(50_000), data: "hi".into() };
    let hash = chain.call(addresses::L2_MESSENGER, 77, call).expect("valid");
    let words = (U256::ZERO, ALICE, target, U256::from(77), U256::from(50_000), Bytes::from("hi")).abi_encode_params();
    assert_eq!(hash, keccak256(words));
    assert_eq!(chain.slot(addresses::L2_MESSENGER, mapping_slot(hash)), U256::from(1));
    assert_eq!(chain.slot(addresses::L2_MESSENGER, number_slot(1)), U256::from(1));
    assert_eq!(chain.balance(ALICE), before - U256::from(77));
    let supply: U256 = chain.0.cache.accounts.values().map(|account| account.info.balance).sum();
    assert_eq!(supply, before - U256::from(77));
}

#[test]
fn l1_context_is_six_words_from_slot_0_written_by_the_system_alone() {
    let mut chain = Chain::new();
    let call = L1Context::setL1ContextCall {
        number_: 10,
        time_: 11,
        baseFee_: U256::from(12),
        blobBaseFee_: U256::from(13),
        prevRandao_: B256::with_last_byte(14),
        parentHash_: B256::with_last_byte(15),
    };
    assert!(chain.call(addresses::L1_CONTEXT, 0, call.clone()).is_err());
    chain.system_call(addresses::L1_CONTEXT, call.abi_encode().into()).expect("system");
    for slot in 0..6 {
        assert_eq!(chain.slot(addresses::L1_CONTEXT, number_slot(slot)), U256::from(10 + slot), "slot {slot}");
    }
}

#[test]
fn model_registry_points_from_slot_0_to_the_graph_behind_a_stop_byte() {
    let mut chain = Chain::new();
    // PRICE answers the model's id, which nobody reads, gas of 7 and 9, and three words more.
    chain.set_code(
        "0x000000000000000000000000000000000000a121".parse().expect("address"),
        answering(&[0, 7, 9, 1, 1, 0]),
    );
    let graph = Bytes::from(vec![0xab; 24_000]);
    let model_id =
        chain.call(addresses::MODEL_REGISTRY, 0, ModelRegistry::registerCall { graph: graph.clone() }).expect("fits");
    assert_eq!(model_id, keccak256(&graph));
    let entry = chain.slot(addresses::MODEL_REGISTRY, mapping_slot(model_id));
    assert_eq!(entry >> 160, (U256::from(9) << 48) | U256::from(7));
    let code = chain.code(Address::from_word(entry.into()));
    assert_eq!(code[0], 0);
    assert_eq!(code[1..], graph[..]);
}

#[test]
fn tensor_store_keeps_size_and_lease_in_slot_0() {
    let mut chain = Chain::new();
    chain.set_code("0x000000000000000000000000000000000000a100".parse().expect("address"), meta_of_28_bytes());
    let (id, until) = (B256::repeat_byte(5), TIMESTAMP + 100);
    let vault = chain.balance(addresses::FEE_VAULT);
    chain.call(addresses::TENSOR_STORE, 1_000_000_000_000, TensorStore::pinCall { id, until }).expect("paid");
    let word = chain.slot(addresses::TENSOR_STORE, mapping_slot(id));
    assert_eq!(word, (U256::from(28) << 64) | U256::from(until));
    let rent = 28_u64 * 99 * 1_000_000;
    assert_eq!(chain.balance(addresses::FEE_VAULT) - vault, U256::from(rent));
}

/// Code that answers as META does for a local I32 [7] tensor.
fn meta_of_28_bytes() -> Vec<u8> {
    answering(&[1, 1, 7, 1, 1, 1, 28, 0])
}

/// Code that returns these words, which stand after it.
fn answering(words: &[u64]) -> Vec<u8> {
    let [high, low] = (32 * words.len() as u16).to_be_bytes();
    // PUSH2 length, PUSH1 12, PUSH0, CODECOPY, PUSH2 length, PUSH0, RETURN
    let mut code = vec![0x61, high, low, 0x60, 12, 0x5f, 0x39, 0x61, high, low, 0x5f, 0xf3];
    for word in words {
        code.extend(number_slot(*word).0);
    }
    code
}
