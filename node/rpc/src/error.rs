use crate::PoolError;
use alloy_primitives::Bytes;
use alloy_rpc_types_eth::BlockId;
use alloy_sol_types::{Panic, Revert, SolError};
use autonet_stf::Error as ExecutionError;
use autonet_storage::StorageError;
use jsonrpsee::types::{
    ErrorObjectOwned,
    error::{INTERNAL_ERROR_CODE, INVALID_PARAMS_CODE},
};

/// `execution reverted`, with the revert data; geth's code.
const REVERTED_CODE: i32 = 3;
/// Anything wrong with a transaction or a call; geth's code for all its errors.
const SERVER_ERROR_CODE: i32 = -32_000;
/// EIP-1474: the method is known but not offered here.
const UNSUPPORTED_CODE: i32 = -32_004;
/// EIP-1474: a limit is exceeded.
const LIMIT_CODE: i32 = -32_005;

/// Why a request is not answered; the messages start as geth's do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum RpcError {
    #[error("{0}")]
    InvalidParams(String),
    #[error("{}", reverted(output))]
    Reverted { output: Bytes },
    /// A call that cannot run, or that halts.
    #[error("{0}")]
    Call(String),
    #[error("{}", unknown_block(*.0))]
    UnknownBlock(BlockId),
    #[error("{0} exceeds the limit of {1}")]
    Limit(&'static str, u64),
    #[error("server is busy: no turn within {0} s")]
    Busy(u64),
    #[error("this node is read-only: send transactions to the sequencer")]
    ReadOnly,
    #[error(transparent)]
    Pool(#[from] PoolError),
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error("internal error: {0}")]
    Internal(String),
}

fn unknown_block(block: BlockId) -> String {
    match block {
        BlockId::Hash(_) => "header for hash not found".into(),
        BlockId::Number(_) => "header not found".into(),
    }
}

/// `execution reverted`, and the reason where Solidity's `require`, `revert` or a panic gives one.
fn reverted(output: &Bytes) -> String {
    if let Ok(revert) = Revert::abi_decode(output) {
        return format!("execution reverted: {}", revert.reason());
    }
    match Panic::abi_decode(output) {
        Ok(panic) => match panic.kind() {
            Some(kind) => format!("execution reverted: {}", kind.as_geth_str()),
            None => format!("execution reverted: unknown panic code: {:#x}", panic.code),
        },
        Err(_) => "execution reverted".into(),
    }
}

impl From<ExecutionError<StorageError>> for RpcError {
    fn from(error: ExecutionError<StorageError>) -> Self {
        match error {
            ExecutionError::State(error) => Self::Storage(error),
            other => Self::Internal(other.to_string()),
        }
    }
}

impl From<RpcError> for ErrorObjectOwned {
    fn from(error: RpcError) -> Self {
        let message = error.to_string();
        let code = match error {
            RpcError::InvalidParams(_) => INVALID_PARAMS_CODE,
            RpcError::Reverted { output } => return Self::owned(REVERTED_CODE, message, Some(output)),
            RpcError::Call(_) | RpcError::UnknownBlock(_) | RpcError::Pool(_) => SERVER_ERROR_CODE,
            // A reorganisation took the block away between two reads.
            RpcError::Storage(StorageError::UnknownBlock(_)) => SERVER_ERROR_CODE,
            RpcError::Limit(..) | RpcError::Busy(_) => LIMIT_CODE,
            RpcError::ReadOnly => UNSUPPORTED_CODE,
            RpcError::Storage(_) | RpcError::Internal(_) => {
                tracing::error!(%message, "request failed");
                return Self::owned(INTERNAL_ERROR_CODE, "internal error", None::<()>);
            }
        };
        Self::owned(code, message, None::<()>)
    }
}
