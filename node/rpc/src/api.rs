//! The methods.

use crate::{
    convert::RpcBlock,
    reader::Result,
    types::{CheckpointPosition, SyncStatus},
    witness::{WitnessInput, WitnessPage},
};
use alloy_primitives::{Address, B256, Bytes, U64, U256};
use alloy_rpc_types_eth::{
    BlockId, BlockNumberOrTag, EIP1186AccountProofResponse, FeeHistory, Filter, Log, SyncStatus as EthSyncStatus,
    TransactionRequest,
    pubsub::{Params, SubscriptionKind},
};
use alloy_serde::JsonStorageKey;
use autonet_primitives::ChainConfig;
use jsonrpsee::{core::SubscriptionResult, proc_macros::rpc};
use op_alloy_rpc_types::{OpTransactionReceipt, Transaction};
use serde_json::Value;
use std::collections::BTreeMap;

/// Ethereum's methods; shapes and defaults as in the execution APIs' specification.
#[rpc(server, namespace = "eth")]
pub(crate) trait EthApi {
    #[method(name = "chainId")]
    async fn chain_id(&self) -> Result<U64>;

    #[method(name = "blockNumber")]
    async fn block_number(&self) -> Result<U64>;

    #[method(name = "syncing")]
    async fn syncing(&self) -> Result<EthSyncStatus>;

    /// None: the node holds no keys.
    #[method(name = "accounts")]
    async fn accounts(&self) -> Result<Vec<Address>>;

    #[method(name = "getBlockByNumber")]
    async fn block_by_number(&self, block: BlockNumberOrTag, full: Option<bool>) -> Result<Option<RpcBlock>>;

    #[method(name = "getBlockByHash")]
    async fn block_by_hash(&self, hash: B256, full: Option<bool>) -> Result<Option<RpcBlock>>;

    #[method(name = "getBlockTransactionCountByNumber")]
    async fn transaction_count_by_number(&self, block: BlockNumberOrTag) -> Result<Option<U64>>;

    #[method(name = "getBlockTransactionCountByHash")]
    async fn transaction_count_by_hash(&self, hash: B256) -> Result<Option<U64>>;

    #[method(name = "getBlockReceipts")]
    async fn block_receipts(&self, block: BlockId) -> Result<Option<Vec<OpTransactionReceipt>>>;

    #[method(name = "getTransactionByHash")]
    async fn transaction_by_hash(&self, hash: B256) -> Result<Option<Transaction>>;

    #[method(name = "getTransactionByBlockNumberAndIndex")]
    async fn transaction_by_number(&self, block: BlockNumberOrTag, index: U64) -> Result<Option<Transaction>>;

    #[method(name = "getTransactionByBlockHashAndIndex")]
    async fn transaction_by_block_hash(&self, hash: B256, index: U64) -> Result<Option<Transaction>>;

    #[method(name = "getTransactionReceipt")]
    async fn transaction_receipt(&self, hash: B256) -> Result<Option<OpTransactionReceipt>>;

    #[method(name = "getBalance")]
    async fn balance(&self, address: Address, block: Option<BlockId>) -> Result<U256>;

    #[method(name = "getTransactionCount")]
    async fn transaction_count(&self, address: Address, block: Option<BlockId>) -> Result<U64>;

    #[method(name = "getCode")]
    async fn code(&self, address: Address, block: Option<BlockId>) -> Result<Bytes>;

    #[method(name = "getStorageAt")]
    async fn storage_at(&self, address: Address, slot: JsonStorageKey, block: Option<BlockId>) -> Result<B256>;

    #[method(name = "getProof")]
    async fn proof(
        &self,
        address: Address,
        slots: Vec<JsonStorageKey>,
        block: Option<BlockId>,
    ) -> Result<EIP1186AccountProofResponse>;

    /// `eth_call`. Overrides of state or block are refused.
    #[method(name = "call")]
    async fn call(
        &self,
        request: TransactionRequest,
        block: Option<BlockId>,
        state_overrides: Option<Value>,
        block_overrides: Option<Value>,
    ) -> Result<Bytes>;

    /// Runs in `pending` unless told otherwise, so that a deadline that has passed fails.
    #[method(name = "estimateGas")]
    async fn estimate_gas(
        &self,
        request: TransactionRequest,
        block: Option<BlockId>,
        state_overrides: Option<Value>,
    ) -> Result<U64>;

    #[method(name = "gasPrice")]
    async fn gas_price(&self) -> Result<U256>;

    #[method(name = "maxPriorityFeePerGas")]
    async fn max_priority_fee_per_gas(&self) -> Result<U256>;

    #[method(name = "feeHistory")]
    async fn fee_history(
        &self,
        count: U64,
        newest: BlockNumberOrTag,
        percentiles: Option<Vec<f64>>,
    ) -> Result<FeeHistory>;

    #[method(name = "getLogs")]
    async fn logs(&self, filter: Filter) -> Result<Vec<Log>>;

    /// Returns once the pool holds the transaction.
    #[method(name = "sendRawTransaction")]
    async fn send_raw_transaction(&self, transaction: Bytes) -> Result<B256>;

    /// `newHeads` and `logs`.
    #[subscription(name = "subscribe" => "subscription", unsubscribe = "unsubscribe", item = Value)]
    async fn subscribe(&self, kind: SubscriptionKind, params: Option<Params>) -> SubscriptionResult;
}

#[rpc(server, namespace = "net")]
pub(crate) trait NetApi {
    /// The chain id, decimal.
    #[method(name = "version")]
    async fn version(&self) -> Result<String>;

    #[method(name = "listening")]
    async fn listening(&self) -> Result<bool>;
}

#[rpc(server, namespace = "web3")]
pub(crate) trait Web3Api {
    #[method(name = "clientVersion")]
    async fn client_version(&self) -> Result<String>;
}

#[rpc(server, namespace = "txpool")]
pub(crate) trait TxpoolApi {
    /// How many transactions the pool holds; zeros on a node without one.
    #[method(name = "status")]
    async fn status(&self) -> Result<BTreeMap<&'static str, U64>>;
}

/// What only Autonet has.
#[rpc(server, namespace = "autonet")]
pub(crate) trait AutonetApi {
    /// The three heads, and how far L1 has been read.
    #[method(name = "syncStatus")]
    async fn sync_status(&self) -> Result<SyncStatus>;

    /// What is fixed for the chain.
    #[method(name = "chainConfig")]
    async fn chain_config(&self) -> Result<ChainConfig>;

    /// What a checkpoint after the first `batch_count` batches claims; `null` while there are fewer.
    #[method(name = "checkpointOutput")]
    async fn checkpoint_output(&self, batch_count: u64) -> Result<Option<CheckpointPosition>>;

    /// What executing `input` on the state after block `parent` reads: the RLP of a [`crate::Witness`] from byte `offset`
    /// on. The input is the caller's, since a block does not have the transactions that were skipped.
    #[method(name = "executionWitness")]
    async fn execution_witness(&self, parent: u64, input: WitnessInput, offset: Option<u64>) -> Result<WitnessPage>;
}
