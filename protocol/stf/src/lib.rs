#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![deny(clippy::float_arithmetic)]

extern crate alloc;

mod error;
mod evm;
mod executor;
mod fees;
#[cfg(feature = "std")]
mod genesis;
mod handler;
mod header;
mod l1;
mod machine;
mod memory;
mod outcome;
mod post_state;
mod precompiles;
mod reads;
mod receipt;
mod recorder;
mod simulate;
mod state;
mod transaction;
mod tries;
mod witness;

pub use error::{Error, Skipped};
pub use evm::{Evm, Extra, Rules, Transacted};
pub use executor::{BlockExecutor, execute_block};
pub use fees::{data_fee_floor, next_base_fee};
#[cfg(feature = "std")]
pub use genesis::genesis_block;
pub use l1::l1_base_fee;
pub use memory::{MemoryState, Unknown};
pub use outcome::{Change, ExecutedBlock, Included, SkippedInput, Source, StateDiff, TxOutcome};
pub use post_state::PostState;
pub use recorder::{RecordError, Recorder, Recording, Unrecorded};
pub use simulate::{CallEnd, CallOptions, CallResult, simulate};
pub use state::{Account, State, StateReader, decode_tensor};
pub use transaction::{intrinsic_gas, recover_transaction, tx_env};
pub use tries::ReadError;
pub use witness::{Preimages, WitnessError, WitnessState, header_of};

pub use alloy_consensus::transaction::Recovered;
pub use autonet_ml_precompiles::{Operand, Request};
pub use autonet_trie::{NodeSource, TrieUpdates};
pub use reth_primitives_traits::SealedHeader;
pub use revm::{
    context::{
        BlockEnv, CfgEnv, TxEnv,
        result::{ExecutionResult, HaltReason, InvalidTransaction},
    },
    primitives::hardfork::SpecId,
};

#[cfg(test)]
pub(crate) fn test_config() -> autonet_primitives::ChainConfig {
    autonet_primitives::ChainConfig {
        l1_chain_id: 1,
        l2_chain_id: 31_415,
        inbox: alloy_primitives::Address::repeat_byte(1),
        bridge: alloy_primitives::Address::repeat_byte(2),
        force_window_s: 3_600,
        max_past_s: 600,
        max_future_s: 60,
        gas_limit: 60_000_000,
        base_fee_elasticity: 2,
        base_fee_denominator: 8,
        data_fee_scalar_ppm: 1_000_000,
        sequencer_fee_recipient: alloy_primitives::Address::repeat_byte(3),
    }
}
