//! Values of the database. RLP, except where a fixed layout is shorter: see the README.

use crate::{
    BatchOrigin, BatchRecord, BlockId, DelayedPosition, StorageError, StoredHeader, TransactionPosition, schema::Table,
};
use alloy_consensus::{Header, transaction::Recovered};
use alloy_eips::eip2718::{Decodable2718, Encodable2718};
use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, U256};
use alloy_rlp::{Decodable, Encodable, RlpDecodable, RlpEncodable};
use autonet_primitives::{Receipt, TxEnvelope};
use autonet_stf::Account;
use autonet_trie::EMPTY_ROOT;

/// Decodes all of `bytes`, the value of `key`.
pub(crate) fn decode<T: Decodable>(table: Table, key: &[u8], bytes: &[u8]) -> Result<T, StorageError> {
    let mut rest = bytes;
    match T::decode(&mut rest) {
        Ok(value) if rest.is_empty() => Ok(value),
        Ok(_) => Err(corrupt(table, key, "bytes after the value")),
        Err(_) => Err(corrupt(table, key, "not the expected RLP")),
    }
}

pub(crate) fn corrupt(table: Table, key: &[u8], reason: &'static str) -> StorageError {
    StorageError::Corrupt { table: table.name(), key: Bytes::copy_from_slice(key), reason }
}

/// Reads a big-endian integer of 8 bytes.
pub(crate) fn decode_u64(table: Table, key: &[u8], bytes: &[u8]) -> Result<u64, StorageError> {
    bytes.try_into().map(u64::from_be_bytes).map_err(|_| corrupt(table, key, "not 8 bytes"))
}

#[derive(RlpEncodable, RlpDecodable)]
struct HeaderRecord {
    hash: B256,
    delayed_count: u64,
    delayed_acc: B256,
    delayed_transactions: u32,
    header: Header,
}

pub(crate) fn encode_header(stored: &StoredHeader) -> Vec<u8> {
    alloy_rlp::encode(HeaderRecord {
        hash: stored.id.hash,
        delayed_count: stored.delayed.count,
        delayed_acc: stored.delayed.acc,
        delayed_transactions: stored.delayed.transactions,
        header: stored.header.clone(),
    })
}

pub(crate) fn decode_header(key: &[u8], bytes: &[u8]) -> Result<StoredHeader, StorageError> {
    let record: HeaderRecord = decode(Table::Headers, key, bytes)?;
    Ok(StoredHeader {
        id: BlockId { number: record.header.number, hash: record.hash },
        header: record.header,
        delayed: DelayedPosition {
            count: record.delayed_count,
            acc: record.delayed_acc,
            transactions: record.delayed_transactions,
        },
    })
}

#[derive(RlpEncodable, RlpDecodable)]
struct TransactionRecord {
    sender: Address,
    bytes: Bytes,
}

pub(crate) fn encode_body<'a>(transactions: impl Iterator<Item = (&'a TxEnvelope, Address)>) -> Vec<u8> {
    let record = |(tx, sender): (&TxEnvelope, Address)| TransactionRecord { sender, bytes: tx.encoded_2718().into() };
    alloy_rlp::encode(transactions.map(record).collect::<Vec<_>>())
}

pub(crate) fn decode_body(key: &[u8], bytes: &[u8]) -> Result<Vec<Recovered<TxEnvelope>>, StorageError> {
    let records: Vec<TransactionRecord> = decode(Table::Bodies, key, bytes)?;
    let transaction = |record: TransactionRecord| {
        let transaction = TxEnvelope::decode_2718(&mut &record.bytes[..])
            .map_err(|_| corrupt(Table::Bodies, key, "malformed transaction"))?;
        Ok(Recovered::new_unchecked(transaction, record.sender))
    };
    records.into_iter().map(transaction).collect()
}

pub(crate) fn encode_receipts(receipts: &[Receipt]) -> Vec<u8> {
    alloy_rlp::encode(receipts.iter().map(|receipt| Bytes::from(receipt.encoded_2718())).collect::<Vec<_>>())
}

pub(crate) fn decode_receipts(key: &[u8], bytes: &[u8]) -> Result<Vec<Receipt>, StorageError> {
    let records: Vec<Bytes> = decode(Table::Receipts, key, bytes)?;
    let receipt = |record: Bytes| {
        Receipt::decode_2718(&mut &record[..]).map_err(|_| corrupt(Table::Receipts, key, "malformed receipt"))
    };
    records.into_iter().map(receipt).collect()
}

