//! What a block has done to the state, and the roots of the state after it.

use crate::{Account, Change, Error, State, StateDiff, StateReader, reads::Reads};
use alloc::vec::Vec;
use alloy_primitives::{Address, B256, U256, keccak256};
use autonet_trie::{EMPTY_ROOT, Nibbles, Trie, TrieUpdates};
use revm::state::{self, EvmState};

/// The state after a block, as changes of the one before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostState {
    /// Root of the account trie.
    pub root: B256,
    /// Changes of flat values.
    pub diff: StateDiff,
    /// Changes of trie nodes: the storage tries, ordered by owner, then the account trie.
    pub trie_updates: Vec<TrieUpdates>,
}

type StateError<S> = Error<<S as StateReader>::Error>;

impl PostState {
    /// Compares what the journal has with what was read.
    pub(crate) fn compute<S: State>(
        journal: EvmState,
        reads: &mut Reads<'_, S>,
        old_root: B256,
    ) -> Result<Self, StateError<S>> {
        let mut touched: Vec<_> = journal.into_iter().filter(|(_, account)| account.is_touched()).collect();
        touched.sort_unstable_by_key(|(address, _)| *address);

        let (mut diff, mut trie_updates) = (StateDiff::default(), Vec::new());
        let mut accounts = Trie::new(None, old_root);
        for (address, account) in touched {
            let old = reads.account(address)?;
            let owner = keccak256(address);
            // EIP-161 removes empty accounts; EIP-6780 those that destroyed themselves in their first transaction.
            let exists = !account.is_empty() && !account.is_selfdestructed_locally();
            let new = if exists {
                let old_root = old.map_or(EMPTY_ROOT, |old| old.storage_root);
                let slots = changed_slots(address, &account, reads);
                let storage_root = if slots.is_empty() {
                    old_root
                } else {
                    let updates = update_storage(Trie::new(Some(owner), old_root), &slots, reads.state)?;
                    let root = updates.root;
                    trie_updates.push(updates);
                    diff.storage.extend(slots.into_iter().map(|(slot, change)| ((address, slot), change)));
                    root
                };
                let info = &account.info;
                Some(Account::new(info.nonce, info.balance, storage_root, info.code_hash))
            } else {
                None
            };
            if new == old {
                continue;
            }
            let key = Nibbles::unpack(owner);
            match &new {
                Some(new) => accounts.insert(reads.state, &key, alloy_rlp::encode(new)).map_err(Error::Trie)?,
                None => accounts.remove(reads.state, &key).map_err(Error::Trie)?,
            };
            diff.accounts.insert(address, Change { old, new });
            if let Some(code) = new_code(&account, old) {
                diff.code.insert(account.info.code_hash, code);
            }
        }
        trie_updates.sort_unstable_by_key(|updates| updates.owner);
        let updates = accounts.commit();
        let root = updates.root;
        trie_updates.push(updates);
        Ok(Self { root, diff, trie_updates })
    }
}

fn changed_slots<S: StateReader>(
    address: Address,
    account: &state::Account,
    reads: &Reads<'_, S>,
) -> Vec<(U256, Change<U256>)> {
    let changes = account.storage.iter().filter_map(|(slot, value)| {
        let (old, new) = (reads.old_slot(address, *slot), value.present_value);
        (old != new).then_some((*slot, Change { old, new }))
    });
    let mut slots: Vec<_> = changes.collect();
    slots.sort_unstable_by_key(|(slot, _)| *slot);
    slots
}

fn update_storage<S: State>(
    mut trie: Trie,
    slots: &[(U256, Change<U256>)],
    nodes: &S,
) -> Result<TrieUpdates, StateError<S>> {
    for (slot, change) in slots {
        let key = Nibbles::unpack(keccak256(slot.to_be_bytes::<32>()));
        if change.new.is_zero() {
            trie.remove(nodes, &key).map_err(Error::Trie)?;
        } else {
            trie.insert(nodes, &key, alloy_rlp::encode(change.new)).map_err(Error::Trie)?;
        }
    }
    Ok(trie.commit())
}

fn new_code(account: &state::Account, old: Option<Account>) -> Option<alloy_primitives::Bytes> {
    let changed = old.is_none_or(|old| old.code_hash != account.info.code_hash);
    let code = account.info.code.as_ref().filter(|_| changed)?;
    (!code.is_empty()).then(|| code.original_bytes())
}
