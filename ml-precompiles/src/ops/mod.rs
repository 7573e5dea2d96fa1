//! The operations that a graph is made of. Scalar code is their specification.

mod apply;
pub mod arithmetic;
mod attention;
mod draw;
mod image;
mod kind;
mod plan;
mod product;
mod rows;
mod updates;

pub use arithmetic::{MAX_BIAS, MAX_EXP, TABLE_LEN};
pub use kind::{Draw, Heads, Kind, MAX_DRAWS, MAX_POOL_TAPS, Pooling, Ratio, Window};
pub use plan::{MAX_MACS, Plan};
pub use product::im2col_row;

use crate::{
    aggregate::MAX_UPDATES,
    error::Failure,
    operand::Shaped,
    tensor::{Dtype, Tensor},
};
use alloc::vec::Vec;
use alloy_primitives::B256;

/// An operation and what it works on. `P` is what names its operands: ids in a request, tensors when it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation<P> {
    kind: Kind,
    operands: Vec<Option<P>>,
}

impl<P> Operation<P> {
    /// Checks that there are as many operands as the kind has, and that none is absent that may not be.
    pub fn new(kind: Kind, operands: Vec<Option<P>>) -> Result<Self, Failure> {
        let count = operands.len();
        match kind.slots() {
            Some(slots) => {
                if count != slots.len() {
                    return Err(Failure::Operands(count));
                }
                let absent =
                    slots.iter().zip(&operands).find(|((_, optional), operand)| !optional && operand.is_none());
                if let Some(((name, _), _)) = absent {
                    return Err(Failure::Operand(name));
                }
            }
            None => {
                let weights = if let Kind::FedAvg { weights } = &kind { weights.len() } else { count };
                if count == 0 || count > MAX_UPDATES || count != weights {
                    return Err(Failure::Operands(count));
                }
                if operands.iter().any(Option::is_none) {
                    return Err(Failure::Operand("updates"));
                }
            }
        }
        Ok(Self { kind, operands })
    }

    fn of<const N: usize>(kind: Kind, operands: [P; N]) -> Self {
        Self { kind, operands: operands.into_iter().map(Some).collect() }
    }

    /// MATMUL_I8: x I8 [M,K], weights I8 [K,N] without -128, bias I32 [N] of magnitudes up to 2^30, requant I32 [3,N] of
    /// rows m, s, zp. The result is I8 [M,N], or I32 without requant.
    pub fn matmul(x: P, weights: P, bias: Option<P>, requant: Option<P>) -> Self {
        Self { kind: Kind::MatmulI8, operands: Vec::from([Some(x), Some(weights), bias, requant]) }
    }

    /// CONV2D_I8: x I8 [B*h*w, C], weights I8 [kh*kw*C, N]; the rest as in [`Self::matmul`].
    pub fn conv2d(window: Window, pad: i8, x: P, weights: P, bias: Option<P>, requant: Option<P>) -> Self {
        Self { kind: Kind::Conv2dI8 { window, pad }, operands: Vec::from([Some(x), Some(weights), bias, requant]) }
    }

    /// REQUANT: x I32 [M,N], constants I32 [3,N] of rows m, s, zp.
    pub fn requant(x: P, constants: P) -> Self {
        Self::of(Kind::Requant, [x, constants])
    }

    /// LUT8: x I8, table I8 [256].
    pub fn lut8(x: P, table: P) -> Self {
        Self::of(Kind::Lut8, [x, table])
    }

    /// SOFTMAX_I8: x I8 [M,N], table I32 [256] of exponentials by the distance from the row's maximum.
    pub fn softmax(x: P, table: P) -> Self {
        Self::of(Kind::SoftmaxI8, [x, table])
    }

    /// LAYERNORM_I8: x I8 [M,N], constants I32 [3,N] of rows m, c, s.
    pub fn layernorm(x: P, constants: P) -> Self {
        Self::of(Kind::LayernormI8, [x, constants])
    }

    /// ADD_I8: a I8 [M,N], b I8 [P,N] with P dividing M, constants I32 [4]: ma, mb, c, s.
    pub fn add(a: P, b: P, constants: P) -> Self {
        Self::of(Kind::AddI8, [a, b, constants])
    }

    /// POOL: x I8 [B*h*w, C].
    pub fn pool(pooling: Pooling, window: Window, x: P) -> Self {
        Self::of(Kind::Pool { pooling, window }, [x])
    }

    /// GATHER: table I8 or I32 [R,C], indices I32 [M] or [M,1].
    pub fn gather(table: P, indices: P) -> Self {
        Self::of(Kind::Gather, [table, indices])
    }

    /// SCORES_I8: q and k I8 [B*T, *] from these columns on, constants I32 [3,H].
    pub fn scores(heads: Heads, first: [u32; 2], q: P, k: P, constants: P) -> Self {
        Self::of(Kind::ScoresI8 { heads, first }, [q, k, constants])
    }

    /// MIX_I8: p I8 [B*H*T, T], v I8 [B*T, *] from this column on, constants I32 [3, H*d].
    pub fn mix(heads: Heads, first: u32, p: P, v: P, constants: P) -> Self {
        Self::of(Kind::MixI8 { heads, first }, [p, v, constants])
    }

    /// COSINE_GE: a and b I8 [M,N].
    pub fn cosine_ge(ratio: Ratio, a: P, b: P) -> Self {
        Self::of(Kind::CosineGe(ratio), [a, b])
    }

    /// APPLY_DELTA: base and delta I32 of one shape.
    pub fn apply_delta(ratio: Ratio, base: P, delta: P) -> Self {
        Self::of(Kind::ApplyDelta(ratio), [base, delta])
    }