pub(crate) fn encode_position(position: TransactionPosition) -> [u8; 12] {
    let mut bytes = [0; 12];
    bytes[..8].copy_from_slice(&position.block.to_be_bytes());
    bytes[8..].copy_from_slice(&position.index.to_be_bytes());
    bytes
}

pub(crate) fn decode_position(key: &[u8], bytes: &[u8]) -> Result<TransactionPosition, StorageError> {
    match (bytes.first_chunk(), bytes.last_chunk()) {
        (Some(block), Some(index)) if bytes.len() == 12 => {
            Ok(TransactionPosition { block: u64::from_be_bytes(*block), index: u32::from_be_bytes(*index) })
        }
        _ => Err(corrupt(Table::Transactions, key, "not 12 bytes")),
    }
}

/// An account; an empty string stands for the hash of no code and the root of no storage.
#[derive(RlpEncodable, RlpDecodable)]
struct AccountRecord {
    nonce: u64,
    balance: U256,
    code_hash: Bytes,
    storage_root: Bytes,
}

pub(crate) fn encode_account(account: &Account) -> Vec<u8> {
    let word = |word: B256, default: B256| if word == default { Bytes::new() } else { word.0.into() };
    alloy_rlp::encode(AccountRecord {
        nonce: account.nonce,
        balance: account.balance,
        code_hash: word(account.code_hash, KECCAK256_EMPTY),
        storage_root: word(account.storage_root, EMPTY_ROOT),
    })
}

pub(crate) fn decode_account(key: &[u8], bytes: &[u8]) -> Result<Account, StorageError> {
    let record: AccountRecord = decode(Table::Accounts, key, bytes)?;
    let word = |word: &[u8], default: B256| match word {
        [] => Ok(default),
        word => B256::try_from(word).map_err(|_| corrupt(Table::Accounts, key, "not a word")),
    };
    Ok(Account {
        nonce: record.nonce,
        balance: record.balance,
        code_hash: word(&record.code_hash, KECCAK256_EMPTY)?,
        storage_root: word(&record.storage_root, EMPTY_ROOT)?,
    })
}

/// A storage value without leading zeros; zero is empty.
pub(crate) fn encode_word(value: U256) -> Vec<u8> {
    value.to_be_bytes_trimmed_vec()
}

pub(crate) fn decode_word(key: &[u8], bytes: &[u8]) -> Result<U256, StorageError> {
    U256::try_from_be_slice(bytes).ok_or_else(|| corrupt(Table::Slots, key, "longer than 32 bytes"))
}

/// The keys that a block changed, for unwinding it. Code and tensors are those that were not there before.
#[derive(Debug, Default, PartialEq, Eq, RlpEncodable, RlpDecodable)]
pub(crate) struct Changes {
    pub(crate) accounts: Vec<Bytes>,
    pub(crate) slots: Vec<Bytes>,
    pub(crate) nodes: Vec<Bytes>,
    pub(crate) code: Vec<B256>,
    pub(crate) tensors: Vec<B256>,
}

#[derive(RlpEncodable, RlpDecodable)]
struct BatchFields {
    number: u64,
    hash: B256,
    delayed_count: u64,
    last_timestamp: u64,
    l1_block: u64,
    acc: B256,
}

pub(crate) fn encode_batch(record: &BatchRecord) -> Vec<u8> {
    let mut out = Vec::new();
    BatchFields {
        number: record.last_block.number,
        hash: record.last_block.hash,
        delayed_count: record.delayed_count,
        last_timestamp: record.last_timestamp,
        l1_block: record.origin.l1_block,
        acc: record.origin.acc,
    }
    .encode(&mut out);
    out
}

pub(crate) fn decode_batch(key: &[u8], bytes: &[u8]) -> Result<BatchRecord, StorageError> {
    let fields: BatchFields = decode(Table::Batches, key, bytes)?;
    Ok(BatchRecord {
        last_block: BlockId { number: fields.number, hash: fields.hash },
        delayed_count: fields.delayed_count,
        last_timestamp: fields.last_timestamp,
        origin: BatchOrigin { l1_block: fields.l1_block, acc: fields.acc },
    })
}
