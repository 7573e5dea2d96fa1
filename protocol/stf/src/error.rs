//! What stops an execution, and what only stops a transaction.

use alloc::string::String;
use alloy_primitives::{B256, U256};
use autonet_primitives::{DepositError, ForcedTransactionError};
use autonet_trie::TrieError;
use revm::{
    context::result::{EVMError, InvalidTransaction},
    database_interface::DBErrorMarker,
};

/// The execution cannot go on. Never caused by a transaction: what transactions can cause is [`Skipped`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error<E> {
    /// The state could not be read.
    #[error("state could not be read")]
    State(#[source] E),
    /// An account names code that the state does not have.
    #[error("no code with hash {0}")]
    MissingCode(B256),
    /// The TensorStore names a tensor that the state does not have, or has malformed.
    #[error("no tensor {0}")]
    MissingTensor(B256),
    /// The roots could not be computed.
    #[error("state root could not be computed")]
    Trie(#[source] TrieError<E>),
    /// The EVM refuses to run.
    #[error("EVM: {0}")]
    Evm(String),
}

impl<E: core::error::Error + Send + Sync + 'static> DBErrorMarker for Error<E> {}

/// Why an input of a block has no effect.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Skipped {
    /// Not a transaction, or of a type that users may not send (blobs, deposits, 0x7D).
    #[error("malformed, or of a type that users may not send")]
    Malformed,
    /// Nobody signed it.
    #[error("invalid signature")]
    Signature,
    /// A forced transaction that may not run.
    #[error(transparent)]
    Forced(#[from] ForcedTransactionError),
    /// A deposit that the bridge has not written.
    #[error(transparent)]
    Deposit(#[from] DepositError),
    /// Asks for more gas than the block has left.
    #[error("gas limit {gas_limit} is above the {left} left in the block")]
    BlockGas {
        /// Gas limit of the transaction.
        gas_limit: u64,
        /// Gas left in the block.
        left: u64,
    },
    /// The nonce has been used.
    #[error("nonce {tx} is below {state}")]
    NonceTooLow {
        /// Nonce of the transaction.
        tx: u64,
        /// Nonce of the sender.
        state: u64,
    },
    /// An earlier nonce is missing.
    #[error("nonce {tx} is above {state}")]
    NonceTooHigh {
        /// Nonce of the transaction.
        tx: u64,
        /// Nonce of the sender.
        state: u64,
    },
    /// The sender cannot pay value, gas and data fee.
    #[error("balance {balance} is below the highest cost {cost}")]
    InsufficientFunds {
        /// Value, gas at the highest price, and data fee, in wei.
        cost: U256,
        /// Balance of the sender, in wei.
        balance: U256,
    },
    /// Offers less than the base fee.
    #[error("gas price is below the base fee")]
    Underpriced,
    /// Any other rule of Ethereum.
    #[error("{0}")]
    Invalid(InvalidTransaction),
}

impl From<InvalidTransaction> for Skipped {
    fn from(invalid: InvalidTransaction) -> Self {
        match invalid {
            InvalidTransaction::NonceTooLow { tx, state } => Self::NonceTooLow { tx, state },
            InvalidTransaction::NonceTooHigh { tx, state } => Self::NonceTooHigh { tx, state },
            InvalidTransaction::LackOfFundForMaxFee { fee, balance } => {
                Self::InsufficientFunds { cost: *fee, balance: *balance }
            }
            InvalidTransaction::GasPriceLessThanBasefee => Self::Underpriced,
            other => Self::Invalid(other),
        }
    }
}

impl<E> Error<E> {
    /// Tells what is wrong with a transaction from what is wrong with us.
    pub(crate) fn or_invalid(error: EVMError<Self, InvalidTransaction>) -> Result<InvalidTransaction, Self> {
        match error {
            EVMError::Transaction(invalid) => Ok(invalid),
            EVMError::Database(error) => Err(error),
            EVMError::Header(error) => Err(Self::Evm(alloc::format!("{error}"))),
            EVMError::Custom(error) => Err(Self::Evm(error)),
            EVMError::CustomAny(error) => Err(Self::Evm(alloc::format!("{error}"))),
        }
    }
}
