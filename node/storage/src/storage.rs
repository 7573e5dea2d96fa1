//! Opening a data directory.

use crate::{
    BlockId, DelayedPosition, StateView, StorageError, StorageOptions, blocks,
    codec::decode_account,
    commit,
    db::{Db, Read},
    meta,
    schema::{SCHEMA_VERSION, Table, column_families, database_options},
};
use alloy_primitives::{Address, B256, U256};
use autonet_primitives::{ChainConfig, Genesis};
use autonet_stf::Account;
use parking_lot::Mutex;
use rocksdb::{DB, ErrorKind};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// The chain and its state in a data directory: one writer, any number of readers.
///
/// All methods block on the disk.
pub struct Storage {
    pub(crate) db: Db,
    pub(crate) dir: PathBuf,
    /// Held while the head moves.
    pub(crate) writer: Mutex<()>,
    genesis: Genesis,
}

impl std::fmt::Debug for Storage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Storage").field("dir", &self.dir).finish_non_exhaustive()
    }
}

impl Storage {
    /// Opens the data directory `dir` of the chain of `genesis`; creates it, with block 0, if there is nothing yet.
    ///
    /// # Errors
    /// A directory that is in use, not writable, of another chain or of another schema is refused.
    pub fn open(dir: impl AsRef<Path>, genesis: &Genesis, options: &StorageOptions) -> Result<Self, StorageError> {
        let dir = dir.as_ref();
        fs::create_dir_all(dir).map_err(|source| StorageError::Unwritable { dir: dir.into(), source })?;
        let opened = DB::open_cf_descriptors(&database_options(options), database_dir(dir), column_families(options));
        let db = Db::new(opened.map_err(|error| open_error(dir, error))?);
        let block = autonet_stf::genesis_block(genesis).map_err(|error| StorageError::Genesis(error.to_string()))?;
        match meta::schema(&db)? {
            Some(version) => {
                check_schema(dir, version)?;
                check_genesis(dir, &db, genesis, block.hash)?;
            }
            None => {
                let mut batch = db.batch();
                meta::put_schema(&mut batch, SCHEMA_VERSION);
                meta::put_genesis(&mut batch, genesis)?;
                commit::put_block(&db, &mut batch, &block, DelayedPosition::default())?;
                batch.write_synced()?;
            }
        }
        Ok(Self { db, dir: dir.into(), writer: Mutex::new(()), genesis: genesis.clone() })
    }

    /// Opens an existing data directory for reading, as it is at this moment; a node may be writing to it.
    pub fn open_read_only(dir: impl AsRef<Path>, options: &StorageOptions) -> Result<Self, StorageError> {
        let dir = dir.as_ref();
        let empty = || StorageError::Empty { dir: dir.into() };
        if !database_dir(dir).join("CURRENT").exists() {
            return Err(empty());
        }
        let database = database_options(options);
        let opened = DB::open_cf_descriptors_read_only(&database, database_dir(dir), column_families(options), false);
        let db = Db::new(opened.map_err(|error| open_error(dir, error))?);
        check_schema(dir, meta::schema(&db)?.ok_or_else(empty)?)?;
        let genesis = meta::genesis(&db)?;
        Ok(Self { db, dir: dir.into(), writer: Mutex::new(()), genesis })
    }

    /// The genesis that the chain started from.
    pub const fn genesis(&self) -> &Genesis {
        &self.genesis
    }

    /// What is fixed for the chain.
    pub const fn config(&self) -> &ChainConfig {
        &self.genesis.config
    }

    /// The data directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The last durable block.
    pub fn head(&self) -> Result<BlockId, StorageError> {
        meta::head(&self.db)
    }

    /// An account after the last durable block: one read, without a view.
    pub fn account(&self, address: Address) -> Result<Option<Account>, StorageError> {
        let value = self.db.get(Table::Accounts, address)?;
        value.map(|value| decode_account(address.as_slice(), &value)).transpose()
    }

    /// The state after the last durable block.
    pub fn latest(&self) -> Result<StateView, StorageError> {
        let snapshot = self.db.snapshot();
        let head = meta::head(&snapshot)?.number;
        StateView::new(snapshot, head)
    }

    /// The state after a block of any age: values and trie nodes.
    pub fn state_at(&self, block: u64) -> Result<StateView, StorageError> {
        StateView::new(self.db.snapshot(), block)
    }

    /// The native supply after the last durable block: the sum of all balances, in wei. Reads every account: for audits.
    pub fn supply(&self) -> Result<U256, StorageError> {
        let mut supply = U256::ZERO;
        let mut accounts = self.db.cursor(Table::Accounts, None);
        accounts.seek_to_first();
        while let Some((key, value)) = accounts.item() {
            supply = supply.saturating_add(decode_account(key, value)?.balance);
            accounts.next();
        }
        accounts.status()?;
        Ok(supply)
    }
}

fn database_dir(dir: &Path) -> PathBuf {
    dir.join("db")
}

/// Tells what an operator can mend from the rest. `RocksDB` says what has happened in its message only.
fn open_error(dir: &Path, error: rocksdb::Error) -> StorageError {
    let message = error.as_ref();
    if message.contains("lock hold by current process") || message.contains("While lock file") {
        return match message.contains("Permission denied") {
            true => unwritable(dir, io::ErrorKind::PermissionDenied),
            false => StorageError::Locked { dir: dir.into() },
        };
    }
    match error.kind() {
        ErrorKind::IOError if message.contains("Permission denied") => unwritable(dir, io::ErrorKind::PermissionDenied),
        ErrorKind::IOError if message.contains("Read-only") => unwritable(dir, io::ErrorKind::ReadOnlyFilesystem),
        ErrorKind::IOError if message.contains("No space") => unwritable(dir, io::ErrorKind::StorageFull),
        _ => StorageError::Database(error),
    }
}

fn unwritable(dir: &Path, kind: io::ErrorKind) -> StorageError {
    StorageError::Unwritable { dir: dir.into(), source: kind.into() }
}

fn check_schema(dir: &Path, found: u64) -> Result<(), StorageError> {
    match found {
        SCHEMA_VERSION => Ok(()),
        found => Err(StorageError::Schema { dir: dir.into(), found, expected: SCHEMA_VERSION }),
    }
}

fn check_genesis(dir: &Path, db: &Db, genesis: &Genesis, hash: B256) -> Result<(), StorageError> {
    let stored = meta::genesis(db)?;
    let stored_hash = blocks::header(db, 0)?.ok_or(StorageError::UnknownBlock(0))?.id.hash;
    let pairs = [
        ("chain id", stored.config.l2_chain_id.to_string(), genesis.config.l2_chain_id.to_string()),
        ("config hash", stored.config.hash().to_string(), genesis.config.hash().to_string()),
        ("genesis hash", stored_hash.to_string(), hash.to_string()),
    ];
    match pairs.into_iter().find(|(_, found, expected)| found != expected) {
        None => Ok(()),
        Some((what, found, expected)) => Err(StorageError::OtherChain { dir: dir.into(), what, found, expected }),
    }
}
