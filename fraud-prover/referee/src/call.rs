//! A request whose operands are commitments.

use crate::error::Refusal;
use alloy_primitives::{B256, keccak256};
use autonet_ml_precompiles::{Commitment, Kind, MAX_RANK, Metric, Request, Shape, pieces};

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// A tensor of this shape.
    Tensor(Kind, Shape),
    /// A number.
    Number(Metric),
    /// A COMMIT to a tensor of this shape.
    Commit(Shape),
}

/// A request whose operands are commitments, with types and shapes that fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    pub(crate) asked: Asked,
    pub(crate) operands: Vec<Option<Commitment>>,
    encoded: Vec<u8>,
}

impl Call {
    /// Of a request on commitments; none if types or shapes do not fit.
    pub fn new(request: &Request<Commitment>) -> Option<Self> {
        let encoded = match request.try_map(|commitment| Ok::<_, Refusal>(commitment.id())) {
            Ok(ids) => ids.encode(),
            Err(_) => return None,
        };
        let (asked, operands) = match request {
            Request::Operate(operation) => {
                let shapes = operation.try_map(|commitment| Ok::<_, Refusal>(commitment.shape)).ok()?;
                let output = shapes.plan().ok()?.output;
                (Asked::Tensor(operation.kind().clone(), output), operation.operands().to_vec())
            }
            Request::Measure { metric, predictions, truth } => {
                metric.price(&predictions.shape, &truth.shape).ok()?;
                (Asked::Number(*metric), vec![Some(*predictions), Some(*truth)])
            }
            Request::Commit { shape, pieces: given } => {
                if !pieces::fit(&given.shape, shape.size_bytes()) {
                    return None;
                }
                (Asked::Commit(*shape), vec![Some(*given)])
            }
        };
        Some(Self { asked, operands, encoded })
    }

    /// From a witness.
    pub fn decode(request: &[u8], operands: &[u8]) -> Result<Self, Refusal> {
        let ids = Request::decode(request).ok_or(Refusal::Request)?;
        let mut rest = operands;
        let bound = ids.try_map(|id| take(&mut rest, *id).ok_or(Refusal::Operands))?;
        if !rest.is_empty() {
            return Err(Refusal::Trailing);
        }
        Self::new(&bound).ok_or(Refusal::Operands)
    }

    /// The request's bytes.
    pub fn request(&self) -> &[u8] {
        &self.encoded
    }

    /// The preimages of the operands' ids, in order.
    pub fn operands(&self) -> Vec<u8> {
        self.operands.iter().flatten().flat_map(Commitment::encode).collect()
    }

    /// The code.
    pub fn code(&self) -> u8 {
        self.encoded.get(31).copied().unwrap_or_default()
    }

    /// Operand `index`, which the request has.
    pub(crate) fn operand(&self, index: usize) -> Result<&Commitment, Refusal> {
        self.optional(index).ok_or(Refusal::Operands)
    }

    /// Operand `index`, if there is one.
    pub(crate) fn optional(&self, index: usize) -> Option<&Commitment> {
        self.operands.get(index)?.as_ref()
    }

    /// Shape of the result.
    pub(crate) fn output(&self) -> Result<&Shape, Refusal> {
        match &self.asked {
            Asked::Tensor(_, shape) | Asked::Commit(shape) => Ok(shape),
            Asked::Number(_) => Err(Refusal::Request),
        }
    }
}

/// The preimage of an id at the start of `bytes`.
fn take(bytes: &mut &[u8], id: B256) -> Option<Commitment> {
    let rank = usize::from(*bytes.get(5)?);
    if rank > MAX_RANK {
        return None;
    }
    let (preimage, rest) = bytes.split_at_checked(4 + 2 + 4 * rank + 32)?;
    *bytes = rest;
    if keccak256(preimage) == id { Commitment::decode(preimage) } else { None }
}
