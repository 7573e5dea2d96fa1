//! What execution produces.

use crate::{Account, SealedHeader, Skipped};
use alloc::{collections::BTreeMap, vec::Vec};
use alloy_primitives::{Address, B256, Bytes, U256};
use autonet_primitives::{Block, Receipt};
use autonet_trie::TrieUpdates;

/// A value before and after a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change<T> {
    /// Before.
    pub old: T,
    /// After; never equal to `old`.
    pub new: T,
}

/// What a block changes in the state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StateDiff {
    /// Accounts; `None` where there is none. An account with changed storage is here too: its storage root changes.
    pub accounts: BTreeMap<Address, Change<Option<Account>>>,
    /// Storage slots by account and slot; zero where nothing is stored.
    pub storage: BTreeMap<(Address, U256), Change<U256>>,
    /// Code that accounts have from this block on, by its hash.
    pub code: BTreeMap<B256, Bytes>,
}

/// A block, executed: everything that a node stores of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecutedBlock {
    /// Header and transactions.
    pub block: Block,
    /// Hash of the header.
    pub hash: B256,
    /// Sender of each transaction.
    pub senders: Vec<Address>,
    /// Receipt of each transaction.
    pub receipts: Vec<Receipt>,
    /// Changes of flat values.
    pub state: StateDiff,
    /// Changes of trie nodes: the storage tries, ordered by owner, then the account trie.
    pub trie_updates: Vec<TrieUpdates>,
    /// Encodings of the tensors that this block pinned and whose bytes came with it, by id.
    pub tensors: BTreeMap<B256, Bytes>,
    /// Inputs that have no effect.
    pub skipped: Vec<SkippedInput>,
}

impl ExecutedBlock {
    /// The header with its hash: the parent of the next block.
    pub fn sealed_header(&self) -> SealedHeader {
        SealedHeader::new(self.block.header.clone(), self.hash)
    }

    /// Block number.
    pub const fn number(&self) -> u64 {
        self.block.header.number
    }
}

/// An input that has no effect, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SkippedInput {
    /// Which one.
    pub source: Source,
    /// Why.
    pub reason: Skipped,
}

/// Where an input of a block comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The delayed message with this index in the inbox.
    Delayed(u64),
    /// The transaction at this position after the delayed messages, from 0, skipped ones included.
    Transaction(usize),
}

/// What became of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TxOutcome {
    /// It is in the block.
    Included(Included),
    /// It is not, and nothing has changed.
    Skipped(Skipped),
}

/// A transaction in the block; its receipt is the newest of [`crate::BlockExecutor::receipts`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Included {
    /// Whether the call succeeded.
    pub success: bool,
    /// Gas used by this transaction.
    pub gas_used: u64,
}
