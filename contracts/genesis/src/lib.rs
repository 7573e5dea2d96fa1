#![doc = include_str!("../README.md")]

mod constructor;
mod genesis;
mod predeploys;

pub use constructor::{ConstructorError, Deployed, run_constructor};
pub use genesis::{DEFAULT_MIN_PHASE_SECONDS, GenesisError, GenesisParams, build_genesis};
pub use predeploys::{Predeploy, predeploys};
