//! `eth_estimateGas`, by geth's search.

use crate::{
    call::{Call, failure, refusal},
    error::RpcError,
    reader::{Reader, Result},
};
use alloy_eips::eip7825::MAX_TX_GAS_LIMIT_OSAKA;
use alloy_primitives::{KECCAK256_EMPTY, TxKind, U64, U256};
use alloy_rpc_types_eth::{BlockId, TransactionRequest};
use autonet_stf::{CallEnd, HaltReason, InvalidTransaction, Skipped, StateReader};

/// Gas of a transfer to an account without code.
const TRANSFER_GAS: u64 = 21_000;
/// Gas that a call with value gives its callee on top.
const CALL_STIPEND: u64 = 2_300;
/// The search ends once the bounds are closer than this part of the upper one, as in geth.
const PRECISION_PERMILLE: u64 = 15;

/// How a call ends with some gas limit.
enum Attempt {
    Fits { gas_used: u64 },
    Fails(CallEnd),
    TooLittleGas,
}

impl Reader {
    pub(crate) fn estimate_gas(&self, request: TransactionRequest, block: BlockId) -> Result<U64> {
        let call = self.prepare(request, block)?;
        let highest = self.highest_gas(&call)?;
        if highest >= TRANSFER_GAS
            && self.is_transfer(&call)?
            && let Attempt::Fits { .. } = self.attempt(&call, TRANSFER_GAS)?
        {
            return Ok(U64::from(TRANSFER_GAS));
        }
        match self.attempt(&call, highest)? {
            Attempt::Fits { gas_used } => self.search(&call, gas_used, highest).map(U64::from),
            Attempt::TooLittleGas => Err(RpcError::Call(format!("gas required exceeds allowance ({highest})"))),
            Attempt::Fails(end) => Err(failure(end)),
        }
    }

    /// The most gas that the transaction may ask for, and that its sender can pay.
    fn highest_gas(&self, call: &Call) -> Result<u64> {
        let transaction = &call.transaction;
        let requested = if transaction.gas_limit < TRANSFER_GAS { u64::MAX } else { transaction.gas_limit };
        let highest = requested.min(call.header.gas_limit).min(self.limits.max_call_gas).min(MAX_TX_GAS_LIMIT_OSAKA);
        let payable = self.funds_left(call, 0)?.checked_div(U256::from(transaction.gas_price));
        Ok(payable.map_or(highest, |payable| payable.saturating_to::<u64>().min(highest)))
    }

    fn is_transfer(&self, call: &Call) -> Result<bool> {
        let transaction = &call.transaction;
        let TxKind::Call(to) = transaction.kind else { return Ok(false) };
        let plain = transaction.data.is_empty()
            && transaction.access_list.is_empty()
            && transaction.authorization_list.is_empty();
        Ok(plain && call.state.account(to)?.is_none_or(|account| account.code_hash == KECCAK256_EMPTY))
    }

    /// The lowest gas limit that the call fits, within the precision. It may need more than it uses: a refund comes at the
    /// end only, and a call gets at most 63/64 of what is left.
    fn search(&self, call: &Call, gas_used: u64, highest: u64) -> Result<u64> {
        let (mut low, mut high) = (gas_used.saturating_sub(1), highest);
        let guess = gas_used.saturating_add(CALL_STIPEND).saturating_mul(64) / 63;
        if guess < high {
            match self.attempt(call, guess)? {
                Attempt::Fits { .. } => high = guess,
                _ => low = guess,
            }
        }
        while low + 1 < high && u128::from(high - low) * 1_000 >= u128::from(high) * u128::from(PRECISION_PERMILLE) {
            // Most calls need little more than they use: look low first.
            let middle = (low + (high - low) / 2).min(low.saturating_mul(2).max(low + 1));
            match self.attempt(call, middle)? {
                Attempt::Fits { .. } => high = middle,
                _ => low = middle,
            }
        }
        Ok(high)
    }

    fn attempt(&self, call: &Call, gas_limit: u64) -> Result<Attempt> {
        let result = match self.run(call, gas_limit)? {
            Ok(result) => result,
            Err(Skipped::Invalid(
                InvalidTransaction::CallGasCostMoreThanGasLimit { .. }
                | InvalidTransaction::GasFloorMoreThanGasLimit { .. },
            )) => return Ok(Attempt::TooLittleGas),
            Err(skipped) => return Err(refusal(call, skipped)),
        };
        Ok(match result.end {
            CallEnd::Success { .. } => Attempt::Fits { gas_used: result.gas_used },
            CallEnd::Halt { reason: HaltReason::OutOfGas(_) } => Attempt::TooLittleGas,
            end => Attempt::Fails(end),
        })
    }
}
