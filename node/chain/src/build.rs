//! Building the block after a block.

use crate::ChainError;
use alloy_consensus::{Header, transaction::Recovered};
use alloy_primitives::{B256, Bytes, U256};
use autonet_primitives::{
    BlockInput, ChainConfig, DelayedKind, DelayedMessage, MAX_DELAYED_PER_BLOCK, Receipt, TxEnvelope,
};
use autonet_stf::{BlockExecutor, ExecutedBlock, Source, TxOutcome, execute_block};
use autonet_storage::{DelayedPosition, StateView, StoredHeader};

/// What the block after a certain one starts from: the parent with its state, the time and the delayed messages.
#[derive(Debug)]
pub struct NextBlock {
    config: ChainConfig,
    parent: StateView,
    timestamp: u64,
    delayed: Vec<DelayedMessage>,
}

/// An executed block that is not on the chain yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuiltBlock {
    /// What execution has produced.
    pub executed: ExecutedBlock,
    /// Where the chain stands in the queue of delayed messages after it.
    pub delayed: DelayedPosition,
}

/// A block under construction: the delayed messages have run, transactions follow one by one.
pub struct BlockBuilder<'a> {
    executor: BlockExecutor<'a, StateView>,
    next: &'a NextBlock,
}

impl NextBlock {
    pub(crate) fn new(
        config: &ChainConfig,
        parent: StateView,
        timestamp: u64,
        delayed: Vec<DelayedMessage>,
    ) -> Result<Self, ChainError> {
        let earliest = parent.header().timestamp;
        if timestamp < earliest {
            return Err(ChainError::Timestamp { timestamp, parent: earliest });
        }
        if delayed.len() as u64 > MAX_DELAYED_PER_BLOCK {
            return Err(ChainError::TooManyDelayed(delayed.len()));
        }
        let due = parent.stored_header().delayed.count;
        if let Some((expected, message)) = (due..).zip(&delayed).find(|(index, message)| *index != message.index) {
            return Err(ChainError::DelayedOrder { expected, actual: message.index });
        }
        Ok(Self { config: config.clone(), parent, timestamp, delayed })
    }

    /// The parent.
    pub const fn parent(&self) -> &StoredHeader {
        self.parent.stored_header()
    }

    /// The state after the parent.
    pub const fn state(&self) -> &StateView {
        &self.parent
    }

    /// Starts the block: runs the system calls and the delayed messages.
    pub fn start(&self) -> Result<BlockBuilder<'_>, ChainError> {
        let parent = self.parent().sealed();
        let executor = BlockExecutor::new(&self.config, &parent, self.timestamp, &self.delayed, &self.parent)?;
        Ok(BlockBuilder { executor, next: self })
    }

    /// Executes the whole block with these transactions (EIP-2718 bytes); what cannot run is skipped.
    pub(crate) fn execute(self, transactions: Vec<Bytes>) -> Result<BuiltBlock, ChainError> {
        let parent = self.parent.stored_header();
        let input = BlockInput { timestamp: self.timestamp, delayed: self.delayed, transactions };
        let executed = execute_block(&self.config, &parent.sealed(), &input, &self.parent)?;
        Ok(BuiltBlock::new(executed, parent, &input.delayed))
    }
}

impl BlockBuilder<'_> {
    /// Executes a transaction, if it may be in the block.
    pub fn execute(&mut self, transaction: &Recovered<TxEnvelope>) -> Result<TxOutcome, ChainError> {
        Ok(self.executor.execute_transaction(transaction)?)
    }

    /// Gas that transactions can still ask for.
    pub const fn gas_left(&self) -> u64 {
        self.executor.gas_left()
    }

    /// The header so far: number, time, base fee, gas used; roots come at the end.
    pub const fn header(&self) -> &Header {
        self.executor.header()
    }

    /// The base fee of L1 that data fees of this block follow, in wei.
    pub const fn l1_base_fee(&self) -> U256 {
        self.executor.l1_base_fee()
    }

    /// Receipts so far, the delayed messages' first.
    pub fn receipts(&self) -> &[Receipt] {
        self.executor.receipts()
    }

    /// Ends the block: computes roots and header.
    pub fn finish(self) -> Result<BuiltBlock, ChainError> {
        Ok(BuiltBlock::new(self.executor.finish()?, self.next.parent(), &self.next.delayed))
    }
}

impl BuiltBlock {
    fn new(executed: ExecutedBlock, parent: &StoredHeader, delayed: &[DelayedMessage]) -> Self {
        let is_skipped = |index| executed.skipped.iter().any(|skipped| skipped.source == Source::Delayed(index));
        let transactions =
            delayed.iter().filter(|message| message.kind != DelayedKind::Context && !is_skipped(message.index)).count()
                as u32;
        let (count, acc) = position_after(parent, delayed);
        Self { executed, delayed: DelayedPosition { count, acc, transactions } }
    }
}

/// Count and accumulator of the delayed queue after a child of `parent` that consumes `delayed`.
pub(crate) fn position_after(parent: &StoredHeader, delayed: &[DelayedMessage]) -> (u64, B256) {
    let acc = delayed.iter().fold(parent.delayed.acc, |acc, message| message.accumulate(acc));
    (parent.delayed.count + delayed.len() as u64, acc)
}
