//! `autonet_executionWitness`.

use crate::{
    error::RpcError,
    reader::{Reader, Result},
    witness::{Witness, WitnessInput, WitnessPage},
};
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_rpc_types_eth::BlockId;
use autonet_primitives::{BlockInput, Header, MAX_DELAYED_PER_BLOCK};
use autonet_stf::{Account, NodeSource, Operand, Recorder, Recording, StateReader, execute_block};
use autonet_storage::{StateView, StorageError};
use autonet_trie::Nibbles;
use std::{
    cell::{Cell, RefCell},
    collections::BTreeSet,
};

/// Bytes of a response around the data.
const ENVELOPE_BYTES: u32 = 1_024;

impl Reader {
    pub(crate) fn execution_witness(&self, parent: u64, input: WitnessInput, offset: u64) -> Result<WitnessPage> {
        let state = self.state(BlockId::number(parent))?;
        let input = checked(input, state.header())?;
        let encoded = alloy_rlp::encode(self.witness(&state, &input)?);
        let size = encoded.len();
        let start = usize::try_from(offset).ok().filter(|start| *start <= size).ok_or_else(|| {
            RpcError::InvalidParams(format!("offset {offset} lies behind the witness, which has {size} bytes"))
        })?;
        // Two digits a byte.
        let room = self.limits.max_response_bytes.saturating_sub(ENVELOPE_BYTES) as usize / 2;
        let data = encoded[start..size.min(start.saturating_add(room))].to_vec().into();
        Ok(WitnessPage { size: size as u64, data })
    }

    /// Executes `input` on `state` and collects what that reads.
    fn witness(&self, state: &StateView, input: &BlockInput) -> Result<Witness> {
        let bounded = Bounded::new(state, self.limits.max_witness_bytes);
        let recorder = Recorder::new(&bounded, state.header().state_root);
        let parent = state.stored_header().sealed();
        if let Err(error) = execute_block(self.config(), &parent, input, &recorder) {
            return Err(bounded.reason.take().unwrap_or_else(|| RpcError::Internal(error.to_string())));
        }
        let Recording { preimages, tensors, oldest_block } = recorder.into_recording();
        let header = |number: u64| {
            let header = self.storage().header(number)?.ok_or(StorageError::UnknownBlock(number))?;
            Ok(alloy_rlp::encode(header.header).into())
        };
        Ok(Witness {
            preimages: preimages.into_values().collect(),
            headers: oldest_block
                .into_iter()
                .flat_map(|oldest| oldest + 1..parent.number)
                .map(header)
                .collect::<Result<_>>()?,
            tensors: tensors.values().filter_map(Operand::data).map(|tensor| tensor.encode().into()).collect(),
        })
    }
}

/// The input, if a block may have it. Gas bounds what executing it takes.
fn checked(input: WitnessInput, parent: &Header) -> Result<BlockInput> {
    if input.delayed.len() as u64 > MAX_DELAYED_PER_BLOCK {
        return Err(RpcError::Limit("number of delayed messages", MAX_DELAYED_PER_BLOCK));
    }
    if input.timestamp < parent.timestamp {
        let (timestamp, earliest) = (input.timestamp, parent.timestamp);
        return Err(RpcError::InvalidParams(format!("timestamp {timestamp} is before the parent's {earliest}")));
    }
    BlockInput::try_from(input).map_err(|error| RpcError::InvalidParams(error.to_string()))
}

/// A state of which so many bytes may be read: trie nodes, code and tensors, each counted once.
struct Bounded<'a> {
    state: &'a StateView,
    limit: usize,
    left: Cell<usize>,
    seen: RefCell<BTreeSet<B256>>,
    /// Why the reading was stopped.
    reason: Cell<Option<RpcError>>,
}

/// The reading was stopped; [`Bounded::reason`] says why.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("stopped")]
struct Stopped;

impl<'a> Bounded<'a> {
    fn new(state: &'a StateView, limit: usize) -> Self {
        Self { state, limit, left: Cell::new(limit), seen: RefCell::default(), reason: Cell::default() }
    }

    fn stop(&self, reason: RpcError) -> Stopped {
        self.reason.set(Some(reason));
        Stopped
    }

    fn read<T>(&self, result: Result<T, StorageError>) -> Result<T, Stopped> {
        result.map_err(|error| self.stop(error.into()))
    }

    fn count(&self, hash: B256, bytes: usize) -> Result<(), Stopped> {
        if self.seen.borrow_mut().insert(hash) {
            let left = self.left.get().checked_sub(bytes);
            self.left.set(left.ok_or_else(|| self.stop(RpcError::Limit("witness", self.limit as u64)))?);
        }
        Ok(())
    }
}

impl StateReader for Bounded<'_> {
    type Error = Stopped;

    fn account(&self, address: Address) -> Result<Option<Account>, Stopped> {
        self.read(self.state.account(address))
    }

    fn code(&self, hash: B256) -> Result<Option<Bytes>, Stopped> {
        let code = self.read(self.state.code(hash))?;
        self.count(hash, code.as_ref().map_or(0, |code| code.len()))?;
        Ok(code)
    }

    fn storage(&self, address: Address, slot: U256) -> Result<U256, Stopped> {
        self.read(self.state.storage(address, slot))
    }

    fn block_hash(&self, number: u64) -> Result<B256, Stopped> {
        self.read(self.state.block_hash(number))
    }

    fn tensor(&self, id: B256) -> Result<Option<Operand>, Stopped> {
        let tensor = self.read(self.state.tensor(id))?;
        self.count(id, tensor.as_ref().and_then(Operand::data).map_or(0, |tensor| tensor.shape().size_bytes()))?;
        Ok(tensor)
    }
}

impl NodeSource for Bounded<'_> {
    type Error = Stopped;

    fn node(&self, owner: Option<B256>, path: &Nibbles, hash: B256) -> Result<Option<Bytes>, Stopped> {
        let node = self.read(self.state.node(owner, path, hash))?;
        self.count(hash, node.as_ref().map_or(0, |node| node.len()))?;
        Ok(node)
    }
}
