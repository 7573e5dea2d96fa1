//! What the inbox's batches became, and small values of services.

use crate::{
    BatchRecord, BlockId, Storage, StorageError, blocks,
    codec::{decode_batch, encode_batch},
    db::Read,
    meta,
    schema::Table,
};

impl Storage {
    /// Batches of the inbox that the chain has applied.
    pub fn batch_count(&self) -> Result<u64, StorageError> {
        meta::batch_count(&self.db)
    }

    /// Batches whose L1 blocks are final.
    pub fn finalized_batch_count(&self) -> Result<u64, StorageError> {
        meta::finalized_batch_count(&self.db)
    }

    /// What a batch became.
    pub fn batch(&self, index: u64) -> Result<Option<BatchRecord>, StorageError> {
        blocks::get(&self.db, Table::Batches, &index.to_be_bytes(), decode_batch)
    }

    /// The last block of the first `count` batches: block 0 for none of them, `None` if there are not as many.
    pub fn block_of_batches(&self, count: u64) -> Result<Option<BlockId>, StorageError> {
        match count.checked_sub(1) {
            None => Ok(self.header(0)?.map(|genesis| genesis.id)),
            Some(last) => Ok(self.batch(last)?.map(|record| record.last_block)),
        }
    }

    /// Appends the record of batch `index`, the next one. Durable on return.
    pub fn push_batch(&self, index: u64, record: &BatchRecord) -> Result<(), StorageError> {
        let mut batch = self.db.batch();
        batch.put(Table::Batches, index.to_be_bytes(), encode_batch(record));
        meta::put_batch_count(&mut batch, index + 1);
        batch.write_synced()
    }

    /// Forgets the records of batches from `count` on. Durable on return.
    pub fn truncate_batches(&self, count: u64) -> Result<(), StorageError> {
        let mut batch = self.db.batch();
        for index in count..self.batch_count()? {
            batch.delete(Table::Batches, index.to_be_bytes());
        }
        meta::put_batch_count(&mut batch, count);
        batch.write_synced()
    }

    /// Records that the first `count` batches are final. Durable on return.
    pub fn set_finalized_batch_count(&self, count: u64) -> Result<(), StorageError> {
        let mut batch = self.db.batch();
        meta::put_finalized_batch_count(&mut batch, count);
        batch.write_synced()
    }

    /// A value that a service has stored under a name.
    pub fn note(&self, name: &str) -> Result<Option<Vec<u8>>, StorageError> {
        Ok(self.db.get(Table::Notes, name)?.map(|value| value.to_vec()))
    }

    /// Stores a small value under a name, or removes it. Durable on return.
    pub fn set_note(&self, name: &str, value: Option<&[u8]>) -> Result<(), StorageError> {
        let mut batch = self.db.batch();
        match value {
            Some(value) => batch.put(Table::Notes, name, value),
            None => batch.delete(Table::Notes, name),
        }
        batch.write_synced()
    }
}
