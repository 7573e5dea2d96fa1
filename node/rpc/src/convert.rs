//! From what is stored to what Ethereum's JSON-RPC shows.

use alloy_consensus::{ReceiptWithBloom, Transaction as _, transaction::Recovered};
use alloy_primitives::{B256, U256};
use alloy_rlp::Encodable;
use alloy_rpc_types_eth::{Block, BlockTransactions, Header, Log, TransactionInfo, TransactionReceipt};
use autonet_primitives::{Receipt, TxEnvelope};
use autonet_storage::{StoredBlock, StoredHeader};
use op_alloy_consensus::{
    OpReceipt,
    transaction::{OpDepositInfo, OpTransactionInfo},
};
use op_alloy_rpc_types::{L1BlockInfo, OpTransactionReceipt, Transaction};

/// A block as `eth_getBlockBy*` shows it.
pub(crate) type RpcBlock = Block<Transaction>;

/// A header as the `newHeads` subscription shows it.
pub(crate) fn header(stored: &StoredHeader) -> Header {
    Header { hash: stored.id.hash, inner: stored.header.clone(), total_difficulty: None, size: None }
}

/// A block; with whole transactions if there are `receipts`, with their hashes if not.
pub(crate) fn block(block: StoredBlock, receipts: Option<&[Receipt]>) -> RpcBlock {
    let size = U256::from(block.to_block().length());
    let header = Header { size: Some(size), ..header(&block.header) };
    let transactions = match receipts {
        Some(receipts) => {
            let numbered = (0..).zip(block.transactions).zip(receipts);
            BlockTransactions::Full(
                numbered.map(|((index, inner), receipt)| transaction(&block.header, index, inner, receipt)).collect(),
            )
        }
        None => BlockTransactions::Hashes(block.transactions.iter().map(|inner| inner.inner().tx_hash()).collect()),
    };
    Block { header, uncles: Vec::new(), transactions, withdrawals: Some(Default::default()) }
}

/// A transaction in a block. Its receipt knows the nonce of a deposit.
pub(crate) fn transaction(
    block: &StoredHeader,
    index: u64,
    transaction: Recovered<TxEnvelope>,
    receipt: &Receipt,
) -> Transaction {
    let inner = TransactionInfo {
        hash: Some(transaction.inner().tx_hash()),
        index: Some(index),
        block_hash: Some(block.id.hash),
        block_number: Some(block.id.number),
        base_fee: block.header.base_fee_per_gas,
        block_timestamp: Some(block.header.timestamp),
    };
    let deposit_meta = OpDepositInfo {
        deposit_nonce: receipt.deposit_nonce(),
        deposit_receipt_version: receipt.deposit_receipt_version(),
    };
    Transaction::from_transaction(transaction, OpTransactionInfo { inner, deposit_meta })
}

/// A transaction that is not in a block yet.
pub(crate) fn pending_transaction(transaction: Recovered<TxEnvelope>) -> Transaction {
    Transaction::from_transaction(transaction, OpTransactionInfo::default())
}

/// The receipts of a block, in order, without L1 fees.
pub(crate) fn receipts(block: &StoredBlock, receipts: Vec<Receipt>) -> Vec<OpTransactionReceipt> {
    let (mut gas_before, mut log_index) = (0, 0);
    let numbered = (0..).zip(&block.transactions).zip(receipts);
    let convert = |((index, transaction), receipt): ((u64, &Recovered<TxEnvelope>), Receipt)| {
        let gas_used = receipt.cumulative_gas_used() - gas_before;
        gas_before = receipt.cumulative_gas_used();
        let hash = transaction.inner().tx_hash();
        let inner = receipt_logs(&block.header, index, hash, &mut log_index, receipt);
        self::receipt(&block.header, index, transaction, gas_used, inner)
    };
    numbered.map(convert).collect()
}

fn receipt_logs(
    block: &StoredHeader,
    index: u64,
    transaction: B256,
    log_index: &mut u64,
    receipt: Receipt,
) -> ReceiptWithBloom<OpReceipt<Log>> {
    let logs_bloom = *receipt.logs_bloom();
    let receipt = OpReceipt::from(receipt).map_logs(|inner| {
        let log = log(block, index, transaction, *log_index, inner);
        *log_index += 1;
        log
    });
    ReceiptWithBloom { receipt, logs_bloom }
}

fn receipt(
    block: &StoredHeader,
    index: u64,
    transaction: &Recovered<TxEnvelope>,
    gas_used: u64,
    inner: ReceiptWithBloom<OpReceipt<Log>>,
) -> OpTransactionReceipt {
    let nonce = match &inner.receipt {
        OpReceipt::Deposit(deposit) => deposit.deposit_nonce.unwrap_or_default(),
        _ => transaction.nonce(),
    };
    let from = transaction.signer();
    let inner = TransactionReceipt {
        inner,
        transaction_hash: transaction.inner().tx_hash(),
        transaction_index: Some(index),
        block_hash: Some(block.id.hash),
        block_number: Some(block.id.number),
        gas_used,
        effective_gas_price: transaction.effective_gas_price(block.header.base_fee_per_gas),
        blob_gas_used: None,
        blob_gas_price: None,
        from,
        to: transaction.to(),
        contract_address: transaction.is_create().then(|| from.create(nonce)),
    };
    OpTransactionReceipt { inner, l1_block_info: L1BlockInfo::default(), op_gas_refund: None }
}

/// A log in a block.
pub(crate) fn log(
    block: &StoredHeader,
    transaction_index: u64,
    transaction: B256,
    log_index: u64,
    inner: alloy_primitives::Log,
) -> Log {
    Log {
        inner,
        block_hash: Some(block.id.hash),
        block_number: Some(block.id.number),
        block_timestamp: Some(block.header.timestamp),
        transaction_hash: Some(transaction),
        transaction_index: Some(transaction_index),
        log_index: Some(log_index),
        removed: false,
    }
}
