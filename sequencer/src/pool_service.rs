use crate::mempool::{AccountView, Mempool, MempoolLimits, NextBlockView, PooledTransaction, recover};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{Address, B256, Bytes, U256};
use autonet_chain::{Chain, ChainError, ChainEvent};
use autonet_primitives::TxEnvelope;
use autonet_rpc::{PoolError, PoolStatus, TransactionPool};
use autonet_stf::Recovered;
use futures::future::BoxFuture;
use parking_lot::Mutex;
use std::sync::Arc;
use tokio::sync::{Notify, broadcast::error::RecvError};
use tokio_util::sync::CancellationToken;

/// The mempool of a running sequencer: takes transactions from RPC, gives them to the builder, follows the chain.
#[derive(Clone, Debug)]
pub struct PoolService(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    pool: Mutex<Mempool>,
    chain: Chain,
    arrived: Notify,
}

impl PoolService {
    /// An empty pool over a chain.
    pub fn new(chain: Chain, limits: MempoolLimits) -> Self {
        Self(Arc::new(Inner { pool: Mutex::new(Mempool::new(limits)), chain, arrived: Notify::new() }))
    }

    /// Waits until a transaction arrives.
    pub async fn arrival(&self) {
        self.0.arrived.notified().await;
    }

    /// Transactions for a block, best first, each account's in order, of at most `max_bytes` and about `max_gas` in all.
    pub fn select(&self, base_fee: u64, max_gas: u64, max_bytes: usize) -> Vec<PooledTransaction> {
        let pool = self.0.pool.lock();
        let mut best = pool.best(base_fee, |sender| self.nonce(sender));
        let (mut selected, mut gas, mut bytes) = (Vec::new(), 0_u64, 0_usize);
        while let Some(transaction) = best.pop() {
            let size = transaction.bytes().len();
            if bytes + size > max_bytes {
                continue;
            }
            bytes += size;
            // What a transaction uses is often far below what it asks for: the builder has the last word.
            gas = gas.saturating_add(alloy_consensus::Transaction::gas_limit(transaction.transaction().inner()) / 4);
            best.included(transaction);
            selected.push(transaction.clone());
            if gas >= max_gas {
                break;
            }
        }
        selected
    }

    /// Drops a transaction that cannot run.
    pub fn drop_invalid(&self, hash: B256) {
        self.0.pool.lock().remove(hash);
    }

    /// Follows the chain until shutdown: what is in a block leaves the pool, what an unwinding drops comes back.
    pub async fn follow(self, shutdown: CancellationToken) {
        let mut events = self.0.chain.subscribe();
        loop {
            let event = tokio::select! {
                () = shutdown.cancelled() => return,
                event = events.recv() => event,
            };
            match event {
                Ok(ChainEvent::Committed(block)) => {
                    let mut pool = self.0.pool.lock();
                    for transaction in &block.block.transactions {
                        let nonce = alloy_consensus::Transaction::nonce(transaction.inner());
                        pool.advance(transaction.signer(), nonce.saturating_add(1));
                    }
                }
                Ok(ChainEvent::Unwound { dropped, .. }) => self.take_back(&dropped),
                Ok(ChainEvent::Heads(_)) => {}
                Err(RecvError::Lagged(_)) => self.resynchronise(),
                Err(RecvError::Closed) => return,
            }
        }
    }

    fn take_back(&self, dropped: &[Recovered<TxEnvelope>]) {
        for transaction in dropped {
            if let Err(error) = self.insert(transaction.clone()) {
                tracing::warn!(hash = %transaction.inner().tx_hash(), %error, "unwound transaction is lost");
            }
        }
    }

    fn resynchronise(&self) {
        let mut pool = self.0.pool.lock();
        let senders: Vec<Address> = pool.senders().collect();
        for sender in senders {
            pool.advance(sender, self.nonce(sender));
        }
    }

    fn insert(&self, transaction: Recovered<TxEnvelope>) -> Result<B256, PoolError> {
        let chain = &self.0.chain;
        let internal = |_: ChainError| PoolError::Unavailable("the state cannot be read");
        let account = chain.account(transaction.signer()).map_err(internal)?;
        let account = AccountView { nonce: account.nonce, balance: account.balance };
        let data_fee = self.data_fee(&transaction).map_err(internal)?;
        let next = NextBlockView {
            base_fee: self.next_base_fee(),
            gas_limit: chain.config().gas_limit,
            chain_id: chain.config().l2_chain_id,
        };
        let hash = self.0.pool.lock().insert(transaction, account, data_fee, next)?;
        self.0.arrived.notify_one();
        Ok(hash)
    }

    fn data_fee(&self, transaction: &TxEnvelope) -> Result<U256, ChainError> {
        let l1_base_fee = autonet_stf::l1_base_fee(&self.0.chain.storage().latest()?)?;
        Ok(autonet_stf::data_fee_floor(self.0.chain.config(), l1_base_fee, &transaction.encoded_2718()))
    }

    fn next_base_fee(&self) -> u64 {
        autonet_stf::next_base_fee(self.0.chain.config(), &self.0.chain.head().header)
    }

    fn nonce(&self, sender: Address) -> u64 {
        // An unreadable state stops the builder with its own error; here it only means that nothing is selected.
        self.0.chain.account(sender).map_or(u64::MAX, |account| account.nonce)
    }
}

impl TransactionPool for PoolService {
    fn submit(&self, transaction: Bytes) -> BoxFuture<'_, Result<B256, PoolError>> {
        let this = self.clone();
        Box::pin(async move {
            // Signature recovery is tens of microseconds of pure computation, and the state is on disk.
            let inserted = tokio::task::spawn_blocking(move || this.insert(recover(&transaction)?)).await;
            inserted.unwrap_or(Err(PoolError::Unavailable("the pool was interrupted")))
        })
    }

    fn pending_nonce(&self, sender: Address) -> Option<u64> {
        let nonce = self.nonce(sender);
        let next = self.0.pool.lock().next_nonce(sender, nonce);
        (next > nonce).then_some(next)
    }

    fn transaction(&self, hash: B256) -> Option<Recovered<TxEnvelope>> {
        self.0.pool.lock().get(hash).map(|transaction| transaction.transaction().clone())
    }

    fn status(&self) -> PoolStatus {
        let (pending, queued) = self.0.pool.lock().counts(|sender| self.nonce(sender));
        PoolStatus { pending: pending as u64, queued: queued as u64 }
    }
}
