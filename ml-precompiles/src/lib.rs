#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![deny(clippy::float_arithmetic)]

extern crate alloc;

pub mod abi;
mod call;
pub mod commitment;
mod error;
pub mod gas;
mod host;
mod tensor;

pub use call::{CallOutcome, MAX_COMMIT_BYTES, MAX_SLICE_BYTES, call};
pub use error::Failure;
pub use host::{Residency, TensorHost};
pub use tensor::{Dtype, Elements, MAX_DIM, MAX_RANK, MAX_TENSOR_BYTES, Shape, Tensor, TensorError};
