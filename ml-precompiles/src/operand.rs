//! Tensors as a call has them at hand, and operations on them as requests to someone who has the data.

use crate::{
    commitment::{self, Commitment},
    error::Failure,
    metric::Metric,
    ops::Operation,
    tensor::{Shape, Tensor},
};
use alloc::{sync::Arc, vec::Vec};
use alloy_primitives::{B256, U256};
use core::borrow::Borrow;

/// What has a shape.
pub trait Shaped {
    /// Type and dimensions.
    fn shape(&self) -> &Shape;
}

impl Shaped for Tensor {
    fn shape(&self) -> &Shape {
        Self::shape(self)
    }
}

impl<T: Shaped + ?Sized> Shaped for Arc<T> {
    fn shape(&self) -> &Shape {
        (**self).shape()
    }
}

impl<T: Shaped + ?Sized> Shaped for &T {
    fn shape(&self) -> &Shape {
        (**self).shape()
    }
}

/// A tensor at hand: its data, what its id commits to, or both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operand(Held);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Held {
    Data(Arc<Tensor>),
    Commitment(Commitment),
    Both(Arc<Tensor>, Commitment),
}

impl From<Arc<Tensor>> for Operand {
    fn from(tensor: Arc<Tensor>) -> Self {
        Self(Held::Data(tensor))
    }
}

/// Where the data is with whoever answers requests.
impl From<Commitment> for Operand {
    fn from(commitment: Commitment) -> Self {
        Self(Held::Commitment(commitment))
    }
}

impl Shaped for Operand {
    fn shape(&self) -> &Shape {
        match &self.0 {
            Held::Data(tensor) | Held::Both(tensor, _) => tensor.shape(),
            Held::Commitment(commitment) => &commitment.shape,
        }
    }
}

impl Operand {
    /// The data, if it is here.
    pub const fn data(&self) -> Option<&Arc<Tensor>> {
        match &self.0 {
            Held::Data(tensor) | Held::Both(tensor, _) => Some(tensor),
            Held::Commitment(_) => None,
        }
    }

    /// What the id is the hash of; computed from the data unless it is known.
    pub fn commitment(&self) -> Commitment {
        match &self.0 {
            Held::Data(tensor) => Commitment::of(tensor),
            Held::Commitment(commitment) | Held::Both(_, commitment) => *commitment,
        }
    }

    /// The same operand, which knows its commitment from now on; also returns the id.
    pub fn committed(self) -> (B256, Self) {
        let commitment = self.commitment();
        let held = match self.0 {
            Held::Data(tensor) => Held::Both(tensor, commitment),
            known => known,
        };
        (commitment.id(), Self(held))
    }

    pub(crate) fn require_data(&self) -> Result<&Arc<Tensor>, Failure> {
        self.data().ok_or(Failure::NoData)
    }
}

/// What a host may be asked to work out: one operation on tensors that are known by `P`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request<P> {
    /// An operation on an input.
    Operate {
        /// The operation.
        operation: Operation<P>,
        /// Its input.
        x: P,
    },
    /// A metric.
    Measure {
        /// Which.
        metric: Metric,
        /// The predictions.
        predictions: P,
        /// The truth.
        truth: P,
    },
}

/// First word of a request: the last byte of the precompile's address.
const MATMUL_I8: u64 = 0x10;
const REQUANT: u64 = 0x12;
const LUT8: u64 = 0x13;
const METRIC: u64 = 0x30;

impl<P> Request<P> {
    /// The operands, replaced one by one.
    pub fn try_map<Q, E>(&self, mut map: impl FnMut(&P) -> Result<Q, E>) -> Result<Request<Q>, E> {
        Ok(match self {
            Self::Operate { operation, x } => Request::Operate { x: map(x)?, operation: operation.try_map(map)? },
            Self::Measure { metric, predictions, truth } => {
                Request::Measure { metric: *metric, predictions: map(predictions)?, truth: map(truth)? }
            }
        })
    }
}

impl Request<B256> {
    /// Words: what to do, then the ids of the input and of all parameters, zero for one that is absent; for a metric its
    /// number, then predictions and truth.
    pub fn encode(&self) -> Vec<u8> {
        let optional = |id: &Option<B256>| id.unwrap_or_default();
        let number = |value: u64| B256::from(U256::from(value));
        let words = match self {
            Self::Operate { operation: Operation::MatmulI8 { weights, bias, requant }, x } => {
                Vec::from([number(MATMUL_I8), *x, *weights, optional(bias), optional(requant)])
            }
            Self::Operate { operation: Operation::Requant { constants }, x } => {
                Vec::from([number(REQUANT), *x, *constants])
            }
            Self::Operate { operation: Operation::Lut8 { table }, x } => Vec::from([number(LUT8), *x, *table]),
            Self::Measure { metric, predictions, truth } => {
                Vec::from([number(METRIC), number(*metric as u64), *predictions, *truth])
            }
        };
        words.concat()
    }

    /// Reads what [`Self::encode`] wrote; none for anything else.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (words, rest) = bytes.as_chunks::<32>();
        let (kind, operands) = words.split_first()?;
        if !rest.is_empty() {
            return None;
        }
        let optional = |id: &[u8; 32]| Some(B256::new(*id)).filter(|id| !id.is_zero());
        let number = |word: &[u8; 32]| u64::try_from(U256::from_be_bytes(*word)).ok();
        Some(match (number(kind)?, operands) {
            (MATMUL_I8, [x, weights, bias, requant]) => {
                let (bias, requant) = (optional(bias), optional(requant));
                Self::Operate { operation: Operation::MatmulI8 { weights: weights.into(), bias, requant }, x: x.into() }
            }
            (REQUANT, [x, constants]) => {
                Self::Operate { operation: Operation::Requant { constants: constants.into() }, x: x.into() }
            }
            (LUT8, [x, table]) => Self::Operate { operation: Operation::Lut8 { table: table.into() }, x: x.into() },
            (METRIC, [metric, predictions, truth]) => Self::Measure {
                metric: Metric::from_kind(number(metric)?)?,
                predictions: predictions.into(),
                truth: truth.into(),
            },
            _ => return None,
        })
    }
}

/// What comes of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The tensor that an operation makes.
    Tensor(Tensor),
    /// The number that a metric is.
    Number(u64),
    /// The values of an operand are out of range.
    Failed(Failure),
}

impl Answer {
    /// As one word: a tensor's tile root, a number plus 1, or zero for a failure.
    pub fn word(&self) -> B256 {
        match self {
            Self::Tensor(tensor) => commitment::tile_root(tensor),
            Self::Number(number) => B256::from(U256::from(*number) + U256::ONE),
            Self::Failed(_) => B256::ZERO,
        }
    }
}

impl<P: Borrow<Tensor> + Shaped> Request<P> {
    /// Works it out.
    pub fn answer(&self) -> Answer {
        match self {
            Self::Operate { operation, x } => operation.apply(x.borrow()).map_or_else(Answer::Failed, Answer::Tensor),
            Self::Measure { metric, predictions, truth } => {
                let measured = metric.measure(predictions.borrow(), truth.borrow());
                measured.map_or_else(Answer::Failed, Answer::Number)
            }
        }
    }
}
