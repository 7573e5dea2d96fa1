//! Tensors as a call has them at hand, and operations on them as requests to someone who has the data.

use crate::{
    abi::{self, Words},
    commitment::{self, Commitment},
    error::Failure,
    metric::Metric,
    ops::Operation,
    pieces,
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

impl Shaped for Shape {
    fn shape(&self) -> &Shape {
        self
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
    /// An operation.
    Operate(Operation<P>),
    /// A metric.
    Measure {
        /// Which.
        metric: Metric,
        /// The predictions.
        predictions: P,
        /// The truth.
        truth: P,
    },
    /// A COMMIT to bytes that are known by their pieces.
    Commit {
        /// Type and dimensions of the result, of at most [`crate::MAX_COMMIT_BYTES`].
        shape: Shape,
        /// See [`crate::pieces`].
        pieces: P,
    },
}

/// Codes of METRIC and COMMIT: the last bytes of the precompiles' addresses.
const METRIC: u8 = 0x30;
const COMMIT: u8 = 0x01;

impl<P> Request<P> {
    /// The operands, replaced one by one.
    pub fn try_map<Q, E>(&self, mut map: impl FnMut(&P) -> Result<Q, E>) -> Result<Request<Q>, E> {
        Ok(match self {
            Self::Operate(operation) => Request::Operate(operation.try_map(map)?),
            Self::Measure { metric, predictions, truth } => {
                Request::Measure { metric: *metric, predictions: map(predictions)?, truth: map(truth)? }
            }
            Self::Commit { shape, pieces } => Request::Commit { shape: *shape, pieces: map(pieces)? },
        })
    }
}

impl Request<B256> {
    /// The code as a word, then the precompile's input; of a COMMIT the id of the pieces in place of the data.
    pub fn encode(&self) -> Vec<u8> {
        let number = |value: u8| B256::with_last_byte(value);
        match self {
            Self::Operate(operation) => [number(operation.kind().code()).to_vec(), operation.encode()].concat(),
            Self::Measure { metric, predictions, truth } => {
                [number(METRIC), number(*metric as u8), *predictions, *truth].concat()
            }
            Self::Commit { shape, pieces } => {
                [number(COMMIT).as_slice(), &abi::encode_shape(shape), pieces.as_slice()].concat()
            }
        }
    }

    /// Reads what [`Self::encode`] wrote; none for anything else.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (code, input) = bytes.split_first_chunk::<32>()?;
        let (&code, zeros) = code.split_last()?;
        if zeros.iter().any(|byte| *byte != 0) {
            return None;
        }
        match code {
            METRIC => Self::decode_measure(input),
            COMMIT => Self::decode_commit(input),
            _ => Operation::decode(code, input)?.ok().map(Self::Operate),
        }
    }

    fn decode_measure(input: &[u8]) -> Option<Self> {
        let (words, rest) = input.as_chunks::<32>();
        let [metric, predictions, truth] = words else { return None };
        let metric = u64::try_from(U256::from_be_bytes(*metric)).ok().and_then(Metric::from_kind)?;
        let request = Self::Measure { metric, predictions: predictions.into(), truth: truth.into() };
        rest.is_empty().then_some(request)
    }

    fn decode_commit(input: &[u8]) -> Option<Self> {
        let mut words = Words::exactly(input, abi::SHAPE_WORDS + 1).ok()?;
        let shape = words.shape().ok()?;
        pieces::shape(shape.size_bytes()).ok()?;
        Some(Self::Commit { shape, pieces: words.id().ok()? })
    }
}

/// What comes of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The tensor that an operation or a COMMIT makes.
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
            Self::Operate(operation) => operation.apply().map_or_else(Answer::Failed, Answer::Tensor),
            Self::Measure { metric, predictions, truth } => {
                let measured = metric.measure(predictions.borrow(), truth.borrow());
                measured.map_or_else(Answer::Failed, Answer::Number)
            }
            Self::Commit { shape, pieces } => {
                pieces::join(*shape, pieces.borrow()).map_or_else(Answer::Failed, Answer::Tensor)
            }
        }
    }
}
