#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![deny(clippy::float_arithmetic)]

extern crate alloc;

mod error;
mod ethereum;
mod hint;
mod inbox;
mod oracle;
mod run;

pub use error::Refused;
pub use ethereum::{ETHEREUM_VERSION, EthereumTest, TestResult};
pub use hint::{Hint, hint};
pub use oracle::{LocalInput, Oracle};
pub use run::run;

pub use autonet_stf::Preimages;
