//! `eth_call`.

use crate::{
    error::RpcError,
    reader::{Reader, Result},
};
use alloy_primitives::{Bytes, TxKind, U256};
use alloy_rpc_types_eth::{BlockId, TransactionRequest};
use autonet_primitives::Header;
use autonet_stf::{
    CallEnd, CallOptions, CallResult, HaltReason, InvalidTransaction, Skipped, StateReader, TxEnv, simulate,
};
use autonet_storage::StateView;
use revm::context::either::Either;

/// A call on a state, that may be run with several gas limits.
pub(crate) struct Call {
    pub(crate) transaction: TxEnv,
    pub(crate) state: StateView,
    pub(crate) header: Header,
}

impl Reader {
    pub(crate) fn call(&self, request: TransactionRequest, block: BlockId) -> Result<Bytes> {
        // As in geth, a call that names gas and price must be able to pay; one that names no gas gets all there is.
        let named_gas = request.gas.unwrap_or_default();
        let call = self.prepare(request, block)?;
        self.funds_left(&call, named_gas)?;
        let gas_limit = call.transaction.gas_limit.min(self.limits.max_call_gas).min(call.header.gas_limit);
        let result = self.run(&call, gas_limit)?.map_err(|skipped| refusal(&call, skipped))?;
        match result.end {
            CallEnd::Success { output, .. } => Ok(output),
            end => Err(failure(end)),
        }
    }

    /// The call that a request describes, on the state after a block.
    pub(crate) fn prepare(&self, request: TransactionRequest, block: BlockId) -> Result<Call> {
        let transaction = self.transaction(request)?;
        let (state, header) = self.call_state(block)?;
        Ok(Call { transaction, state, header })
    }

    /// What the sender has left, once it has paid the value and this much gas.
    pub(crate) fn funds_left(&self, call: &Call, gas: u64) -> Result<U256> {
        let Call { transaction, state, .. } = call;
        let cost = U256::from(gas).saturating_mul(U256::from(transaction.gas_price)).saturating_add(transaction.value);
        let balance = state.account(transaction.caller)?.map_or(U256::ZERO, |account| account.balance);
        balance.checked_sub(cost).ok_or_else(|| refusal(call, Skipped::InsufficientFunds { cost, balance }))
    }

    /// Runs a call with a gas limit.
    pub(crate) fn run(&self, call: &Call, gas_limit: u64) -> Result<core::result::Result<CallResult, Skipped>> {
        let transaction = TxEnv { gas_limit, ..call.transaction.clone() };
        let options = CallOptions {
            skip_balance_check: true,
            // A call that says nothing of fees pays none.
            skip_base_fee_check: transaction.gas_price == 0,
            skip_nonce_check: true,
            skip_gas_cap: true,
            timestamp: None,
        };
        Ok(simulate(self.config(), &call.header, transaction, options, &call.state)?)
    }

    /// The transaction that a request describes.
    fn transaction(&self, request: TransactionRequest) -> Result<TxEnv> {
        let invalid = |message: &str| RpcError::InvalidParams(message.into());
        if request.blob_versioned_hashes.is_some()
            || request.sidecar.is_some()
            || request.max_fee_per_blob_gas.is_some()
        {
            return Err(invalid("blob transactions are not supported"));
        }
        if request.gas_price.is_some() && (request.max_fee_per_gas.or(request.max_priority_fee_per_gas)).is_some() {
            return Err(invalid("both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified"));
        }
        let want = self.config().l2_chain_id;
        if let Some(have) = request.chain_id.filter(|have| *have != want) {
            return Err(RpcError::InvalidParams(format!("chainId does not match node's (have={have}, want={want})")));
        }
        let data = request.input.try_into_unique_input().map_err(|_| {
            invalid(
                "both \"data\" and \"input\" are set and not equal. Please use \"input\" to pass transaction call data",
            )
        })?;
        let gas_price = request.gas_price.or(request.max_fee_per_gas).or(request.max_priority_fee_per_gas);
        let mut transaction = TxEnv {
            caller: request.from.unwrap_or_default(),
            gas_limit: request.gas.unwrap_or(u64::MAX),
            gas_price: gas_price.unwrap_or_default(),
            gas_priority_fee: gas_price
                .filter(|_| request.gas_price.is_none())
                .map(|_| request.max_priority_fee_per_gas.unwrap_or_default()),
            kind: request.to.unwrap_or(TxKind::Create),
            value: request.value.unwrap_or_default(),
            data: data.unwrap_or_default(),
            nonce: request.nonce.unwrap_or_default(),
            chain_id: Some(want),
            access_list: request.access_list.unwrap_or_default(),
            authorization_list: request.authorization_list.into_iter().flatten().map(Either::Left).collect(),
            ..Default::default()
        };
        transaction.derive_tx_type().map_err(|error| RpcError::InvalidParams(format!("{error:?}")))?;
        Ok(transaction)
    }
}

