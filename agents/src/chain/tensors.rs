//! Tensors and models on the chain: read by slices and checked against their ids; pinned for a rent.

use super::{Call, Chain, revert::is_not_resident};
use crate::error::AgentError;
use alloy::{
    network::TransactionBuilder,
    primitives::{Address, B256, Bytes, U256, keccak256},
    providers::Provider,
    rpc::types::TransactionRequest,
    sol_types::SolValue,
};
use autonet_ml_precompiles::{Dtype, Graph, MAX_RANK, MAX_SLICE_BYTES, Shape, Tensor, abi};
use std::sync::Arc;

impl Chain {
    /// A resident tensor, whatever node says so: its bytes are checked against `id`.
    pub async fn read_tensor(&self, id: B256) -> Result<Tensor, AgentError> {
        let shape = self.shape_of(id).await?;
        self.read_tensor_of(id, shape).await
    }

    /// As [`Self::read_tensor`], for a known shape.
    pub async fn read_tensor_of(&self, id: B256, shape: Shape) -> Result<Tensor, AgentError> {
        let size = shape.size_bytes();
        let mut bytes = Vec::with_capacity(size);
        while bytes.len() < size {
            let length = (size - bytes.len()).min(MAX_SLICE_BYTES as usize);
            let input = (id, U256::from(bytes.len()), U256::from(length)).abi_encode();
            let slice = self.precompile(abi::SLICE, id, input).await?;
            if slice.len() != length {
                return Err(AgentError::Malformed("SLICE"));
            }
            bytes.extend_from_slice(&slice);
        }
        let tensor = Tensor::from_bytes(shape, &bytes).map_err(|_| AgentError::Malformed("SLICE"))?;
        if tensor.id() == id { Ok(tensor) } else { Err(AgentError::WrongBytes(id)) }
    }

    /// Type and dimensions of a resident tensor.
    pub async fn shape_of(&self, id: B256) -> Result<Shape, AgentError> {
        const MALFORMED: AgentError = AgentError::Malformed("META");
        let output = self.precompile(abi::META, id, id.abi_encode()).await?;
        let words: [U256; 8] = <[U256; 8]>::abi_decode(&output).map_err(|_| MALFORMED)?;
        let dtype = u8::try_from(words[0]).ok().and_then(Dtype::from_byte).ok_or(MALFORMED)?;
        let rank = usize::try_from(words[1]).ok().filter(|rank| (1..=MAX_RANK).contains(rank)).ok_or(MALFORMED)?;
        let dims: Vec<u32> =
            words[2..2 + rank].iter().map(u32::try_from).collect::<Result<_, _>>().map_err(|_| MALFORMED)?;
        Shape::new(dtype, &dims).map_err(|_| MALFORMED)
    }

    async fn precompile(&self, address: Address, id: B256, input: Vec<u8>) -> Result<Bytes, AgentError> {
        let request = TransactionRequest::default().with_to(address).with_input(input);
        self.provider
            .call(request)
            .await
            .map_err(|error| if is_not_resident(&error) { AgentError::NotResident(id) } else { error.into() })
    }

    /// A registered graph, checked against its id. `None` if it is not registered, or is none.
    pub async fn read_graph(&self, model_id: B256) -> Result<Option<Graph>, AgentError> {
        let bytes = self.models().graphOf(model_id).call().await?;
        if !bytes.is_empty() && keccak256(&bytes) != model_id {
            return Err(AgentError::WrongBytes(model_id));
        }
        Ok(Graph::decode(&bytes).ok())
    }

    /// Makes `tensors` resident until `until` (unix seconds): sends those that are not, extends leases that are too
    /// short, leaves the others. Nobody who pinned the same tensor before is in the way.
    pub async fn pin(&self, tensors: &[Arc<Tensor>], until: u64) -> Result<(), AgentError> {
        let calls = self.pin_calls(tensors, until).await?;
        if !calls.is_empty() {
            self.send_all(calls).await?;
        }
        Ok(())
    }

    /// The calls of [`Self::pin`].
    async fn pin_calls(&self, tensors: &[Arc<Tensor>], until: u64) -> Result<Vec<Call>, AgentError> {
        let now = self.head().await?.time;
        let store = self.tensors();
        let mut calls = Vec::new();
        let mut seen = Vec::new();
        for tensor in tensors {
            let id = tensor.id();
            let paid_until = store.residency(id).call().await?.paidUntil;
            if paid_until >= until || seen.contains(&id) {
                continue;
            }
            seen.push(id);
            calls.push(if paid_until > now {
                self.extension(id, tensor.shape().size_bytes(), paid_until, until).await?
            } else {
                self.first_lease(tensor, now, until).await?
            });
        }
        Ok(calls)
    }

    /// Pins `tensors` and registers `graph`, if it is not: in this order, as a graph is priced by its parameters.
    pub async fn publish(&self, graph: &Graph, tensors: &[Arc<Tensor>], until: u64) -> Result<(), AgentError> {
        self.pin(tensors, until).await?;
        let models = self.models();
        if !models.isRegistered(graph.model_id()).call().await? {
            let register = models.register(graph.encode().into());
            self.send(Call::new("register", register.into_transaction_request())).await?;
        }
        Ok(())
    }

    /// Prolongs the lease of a resident tensor whose bytes are not at hand.
    pub async fn extend_lease(&self, id: B256, until: u64) -> Result<(), AgentError> {
        let now = self.head().await?.time;
        let store = self.tensors();
        let residency = store.residency(id).call().await?;
        if residency.paidUntil < now {
            return Err(AgentError::NotResident(id));
        }
        if residency.paidUntil < until {
            let size = usize::try_from(residency.sizeBytes).map_err(|_| AgentError::Malformed("residency"))?;
            self.send(self.extension(id, size, residency.paidUntil, until).await?).await?;
        }
        Ok(())
    }

    async fn extension(&self, id: B256, size: usize, paid_until: u64, until: u64) -> Result<Call, AgentError> {
        let rent = self.rent(size, until - paid_until).await?;
        Ok(Call::new("pin", self.tensors().pin(id, until).into_transaction_request()).with_value(rent))
    }

    /// Rent from now on: by the time of inclusion it is a little less, and the rest comes back.
    async fn first_lease(&self, tensor: &Tensor, now: u64, until: u64) -> Result<Call, AgentError> {
        let shape = tensor.shape();
        let data = tensor.slice_bytes(0, shape.size_bytes()).unwrap_or_default().into();
        let rent = self.rent(shape.size_bytes(), until.saturating_sub(now)).await?;
        let store = self.tensors();
        let put = store.put(shape.dtype() as u8, shape.dims().to_vec(), data, until);
        Ok(Call::new("put", put.into_transaction_request()).with_value(rent))
    }

    async fn rent(&self, size: usize, seconds: u64) -> Result<U256, AgentError> {
        Ok(self.tensors().rent(U256::from(size), U256::from(seconds)).call().await?)
    }
}
