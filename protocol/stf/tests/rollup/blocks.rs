//! Headers, system calls and state across blocks.

use crate::{
    asm::Asm,
    chain::{ATN, Chain, Key, contract, l1_context, transaction},
};
use alloy_consensus::{EMPTY_OMMER_ROOT_HASH, TxEip1559, TxEip7702, TxReceipt};
use alloy_eips::{
    eip2935::HISTORY_STORAGE_ADDRESS, eip4788::BEACON_ROOTS_ADDRESS, eip7685::EMPTY_REQUESTS_HASH,
    eip7702::Authorization,
};
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, keccak256};
use autonet_primitives::{
    DelayedKind,
    addresses::{FEE_VAULT, L1_CONTEXT, L2_MESSENGER},
};
use revm::bytecode::opcode;

const TO: Address = Address::repeat_byte(0x52);

#[test]
fn header_is_standard() {
    let mut chain = Chain::new([]);
    let parent = chain.head.clone();
    let context = chain.message(DelayedKind::Context, Address::ZERO, Bytes::new());
    let block = chain.block(&[context], &[Key::new(1).transfer(0, TO, 1)]);
    let header = &block.block.header;
    assert_eq!((header.parent_hash, header.number), (parent.hash(), 1));
    assert_eq!(header.ommers_hash, EMPTY_OMMER_ROOT_HASH);
    assert_eq!(header.beneficiary, FEE_VAULT);
    assert_eq!((header.gas_limit, header.gas_used, header.timestamp), (60_000_000, 21_000, parent.timestamp + 2));
    assert_eq!(header.extra_data[..], [1]);
    assert_eq!((header.difficulty, header.nonce.0), (U256::ZERO, [0; 8]));
    assert_eq!((header.blob_gas_used, header.excess_blob_gas), (Some(0), Some(0)));
    assert_eq!(header.parent_beacon_block_root, Some(l1_context(0).parent_hash));
    assert_eq!(header.requests_hash, Some(EMPTY_REQUESTS_HASH));
    assert_eq!(header.block_access_list_hash, None);
    let number = U256::ONE.to_be_bytes::<32>();
    assert_eq!(header.mix_hash, keccak256([l1_context(0).prev_randao.0, number].concat()));
}

#[test]
fn l1_context_is_written_when_a_message_is_consumed_and_stays_otherwise() {
    let mut chain = Chain::new([]);
    let messages = [(); 3].map(|()| chain.message(DelayedKind::Context, Address::ZERO, Bytes::new()));
    chain.block(&messages, &[]);
    let l1 = l1_context(2);
    let slots: Vec<_> = (0..6).map(|slot| chain.slot(L1_CONTEXT, slot)).collect();
    let words = [U256::from(l1.number), U256::from(l1.time), l1.base_fee, l1.blob_base_fee];
    assert_eq!(slots[..4], words);
    assert_eq!(slots[4..], [l1.prev_randao, l1.parent_hash].map(|word| U256::from_be_bytes(word.0)));

    let before = chain.state.storage.clone();
    let block = chain.block(&[], &[]);
    assert_eq!(block.block.header.parent_beacon_block_root, Some(l1.parent_hash));
    let l1_slots = |storage: &std::collections::BTreeMap<_, _>| {
        storage.range((L1_CONTEXT, U256::ZERO)..=(L1_CONTEXT, U256::MAX)).map(|(k, v)| (*k, *v)).collect::<Vec<_>>()
    };
    assert_eq!(l1_slots(&before), l1_slots(&chain.state.storage));
}

#[test]
fn system_contracts_get_the_parent_hash_and_the_l1_block() {
    let mut chain = Chain::new([]);
    let parent = chain.head.hash();
    let context = chain.message(DelayedKind::Context, Address::ZERO, Bytes::new());
    chain.block(&[context], &[]);
    assert_eq!(chain.slot(HISTORY_STORAGE_ADDRESS, 0), U256::from_be_bytes(parent.0));
    let slot = chain.head.timestamp % 8_191;
    assert_eq!(chain.slot(BEACON_ROOTS_ADDRESS, slot), U256::from(chain.head.timestamp));
    assert_eq!(chain.slot(BEACON_ROOTS_ADDRESS, slot + 8_191), U256::from_be_bytes(l1_context(0).parent_hash.0));
}

#[test]
fn block_environment_is_that_of_the_header() {
    let words =
        [opcode::NUMBER, opcode::TIMESTAMP, opcode::DIFFICULTY, opcode::COINBASE, opcode::BASEFEE, opcode::BLOBBASEFEE];
    let code = words.into_iter().chain([opcode::GASLIMIT, opcode::CHAINID]).enumerate();
    let code = code.fold(Asm::default(), |asm, (slot, op)| asm.op(op).push(U256::from(slot)).op(opcode::SSTORE));
    let hash_of = |asm: Asm, number: u64, slot: u64| {
        asm.push(U256::from(number)).op(opcode::BLOCKHASH).push(U256::from(slot)).op(opcode::SSTORE)
    };
    let mut chain = Chain::new([(TO, contract(hash_of(hash_of(hash_of(code, 0, 8), 1, 9), 2, 10).code()))]);
    let genesis = chain.head.hash();
    chain.block(&[], &[]);
    let parent = chain.head.hash();
    let block = chain.block(&[], &[Key::new(1).call(0, TO, Bytes::new())]);
    let header = &block.block.header;
    let expected = [
        U256::from(2),
        U256::from(header.timestamp),
        header.mix_hash.into(),
        U256::from_be_slice(FEE_VAULT.as_slice()),
        U256::from(header.base_fee_per_gas.expect("base fee")),
        U256::ONE,
        U256::from(60_000_000),
        U256::from(chain.config.l2_chain_id),
        genesis.into(),
        parent.into(),
        U256::ZERO,
    ];
    let slots: Vec<_> = (0..11).map(|slot| chain.slot(TO, slot)).collect();
    assert_eq!(slots, expected);
}

