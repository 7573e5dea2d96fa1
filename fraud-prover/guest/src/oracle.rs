use crate::Refused;
use alloy_primitives::{B256, U256};
use autonet_stf::Preimages;

/// What a proof is about. The numbers are those of the machine's local inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum LocalInput {
    /// Hash of the chain config.
    ConfigHash = 0,
    /// The output that is agreed on.
    PreviousOutput = 1,
    /// Number of the block whose output is asked for.
    TargetBlock = 2,
    /// Batches that the claim consumes.
    BatchCount = 3,
    /// Accumulator of the batches after so many.
    BatchAcc = 4,
    /// Delayed messages that there were when the last of these batches was posted, or more.
    DelayedCount = 5,
    /// Accumulator of the delayed messages after so many.
    DelayedAcc = 6,
    /// 1 if the claim ends with the target block and all of its batches, 0 if only the block counts.
    EndsClaim = 7,
}

impl LocalInput {
    /// How many there are.
    pub const COUNT: usize = 8;
}

/// All that a proof may know.
pub trait Oracle: Preimages {
    /// A local input.
    fn local(&self, input: LocalInput) -> B256;

    /// A local input that is a number.
    fn number(&self, input: LocalInput) -> Result<u64, Refused<Self::Error>> {
        U256::from_be_bytes(self.local(input).0).try_into().map_err(|_| Refused::Local(input as u8))
    }
}
