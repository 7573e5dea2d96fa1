//! Sending: explicit gas, nonces in a row, receipts with a deadline.

use super::{Chain, revert::refused};
use crate::error::AgentError;
use alloy::{
    network::TransactionBuilder,
    primitives::{B256, U256},
    providers::Provider,
    rpc::types::{TransactionReceipt, TransactionRequest},
};
use std::time::Duration;
use tokio::time::Instant;

/// Added to the gas estimate, in per cent: state moves until inclusion.
const GAS_MARGIN_PERCENT: u64 = 25;
/// Added beside it: two slots that the estimate found written, and the block of inclusion does not (a checkpoint of the
/// wrapped coin's votes, say, which others have written in the same second).
const GAS_MARGIN: u64 = 50_000;
/// The base fee may double before a transaction no longer fits.
const BASE_FEE_HEADROOM: u128 = 2;

/// How receipts are waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sending {
    /// Pause between two looks.
    pub poll: Duration,
    /// Then the transaction counts as lost.
    pub timeout: Duration,
}

/// A contract call to be sent.
#[derive(Clone, Debug)]
pub struct Call {
    what: &'static str,
    request: TransactionRequest,
}

impl Call {
    /// `what` names the call in errors and logs.
    pub const fn new(what: &'static str, request: TransactionRequest) -> Self {
        Self { what, request }
    }

    /// With native ATN, in wei.
    pub fn with_value(mut self, value: U256) -> Self {
        self.request.set_value(value);
        self
    }
}

impl Chain {
    /// Sends one call and waits for its receipt.
    pub async fn send(&self, call: Call) -> Result<TransactionReceipt, AgentError> {
        let what = call.what;
        let mut receipts = self.send_all(vec![call]).await?;
        receipts.pop().ok_or(AgentError::Malformed(what))
    }

    /// Sends calls that do not depend on each other, one right after the other, and waits for all receipts. If one of
    /// them would revert, none is sent.
    pub async fn send_all(&self, calls: Vec<Call>) -> Result<Vec<TransactionReceipt>, AgentError> {
        let mut ready = Vec::with_capacity(calls.len());
        for Call { what, request } in calls {
            let request = request.with_from(self.account);
            let gas = self.provider.estimate_gas(request.clone()).await.map_err(|error| refused(what, error))?;
            ready.push(Call {
                what,
                request: request.with_gas_limit(gas + gas * GAS_MARGIN_PERCENT / 100 + GAS_MARGIN),
            });
        }
        let first_nonce = self.provider.get_transaction_count(self.account).pending().await?;
        let tip = self.provider.get_max_priority_fee_per_gas().await?;
        let max_fee = u128::from(self.head().await?.base_fee) * BASE_FEE_HEADROOM + tip;
        let mut sent = Vec::with_capacity(ready.len());
        for (nonce, Call { what, request }) in (first_nonce..).zip(ready) {
            let request = request
                .with_chain_id(self.chain_id)
                .with_nonce(nonce)
                .with_max_fee_per_gas(max_fee)
                .with_max_priority_fee_per_gas(tip);
            let pending = self.provider.send_transaction(request).await.map_err(|error| refused(what, error))?;
            tracing::debug!(what, hash = %pending.tx_hash(), nonce, "transaction sent");
            sent.push((what, *pending.tx_hash()));
        }
        let deadline = Instant::now() + self.sending.timeout;
        let mut receipts = Vec::with_capacity(sent.len());
        for (what, hash) in sent {
            receipts.push(self.receipt(what, hash, deadline).await?);
        }
        Ok(receipts)
    }

    async fn receipt(
        &self,
        what: &'static str,
        hash: B256,
        deadline: Instant,
    ) -> Result<TransactionReceipt, AgentError> {
        loop {
            if let Some(receipt) = self.provider.get_transaction_receipt(hash).await? {
                if !receipt.status() {
                    return Err(AgentError::Reverted { what, reason: format!("in its block ({hash})") });
                }
                tracing::debug!(what, %hash, gas = receipt.gas_used, block = receipt.block_number, "transaction included");
                return Ok(receipt);
            }
            if Instant::now() >= deadline {
                return Err(AgentError::NotIncluded { what, hash, seconds: self.sending.timeout.as_secs() });
            }
            tokio::time::sleep(self.sending.poll).await;
        }
    }
}
