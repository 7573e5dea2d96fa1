//! Why a call fails.

use crate::tensor::TensorError;

/// A call that burns all of its gas: malformed input, wrong shapes, a limit, or too little gas.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
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
}
