//! The layout of the database: column families, keys, and their `RocksDB` options.
//!
//! Integers in keys are big-endian, so that iteration follows their order.

use crate::StorageOptions;
use alloy_primitives::{Address, B256, U256};
use autonet_trie::Nibbles;
use rocksdb::{BlockBasedOptions, Cache, ColumnFamilyDescriptor, DBCompressionType, Options};

/// Changes with every incompatible change of the layout.
pub(crate) const SCHEMA_VERSION: u64 = 1;

macro_rules! tables {
    ($($(#[$doc:meta])* $table:ident = $name:literal,)*) => {
        /// A column family.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Table { $($(#[$doc])* $table,)* }

        impl Table {
            pub(crate) const ALL: &[Self] = &[$(Self::$table,)*];

            pub(crate) const fn name(self) -> &'static str {
                match self { $(Self::$table => $name,)* }
            }
        }
    };
}

tables! {
    /// See [`crate::meta`].
    Meta = "meta",
    /// `number` -> hash, delayed position, header.
    Headers = "headers",
    /// `number` -> transactions and their senders.
    Bodies = "bodies",
    /// `number` -> receipts.
    Receipts = "receipts",
    /// `block hash` -> number.
    Numbers = "numbers",
    /// `transaction hash` -> `number | index (u32)`.
    Transactions = "transactions",
    /// `address` -> account at the head.
    Accounts = "accounts",
    /// `address | slot` -> value at the head.
    Slots = "slots",
    /// See [`node_key`]: trie node at the head.
    Nodes = "nodes",
    /// `code hash` -> code.
    Code = "code",
    /// `tensor id` -> bytes.
    Tensors = "tensors",
    /// `key of accounts | number` -> value before that block.
    AccountHistory = "account_history",
    /// `key of slots | number` -> value before that block.
    SlotHistory = "slot_history",
    /// `key of nodes | number` -> value before that block.
    NodeHistory = "node_history",
    /// `number` -> the keys that the block changed.
    Changes = "changes",
    /// `batch index` -> what the batch became.
    Batches = "batches",
    /// `name` -> small durable values of services.
    Notes = "notes",
}

pub(crate) fn slot_key(address: Address, slot: U256) -> [u8; 52] {
    let mut key = [0; 52];
    key[..20].copy_from_slice(address.as_slice());
    key[20..].copy_from_slice(&slot.to_be_bytes::<32>());
    key
}

/// `0 | path` for the account trie, `1 | owner | path` for a storage trie, where a path is its length in nibbles and then
/// the packed nibbles: no key is a prefix of another, so that keys with a block number appended stay in order.
pub(crate) fn node_key(owner: Option<B256>, path: &Nibbles) -> Vec<u8> {
    let mut key = Vec::with_capacity(2 + 32 + 32);
    match owner {
        None => key.push(0),
        Some(owner) => {
            key.push(1);
            key.extend_from_slice(owner.as_slice());
        }
    }
    key.push(path.len() as u8);
    key.extend_from_slice(&path.pack());
    key
}

/// The options of the database as a whole.
pub(crate) fn database_options(options: &StorageOptions) -> Options {
    let mut database = Options::default();
    database.create_if_missing(true);
    database.create_missing_column_families(true);
    database.set_max_open_files(options.max_open_files);
    database.set_db_write_buffer_size(options.write_buffer_bytes);
    database.set_max_total_wal_size(2 * options.write_buffer_bytes as u64);
    database.set_max_background_jobs(2);
    database.set_keep_log_file_num(2);
    database.set_wal_recovery_mode(rocksdb::DBRecoveryMode::PointInTime);
    database
}

/// Every column family, on one shared block cache.
pub(crate) fn column_families(options: &StorageOptions) -> Vec<ColumnFamilyDescriptor> {
    let cache = Cache::new_lru_cache(options.cache_bytes);
    let column_family = |table: &Table| {
        let mut blocks = BlockBasedOptions::default();
        blocks.set_block_cache(&cache);
        blocks.set_cache_index_and_filter_blocks(true);
        blocks.set_pin_l0_filter_and_index_blocks_in_cache(true);
        blocks.set_bloom_filter(10.0, false);
        blocks.set_format_version(5);
        let mut column_family = Options::default();
        column_family.set_block_based_table_factory(&blocks);
        column_family.set_compression_type(DBCompressionType::Lz4);
        column_family.set_level_compaction_dynamic_level_bytes(true);
        ColumnFamilyDescriptor::new(table.name(), column_family)
    };
    Table::ALL.iter().map(column_family).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_node_key_is_a_prefix_of_another() {
        let paths = ["", "0", "00", "000", "01", "1", "10"]
            .map(|path| Nibbles::from_nibbles(path.bytes().map(|digit| digit - b'0').collect::<Vec<_>>()));
        let owners = [None, Some(B256::ZERO), Some(B256::repeat_byte(1))];
        let keys: Vec<_> = owners.iter().flat_map(|owner| paths.iter().map(|path| node_key(*owner, path))).collect();
        for (i, a) in keys.iter().enumerate() {
            for (j, b) in keys.iter().enumerate() {
                assert!(i == j || !b.starts_with(a), "{a:?} {b:?}");
            }
        }
    }
}
