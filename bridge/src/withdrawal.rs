use crate::{BridgeError, Checkpoint, CheckpointStatus, Checkpoints, TransactionSender};
use alloy::{
    eips::BlockId,
    primitives::{Address, B256, Bytes, U256, keccak256},
    providers::{DynProvider, Provider},
    sol_types::{SolCall, SolEvent, SolValue},
};
use autonet_bindings::{
    anchor_bridge::AnchorBridge::{self, AnchorBridgeInstance, Withdrawal},
    l2_messenger::L2Messenger,
};
use autonet_primitives::addresses::L2_MESSENGER;

/// A withdrawal of ATN from L2 to L1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WithdrawalRequest {
    /// Recipient on L1.
    pub target: Address,
    /// ATN, in wei.
    pub amount: U256,
    /// Gas of the call on L1; only with data.
    pub gas_limit: u64,
    /// Input of the call on L1; without it there is no call.
    pub data: Bytes,
}

/// Where a withdrawal stands on L1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WithdrawalState {
    /// Not proven yet.
    Initiated,
    /// Proven against a checkpoint.
    Proven {
        /// The checkpoint.
        checkpoint: u64,
        /// Whether it is confirmed, so that the withdrawal can be finalised.
        confirmed: bool,
    },
    /// Paid out.
    Finalized,
    /// Paid out, but its call failed and can be replayed.
    CallFailed,
}

impl WithdrawalState {
    /// The state in one word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Initiated => "initiated",
            Self::Proven { .. } => "proven",
            Self::Finalized => "finalized",
            Self::CallFailed => "finalized with a failed call",
        }
    }
}

/// What a withdrawal was proven against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProvenAgainst {
    /// The checkpoint.
    pub checkpoint: u64,
    /// The L1 transaction.
    pub transaction: B256,
}

/// Starts a withdrawal on L2 and answers the transaction that did.
///
/// # Errors
/// Those of [`TransactionSender::send_value`].
pub async fn initiate_withdrawal(l2: &TransactionSender, request: WithdrawalRequest) -> Result<B256, BridgeError> {
    let call = L2Messenger::initiateWithdrawalCall {
        target: request.target,
        gasLimit: U256::from(request.gas_limit),
        data: request.data,
    };
    let receipt = l2.send_value(L2_MESSENGER, request.amount, call.abi_encode().into()).await?;
    Ok(receipt.transaction_hash)
}

/// The withdrawal that an L2 transaction started, and its L2 block.
///
/// # Errors
/// [`BridgeError::UnknownTransaction`], [`BridgeError::NoWithdrawal`], or the transport's.
pub async fn withdrawal_of(l2: &DynProvider, transaction: B256) -> Result<(Withdrawal, u64), BridgeError> {
    let receipt = l2.get_transaction_receipt(transaction).await?;
    let receipt = receipt.ok_or(BridgeError::UnknownTransaction(transaction))?;
    let block = receipt.block_number.ok_or(BridgeError::UnknownTransaction(transaction))?;
    let event = receipt.logs().iter().filter(|log| log.address() == L2_MESSENGER);
    let event = event.filter_map(|log| L2Messenger::WithdrawalInitiated::decode_log(&log.inner).ok()).next();
    let event = event.ok_or(BridgeError::NoWithdrawal(transaction))?.data;
    let withdrawal = Withdrawal {
        nonce: event.nonce,
        sender: event.sender,
        target: event.target,
        value: event.value,
        gasLimit: event.gasLimit,
        data: event.data,
    };
    Ok((withdrawal, block))
}

/// The hash by which both sides know a withdrawal.
pub(crate) fn withdrawal_hash(withdrawal: &Withdrawal) -> B256 {
    let Withdrawal { nonce, sender, target, value, gasLimit, data } = withdrawal;
    keccak256((*nonce, *sender, *target, *value, *gasLimit, data.clone()).abi_encode_params())
}

/// Where a withdrawal stands on L1.
///
/// # Errors
/// The transport's.
pub async fn withdrawal_state(
    l1: &DynProvider,
    bridge: Address,
    checkpoints: &Checkpoints,
    withdrawal: &Withdrawal,
) -> Result<WithdrawalState, BridgeError> {
    let contract = AnchorBridgeInstance::new(bridge, l1.clone());
    let found = contract.withdrawals(withdrawal_hash(withdrawal)).call().await?;
    Ok(match found.status {
        // The contract's enum `WithdrawalStatus`.
        1 => WithdrawalState::Proven {
            checkpoint: found.checkpointId,
            confirmed: checkpoints.status(found.checkpointId).await? == Some(CheckpointStatus::Confirmed),
        },
        2 => WithdrawalState::Finalized,
        3 => WithdrawalState::CallFailed,
        _ => WithdrawalState::Initiated,
    })
}

