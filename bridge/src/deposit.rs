use crate::{BridgeError, TransactionSender};
use alloy::{
    primitives::{Address, B256, Bytes, U256},
    sol_types::{SolCall, SolEvent},
};
use autonet_bindings::{
    anchor_bridge::AnchorBridge::{self, AnchorBridgeInstance},
    atn_token::ATNToken::{self, ATNTokenInstance},
};

/// A deposit of ATN from L1 to L2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DepositRequest {
    /// Recipient on L2.
    pub to: Address,
    /// ATN, in wei.
    pub amount: U256,
    /// Gas of the call on L2; the least that the bridge takes, if absent.
    pub gas_limit: Option<u64>,
    /// Input of the call on L2.
    pub data: Bytes,
}

/// What became of a deposit on L1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DepositReceipt {
    /// L1 transaction.
    pub transaction: B256,
    /// Place in the inbox's delayed queue.
    pub delayed_index: u64,
}

/// Approves (where the allowance is too small) and deposits.
///
/// # Errors
/// [`BridgeError::InsufficientAtn`], or those of [`TransactionSender::send`].
pub async fn deposit(
    sender: &TransactionSender,
    bridge: Address,
    request: DepositRequest,
) -> Result<DepositReceipt, BridgeError> {
    let contract = AnchorBridgeInstance::new(bridge, sender.provider().clone());
    approve(sender, contract.token().call().await?, bridge, request.amount).await?;
    let gas_limit = match request.gas_limit {
        Some(gas_limit) => gas_limit,
        None => contract.minDepositGas(U256::from(request.data.len())).call().await?,
    };
    let call =
        AnchorBridge::depositCall { to: request.to, amount: request.amount, gasLimit: gas_limit, data: request.data };
    let receipt = sender.send(bridge, call.abi_encode().into()).await?;
    let transaction = receipt.transaction_hash;
    let event = receipt.logs().iter().find_map(|log| AnchorBridge::Deposited::decode_log(&log.inner).ok());
    let event = event.ok_or(BridgeError::UnknownTransaction(transaction))?;
    Ok(DepositReceipt { transaction, delayed_index: event.delayedIndex })
}

/// Lets `spender` take `amount` of the sender's ATN on L1, after checking that it has as much.
pub(crate) async fn approve(
    sender: &TransactionSender,
    token: Address,
    spender: Address,
    amount: U256,
) -> Result<(), BridgeError> {
    let contract = ATNTokenInstance::new(token, sender.provider().clone());
    let account = sender.address();
    let balance = contract.balanceOf(account).call().await?;
    if balance < amount {
        return Err(BridgeError::InsufficientAtn { account, balance, needed: amount });
    }
    if contract.allowance(account, spender).call().await? < amount {
        sender.send(token, ATNToken::approveCall { spender, value: amount }.abi_encode().into()).await?;
    }
    Ok(())
}
