use alloc::vec::Vec;
use alloy_primitives::{Address, B256, U256, keccak256};

/// A sequence of 32-byte words, as Solidity's `abi.encode` lays out static values.
///
/// Commitments that Rust and Solidity share are `keccak256` of such a sequence.
#[derive(Clone, Debug, Default)]
pub struct Words(Vec<u8>);

impl Words {
    /// An empty sequence.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Appends a word.
    #[must_use]
    pub fn word(mut self, word: B256) -> Self {
        self.0.extend_from_slice(word.as_slice());
        self
    }

    /// Appends a 64-bit integer, big-endian.
    #[must_use]
    pub fn u64(self, value: u64) -> Self {
        self.uint(U256::from(value))
    }

    /// Appends an integer, big-endian.
    #[must_use]
    pub fn uint(self, value: U256) -> Self {
        self.word(B256::from(value))
    }

    /// Appends an address, left-padded.
    #[must_use]
    pub fn address(self, address: Address) -> Self {
        self.word(address.into_word())
    }

    /// `keccak256` of the words.
    pub fn hash(&self) -> B256 {
        keccak256(&self.0)
    }
}
