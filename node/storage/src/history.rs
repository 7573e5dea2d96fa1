//! Tables with a past: the value at the head, and for every block that changed it the value before that block.

use crate::{
    StorageError,
    db::{Batch, Read, end_of_prefix},
    schema::Table,
};

/// A table of values at the head and its history. An absent value is an empty one.
#[derive(Clone, Copy)]
pub(crate) struct Versioned {
    pub(crate) current: Table,
    history: Table,
}

pub(crate) const ACCOUNTS: Versioned = Versioned { current: Table::Accounts, history: Table::AccountHistory };
pub(crate) const SLOTS: Versioned = Versioned { current: Table::Slots, history: Table::SlotHistory };
pub(crate) const NODES: Versioned = Versioned { current: Table::Nodes, history: Table::NodeHistory };

impl Versioned {
    /// The value at the head.
    pub(crate) fn get<R>(
        self,
        reader: &impl Read,
        key: &[u8],
        read: impl FnOnce(&[u8]) -> R,
    ) -> Result<R, StorageError> {
        Ok(read(reader.get(self.current, key)?.as_deref().unwrap_or_default()))
    }

    /// The value after `block`: what the first later change found, or else the value at the head.
    pub(crate) fn get_at<R>(
        self,
        reader: &impl Read,
        key: &[u8],
        block: u64,
        read: impl FnOnce(&[u8]) -> R,
    ) -> Result<R, StorageError> {
        if let Some(next) = block.checked_add(1) {
            let mut cursor = reader.cursor(self.history, end_of_prefix(key));
            cursor.seek(history_key(key, next));
            if let Some(before) = cursor.value() {
                return Ok(read(before));
            }
            cursor.status()?;
        }
        self.get(reader, key, read)
    }

    /// Sets the value, as `block` does; `before` goes to the history.
    pub(crate) fn set(self, batch: &mut Batch<'_>, block: u64, key: &[u8], before: &[u8], after: &[u8]) {
        batch.set(self.current, key, after);
        batch.put(self.history, history_key(key, block), before);
    }

    /// Undoes [`Self::set`] of `block`, the newest change of `key`.
    pub(crate) fn restore(
        self,
        reader: &impl Read,
        batch: &mut Batch<'_>,
        block: u64,
        key: &[u8],
    ) -> Result<(), StorageError> {
        let history_key = history_key(key, block);
        let missing = || crate::codec::corrupt(self.history, &history_key, "missing");
        let before = reader.get(self.history, &history_key)?.ok_or_else(missing)?;
        batch.set(self.current, key, &before);
        batch.delete(self.history, &history_key);
        Ok(())
    }
}

fn history_key(key: &[u8], block: u64) -> Vec<u8> {
    [key, &block.to_be_bytes()].concat()
}
