use crate::harness::*;
use alloy_primitives::{Address, Bytes, TxKind, keccak256};
use alloy_rlp::Decodable;
use autonet_primitives::BlockInput;
use autonet_rpc::{RpcConfig, Witness, WitnessInput, WitnessPage};
use autonet_stf::{Recording, SealedHeader, WitnessState, execute_block};
use serde_json::{Value, json};

/// The whole witness, put together from its pages; also their number.
async fn witness(harness: &Harness, parent: u64, input: &BlockInput) -> (Witness, usize) {
    let (mut bytes, mut pages) = (Vec::new(), 0);
    loop {
        let params = json!([parent, WitnessInput::from(input), bytes.len()]);
        let page = harness.call("autonet_executionWitness", params).await;
        let page: WitnessPage = serde_json::from_value(page).unwrap();
        bytes.extend_from_slice(&page.data);
        pages += 1;
        if bytes.len() as u64 == page.size {
            return (Witness::decode(&mut &bytes[..]).unwrap(), pages);
        }
        assert!(!page.data.is_empty());
    }
}

fn recording(witness: Witness) -> Recording {
    let preimages = witness.preimages.into_iter().chain(witness.headers);
    Recording { preimages: preimages.map(|bytes| (keccak256(&bytes), bytes)).collect(), ..Default::default() }
}

fn parent(harness: &Harness, number: u64) -> SealedHeader {
    harness.chain.storage().header(number).unwrap().unwrap().sealed()
}

/// A block with a deposit, a call and a transfer, and an input that makes the same block and has a transaction more.
async fn block_with_a_skipped_transaction(harness: &Harness) -> BlockInput {
    let call = signed(&key(1), 0, TxKind::Call(STORES), 0, words([7]));
    let transfer = signed(&key(2), 0, TxKind::Call(Address::repeat_byte(0x99)), 5, []);
    for transaction in [&call, &transfer] {
        harness.send(transaction).await;
    }
    let delayed = vec![deposit(0, Address::repeat_byte(0x98), 3)];
    harness.pool.make_block_with(delayed.clone());
    let too_late = signed(&key(2), 0, TxKind::Call(INVALID), 5, []);
    BlockInput { timestamp: GENESIS_TIME + 10, delayed, transactions: vec![call, transfer, too_late] }
}

#[tokio::test]
async fn witness_is_enough_to_execute_the_block() {
    let harness = Harness::new().await;
    let input = block_with_a_skipped_transaction(&harness).await;
    // The state of a block of any age.
    harness.pool.make_block();
    let (witness, pages) = witness(&harness, 0, &input).await;
    assert_eq!(pages, 1);
    let (recording, parent) = (recording(witness), parent(&harness, 0));
    let config = &harness.chain.genesis().config;
    let block = execute_block(config, &parent, &input, &WitnessState::new(&recording, &parent)).unwrap();
    assert_eq!(block.skipped.len(), 1);
    assert_eq!(block.hash, harness.chain.storage().header(1).unwrap().unwrap().id.hash);
}

#[tokio::test]
async fn long_witness_comes_in_pages() {
    let harness = Harness::with(RpcConfig { max_response_bytes: 3_000, ..Default::default() }, true).await;
    let input = block_with_a_skipped_transaction(&harness).await;
    let (in_pages, pages) = witness(&harness, 0, &input).await;
    assert!(pages > 1, "{pages}");
    let other = Harness::new().await;
    assert_eq!(witness(&other, 0, &input).await, (in_pages, 1));
}

#[tokio::test]
async fn witness_has_the_headers_that_block_hashes_are_read_from() {
    let harness = Harness::new().await;
    for _ in 0..5 {
        harness.pool.make_block();
    }
    // Creates a contract that is BLOCKHASH(2): the headers of 3 and 4 lead from the parent 5 to it.
    let code = Bytes::from_static(&[0x60, 2, 0x40, 0x5f, 0x52, 0x60, 32, 0x5f, 0xf3]);
    let transactions = vec![signed(&key(1), 0, TxKind::Create, 0, code)];
    let input = BlockInput { timestamp: GENESIS_TIME + 20, delayed: Vec::new(), transactions };
    let (witness, _) = witness(&harness, 5, &input).await;
    let hashes: Vec<_> = witness.headers.iter().map(keccak256).collect();
    assert_eq!(hashes, [3, 4].map(|number| parent(&harness, number).hash()));
}

#[tokio::test]
async fn what_no_block_has_is_refused() {
    let harness = Harness::with(RpcConfig { max_witness_bytes: 800, ..Default::default() }, true).await;
    let input = |change: fn(&mut BlockInput)| {
        let mut input = BlockInput { timestamp: GENESIS_TIME, ..Default::default() };
        change(&mut input);
        serde_json::to_value(WitnessInput::from(&input)).unwrap()
    };
    let fine = input(|_| {});
    let early = input(|input| input.timestamp -= 1);
    let crowded = input(|input| input.delayed = (0..33).map(|index| deposit(index, LOGGER, 1)).collect());
    let mut unknown_kind = input(|input| input.delayed = vec![deposit(0, LOGGER, 1)]);
    unknown_kind["delayed"][0]["kind"] = json!(3);
    let large = input(|input| {
        let call = |number, to| signed(&key(number), 0, TxKind::Call(to), 0, words([7]));
        input.transactions = vec![call(1, STORES), call(2, LOGGER)];
    });
    let cases: [(Value, i32, &str); 7] = [
        (json!([9, fine]), -32000, "header not found"),
        (json!([0, early]), -32602, "timestamp 1699999999 is before the parent's 1700000000"),
        (json!([0, crowded]), -32005, "number of delayed messages exceeds the limit of 32"),
        (json!([0, unknown_kind]), -32602, "delayed message of unknown kind 3"),
        (json!([0, fine, 1_000_000]), -32602, "offset 1000000 lies behind the witness, which has"),
        (json!([0, large]), -32005, "witness exceeds the limit of 800"),
        (json!([0, {}]), -32602, "Invalid params"),
    ];
    for (params, code, message) in cases {
        let error = harness.try_call("autonet_executionWitness", params.clone()).await.unwrap_err();
        assert_eq!(error.code(), code, "{params}: {error:?}");
        assert!(error.message().starts_with(message), "{params}: {error:?}");
    }
}
