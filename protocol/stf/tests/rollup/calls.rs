//! `eth_call` and `eth_estimateGas`.

use crate::{
    asm::Asm,
    chain::{Chain, GWEI, Key, contract},
};
use alloy_primitives::{Address, Bytes, TxKind, U256};
use autonet_stf::{CallEnd, CallOptions, CallResult, HaltReason, Skipped, TxEnv, simulate};
use revm::bytecode::opcode;

const TO: Address = Address::repeat_byte(0x52);

fn run(chain: &Chain, call: TxEnv, options: CallOptions) -> Result<CallResult, Skipped> {
    simulate(&chain.config, &chain.head, call, options, &chain.state).expect("execution")
}

fn call(from: Address) -> TxEnv {
    TxEnv { caller: from, kind: TO.into(), gas_limit: 100_000, ..Default::default() }
}

fn chain(asm: Asm) -> Chain {
    let mut chain = Chain::new([(TO, contract(asm.code()))]);
    chain.block(&[], &[]);
    chain
}

/// Returns, or reverts with, the word on the stack.
fn end_with(asm: Asm, op: u8) -> Asm {
    asm.push(U256::ZERO).op(opcode::MSTORE).push(U256::from(32)).push(U256::ZERO).op(op)
}

fn word(value: U256) -> Bytes {
    value.to_be_bytes::<32>().to_vec().into()
}

#[test]
fn revert_data_comes_back() {
    let chain = chain(end_with(Asm::default().push(U256::from(77)), opcode::REVERT));
    let result = run(&chain, call(Address::ZERO), CallOptions::FREE).expect("valid");
    assert_eq!(result.end, CallEnd::Revert { output: word(U256::from(77)) });
    assert!((21_000..22_000).contains(&result.gas_used));
}

#[test]
fn halt_has_a_reason_and_uses_all_gas() {
    let chain = chain(Asm::default().op(opcode::INVALID));
    let result = run(&chain, call(Address::ZERO), CallOptions::FREE).expect("valid");
    assert_eq!(result.end, CallEnd::Halt { reason: HaltReason::InvalidFEOpcode });
    assert_eq!(result.gas_used, 100_000);
}

#[test]
fn block_of_the_call_is_the_header_or_another_time() {
    let chain = chain(end_with(Asm::default().op(opcode::TIMESTAMP), opcode::RETURN));
    let time = |options| match run(&chain, call(Address::ZERO), options).expect("valid").end {
        CallEnd::Success { output, .. } => U256::from_be_slice(&output),
        end => panic!("{end:?}"),
    };
    assert_eq!(time(CallOptions::FREE), U256::from(chain.head.timestamp));
    assert_eq!(time(CallOptions { timestamp: Some(5), ..CallOptions::FREE }), U256::from(5));
}

#[test]
fn checks_hold_unless_they_are_skipped() {
    let chain = chain(Asm::default().op(opcode::STOP));
    let user = Key::new(1).address();
    let nobody = Address::repeat_byte(0x77);
    let paid = |from| TxEnv { gas_price: u128::from(10 * GWEI), ..call(from) };
    let check = CallOptions::default();

    assert_eq!(run(&chain, call(user), check), Err(Skipped::Underpriced));
    assert!(run(&chain, call(user), CallOptions { skip_base_fee_check: true, ..check }).is_ok());
    assert!(run(&chain, paid(user), check).is_ok());
    assert!(matches!(run(&chain, paid(nobody), check), Err(Skipped::InsufficientFunds { .. })));
    assert!(run(&chain, paid(nobody), CallOptions { skip_balance_check: true, ..check }).is_ok());
    let nonce = |from| TxEnv { nonce: 5, ..paid(from) };
    assert_eq!(run(&chain, nonce(user), check), Err(Skipped::NonceTooHigh { tx: 5, state: 0 }));
    assert!(run(&chain, nonce(user), CallOptions { skip_nonce_check: true, ..check }).is_ok());
    let gas = TxEnv { gas_limit: 100_000_000, ..paid(user) };
    assert!(matches!(run(&chain, gas.clone(), check), Err(Skipped::Invalid(_))));
    assert!(run(&chain, gas, CallOptions { skip_gas_cap: true, ..check }).is_ok());
    assert!(run(&chain, call(TO), CallOptions::FREE).is_ok(), "from a contract");
    let absurd = TxEnv { gas_price: u128::MAX, value: U256::MAX, ..call(nobody) };
    assert!(run(&chain, absurd, CallOptions::FREE).is_err(), "and no panic");
}

#[test]
fn creation_tells_address_and_code() {
    let chain = chain(Asm::default());
    let user = Key::new(1).address();
    let init = end_with(Asm::default().push(U256::from(0xfe)), opcode::RETURN).code();
    let creation = TxEnv { kind: TxKind::Create, data: init, ..call(user) };
    let result = run(&chain, creation, CallOptions::FREE).expect("valid");
    let expected = CallEnd::Success { output: word(U256::from(0xfe)), created: Some(user.create(0)) };
    assert_eq!(result.end, expected);
}

#[test]
fn gas_used_is_what_a_transaction_uses() {
    let store = Asm::default().push(U256::ONE).push(U256::ONE).op(opcode::SSTORE);
    let mut chain = chain(store);
    let user = Key::new(1);
    let estimated = run(&chain, call(user.address()), CallOptions::FREE).expect("valid").gas_used;
    let block = chain.block(&[], &[user.call(0, TO, Bytes::new())]);
    assert_eq!(block.block.header.gas_used, estimated);
}
