use crate::BridgeError;
use alloy::{
    consensus::BlockHeader,
    eips::eip2718::Encodable2718,
    network::{BlockResponse, EthereumWallet, NetworkTransactionBuilder, TransactionBuilder},
    primitives::{Address, B256, Bytes, U256},
    providers::{DynProvider, Provider},
    rpc::types::{TransactionReceipt, TransactionRequest},
};
use std::time::Duration;
use tokio::{sync::Mutex, time::Instant};

/// How a [`TransactionSender`] gets its transactions included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SenderOptions {
    /// Pause between two looks for a receipt.
    pub poll: Duration,
    /// Without inclusion for this long, the fee is raised.
    pub bump_after: Duration,
    /// By how much, in per cent; nodes accept a replacement from 10 on.
    pub bump_percent: u128,
    /// When to give up.
    pub timeout: Duration,
}

impl Default for SenderOptions {
    fn default() -> Self {
        Self {
            poll: Duration::from_millis(250),
            bump_after: Duration::from_secs(30),
            bump_percent: 25,
            timeout: Duration::from_secs(600),
        }
    }
}

/// Sends transactions of one account, one at a time, until they are included: same nonce, rising fee.
#[derive(Debug)]
pub struct TransactionSender {
    provider: DynProvider,
    wallet: EthereumWallet,
    from: Address,
    options: SenderOptions,
    /// Held from the choice of a nonce to its inclusion.
    turn: Mutex<()>,
}

#[derive(Clone, Copy, Debug)]
struct Fees {
    max: u128,
    tip: u128,
}

impl Fees {
    fn bumped(self, percent: u128) -> Self {
        // At least one wei more, so that a replacement is never equal.
        let bump = |fee: u128| fee.saturating_add((fee.saturating_mul(percent) / 100).max(1));
        Self { max: bump(self.max), tip: bump(self.tip) }
    }
}

impl TransactionSender {
    /// A sender for the wallet's default account.
    pub fn new(provider: DynProvider, wallet: EthereumWallet, options: SenderOptions) -> Self {
        let from = wallet.default_signer().address();
        Self { provider, wallet, from, options, turn: Mutex::new(()) }
    }

    /// The account.
    pub const fn address(&self) -> Address {
        self.from
    }

    /// The connection.
    pub const fn provider(&self) -> &DynProvider {
        &self.provider
    }

    /// Sends a call and waits for its receipt.
    ///
    /// Dropping the future leaves the last transaction in flight; the next call of this method uses the same nonce
    /// if it is not included by then, so that at most one of the two takes effect.
    ///
    /// # Errors
    /// [`BridgeError::Reverted`], [`BridgeError::NotIncluded`], or the transport's (nothing was sent, or the next
    /// call replaces it).
    pub async fn send(&self, to: Address, input: Bytes) -> Result<TransactionReceipt, BridgeError> {
        self.send_value(to, U256::ZERO, input).await
    }

    /// As [`Self::send`], with coin.
    ///
    /// # Errors
    /// Those of [`Self::send`].
    pub async fn send_value(&self, to: Address, value: U256, input: Bytes) -> Result<TransactionReceipt, BridgeError> {
        let _turn = self.turn.lock().await;
        let nonce = self.provider.get_transaction_count(self.from).latest().await?;
        let request = TransactionRequest::default()
            .with_from(self.from)
            .with_to(to)
            .with_value(value)
            .with_input(input)
            .with_nonce(nonce);
        // A call that would revert fails here, before it costs anything. A fifth on top: state moves until inclusion.
        let gas = self.provider.estimate_gas(request.clone()).await?;
        let chain_id = self.provider.get_chain_id().await?;
        let request = request.with_gas_limit(gas + gas / 5).with_chain_id(chain_id);
        self.include(request, nonce).await
    }

