//! What execution reads.

use alloc::sync::Arc;
use alloy_primitives::{Address, B256, Bytes, U256};
use autonet_ml_precompiles::{Operand, Request, Tensor};
use autonet_trie::NodeSource;

/// An account as the account trie has it: nonce, balance, storage root, code hash.
pub type Account = alloy_consensus::TrieAccount;

/// The state after one block: flat values, however they are kept.
///
/// Execution asks for each account and each slot at most once per block.
pub trait StateReader {
    /// Why something could not be read; it aborts the execution.
    type Error: core::error::Error + Send + Sync + 'static;

    /// An account; `None` if it does not exist.
    fn account(&self, address: Address) -> Result<Option<Account>, Self::Error>;

    /// The code with this hash; `None` if it is not known, which aborts the execution.
    fn code(&self, hash: B256) -> Result<Option<Bytes>, Self::Error>;

    /// A storage slot; zero where nothing is stored.
    fn storage(&self, address: Address, slot: U256) -> Result<U256, Self::Error>;

    /// The hash of block `number`, one of the 255 before the parent of the block being executed.
    fn block_hash(&self, number: u64) -> Result<B256, Self::Error>;

    /// A tensor that the TensorStore has; `None` aborts the execution.
    fn tensor(&self, id: B256) -> Result<Option<Operand>, Self::Error>;

    /// The answer to an operation on tensors, from a state that has no data, only commitments; `None` from all others.
    fn request(&self, _: &Request<Operand>) -> Result<Option<B256>, Self::Error> {
        Ok(None)
    }

    /// What `hash`, of a node or a tile of a tensor's commitment, is the hash of. Only a state that has no data is asked.
    fn tensor_preimage(&self, _: B256) -> Result<Option<Bytes>, Self::Error> {
        Ok(None)
    }
}

/// A stored tensor (`Tensor::encode`); `None` if the bytes are malformed.
pub fn decode_tensor(bytes: &[u8]) -> Option<Operand> {
    Tensor::decode(bytes).ok().map(|tensor| Arc::new(tensor).into())
}

impl<S: StateReader + ?Sized> StateReader for &S {
    type Error = S::Error;

    fn account(&self, address: Address) -> Result<Option<Account>, S::Error> {
        (**self).account(address)
    }

    fn code(&self, hash: B256) -> Result<Option<Bytes>, S::Error> {
        (**self).code(hash)
    }

    fn storage(&self, address: Address, slot: U256) -> Result<U256, S::Error> {
        (**self).storage(address, slot)
    }

    fn block_hash(&self, number: u64) -> Result<B256, S::Error> {
        (**self).block_hash(number)
    }

    fn tensor(&self, id: B256) -> Result<Option<Operand>, S::Error> {
        (**self).tensor(id)
    }

    fn request(&self, request: &Request<Operand>) -> Result<Option<B256>, S::Error> {
        (**self).request(request)
    }

    fn tensor_preimage(&self, hash: B256) -> Result<Option<Bytes>, S::Error> {
        (**self).tensor_preimage(hash)
    }
}

/// Values and trie nodes of the same state: what a whole block needs, for its roots. Implemented for all that have both.
pub trait State: StateReader + NodeSource<Error = <Self as StateReader>::Error> {}

impl<S> State for S where S: StateReader + NodeSource<Error = <S as StateReader>::Error> + ?Sized {}
