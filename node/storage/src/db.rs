//! The database and its snapshots, by table.

use crate::{StorageError, schema::Table};
use rocksdb::{ColumnFamily, DB, DBPinnableSlice, DBRawIterator, ReadOptions, WriteBatch, WriteOptions};
use std::sync::Arc;

/// Reads entries: of the newest state of the database, or of a snapshot.
pub(crate) trait Read {
    /// The value of `key`.
    fn get(&self, table: Table, key: impl AsRef<[u8]>) -> Result<Option<DBPinnableSlice<'_>>, StorageError>;

    /// A cursor over the keys below `end`, not yet placed.
    fn cursor(&self, table: Table, end: Option<Vec<u8>>) -> DBRawIterator<'_>;
}

#[derive(Clone)]
pub(crate) struct Db(Arc<DB>);

impl Db {
    pub(crate) fn new(db: DB) -> Self {
        Self(Arc::new(db))
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        let snapshot = self.0.snapshot();
        // SAFETY: only the lifetime changes. The snapshot borrows the `DB` inside the `Arc`, whose address is stable and
        // which lives as long as `Snapshot::db`; that field is dropped after `Snapshot::snapshot`.
        let snapshot = unsafe { std::mem::transmute::<rocksdb::Snapshot<'_>, rocksdb::Snapshot<'static>>(snapshot) };
        Snapshot { snapshot, db: self.0.clone() }
    }

    pub(crate) fn batch(&self) -> Batch<'_> {
        Batch { db: &self.0, batch: WriteBatch::default() }
    }
}

impl Read for Db {
    fn get(&self, table: Table, key: impl AsRef<[u8]>) -> Result<Option<DBPinnableSlice<'_>>, StorageError> {
        Ok(self.0.get_pinned_cf(handle(&self.0, table), key)?)
    }

    fn cursor(&self, table: Table, end: Option<Vec<u8>>) -> DBRawIterator<'_> {
        self.0.raw_iterator_cf_opt(handle(&self.0, table), bounded(end))
    }
}

/// The database as it was at one moment; owned, so that a view of the state can outlive the caller's borrow.
pub(crate) struct Snapshot {
    snapshot: rocksdb::Snapshot<'static>,
    db: Arc<DB>,
}

impl Read for Snapshot {
    fn get(&self, table: Table, key: impl AsRef<[u8]>) -> Result<Option<DBPinnableSlice<'_>>, StorageError> {
        Ok(self.snapshot.get_pinned_cf(handle(&self.db, table), key)?)
    }

    fn cursor(&self, table: Table, end: Option<Vec<u8>>) -> DBRawIterator<'_> {
        self.snapshot.raw_iterator_cf_opt(handle(&self.db, table), bounded(end))
    }
}

/// Changes that become durable together or not at all.
pub(crate) struct Batch<'a> {
    db: &'a DB,
    batch: WriteBatch,
}

impl Batch<'_> {
    pub(crate) fn put(&mut self, table: Table, key: impl AsRef<[u8]>, value: impl AsRef<[u8]>) {
        self.batch.put_cf(handle(self.db, table), key, value);
    }

    pub(crate) fn delete(&mut self, table: Table, key: impl AsRef<[u8]>) {
        self.batch.delete_cf(handle(self.db, table), key);
    }

    /// Puts a value, or deletes where it is empty.
    pub(crate) fn set(&mut self, table: Table, key: impl AsRef<[u8]>, value: &[u8]) {
        match value {
            [] => self.delete(table, key),
            value => self.put(table, key, value),
        }
    }

    /// Writes; returns once the log is on the disk.
    pub(crate) fn write_synced(self) -> Result<(), StorageError> {
        let mut options = WriteOptions::default();
        options.set_sync(true);
        Ok(self.db.write_opt(self.batch, &options)?)
    }
}

fn bounded(end: Option<Vec<u8>>) -> ReadOptions {
    let mut options = ReadOptions::default();
    if let Some(end) = end {
        options.set_iterate_upper_bound(end);
    }
    options
}

fn handle(db: &DB, table: Table) -> &ColumnFamily {
    db.cf_handle(table.name()).expect("opened with all column families")
}

/// The first key after all keys that start with `prefix`; `None` if there is none.
pub(crate) fn end_of_prefix(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|byte| *byte != u8::MAX)?;
    let mut end = prefix[..=last].to_vec();
    end[last] += 1;
    Some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn end_of_prefix_carries() {
        assert_eq!(end_of_prefix(&[1, 2]), Some(vec![1, 3]));
        assert_eq!(end_of_prefix(&[1, 255]), Some(vec![2]));
        assert_eq!(end_of_prefix(&[255, 255]), None);
    }
}
