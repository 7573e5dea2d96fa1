//! L1 as L2 sees it: the context and the predeploy that holds it.

use crate::{Error, StateReader, reads::Reads};
use alloy_primitives::{B256, Bytes, U256};
use alloy_sol_types::{SolCall, sol};
use autonet_primitives::{DelayedMessage, L1Context, Words, addresses::L1_CONTEXT};
use revm::Database;

sol! {
    function setL1Context(
        uint64 number,
        uint64 time,
        uint256 baseFee,
        uint256 blobBaseFee,
        bytes32 prevRandao,
        bytes32 parentHash
    ) external;
}

/// The context of the newest delayed message: one of this block, or else what the predeploy has in slots 0 to 5.
pub(crate) fn newest_context<S: StateReader>(
    delayed: &[DelayedMessage],
    reads: &mut Reads<'_, S>,
) -> Result<L1Context, Error<S::Error>> {
    if let Some(newest) = delayed.last() {
        return Ok(newest.l1);
    }
    let mut slot = |index: u64| reads.storage(L1_CONTEXT, U256::from(index));
    Ok(L1Context {
        number: slot(0)?.saturating_to(),
        time: slot(1)?.saturating_to(),
        base_fee: slot(2)?,
        blob_base_fee: slot(3)?,
        prev_randao: slot(4)?.into(),
        parent_hash: slot(5)?.into(),
    })
}

/// L1's base fee as the predeploy has it after a block: what the data fee of a transaction in the next one follows from,
/// unless that consumes a newer context.
pub fn l1_base_fee<S: StateReader>(state: &S) -> Result<U256, S::Error> {
    state.storage(L1_CONTEXT, U256::from(2))
}

/// Input of the system call that writes the context.
pub(crate) fn write_context(l1: &L1Context) -> Bytes {
    setL1ContextCall {
        number: l1.number,
        time: l1.time,
        baseFee: l1.base_fee,
        blobBaseFee: l1.blob_base_fee,
        prevRandao: l1.prev_randao,
        parentHash: l1.parent_hash,
    }
    .abi_encode()
    .into()
}

/// A block's `prevRandao`: no two blocks have the same, though L1's stays for several of them.
pub(crate) fn prev_randao(l1: &L1Context, number: u64) -> B256 {
    Words::new().word(l1.prev_randao).u64(number).hash()
}
