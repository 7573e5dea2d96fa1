use super::{AccountView, MempoolLimits, NextBlockView};
use alloy_consensus::Transaction as _;
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::U256;
use autonet_primitives::TxEnvelope;
use autonet_rpc::PoolError;
use autonet_stf::{Recovered, Skipped};

/// EIP-7825: the most gas that a transaction may ask for.
const MAX_TX_GAS: u64 = 1 << 24;

/// Decodes a transaction and recovers its sender.
///
/// # Errors
/// [`PoolError::Malformed`] or [`PoolError::InvalidSender`].
pub(crate) fn recover(bytes: &[u8]) -> Result<Recovered<TxEnvelope>, PoolError> {
    autonet_stf::recover_transaction(bytes).map_err(|reason| match reason {
        Skipped::Signature => PoolError::InvalidSender,
        Skipped::Malformed if bytes.first().is_some_and(|kind| matches!(kind, 0x03 | 0x7d | 0x7e)) => {
            PoolError::TypeNotSupported
        }
        Skipped::Malformed => PoolError::Malformed,
        other => PoolError::Invalid(other.to_string()),
    })
}

/// The rules that need no other transaction; `data_fee` is what its bytes cost on L1.
pub(super) fn validate(
    transaction: &Recovered<TxEnvelope>,
    account: AccountView,
    data_fee: U256,
    next: NextBlockView,
    limits: &MempoolLimits,
) -> Result<(), PoolError> {
    let size = transaction.encode_2718_len();
    if size > limits.transaction_bytes {
        return Err(PoolError::Oversized { size, limit: limits.transaction_bytes });
    }
    match transaction.chain_id() {
        Some(have) if have != next.chain_id => return Err(PoolError::ChainId { have, want: next.chain_id }),
        None => return Err(PoolError::Invalid("only replay-protected (EIP-155) transactions allowed".to_owned())),
        Some(_) => {}
    }
    let (gas, limit) = (transaction.gas_limit(), MAX_TX_GAS.min(next.gas_limit));
    if gas > limit {
        return Err(PoolError::GasLimit { gas, limit });
    }
    let minimum = autonet_stf::intrinsic_gas(transaction.inner());
    if gas < minimum {
        return Err(PoolError::IntrinsicGas { gas, minimum });
    }
    let (tip, max_fee) = (transaction.max_priority_fee_per_gas().unwrap_or_default(), transaction.max_fee_per_gas());
    if tip > max_fee {
        return Err(PoolError::TipAboveFee { tip, max_fee });
    }
    let (state, tx) = (account.nonce, transaction.nonce());
    if tx < state {
        return Err(PoolError::NonceTooLow { state, tx });
    }
    if tx - state >= limits.per_account as u64 {
        return Err(PoolError::NonceTooHigh { state, tx });
    }
    let cost = max_cost(transaction).saturating_add(data_fee);
    if account.balance < cost {
        return Err(PoolError::InsufficientFunds { balance: account.balance, cost });
    }
    Ok(())
}

/// Value and gas at the highest price, in wei.
fn max_cost(transaction: &TxEnvelope) -> U256 {
    let gas = U256::from(transaction.gas_limit()) * U256::from(transaction.max_fee_per_gas());
    gas.saturating_add(transaction.value())
}
