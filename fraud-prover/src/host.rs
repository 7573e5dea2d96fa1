//! Answers to the guest, in the machine or out of it.

use crate::Evidence;
use alloy_primitives::{B256, Bytes, U256, keccak256};
use autonet_fpvm::{Host, OracleKind};
use autonet_guest::{Hint, LocalInput, Oracle, Preimages, hint};
use autonet_ml_precompiles::{Answer, Commitment, Operand, Request, Tensor, commitment};
use std::{
    cell::RefCell,
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

/// The evidence lacks what the guest asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unanswered {
    /// A preimage.
    #[error("the evidence has no {kind:?} preimage of {key}")]
    Preimage {
        /// Of what kind.
        kind: OracleKind,
        /// Its key.
        key: B256,
    },
    /// A tensor that a request names.
    #[error("the evidence has no tensor {0}")]
    Tensor(B256),
    /// A request that cannot be read.
    #[error("request {0} is malformed")]
    Request(B256),
}

/// Answers from evidence. What it works out on the way it keeps, so that a machine can be run from any step again.
#[derive(Debug)]
pub struct EvidenceHost<'a> {
    evidence: &'a Evidence,
    /// Results of requests, and tensors that the guest made.
    made: BTreeMap<B256, Arc<Tensor>>,
    answers: HashMap<B256, B256>,
    /// Preimages of the commitments of tensors; filled when the evidence has no preimage.
    nodes: HashMap<B256, Bytes>,
    /// Tensors whose nodes are in there.
    indexed: usize,
}

impl<'a> EvidenceHost<'a> {
    /// A host on evidence.
    pub fn new(evidence: &'a Evidence) -> Self {
        Self { evidence, made: BTreeMap::new(), answers: HashMap::new(), nodes: HashMap::new(), indexed: 0 }
    }

    fn keccak(&mut self, key: B256) -> Option<Bytes> {
        if let Some(preimage) = self.evidence.preimages.get(&key).or_else(|| self.nodes.get(&key)) {
            return Some(preimage.clone());
        }
        let tensors = self.evidence.tensors.len() + self.made.len();
        if self.indexed < tensors {
            self.indexed = tensors;
            let tensors = self.evidence.tensors.values().chain(self.made.values());
            self.nodes = tensors
                .flat_map(|tensor| commitment::nodes(tensor))
                .map(|preimage| (keccak256(&preimage), preimage))
                .collect();
        }
        self.nodes.get(&key).cloned()
    }

    fn answer(&mut self, hash: B256, hint: &[u8]) -> Result<B256, Unanswered> {
        let malformed = Unanswered::Request(hash);
        let Hint { request, tensors } = alloy_rlp::decode_exact(hint).map_err(|_| malformed)?;
        if keccak256(&request) != hash {
            return Err(malformed);
        }
        for tensor in tensors {
            let tensor = Tensor::decode(&tensor).map_err(|_| malformed)?;
            self.made.insert(tensor.id(), Arc::new(tensor));
        }
        let find = |id: &B256| self.evidence.tensors.get(id).or_else(|| self.made.get(id)).cloned();
        let request = Request::decode(&request).ok_or(malformed)?;
        let answer = request.try_map(|id| find(id).ok_or(Unanswered::Tensor(*id)))?.answer();
        let word = answer.word();
        if let Answer::Tensor(tensor) = answer {
            let id = Commitment { shape: *tensor.shape(), root: word }.id();
            self.made.insert(id, Arc::new(tensor));
        }
        Ok(word)
    }
}

impl Host for EvidenceHost<'_> {
    type Error = Unanswered;

    fn preimage(&mut self, kind: OracleKind, key: B256) -> Result<Bytes, Unanswered> {
        let found = match kind {
            OracleKind::Local => {
                let number = usize::try_from(U256::from_be_bytes(key.0)).ok();
                number.and_then(|number| self.evidence.locals.get(number)).map(|local| local.0.into())
            }
            OracleKind::Keccak => self.keccak(key),
            OracleKind::Blob => None,
        };
        found.ok_or(Unanswered::Preimage { kind, key })
    }

    fn ml(&mut self, request: B256, hint: &[u8]) -> Result<B256, Unanswered> {
        if let Some(answer) = self.answers.get(&request) {
            return Ok(*answer);
        }
        let answer = self.answer(request, hint)?;
        self.answers.insert(request, answer);
        Ok(answer)
    }
}

/// The same answers for the guest as a library: what the machine would end with, without the machine.
#[derive(Debug)]
pub struct NativeOracle<'a>(RefCell<EvidenceHost<'a>>);

impl<'a> NativeOracle<'a> {
    /// An oracle on evidence.
    pub fn new(evidence: &'a Evidence) -> Self {
        Self(RefCell::new(EvidenceHost::new(evidence)))
    }
}

impl Preimages for NativeOracle<'_> {
    type Error = Unanswered;

    fn preimage(&self, hash: B256) -> Result<Bytes, Unanswered> {
        self.0.borrow_mut().preimage(OracleKind::Keccak, hash)
    }

    fn tensor(&self, id: B256) -> Result<Option<Operand>, Unanswered> {
        Ok(Commitment::decode(&self.preimage(id)?).map(Operand::from))
    }

    fn request(&self, request: &Request<Operand>) -> Result<Option<B256>, Unanswered> {
        let (words, hint) = hint(request);
        self.0.borrow_mut().ml(keccak256(words), &hint).map(Some)
    }
}

impl Oracle for NativeOracle<'_> {
    fn local(&self, input: LocalInput) -> B256 {
        self.0.borrow().evidence.locals[input as usize]
    }
}
