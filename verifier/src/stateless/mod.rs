//! Following the chain with no state: what an execution reads comes from a peer, and is found by its hash.

mod chain;
mod error;
mod execute;
mod peer;
mod service;
#[cfg(test)]
mod tests;

pub use chain::StatelessChain;
pub use error::StatelessError;
pub use peer::{RpcPeer, WitnessPeer};
pub use service::StatelessVerifier;
