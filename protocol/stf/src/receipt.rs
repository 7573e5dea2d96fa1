//! What a transaction leaves in the block.

use alloc::vec::Vec;
use alloy_consensus::{Eip658Value, Receipt as Inner, ReceiptWithBloom};
use alloy_primitives::{B256, Log, logs_bloom};
use alloy_sol_types::{SolEvent, sol};
use autonet_primitives::{Receipt, addresses::TENSOR_STORE};
use op_alloy_consensus::{OpDepositReceipt, OpTxType};
use revm::context::result::ExecutionResult;

sol! {
    event TensorPinned(bytes32 indexed id, uint256 sizeBytes, uint64 paidUntil);
}

/// A transaction's result, as far as the block records it.
pub(crate) struct Effect {
    pub(crate) success: bool,
    pub(crate) gas_used: u64,
    pub(crate) logs: Vec<Log>,
}

impl Effect {
    pub(crate) const fn failed(gas_used: u64) -> Self {
        Self { success: false, gas_used, logs: Vec::new() }
    }
}

impl From<ExecutionResult> for Effect {
    fn from(result: ExecutionResult) -> Self {
        let gas_used = result.tx_gas_used();
        match result {
            ExecutionResult::Success { logs, .. } => Self { success: true, gas_used, logs },
            ExecutionResult::Revert { .. } | ExecutionResult::Halt { .. } => Self::failed(gas_used),
        }
    }
}

/// Ids that the TensorStore says it has pinned.
pub(crate) fn tensor_pins(logs: &[Log]) -> impl Iterator<Item = B256> + '_ {
    logs.iter().filter(|log| log.address == TENSOR_STORE).filter_map(|log| match log.topics() {
        [event, id, ..] if *event == TensorPinned::SIGNATURE_HASH => Some(*id),
        _ => None,
    })
}

/// A receipt; that of a deposit has the `nonce` before it (as since the OP Stack's Canyon).
pub(crate) fn receipt(kind: OpTxType, effect: Effect, cumulative_gas_used: u64, nonce: Option<u64>) -> Receipt {
    const DEPOSIT_RECEIPT_VERSION: u64 = 1;
    let logs_bloom = logs_bloom(&effect.logs);
    let receipt = Inner { status: Eip658Value::Eip658(effect.success), cumulative_gas_used, logs: effect.logs };
    if let OpTxType::Deposit = kind {
        let deposit_receipt_version = Some(DEPOSIT_RECEIPT_VERSION);
        let receipt = OpDepositReceipt { inner: receipt, deposit_nonce: nonce, deposit_receipt_version };
        return Receipt::Deposit(ReceiptWithBloom { receipt, logs_bloom });
    }
    let receipt = ReceiptWithBloom { receipt, logs_bloom };
    match kind {
        OpTxType::Eip2930 => Receipt::Eip2930(receipt),
        OpTxType::Eip1559 => Receipt::Eip1559(receipt),
        OpTxType::Eip7702 => Receipt::Eip7702(receipt),
        _ => Receipt::Legacy(receipt),
    }
}
