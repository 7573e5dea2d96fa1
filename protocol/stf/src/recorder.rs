//! A state that notes what is read of it.

use crate::{
    Account, Operand, Preimages, Request, State, StateReader,
    tries::{ReadError, Tries},
};
use alloc::{boxed::Box, collections::BTreeMap};
use alloy_primitives::{Address, B256, Bytes, U256};
use autonet_trie::{Nibbles, NodeSource};
use core::cell::RefCell;

/// What was read of a state: enough to read the same with nothing but the state's root.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recording {
    /// Trie nodes and code, by hash.
    pub preimages: BTreeMap<B256, Bytes>,
    /// Tensors that the TensorStore has, by id.
    pub tensors: BTreeMap<B256, Operand>,
    /// The oldest block whose hash was asked for. Whoever has the headers adds those of the blocks after it, up to but
    /// without the recorded state's own: each has the hash of the one before.
    pub oldest_block: Option<u64>,
}

/// A recording does not have this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("nothing is known of {0}")]
pub struct Unrecorded(pub B256);

impl Preimages for Recording {
    type Error = Unrecorded;

    fn preimage(&self, hash: B256) -> Result<Bytes, Unrecorded> {
        self.preimages.get(&hash).cloned().ok_or(Unrecorded(hash))
    }

    fn tensor(&self, id: B256) -> Result<Option<Operand>, Unrecorded> {
        self.tensors.get(&id).cloned().map(Some).ok_or(Unrecorded(id))
    }

    fn request(&self, _: &Request<Operand>) -> Result<Option<B256>, Unrecorded> {
        Ok(None)
    }
}

/// Reads `state` through its tries and records what it meets. An execution on it reads what one on a
/// [`crate::WitnessState`] does.
#[derive(Debug)]
pub struct Recorder<'a, S> {
    state: &'a S,
    tries: Tries,
    recording: RefCell<Recording>,
}

impl<'a, S: State> Recorder<'a, S> {
    /// Records what is read of `state`, whose root is `root`.
    pub fn new(state: &'a S, root: B256) -> Self {
        Self { state, tries: Tries::new(root), recording: RefCell::default() }
    }

    /// What was read.
    pub fn into_recording(self) -> Recording {
        self.recording.into_inner()
    }
}

/// Why a recorded state could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError<E> {
    /// The state that is recorded failed.
    #[error(transparent)]
    State(E),
    /// Its tries are not those of its root.
    #[error(transparent)]
    Read(Box<ReadError<E>>),
}

impl<S: State> StateReader for Recorder<'_, S> {
    type Error = RecordError<<S as StateReader>::Error>;

    fn account(&self, address: Address) -> Result<Option<Account>, Self::Error> {
        self.tries.account(&Nodes(self), address).map_err(|error| RecordError::Read(Box::new(error)))
    }

    fn code(&self, hash: B256) -> Result<Option<Bytes>, Self::Error> {
        let code = self.state.code(hash).map_err(RecordError::State)?;
        if let Some(code) = &code {
            self.recording.borrow_mut().preimages.insert(hash, code.clone());
        }
        Ok(code)
    }

    fn storage(&self, address: Address, slot: U256) -> Result<U256, Self::Error> {
        self.tries.slot(&Nodes(self), address, slot).map_err(|error| RecordError::Read(Box::new(error)))
    }

    fn block_hash(&self, number: u64) -> Result<B256, Self::Error> {
        let oldest = &mut self.recording.borrow_mut().oldest_block;
        *oldest = Some(oldest.map_or(number, |oldest| oldest.min(number)));
        self.state.block_hash(number).map_err(RecordError::State)
    }

    fn tensor(&self, id: B256) -> Result<Option<Operand>, Self::Error> {
        let tensor = self.state.tensor(id).map_err(RecordError::State)?;
        if let Some(tensor) = &tensor {
            self.recording.borrow_mut().tensors.insert(id, tensor.clone());
        }
        Ok(tensor)
    }
}

impl<S: State> NodeSource for Recorder<'_, S> {
    type Error = RecordError<<S as StateReader>::Error>;

    fn node(&self, owner: Option<B256>, path: &Nibbles, hash: B256) -> Result<Option<Bytes>, Self::Error> {
        Nodes(self).node(owner, path, hash).map_err(RecordError::State)
    }
}

/// The recorded state's nodes.
struct Nodes<'r, 'a, S>(&'r Recorder<'a, S>);

impl<S: State> NodeSource for Nodes<'_, '_, S> {
    type Error = <S as StateReader>::Error;

    fn node(&self, owner: Option<B256>, path: &Nibbles, hash: B256) -> Result<Option<Bytes>, Self::Error> {
        let node = self.0.state.node(owner, path, hash)?;
        if let Some(rlp) = &node {
            self.0.recording.borrow_mut().preimages.insert(hash, rlp.clone());
        }
        Ok(node)
    }
}