    /// FEDAVG of I32 updates of one shape and their weights.
    pub fn fedavg(updates: impl IntoIterator<Item = (u64, P)>) -> Result<Self, Failure> {
        let (weights, updates): (Vec<_>, Vec<_>) = updates.into_iter().map(|(weight, p)| (weight, Some(p))).unzip();
        if weights.iter().all(|weight| *weight == 0) {
            return Err(Failure::Word(0));
        }
        Self::new(Kind::FedAvg { weights }, updates)
    }

    /// TRIMMED_MEAN of I32 updates of one shape.
    pub fn trimmed_mean(trim: u32, updates: impl IntoIterator<Item = P>) -> Result<Self, Failure> {
        Self::new(Kind::TrimmedMean { trim }, updates.into_iter().map(Some).collect())
    }

    /// PRNG: I32 [n].
    pub const fn prng(draw: Draw, n: u32) -> Self {
        Self { kind: Kind::Prng { draw, n }, operands: Vec::new() }
    }

    /// SAMPLE: I32 [n].
    pub const fn sample(draw: Draw, population: u32, n: u32) -> Self {
        Self { kind: Kind::Sample { draw, population, n }, operands: Vec::new() }
    }

    /// Code and attributes.
    pub const fn kind(&self) -> &Kind {
        &self.kind
    }

    /// The operands in order, `None` for an absent one.
    pub fn operands(&self) -> &[Option<P>] {
        &self.operands
    }

    /// What operand `index` is called.
    pub fn name(&self, index: usize) -> &'static str {
        self.kind.slots().map_or("updates", |slots| slots.get(index).map_or("", |(name, _)| name))
    }

    /// The operands, replaced one by one, in order.
    pub fn try_map<Q, E>(&self, map: impl FnMut(&P) -> Result<Q, E>) -> Result<Operation<Q>, E> {
        let mut map = map;
        let operands = self.operands.iter().map(|operand| operand.as_ref().map(&mut map).transpose());
        Ok(Operation { kind: self.kind.clone(), operands: operands.collect::<Result<_, _>>()? })
    }

    /// The same on references.
    pub fn as_ref(&self) -> Operation<&P> {
        Operation { kind: self.kind.clone(), operands: self.operands.iter().map(Option::as_ref).collect() }
    }

    fn operand(&self, index: usize) -> Result<&P, Failure> {
        self.optional(index).ok_or(Failure::Operand(self.name(index)))
    }

    fn optional(&self, index: usize) -> Option<&P> {
        self.operands.get(index)?.as_ref()
    }
}

impl Operation<B256> {
    /// The input of the precompile: attributes, then ids, zero for an absent one.
    pub fn encode(&self) -> Vec<u8> {
        let mut words = self.kind.attributes();
        words.extend(self.operands.iter().map(|id| id.unwrap_or_default()));
        words.concat()
    }

    /// Reads what [`Self::encode`] wrote for this code; nothing if there is no such operation.
    pub fn decode(code: u8, input: &[u8]) -> Option<Result<Self, Failure>> {
        let (words, rest) = input.as_chunks::<32>();
        let attributes = Kind::attributes_of(code, words.len())?;
        // No operation has as many words.
        Some(if !rest.is_empty() || words.len() < attributes || words.len() > 4 * MAX_UPDATES {
            Err(Failure::InputLength(input.len()))
        } else {
            let words: Vec<B256> = words.iter().copied().map(B256::new).collect();
            let (attributes, ids) = words.split_at(attributes);
            Self::from_words(code, attributes, ids, input.len())
        })
    }

    fn from_words(code: u8, attributes: &[B256], ids: &[B256], length: usize) -> Result<Self, Failure> {
        let kind = match Kind::read(code, attributes) {
            Some(kind) => kind.map_err(Failure::Word)?,
            None => return Err(Failure::UnknownPrecompile),
        };
        let optional = |index: usize| kind.slots().is_some_and(|slots| slots.get(index).is_some_and(|(_, o)| *o));
        // A zero where an operand has to be is an id that no tensor has.
        let operands = ids.iter().enumerate().map(|(index, id)| (!id.is_zero() || !optional(index)).then_some(*id));
        let operands = operands.collect();
        Self::new(kind, operands).map_err(|failure| match failure {
            Failure::Operands(_) => Failure::InputLength(length),
            other => other,
        })
    }
}

pub(crate) fn expect(condition: bool, operand: &'static str) -> Result<(), Failure> {
    if condition { Ok(()) } else { Err(Failure::Operand(operand)) }
}

pub(crate) fn expect_shape<P: Shaped>(
    tensor: &P,
    dtype: Dtype,
    dims: &[u32],
    operand: &'static str,
) -> Result<(), Failure> {
    let shape = tensor.shape();
    expect(shape.dtype() == dtype && shape.dims() == dims, operand)
}

/// Rows and columns.
pub(crate) fn matrix<P: Shaped>(tensor: &P, dtype: Dtype, operand: &'static str) -> Result<[u64; 2], Failure> {
    let shape = tensor.shape();
    expect(shape.dtype() == dtype && shape.dims().len() == 2, operand)?;
    Ok([shape.rows() as u64, shape.cols() as u64])
}

pub(crate) fn i8s<'a>(tensor: &'a Tensor, operand: &'static str) -> Result<&'a [i8], Failure> {
    tensor.as_i8().ok_or(Failure::Operand(operand))
}

pub(crate) fn i32s<'a>(tensor: &'a Tensor, operand: &'static str) -> Result<&'a [i32], Failure> {
    tensor.as_i32().ok_or(Failure::Operand(operand))
}