/// Why a call did not succeed, in geth's words.
pub(crate) fn failure(end: CallEnd) -> RpcError {
    match end {
        CallEnd::Success { .. } => RpcError::Internal("a success is not a failure".into()),
        CallEnd::Revert { output } => RpcError::Reverted { output },
        CallEnd::Halt { reason } => RpcError::Call(match reason {
            HaltReason::OutOfGas(_) => "out of gas".into(),
            HaltReason::OpcodeNotFound | HaltReason::NotActivated => "invalid opcode".into(),
            HaltReason::InvalidFEOpcode => "invalid opcode: INVALID".into(),
            HaltReason::OutOfOffset => "return data out of bounds".into(),
            HaltReason::CreateCollision => "contract address collision".into(),
            HaltReason::CreateContractSizeLimit => "max code size exceeded".into(),
            HaltReason::CreateContractStartingWithEF => "invalid code: must not begin with 0xef".into(),
            HaltReason::CreateInitCodeSizeLimit => "max initcode size exceeded".into(),
            HaltReason::StateChangeDuringStaticCall | HaltReason::CallNotAllowedInsideStatic => {
                "write protection".into()
            }
            HaltReason::OutOfFunds => "insufficient balance for transfer".into(),
            HaltReason::CallTooDeep => "max call depth exceeded".into(),
            other => other.to_string(),
        }),
    }
}

/// Why a call could not be in a block, in geth's words.
pub(crate) fn refusal(call: &Call, skipped: Skipped) -> RpcError {
    let from = call.transaction.caller;
    RpcError::Call(match skipped {
        Skipped::InsufficientFunds { cost, balance } => {
            format!("insufficient funds for gas * price + value: address {from} have {balance} want {cost}")
        }
        Skipped::Underpriced => format!(
            "max fee per gas less than block base fee: address {from}, maxFeePerGas: {}, baseFee: {}",
            call.transaction.gas_price,
            call.header.base_fee_per_gas.unwrap_or_default()
        ),
        Skipped::Invalid(InvalidTransaction::PriorityFeeGreaterThanMaxFee) => format!(
            "max priority fee per gas higher than max fee per gas: address {from}, maxPriorityFeePerGas: {}, maxFeePerGas: {}",
            call.transaction.gas_priority_fee.unwrap_or_default(),
            call.transaction.gas_price
        ),
        Skipped::Invalid(InvalidTransaction::CallGasCostMoreThanGasLimit { initial_gas, gas_limit }) => {
            format!("intrinsic gas too low: have {gas_limit}, want {initial_gas}")
        }
        Skipped::Invalid(InvalidTransaction::GasFloorMoreThanGasLimit { gas_floor, gas_limit }) => {
            format!("insufficient gas for floor data gas cost: have {gas_limit}, want {gas_floor}")
        }
        Skipped::Invalid(InvalidTransaction::CreateInitCodeSizeLimit) => "max initcode size exceeded".into(),
        other => other.to_string(),
    })
}
