use crate::{WordReader, Words};
use alloc::vec::Vec;
use alloy_primitives::{Address, B256, Bytes, U256, address, keccak256};

/// What an L1 block says of itself to L2.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct L1Context {
    /// L1 block number.
    pub number: u64,
    /// L1 block time, in seconds.
    pub time: u64,
    /// L1 base fee, in wei of the L1 coin.
    pub base_fee: U256,
    /// L1 blob base fee, in wei of the L1 coin.
    pub blob_base_fee: U256,
    /// L1 `prevRandao`.
    pub prev_randao: B256,
    /// Hash of the L1 block before this one (a contract cannot know its own block's hash).
    pub parent_hash: B256,
}

/// What a delayed message asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[repr(u8)]
pub enum DelayedKind {
    /// Mint and call, from the bridge.
    Deposit = 0,
    /// A signed L2 transaction that must run.
    Forced = 1,
    /// Nothing but the L1 context.
    Context = 2,
}

impl TryFrom<u8> for DelayedKind {
    type Error = u8;

    fn try_from(kind: u8) -> Result<Self, u8> {
        match kind {
            0 => Ok(Self::Deposit),
            1 => Ok(Self::Forced),
            2 => Ok(Self::Context),
            other => Err(other),
        }
    }
}

/// A deposit, a forced transaction or an L1 context, queued on L1 and consumed by L2 in order.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct DelayedMessage {
    /// Position in the queue, from 0.
    pub index: u64,
    /// What it asks for.
    pub kind: DelayedKind,
    /// Who queued it; contracts are aliased ([`alias_address`]).
    pub sender: Address,
    /// The L1 block that queued it.
    pub l1: L1Context,
    /// A [`Deposit`], the EIP-2718 bytes of a transaction, or nothing.
    pub payload: Bytes,
}

impl DelayedMessage {
    /// The inbox's accumulator after this message, from the one before it (zero before the first).
    pub fn accumulate(&self, acc: B256) -> B256 {
        keccak256(self.link(acc).encode())
    }

    /// This message as a link of the inbox's hash chain, after the accumulator `previous`.
    pub fn link(&self, previous: B256) -> DelayedLink {
        DelayedLink {
            previous,
            kind: self.kind,
            sender: self.sender,
            l1: self.l1,
            payload_hash: keccak256(&self.payload),
        }
    }
}

/// A link of the chain of delayed messages: what an accumulator is the hash of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DelayedLink {
    /// The accumulator before the message.
    pub previous: B256,
    /// What the message asks for.
    pub kind: DelayedKind,
    /// Who queued it.
    pub sender: Address,
    /// The L1 block that queued it.
    pub l1: L1Context,
    /// Hash of its payload.
    pub payload_hash: B256,
}

impl DelayedLink {
    /// The preimage of the accumulator after the message.
    pub fn encode(&self) -> Vec<u8> {
        Words::new()
            .word(self.previous)
            .u64(self.kind as u64)
            .address(self.sender)
            .u64(self.l1.number)
            .u64(self.l1.time)
            .uint(self.l1.base_fee)
            .uint(self.l1.blob_base_fee)
            .word(self.l1.prev_randao)
            .word(self.l1.parent_hash)
            .word(self.payload_hash)
            .into_bytes()
    }

    /// Reads what [`Self::encode`] wrote; none for anything else.
    pub fn decode(words: &[u8]) -> Option<Self> {
        let mut words = WordReader::new(words);
        let link = Self {
            previous: words.word()?,
            kind: DelayedKind::try_from(u8::try_from(words.u64()?).ok()?).ok()?,
            sender: words.address()?,
            l1: L1Context {
                number: words.u64()?,
                time: words.u64()?,
                base_fee: words.uint()?,
                blob_base_fee: words.uint()?,
                prev_randao: words.word()?,
                parent_hash: words.word()?,
            },
            payload_hash: words.word()?,
        };
        words.finish(link)
    }
}

