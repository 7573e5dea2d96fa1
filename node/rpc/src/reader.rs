use crate::{RpcConfig, TransactionPool, error::RpcError};
use alloy_primitives::B256;
use alloy_rpc_types_eth::{BlockId, BlockNumberOrTag};
use autonet_chain::Chain;
use autonet_primitives::{ChainConfig, Header, Receipt};
use autonet_stf::next_base_fee;
use autonet_storage::{StateView, Storage, StorageError, StoredBlock, StoredHeader};
use std::sync::Arc;

/// Seconds since 1970, from a clock that tests can set.
pub type Clock = Arc<dyn Fn() -> u64 + Send + Sync>;

pub(crate) type Result<T, E = RpcError> = core::result::Result<T, E>;

/// Answers requests from the chain. Its methods block on the disk, and on execution.
pub(crate) struct Reader {
    pub(crate) chain: Chain,
    pub(crate) pool: Option<Arc<dyn TransactionPool>>,
    pub(crate) clock: Clock,
    pub(crate) limits: RpcConfig,
}

impl Reader {
    pub(crate) fn storage(&self) -> &Storage {
        self.chain.storage()
    }

    pub(crate) fn config(&self) -> &ChainConfig {
        self.storage().config()
    }

    /// The number of a block on the chain; `None` for a hash that is not on it. A number may lie above the head.
    ///
    /// `pending` is the latest block: a block that does not exist yet has no hash and no transactions.
    pub(crate) fn number(&self, block: BlockId) -> Result<Option<u64>> {
        let heads = self.chain.heads();
        Ok(match block {
            BlockId::Hash(hash) => self.storage().number(hash.block_hash)?,
            BlockId::Number(BlockNumberOrTag::Number(number)) => Some(number),
            BlockId::Number(BlockNumberOrTag::Latest | BlockNumberOrTag::Pending) => Some(heads.unsafe_head.number),
            BlockId::Number(BlockNumberOrTag::Safe) => Some(heads.safe.number),
            BlockId::Number(BlockNumberOrTag::Finalized) => Some(heads.finalized.number),
            BlockId::Number(BlockNumberOrTag::Earliest) => Some(0),
        })
    }

    pub(crate) fn header(&self, block: BlockId) -> Result<Option<StoredHeader>> {
        let Some(number) = self.number(block)? else { return Ok(None) };
        Ok(self.storage().header(number)?.filter(|header| is(block, header.id.hash)))
    }

    pub(crate) fn block(&self, block: BlockId) -> Result<Option<StoredBlock>> {
        let Some(number) = self.number(block)? else { return Ok(None) };
        Ok(self.storage().block(number)?.filter(|stored| is(block, stored.id().hash)))
    }

    /// The receipts of a block that was read a moment ago.
    pub(crate) fn receipts(&self, block: &StoredBlock) -> Result<Vec<Receipt>> {
        let (receipts, header) =
            (self.storage().receipts(block.id().number)?, self.storage().header(block.id().number)?);
        match (receipts, header) {
            (Some(receipts), Some(header)) if header.id == block.id() => Ok(receipts),
            _ => Err(RpcError::UnknownBlock(block.id().hash.into())),
        }
    }

    /// The state after a block; `pending` is the latest.
    pub(crate) fn state(&self, block: BlockId) -> Result<StateView> {
        if matches!(block, BlockId::Number(BlockNumberOrTag::Latest | BlockNumberOrTag::Pending)) {
            return Ok(self.storage().latest()?);
        }
        let number = self.number(block)?.ok_or(RpcError::UnknownBlock(block))?;
        match self.storage().state_at(number) {
            Ok(state) if is(block, state.block().hash) => Ok(state),
            Ok(_) | Err(StorageError::UnknownBlock(_)) => Err(RpcError::UnknownBlock(block)),
            Err(error) => Err(error.into()),
        }
    }

    /// The state after a block, and the environment of a call on it: the block's own, or for `pending` that of a child of
    /// the latest block, made now.
    pub(crate) fn call_state(&self, block: BlockId) -> Result<(StateView, Header)> {
        let state = self.state(block)?;
        let header = match block {
            BlockId::Number(BlockNumberOrTag::Pending) => self.child(&state),
            _ => state.header().clone(),
        };
        Ok((state, header))
    }

    fn child(&self, parent: &StateView) -> Header {
        let header = parent.header();
        Header {
            parent_hash: parent.block().hash,
            number: header.number + 1,
            timestamp: header.timestamp.max((self.clock)()),
            base_fee_per_gas: Some(next_base_fee(self.config(), header)),
            gas_used: 0,
            ..header.clone()
        }
    }
}

fn is(block: BlockId, hash: B256) -> bool {
    match block {
        BlockId::Hash(wanted) => wanted.block_hash == hash,
        BlockId::Number(_) => true,
    }
}
