use crate::{WordReader, Words};
use alloc::vec::Vec;
use alloy_primitives::{Address, B256, keccak256};

/// The version of the rules of derivation and execution; a header's `extraData`.
pub const PROTOCOL_VERSION: u8 = 1;

/// The most delayed messages that one block consumes.
///
/// With [`MAX_DELAYED_GAS`] it bounds what a block must execute before the sequencer's transactions:
/// 32 x 1.5M = 48M gas, below [`ChainConfig::gas_limit`].
pub const MAX_DELAYED_PER_BLOCK: u64 = 32;

/// The most gas that one delayed message may ask for.
pub const MAX_DELAYED_GAS: u64 = 1_500_000;

/// The largest forced transaction that the inbox takes, in bytes.
pub const MAX_FORCED_TX_BYTES: usize = 32 * 1024;

/// What is fixed for a chain: every node of a chain has the same, and every checkpoint binds its hash.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase", deny_unknown_fields))]
pub struct ChainConfig {
    /// Chain id of L1.
    pub l1_chain_id: u64,
    /// Chain id of L2.
    pub l2_chain_id: u64,
    /// The `Inbox` on L1.
    pub inbox: Address,
    /// The `AnchorBridge` on L1.
    pub bridge: Address,
    /// Seconds of L1 time after which a delayed message no longer waits for the sequencer.
    pub force_window_s: u64,
    /// How far a block's timestamp may lie before its batch's L1 time, in seconds.
    pub max_past_s: u64,
    /// How far a block's timestamp may lie after its batch's L1 time, in seconds.
    pub max_future_s: u64,
    /// Gas limit of every block; at least [`MAX_DELAYED_PER_BLOCK`] x [`MAX_DELAYED_GAS`].
    pub gas_limit: u64,
    /// EIP-1559 elasticity: gas target = limit / elasticity.
    pub base_fee_elasticity: u64,
    /// EIP-1559 denominator of the largest change from block to block.
    pub base_fee_denominator: u64,
    /// Data fee in millionths of what the same bytes would cost as L1 calldata at the L1 context's base fee.
    pub data_fee_scalar_ppm: u64,
    /// Receives the tips of L2 transactions.
    pub sequencer_fee_recipient: Address,
}

impl ChainConfig {
    /// The config hash that every checkpoint binds: of [`Self::encode`].
    pub fn hash(&self) -> B256 {
        keccak256(self.encode())
    }

    /// The protocol version and all fields, as words in the order of their declaration.
    pub fn encode(&self) -> Vec<u8> {
        Words::new()
            .u64(PROTOCOL_VERSION.into())
            .u64(self.l1_chain_id)
            .u64(self.l2_chain_id)
            .address(self.inbox)
            .address(self.bridge)
            .u64(self.force_window_s)
            .u64(self.max_past_s)
            .u64(self.max_future_s)
            .u64(self.gas_limit)
            .u64(self.base_fee_elasticity)
            .u64(self.base_fee_denominator)
            .u64(self.data_fee_scalar_ppm)
            .address(self.sequencer_fee_recipient)
            .into_bytes()
    }

    /// Reads what [`Self::encode`] wrote; none for anything else, other protocol versions included.
    pub fn decode(words: &[u8]) -> Option<Self> {
        let mut words = WordReader::new(words);
        if words.u64()? != u64::from(PROTOCOL_VERSION) {
            return None;
        }
        let config = Self {
            l1_chain_id: words.u64()?,
            l2_chain_id: words.u64()?,
            inbox: words.address()?,
            bridge: words.address()?,
            force_window_s: words.u64()?,
            max_past_s: words.u64()?,
            max_future_s: words.u64()?,
            gas_limit: words.u64()?,
            base_fee_elasticity: words.u64()?,
            base_fee_denominator: words.u64()?,
            data_fee_scalar_ppm: words.u64()?,
            sequencer_fee_recipient: words.address()?,
        };
        words.finish(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> ChainConfig {
        ChainConfig {
            l1_chain_id: 1,
            l2_chain_id: 2,
            inbox: Address::repeat_byte(3),
            bridge: Address::repeat_byte(4),
            force_window_s: 5,
            max_past_s: 6,
            max_future_s: 7,
            gas_limit: 8,
            base_fee_elasticity: 9,
            base_fee_denominator: 10,
            data_fee_scalar_ppm: 11,
            sequencer_fee_recipient: Address::repeat_byte(12),
        }
    }

    #[test]
    fn what_is_no_config_is_refused() {
        let words = config().encode();
        assert_eq!(ChainConfig::decode(&words[..words.len() - 1]), None);
        assert_eq!(ChainConfig::decode(&[&words[..], &[0; 32]].concat()), None);
        for word in 0..words.len() / 32 {
            let mut other = words.clone();
            other[32 * word] = 1;
            assert_eq!(ChainConfig::decode(&other), None, "word {word} out of range");
        }
    }

    #[test]
    fn hash_covers_every_field() {
        let base = config();
        let changes: [fn(&mut ChainConfig); 12] = [
            |c| c.l1_chain_id += 1,
            |c| c.l2_chain_id += 1,
            |c| c.inbox.0[0] ^= 1,
            |c| c.bridge.0[0] ^= 1,
            |c| c.force_window_s += 1,
            |c| c.max_past_s += 1,
            |c| c.max_future_s += 1,
            |c| c.gas_limit += 1,
            |c| c.base_fee_elasticity += 1,
            |c| c.base_fee_denominator += 1,
            |c| c.data_fee_scalar_ppm += 1,
            |c| c.sequencer_fee_recipient.0[0] ^= 1,
        ];
        for (field, change) in changes.iter().enumerate() {
            let mut other = base.clone();
            change(&mut other);
            assert_ne!(base.hash(), other.hash(), "field {field}");
            assert_eq!(ChainConfig::decode(&other.encode()), Some(other), "field {field}");
        }
    }
}
