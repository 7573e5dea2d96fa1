//! A host in memory.

#![allow(dead_code, unreachable_pub)]

pub mod cases;

use alloy_primitives::{Address, B256, Bytes, keccak256};
use autonet_ml_precompiles::{
    Answer, CallOutcome, Commitment, Failure, Operand, Price, Registered, Request, Residency, Tensor, TensorHost, abi,
    call, commitment,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// What the database says when it fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken;

/// One transaction's view.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemoryHost {
    pub local: BTreeMap<B256, Arc<Tensor>>,
    /// Calls get commitments only, as in a fault proof: operations are requests to this host.
    pub delegates: bool,
    pub resident: BTreeMap<B256, (Arc<Tensor>, u64)>,
    pub graphs: BTreeMap<B256, Registered>,
    pub used: BTreeSet<B256>,
    /// Results of requests, by what their ids are the hashes of.
    pub answered: BTreeMap<Vec<u8>, Arc<Tensor>>,
    pub broken: bool,
}

impl MemoryHost {
    pub fn make(&mut self, tensor: Tensor) -> B256 {
        let id = tensor.id();
        self.local.insert(id, Arc::new(tensor));
        id
    }

    pub fn pin(&mut self, tensor: Tensor, paid_until: u64) -> B256 {
        let id = tensor.id();
        self.resident.insert(id, (Arc::new(tensor), paid_until));
        id
    }

    /// Registers with the price that PRICE says, or none if it fails: then no FORWARD of the whole graph succeeds either.
    pub fn register(&mut self, graph: impl Into<Bytes>) -> B256 {
        let graph = graph.into();
        let price = match self.clone().call(abi::PRICE, &graph, u64::MAX) {
            CallOutcome::Return { output, .. } => Price { fixed: number(&output, 1), per_item: number(&output, 2) },
            _ => Price::default(),
        };
        self.register_at(graph, price)
    }

    pub fn register_at(&mut self, graph: Bytes, price: Price) -> B256 {
        let id = keccak256(&graph);
        self.graphs.insert(id, Registered { graph, price });
        id
    }

    /// Calls as the state transition does: what a call that does not return has done is undone.
    pub fn call(&mut self, address: Address, input: &[u8], gas: u64) -> CallOutcome {
        let before = self.clone();
        let outcome = call(address, input, gas, self).expect("the host works");
        if !matches!(outcome, CallOutcome::Return { .. }) {
            *self = before;
        }
        outcome
    }

    pub fn returned(&mut self, address: Address, input: &[u8]) -> (u64, Bytes) {
        match self.call(address, input, u64::MAX) {
            CallOutcome::Return { gas_used, output } => (gas_used, output),
            other => panic!("{other:?}"),
        }
    }

    pub fn made(&mut self, address: Address, input: &[u8]) -> Arc<Tensor> {
        let output = self.returned(address, input).1;
        self.local[&made_id(address, &output).expect("a maker")].clone()
    }

    pub fn failure(&mut self, address: Address, input: &[u8]) -> Failure {
        match self.call(address, input, u64::MAX) {
            CallOutcome::Fail(failure) => failure,
            other => panic!("{other:?}"),
        }
    }

    /// As calls are given it.
    fn operand(&self, tensor: &Arc<Tensor>) -> Operand {
        if self.delegates { Commitment::of(tensor).into() } else { tensor.clone().into() }
    }

    /// The data of a tensor that was made or pinned.
    fn find(&self, id: B256) -> Option<Arc<Tensor>> {
        self.local.get(&id).or_else(|| self.resident.get(&id).map(|(tensor, _)| tensor)).cloned()
    }

    /// Every tensor that was ever answered, by its commitment.
    fn remember(&mut self, tensor: Tensor) {
        self.answered.insert(Commitment::of(&tensor).encode(), Arc::new(tensor));
    }

    fn working(&self) -> Result<(), Broken> {
        if self.broken { Err(Broken) } else { Ok(()) }
    }
}

impl TensorHost for MemoryHost {
    type Error = Broken;

    fn local(&mut self, id: B256) -> Result<Option<Operand>, Broken> {
        self.working()?;
        Ok(self.local.get(&id).map(|tensor| self.operand(tensor)))
    }

    fn insert_local(&mut self, id: B256, tensor: Operand) -> Result<(), Broken> {
        self.working()?;
        assert_eq!(id, tensor.commitment().id());
        let known = || self.answered.get(&tensor.commitment().encode());
        let data = tensor.data().or_else(known).cloned().expect("made here");
        self.local.insert(id, data);
        Ok(())
    }

