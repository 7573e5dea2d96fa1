//! What the precompiles ask of the state transition that runs them.

use crate::operand::{Operand, Request};
use alloy_primitives::{B256, Bytes};

/// What the TensorStore says of a tensor that is pinned and paid for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Residency {
    /// Bytes of data, without any header.
    pub size_bytes: u64,
    /// Last second for which rent is paid, Unix time.
    pub paid_until: u64,
}

/// A model as the ModelRegistry has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    /// The encoded graph.
    pub graph: Bytes,
    /// What PRICE said when it was registered.
    pub price: Price,
}

/// What a FORWARD of a whole graph costs, without the base, the loading of tensors and the commitment to the result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Price {
    /// Gas for any input, below 2^48.
    pub fixed: u64,
    /// Gas for each item of the input, below 2^48.
    pub per_item: u64,
}

/// Tensors, models and the journal, as one transaction sees them. Errors are the host's own (a database, a missing
/// witness); they abort the execution and are never a result of the call.
///
/// Everything that takes effect through a host ([`Self::insert_local`], [`Self::first_use`]) is undone when the call
/// that did it reverts or fails, and forgotten at the end of the transaction. Neither is a state write: precompiles
/// work in a static call.
pub trait TensorHost {
    /// What a failing database or witness reports.
    type Error;

    /// A tensor made earlier in this transaction, by a call that has not been undone.
    fn local(&mut self, id: B256) -> Result<Option<Operand>, Self::Error>;

    /// Makes `tensor` available as `id`, which is its commitment, until the end of the transaction.
    fn insert_local(&mut self, id: B256, tensor: Operand) -> Result<(), Self::Error>;

    /// Looks up the TensorStore slot of `id` and compares it with the block's time: `None` if not pinned, or unpaid.
    fn resident(&mut self, id: B256) -> Result<Option<Residency>, Self::Error>;

    /// The tensor `id`, which [`Self::resident`] has just found. The host vouches that it is the preimage of `id`;
    /// one that the state names and the host cannot produce is an error.
    fn load(&mut self, id: B256) -> Result<Operand, Self::Error>;

    /// Marks `id` (of a resident tensor or of a model) as used and says whether it was unmarked until now.
    fn first_use(&mut self, id: B256) -> Result<bool, Self::Error>;

    /// The [`crate::Answer::word`] of a request, from a host that has no data; others say `None`, and it is worked out here.
    fn request(&mut self, request: &Request<Operand>) -> Result<Option<B256>, Self::Error>;

    /// What `hash`, of a tile or a node of a commitment, is the hash of. Only a host that gives commitments is asked.
    fn preimage(&mut self, hash: B256) -> Result<Bytes, Self::Error>;

    /// What is registered in the ModelRegistry under `model_id`.
    fn graph(&mut self, model_id: B256) -> Result<Option<Registered>, Self::Error>;
}
