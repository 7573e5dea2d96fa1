use crate::{History, ProverError};
use alloy_consensus::constants::EMPTY_ROOT_HASH;
use autonet_derive::DeriveState;
use autonet_primitives::{BlockOutput, CheckpointOutput, Output};
use std::ops::Range;

/// What is to be proven: from which output to which block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The output before.
    pub previous: Output,
    /// Where derivation stands before the next batch to be derived.
    pub state: DeriveState,
    /// Number of the block of the output before.
    pub from: u64,
    /// The last block.
    pub target: u64,
    /// Batches of the claim.
    pub batch_count: u64,
    /// Whether the claim ends with the target.
    pub ends_claim: bool,
}

impl Span {
    /// From the state after the first `from` batches to the state after the first `to`: a checkpoint on another.
    pub fn batches<H: History>(history: &H, from: u64, to: u64) -> Result<Self, ProverError> {
        let (start, state, previous) = checkpoint(history, from)?;
        let (target, ..) = checkpoint(history, to)?;
        if from > to {
            return Err(ProverError::EmptySpan { from: start, to: target });
        }
        Ok(Self {
            previous: Output::Checkpoint(previous),
            state,
            from: start,
            target,
            batch_count: to,
            ends_claim: true,
        })
    }

    /// Block `number` alone, in a claim that consumes `batches`: one leaf of a dispute over blocks.
    pub fn block<H: History>(history: &H, number: u64, batches: Range<u64>) -> Result<Self, ProverError> {
        let (agreed, ..) = history.after_batches(batches.start)?;
        let empty = ProverError::EmptySpan { from: agreed, to: number };
        let from = number.checked_sub(1).filter(|from| *from >= agreed).ok_or(empty)?;
        // The batch that the block before is of, unless it is agreed on.
        let mut batch = batches.start;
        while batch < batches.end && history.after_batches(batch + 1)?.0 < from {
            batch += 1;
        }
        let (start, state, after) = checkpoint(history, batch)?;
        let previous = match from - start {
            0 => Output::Checkpoint(after),
            blocks => Output::Block(BlockOutput {
                block_hash: history.header(from)?.hash(),
                batch_count: state.batch_count,
                delayed_count: state.delayed_count,
                last_timestamp: state.last_timestamp,
                blocks,
            }),
        };
        Ok(Self { previous, state, from, target: number, batch_count: batches.end, ends_claim: false })
    }

    /// Blocks of the first batch that are done before the span.
    pub(crate) const fn blocks_done(&self) -> u64 {
        match &self.previous {
            Output::Checkpoint(_) => 0,
            Output::Block(output) => output.blocks,
        }
    }
}

/// The last block of the first `count` batches, where derivation stands after them, and what a checkpoint says of it.
fn checkpoint<H: History>(history: &H, count: u64) -> Result<(u64, DeriveState, CheckpointOutput), ProverError> {
    let (number, state) = history.after_batches(count)?;
    let header = history.header(number)?;
    let output = CheckpointOutput {
        block_hash: header.hash(),
        message_root: header.withdrawals_root.unwrap_or(EMPTY_ROOT_HASH),
        batch_count: count,
        delayed_count: state.delayed_count,
    };
    Ok((number, state, output))
}
