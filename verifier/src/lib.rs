#![doc = include_str!("../README.md")]

mod check;
mod error;
mod service;

pub use check::{CheckpointChecker, Finding, Verdict};
pub use error::VerifierError;
pub use service::Verifier;
