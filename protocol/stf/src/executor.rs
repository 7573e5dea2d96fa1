//! One block, step by step.

use crate::{Error, ExecutedBlock, Recovered, SealedHeader, Skipped, State, StateReader, TxOutcome};
use autonet_primitives::{BlockInput, ChainConfig, DelayedMessage, Receipt, TxEnvelope};

/// Builds a block: the prologue and the delayed messages first, then transactions one by one, then the roots.
pub struct BlockExecutor<'a, S: StateReader> {
    state: &'a S,
}

impl<'a, S: StateReader> BlockExecutor<'a, S> {
    /// Starts the block after `parent`, whose state is `state`, and runs the system calls and the delayed messages.
    pub fn new(
        config: &'a ChainConfig,
        parent: &SealedHeader,
        timestamp: u64,
        delayed: &[DelayedMessage],
        state: &'a S,
    ) -> Result<Self, Error<S::Error>> {
        let _ = (config, parent, timestamp, delayed);
        Ok(Self { state })
    }

    /// Executes a transaction, if it may be in the block.
    pub fn execute_transaction(&mut self, transaction: &Recovered<TxEnvelope>) -> Result<TxOutcome, Error<S::Error>> {
        let _ = (transaction, self.state);
        Err(Error::Evm("unfinished".into()))
    }

    /// Gas that transactions can still ask for.
    pub fn gas_left(&self) -> u64 {
        0
    }

    /// Base fee of the block, in wei.
    pub fn base_fee(&self) -> u64 {
        0
    }

    /// Receipts so far, the delayed messages' first.
    pub fn receipts(&self) -> &[Receipt] {
        &[]
    }

    /// Ends the block: roots and header.
    pub fn finish(self) -> Result<ExecutedBlock, Error<<S as StateReader>::Error>>
    where
        S: State,
    {
        Err(Error::Evm("unfinished".into()))
    }
}

/// Executes a whole block on `parent`, whose state is `state`: THE function of the sequencer, the verifier and the guest.
pub fn execute_block<S: State>(
    config: &ChainConfig,
    parent: &SealedHeader,
    input: &BlockInput,
    state: &S,
) -> Result<ExecutedBlock, Error<<S as StateReader>::Error>> {
    let executor = BlockExecutor::new(config, parent, input.timestamp, &input.delayed, state)?;
    executor.finish()
}

/// Decodes a user's transaction and recovers who signed it. The costly part of a transaction that needs no state: nodes
/// run it on many at the same time and step a [`BlockExecutor`] with the results.
pub fn recover_transaction(bytes: &[u8]) -> Result<Recovered<TxEnvelope>, Skipped> {
    let _ = bytes;
    Err(Skipped::Malformed)
}
