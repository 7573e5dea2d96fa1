use crate::{History, ProverError};
use alloy_primitives::{Address, Bytes};
use autonet_bridge::{BridgeError, InboxView};
use autonet_derive::{DeriveState, derive_batch};
use autonet_primitives::{Batch, ChainConfig, DelayedKind, DelayedMessage, Genesis, L1Context};
use autonet_stf::{ExecutedBlock, MemoryState, SealedHeader, execute_block, genesis_block};

/// A chain and its inbox in memory: for measurements and tests.
#[derive(Debug)]
pub struct MemoryChain {
    config: ChainConfig,
    inbox: InboxView,
    /// By number.
    headers: Vec<SealedHeader>,
    states: Vec<MemoryState>,
    /// By batch count: the last block, and where derivation stands.
    batches: Vec<(u64, DeriveState)>,
    /// L1 as the next item sees it.
    l1: L1Context,
}

impl MemoryChain {
    /// At its genesis. The inbox queues a context when it is made.
    ///
    /// # Errors
    /// [`ProverError::Execute`] for a genesis that is none.
    pub fn new(genesis: &Genesis) -> Result<Self, ProverError> {
        let block =
            genesis_block(genesis).map_err(|error| ProverError::Execute { number: 0, reason: error.to_string() })?;
        let mut state = MemoryState::default();
        state.apply(&block);
        let start = DeriveState { last_timestamp: genesis.timestamp, ..Default::default() };
        let mut chain = Self {
            config: genesis.config.clone(),
            inbox: InboxView::default(),
            headers: vec![block.sealed_header()],
            states: vec![state],
            batches: vec![(0, start)],
            l1: L1Context { number: 1, time: genesis.timestamp, ..Default::default() },
        };
        chain.queue(DelayedKind::Context, Address::ZERO, Bytes::new())?;
        Ok(chain)
    }

    /// The inbox.
    pub const fn inbox(&self) -> &InboxView {
        &self.inbox
    }

    /// L1 as the next item sees it; time passes when it is changed.
    pub const fn l1_mut(&mut self) -> &mut L1Context {
        &mut self.l1
    }

    /// The state after the last block.
    pub fn state(&self) -> &MemoryState {
        // There is always a genesis.
        &self.states[self.states.len() - 1]
    }

    /// Number of the last block.
    pub fn head(&self) -> u64 {
        self.headers.len() as u64 - 1
    }

    /// Queues a delayed message.
    ///
    /// # Errors
    /// None that this chain can cause.
    pub fn queue(&mut self, kind: DelayedKind, sender: Address, payload: Bytes) -> Result<u64, ProverError> {
        let index = self.inbox.delayed_count();
        let message = DelayedMessage { index, kind, sender, l1: self.l1, payload };
        let acc = message.accumulate(self.inbox.delayed_acc(index).unwrap_or_default());
        self.inbox.push_delayed(message, acc).map_err(inconsistent)?;
        Ok(index)
    }

    /// Posts a batch that consumes all delayed messages before `delayed_cursor`, and executes what it stands for.
    ///
    /// # Errors
    /// [`ProverError::Execute`] where the state transition has an error: it has none for any data.
    pub fn post(&mut self, data: Bytes, delayed_cursor: u64) -> Result<Vec<ExecutedBlock>, ProverError> {
        let index = self.inbox.batch_count();
        let batch = Batch {
            index,
            data,
            delayed_cursor,
            delayed_acc: self.inbox.delayed_acc(delayed_cursor).unwrap_or_default(),
            l1_block: self.l1.number,
            l1_time: self.l1.time,
        };
        let acc = batch.accumulate(self.inbox.batch_acc(index).unwrap_or_default());
        let (_, state) = self.after_batches(index)?;
        let derived = derive_batch(&self.config, &state, &batch, &self.inbox)?;
        self.inbox.push_batch(batch, acc).map_err(inconsistent)?;
        let mut blocks = Vec::new();
        for input in &derived.blocks {
            let (parent, state) = (self.header(self.head())?, self.state());
            let block = execute_block(&self.config, &parent, input, state)
                .map_err(|error| ProverError::Execute { number: parent.number + 1, reason: error.to_string() })?;
            let mut after = state.clone();
            after.apply(&block);
            self.headers.push(block.sealed_header());
            self.states.push(after);
            blocks.push(block);
        }
        self.batches.push((self.head(), derived.next));
        self.queue(DelayedKind::Context, Address::ZERO, Bytes::new())?;
        Ok(blocks)
    }
}

fn inconsistent(error: BridgeError) -> ProverError {
    ProverError::Execute { number: 0, reason: error.to_string() }
}

impl History for MemoryChain {
    type State = MemoryState;

    fn config(&self) -> &ChainConfig {
        &self.config
    }

    fn after_batches(&self, count: u64) -> Result<(u64, DeriveState), ProverError> {
        let found = usize::try_from(count).ok().and_then(|count| self.batches.get(count));
        found.copied().ok_or(ProverError::NoBatch { batch_count: self.batches.len() as u64 - 1, asked: count })
    }

    fn header(&self, number: u64) -> Result<SealedHeader, ProverError> {
        let found = usize::try_from(number).ok().and_then(|number| self.headers.get(number));
        found.cloned().ok_or(ProverError::NoBlock(number))
    }

    fn state_at(&self, number: u64) -> Result<MemoryState, ProverError> {
        let found = usize::try_from(number).ok().and_then(|number| self.states.get(number));
        found.cloned().ok_or(ProverError::NoBlock(number))
    }
}
