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
/// Rows of a product's weights per gas: what counts when there are few columns.
pub const ROWS_PER_GAS: u64 = 2;
/// Accumulators of a product per gas: what counts when the sums are short.
pub const ACCUMULATORS_PER_GAS: u64 = 8;
/// Elements of a convolution's taps per gas.
pub const IM2COL_PER_GAS: u64 = 64;
/// Elements requantised per gas.
pub const REQUANT_PER_GAS: u64 = 16;
/// Columns of constants checked per gas.
pub const COLUMNS_PER_GAS: u64 = 2;
/// Elements looked up per gas.
pub const LUT8_PER_GAS: u64 = 32;
/// Elements of a softmax or a normalisation per gas.
pub const ROW_OPERATION_PER_GAS: u64 = 8;
/// Each row of them.
pub const ROW: u64 = 2;
/// Elements added per gas.
pub const ADD_PER_GAS: u64 = 32;
/// Elements of taps pooled per gas.
pub const POOL_TAPS_PER_GAS: u64 = 32;
/// Pooled elements per gas.
pub const POOL_PER_GAS: u64 = 8;
/// Taps found per gas, whatever their channels, for a convolution or a pool.
pub const TAPS_PER_GAS: u64 = 4;
/// Bytes gathered per gas.
pub const GATHER_BYTES_PER_GAS: u64 = 64;
/// Products of attention per gas: its sums are short.
pub const ATTENTION_MACS_PER_GAS: u64 = 512;
/// Each head of a sequence.
pub const HEAD: u64 = 16;
/// Elements whose cosine is taken per gas.
pub const COSINE_PER_GAS: u64 = 16;
/// Values of updates per gas.
pub const UPDATES_PER_GAS: u64 = 16;
/// Means, and changes by a ratio, per gas: each is a division.
pub const DIVISIONS_PER_GAS: u64 = 4;
/// Eight words drawn.
pub const PRNG_BLOCK: u64 = 36;
/// Entries of a population per gas.
pub const POPULATION_PER_GAS: u64 = 64;
/// Predictions measured per gas.
pub const METRIC_PER_GAS: u64 = 16;
/// Each node of a FORWARD: its decoding and the look-up of its parameters.
pub const NODE: u64 = 200;
/// One level of a tile proof.
pub const VERIFY_LEVEL: u64 = 60;

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

/// The product of a matrix [m,k] with one of [k,n], beside [`weights`].
pub const fn product(m: u64, k: u64, n: u64) -> u64 {
    (m * k * n).div_ceil(MACS_PER_GAS) + (m * k).div_ceil(OPERANDS_PER_GAS) + (m * n).div_ceil(ACCUMULATORS_PER_GAS)
}

/// Reading the weights [k,n] of a product.
pub const fn weights(k: u64, n: u64) -> u64 {
    k.div_ceil(ROWS_PER_GAS) + (k * n).div_ceil(OPERANDS_PER_GAS)
}

/// Collecting the taps of `rows` output pixels, `taps` each, of `channels` elements.
pub const fn im2col(rows: u64, taps: u64, channels: u64) -> u64 {
    rows + (rows * taps).div_ceil(TAPS_PER_GAS) + (rows * taps * channels).div_ceil(IM2COL_PER_GAS)
}

/// Checking the constants of `n` columns.
pub const fn columns(n: u64) -> u64 {
    n.div_ceil(COLUMNS_PER_GAS)
}

/// Requantising `elements`.
pub const fn requant(elements: u64) -> u64 {
    elements.div_ceil(REQUANT_PER_GAS)
}

/// Looking up `elements` in a table.
pub const fn lut8(elements: u64) -> u64 {
    elements.div_ceil(LUT8_PER_GAS)
}

/// SOFTMAX_I8 of a matrix.
pub const fn softmax([rows, cols]: [u64; 2]) -> u64 {
    rows * ROW + (rows * cols).div_ceil(ROW_OPERATION_PER_GAS)
}

/// LAYERNORM_I8 of a matrix.
pub const fn layernorm([rows, cols]: [u64; 2]) -> u64 {
    rows * ROW + (rows * cols).div_ceil(ROW_OPERATION_PER_GAS)
}

/// Adding `elements`.
pub const fn add(elements: u64) -> u64 {
    elements.div_ceil(ADD_PER_GAS)
}

/// Pooling `taps` each into `rows` output pixels of `channels` elements.
pub const fn pool(rows: u64, taps: u64, channels: u64) -> u64 {
    rows + (rows * channels).div_ceil(POOL_PER_GAS)
        + (rows * taps).div_ceil(TAPS_PER_GAS)
        + (rows * taps * channels).div_ceil(POOL_TAPS_PER_GAS)
}

/// Copying `rows` of `bytes` together.
pub const fn gather(rows: u64, bytes: u64) -> u64 {
    rows + bytes.div_ceil(GATHER_BYTES_PER_GAS)
}

/// The products of attention: for each of `heads` (of all sequences together), [m,k] with [k,n].
pub const fn attention(heads: u64, [m, k, n]: [u64; 3]) -> u64 {
    let accumulators = heads * m * n;
    heads * HEAD
        + (accumulators * k).div_ceil(ATTENTION_MACS_PER_GAS)
        + (heads * k).div_ceil(ROWS_PER_GAS)
        + (heads * (m + n) * k).div_ceil(OPERANDS_PER_GAS)
        + accumulators.div_ceil(ACCUMULATORS_PER_GAS)
        + requant(accumulators)
}

/// Cosines of the rows of two matrices.
pub const fn cosine([rows, cols]: [u64; 2]) -> u64 {
    rows * ROW + (rows * cols).div_ceil(COSINE_PER_GAS)
}

/// The weighted mean of `count` updates.
pub const fn fedavg(elements: u64, count: u64) -> u64 {
    elements.div_ceil(DIVISIONS_PER_GAS) + (elements * count).div_ceil(UPDATES_PER_GAS)
}

/// The trimmed mean of `count` updates, which sorts each element's values.
pub const fn trimmed_mean(elements: u64, count: u64) -> u64 {
    elements.div_ceil(DIVISIONS_PER_GAS) + (elements * count * (count.ilog2() as u64 + 1)).div_ceil(UPDATES_PER_GAS)
}

/// APPLY_DELTA.
pub const fn apply_delta(elements: u64) -> u64 {
    elements.div_ceil(DIVISIONS_PER_GAS)
}

/// Drawing `n` words.
pub const fn prng(n: u64) -> u64 {
    n.div_ceil(8) * PRNG_BLOCK
}

/// Drawing `n` of a population: a block for each.
pub const fn sample(population: u64, n: u64) -> u64 {
    n * PRNG_BLOCK + population.div_ceil(POPULATION_PER_GAS)
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
