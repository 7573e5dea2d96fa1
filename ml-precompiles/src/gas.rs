//! Prices. Every price is known and charged before the work that it pays for.

use crate::{
    error::Failure,
    tensor::{Dtype, Shape},
};

/// Every call.
pub const BASE: u64 = 500;
/// META, beside the base.
pub const META: u64 = 100;
/// A look-up in the TensorStore or the ModelRegistry: the first use of an id in a transaction, and META of a local one.
pub const LOOKUP: u64 = 2_100;
/// Bytes loaded per gas at the first use of a resident tensor or model in a transaction.
pub const LOAD_BYTES_PER_GAS: u64 = 16;
/// Committing to an I8 tile: with its share of the nodes, three permutations of Keccak.
pub const TILE_I8: u64 = 128;
/// Committing to an I32 tile: nine.
pub const TILE_I32: u64 = 384;
/// Bytes per gas of a SLICE.
pub const SLICE_BYTES_PER_GAS: u64 = 64;

/// Multiplications per gas.
pub const MACS_PER_GAS: u64 = 1_024;
/// Elements of a product's operands per gas: what counts when there are few rows.
pub const OPERANDS_PER_GAS: u64 = 64;
/// Accumulators of a product per gas: what counts when the sums are short.
pub const ACCUMULATORS_PER_GAS: u64 = 8;
/// Elements requantised per gas.
pub const REQUANT_PER_GAS: u64 = 8;
/// Elements looked up per gas.
pub const LUT8_PER_GAS: u64 = 32;
/// Predictions measured per gas.
pub const METRIC_PER_GAS: u64 = 16;
/// Each node of a FORWARD: its decoding and the look-up of its parameters.
pub const NODE: u64 = 200;

/// Loading `bytes`.
pub const fn load(bytes: u64) -> u64 {
    bytes.div_ceil(LOAD_BYTES_PER_GAS)
}

/// Making a tensor of `shape`: the hashing of its tiles.
pub fn commit(shape: &Shape) -> u64 {
    let tile = match shape.dtype() {
        Dtype::I8 => TILE_I8,
        Dtype::I32 => TILE_I32,
    };
    shape.tiles() as u64 * tile
}

/// Reading `bytes`.
pub const fn slice(bytes: u64) -> u64 {
    bytes.div_ceil(SLICE_BYTES_PER_GAS)
}

/// The product of matrices [m,k] and [k,n].
pub const fn matmul(m: u64, k: u64, n: u64) -> u64 {
    let (macs, operands, accumulators) = (m * k * n, m * k + k * n, m * n);
    macs.div_ceil(MACS_PER_GAS) + operands.div_ceil(OPERANDS_PER_GAS) + accumulators.div_ceil(ACCUMULATORS_PER_GAS)
}

/// Requantising `elements`.
pub const fn requant(elements: u64) -> u64 {
    elements.div_ceil(REQUANT_PER_GAS)
}

/// Looking up `elements` in a table.
pub const fn lut8(elements: u64) -> u64 {
    elements.div_ceil(LUT8_PER_GAS)
}

/// Measuring `elements` predictions.
pub const fn metric(elements: u64) -> u64 {
    elements.div_ceil(METRIC_PER_GAS)
}

/// Counts what a call has used of its limit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Meter {
    limit: u64,
    used: u64,
}

impl Meter {
    pub(crate) const fn new(limit: u64) -> Self {
        Self { limit, used: 0 }
    }

    pub(crate) const fn used(&self) -> u64 {
        self.used
    }

    pub(crate) fn charge(&mut self, gas: u64) -> Result<(), Failure> {
        if gas > self.limit - self.used {
            return Err(Failure::OutOfGas);
        }
        self.used += gas;
        Ok(())
    }
}
