//! The `meta` table: what belongs to the database as a whole.

use crate::{
    BlockId, StorageError,
    codec::{corrupt, decode_u64},
    db::{Batch, Read},
    schema::Table,
};
use alloy_primitives::B256;
use autonet_primitives::Genesis;

const SCHEMA: &[u8] = b"schema";
const GENESIS: &[u8] = b"genesis";
const HEAD: &[u8] = b"head";
const BATCH_COUNT: &[u8] = b"batch_count";
const FINALIZED_BATCH_COUNT: &[u8] = b"finalized_batch_count";

/// The schema version; `None` where no genesis has been written.
pub(crate) fn schema(reader: &impl Read) -> Result<Option<u64>, StorageError> {
    reader.get(Table::Meta, SCHEMA)?.map(|value| decode_u64(Table::Meta, SCHEMA, &value)).transpose()
}

pub(crate) fn put_schema(batch: &mut Batch<'_>, version: u64) {
    batch.put(Table::Meta, SCHEMA, version.to_be_bytes());
}

pub(crate) fn genesis(reader: &impl Read) -> Result<Genesis, StorageError> {
    let value = reader.get(Table::Meta, GENESIS)?;
    let value = value.ok_or_else(|| corrupt(Table::Meta, GENESIS, "missing"))?;
    serde_json::from_slice(&value).map_err(|_| corrupt(Table::Meta, GENESIS, "not a genesis"))
}

pub(crate) fn put_genesis(batch: &mut Batch<'_>, genesis: &Genesis) -> Result<(), StorageError> {
    let json = serde_json::to_vec(genesis).map_err(|error| StorageError::Genesis(error.to_string()))?;
    batch.put(Table::Meta, GENESIS, json);
    Ok(())
}

/// The last durable block.
pub(crate) fn head(reader: &impl Read) -> Result<BlockId, StorageError> {
    let value = reader.get(Table::Meta, HEAD)?;
    let value = value.ok_or_else(|| corrupt(Table::Meta, HEAD, "missing"))?;
    match (value.first_chunk(), value.last_chunk()) {
        (Some(number), Some(hash)) if value.len() == 40 => {
            Ok(BlockId { number: u64::from_be_bytes(*number), hash: B256::new(*hash) })
        }
        _ => Err(corrupt(Table::Meta, HEAD, "not 40 bytes")),
    }
}

pub(crate) fn put_head(batch: &mut Batch<'_>, head: BlockId) {
    let mut value = [0; 40];
    value[..8].copy_from_slice(&head.number.to_be_bytes());
    value[8..].copy_from_slice(head.hash.as_slice());
    batch.put(Table::Meta, HEAD, value);
}

/// Batches of the inbox that the chain has applied.
pub(crate) fn batch_count(reader: &impl Read) -> Result<u64, StorageError> {
    count(reader, BATCH_COUNT)
}

pub(crate) fn put_batch_count(batch: &mut Batch<'_>, count: u64) {
    batch.put(Table::Meta, BATCH_COUNT, count.to_be_bytes());
}

/// Batches whose L1 blocks are final.
pub(crate) fn finalized_batch_count(reader: &impl Read) -> Result<u64, StorageError> {
    count(reader, FINALIZED_BATCH_COUNT)
}

pub(crate) fn put_finalized_batch_count(batch: &mut Batch<'_>, count: u64) {
    batch.put(Table::Meta, FINALIZED_BATCH_COUNT, count.to_be_bytes());
}

fn count(reader: &impl Read, key: &[u8]) -> Result<u64, StorageError> {
    reader.get(Table::Meta, key)?.map_or(Ok(0), |value| decode_u64(Table::Meta, key, &value))
}
