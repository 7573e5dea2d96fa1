//! Headers: standard Ethereum, Osaka.

use alloc::vec::Vec;
use alloy_consensus::{BlockBody, Header, proofs};
use alloy_eips::eip7685::EMPTY_REQUESTS_HASH;
use alloy_primitives::{B256, Bloom, Bytes};
use autonet_primitives::{Block, PROTOCOL_VERSION, Receipt, TxEnvelope, addresses::FEE_VAULT};

/// A header with what is the same in every block, and blanks.
pub(crate) fn blank() -> Header {
    Header {
        beneficiary: FEE_VAULT,
        extra_data: Bytes::from_static(&[PROTOCOL_VERSION]),
        blob_gas_used: Some(0),
        excess_blob_gas: Some(0),
        requests_hash: Some(EMPTY_REQUESTS_HASH),
        ..Default::default()
    }
}

/// Fills in the roots and joins header and transactions. Also returns the block's hash.
pub(crate) fn seal(
    mut header: Header,
    state_root: B256,
    message_root: B256,
    transactions: Vec<TxEnvelope>,
    receipts: &[Receipt],
) -> (Block, B256) {
    header.state_root = state_root;
    header.withdrawals_root = Some(message_root);
    header.transactions_root = proofs::calculate_transaction_root(&transactions);
    header.receipts_root = proofs::calculate_receipt_root(receipts);
    header.logs_bloom = receipts.iter().fold(Bloom::ZERO, |bloom, receipt| bloom | *receipt.logs_bloom());
    let hash = header.hash_slow();
    let body = BlockBody { transactions, ommers: Vec::new(), withdrawals: Some(Default::default()) };
    (Block { header, body }, hash)
}
