#![doc = include_str!("../README.md")]

mod check;
mod drive;
mod error;
mod service;
mod stateless;
mod watch;

pub use check::{CheckpointChecker, DerivedOutputs, Finding, Verdict};
pub use error::VerifierError;
pub use service::Verifier;
pub use stateless::{RpcPeer, StatelessChain, StatelessError, StatelessVerifier, WitnessPeer};
