//! Deposits and forced transactions.

use crate::{
    asm::Asm,
    chain::{ATN, Chain, Key, contract, transaction},
};
use alloy_consensus::{Transaction, TxEip1559};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{Address, Bytes, U256, keccak256};
use autonet_primitives::{
    DelayedKind, Deposit, DepositError, ForcedTransactionError, MAX_DELAYED_GAS, Receipt, Words, addresses::FEE_VAULT,
};
use autonet_stf::{ExecutedBlock, Skipped, SkippedInput, Source};
use revm::bytecode::opcode;

const FROM: Address = Address::repeat_byte(0x51);
const TO: Address = Address::repeat_byte(0x52);

fn deposit(to: Address) -> Deposit {
    Deposit { mint: 3 * ATN, value: U256::from(ATN), gas_limit: 100_000, to, data: Bytes::new() }
}

fn gas_used(block: &ExecutedBlock, index: usize) -> u64 {
    let before = index.checked_sub(1).map_or(0, |index| block.receipts[index].cumulative_gas_used());
    block.receipts[index].cumulative_gas_used() - before
}

#[test]
fn deposit_mints_calls_and_pays_no_fee() {
    let mut chain = Chain::new([]);
    let message = chain.deposit(FROM, &deposit(TO));
    let block = chain.block(&[message], &[]);

    assert_eq!(chain.balance(FROM), U256::from(2 * ATN));
    assert_eq!(chain.balance(TO), U256::from(ATN));
    assert_eq!(chain.nonce(FROM), 1);
    assert_eq!(gas_used(&block, 0), 21_000);
    assert_eq!(block.block.header.gas_used, 21_000, "its gas counts");
    let transaction = block.block.body.transactions[0].as_deposit().expect("a deposit");
    let origin = Words::new().address(chain.config.inbox).u64(0).hash();
    assert_eq!(transaction.source_hash, keccak256([[0; 32], origin.0].concat()));
    let Receipt::Deposit(receipt) = &block.receipts[0] else { panic!("{:?}", block.receipts[0]) };
    assert_eq!((receipt.receipt.deposit_nonce, receipt.receipt.deposit_receipt_version), (Some(0), Some(1)));
    assert!(receipt.receipt.inner.status.coerce_status());
}

#[test]
fn receipt_has_the_nonce_before_the_deposit() {
    let mut chain = Chain::new([]);
    let messages = [chain.deposit(FROM, &deposit(TO)), chain.deposit(FROM, &deposit(TO))];
    let block = chain.block(&messages, &[]);
    let Receipt::Deposit(receipt) = &block.receipts[1] else { panic!("{:?}", block.receipts[1]) };
    assert_eq!(receipt.receipt.deposit_nonce, Some(1));
    assert_eq!(chain.nonce(FROM), 2);
}

#[test]
fn failed_call_keeps_mint_and_nonce() {
    let reverts = (TO, contract(Asm::default().push(U256::ONE).push(U256::ZERO).op(opcode::SSTORE).revert().code()));
    let halts = (Address::repeat_byte(0x53), contract(Bytes::from_static(&[opcode::INVALID])));
    let mut chain = Chain::new([reverts, halts.clone()]);
    let base = deposit(TO);
    let failures = [
        ("revert", base.clone(), None),
        ("halt", Deposit { to: halts.0, ..base.clone() }, Some(100_000)),
        ("value above the balance", Deposit { value: U256::MAX, ..base.clone() }, Some(100_000)),
        ("gas below the intrinsic", Deposit { gas_limit: 20_999, ..base.clone() }, Some(20_999)),
        ("no gas", Deposit { gas_limit: 0, ..base.clone() }, Some(0)),
        ("gas below the floor of its data", Deposit { data: vec![1; 10_000].into(), ..base }, Some(100_000)),
    ];
    for (index, (case, deposit, gas)) in failures.into_iter().enumerate() {
        let message = chain.deposit(FROM, &deposit);
        let block = chain.block(&[message], &[]);
        assert!(!block.receipts[0].status(), "{case}");
        assert!(block.receipts[0].logs().is_empty());
        assert_eq!(chain.balance(FROM), U256::from(3 * ATN) * U256::from(index + 1), "{case}");
        assert_eq!(chain.nonce(FROM), index as u64 + 1, "{case}");
        match gas {
            Some(gas) => assert_eq!(gas_used(&block, 0), gas, "{case}"),
            None => assert!((21_000..100_000).contains(&gas_used(&block, 0)), "{case}"),
        }
        assert_eq!(chain.balance(TO) + chain.balance(halts.0), U256::ZERO, "{case}");
    }
}

