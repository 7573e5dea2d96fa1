//! The methods' implementation: each takes its turn, then asks the [`Reader`] on a thread that may block.

use crate::{
    L1Position,
    api::{AutonetApiServer, EthApiServer, NetApiServer, TxpoolApiServer, Web3ApiServer},
    convert::RpcBlock,
    error::RpcError,
    reader::{Reader, Result},
    subscribe,
    types::{CheckpointPosition, SyncStatus},
    witness::{WitnessInput, WitnessPage},
};
use alloy_primitives::{Address, B256, Bytes, U64, U256};
use alloy_rpc_types_eth::{
    BlockId, BlockNumberOrTag, EIP1186AccountProofResponse, FeeHistory, Filter, Log, SyncInfo,
    SyncStatus as EthSyncStatus, TransactionRequest,
    pubsub::{Params, SubscriptionKind},
};
use alloy_serde::JsonStorageKey;
use autonet_primitives::ChainConfig;
use jsonrpsee::{
    PendingSubscriptionSink,
    core::{SubscriptionResult, async_trait},
};
use op_alloy_rpc_types::{OpTransactionReceipt, Transaction};
use serde_json::Value;
use std::{collections::BTreeMap, sync::Arc};
use tokio::{
    sync::{Semaphore, watch},
    task::spawn_blocking,
    time::timeout,
};

/// A node that has not applied the inbox up to this many L1 blocks before the newest is syncing.
const SYNCING_L1_BLOCKS: u64 = 32;

#[derive(Clone)]
pub(crate) struct Api {
    reader: Arc<Reader>,
    l1: watch::Receiver<L1Position>,
    reads: Arc<Semaphore>,
    calls: Arc<Semaphore>,
}

impl Api {
    pub(crate) fn new(reader: Reader, l1: watch::Receiver<L1Position>) -> Self {
        let semaphore = |permits: usize| Arc::new(Semaphore::new(permits));
        let (reads, calls) = (semaphore(reader.limits.max_reads), semaphore(reader.limits.max_calls));
        Self { reader: Arc::new(reader), l1, reads, calls }
    }

    async fn read<T: Send + 'static>(&self, read: impl FnOnce(&Reader) -> Result<T> + Send + 'static) -> Result<T> {
        self.run(&self.reads, read).await
    }

    /// What may take long: it has turns of its own, so that it does not hold up [`Self::read`].
    async fn compute<T: Send + 'static>(&self, work: impl FnOnce(&Reader) -> Result<T> + Send + 'static) -> Result<T> {
        self.run(&self.calls, work).await
    }

    async fn run<T: Send + 'static>(
        &self,
        turns: &Arc<Semaphore>,
        work: impl FnOnce(&Reader) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let max_wait = self.reader.limits.max_wait;
        let turn = timeout(max_wait, turns.clone().acquire_owned())
            .await
            .map_err(|_| RpcError::Busy(max_wait.as_secs()))?
            .map_err(|error| RpcError::Internal(error.to_string()))?;
        let reader = self.reader.clone();
        let work = spawn_blocking(move || {
            let result = work(&reader);
            drop(turn);
            result
        });
        work.await.map_err(|error| RpcError::Internal(error.to_string()))?
    }
}

#[async_trait]
impl EthApiServer for Api {
    async fn chain_id(&self) -> Result<U64> {
        Ok(U64::from(self.reader.config().l2_chain_id))
    }

    async fn block_number(&self) -> Result<U64> {
        Ok(U64::from(self.reader.chain.heads().unsafe_head.number))
    }

    async fn syncing(&self) -> Result<EthSyncStatus> {
        let l1 = *self.l1.borrow();
        if l1.processed.saturating_add(SYNCING_L1_BLOCKS) >= l1.head {
            return Ok(EthSyncStatus::None);
        }
        // Nobody knows how many blocks there are in batches that have not been read yet.
        let head = U256::from(self.reader.chain.heads().unsafe_head.number);
        Ok(EthSyncStatus::Info(Box::new(SyncInfo { current_block: head, highest_block: head, ..Default::default() })))
    }

    async fn accounts(&self) -> Result<Vec<Address>> {
        Ok(Vec::new())
    }

    async fn block_by_number(&self, block: BlockNumberOrTag, full: Option<bool>) -> Result<Option<RpcBlock>> {
        self.read(move |reader| reader.rpc_block(block.into(), full.unwrap_or_default())).await
    }

    async fn block_by_hash(&self, hash: B256, full: Option<bool>) -> Result<Option<RpcBlock>> {
        self.read(move |reader| reader.rpc_block(hash.into(), full.unwrap_or_default())).await
    }

    async fn transaction_count_by_number(&self, block: BlockNumberOrTag) -> Result<Option<U64>> {
        self.read(move |reader| reader.transaction_count_of(block.into())).await
    }

    async fn transaction_count_by_hash(&self, hash: B256) -> Result<Option<U64>> {
        self.read(move |reader| reader.transaction_count_of(hash.into())).await
    }

    async fn block_receipts(&self, block: BlockId) -> Result<Option<Vec<OpTransactionReceipt>>> {
        self.read(move |reader| reader.block_receipts(block)).await
    }

    async fn transaction_by_hash(&self, hash: B256) -> Result<Option<Transaction>> {
        self.read(move |reader| reader.transaction_by_hash(hash)).await
    }

    async fn transaction_by_number(&self, block: BlockNumberOrTag, index: U64) -> Result<Option<Transaction>> {
        self.read(move |reader| reader.transaction_by_index(block.into(), index)).await
    }

