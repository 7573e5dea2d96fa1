//! An inbox for tests.
#![allow(dead_code, missing_docs, unreachable_pub)]

use alloy_primitives::{Address, B256, Bytes};
use autonet_derive::{DeriveState, DerivedBatch, derive_batch};
use autonet_primitives::{Batch, ChainConfig, DelayedKind, DelayedMessage, L1Context};

pub const WINDOW: u64 = 100;
pub const PAST: u64 = 50;
pub const FUTURE: u64 = 10;

pub fn config() -> ChainConfig {
    ChainConfig {
        l1_chain_id: 1,
        l2_chain_id: 2,
        inbox: Address::ZERO,
        bridge: Address::ZERO,
        force_window_s: WINDOW,
        max_past_s: PAST,
        max_future_s: FUTURE,
        gas_limit: 60_000_000,
        base_fee_elasticity: 2,
        base_fee_denominator: 8,
        data_fee_scalar_ppm: 0,
        sequencer_fee_recipient: Address::ZERO,
    }
}

/// A queue whose messages came at these L1 times.
pub fn queue(times: &[u64]) -> Vec<DelayedMessage> {
    let message = |(index, &time): (usize, &u64)| DelayedMessage {
        index: index as u64,
        kind: DelayedKind::Context,
        sender: Address::ZERO,
        l1: L1Context { time, number: index as u64, ..Default::default() },
        payload: Bytes::new(),
    };
    times.iter().enumerate().map(message).collect()
}

pub fn batch(data: impl Into<Bytes>, delayed_cursor: u64, l1_time: u64) -> Batch {
    Batch { index: 0, data: data.into(), delayed_cursor, delayed_acc: B256::ZERO, l1_block: 1, l1_time }
}

pub fn derive(state: DeriveState, batch: &Batch, queue: &[DelayedMessage]) -> DerivedBatch {
    derive_batch(&config(), &state, batch, queue).expect("derivable")
}

/// Blocks as `(timestamp, delayed indices, number of transactions)`.
pub fn shape(derived: &DerivedBatch) -> Vec<(u64, Vec<u64>, usize)> {
    let block = |block: &autonet_primitives::BlockInput| {
        (block.timestamp, block.delayed.iter().map(|message| message.index).collect(), block.transactions.len())
    };
    derived.blocks.iter().map(block).collect()
}
