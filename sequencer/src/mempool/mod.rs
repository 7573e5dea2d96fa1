//! Transactions that wait for a block.

mod best;
mod pool;
mod transaction;
mod validate;

#[cfg(test)]
mod tests;

pub use best::Best;
pub use pool::{Mempool, MempoolLimits};
pub use transaction::PooledTransaction;
pub(crate) use validate::recover;

use alloy_primitives::U256;

/// What the pool needs to know of an account at the head.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AccountView {
    /// Next nonce.
    pub nonce: u64,
    /// Balance, in wei.
    pub balance: U256,
}

/// What the pool needs to know of the next block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NextBlockView {
    /// Its base fee, in wei.
    pub base_fee: u64,
    /// Its gas limit.
    pub gas_limit: u64,
    /// Chain id.
    pub chain_id: u64,
}