#[test]
fn deposit_gas_is_bounded() {
    let mut chain = Chain::new([(TO, contract(Bytes::from_static(&[opcode::INVALID])))]);
    let message = chain.deposit(FROM, &Deposit { gas_limit: u64::MAX, ..deposit(TO) });
    let block = chain.block(&[message], &[]);
    assert_eq!(gas_used(&block, 0), MAX_DELAYED_GAS);
}

#[test]
fn deposit_of_an_account_with_code_runs() {
    let mut chain = Chain::new([(FROM, contract(Bytes::from_static(&[opcode::STOP])))]);
    let message = chain.deposit(FROM, &deposit(TO));
    assert!(chain.block(&[message], &[]).receipts[0].status());
    assert_eq!(chain.nonce(FROM), 2);
}

#[test]
fn malformed_deposit_is_skipped() {
    let mut chain = Chain::new([]);
    let messages = [
        chain.message(DelayedKind::Deposit, FROM, Bytes::from_static(&[0; 91])),
        chain.message(DelayedKind::Deposit, FROM, Bytes::from_static(&[0xff; 92])),
        chain.message(DelayedKind::Context, FROM, Bytes::from_static(b"ignored")),
    ];
    let block = chain.block(&messages, &[]);
    assert!(block.receipts.is_empty());
    let reasons = [DepositError::TooShort(91), DepositError::MintTooLarge(U256::MAX)];
    let skipped = reasons.into_iter().enumerate().map(|(index, reason)| SkippedInput {
        source: Source::Delayed(index as u64),
        reason: Skipped::Deposit(reason),
    });
    assert_eq!(block.skipped, skipped.collect::<Vec<_>>());
}

#[test]
fn forced_transaction_runs_like_any_other_or_is_skipped() {
    let mut chain = Chain::new([]);
    let user = Key::new(1);
    let bytes = |nonce, gas_limit| {
        Bytes::from(user.sign(TxEip1559 { gas_limit, value: U256::from(5), ..transaction(nonce) }).encoded_2718())
    };
    let payloads = [
        bytes(0, 21_000),
        Bytes::from_static(b"nonsense"),
        bytes(0, 21_000),
        bytes(2, 21_000),
        bytes(1, MAX_DELAYED_GAS + 1),
        bytes(1, 20_999),
        bytes(1, MAX_DELAYED_GAS),
    ];
    let messages: Vec<_> =
        payloads.into_iter().map(|payload| chain.message(DelayedKind::Forced, FROM, payload)).collect();
    let later = user.transfer(2, TO, 1);
    let block = chain.block(&messages, &[later]);

    assert_eq!(block.senders, [user.address(); 3]);
    assert_eq!(block.block.body.transactions.iter().map(|tx| tx.nonce()).collect::<Vec<_>>(), [0, 1, 2]);
    assert_eq!(chain.balance(Address::repeat_byte(0xaa)), U256::from(10));
    let base_fees = U256::from(3 * 21_000 * block.block.header.base_fee_per_gas.expect("base fee"));
    assert!(chain.balance(FEE_VAULT) > base_fees, "with data fees");
    let reasons: Vec<_> = block.skipped.iter().map(|skipped| (skipped.source, &skipped.reason)).collect();
    let gas_limit = ForcedTransactionError::GasLimit(MAX_DELAYED_GAS + 1);
    assert!(
        matches!(
            reasons[..],
            [
                (Source::Delayed(1), Skipped::Forced(ForcedTransactionError::Malformed)),
                (Source::Delayed(2), Skipped::NonceTooLow { tx: 0, state: 1 }),
                (Source::Delayed(3), Skipped::NonceTooHigh { tx: 2, state: 1 }),
                (Source::Delayed(4), Skipped::Forced(above)),
                (Source::Delayed(5), Skipped::Invalid(_)),
            ] if *above == gas_limit
        ),
        "{reasons:?}"
    );
}
