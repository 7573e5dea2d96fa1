//! Addresses, selectors and the reading of inputs.

use crate::{
    error::Failure,
    tensor::{Dtype, MAX_DIM, MAX_RANK, Shape},
};
use alloy_primitives::{Address, B256, Bytes, address};

/// id -> dtype, rank, four dimensions (missing ones 1), size in bytes, paid until.
pub const META: Address = address!("000000000000000000000000000000000000a100");
/// dtype, rank, four dimensions (missing ones 0), data -> id.
pub const COMMIT: Address = address!("000000000000000000000000000000000000a101");
/// id, offset, length -> bytes.
pub const SLICE: Address = address!("000000000000000000000000000000000000a102");
/// root, index, leaf, siblings -> 1 or 0.
pub const VERIFY: Address = address!("000000000000000000000000000000000000a103");
/// x, weights, bias (0: none), requantisation (0: none) -> id.
pub const MATMUL_I8: Address = address!("000000000000000000000000000000000000a110");
/// Window, pad, then as MATMUL_I8 -> id.
pub const CONV2D_I8: Address = address!("000000000000000000000000000000000000a111");
/// accumulators, constants -> id.
pub const REQUANT: Address = address!("000000000000000000000000000000000000a112");
/// x, table -> id.
pub const LUT8: Address = address!("000000000000000000000000000000000000a113");
/// x, table -> id.
pub const SOFTMAX_I8: Address = address!("000000000000000000000000000000000000a114");
/// x, constants -> id.
pub const LAYERNORM_I8: Address = address!("000000000000000000000000000000000000a115");
/// a, b, constants -> id.
pub const ADD_I8: Address = address!("000000000000000000000000000000000000a116");
/// kind, window, x -> id.
pub const POOL: Address = address!("000000000000000000000000000000000000a117");
/// table, indices -> id.
pub const GATHER: Address = address!("000000000000000000000000000000000000a118");
/// heads, tokens, depth, first columns of q and k, q, k, constants -> id.
pub const SCORES_I8: Address = address!("000000000000000000000000000000000000a119");
/// heads, tokens, depth, first column of v, p, v, constants -> id.
pub const MIX_I8: Address = address!("000000000000000000000000000000000000a11a");
/// model id, x, first node, node after the last (0, 0: all) -> id.
pub const FORWARD: Address = address!("000000000000000000000000000000000000a120");
/// graph -> model id, fixed gas, gas per item, rows per item of the output, its columns, its type.
pub const PRICE: Address = address!("000000000000000000000000000000000000a121");
/// kind, predictions, truth -> value.
pub const METRIC: Address = address!("000000000000000000000000000000000000a130");
/// n, d, a, b -> number of ones, id of the mask.
pub const COSINE_GE: Address = address!("000000000000000000000000000000000000a131");
/// weights, updates -> id.
pub const FEDAVG: Address = address!("000000000000000000000000000000000000a140");
/// trim, updates -> id.
pub const TRIMMED_MEAN: Address = address!("000000000000000000000000000000000000a141");
/// n, d, base, delta -> id.
pub const APPLY_DELTA: Address = address!("000000000000000000000000000000000000a142");
/// seed, domain, counter, n -> id.
pub const PRNG: Address = address!("000000000000000000000000000000000000a150");
/// seed, domain, counter, population, n -> id.
pub const SAMPLE: Address = address!("000000000000000000000000000000000000a151");

/// Every address that [`crate::call`] serves.
pub const ADDRESSES: [Address; 24] = [
    META,
    COMMIT,
    SLICE,
    VERIFY,
    MATMUL_I8,
    CONV2D_I8,
    REQUANT,
    LUT8,
    SOFTMAX_I8,
    LAYERNORM_I8,
    ADD_I8,
    POOL,
    GATHER,
    SCORES_I8,
    MIX_I8,
    FORWARD,
    PRICE,
    METRIC,
    COSINE_GE,
    FEDAVG,
    TRIMMED_MEAN,
    APPLY_DELTA,
    PRNG,
    SAMPLE,
];

/// Whether [`crate::call`] serves `address`.
pub fn is_precompile(address: &Address) -> bool {
    ADDRESSES.contains(address)
}

/// What a revert returns when a tensor or model is neither local nor resident: `keccak("NotResident()")[0..4]`.
pub const NOT_RESIDENT: [u8; 4] = [0xc4, 0xa4, 0x45, 0xb6];

/// Reads 32-byte big-endian words, in order.
pub(crate) struct Words<'a> {
    input: &'a [u8],
    next: usize,
}

impl<'a> Words<'a> {
    /// An input of exactly `count` words.
    pub(crate) fn exactly(input: &'a [u8], count: usize) -> Result<Self, Failure> {
        if input.len() != count * 32 {
            return Err(Failure::InputLength(input.len()));
        }
        Ok(Self { input, next: 0 })
    }

    /// An input of `count` words, and the bytes after them.
    pub(crate) fn with_data(input: &'a [u8], count: usize) -> Result<(Self, &'a [u8]), Failure> {
        let (words, data) = input.split_at_checked(count * 32).ok_or(Failure::InputLength(input.len()))?;
        Ok((Self { input: words, next: 0 }, data))
    }

    pub(crate) fn id(&mut self) -> Result<B256, Failure> {
        let start = self.next * 32;
        let word = self.input.get(start..start + 32).ok_or(Failure::InputLength(self.input.len()))?;
        self.next += 1;
        Ok(B256::from_slice(word))
    }

    /// A number of at most `max`.
    pub(crate) fn number(&mut self, max: u64) -> Result<u64, Failure> {
        let index = self.next;
        let word = self.id()?;
        let (high, low) = word.split_at(24);
        let mut bytes = [0; 8];
        bytes.copy_from_slice(low);
        let value = u64::from_be_bytes(bytes);
        if high.iter().any(|&byte| byte != 0) || value > max {
            return Err(Failure::Word(index));
        }
        Ok(value)
    }

    /// A shape: dtype, rank, four dimensions, 0 beyond the rank.
    pub(crate) fn shape(&mut self) -> Result<Shape, Failure> {
        let dtype = self.number(1)? as u8;
        let dtype = Dtype::from_byte(dtype).ok_or(Failure::Word(0))?;
        let rank = self.number(MAX_RANK as u64)? as usize;
        let mut dims = [0; MAX_RANK];
        for (index, dim) in dims.iter_mut().enumerate() {
            *dim = self.number(if index < rank { u64::from(MAX_DIM) } else { 0 })? as u32;
        }
        Ok(Shape::new(dtype, &dims[..rank])?)
    }
}

/// Words of a shape.
pub(crate) const SHAPE_WORDS: usize = 2 + MAX_RANK;

/// What [`Words::shape`] reads.
pub(crate) fn encode_shape(shape: &Shape) -> Bytes {
    let mut words = [0; SHAPE_WORDS];
    (words[0], words[1]) = (shape.dtype() as u64, shape.dims().len() as u64);
    words[2..].iter_mut().zip(shape.dims()).for_each(|(word, &dim)| *word = dim.into());
    encode_words(&words)
}

/// `values` as consecutive words.
pub(crate) fn encode_words(values: &[u64]) -> Bytes {
    values.iter().flat_map(|&value| B256::left_padding_from(&value.to_be_bytes()).0).collect()
}
