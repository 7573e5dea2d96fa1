//! Block 0.

use crate::{Account, Change, Error, ExecutedBlock, StateDiff, header};
use alloc::vec::Vec;
use alloy_consensus::Header;
use alloy_primitives::{B256, U256, keccak256};
use autonet_primitives::{Genesis, GenesisAccount, addresses::L2_MESSENGER};
use autonet_trie::{EMPTY_ROOT, EmptySource, Nibbles, Trie, TrieUpdates};
use core::convert::Infallible;

/// Block 0 of a chain, its state and its tries.
pub fn genesis_block(genesis: &Genesis) -> Result<ExecutedBlock, Error<Infallible>> {
    let (mut state, mut trie_updates) = (StateDiff::default(), Vec::new());
    let mut accounts = Trie::new(None, EMPTY_ROOT);
    for (&address, account) in &genesis.alloc {
        let owner = keccak256(address);
        let storage = storage_trie(owner, account)?;
        let code = account.code.clone().unwrap_or_default();
        let new = Account::new(account.nonce.unwrap_or_default(), account.balance, storage.root, keccak256(&code));
        accounts.insert(&EmptySource, &Nibbles::unpack(owner), alloy_rlp::encode(new)).map_err(Error::Trie)?;
        state.accounts.insert(address, Change { old: None, new: Some(new) });
        let slots = slots(account).map(|(slot, new)| ((address, slot), Change { old: U256::ZERO, new }));
        state.storage.extend(slots);
        if !code.is_empty() {
            state.code.insert(new.code_hash, code);
        }
        if storage.root != EMPTY_ROOT {
            trie_updates.push(storage);
        }
    }
    trie_updates.sort_unstable_by_key(|updates| updates.owner);
    let updates = accounts.commit();
    let root = updates.root;
    trie_updates.push(updates);

    let messenger = state.accounts.get(&L2_MESSENGER).and_then(|change| change.new);
    let header = Header {
        gas_limit: genesis.config.gas_limit,
        timestamp: genesis.timestamp,
        base_fee_per_gas: Some(genesis.base_fee),
        parent_beacon_block_root: Some(B256::ZERO),
        ..header::blank()
    };
    let message_root = messenger.map_or(EMPTY_ROOT, |messenger| messenger.storage_root);
    let (block, hash) = header::seal(header, root, message_root, Vec::new(), &[]);
    Ok(ExecutedBlock {
        block,
        hash,
        senders: Vec::new(),
        receipts: Vec::new(),
        state,
        trie_updates,
        tensors: Default::default(),
        skipped: Vec::new(),
    })
}

fn slots(account: &GenesisAccount) -> impl Iterator<Item = (U256, U256)> + '_ {
    let slots = account.storage.iter().flatten().map(|(slot, value)| ((*slot).into(), (*value).into()));
    slots.filter(|(_, value): &(U256, U256)| !value.is_zero())
}

fn storage_trie(owner: B256, account: &GenesisAccount) -> Result<TrieUpdates, Error<Infallible>> {
    let mut trie = Trie::new(Some(owner), EMPTY_ROOT);
    for (slot, value) in slots(account) {
        let key = Nibbles::unpack(keccak256(slot.to_be_bytes::<32>()));
        trie.insert(&EmptySource, &key, alloy_rlp::encode(value)).map_err(Error::Trie)?;
    }
    Ok(trie.commit())
}
