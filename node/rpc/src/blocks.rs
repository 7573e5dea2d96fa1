//! Blocks, transactions and receipts.

use crate::{
    convert::{self, RpcBlock},
    reader::{Reader, Result},
};
use alloy_primitives::{B256, U64};
use alloy_rpc_types_eth::BlockId;
use autonet_storage::StoredBlock;
use op_alloy_rpc_types::{OpTransactionReceipt, Transaction};

impl Reader {
    pub(crate) fn rpc_block(&self, block: BlockId, full: bool) -> Result<Option<RpcBlock>> {
        let Some(block) = self.block(block)? else { return Ok(None) };
        let receipts = if full { Some(self.receipts(&block)?) } else { None };
        Ok(Some(convert::block(block, receipts.as_deref())))
    }

    pub(crate) fn transaction_count_of(&self, block: BlockId) -> Result<Option<U64>> {
        Ok(self.block(block)?.map(|block| U64::from(block.transactions.len())))
    }

    pub(crate) fn block_receipts(&self, block: BlockId) -> Result<Option<Vec<OpTransactionReceipt>>> {
        let Some(block) = self.block(block)? else { return Ok(None) };
        let mut receipts = convert::receipts(&block, self.receipts(&block)?);
        let prices = self.l1_prices(&block)?;
        for (receipt, transaction) in receipts.iter_mut().zip(&block.transactions) {
            receipt.l1_block_info = prices.of(transaction);
        }
        Ok(Some(receipts))
    }

    pub(crate) fn transaction_by_hash(&self, hash: B256) -> Result<Option<Transaction>> {
        if let Some((block, index)) = self.find(hash)? {
            return self.transaction_at(block, index);
        }
        Ok(self.pool.as_ref().and_then(|pool| pool.transaction(hash)).map(convert::pending_transaction))
    }

    pub(crate) fn transaction_by_index(&self, block: BlockId, index: U64) -> Result<Option<Transaction>> {
        let Some(block) = self.block(block)? else { return Ok(None) };
        self.transaction_at(block, index.saturating_to())
    }

    fn transaction_at(&self, block: StoredBlock, index: usize) -> Result<Option<Transaction>> {
        let receipts = self.receipts(&block)?;
        let pair = block.transactions.get(index).zip(receipts.get(index));
        Ok(pair.map(|(inner, receipt)| convert::transaction(&block.header, index as u64, inner.clone(), receipt)))
    }

    pub(crate) fn transaction_receipt(&self, hash: B256) -> Result<Option<OpTransactionReceipt>> {
        let Some((block, index)) = self.find(hash)? else { return Ok(None) };
        let mut receipts = convert::receipts(&block, self.receipts(&block)?);
        let Some(transaction) = block.transactions.get(index).filter(|_| index < receipts.len()) else {
            return Ok(None);
        };
        let mut receipt = receipts.swap_remove(index);
        receipt.l1_block_info = self.l1_prices(&block)?.of(transaction);
        Ok(Some(receipt))
    }

    /// The block that contains a transaction, and the transaction's position in it.
    fn find(&self, hash: B256) -> Result<Option<(StoredBlock, usize)>> {
        let Some(position) = self.storage().transaction_position(hash)? else { return Ok(None) };
        let Some(block) = self.storage().block(position.block)? else { return Ok(None) };
        let index = position.index as usize;
        let found = block.transactions.get(index).is_some_and(|transaction| transaction.inner().tx_hash() == hash);
        Ok(found.then_some((block, index)))
    }
}
