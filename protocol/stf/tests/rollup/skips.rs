//! What may not be in a block, and why.

use crate::chain::{ATN, Chain, GWEI, Key, Signed, transaction};
use alloy_consensus::{Sealable, TxEip1559, TxEip7702, TxLegacy};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{Address, Bytes, U256, bytes};
use autonet_primitives::{BlockInput, TxEnvelope};
use autonet_stf::{InvalidTransaction, Recovered, Skipped, Source, TxOutcome, execute_block};
use op_alloy_consensus::TxDeposit;

fn reason(chain: &Chain, transaction: &Signed) -> Skipped {
    match chain.executor(&[]).execute_transaction(transaction).expect("execution") {
        TxOutcome::Skipped(reason) => reason,
        TxOutcome::Included(included) => panic!("{included:?}"),
    }
}

#[test]
fn each_reason_to_skip() {
    let mut chain = Chain::new([]);
    let (user, poor) = (Key::new(1), Key::new(9));
    chain.block(&[], &[user.transfer(0, Address::ZERO, 1)]);
    let base = transaction(1);
    let check = |transaction: TxEip1559, expected: Skipped| {
        assert_eq!(reason(&chain, &user.sign(transaction)), expected);
    };
    check(TxEip1559 { nonce: 0, ..base.clone() }, Skipped::NonceTooLow { tx: 0, state: 1 });
    check(TxEip1559 { nonce: 2, ..base.clone() }, Skipped::NonceTooHigh { tx: 2, state: 1 });
    let cheap = TxEip1559 { max_fee_per_gas: 1, max_priority_fee_per_gas: 1, ..base.clone() };
    check(cheap, Skipped::Underpriced);
    let left = 60_000_000;
    let above = TxEip1559 { gas_limit: left + 1, ..base.clone() };
    check(above, Skipped::BlockGas { gas_limit: left + 1, left });
    let cap = 1 << 24;
    let gas_limit = cap + 1;
    let too_much = TxEip1559 { gas_limit, ..base.clone() };
    check(too_much, Skipped::Invalid(InvalidTransaction::TxGasLimitGreaterThanCap { gas_limit, cap }));
    let elsewhere = TxEip1559 { chain_id: 1, ..base.clone() };
    check(elsewhere, Skipped::Invalid(InvalidTransaction::InvalidChainId));
    let gas = InvalidTransaction::CallGasCostMoreThanGasLimit { initial_gas: 21_000, gas_limit: 20_999 };
    check(TxEip1559 { gas_limit: 20_999, ..base.clone() }, Skipped::Invalid(gas));
    let tip = TxEip1559 { max_priority_fee_per_gas: u128::MAX, ..base.clone() };
    check(tip, Skipped::Invalid(InvalidTransaction::PriorityFeeGreaterThanMaxFee));
    let overflow = TxEip1559 { max_fee_per_gas: u128::MAX, ..base.clone() };
    check(overflow, Skipped::Invalid(InvalidTransaction::OverflowPaymentInTransaction));

    let cost = U256::from(21_000 * 10 * GWEI);
    let broke = poor.sign(TxEip1559 { nonce: 0, ..base });
    assert_eq!(reason(&chain, &broke), Skipped::InsufficientFunds { cost, balance: U256::ZERO });
    let empty = TxEip7702 {
        chain_id: chain.config.l2_chain_id,
        nonce: 1,
        gas_limit: 100_000,
        max_fee_per_gas: u128::from(10 * GWEI),
        ..Default::default()
    };
    let empty = reason(&chain, &user.sign(empty));
    assert_eq!(empty, Skipped::Invalid(InvalidTransaction::EmptyAuthorizationList));
}

#[test]
fn users_cannot_send_deposits() {
    let chain = Chain::new([]);
    let deposit = TxDeposit { mint: ATN, gas_limit: 21_000, ..Default::default() };
    let deposit = TxEnvelope::Deposit(deposit.seal_slow());
    let bytes = deposit.encoded_2718();
    assert_eq!(reason(&chain, &Recovered::new_unchecked(deposit, Address::ZERO)), Skipped::Malformed);
    let outcome = chain.executor(&[]).execute_bytes(&bytes).expect("execution");
    assert_eq!(outcome, TxOutcome::Skipped(Skipped::Malformed));
}

#[test]
fn skipped_inputs_leave_no_trace() {
    let chain = Chain::new([]);
    let user = Key::new(1);
    let good = |nonce| Bytes::from(user.transfer(nonce, Address::ZERO, 1).encoded_2718());
    // r = 0: no one can have signed it.
    let unsigned = TxLegacy { gas_limit: 21_000, ..Default::default() };
    let signature = alloy_primitives::Signature::new(U256::ZERO, U256::ONE, false);
    let unsigned = TxEnvelope::Legacy(alloy_consensus::SignableTransaction::into_signed(unsigned, signature));
    let blob = bytes!("03f8");
    let inputs =
        vec![blob, good(0), Bytes::new(), good(0), unsigned.encoded_2718().into(), good(7), good(1), bytes!("7d01")];
    let input = |transactions| BlockInput { timestamp: chain.head.timestamp, delayed: Vec::new(), transactions };
    let execute = |input| execute_block(&chain.config, &chain.head, &input, &chain.state).expect("execution");
    let mut with = execute(input(inputs));
    let without = execute(input(vec![good(0), good(1)]));

    let reasons: Vec<_> =
        core::mem::take(&mut with.skipped).into_iter().map(|skipped| (skipped.source, skipped.reason)).collect();
    assert_eq!(
        reasons,
        [
            (Source::Transaction(0), Skipped::Malformed),
            (Source::Transaction(2), Skipped::Malformed),
            (Source::Transaction(3), Skipped::NonceTooLow { tx: 0, state: 1 }),
            (Source::Transaction(4), Skipped::Signature),
            (Source::Transaction(5), Skipped::NonceTooHigh { tx: 7, state: 1 }),
            (Source::Transaction(7), Skipped::Malformed),
        ]
    );
    assert_eq!(with, without);
}

#[test]
fn block_is_full_when_the_gas_left_is_below_the_limit_of_a_transaction() {
    let mut chain = Chain::new([]);
    chain.config.gas_limit = 50_000;
    let user = Key::new(1);
    let block = chain.block(&[], &[0, 1, 2].map(|nonce| user.transfer(nonce, Address::ZERO, 1)));
    assert_eq!(block.receipts.len(), 2);
    assert_eq!(block.skipped[0].reason, Skipped::BlockGas { gas_limit: 21_000, left: 8_000 });
}
