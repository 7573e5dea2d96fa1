use super::{
    dump,
    model::{Model, Op, address, position, slot},
    open,
};
use crate::{Storage, StorageError, TransactionPosition};
use alloy_primitives::{U256, keccak256};
use autonet_stf::{NodeSource, StateReader};
use autonet_trie::{EMPTY_ROOT, Nibbles, verify_proof};
use proptest::{collection::vec, prelude::*};

#[derive(Clone, Debug)]
enum Step {
    Commit(Vec<Op>),
    /// Back by so many blocks, if there are as many.
    Unwind(usize),
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        3 => (any::<u8>(), any::<u64>()).prop_map(|(n, value)| Op::Balance(n, value)),
        6 => (any::<u8>(), any::<u8>(), any::<u64>()).prop_map(|(n, slot, value)| Op::Slot(n, slot, value)),
        1 => any::<u8>().prop_map(Op::Remove),
        1 => (any::<u8>(), 0..4u8).prop_map(|(n, byte)| Op::Code(n, byte)),
        1 => (0..4u8).prop_map(Op::Tensor),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![4 => vec(op(), 0..12).prop_map(Step::Commit), 1 => (0..5usize).prop_map(Step::Unwind)]
}

fn run(storage: &Storage, steps: &[Step]) -> Model {
    let mut model = Model::new();
    for (salt, step) in (1..).zip(steps) {
        match step {
            Step::Commit(ops) => {
                let block = model.push(ops, salt);
                let id = storage.commit(block, position(block.number())).unwrap();
                assert_eq!(storage.head().unwrap(), id);
            }
            Step::Unwind(count) => {
                let count = (*count).min(model.blocks.len() - 1);
                for _ in 0..count {
                    let expected = model.blocks.pop().unwrap();
                    let block = storage.unwind_head().unwrap();
                    assert_eq!((block.id().hash, block.to_block()), (expected.hash, expected.block));
                }
                model.truncate(model.blocks.len() - 1);
            }
        }
    }
    model
}

/// Values, nodes and proofs at block `number` are the model's.
fn check_state(storage: &Storage, model: &Model, number: usize) {
    let (view, state) = (storage.state_at(number as u64).unwrap(), &model.states[number]);
    assert_eq!(view.block().hash, model.blocks[number].hash);
    for ((owner, path), node) in &state.nodes.0 {
        assert_eq!(view.node(*owner, path, keccak256(node)).unwrap().as_ref(), Some(node));
    }
    let slots: Vec<_> = (0..8).map(slot).collect();
    for address in (0..8).map(address) {
        assert_eq!(view.account(address).unwrap(), state.accounts.get(&address).copied());
        let proof = view.prove(address, &slots).unwrap();
        let key = Nibbles::unpack(keccak256(address));
        let proven = verify_proof(view.header().state_root, &key, &proof.proof).unwrap();
        assert_eq!(proven, proof.account.map(|account| alloy_rlp::encode(account).into()));
        let storage_root = proof.account.map_or(EMPTY_ROOT, |account| account.storage_root);
        for slot in proof.slots {
            assert_eq!(slot.value, state.storage.get(&(address, slot.slot)).copied().unwrap_or_default());
            let key = Nibbles::unpack(keccak256(slot.slot.to_be_bytes::<32>()));
            let proven = verify_proof(storage_root, &key, &slot.proof).unwrap();
            assert_eq!(proven, (!slot.value.is_zero()).then(|| alloy_rlp::encode(slot.value).into()));
        }
    }
    for code in &state.code {
        assert_eq!(view.code(*code.0).unwrap().as_ref(), Some(code.1));
    }
}

fn check_blocks(storage: &Storage, model: &Model) {
    for expected in &model.blocks {
        let (number, id) = (expected.number(), storage.header(expected.number()).unwrap().unwrap().id);
        let block = storage.block(number).unwrap().unwrap();
        assert_eq!((id.hash, block.to_block().header), (expected.hash, expected.block.header.clone()));
        assert_eq!(block.to_block().body.transactions, expected.block.body.transactions);
        assert_eq!(storage.number(expected.hash).unwrap(), Some(number));
        assert_eq!(storage.receipts(number).unwrap().as_ref(), Some(&expected.receipts));
        for (index, transaction) in (0..).zip(&expected.block.body.transactions) {
            let found = storage.transaction_position(transaction.tx_hash()).unwrap();
            assert_eq!(found, Some(TransactionPosition { block: number, index }));
        }
        if number > 0 {
            assert_eq!(block.header.delayed, position(number));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_block_reads_as_the_model_and_reorg_then_replay_is_straight_replay(steps in vec(step(), 1..30)) {
        let (reorged, straight) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let storage = open(&reorged);
        let model = run(&storage, &steps);
        check_blocks(&storage, &model);
        for number in 0..model.blocks.len() {
            check_state(&storage, &model, number);
        }
        let supply = model.states.last().unwrap().accounts.values().fold(U256::ZERO, |sum, a| sum + a.balance);
        prop_assert_eq!(storage.supply().unwrap(), supply);

        let replayed = open(&straight);
        for block in &model.blocks[1..] {
            replayed.commit(block, position(block.number())).unwrap();
        }
        prop_assert_eq!(dump(&storage), dump(&replayed));
    }
}

#[test]
fn a_view_does_not_see_what_happens_after_it() {
    let dir = tempfile::tempdir().unwrap();
    let storage = open(&dir);
    let mut model = Model::new();
    let block = model.push(&[Op::Balance(1, 5)], 1).clone();
    storage.commit(&block, position(1)).unwrap();

    let view = storage.latest().unwrap();
    storage.unwind_head().unwrap();
    model.truncate(0);
    let other = model.push(&[Op::Balance(1, 7)], 2).clone();
    storage.commit(&other, position(1)).unwrap();

    assert_eq!(view.account(address(1)).unwrap().unwrap().balance, U256::from(5));
    assert_eq!(view.block_hash(1).unwrap(), block.hash);
    assert_eq!(storage.latest().unwrap().account(address(1)).unwrap().unwrap().balance, U256::from(7));
}

#[test]
fn a_block_that_does_not_follow_the_head_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let storage = open(&dir);
    let mut model = Model::new();
    model.push(&[], 1);
    let orphan = model.push(&[], 1).clone();
    let before = dump(&storage);
    assert!(matches!(storage.commit(&orphan, position(2)), Err(StorageError::NotOnHead { .. })));
    assert!(matches!(storage.unwind_head(), Err(StorageError::UnknownBlock(0))));
    assert!(matches!(storage.state_at(1), Err(StorageError::UnknownBlock(1))));
    assert_eq!(dump(&storage), before);
}