    async fn include(&self, request: TransactionRequest, nonce: u64) -> Result<TransactionReceipt, BridgeError> {
        let started = Instant::now();
        let mut fees = self.market_fees().await?;
        let mut sent = Vec::new();
        while started.elapsed() < self.options.timeout {
            sent.push(self.broadcast(&request, fees).await?);
            let bump_at = Instant::now() + self.options.bump_after;
            while Instant::now() < bump_at {
                // What was sent may be included whatever the endpoint answers now: only a receipt ends the waiting.
                match self.outcome(&sent, nonce).await {
                    Ok(Some(receipt)) => return Ok(receipt),
                    Ok(None) => {}
                    Err(BridgeError::Transport(error)) => tracing::debug!(nonce, %error, "no answer; asking again"),
                    Err(error) => return Err(error),
                }
                tokio::time::sleep(self.options.poll).await;
            }
            let market = self.market_fees().await.unwrap_or(fees);
            let bumped = fees.bumped(self.options.bump_percent);
            fees = Fees { max: bumped.max.max(market.max), tip: bumped.tip.max(market.tip) };
            tracing::warn!(nonce, max_fee_wei = fees.max, "not included yet: fee raised");
        }
        Err(BridgeError::NotIncluded { from: self.from, nonce, seconds: self.options.timeout.as_secs() })
    }

    async fn market_fees(&self) -> Result<Fees, BridgeError> {
        let estimate = self.provider.estimate_eip1559_fees().await?;
        Ok(Fees { max: estimate.max_fee_per_gas, tip: estimate.max_priority_fee_per_gas })
    }

    /// Signs and sends; a node that already has the transaction, or has included its nonce, is no failure here: the
    /// receipts of all that was sent tell.
    async fn broadcast(&self, request: &TransactionRequest, fees: Fees) -> Result<B256, BridgeError> {
        let request = request.clone().with_max_fee_per_gas(fees.max).with_max_priority_fee_per_gas(fees.tip);
        let signed = request.build(&self.wallet).await.map_err(|error| match error {
            alloy::network::TransactionBuilderError::Signer(error) => BridgeError::Signer(error),
            other => BridgeError::Signer(alloy::signers::Error::other(other)),
        })?;
        let hash = *signed.tx_hash();
        match self.provider.send_raw_transaction(&signed.encoded_2718()).await {
            Ok(_) => {}
            // It may have arrived all the same.
            Err(error) => tracing::debug!(%hash, %error, "transaction not taken; looking for an earlier one"),
        }
        Ok(hash)
    }

    /// The receipt of what was sent, once there is one.
    async fn outcome(&self, sent: &[B256], nonce: u64) -> Result<Option<TransactionReceipt>, BridgeError> {
        // The nonce first: if it is used now, a receipt of ours would be there after it. If it is not next any more, a
        // reorg took earlier transactions away, and ours would wait for them for ever: the caller looks at L1 anew.
        let next = self.provider.get_transaction_count(self.from).latest().await?;
        let Some(receipt) = self.find(sent).await? else {
            let moved = BridgeError::NonceMoved { from: self.from, nonce, next };
            return if next == nonce { Ok(None) } else { Err(moved) };
        };
        let (hash, block) = (receipt.transaction_hash, receipt.block_number.unwrap_or_default());
        if receipt.status() { Ok(Some(receipt)) } else { Err(BridgeError::Reverted { hash, block }) }
    }

    async fn find(&self, sent: &[B256]) -> Result<Option<TransactionReceipt>, BridgeError> {
        for hash in sent {
            if let Some(receipt) = self.provider.get_transaction_receipt(*hash).await? {
                return Ok(Some(receipt));
            }
        }
        Ok(None)
    }
}

/// Time of an endpoint's newest block, in seconds.
pub(crate) async fn latest_time(provider: &DynProvider) -> Result<u64, BridgeError> {
    let block = provider.get_block_by_number(alloy::eips::BlockNumberOrTag::Latest).await?;
    Ok(block.map_or(0, |block| block.header().timestamp()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bump_always_satisfies_the_replacement_rule() {
        for fee in [0, 1, 9, 10, 1_000_000_007] {
            let bumped = Fees { max: fee, tip: fee }.bumped(25);
            assert!(bumped.max * 10 >= fee * 11 && bumped.max > fee, "{fee}");
        }
    }
}
