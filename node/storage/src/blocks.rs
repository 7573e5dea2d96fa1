//! Reading blocks, receipts and positions.

use crate::{
    Storage, StorageError, StoredBlock, StoredHeader, TransactionPosition,
    codec::{decode_body, decode_header, decode_position, decode_receipts, decode_u64},
    db::Read,
    schema::Table,
};
use alloy_consensus::transaction::Recovered;
use alloy_primitives::{B256, Bytes};
use autonet_primitives::{Receipt, TxEnvelope};

pub(crate) fn header(reader: &impl Read, number: u64) -> Result<Option<StoredHeader>, StorageError> {
    get(reader, Table::Headers, &number.to_be_bytes(), decode_header)
}

pub(crate) fn transactions(
    reader: &impl Read,
    number: u64,
) -> Result<Option<Vec<Recovered<TxEnvelope>>>, StorageError> {
    get(reader, Table::Bodies, &number.to_be_bytes(), decode_body)
}

/// A value by key, decoded.
pub(crate) fn get<T>(
    reader: &impl Read,
    table: Table,
    key: &[u8],
    decode: impl FnOnce(&[u8], &[u8]) -> Result<T, StorageError>,
) -> Result<Option<T>, StorageError> {
    reader.get(table, key)?.map(|value| decode(key, &value)).transpose()
}

impl Storage {
    /// The header of a block, with its place in the delayed queue.
    pub fn header(&self, number: u64) -> Result<Option<StoredHeader>, StorageError> {
        header(&self.db, number)
    }

    /// The number of a block on the chain.
    pub fn number(&self, hash: B256) -> Result<Option<u64>, StorageError> {
        get(&self.db, Table::Numbers, hash.as_slice(), |key, value| decode_u64(Table::Numbers, key, value))
    }

    /// A block with its senders.
    pub fn block(&self, number: u64) -> Result<Option<StoredBlock>, StorageError> {
        let snapshot = self.db.snapshot();
        let Some(header) = header(&snapshot, number)? else { return Ok(None) };
        let transactions = transactions(&snapshot, number)?.ok_or(StorageError::UnknownBlock(number))?;
        Ok(Some(StoredBlock { header, transactions }))
    }

    /// The receipts of a block, in the order of its transactions.
    pub fn receipts(&self, number: u64) -> Result<Option<Vec<Receipt>>, StorageError> {
        get(&self.db, Table::Receipts, &number.to_be_bytes(), decode_receipts)
    }

    /// Where a transaction is on the chain.
    pub fn transaction_position(&self, hash: B256) -> Result<Option<TransactionPosition>, StorageError> {
        get(&self.db, Table::Transactions, hash.as_slice(), decode_position)
    }

    /// Code by its hash.
    pub fn code(&self, hash: B256) -> Result<Option<Bytes>, StorageError> {
        Ok(self.db.get(Table::Code, hash)?.map(|code| Bytes::copy_from_slice(&code)))
    }

    /// The bytes of a tensor that a block on the chain pinned.
    pub fn tensor(&self, id: B256) -> Result<Option<Bytes>, StorageError> {
        Ok(self.db.get(Table::Tensors, id)?.map(|bytes| Bytes::copy_from_slice(&bytes)))
    }
}
