//! Transactions, as they come and as the EVM takes them.

use crate::{Recovered, Skipped, TxEnv};
use alloy_consensus::{Transaction, transaction::SignerRecoverable};
use alloy_primitives::Address;
use autonet_primitives::{
    ChainConfig, DelayedMessage, Deposit, DepositError, MAX_DELAYED_GAS, TxEnvelope, Words, decode_forced_transaction,
    decode_transaction,
};
use op_alloy_consensus::TxDeposit;
use revm::{
    context::either::Either, context_interface::cfg::gas::calculate_initial_tx_gas_for_tx, primitives::hardfork::SpecId,
};

/// Decodes a user's transaction and recovers who signed it. The costly part of a transaction that needs no state: nodes
/// run it on many at the same time and step a [`crate::BlockExecutor`] with the results.
pub fn recover_transaction(bytes: &[u8]) -> Result<Recovered<TxEnvelope>, Skipped> {
    recover(decode_transaction(bytes).ok_or(Skipped::Malformed)?)
}

/// Like [`recover_transaction`], for the payload of a forced transaction.
pub(crate) fn recover_forced(payload: &[u8]) -> Result<Recovered<TxEnvelope>, Skipped> {
    recover(decode_forced_transaction(payload)?)
}

fn recover(transaction: TxEnvelope) -> Result<Recovered<TxEnvelope>, Skipped> {
    let signer = transaction.recover_signer().map_err(|_| Skipped::Signature)?;
    Ok(Recovered::new_unchecked(transaction, signer))
}

/// The deposit transaction of a delayed message. Its gas is cut to what a delayed message may have.
pub(crate) fn deposit(config: &ChainConfig, message: &DelayedMessage) -> Result<TxDeposit, DepositError> {
    let deposit = Deposit::decode(&message.payload)?;
    let origin = Words::new().address(config.inbox).u64(message.index).hash();
    Ok(TxDeposit {
        source_hash: Words::new().u64(0).word(origin).hash(),
        from: message.sender,
        to: deposit.to.into(),
        mint: deposit.mint,
        value: deposit.value,
        gas_limit: deposit.gas_limit.min(MAX_DELAYED_GAS),
        is_system_transaction: false,
        input: deposit.data,
    })
}

/// What the EVM needs of a transaction, of Ethereum or of the rollup, that `sender` has signed.
pub fn tx_env<T: Transaction>(transaction: &T, sender: Address) -> TxEnv {
    let authorizations = transaction.authorization_list().unwrap_or_default();
    TxEnv {
        tx_type: transaction.ty(),
        caller: sender,
        gas_limit: transaction.gas_limit(),
        gas_price: transaction.max_fee_per_gas(),
        kind: transaction.kind(),
        value: transaction.value(),
        data: transaction.input().clone(),
        nonce: transaction.nonce(),
        chain_id: transaction.chain_id(),
        access_list: transaction.access_list().cloned().unwrap_or_default(),
        gas_priority_fee: transaction.max_priority_fee_per_gas(),
        blob_hashes: transaction.blob_versioned_hashes().unwrap_or_default().to_vec(),
        max_fee_per_blob_gas: transaction.max_fee_per_blob_gas().unwrap_or_default(),
        authorization_list: authorizations.iter().cloned().map(Either::Left).collect(),
    }
}

/// The least gas limit with which a transaction is valid: its intrinsic gas, or the floor of its data (EIP-7623).
pub fn intrinsic_gas<T: Transaction>(transaction: &T) -> u64 {
    let gas = calculate_initial_tx_gas_for_tx(tx_env(transaction, Address::ZERO), SpecId::OSAKA, None);
    gas.initial_total_gas().max(gas.floor_gas())
}
