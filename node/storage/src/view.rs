//! The state after one block, of any age.

use crate::{
    BlockId, StorageError, StoredHeader, blocks,
    codec::{decode_account, decode_word},
    db::{Read, Snapshot},
    history::{ACCOUNTS, NODES, SLOTS, Versioned},
    meta,
    schema::{Table, node_key, slot_key},
};
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use autonet_primitives::Header;
use autonet_stf::{Account, Operand, StateReader, decode_tensor};
use autonet_trie::{EMPTY_ROOT, Nibbles, NodeSource, Trie};

/// The state after one block: a snapshot, so that what happens to the chain meanwhile does not show. It is owned, and may
/// be sent to other threads; the disk keeps what it needs until it is dropped.
pub struct StateView {
    snapshot: Snapshot,
    header: StoredHeader,
    is_head: bool,
}

/// What `eth_getProof` gives: an account, some of its slots, and the trie nodes that prove them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountProof {
    /// The account; `None` if it does not exist, which `proof` then proves.
    pub account: Option<Account>,
    /// Nodes of the account trie, from the state root.
    pub proof: Vec<Bytes>,
    /// The slots asked for, in that order.
    pub slots: Vec<SlotProof>,
}

/// A slot, and the nodes of the account's storage trie that prove its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotProof {
    /// The slot.
    pub slot: U256,
    /// Its value; zero where nothing is stored.
    pub value: U256,
    /// Nodes of the storage trie, from the account's storage root.
    pub proof: Vec<Bytes>,
}

impl std::fmt::Debug for StateView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StateView").field("block", &self.header.id).finish_non_exhaustive()
    }
}

impl StateView {
    pub(crate) fn new(snapshot: Snapshot, block: u64) -> Result<Self, StorageError> {
        let header = blocks::header(&snapshot, block)?.ok_or(StorageError::UnknownBlock(block))?;
        let is_head = meta::head(&snapshot)?.number == block;
        Ok(Self { snapshot, header, is_head })
    }

    /// The block.
    pub const fn block(&self) -> BlockId {
        self.header.id
    }

    /// The block's header.
    pub const fn header(&self) -> &Header {
        &self.header.header
    }

    /// The block's header, and where the chain stands in the queue of delayed messages after it.
    pub const fn stored_header(&self) -> &StoredHeader {
        &self.header
    }

    /// An account and some of its slots, with proofs under the block's state root.
    pub fn prove(&self, address: Address, slots: &[U256]) -> Result<AccountProof, StorageError> {
        let account = self.account(address)?;
        let owner = keccak256(address);
        let proof = Trie::new(None, self.header.header.state_root).prove(self, &Nibbles::unpack(owner))?;
        let storage_root = account.map_or(EMPTY_ROOT, |account| account.storage_root);
        let mut storage = Trie::new(Some(owner), storage_root);
        let mut prove_slot = |&slot: &U256| {
            let key = Nibbles::unpack(keccak256(slot.to_be_bytes::<32>()));
            Ok(SlotProof { slot, value: self.storage(address, slot)?, proof: storage.prove(self, &key)? })
        };
        let slots = slots.iter().map(&mut prove_slot).collect::<Result<_, StorageError>>()?;
        Ok(AccountProof { account, proof, slots })
    }

    fn read<R>(&self, table: Versioned, key: &[u8], read: impl FnOnce(&[u8]) -> R) -> Result<R, StorageError> {
        if self.is_head {
            table.get(&self.snapshot, key, read)
        } else {
            table.get_at(&self.snapshot, key, self.header.id.number, read)
        }
    }

    fn bytes(&self, table: Table, key: B256) -> Result<Option<Bytes>, StorageError> {
        Ok(self.snapshot.get(table, key)?.map(|value| Bytes::copy_from_slice(&value)))
    }
}

impl StateReader for StateView {
    type Error = StorageError;

    fn account(&self, address: Address) -> Result<Option<Account>, StorageError> {
        self.read(ACCOUNTS, address.as_slice(), |value| match value {
            [] => Ok(None),
            value => decode_account(address.as_slice(), value).map(Some),
        })?
    }

    fn code(&self, hash: B256) -> Result<Option<Bytes>, StorageError> {
        self.bytes(Table::Code, hash)
    }

    fn storage(&self, address: Address, slot: U256) -> Result<U256, StorageError> {
        let key = slot_key(address, slot);
        self.read(SLOTS, &key, |value| decode_word(&key, value))?
    }

    fn block_hash(&self, number: u64) -> Result<B256, StorageError> {
        if number > self.header.id.number {
            return Err(StorageError::UnknownBlock(number));
        }
        let header = blocks::header(&self.snapshot, number)?.ok_or(StorageError::UnknownBlock(number))?;
        Ok(header.id.hash)
    }

    fn tensor(&self, id: B256) -> Result<Option<Operand>, StorageError> {
        Ok(self.bytes(Table::Tensors, id)?.and_then(|bytes| decode_tensor(&bytes)))
    }
}

impl NodeSource for StateView {
    type Error = StorageError;

    fn node(&self, owner: Option<B256>, path: &Nibbles, _: B256) -> Result<Option<Bytes>, StorageError> {
        self.read(NODES, &node_key(owner, path), |value| match value {
            [] => None,
            value => Some(Bytes::copy_from_slice(value)),
        })
    }
}
