mod durability;
mod model;
mod properties;

use crate::{Storage, StorageOptions, db::Read, schema::Table};
use alloy_primitives::{Address, U256};
use autonet_primitives::{ChainConfig, Genesis, GenesisAccount};
use std::path::Path;

/// Every entry of the database.
pub(super) type Dump = Vec<(&'static str, Vec<u8>, Vec<u8>)>;

pub(super) fn genesis() -> Genesis {
    let account =
        |n: u8| (Address::repeat_byte(n), GenesisAccount::default().with_balance(U256::from(1000) + U256::from(n)));
    Genesis {
        config: ChainConfig {
            l1_chain_id: 1,
            l2_chain_id: 42,
            inbox: Address::repeat_byte(0x11),
            bridge: Address::repeat_byte(0x12),
            force_window_s: 3600,
            max_past_s: 3600,
            max_future_s: 60,
            gas_limit: 60_000_000,
            base_fee_elasticity: 2,
            base_fee_denominator: 8,
            data_fee_scalar_ppm: 1_000_000,
            sequencer_fee_recipient: Address::repeat_byte(0x13),
        },
        l1_start_block: 0,
        timestamp: 1_700_000_000,
        base_fee: 1_000_000_000,
        alloc: (1..4).map(account).collect(),
    }
}

pub(super) fn options() -> StorageOptions {
    StorageOptions { cache_bytes: 4 << 20, write_buffer_bytes: 4 << 20, max_open_files: 64 }
}

pub(super) fn open(dir: impl AsRef<Path>) -> Storage {
    Storage::open(dir, &genesis(), &options()).unwrap()
}

pub(super) fn dump(storage: &Storage) -> Dump {
    let mut dump = Vec::new();
    for table in Table::ALL {
        let mut cursor = storage.db.cursor(*table, None);
        cursor.seek_to_first();
        while let Some((key, value)) = cursor.item() {
            dump.push((table.name(), key.to_vec(), value.to_vec()));
            cursor.next();
        }
    }
    dump
}
