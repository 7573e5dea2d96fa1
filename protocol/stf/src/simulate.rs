//! Calls that leave no trace: `eth_call` and `eth_estimateGas`.

use crate::{
    Error, Evm, Extra, HaltReason, Rules, Skipped, StateReader, TxEnv,
    executor::{block_env, cfg_env},
};
use alloc::vec::Vec;
use alloy_primitives::{Address, Bytes, Log, U256};
use autonet_primitives::{ChainConfig, Header};
use revm::context::result::{ExecutionResult, Output};

/// What a call need not obey. The default obeys everything, as a transaction does (but pays no data fee).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallOptions {
    /// The sender need not have the fee and the value, and may have code.
    pub skip_balance_check: bool,
    /// The gas price may be below the base fee.
    pub skip_base_fee_check: bool,
    /// Any nonce is right.
    pub skip_nonce_check: bool,
    /// The gas limit may be above those of a transaction (EIP-7825) and of a block.
    pub skip_gas_cap: bool,
    /// Runs at this time instead of the header's, in seconds.
    pub timestamp: Option<u64>,
}

impl CallOptions {
    /// Skips all checks: `eth_call`.
    pub const FREE: Self = Self {
        skip_balance_check: true,
        skip_base_fee_check: true,
        skip_nonce_check: true,
        skip_gas_cap: true,
        timestamp: None,
    };
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
/// `Err(Skipped)` inside: it could not be included in a block. The chain id of `call` is not looked at.
pub fn simulate<S: StateReader>(
    config: &ChainConfig,
    header: &Header,
    mut call: TxEnv,
    options: CallOptions,
    state: &S,
) -> Result<Result<CallResult, Skipped>, Error<S::Error>> {
    let mut cfg = cfg_env(config);
    cfg.disable_balance_check = options.skip_balance_check;
    cfg.disable_eip3607 = options.skip_balance_check;
    cfg.disable_base_fee = options.skip_base_fee_check;
    cfg.disable_nonce_check = options.skip_nonce_check;
    cfg.disable_block_gas_limit = options.skip_gas_cap;
    cfg.tx_gas_limit_cap = options.skip_gas_cap.then_some(u64::MAX);
    let mut block = block_env(header);
    if let Some(timestamp) = options.timestamp {
        block.timestamp = U256::from(timestamp);
    }
    call.chain_id = Some(config.l2_chain_id);

    let rules = Rules::Rollup { fee_recipient: config.sequencer_fee_recipient };
    let parent = (header.number.saturating_sub(1), header.parent_hash);
    let result = match Evm::new(rules, cfg, block, parent, state).transact(call, Extra::default())? {
        Ok(result) => result,
        Err(invalid) => return Ok(Err(invalid.into())),
    };
    let gas_used = result.tx_gas_used();
    let (end, logs) = match result {
        ExecutionResult::Success { output, logs, .. } => {
            let created = match &output {
                Output::Create(_, created) => *created,
                Output::Call(_) => None,
            };
            (CallEnd::Success { output: output.into_data(), created }, logs)
        }
        ExecutionResult::Revert { output, .. } => (CallEnd::Revert { output }, Vec::new()),
        ExecutionResult::Halt { reason, .. } => (CallEnd::Halt { reason }, Vec::new()),
    };
    Ok(Ok(CallResult { end, gas_used, logs }))
}
