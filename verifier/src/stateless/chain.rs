use crate::StatelessError;
use alloy_consensus::EMPTY_ROOT_HASH;
use alloy_primitives::B256;
use autonet_bridge::Checkpoint;
use autonet_derive::DeriveState;
use autonet_primitives::{ChainConfig, CheckpointOutput, Genesis, Header};
use autonet_stf::{SealedHeader, genesis_block};
use std::collections::VecDeque;

/// Where L2 stands after some batches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Position {
    state: DeriveState,
    /// The inbox's batch accumulator; zero where the chain starts.
    acc: B256,
    block: u64,
    block_hash: B256,
    message_root: B256,
}

/// The derived chain without its states: of each batch where it ended, and the headers that can still be built on.
///
/// A pure state machine. It grows by about 150 bytes a batch, and by a header for each that L1 may still take back.
#[derive(Clone, Debug)]
pub struct StatelessChain {
    config: ChainConfig,
    /// Batches before those that it knows: none, unless it started at a checkpoint.
    first: u64,
    /// After `first` batches, one more, .., up to those that are not final.
    earlier: Vec<Position>,
    finalized: (Position, SealedHeader),
    later: VecDeque<(Position, SealedHeader)>,
    /// How many blocks of the next batch were executed, and the last of them.
    begun: Option<(usize, SealedHeader)>,
}

impl Position {
    fn new(state: DeriveState, acc: B256, head: &SealedHeader) -> Self {
        let message_root = head.withdrawals_root.unwrap_or(EMPTY_ROOT_HASH);
        Self { state, acc, block: head.number, block_hash: head.hash(), message_root }
    }
}

impl StatelessChain {
    /// The chain before its first batch.
    ///
    /// # Errors
    /// [`StatelessError::Genesis`].
    pub fn new(genesis: &Genesis) -> Result<Self, StatelessError> {
        let head = genesis_block(genesis).map_err(StatelessError::Genesis)?.sealed_header();
        let state = DeriveState { last_timestamp: genesis.timestamp, ..Default::default() };
        Ok(Self::after(genesis.config.clone(), state, head))
    }

    /// The chain after the batches of a checkpoint that is believed, whose block has the header `head`.
    ///
    /// # Errors
    /// [`StatelessError::OtherHeader`]: its output has another block.
    pub fn at_checkpoint(config: ChainConfig, checkpoint: &Checkpoint, head: Header) -> Result<Self, StatelessError> {
        let CheckpointOutput { batch_count, delayed_count, .. } = checkpoint.claim;
        let state = DeriveState { batch_count, delayed_count, last_timestamp: head.timestamp };
        let chain = Self::after(config, state, SealedHeader::seal_slow(head));
        let derived =
            chain.checkpoint_output(batch_count).map(|(block, claim)| (block, claim.output(chain.config.hash())));
        if derived != Some((checkpoint.block_number, checkpoint.output)) {
            return Err(StatelessError::OtherHeader { id: checkpoint.id, block: checkpoint.block_number });
        }
        Ok(chain)
    }

    fn after(config: ChainConfig, state: DeriveState, head: SealedHeader) -> Self {
        Self {
            config,
            first: state.batch_count,
            earlier: Vec::new(),
            finalized: (Position::new(state, B256::ZERO, &head), head),
            later: VecDeque::new(),
            begun: None,
        }
    }

    /// What is fixed for the chain.
    pub const fn config(&self) -> &ChainConfig {
        &self.config
    }

    /// Where derivation stands after the last whole batch.
    pub fn derive_state(&self) -> DeriveState {
        self.last().0.state
    }

    /// Whole batches.
    pub fn batch_count(&self) -> u64 {
        self.derive_state().batch_count
    }

    /// Batches before the first that it executes.
    pub const fn first(&self) -> u64 {
        self.first
    }

    /// Batches that are final.
    pub const fn finalized(&self) -> u64 {
        self.finalized.0.state.batch_count
    }

    /// The last block of the last whole batch.
    pub fn head(&self) -> &SealedHeader {
        &self.last().1
    }

    /// The last block executed, perhaps one of a batch of which more are to come.
    pub fn tip(&self) -> &SealedHeader {
        self.begun.as_ref().map_or(self.head(), |(_, tip)| tip)
    }

    /// Blocks of the next batch that were executed.
    pub fn begun(&self) -> usize {
        self.begun.as_ref().map_or(0, |(count, _)| *count)
    }

    /// The batch accumulator after `count` batches; `None` while there are fewer.
    pub fn batch_acc(&self, count: u64) -> Option<B256> {
        self.position(count).map(|position| position.acc)
    }

    /// Delayed messages that the first `count` batches consumed; `None` while there are fewer.
    pub fn delayed_count(&self, count: u64) -> Option<u64> {
        self.position(count).map(|position| position.state.delayed_count)
    }

    /// The block after the first `batch_count` batches, and what a checkpoint says of it; `None` while there are fewer.
    pub fn checkpoint_output(&self, batch_count: u64) -> Option<(u64, CheckpointOutput)> {
        let Position { state, block, block_hash, message_root, .. } = *self.position(batch_count)?;
        Some((block, CheckpointOutput { block_hash, message_root, batch_count, delayed_count: state.delayed_count }))
    }

    /// Appends a block of the next batch.
    pub fn push_block(&mut self, block: SealedHeader) {
        self.begun = Some((self.begun() + 1, block));
    }

    /// Ends the next batch: `next` is where derivation stands after it, `acc` the accumulator with it.
    pub fn push_batch(&mut self, next: DeriveState, acc: B256) {
        let head = self.tip().clone();
        self.later.push_back((Position::new(next, acc, &head), head));
        self.begun = None;
    }

    /// Forgets all batches from `batch_count` on, and the blocks of the one that is not whole.
    ///
    /// # Errors
    /// Not below what L1 called final.
    pub fn rollback(&mut self, batch_count: u64) -> Result<(), StatelessError> {
        self.begun = None;
        let kept = batch_count.checked_sub(self.finalized());
        let kept = kept.ok_or(StatelessError::BelowFinalized { count: batch_count, finalized: self.finalized() })?;
        self.later.truncate(usize::try_from(kept).unwrap_or(usize::MAX));
        Ok(())
    }

    /// The first `batch_count` batches are final on L1. Fewer than before change nothing, more than there are all.
    pub fn set_finalized(&mut self, batch_count: u64) {
        while self.finalized() < batch_count {
            let Some(next) = self.later.pop_front() else { break };
            let (earlier, _) = std::mem::replace(&mut self.finalized, next);
            self.earlier.push(earlier);
        }
    }

    fn last(&self) -> &(Position, SealedHeader) {
        self.later.back().unwrap_or(&self.finalized)
    }

    fn position(&self, batch_count: u64) -> Option<&Position> {
        let index = |count: u64| usize::try_from(count).ok();
        match batch_count.checked_sub(self.finalized()) {
            None => self.earlier.get(index(batch_count.checked_sub(self.first)?)?),
            Some(0) => Some(&self.finalized.0),
            Some(after) => self.later.get(index(after - 1)?).map(|(position, _)| position),
        }
    }
}
