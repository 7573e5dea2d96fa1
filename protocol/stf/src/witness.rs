//! A state of which only hashes are known, and someone who knows what they are hashes of.

use crate::{
    Account, Operand, Request, SealedHeader, StateReader,
    tries::{ReadError, Tries},
};
use alloc::vec::Vec;
use alloy_consensus::Header;
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_rlp::Decodable;
use autonet_trie::{Nibbles, NodeSource};
use core::cell::RefCell;

/// Knows what hashes are hashes of: the oracle of a fault proof, or a witness.
pub trait Preimages {
    /// Why it does not.
    type Error: core::error::Error + Send + Sync + 'static;

    /// The bytes whose keccak is `hash`. Whoever implements it vouches for that.
    fn preimage(&self, hash: B256) -> Result<Bytes, Self::Error>;

    /// The tensor `id`, with or without data.
    fn tensor(&self, id: B256) -> Result<Option<Operand>, Self::Error>;

    /// See [`StateReader::request`].
    fn request(&self, request: &Request<Operand>) -> Result<Option<B256>, Self::Error>;
}

impl<P: Preimages + ?Sized> Preimages for &P {
    type Error = P::Error;

    fn preimage(&self, hash: B256) -> Result<Bytes, P::Error> {
        (**self).preimage(hash)
    }

    fn tensor(&self, id: B256) -> Result<Option<Operand>, P::Error> {
        (**self).tensor(id)
    }

    fn request(&self, request: &Request<Operand>) -> Result<Option<B256>, P::Error> {
        (**self).request(request)
    }
}

/// Why a state could not be read from preimages.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WitnessError<E> {
    /// A preimage is not known.
    #[error(transparent)]
    Preimage(E),
    /// A value could not be read.
    #[error(transparent)]
    Read(#[from] ReadError<E>),
    /// What an ancestor's hash is the hash of is no header.
    #[error("no header has the hash {0}")]
    Header(B256),
    /// A block hash that the EVM never asks for.
    #[error("block {0} is not an ancestor")]
    Ancestor(u64),
}

/// The state after a block, from its header and preimages alone.
#[derive(Debug)]
pub struct WitnessState<P> {
    preimages: P,
    tries: Tries,
    /// Number of the block and, from its parent back, the hashes of its ancestors as far as they were asked for.
    number: u64,
    ancestors: RefCell<Vec<B256>>,
}

impl<P: Preimages> WitnessState<P> {
    /// The state after `block`.
    pub fn new(preimages: P, block: &SealedHeader) -> Self {
        let ancestors = RefCell::new(Vec::from([block.parent_hash]));
        Self { preimages, tries: Tries::new(block.state_root), number: block.number, ancestors }
    }

    /// The state with root `root`, outside any chain.
    pub fn detached(preimages: P, root: B256) -> Self {
        Self { preimages, tries: Tries::new(root), number: 0, ancestors: RefCell::default() }
    }

    fn nodes(&self) -> Nodes<'_, P> {
        Nodes(&self.preimages)
    }
}

/// The header with this hash.
pub fn header_of<P: Preimages>(preimages: &P, hash: B256) -> Result<SealedHeader, WitnessError<P::Error>> {
    let rlp = preimages.preimage(hash).map_err(WitnessError::Preimage)?;
    let mut rest = &rlp[..];
    let header = Header::decode(&mut rest).ok().filter(|_| rest.is_empty()).ok_or(WitnessError::Header(hash))?;
    Ok(SealedHeader::new(header, hash))
}

impl<P: Preimages> StateReader for WitnessState<P> {
    type Error = WitnessError<P::Error>;

    fn account(&self, address: Address) -> Result<Option<Account>, Self::Error> {
        Ok(self.tries.account(&self.nodes(), address)?)
    }

    fn code(&self, hash: B256) -> Result<Option<Bytes>, Self::Error> {
        self.preimages.preimage(hash).map(Some).map_err(WitnessError::Preimage)
    }

    fn storage(&self, address: Address, slot: U256) -> Result<U256, Self::Error> {
        Ok(self.tries.slot(&self.nodes(), address, slot)?)
    }

    fn block_hash(&self, number: u64) -> Result<B256, Self::Error> {
        let mut ancestors = self.ancestors.borrow_mut();
        let unknown = || WitnessError::Ancestor(number);
        let back =
            self.number.checked_sub(number + 1).and_then(|back| usize::try_from(back).ok()).ok_or_else(unknown)?;
        while ancestors.len() <= back {
            let last = ancestors.last().copied().ok_or_else(unknown)?;
            let parent = header_of(&self.preimages, last)?.parent_hash;
            ancestors.push(parent);
        }
        ancestors.get(back).copied().ok_or_else(unknown)
    }

    fn tensor(&self, id: B256) -> Result<Option<Operand>, Self::Error> {
        self.preimages.tensor(id).map_err(WitnessError::Preimage)
    }

    fn request(&self, request: &Request<Operand>) -> Result<Option<B256>, Self::Error> {
        self.preimages.request(request).map_err(WitnessError::Preimage)
    }

    fn tensor_preimage(&self, hash: B256) -> Result<Option<Bytes>, Self::Error> {
        self.preimages.preimage(hash).map(Some).map_err(WitnessError::Preimage)
    }
}

impl<P: Preimages> NodeSource for WitnessState<P> {
    type Error = WitnessError<P::Error>;

    fn node(&self, owner: Option<B256>, path: &Nibbles, hash: B256) -> Result<Option<Bytes>, Self::Error> {
        self.nodes().node(owner, path, hash).map_err(WitnessError::Preimage)
    }
}

/// Trie nodes by hash.
struct Nodes<'a, P>(&'a P);

impl<P: Preimages> NodeSource for Nodes<'_, P> {
    type Error = P::Error;

    fn node(&self, _: Option<B256>, _: &Nibbles, hash: B256) -> Result<Option<Bytes>, P::Error> {
        self.0.preimage(hash).map(Some)
    }
}
