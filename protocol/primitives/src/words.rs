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

    /// The words, one after the other.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

/// Reads a sequence of words that [`Words`] wrote. Every failure stays: a reader that has failed gives nothing more.
#[derive(Clone, Copy, Debug)]
pub struct WordReader<'a>(Option<&'a [u8]>);

impl<'a> WordReader<'a> {
    /// Reads from the first of `words`.
    pub const fn new(words: &'a [u8]) -> Self {
        Self(Some(words))
    }

    /// The next word.
    pub fn word(&mut self) -> Option<B256> {
        let (word, rest) = self.0.take()?.split_first_chunk::<32>()?;
        self.0 = Some(rest);
        Some(B256::new(*word))
    }

    /// The next word as an integer.
    pub fn uint(&mut self) -> Option<U256> {
        Some(self.word()?.into())
    }

    /// The next word as a 64-bit integer; none if it is larger.
    pub fn u64(&mut self) -> Option<u64> {
        let value = self.uint()?.try_into();
        self.keep(value.ok())
    }

    /// The next word as an address; none if it is larger.
    pub fn address(&mut self) -> Option<Address> {
        let word = self.word()?;
        let address = word[..12].iter().all(|byte| *byte == 0).then(|| Address::from_word(word));
        self.keep(address)
    }

    /// Answers `value` if every word was read.
    pub fn finish<T>(self, value: T) -> Option<T> {
        self.0?.is_empty().then_some(value)
    }

    fn keep<T>(&mut self, value: Option<T>) -> Option<T> {
        if value.is_none() {
            self.0 = None;
        }
        value
    }
}
