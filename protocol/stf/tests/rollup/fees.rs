//! Who pays what to whom.

use crate::chain::{ATN, Chain, GWEI, Key, RECIPIENT, l1_context, transaction};
use alloy_consensus::TxEip1559;
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{Address, Bytes, U256};
use autonet_primitives::{DelayedKind, addresses::FEE_VAULT};
use autonet_stf::{Skipped, TxOutcome, data_fee_floor};

const TO: Address = Address::repeat_byte(0x52);

#[test]
fn base_fee_and_data_fee_go_to_the_vault_and_the_tip_to_the_sequencer() {
    let mut chain = Chain::new([]);
    let user = Key::new(1);
    let context = chain.message(DelayedKind::Context, Address::ZERO, Bytes::new());
    let transfer = user.transfer(0, TO, ATN);
    let block = chain.block(&[context], core::slice::from_ref(&transfer));

    let base_fee = U256::from(block.block.header.base_fee_per_gas.expect("base fee"));
    assert_eq!(base_fee, U256::from(GWEI - GWEI / 8), "the empty block before has lowered it");
    let gas = U256::from(21_000);
    let data_fee = data_fee_floor(&chain.config, l1_context(0).base_fee, &transfer.encoded_2718());
    assert!(data_fee >= U256::from(100 * 16 * 7));
    let tip = U256::from(GWEI);
    assert_eq!(chain.balance(FEE_VAULT), gas * base_fee + data_fee);
    assert_eq!(chain.balance(RECIPIENT), gas * tip);
    assert_eq!(chain.balance(TO), U256::from(ATN));
    let spent = U256::from(1_000 * ATN) - chain.balance(user.address());
    assert_eq!(spent, U256::from(ATN) + gas * (base_fee + tip) + data_fee);
}

#[test]
fn without_an_l1_context_there_is_no_data_fee() {
    let mut chain = Chain::new([]);
    let block = chain.block(&[], &[Key::new(1).transfer(0, TO, 1)]);
    let base_fee = block.block.header.base_fee_per_gas.expect("base fee");
    assert_eq!(chain.balance(FEE_VAULT), U256::from(21_000 * base_fee));
}

#[test]
fn data_fee_follows_the_context_of_the_block_or_else_the_newest_one() {
    let mut chain = Chain::new([]);
    let user = Key::new(1);
    let messages = [(); 2].map(|()| chain.message(DelayedKind::Context, Address::ZERO, Bytes::new()));
    assert_eq!(chain.executor(&messages).l1_base_fee(), l1_context(1).base_fee);
    chain.block(&messages, &[]);
    assert_eq!(chain.executor(&[]).l1_base_fee(), l1_context(1).base_fee);
    assert_eq!(autonet_stf::l1_base_fee(&chain.state), Ok(l1_context(1).base_fee));
    chain.block(&[], &[user.transfer(0, TO, 1)]);
}

#[test]
fn balance_must_cover_the_data_fee() {
    let mut chain = Chain::new([]);
    let (user, poor) = (Key::new(1), Key::new(9));
    let context = chain.message(DelayedKind::Context, Address::ZERO, Bytes::new());
    chain.block(&[context], &[]);
    let transfer = poor.sign(TxEip1559 { value: U256::from(5), ..transaction(0) });
    let data_fee = data_fee_floor(&chain.config, l1_context(0).base_fee, &transfer.encoded_2718());
    let cost = U256::from(5) + U256::from(21_000 * 10 * GWEI) + data_fee;
    let one_short: u128 = (cost - U256::ONE).to();
    chain.block(&[], &[user.transfer(0, poor.address(), one_short)]);

    let outcome = chain.executor(&[]).execute_transaction(&transfer).expect("execution");
    let balance = U256::from(one_short);
    assert_eq!(outcome, TxOutcome::Skipped(Skipped::InsufficientFunds { cost, balance }));

    chain.block(&[], &[user.transfer(1, poor.address(), 1)]);
    assert!(matches!(chain.executor(&[]).execute_transaction(&transfer), Ok(TxOutcome::Included(_))));
}