    async fn transaction_by_block_hash(&self, hash: B256, index: U64) -> Result<Option<Transaction>> {
        self.read(move |reader| reader.transaction_by_index(hash.into(), index)).await
    }

    async fn transaction_receipt(&self, hash: B256) -> Result<Option<OpTransactionReceipt>> {
        self.read(move |reader| reader.transaction_receipt(hash)).await
    }

    async fn balance(&self, address: Address, block: Option<BlockId>) -> Result<U256> {
        self.read(move |reader| reader.balance(address, block.unwrap_or_default())).await
    }

    async fn transaction_count(&self, address: Address, block: Option<BlockId>) -> Result<U64> {
        self.read(move |reader| reader.transaction_count(address, block.unwrap_or_default())).await
    }

    async fn code(&self, address: Address, block: Option<BlockId>) -> Result<Bytes> {
        self.read(move |reader| reader.code(address, block.unwrap_or_default())).await
    }

    async fn storage_at(&self, address: Address, slot: JsonStorageKey, block: Option<BlockId>) -> Result<B256> {
        self.read(move |reader| reader.storage_at(address, slot, block.unwrap_or_default())).await
    }

    async fn proof(
        &self,
        address: Address,
        slots: Vec<JsonStorageKey>,
        block: Option<BlockId>,
    ) -> Result<EIP1186AccountProofResponse> {
        self.compute(move |reader| reader.proof(address, slots, block.unwrap_or_default())).await
    }

    async fn call(
        &self,
        request: TransactionRequest,
        block: Option<BlockId>,
        state_overrides: Option<Value>,
        block_overrides: Option<Value>,
    ) -> Result<Bytes> {
        refuse_overrides([state_overrides, block_overrides])?;
        self.compute(move |reader| reader.call(request, block.unwrap_or_default())).await
    }

    async fn estimate_gas(
        &self,
        request: TransactionRequest,
        block: Option<BlockId>,
        state_overrides: Option<Value>,
    ) -> Result<U64> {
        refuse_overrides([state_overrides])?;
        self.compute(move |reader| reader.estimate_gas(request, block.unwrap_or(BlockId::pending()))).await
    }

    async fn gas_price(&self) -> Result<U256> {
        self.read(Reader::gas_price).await
    }

    async fn max_priority_fee_per_gas(&self) -> Result<U256> {
        self.read(Reader::max_priority_fee).await
    }

    async fn fee_history(
        &self,
        count: U64,
        newest: BlockNumberOrTag,
        percentiles: Option<Vec<f64>>,
    ) -> Result<FeeHistory> {
        self.compute(move |reader| reader.fee_history(count.to(), newest, percentiles)).await
    }

    async fn logs(&self, filter: Filter) -> Result<Vec<Log>> {
        self.compute(move |reader| reader.logs(&filter)).await
    }

    async fn send_raw_transaction(&self, transaction: Bytes) -> Result<B256> {
        let pool = self.reader.pool.as_ref().ok_or(RpcError::ReadOnly)?;
        Ok(pool.submit(transaction).await?)
    }

    async fn subscribe(
        &self,
        pending: PendingSubscriptionSink,
        kind: SubscriptionKind,
        params: Option<Params>,
    ) -> SubscriptionResult {
        match subscribe::feed(kind, params) {
            Ok(feed) => subscribe::run(pending, feed, self.reader.chain.subscribe()).await,
            Err(error) => {
                pending.reject(error).await;
                Ok(())
            }
        }
    }
}

fn refuse_overrides<const N: usize>(overrides: [Option<Value>; N]) -> Result<()> {
    let is_empty = |value: &Value| value.is_null() || value.as_object().is_some_and(|object| object.is_empty());
    match overrides.iter().flatten().all(is_empty) {
        true => Ok(()),
        false => Err(RpcError::InvalidParams("overrides of state or block are not supported".into())),
    }
}

#[async_trait]
impl NetApiServer for Api {
    async fn version(&self) -> Result<String> {
        Ok(self.reader.config().l2_chain_id.to_string())
    }

    async fn listening(&self) -> Result<bool> {
        Ok(true)
    }
}

#[async_trait]
impl Web3ApiServer for Api {
    async fn client_version(&self) -> Result<String> {
        let (version, os, arch) = (env!("CARGO_PKG_VERSION"), std::env::consts::OS, std::env::consts::ARCH);
        Ok(format!("autonet/v{version}/{os}-{arch}/rust"))
    }
}

#[async_trait]
impl TxpoolApiServer for Api {
    async fn status(&self) -> Result<BTreeMap<&'static str, U64>> {
        let status = self.reader.pool.as_ref().map(|pool| pool.status()).unwrap_or_default();
        Ok([("pending", U64::from(status.pending)), ("queued", U64::from(status.queued))].into())
    }
}

#[async_trait]
impl AutonetApiServer for Api {
    async fn sync_status(&self) -> Result<SyncStatus> {
        let l1 = *self.l1.borrow();
        self.read(move |reader| reader.sync_status(l1)).await
    }

    async fn chain_config(&self) -> Result<ChainConfig> {
        Ok(self.reader.config().clone())
    }

    async fn checkpoint_output(&self, batch_count: u64) -> Result<Option<CheckpointPosition>> {
        self.read(move |reader| reader.checkpoint_output(batch_count)).await
    }

    async fn execution_witness(&self, parent: u64, input: WitnessInput, offset: Option<u64>) -> Result<WitnessPage> {
        self.compute(move |reader| reader.execution_witness(parent, input, offset.unwrap_or_default())).await
    }
}
