//! A state in memory: for genesis, tests and tools.

use crate::{Account, ExecutedBlock, StateReader, decode_tensor};
use alloc::collections::BTreeMap;
use alloy_primitives::{Address, B256, Bytes, U256};
use autonet_ml_precompiles::Operand;
use autonet_trie::{Nibbles, NodeSource, PathNodes};

/// The block with this number is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no block {0}")]
pub struct Unknown(pub u64);

/// The whole state after one block, in ordered maps: the reference for what a database does with an [`ExecutedBlock`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemoryState {
    /// Accounts that exist.
    pub accounts: BTreeMap<Address, Account>,
    /// Slots that are not zero.
    pub storage: BTreeMap<(Address, U256), U256>,
    /// Code by its hash.
    pub code: BTreeMap<B256, Bytes>,
    /// Block hashes by number.
    pub block_hashes: BTreeMap<u64, B256>,
    /// Encoded tensors by id.
    pub tensors: BTreeMap<B256, Bytes>,
    /// Nodes of all tries.
    pub nodes: PathNodes,
}

impl MemoryState {
    /// Goes from the parent's state to the block's.
    pub fn apply(&mut self, block: &ExecutedBlock) {
        for (address, change) in &block.state.accounts {
            match change.new {
                Some(account) => self.accounts.insert(*address, account),
                None => self.accounts.remove(address),
            };
        }
        for (slot, change) in &block.state.storage {
            if change.new.is_zero() {
                self.storage.remove(slot);
            } else {
                self.storage.insert(*slot, change.new);
            }
        }
        self.code.extend(block.state.code.iter().map(|(hash, code)| (*hash, code.clone())));
        self.tensors.extend(block.tensors.iter().map(|(id, bytes)| (*id, bytes.clone())));
        self.block_hashes.insert(block.number(), block.hash);
        for updates in &block.trie_updates {
            self.nodes.apply(updates);
        }
    }
}

impl StateReader for MemoryState {
    type Error = Unknown;

    fn account(&self, address: Address) -> Result<Option<Account>, Unknown> {
        Ok(self.accounts.get(&address).copied())
    }

    fn code(&self, hash: B256) -> Result<Option<Bytes>, Unknown> {
        Ok(self.code.get(&hash).cloned())
    }

    fn storage(&self, address: Address, slot: U256) -> Result<U256, Unknown> {
        Ok(self.storage.get(&(address, slot)).copied().unwrap_or_default())
    }

    fn block_hash(&self, number: u64) -> Result<B256, Unknown> {
        self.block_hashes.get(&number).copied().ok_or(Unknown(number))
    }

    fn tensor(&self, id: B256) -> Result<Option<Operand>, Unknown> {
        Ok(self.tensors.get(&id).and_then(|bytes| decode_tensor(bytes)))
    }
}

impl NodeSource for MemoryState {
    type Error = Unknown;

    fn node(&self, owner: Option<B256>, path: &Nibbles, _: B256) -> Result<Option<Bytes>, Unknown> {
        Ok(self.nodes.0.get(&(owner, *path)).cloned())
    }
}
