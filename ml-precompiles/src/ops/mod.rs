//! The operations that a graph is made of. Scalar code is their specification.

mod matmul;
mod requant;

use crate::{
    error::Failure,
    gas,
    operand::Shaped,
    tensor::{Dtype, Shape, Tensor},
};
use alloc::vec::Vec;
use core::borrow::Borrow;

/// Multiplications that one call can ask for: 2^34.
pub const MAX_MACS: u64 = 1 << 34;
/// Largest magnitude of a bias: 2^30.
pub const MAX_BIAS: u32 = 1 << 30;
/// Entries of a look-up table.
pub const TABLE_LEN: usize = 256;

/// An operation on one input. `P` is what names its parameters: ids in a graph, tensors when it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation<P> {
    /// `acc[i,j] = bias[j] + sum_k x[i,k] * weights[k,j]`; x I8 [M,K], result I32 [M,N], or I8 when requantised.
    MatmulI8 {
        /// I8 [K,N], no element -128.
        weights: P,
        /// I32 [N], magnitudes of at most 2^30.
        bias: Option<P>,
        /// As in [`Self::Requant`].
        requant: Option<P>,
    },
    /// `clamp(((x[i,j] * m[j] + (1 << (s[j] - 1))) >> s[j]) + zp[j], -128, 127)`; x I32 [M,N], result I8 [M,N].
    Requant {
        /// I32 [3,N]: rows m in [2^30, 2^31), s in [31, 62], zp in [-128, 127].
        constants: P,
    },
    /// `table[x + 128]`; x I8 of any shape, result of the same.
    Lut8 {
        /// I8 [256].
        table: P,
    },
}

/// What an operation costs and makes, known from shapes alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Shape of the result.
    pub output: Shape,
    /// Multiplications.
    pub macs: u64,
    /// Gas, without the base, the loading of operands and the commitment to the result.
    pub gas: u64,
}

impl<P> Operation<P> {
    /// The parameters, replaced one by one, in the order of their declaration.
    pub fn try_map<Q, E>(&self, mut map: impl FnMut(&P) -> Result<Q, E>) -> Result<Operation<Q>, E> {
        Ok(match self {
            Self::MatmulI8 { weights, bias, requant } => Operation::MatmulI8 {
                weights: map(weights)?,
                bias: bias.as_ref().map(&mut map).transpose()?,
                requant: requant.as_ref().map(&mut map).transpose()?,
            },
            Self::Requant { constants } => Operation::Requant { constants: map(constants)? },
            Self::Lut8 { table } => Operation::Lut8 { table: map(table)? },
        })
    }
}

impl<P: Shaped> Operation<P> {
    /// Checks the types and shapes of all operands, and prices the operation on an input of shape `x`.
    pub fn plan(&self, x: &Shape) -> Result<Plan, Failure> {
        match self {
            Self::MatmulI8 { weights, bias, requant } => {
                let [m, k] = matrix(x, Dtype::I8, "x")?;
                let [rows, n] = matrix(weights.shape(), Dtype::I8, "weights")?;
                expect(rows == k, "weights")?;
                if let Some(bias) = bias {
                    expect_shape(bias, Dtype::I32, &[n], "bias")?;
                }
                let dtype = match requant {
                    Some(constants) => {
                        expect_shape(constants, Dtype::I32, &[3, n], "requant")?;
                        Dtype::I8
                    }
                    None => Dtype::I32,
                };
                let (m, k, n) = (u64::from(m), u64::from(k), u64::from(n));
                let requant = if requant.is_some() { gas::requant(m * n) } else { 0 };
                let output = Shape::new(dtype, &[m as u32, n as u32])?;
                // The accumulators take as much memory as an I32 result, whatever the result is.
                Shape::new(Dtype::I32, output.dims())?;
                Ok(Plan { output, macs: m * k * n, gas: gas::matmul(m, k, n) + requant })
            }
            Self::Requant { constants } => {
                let [_, n] = matrix(x, Dtype::I32, "x")?;
                expect_shape(constants, Dtype::I32, &[3, n], "requant")?;
                let output = Shape::new(Dtype::I8, x.dims())?;
                Ok(Plan { output, macs: 0, gas: gas::requant(x.elements() as u64) })
            }
            Self::Lut8 { table } => {
                expect(x.dtype() == Dtype::I8, "x")?;
                expect_shape(table, Dtype::I8, &[TABLE_LEN as u32], "table")?;
                Ok(Plan { output: *x, macs: 0, gas: gas::lut8(x.elements() as u64) })
            }
        }
    }
}

impl<P: Borrow<Tensor> + Shaped> Operation<P> {
    /// The result for `x`. Types and shapes are checked first, then the values of the parameters.
    pub fn apply(&self, x: &Tensor) -> Result<Tensor, Failure> {
        let output = self.plan(x.shape())?.output;
        match self {
            Self::MatmulI8 { weights, bias, requant } => {
                let bias = bias.as_ref().map(|bias| i32s(bias.borrow(), "bias")).transpose()?;
                let acc = matmul::accumulate(i8s(x, "x")?, i8s(weights.borrow(), "weights")?, bias, &output)?;
                match requant {
                    Some(constants) => {
                        let data = requant::requantise(&acc, i32s(constants.borrow(), "requant")?, output.cols())?;
                        Ok(Tensor::from_i8(output.dims(), data)?)
                    }
                    None => Ok(Tensor::from_i32(output.dims(), acc)?),
                }
            }
            Self::Requant { constants } => {
                let constants = i32s(constants.borrow(), "requant")?;
                Ok(Tensor::from_i8(output.dims(), requant::requantise(i32s(x, "x")?, constants, output.cols())?)?)
            }
            Self::Lut8 { table } => {
                Ok(Tensor::from_i8(output.dims(), lut8(i8s(x, "x")?, i8s(table.borrow(), "table")?))?)
            }
        }
    }
}

fn lut8(x: &[i8], table: &[i8]) -> Vec<i8> {
    // From the index of a byte to the index of the value that it holds.
    let mut by_byte = [0; TABLE_LEN];
    for (index, &value) in table.iter().take(TABLE_LEN).enumerate() {
        by_byte[index ^ 0x80] = value;
    }
    x.iter().map(|&value| by_byte[usize::from(value as u8)]).collect()
}

pub(crate) fn expect(condition: bool, operand: &'static str) -> Result<(), Failure> {
    if condition { Ok(()) } else { Err(Failure::Operand(operand)) }
}

fn expect_shape<P: Shaped>(tensor: &P, dtype: Dtype, dims: &[u32], operand: &'static str) -> Result<(), Failure> {
    let shape = tensor.shape();
    expect(shape.dtype() == dtype && shape.dims() == dims, operand)
}

fn matrix(shape: &Shape, dtype: Dtype, operand: &'static str) -> Result<[u32; 2], Failure> {
    match *shape.dims() {
        [rows, cols] if shape.dtype() == dtype => Ok([rows, cols]),
        _ => Err(Failure::Operand(operand)),
    }
}

pub(crate) fn i8s<'a>(tensor: &'a Tensor, operand: &'static str) -> Result<&'a [i8], Failure> {
    tensor.as_i8().ok_or(Failure::Operand(operand))
}

pub(crate) fn i32s<'a>(tensor: &'a Tensor, operand: &'static str) -> Result<&'a [i32], Failure> {
    tensor.as_i32().ok_or(Failure::Operand(operand))
}
