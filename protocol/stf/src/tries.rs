//! Flat values, read through the tries.

use crate::Account;
use alloc::collections::BTreeMap;
use alloy_primitives::{Address, B256, U256, keccak256};
use alloy_rlp::Decodable;
use autonet_trie::{EMPTY_ROOT, Nibbles, NodeSource, Trie, TrieError};
use core::cell::RefCell;

/// Why a value could not be read from a trie.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError<E> {
    /// A node is missing or corrupt.
    #[error("trie node")]
    Trie(#[from] TrieError<E>),
    /// The value of an account or a slot is malformed: no chain has such a root.
    #[error("malformed value in a trie")]
    Value(#[from] alloy_rlp::Error),
}

/// The tries of one state; nodes that were read are kept.
#[derive(Debug)]
pub(crate) struct Tries {
    accounts: RefCell<Trie>,
    storage: RefCell<BTreeMap<Address, Trie>>,
}

impl Tries {
    pub(crate) const fn new(root: B256) -> Self {
        Self { accounts: RefCell::new(Trie::new(None, root)), storage: RefCell::new(BTreeMap::new()) }
    }

    pub(crate) fn account<S: NodeSource>(
        &self,
        nodes: &S,
        address: Address,
    ) -> Result<Option<Account>, ReadError<S::Error>> {
        let key = Nibbles::unpack(keccak256(address));
        let value = self.accounts.borrow_mut().get(nodes, &key)?;
        Ok(value.map(alloy_rlp::decode_exact::<Account>).transpose()?)
    }

    pub(crate) fn slot<S: NodeSource>(
        &self,
        nodes: &S,
        address: Address,
        slot: U256,
    ) -> Result<U256, ReadError<S::Error>> {
        let mut storage = self.storage.borrow_mut();
        let trie = match storage.get_mut(&address) {
            Some(trie) => trie,
            None => {
                let root = self.account(nodes, address)?.map_or(EMPTY_ROOT, |account| account.storage_root);
                storage.entry(address).or_insert(Trie::new(Some(keccak256(address)), root))
            }
        };
        let key = Nibbles::unpack(keccak256(slot.to_be_bytes::<32>()));
        let value = trie.get(nodes, &key)?;
        Ok(value.map(|rlp| U256::decode(&mut &rlp[..])).transpose()?.unwrap_or_default())
    }
}
