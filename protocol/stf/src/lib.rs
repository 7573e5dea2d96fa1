#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![deny(clippy::float_arithmetic)]

extern crate alloc;

mod error;
mod executor;
#[cfg(feature = "std")]
mod genesis;
mod memory;
mod outcome;
mod simulate;
mod state;

pub use error::{Error, Skipped};
pub use executor::{BlockExecutor, execute_block, recover_transaction};
#[cfg(feature = "std")]
pub use genesis::genesis_block;
pub use memory::{MemoryState, Unknown};
pub use outcome::{Change, ExecutedBlock, Included, SkippedInput, Source, StateDiff, TxOutcome};
pub use simulate::{CallEnd, CallOptions, CallResult, simulate};
pub use state::{Account, State, StateReader};

pub use alloy_consensus::transaction::Recovered;
pub use autonet_trie::{NodeSource, TrieUpdates};
pub use reth_primitives_traits::SealedHeader;
pub use revm::context::TxEnv;
pub use revm::context::result::{HaltReason, InvalidTransaction};
