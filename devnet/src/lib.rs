#![doc = include_str!("../README.md")]

/// The accounts of the standard test mnemonic.
pub mod accounts;
mod agents;
mod anvil;
mod audit;
mod cli;
mod deploy;
mod network;
mod ports;
mod process;
mod rounds;
mod run;
mod summary;
mod transfers;
mod wait;

pub use agents::Agents;
pub use anvil::{Anvil, contracts};
pub use cli::Cli;
pub use deploy::{Addresses, Deployment, L1Contracts, L2_CHAIN_ID, deploy};
pub use network::{Network, Ports, program};
pub use process::Process;
pub use rounds::follow_rounds;
pub use summary::{Outcome, Round, SequencerHead, Solver, Summary, Supply, VerifierHead};
pub use transfers::Traveller;
pub use wait::until;
