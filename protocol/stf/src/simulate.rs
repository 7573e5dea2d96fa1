//! Calls that leave no trace: `eth_call` and `eth_estimateGas`.

use crate::{Error, HaltReason, Skipped, StateReader, TxEnv};
use alloc::vec::Vec;
use alloy_primitives::{Address, Bytes, Log};
use autonet_primitives::{ChainConfig, Header};

/// What a call need not obey. The default obeys everything, as a transaction does (but pays no data fee).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallOptions {
    /// The sender need not have the fee (the value it must have), and may have code.
    pub skip_balance_check: bool,
    /// The gas price may be below the base fee.
    pub skip_base_fee_check: bool,
    /// Any nonce is right.
    pub skip_nonce_check: bool,
    /// Runs at this time instead of the header's, in seconds.
    pub timestamp: Option<u64>,
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallEnd {
    /// With this output: return data, or the code of the contract created at the address.
    Success {
        /// Return data or code.
        output: Bytes,
        /// The contract that a creation created.
        created: Option<Address>,
    },
    /// `REVERT` with this data.
    Revert {
        /// The data.
        output: Bytes,
    },
    /// Out of gas, or another exceptional halt.
    Halt {
        /// Why.
        reason: HaltReason,
    },
}

/// What a call did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallResult {
    /// How it ended.
    pub end: CallEnd,
    /// Gas that a transaction would pay for.
    pub gas_used: u64,
    /// Logs; none unless it succeeded.
    pub logs: Vec<Log>,
}

/// Runs `call` on `state` inside a block with the environment of `header`, and forgets what it did.
///
/// `Err(Skipped)` inside: it could not be included in a block.
pub fn simulate<S: StateReader>(
    config: &ChainConfig,
    header: &Header,
    call: TxEnv,
    options: CallOptions,
    state: &S,
) -> Result<Result<CallResult, Skipped>, Error<S::Error>> {
    let _ = (config, header, call, options, state);
    Err(Error::Evm("unfinished".into()))
}
