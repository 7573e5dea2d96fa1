//! Moving the head: one atomic, synced write per block, forwards and backwards.

use crate::{
    BlockId, DelayedPosition, Storage, StorageError, StoredBlock, StoredHeader, TransactionPosition, blocks,
    codec::{
        Changes, corrupt, decode, encode_account, encode_body, encode_header, encode_position, encode_receipts,
        encode_word,
    },
    db::{Batch, Db, Read},
    history::{ACCOUNTS, NODES, SLOTS},
    meta,
    schema::{Table, node_key, slot_key},
};
use alloy_primitives::B256;
use autonet_stf::ExecutedBlock;
use std::collections::BTreeMap;

impl Storage {
    /// Makes an executed block the head. Durable on return.
    ///
    /// # Errors
    /// [`StorageError::NotOnHead`] if its parent is not the head.
    pub fn commit(&self, executed: &ExecutedBlock, delayed: DelayedPosition) -> Result<BlockId, StorageError> {
        let _writer = self.writer.lock();
        let (head, parent) = (meta::head(&self.db)?, executed.block.header.parent_hash);
        if parent != head.hash || head.number.checked_add(1) != Some(executed.number()) {
            return Err(StorageError::NotOnHead { parent, head });
        }
        let mut batch = self.db.batch();
        let id = put_block(&self.db, &mut batch, executed, delayed)?;
        batch.write_synced()?;
        Ok(id)
    }

    /// Takes the head block off the chain and returns it; its parent is the head. Durable on return.
    ///
    /// # Errors
    /// Block 0 cannot be taken off.
    pub fn unwind_head(&self) -> Result<StoredBlock, StorageError> {
        let _writer = self.writer.lock();
        let head = meta::head(&self.db)?.number;
        let parent = head.checked_sub(1).ok_or(StorageError::UnknownBlock(0))?;
        let parent = blocks::header(&self.db, parent)?.ok_or(StorageError::UnknownBlock(parent))?;
        let block = self.block(head)?.ok_or(StorageError::UnknownBlock(head))?;
        let mut batch = self.db.batch();
        remove_block(&self.db, &mut batch, &block)?;
        meta::put_head(&mut batch, parent.id);
        batch.write_synced()?;
        Ok(block)
    }
}

/// Puts all of a block into `batch`.
pub(crate) fn put_block(
    db: &Db,
    batch: &mut Batch<'_>,
    executed: &ExecutedBlock,
    delayed: DelayedPosition,
) -> Result<BlockId, StorageError> {
    let id = BlockId { number: executed.number(), hash: executed.hash };
    let number = id.number.to_be_bytes();
    let header = StoredHeader { id, header: executed.block.header.clone(), delayed };
    let transactions = &executed.block.body.transactions;
    batch.put(Table::Headers, number, encode_header(&header));
    batch.put(Table::Bodies, number, encode_body(transactions.iter().zip(executed.senders.iter().copied())));
    batch.put(Table::Receipts, number, encode_receipts(&executed.receipts));
    batch.put(Table::Numbers, id.hash, number);
    for (index, transaction) in (0..).zip(transactions) {
        let position = TransactionPosition { block: id.number, index };
        batch.put(Table::Transactions, transaction.hash(), encode_position(position));
    }
    let changes = put_changes(db, batch, executed)?;
    batch.put(Table::Changes, number, alloy_rlp::encode(&changes));
    meta::put_head(batch, id);
    Ok(id)
}

fn put_changes(db: &Db, batch: &mut Batch<'_>, executed: &ExecutedBlock) -> Result<Changes, StorageError> {
    let mut changes = Changes::default();
    let block = executed.number();
    for (address, change) in &executed.state.accounts {
        let [before, after] =
            [&change.old, &change.new].map(|account| account.as_ref().map(encode_account).unwrap_or_default());
        ACCOUNTS.set(batch, block, address.as_slice(), &before, &after);
        changes.accounts.push(address.0.into());
    }
    for ((address, slot), change) in &executed.state.storage {
        let key = slot_key(*address, *slot);
        SLOTS.set(batch, block, &key, &encode_word(change.old), &encode_word(change.new));
        changes.slots.push(key.into());
    }
    for updates in &executed.trie_updates {
        for (path, node) in &updates.nodes {
            let (key, after) = (node_key(updates.owner, path), node.as_ref().map_or(&[][..], |node| node));
            let before = db.get(NODES.current, &key)?;
            let before = before.as_deref().unwrap_or_default();
            if before != after {
                NODES.set(batch, block, &key, before, after);
                changes.nodes.push(key.into());
            }
        }
    }
    changes.code = put_new(db, batch, Table::Code, &executed.state.code)?;
    changes.tensors = put_new(db, batch, Table::Tensors, &executed.tensors)?;
    Ok(changes)
}

/// Puts the values that are not there yet, and returns their keys.
fn put_new(
    db: &Db,
    batch: &mut Batch<'_>,
    table: Table,
    values: &BTreeMap<B256, alloy_primitives::Bytes>,
) -> Result<Vec<B256>, StorageError> {
    let mut new = Vec::new();
    for (key, value) in values {
        if db.get(table, key)?.is_none() {
            batch.put(table, key, value);
            new.push(*key);
        }
    }
    Ok(new)
}

fn remove_block(db: &Db, batch: &mut Batch<'_>, block: &StoredBlock) -> Result<(), StorageError> {
    let id = block.id();
    let number = id.number.to_be_bytes();
    let changes = db.get(Table::Changes, number)?.ok_or_else(|| corrupt(Table::Changes, &number, "missing"))?;
    let changes: Changes = decode(Table::Changes, &number, &changes)?;
    for (table, keys) in [(ACCOUNTS, &changes.accounts), (SLOTS, &changes.slots), (NODES, &changes.nodes)] {
        for key in keys {
            table.restore(db, batch, id.number, key)?;
        }
    }
    for (table, keys) in [(Table::Code, &changes.code), (Table::Tensors, &changes.tensors)] {
        keys.iter().for_each(|key| batch.delete(table, key));
    }
    for transaction in &block.transactions {
        batch.delete(Table::Transactions, transaction.inner().hash());
    }
    for table in [Table::Headers, Table::Bodies, Table::Receipts, Table::Changes] {
        batch.delete(table, number);
    }
    batch.delete(Table::Numbers, id.hash);
    Ok(())
}