    fn resident(&mut self, id: B256) -> Result<Option<Residency>, Broken> {
        let found = self.resident.get(&id);
        Ok(found.map(|(tensor, paid_until)| Residency {
            size_bytes: tensor.shape().size_bytes() as u64,
            paid_until: *paid_until,
        }))
    }

    fn load(&mut self, id: B256) -> Result<Operand, Broken> {
        self.resident.get(&id).map(|(tensor, _)| self.operand(tensor)).ok_or(Broken)
    }

    fn request(&mut self, request: &Request<Operand>) -> Result<Option<B256>, Broken> {
        if !self.delegates {
            return Ok(None);
        }
        let request = request.try_map(|operand| Ok(operand.commitment().id()))?;
        let words = request.encode();
        assert_eq!(Request::decode(&words).as_ref(), Some(&request));
        assert_eq!(Request::decode(&words[1..]), None);
        let answered = |id: &B256| self.answered.values().find(|tensor| tensor.id() == *id).cloned();
        let answer = request.try_map(|id| self.find(*id).or_else(|| answered(id)).ok_or(Broken))?.answer();
        let word = answer.word();
        if let Answer::Tensor(tensor) = answer {
            self.remember(tensor);
        }
        Ok(Some(word))
    }

    fn preimage(&mut self, hash: B256) -> Result<Bytes, Broken> {
        let tensors = self.local.values().chain(self.resident.values().map(|(tensor, _)| tensor));
        tensors.flat_map(|tensor| commitment::nodes(tensor)).find(|bytes| keccak256(bytes) == hash).ok_or(Broken)
    }

    fn first_use(&mut self, id: B256) -> Result<bool, Broken> {
        self.working()?;
        Ok(self.used.insert(id))
    }

    fn graph(&mut self, model_id: B256) -> Result<Option<Registered>, Broken> {
        Ok(self.graphs.get(&model_id).cloned())
    }
}

/// A word.
pub fn word(value: u64) -> [u8; 32] {
    B256::left_padding_from(&value.to_be_bytes()).0
}

/// Words, in order.
pub fn words(ids: &[B256]) -> Vec<u8> {
    ids.iter().flat_map(|id| id.0).collect()
}

/// The input of COMMIT.
pub fn commit_input(tensor: &Tensor) -> Vec<u8> {
    let shape = tensor.shape();
    let mut dims = [0; 4];
    dims[..shape.dims().len()].copy_from_slice(shape.dims());
    let mut input = [word(shape.dtype() as u64), word(shape.dims().len() as u64)].concat();
    input.extend(dims.iter().flat_map(|&dim| word(dim.into())));
    input.extend(tensor.slice_bytes(0, shape.size_bytes()).expect("all of it"));
    input
}

/// Word `index` of an output, as a number.
pub fn number(output: &[u8], index: usize) -> u64 {
    u64::from_be_bytes(output[index * 32 + 24..][..8].try_into().expect("eight bytes"))
}

/// The id in an output, of the precompiles that make a tensor.
pub fn made_id(address: Address, output: &[u8]) -> Option<B256> {
    match address {
        abi::META | abi::SLICE | abi::VERIFY | abi::PRICE | abi::METRIC => None,
        abi::COSINE_GE => Some(B256::from_slice(&output[32..])),
        _ => Some(B256::from_slice(output)),
    }
}

/// I8 tensors of pseudo-random values without -128.
pub fn i8s(dims: &[u32], seed: u64) -> Tensor {
    let len = dims.iter().product::<u32>() as usize;
    Tensor::from_i8(dims, bytes(len, -127, seed)).expect("a tensor")
}

/// I32 tensors of one value.
pub fn i32s(dims: &[u32], value: i32) -> Tensor {
    Tensor::from_i32(dims, vec![value; dims.iter().product::<u32>() as usize]).expect("a tensor")
}

/// REQUANT's constants, the same for every column.
pub fn constants(n: u32, m: i32, s: i32, zp: i32) -> Tensor {
    let rows = [m, s, zp].into_iter().flat_map(|value| vec![value; n as usize]);
    Tensor::from_i32(&[3, n], rows.collect()).expect("a tensor")
}

/// Pseudo-random bytes in `least..=127`, some of them extremes.
pub fn bytes(len: usize, least: i8, seed: u64) -> Vec<i8> {
    let mut state = seed ^ 0x9e37_79b9_7f4a_7c15;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        match state >> 60 {
            0 => least,
            1 => 127,
            _ => ((state >> 32) as i8).max(least),
        }
    };
    (0..len).map(|_| next()).collect()
}
