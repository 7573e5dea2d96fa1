//! Why a call fails.

use crate::{graph::GraphError, tensor::TensorError};
use alloc::boxed::Box;

/// A call that burns all of its gas: malformed input, wrong shapes, a limit, or too little gas.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// The price is above what is left of the gas limit.
    #[error("out of gas")]
    OutOfGas,
    /// No precompile at this address.
    #[error("no such precompile")]
    UnknownPrecompile,
    /// The input is too short, or too long.
    #[error("input of {0} bytes")]
    InputLength(usize),
    /// A word is above what its place admits.
    #[error("word {0} is not canonical")]
    Word(usize),
    /// The described tensor cannot exist.
    #[error(transparent)]
    Tensor(#[from] TensorError),
    /// A slice that is too long, or not inside the data.
    #[error("no bytes {offset}..+{length} in a tensor of {size} bytes")]
    Slice {
        /// First byte.
        offset: u64,
        /// Number of bytes.
        length: u64,
        /// Bytes in the tensor.
        size: u64,
    },
    /// An operand of the wrong type or shape.
    #[error("operand {0} has the wrong type or shape")]
    Operand(&'static str),
    /// As many operands as the operation does not take.
    #[error("{0} operands")]
    Operands(usize),
    /// An element of an operand is out of range.
    #[error("element {index} of operand {operand} is out of range")]
    Value {
        /// Which operand.
        operand: &'static str,
        /// Which element, from 0.
        index: usize,
    },
    /// A block of random words without one that can be used.
    #[error("draw {index} finds no number")]
    Draw {
        /// Which draw, from 0.
        index: u32,
    },
    /// A node of a graph fails.
    #[error("node {node}: {reason}")]
    Node {
        /// Which node, from 0.
        node: usize,
        /// Why.
        reason: Box<Self>,
    },
    /// A weight of -128.
    #[error("a weight is -128")]
    Weight,
    /// A bias above 2^30 in magnitude.
    #[error("the bias of column {column} is above 2^30")]
    Bias {
        /// Which column, from 0.
        column: usize,
    },
    /// Constants of REQUANT out of range.
    #[error("the requantisation constants of column {column} are out of range")]
    Requant {
        /// Which column, from 0.
        column: usize,
    },
    /// More than [`crate::MAX_MACS`] multiplications in a call.
    #[error("{0} multiplications in a call")]
    Macs(u64),
    /// The results of a FORWARD's nodes are larger than [`crate::MAX_FORWARD_BYTES`] together.
    #[error("{0} bytes of intermediate results")]
    ForwardBytes(u64),
    /// The values of an operand are out of range, says whoever has them.
    #[error("an operand has values out of range")]
    Refused,
    /// The data of an operand is neither here nor with the host: a host that gives commitments answers requests.
    #[error("the data of an operand is not at hand")]
    NoData,
    /// The registered bytes are not a graph.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// Not a range of nodes, or a node of it needs a value from before the range.
    #[error("nodes {from}..{to} cannot run by themselves")]
    Range {
        /// First node.
        from: usize,
        /// The node after the last.
        to: usize,
    },
}
