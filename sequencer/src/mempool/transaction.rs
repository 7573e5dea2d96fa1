use alloy_consensus::Transaction as _;
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{Address, B256, Bytes};
use autonet_primitives::TxEnvelope;
use autonet_stf::Recovered;
use std::sync::Arc;

/// A transaction in the pool, with what ordering and limits ask of it.
#[derive(Clone, Debug)]
pub struct PooledTransaction {
    transaction: Arc<Recovered<TxEnvelope>>,
    bytes: Bytes,
    hash: B256,
    /// Order of arrival, which breaks ties.
    arrival: u64,
}

impl PooledTransaction {
    pub(super) fn new(transaction: Recovered<TxEnvelope>, arrival: u64) -> Self {
        let bytes = Bytes::from(transaction.encoded_2718());
        let hash = transaction.tx_hash();
        Self { transaction: Arc::new(transaction), bytes, hash, arrival }
    }

    /// The transaction and its sender.
    pub fn transaction(&self) -> &Recovered<TxEnvelope> {
        &self.transaction
    }

    /// Hash.
    pub const fn hash(&self) -> B256 {
        self.hash
    }

    /// EIP-2718 bytes.
    pub const fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Sender.
    pub fn sender(&self) -> Address {
        self.transaction.signer()
    }

    /// Nonce.
    pub fn nonce(&self) -> u64 {
        self.transaction.nonce()
    }

    /// What the sequencer earns per gas at a base fee, in wei; `None` if it cannot pay the base fee.
    pub fn tip(&self, base_fee: u64) -> Option<u128> {
        self.transaction.effective_tip_per_gas(base_fee)
    }

    pub(super) const fn arrival(&self) -> u64 {
        self.arrival
    }

    /// Whether `other` may take the place of this: both fees at least a tenth higher, as nodes commonly ask.
    pub(super) fn is_outbid_by(&self, other: &Recovered<TxEnvelope>) -> bool {
        let tip = |tx: &TxEnvelope| tx.max_priority_fee_per_gas().unwrap_or_else(|| tx.max_fee_per_gas());
        let enough = |old: u128, new: u128| new.saturating_mul(10) >= old.saturating_mul(11) && new > old;
        enough(self.transaction.max_fee_per_gas(), other.max_fee_per_gas())
            && enough(tip(&self.transaction), tip(other))
    }
}
