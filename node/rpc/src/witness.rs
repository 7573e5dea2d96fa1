//! What `autonet_executionWitness` takes and gives.

use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_rlp::{RlpDecodable, RlpEncodable};
use autonet_primitives::{BlockInput, DelayedKind, DelayedMessage, L1Context};
use serde::{Deserialize, Serialize};

/// What an execution reads of the state before it. Nobody needs to believe it: each item is found by its hash.
#[derive(Clone, Debug, Default, PartialEq, Eq, RlpEncodable, RlpDecodable)]
pub struct Witness {
    /// Trie nodes and code.
    pub preimages: Vec<Bytes>,
    /// Headers, RLP: of the block after the oldest one whose hash is asked for, up to the parent's parent.
    pub headers: Vec<Bytes>,
    /// Tensors that the TensorStore has, encoded.
    pub tensors: Vec<Bytes>,
}

/// A part of a [`Witness`], as RLP.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WitnessPage {
    /// Bytes of the whole.
    pub size: u64,
    /// The bytes from the offset asked for, as many as a response may have.
    pub data: Bytes,
}

/// A [`BlockInput`] in JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WitnessInput {
    /// Block timestamp, in seconds.
    pub timestamp: u64,
    /// Delayed messages consumed, in order.
    pub delayed: Vec<WitnessMessage>,
    /// EIP-2718 bytes; what cannot run too, since finding that out reads the state.
    pub transactions: Vec<Bytes>,
}

/// A [`DelayedMessage`] in JSON, its L1 context beside the rest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WitnessMessage {
    /// Position in the queue.
    pub index: u64,
    /// 0 deposit, 1 forced transaction, 2 L1 context.
    pub kind: u8,
    /// Who queued it.
    pub sender: Address,
    /// Number of the L1 block that queued it.
    pub l1_block: u64,
    /// Its time, in seconds.
    pub l1_time: u64,
    /// Its base fee, in wei.
    pub l1_base_fee: U256,
    /// Its blob base fee, in wei.
    pub l1_blob_base_fee: U256,
    /// Its `prevRandao`.
    pub prev_randao: B256,
    /// Hash of the L1 block before it.
    pub parent_hash: B256,
    /// What it carries.
    pub payload: Bytes,
}

impl From<&BlockInput> for WitnessInput {
    fn from(input: &BlockInput) -> Self {
        Self {
            timestamp: input.timestamp,
            delayed: input.delayed.iter().map(WitnessMessage::from).collect(),
            transactions: input.transactions.clone(),
        }
    }
}

impl From<&DelayedMessage> for WitnessMessage {
    fn from(message: &DelayedMessage) -> Self {
        Self {
            index: message.index,
            kind: message.kind as u8,
            sender: message.sender,
            l1_block: message.l1.number,
            l1_time: message.l1.time,
            l1_base_fee: message.l1.base_fee,
            l1_blob_base_fee: message.l1.blob_base_fee,
            prev_randao: message.l1.prev_randao,
            parent_hash: message.l1.parent_hash,
            payload: message.payload.clone(),
        }
    }
}

/// A delayed message is of no known kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("delayed message of unknown kind {0}")]
pub struct UnknownKind(pub u8);

impl TryFrom<WitnessInput> for BlockInput {
    type Error = UnknownKind;

    fn try_from(input: WitnessInput) -> Result<Self, UnknownKind> {
        let delayed = input.delayed.into_iter().map(DelayedMessage::try_from).collect::<Result<_, _>>()?;
        Ok(Self { timestamp: input.timestamp, delayed, transactions: input.transactions })
    }
}

impl TryFrom<WitnessMessage> for DelayedMessage {
    type Error = UnknownKind;

    fn try_from(message: WitnessMessage) -> Result<Self, UnknownKind> {
        let l1 = L1Context {
            number: message.l1_block,
            time: message.l1_time,
            base_fee: message.l1_base_fee,
            blob_base_fee: message.l1_blob_base_fee,
            prev_randao: message.prev_randao,
            parent_hash: message.parent_hash,
        };
        let kind = DelayedKind::try_from(message.kind).map_err(UnknownKind)?;
        Ok(Self { index: message.index, kind, sender: message.sender, l1, payload: message.payload })
    }
}
