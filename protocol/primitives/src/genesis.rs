use crate::ChainConfig;
use alloc::collections::BTreeMap;
use alloy_primitives::{Address, U256};

pub use alloy_genesis::GenesisAccount;

/// The start of a chain: its config and its first state. Operators get it as one JSON file.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Genesis {
    /// What is fixed for the chain.
    pub config: ChainConfig,
    /// L1 block from which a node reads the inbox: the one that created it, or an earlier one.
    pub l1_start_block: u64,
    /// Timestamp of block 0, in seconds.
    pub timestamp: u64,
    /// Base fee of block 0, in wei.
    pub base_fee: u64,
    /// Accounts of block 0.
    pub alloc: BTreeMap<Address, GenesisAccount>,
}

impl Genesis {
    /// The native supply of block 0, in wei; the bridge on L1 locks as much.
    pub fn supply(&self) -> U256 {
        self.alloc.values().fold(U256::ZERO, |sum, account| sum.saturating_add(account.balance))
    }
}