/// Why a deposit's payload is malformed; the bridge writes none such.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DepositError {
    /// Shorter than the fixed part.
    #[error("deposit payload of {0} bytes is shorter than 92 bytes")]
    TooShort(usize),
    /// A mint that no supply can back.
    #[error("deposit mints {0}, more than 2^128 - 1 wei")]
    MintTooLarge(U256),
}

/// The payload of a [`DelayedKind::Deposit`]:
/// `mint (32 bytes) | value (32) | gas limit (8) | to (20) | data`, integers big-endian.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deposit {
    /// ATN created on L2, in wei.
    pub mint: u128,
    /// ATN sent with the call, in wei.
    pub value: U256,
    /// Gas limit of the call.
    pub gas_limit: u64,
    /// Recipient of the call.
    pub to: Address,
    /// Input of the call.
    pub data: Bytes,
}

impl Deposit {
    const FIXED: usize = 92;

    /// Reads a payload.
    ///
    /// # Errors
    /// [`DepositError`] where the fixed part is incomplete or the mint is out of range.
    pub fn decode(payload: &Bytes) -> Result<Self, DepositError> {
        let Some(fixed) = payload.first_chunk::<{ Self::FIXED }>() else {
            return Err(DepositError::TooShort(payload.len()));
        };
        let mint = U256::from_be_slice(&fixed[..32]);
        let mint = u128::try_from(mint).map_err(|_| DepositError::MintTooLarge(mint))?;
        Ok(Self {
            mint,
            value: U256::from_be_slice(&fixed[32..64]),
            gas_limit: fixed[64..72].iter().fold(0, |acc, byte| acc << 8 | u64::from(*byte)),
            to: Address::from_slice(&fixed[72..92]),
            data: payload.slice(Self::FIXED..),
        })
    }

    /// Writes a payload, as the bridge does.
    pub fn encode(&self) -> Bytes {
        [
            U256::from(self.mint).to_be_bytes::<32>().as_slice(),
            &self.value.to_be_bytes::<32>(),
            &self.gas_limit.to_be_bytes(),
            self.to.as_slice(),
            &self.data,
        ]
        .concat()
        .into()
    }
}

/// What the sequencer posts to the inbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Position in the inbox, from 0.
    pub index: u64,
    /// The batch's bytes: `version | codec | payload`.
    pub data: Bytes,
    /// Delayed messages consumed once this batch has run.
    pub delayed_cursor: u64,
    /// The delayed accumulator after `delayed_cursor` messages.
    pub delayed_acc: B256,
    /// L1 block number of the posting.
    pub l1_block: u64,
    /// L1 time of the posting, in seconds.
    pub l1_time: u64,
}

impl Batch {
    /// Data kind word of a batch in calldata.
    ///
    /// It keeps a data hash and a later blob's versioned hash apart: both are 32 arbitrary bytes.
    pub const KIND_CALLDATA: u64 = 0;

    /// The inbox's accumulator after this batch, from the one before it (zero before the first).
    pub fn accumulate(&self, acc: B256) -> B256 {
        keccak256(self.link(acc).encode())
    }

    /// This batch as a link of the inbox's hash chain, after the accumulator `previous`.
    pub fn link(&self, previous: B256) -> BatchLink {
        BatchLink {
            previous,
            data_hash: keccak256(&self.data),
            delayed_cursor: self.delayed_cursor,
            delayed_acc: self.delayed_acc,
            l1_block: self.l1_block,
            l1_time: self.l1_time,
        }
    }
}

/// A link of the chain of batches: what an accumulator is the hash of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchLink {
    /// The accumulator before the batch.
    pub previous: B256,
    /// Hash of its bytes.
    pub data_hash: B256,
    /// Delayed messages consumed once the batch has run.
    pub delayed_cursor: u64,
    /// The delayed accumulator after so many messages.
    pub delayed_acc: B256,
    /// L1 block number of the posting.
    pub l1_block: u64,
    /// L1 time of the posting, in seconds.
    pub l1_time: u64,
}

