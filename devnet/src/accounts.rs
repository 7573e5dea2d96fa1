use alloy::{
    primitives::Address,
    signers::local::{MnemonicBuilder, PrivateKeySigner},
};
use eyre::Result;

/// The standard mnemonic of Ethereum's development tools: its keys are public.
pub const MNEMONIC: &str = "test test test test test test test test test test test junk";

/// Who uses which of the mnemonic's accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Role {
    /// Deploys the L1 contracts; the bridge's guardian.
    Deployer = 0,
    /// Posts batches and checkpoints.
    Sequencer = 1,
    /// Deposits and withdraws.
    User = 2,
    /// Proposes tasks.
    Proposer = 3,
    /// Trains.
    SolverA = 4,
    /// Trains.
    SolverB = 5,
    /// Votes.
    CoordinatorA = 6,
    /// Votes.
    CoordinatorB = 7,
    /// Averages.
    Aggregator = 8,
    /// Nobody's: for whoever tries the network out.
    Spare = 9,
}

/// How many accounts are funded.
pub const COUNT: u32 = 10;

/// The key of the mnemonic's account `index`.
pub fn key(index: u32) -> Result<PrivateKeySigner> {
    Ok(MnemonicBuilder::english().phrase(MNEMONIC).index(index)?.build()?)
}

/// The key of a role.
pub fn key_of(role: Role) -> Result<PrivateKeySigner> {
    key(role as u32)
}

/// The account of a role.
pub fn address_of(role: Role) -> Result<Address> {
    Ok(key_of(role)?.address())
}
