use alloy_consensus::transaction::Recovered;
use alloy_primitives::{Address, B256, Bytes, U256};
use autonet_primitives::TxEnvelope;
use futures::future::BoxFuture;

/// Takes users' transactions: the sequencer's mempool. A node without one serves reads only.
pub trait TransactionPool: Send + Sync + 'static {
    /// Takes the EIP-2718 bytes of a signed transaction; answers its hash once the pool holds it.
    fn submit(&self, transaction: Bytes) -> BoxFuture<'_, Result<B256, PoolError>>;

    /// The nonce after the last of a sender's transactions that can run one after another; `None` if the pool holds none.
    fn pending_nonce(&self, sender: Address) -> Option<u64>;

    /// A transaction that the pool holds.
    fn transaction(&self, hash: B256) -> Option<Recovered<TxEnvelope>>;

    /// How many transactions the pool holds.
    fn status(&self) -> PoolStatus;
}

/// How many transactions a pool holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PoolStatus {
    /// They can run now.
    pub pending: u64,
    /// They wait for an earlier nonce.
    pub queued: u64,
}

/// Why a pool does not take a transaction. The messages start as geth's do: wallets and libraries match on them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PoolError {
    /// Not the EIP-2718 bytes of a transaction.
    #[error("malformed transaction")]
    Malformed,
    /// A type that users may not send: blobs, deposits, 0x7D.
    #[error("transaction type not supported")]
    TypeNotSupported,
    /// Nobody signed it.
    #[error("invalid sender")]
    InvalidSender,
    /// Signed for another chain.
    #[error("invalid chain id for signer: have {have} want {want}")]
    ChainId {
        /// The transaction's.
        have: u64,
        /// This chain's.
        want: u64,
    },
    /// The pool holds it.
    #[error("already known")]
    AlreadyKnown,
    /// The nonce has been used.
    #[error("nonce too low: next nonce {state}, tx nonce {tx}")]
    NonceTooLow {
        /// The sender's.
        state: u64,
        /// The transaction's.
        tx: u64,
    },
    /// Too far after the nonces that the pool holds.
    #[error("nonce too high: next nonce {state}, tx nonce {tx}")]
    NonceTooHigh {
        /// The sender's.
        state: u64,
        /// The transaction's.
        tx: u64,
    },
    /// It would replace another with the same nonce, but pays too little more.
    #[error("replacement transaction underpriced")]
    ReplacementUnderpriced,
    /// It pays less than this node takes.
    #[error("transaction underpriced: tip needed {minimum}, tip permitted {tip}")]
    Underpriced {
        /// The least tip, in wei a gas.
        minimum: u128,
        /// The transaction's.
        tip: u128,
    },
    /// It pays less than the base fee.
    #[error("max fee per gas less than block base fee: maxFeePerGas: {max_fee}, baseFee: {base_fee}")]
    FeeBelowBaseFee {
        /// The most it pays, in wei a gas.
        max_fee: u128,
        /// The base fee, in wei a gas.
        base_fee: u64,
    },
    /// The tip alone is above the most it pays.
    #[error(
        "max priority fee per gas higher than max fee per gas: maxPriorityFeePerGas: {tip}, maxFeePerGas: {max_fee}"
    )]
    TipAboveFee {
        /// The tip, in wei a gas.
        tip: u128,
        /// The most it pays, in wei a gas.
        max_fee: u128,
    },
    /// The sender cannot pay value, gas and data fee.
    #[error("insufficient funds for gas * price + value: balance {balance}, tx cost {cost}")]
    InsufficientFunds {
        /// The sender's, in wei.
        balance: U256,
        /// Value, gas at the highest price, and data fee, in wei.
        cost: U256,
    },
    /// It has less gas than any such transaction uses.
    #[error("intrinsic gas too low: gas {gas}, minimum needed {minimum}")]
    IntrinsicGas {
        /// The transaction's gas limit.
        gas: u64,
        /// The least.
        minimum: u64,
    },
    /// It asks for more gas than it may.
    #[error("exceeds block gas limit: gas {gas}, limit {limit}")]
    GasLimit {
        /// The transaction's gas limit.
        gas: u64,
        /// The most.
        limit: u64,
    },
    /// It is longer than this node takes.
    #[error("oversized data: transaction size {size}, limit {limit}")]
    Oversized {
        /// The transaction's length, in bytes.
        size: usize,
        /// The most, in bytes.
        limit: usize,
    },
    /// Its init code is longer than EIP-3860 lets it be.
    #[error("max initcode size exceeded: code size {size}, limit {limit}")]
    InitCodeSize {
        /// The init code's length, in bytes.
        size: usize,
        /// The most, in bytes.
        limit: usize,
    },
    /// The sender has code.
    #[error("sender not an eoa")]
    SenderNotEoa,
    /// The pool holds as many transactions of this sender as it may.
    #[error("account limit exceeded: {limit} transactions of one sender")]
    AccountLimit {
        /// The most.
        limit: usize,
    },
    /// The pool holds as many transactions as it may, and each pays more.
    #[error("txpool is full")]
    Full,
    /// Any other rule of Ethereum.
    #[error("invalid transaction: {0}")]
    Invalid(String),
    /// The node takes no transactions now.
    #[error("transactions are not accepted now: {0}")]
    Unavailable(&'static str),
}