impl BatchLink {
    /// The preimage of the accumulator after the batch.
    pub fn encode(&self) -> Vec<u8> {
        Words::new()
            .word(self.previous)
            .u64(Batch::KIND_CALLDATA)
            .word(self.data_hash)
            .u64(self.delayed_cursor)
            .word(self.delayed_acc)
            .u64(self.l1_block)
            .u64(self.l1_time)
            .into_bytes()
    }

    /// Reads what [`Self::encode`] wrote; none for anything else.
    pub fn decode(words: &[u8]) -> Option<Self> {
        let mut words = WordReader::new(words);
        let previous = words.word()?;
        if words.u64()? != Batch::KIND_CALLDATA {
            return None;
        }
        let link = Self {
            previous,
            data_hash: words.word()?,
            delayed_cursor: words.u64()?,
            delayed_acc: words.word()?,
            l1_block: words.u64()?,
            l1_time: words.u64()?,
        };
        words.finish(link)
    }
}

/// The L2 address that stands for an L1 contract, so that a contract and an L2 account at the same address stay apart.
pub fn alias_address(contract: Address) -> Address {
    const OFFSET: Address = address!("1111000000000000000000000000000000001111");
    let sum = U256::from_be_slice(contract.as_slice()) + U256::from_be_slice(OFFSET.as_slice());
    Address::from_slice(&sum.to_be_bytes::<32>()[12..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn links_round_trip_and_other_bytes_are_refused() {
        let delayed = DelayedMessage {
            index: 7,
            kind: DelayedKind::Forced,
            sender: Address::repeat_byte(1),
            l1: L1Context {
                number: 2,
                time: 3,
                base_fee: U256::MAX,
                blob_base_fee: U256::from(5),
                prev_randao: B256::repeat_byte(6),
                parent_hash: B256::repeat_byte(7),
            },
            payload: vec![8].into(),
        };
        let link = delayed.link(B256::repeat_byte(9));
        let words = link.encode();
        assert_eq!(DelayedLink::decode(&words), Some(link));
        assert_eq!(DelayedLink::decode(&words[1..]), None);
        let mut unknown_kind = words;
        unknown_kind[63] = 3;
        assert_eq!(DelayedLink::decode(&unknown_kind), None);

        let batch = Batch {
            index: 0,
            data: vec![1].into(),
            delayed_cursor: 2,
            delayed_acc: B256::repeat_byte(3),
            l1_block: 4,
            l1_time: 5,
        };
        let link = batch.link(B256::repeat_byte(6));
        let mut words = link.encode();
        assert_eq!(BatchLink::decode(&words), Some(link));
        assert_eq!(BatchLink::decode(&[&words[..], &[0; 32]].concat()), None);
        words[63] = 1;
        assert_eq!(BatchLink::decode(&words), None, "a kind of data that is not calldata");
    }

    #[test]
    fn deposit_round_trip() {
        let deposit = Deposit {
            mint: u128::MAX,
            value: U256::MAX,
            gas_limit: u64::MAX - 1,
            to: Address::repeat_byte(7),
            data: vec![1, 2, 3].into(),
        };
        assert_eq!(Deposit::decode(&deposit.encode()), Ok(deposit));
    }

    #[test]
    fn deposit_of_wrong_form_is_an_error() {
        assert_eq!(Deposit::decode(&vec![0; 91].into()), Err(DepositError::TooShort(91)));
        let mint = U256::from(1_u8) << 128_usize;
        let payload = Bytes::from([mint.to_be_bytes::<32>().as_slice(), &[0; 60]].concat());
        assert_eq!(Deposit::decode(&payload), Err(DepositError::MintTooLarge(mint)));
    }

    #[test]
    fn alias_wraps_at_the_end_of_the_address_space() {
        assert_eq!(
            alias_address(address!("ffffffffffffffffffffffffffffffffffffffff")),
            address!("1111000000000000000000000000000000001110")
        );
    }
}
