#![doc = include_str!("../README.md")]

mod call;
mod dispute;
mod error;
mod ops;
mod state;
mod step;
mod tile;
mod verify;

pub use call::Call;
pub use dispute::{Dispute, StepProof};
pub use error::Refusal;
pub use state::{State, Witness, stepCall, stepsCall};
pub use verify::{reads, repeat};
