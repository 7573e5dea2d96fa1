//! A host in memory.

#![allow(dead_code, unreachable_pub)]

use alloy_primitives::{Address, B256, Bytes, keccak256};
use autonet_ml_precompiles::{CallOutcome, Failure, Residency, Tensor, TensorHost, abi, call};
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
    pub resident: BTreeMap<B256, (Arc<Tensor>, u64)>,
    pub graphs: BTreeMap<B256, Bytes>,
    pub used: BTreeSet<B256>,
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

    pub fn register(&mut self, graph: impl Into<Bytes>) -> B256 {
        let graph = graph.into();
        let id = keccak256(&graph);
        self.graphs.insert(id, graph);
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
        self.local[&B256::from_slice(&output)].clone()
    }

    pub fn failure(&mut self, address: Address, input: &[u8]) -> Failure {
        match self.call(address, input, u64::MAX) {
            CallOutcome::Fail(failure) => failure,
            other => panic!("{other:?}"),
        }
    }

    fn working(&self) -> Result<(), Broken> {
        if self.broken { Err(Broken) } else { Ok(()) }
    }
}

impl TensorHost for MemoryHost {
    type Error = Broken;

    fn local(&mut self, id: B256) -> Result<Option<Arc<Tensor>>, Broken> {
        self.working()?;
        Ok(self.local.get(&id).cloned())
    }

    fn insert_local(&mut self, id: B256, tensor: Arc<Tensor>) -> Result<(), Broken> {
        self.working()?;
        assert_eq!(id, tensor.id());
        self.local.insert(id, tensor);
        Ok(())
    }

    fn resident(&mut self, id: B256) -> Result<Option<Residency>, Broken> {
        let found = self.resident.get(&id);
        Ok(found.map(|(tensor, paid_until)| Residency {
            size_bytes: tensor.shape().size_bytes() as u64,
            paid_until: *paid_until,
        }))
    }

    fn load(&mut self, id: B256) -> Result<Arc<Tensor>, Broken> {
        self.resident.get(&id).map(|(tensor, _)| tensor.clone()).ok_or(Broken)
    }

    fn first_use(&mut self, id: B256) -> Result<bool, Broken> {
        self.working()?;
        Ok(self.used.insert(id))
    }

    fn graph(&mut self, model_id: B256) -> Result<Option<Bytes>, Broken> {
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

/// The addresses whose result is a tensor id.
pub const MAKERS: [Address; 5] = [abi::COMMIT, abi::MATMUL_I8, abi::REQUANT, abi::LUT8, abi::FORWARD];
