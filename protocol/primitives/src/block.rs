use crate::DelayedMessage;
use alloc::vec::Vec;
use alloy_consensus::{Header, Transaction as _};
use alloy_eips::eip2718::Decodable2718;
use alloy_primitives::Bytes;
use op_alloy_consensus::{OpReceiptEnvelope, OpTxEnvelope};

/// An L2 transaction: Ethereum's types 0, 1, 2 and 4, and deposits (0x7E).
pub type TxEnvelope = OpTxEnvelope;

/// The receipt of a [`TxEnvelope`].
pub type Receipt = OpReceiptEnvelope;

/// An L2 block with a standard Ethereum header.
pub type Block = alloy_consensus::Block<TxEnvelope, Header>;

/// All that execution needs to make one block on its parent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BlockInput {
    /// Block timestamp, in seconds.
    pub timestamp: u64,
    /// Delayed messages consumed, in order; they run before the transactions.
    pub delayed: Vec<DelayedMessage>,
    /// EIP-2718 bytes; what cannot run is skipped.
    pub transactions: Vec<Bytes>,
}

/// Decodes a transaction that a user signed; `None` for malformed bytes and for types that no user may send
/// (blobs, deposits, 0x7D).
pub fn decode_transaction(bytes: &[u8]) -> Option<TxEnvelope> {
    let mut rest = bytes;
    let transaction = TxEnvelope::decode_2718(&mut rest).ok()?;
    let user = !matches!(transaction, TxEnvelope::Deposit(_) | TxEnvelope::PostExec(_));
    (user && rest.is_empty()).then_some(transaction)
}

/// Why a forced transaction does not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ForcedTransactionError {
    /// [`decode_transaction`] refuses it.
    #[error("malformed, or of a type that users may not send")]
    Malformed,
    /// It asks for more than [`crate::MAX_DELAYED_GAS`].
    #[error("gas limit {0} is above that of a delayed message")]
    GasLimit(u64),
}

/// Decodes the payload of a forced transaction.
///
/// # Errors
/// [`ForcedTransactionError`]; the message is then consumed without effect.
pub fn decode_forced_transaction(payload: &[u8]) -> Result<TxEnvelope, ForcedTransactionError> {
    let transaction = decode_transaction(payload).ok_or(ForcedTransactionError::Malformed)?;
    let gas_limit = transaction.gas_limit();
    if gas_limit > crate::MAX_DELAYED_GAS {
        return Err(ForcedTransactionError::GasLimit(gas_limit));
    }
    Ok(transaction)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_consensus::{Sealable, SignableTransaction, TxEip1559};
    use alloy_eips::eip2718::Encodable2718;
    use alloy_primitives::Signature;
    use op_alloy_consensus::TxDeposit;

    fn signed(gas_limit: u64) -> Vec<u8> {
        let transaction = TxEip1559 { gas_limit, ..Default::default() };
        TxEnvelope::Eip1559(transaction.into_signed(Signature::test_signature())).encoded_2718()
    }

    #[test]
    fn trailing_bytes_and_foreign_types_are_refused() {
        let mut bytes = signed(21_000);
        assert!(decode_transaction(&bytes).is_some());
        bytes.push(0);
        assert!(decode_transaction(&bytes).is_none());

        let deposit = TxEnvelope::Deposit(TxDeposit::default().seal_slow());
        assert!(decode_transaction(&deposit.encoded_2718()).is_none());
        assert!(decode_transaction(&[0x03]).is_none());
        assert!(decode_transaction(&[]).is_none());
    }

    #[test]
    fn forced_transaction_is_bounded_in_gas() {
        assert!(decode_forced_transaction(&signed(crate::MAX_DELAYED_GAS)).is_ok());
        let above = crate::MAX_DELAYED_GAS + 1;
        assert_eq!(decode_forced_transaction(&signed(above)), Err(ForcedTransactionError::GasLimit(above)));
    }
}
