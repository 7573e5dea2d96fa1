//! A chain of synthetic blocks in memory, one whole state per block: what the database must agree with.

use super::genesis;
use crate::DelayedPosition;
use alloy_consensus::{BlockBody, Header, ReceiptWithBloom, Sealable};
use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, U256, keccak256};
use autonet_primitives::{Block, Receipt, TxEnvelope};
use autonet_stf::{Account, Change, ExecutedBlock, MemoryState, StateDiff, genesis_block};
use autonet_trie::{EMPTY_ROOT, Nibbles, Trie};
use op_alloy_consensus::TxDeposit;
use std::collections::BTreeSet;

/// What a block does; accounts and slots are few, so that changes meet.
#[derive(Clone, Debug)]
pub(super) enum Op {
    Balance(u8, u64),
    Slot(u8, u8, u64),
    Remove(u8),
    Code(u8, u8),
    Tensor(u8),
}

pub(super) struct Model {
    pub(super) states: Vec<MemoryState>,
    pub(super) blocks: Vec<ExecutedBlock>,
}

pub(super) fn address(n: u8) -> Address {
    Address::repeat_byte(n % 8)
}

pub(super) fn slot(n: u8) -> U256 {
    U256::from(n % 8) << 200
}

impl Model {
    pub(super) fn new() -> Self {
        let block = genesis_block(&genesis()).unwrap();
        let mut state = MemoryState::default();
        state.apply(&block);
        Self { states: vec![state], blocks: vec![block] }
    }

    pub(super) fn truncate(&mut self, head: usize) {
        self.states.truncate(head + 1);
        self.blocks.truncate(head + 1);
    }

    /// Appends the block that does `ops`; `salt` makes it different from another with the same ones.
    pub(super) fn push(&mut self, ops: &[Op], salt: u64) -> &ExecutedBlock {
        let (old, parent) = (self.states.last().unwrap(), self.blocks.last().unwrap());
        let (mut new, mut code, mut tensors) = (old.clone(), Vec::new(), Vec::new());
        for op in ops {
            apply(op, &mut new, &mut code, &mut tensors);
        }
        let mut executed = ExecutedBlock {
            block: block(parent, salt),
            hash: B256::ZERO,
            senders: vec![Address::repeat_byte(0xee)],
            receipts: vec![Receipt::Eip1559(ReceiptWithBloom::default())],
            state: StateDiff::default(),
            trie_updates: Vec::new(),
            tensors: tensors.into_iter().collect(),
            skipped: Vec::new(),
        };
        executed.state.code = code.into_iter().collect();
        let state_root = seal(old, &mut new, &mut executed);
        executed.block.header.state_root = state_root;
        executed.hash = executed.block.header.hash_slow();
        let mut state = old.clone();
        state.apply(&executed);
        self.states.push(state);
        self.blocks.push(executed);
        self.blocks.last().unwrap()
    }
}

/// Where the made-up block `number` stands in the delayed queue.
pub(super) fn position(number: u64) -> DelayedPosition {
    DelayedPosition { count: 2 * number, acc: keccak256(number.to_be_bytes()), transactions: 1 }
}

fn apply(op: &Op, state: &mut MemoryState, code: &mut Vec<(B256, Bytes)>, tensors: &mut Vec<(B256, Bytes)>) {
    let new = Account { nonce: 1, storage_root: EMPTY_ROOT, code_hash: KECCAK256_EMPTY, balance: U256::ZERO };
    match *op {
        Op::Balance(n, balance) => state.accounts.entry(address(n)).or_insert(new).balance = U256::from(balance),
        Op::Slot(n, at, value) => {
            state.accounts.entry(address(n)).or_insert(new);
            match value % 4 {
                0 => state.storage.remove(&(address(n), slot(at))),
                _ => state.storage.insert((address(n), slot(at)), U256::from(value)),
            };
        }
        Op::Remove(n) => {
            state.accounts.remove(&address(n));
            state.storage.retain(|(owner, _), _| *owner != address(n));
        }
        Op::Code(n, byte) => {
            let bytes = Bytes::from(vec![byte; 3]);
            state.accounts.entry(address(n)).or_insert(new).code_hash = keccak256(&bytes);
            code.push((keccak256(&bytes), bytes));
        }
        Op::Tensor(byte) => tensors.push((B256::repeat_byte(byte), vec![byte; 100].into())),
    }
}

/// Computes tries and changes from `old` to `new`; returns the state root.
fn seal(old: &MemoryState, new: &mut MemoryState, executed: &mut ExecutedBlock) -> B256 {
    let keys: BTreeSet<_> = old.storage.keys().chain(new.storage.keys()).copied().collect();
    for key in keys {
        let change = [old, &*new].map(|state| state.storage.get(&key).copied().unwrap_or_default());
        if change[0] != change[1] {
            executed.state.storage.insert(key, Change { old: change[0], new: change[1] });
        }
    }
    let owners: BTreeSet<_> = executed.state.storage.keys().map(|(owner, _)| *owner).collect();
    for owner in owners {
        let root = old.accounts.get(&owner).map_or(EMPTY_ROOT, |account| account.storage_root);
        let mut trie = Trie::new(Some(keccak256(owner)), root);
        for ((_, slot), change) in executed.state.storage.range((owner, U256::ZERO)..=(owner, U256::MAX)) {
            let value = if change.new.is_zero() { Vec::new() } else { alloy_rlp::encode(change.new) };
            trie.insert(old, &Nibbles::unpack(keccak256(slot.to_be_bytes::<32>())), value).unwrap();
        }
        let updates = trie.commit();
        if let Some(account) = new.accounts.get_mut(&owner) {
            account.storage_root = updates.root;
        }
        executed.trie_updates.push(updates);
    }
    let addresses: BTreeSet<_> = old.accounts.keys().chain(new.accounts.keys()).copied().collect();
    let mut trie = Trie::new(None, executed.block.header.state_root);
    for address in addresses {
        let change = [old, &*new].map(|state| state.accounts.get(&address).copied());
        if change[0] != change[1] {
            let value = change[1].map(alloy_rlp::encode).unwrap_or_default();
            trie.insert(old, &Nibbles::unpack(keccak256(address)), value).unwrap();
            executed.state.accounts.insert(address, Change { old: change[0], new: change[1] });
        }
    }
    executed.trie_updates.push(trie.commit());
    executed.trie_updates.last().unwrap().root
}

/// A child with one transaction; its state root is still the parent's.
fn block(parent: &ExecutedBlock, salt: u64) -> Block {
    let header = Header {
        number: parent.number() + 1,
        parent_hash: parent.hash,
        state_root: parent.block.header.state_root,
        timestamp: parent.block.header.timestamp + salt,
        ..Default::default()
    };
    let deposit = TxDeposit {
        source_hash: keccak256([parent.hash.0, B256::from(U256::from(salt)).0].concat()),
        ..Default::default()
    };
    let transactions = vec![TxEnvelope::Deposit(deposit.seal_slow())];
    Block::new(header, BlockBody { transactions, ommers: Vec::new(), withdrawals: Some(Default::default()) })
}
