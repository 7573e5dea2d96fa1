#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![deny(clippy::float_arithmetic)]

extern crate alloc;

pub mod addresses;
mod block;
mod checkpoint;
mod config;
#[cfg(feature = "serde")]
mod genesis;
mod inbox;
mod words;

pub use block::{
    Block, BlockInput, ForcedTransactionError, Receipt, TxEnvelope, decode_forced_transaction, decode_transaction,
};
pub use checkpoint::{BLOCK_VERSION, BlockOutput, CHECKPOINT_VERSION, CheckpointOutput, Output};
pub use config::{ChainConfig, MAX_DELAYED_GAS, MAX_DELAYED_PER_BLOCK, MAX_FORCED_TX_BYTES, PROTOCOL_VERSION};
#[cfg(feature = "serde")]
pub use genesis::{Genesis, GenesisAccount};
pub use inbox::{
    Batch, BatchLink, DelayedKind, DelayedLink, DelayedMessage, Deposit, DepositError, L1Context, alias_address,
};
pub use words::{WordReader, Words};

pub use alloy_consensus::Header;