/// Proves a withdrawal on L1 against the oldest live checkpoint that covers its block.
///
/// # Errors
/// [`BridgeError::NoCheckpoint`] before there is one, or those of [`TransactionSender::send`].
pub async fn prove_withdrawal(
    l1: &TransactionSender,
    l2: &DynProvider,
    bridge: Address,
    checkpoints: &Checkpoints,
    transaction: B256,
) -> Result<ProvenAgainst, BridgeError> {
    let (withdrawal, block) = withdrawal_of(l2, transaction).await?;
    let checkpoint = covering(checkpoints, block).await?;
    let slot = keccak256((withdrawal_hash(&withdrawal), U256::ZERO).abi_encode());
    let proof = l2.get_proof(L2_MESSENGER, vec![slot]).block_id(BlockId::number(checkpoint.block_number)).await?;
    let storage_proof = proof.storage_proof.into_iter().next().map(|slot| slot.proof).unwrap_or_default();
    let call = AnchorBridge::proveWithdrawalCall {
        w: withdrawal,
        checkpointId: checkpoint.id,
        blockHash: checkpoint.claim.block_hash,
        messageRoot: checkpoint.claim.message_root,
        batchCount: checkpoint.claim.batch_count,
        delayedCount: checkpoint.claim.delayed_count,
        storageProof: storage_proof,
    };
    let receipt = l1.send(bridge, call.abi_encode().into()).await?;
    Ok(ProvenAgainst { checkpoint: checkpoint.id, transaction: receipt.transaction_hash })
}

async fn covering(checkpoints: &Checkpoints, block: u64) -> Result<Checkpoint, BridgeError> {
    let all = checkpoints.all().await?;
    for checkpoint in all.iter().filter(|checkpoint| checkpoint.block_number >= block) {
        let status = checkpoints.status(checkpoint.id).await?;
        if matches!(status, Some(CheckpointStatus::Pending | CheckpointStatus::Confirmed)) {
            return Ok(*checkpoint);
        }
    }
    Err(BridgeError::NoCheckpoint { block, newest: all.last().map_or(0, |checkpoint| checkpoint.block_number) })
}

/// Pays a proven withdrawal out on L1, once its checkpoint is confirmed.
///
/// # Errors
/// [`BridgeError::NotReady`] with what to do first, or those of [`TransactionSender::send`].
pub async fn finalize_withdrawal(
    l1: &TransactionSender,
    l2: &DynProvider,
    bridge: Address,
    checkpoints: &Checkpoints,
    transaction: B256,
) -> Result<B256, BridgeError> {
    let (withdrawal, _) = withdrawal_of(l2, transaction).await?;
    let state = withdrawal_state(l1.provider(), bridge, checkpoints, &withdrawal).await?;
    let advice = match state {
        WithdrawalState::Proven { confirmed: true, .. } => {
            let call = AnchorBridge::finalizeWithdrawalCall { w: withdrawal };
            return Ok(l1.send(bridge, call.abi_encode().into()).await?.transaction_hash);
        }
        WithdrawalState::Proven { confirmed: false, .. } => {
            "wait until its checkpoint's challenge window has passed and it is confirmed"
        }
        WithdrawalState::Initiated => "prove it first",
        WithdrawalState::Finalized | WithdrawalState::CallFailed => "nothing is left to finalize",
    };
    Err(BridgeError::NotReady { state: state.name(), advice })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hash_is_that_of_the_contracts() {
        let withdrawal = Withdrawal {
            nonce: U256::from(1),
            sender: Address::repeat_byte(2),
            target: Address::repeat_byte(3),
            value: U256::from(4),
            gasLimit: U256::from(5),
            data: vec![6, 7].into(),
        };
        // keccak256(abi.encode(nonce, sender, target, value, gasLimit, data)): six words of head, then length, bytes.
        let mut words = [0_u8; 8 * 32];
        words[31] = 1;
        words[44..64].fill(2);
        words[76..96].fill(3);
        words[127] = 4;
        words[159] = 5;
        words[191] = 6 * 32;
        words[223] = 2;
        words[224] = 6;
        words[225] = 7;
        assert_eq!(withdrawal_hash(&withdrawal), keccak256(words));
    }
}