#[test]
fn messages_root_is_the_messengers_storage_root() {
    let store = Asm::default().op(opcode::CALLVALUE).push(U256::from(7)).op(opcode::SSTORE).code();
    let mut chain = Chain::new([(L2_MESSENGER, contract(store))]);
    let roots: Vec<_> = (0..3)
        .map(|nonce| {
            let mut transaction = TxEip1559 { gas_limit: 100_000, to: L2_MESSENGER.into(), ..transaction(nonce) };
            transaction.value = U256::from(nonce % 2);
            chain.block(&[], &[Key::new(1).sign(transaction)]).block.header.withdrawals_root.expect("root")
        })
        .collect();
    assert_eq!(roots[0], roots[2]);
    assert_ne!(roots[0], roots[1]);
}

#[test]
fn contracts_come_change_and_go_across_transactions_and_blocks() {
    // Creates a contract that stores its call value in slot 1, and one that destroys itself with what it was given.
    let child = Asm::default().push(U256::from(9)).push(U256::ONE).op(opcode::SSTORE).code();
    let mortal = Asm::default().op(opcode::ADDRESS).op(opcode::SELFDESTRUCT).code();
    let mut chain = Chain::new([]);
    let user = Key::new(1);
    let create = |nonce, input: &Bytes, value: u64| {
        let (input, value) = (input.clone(), U256::from(value));
        user.sign(TxEip1559 { gas_limit: 200_000, to: TxKind::Create, input, value, ..transaction(nonce) })
    };
    let sent_to_dead = user.address().create(1);
    let mut executor = chain.executor(&[]);
    executor.execute_transaction(&create(0, &child, 0)).expect("execution");
    executor.execute_transaction(&create(1, &mortal, 0)).expect("execution");
    executor.execute_transaction(&user.transfer(2, sent_to_dead, 77)).expect("execution");
    let block = executor.finish().expect("roots");
    assert!(block.receipts.iter().all(TxReceipt::status));
    let dead = block.state.accounts[&sent_to_dead];
    assert_eq!(dead.new.map(|account| (account.nonce, account.balance)), Some((0, U256::from(77))));

    chain.block(&[], &[create(0, &child, 0), create(1, &mortal, 0), user.transfer(2, sent_to_dead, 77)]);
    let alive = user.address().create(0);
    assert_eq!(chain.slot(alive, 1), U256::from(9));
    assert_eq!(chain.nonce(alive), 1);
    let block = chain.block(&[], &[create(3, &mortal, 0)]);
    assert!(!block.state.accounts.contains_key(&user.address().create(3)), "come and gone");
}

#[test]
fn touched_empty_accounts_do_not_come_to_be() {
    let mut chain = Chain::new([]);
    let block = chain.block(&[], &[Key::new(1).transfer(0, TO, 0)]);
    assert!(block.receipts[0].status());
    assert!(!chain.state.accounts.contains_key(&TO));
}

#[test]
fn delegation_by_eip_7702_executes() {
    let code = Asm::default().op(opcode::CALLER).push(U256::from(3)).op(opcode::SSTORE).code();
    let mut chain = Chain::new([(TO, contract(code))]);
    let (user, sponsor) = (Key::new(1), Key::new(2));
    let authorization = Authorization { chain_id: U256::from(chain.config.l2_chain_id), address: TO, nonce: 0 };
    let authorization = user.authorize(authorization);
    let transaction = TxEip7702 {
        chain_id: chain.config.l2_chain_id,
        gas_limit: 200_000,
        max_fee_per_gas: ATN / 1_000_000_000,
        to: user.address(),
        authorization_list: vec![authorization],
        ..Default::default()
    };
    let block = chain.block(&[], &[sponsor.sign(transaction)]);
    assert!(block.receipts[0].status());
    assert_eq!(chain.slot(user.address(), 3), U256::from_be_slice(sponsor.address().as_slice()));
    assert_eq!(chain.nonce(user.address()), 1);
    // And the delegated account still signs for itself.
    assert!(chain.block(&[], &[user.transfer(1, Address::ZERO, 1)]).skipped.is_empty());
}

#[test]
fn many_blocks_of_many_senders() {
    let store = Asm::default().push(U256::ZERO).op(opcode::CALLDATALOAD).op(opcode::DUP1).op(opcode::SLOAD);
    let store = store.op(opcode::CALLVALUE).op(opcode::SWAP1).op(opcode::POP).op(opcode::SWAP1).op(opcode::SSTORE);
    let mut chain = Chain::new([(TO, contract(store.code()))]);
    let mut draw = 12_345u64;
    for round in 0..20u64 {
        let mut transactions = Vec::new();
        for (seed, salt) in (1..=3).flat_map(|seed| [(seed, 0u64), (seed, 1)]) {
            draw = draw.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let nonce = 2 * round + salt;
            let input = U256::from(draw >> 60).to_be_bytes::<32>().to_vec().into();
            let value = U256::from(draw >> 40 & 3);
            let transaction = TxEip1559 { gas_limit: 100_000, to: TO.into(), input, value, ..transaction(nonce) };
            transactions.push(Key::new(seed).sign(transaction));
        }
        let block = chain.block(&[], &transactions);
        assert_eq!(block.receipts.len(), 6);
    }
    assert_eq!(chain.head.number, 20);
    assert_ne!(chain.head.hash(), B256::ZERO);
}
