#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![deny(clippy::float_arithmetic)]

extern crate alloc;

pub mod abi;
mod aggregate;
mod call;
pub mod commitment;
mod error;
pub mod gas;
mod graph;
mod host;
pub mod kernel;
mod metric;
mod operand;
mod ops;
pub mod pieces;
mod program;
mod quantise;
mod tensor;

pub use aggregate::{AggregateError, MAX_UPDATES, Update, fedavg_floor};
pub use call::{CallOutcome, MAX_COMMIT_BYTES, MAX_SLICE_BYTES, call};
pub use commitment::{Commitment, Committer};
pub use error::Failure;
pub use graph::{Graph, GraphBuilder, GraphError, Input, MAX_GRAPH_BYTES, MAX_NODES, Node, Source, Value};
pub use host::{Price, Registered, Residency, TensorHost};
pub use kernel::Engine;
pub use metric::{MAX_CLASSES, Metric};
pub use operand::{Answer, Operand, Request, Shaped};
pub use ops::{
    Draw, Heads, Kind, MAX_BIAS, MAX_DRAWS, MAX_EXP, MAX_MACS, MAX_POOL_TAPS, Operation, Plan, Pooling, Ratio,
    TABLE_LEN, Window, arithmetic, im2col_row,
};
pub use program::{MAX_FORWARD_BYTES, Program, forward};
pub use quantise::{Factor, Quantised, quantise_columns_nearest};
pub use tensor::{Dtype, Elements, MAX_DIM, MAX_RANK, MAX_TENSOR_BYTES, Shape, Tensor, TensorError};
