use alloc::boxed::Box;
use alloy_primitives::B256;
use autonet_derive::DeriveError;
use autonet_stf::WitnessError;

/// Why there is no output.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Refused<E> {
    /// The oracle failed; the machine's never does.
    #[error("oracle")]
    Oracle(#[source] E),
    /// The config hash is not that of a config of this protocol version.
    #[error("no config has the hash {0}")]
    Config(B256),
    /// The previous output is not one.
    #[error("no output has the hash {0}")]
    Output(B256),
    /// The previous output is of a chain with another config.
    #[error("the output is of the chain {0}")]
    OtherChain(B256),
    /// An accumulator is not the hash of a link.
    #[error("no link has the hash {0}")]
    Link(B256),
    /// The claim has fewer inbox items than the output before it.
    #[error("the claim ends at item {end} of the inbox, its predecessor at {start}")]
    Position {
        /// Items before.
        start: u64,
        /// Items in the claim.
        end: u64,
    },
    /// A local input is too large for what it is.
    #[error("local input {0} is out of range")]
    Local(u8),
    /// The batches of the claim end before the target block.
    #[error("the batches end at block {last}, the target is {target}")]
    TooFewBlocks {
        /// The last block that they make.
        last: u64,
        /// The target.
        target: u64,
    },
    /// The batches of the claim go on after the target, which is to be the last, or the target is not after the start.
    #[error("block {0} is not where the claim ends")]
    NotTheEnd(u64),
    /// Derivation.
    #[error(transparent)]
    Derive(#[from] DeriveError),
    /// Execution.
    #[error("execution")]
    Execute(#[source] Box<autonet_stf::Error<WitnessError<E>>>),
    /// A state could not be read.
    #[error("state")]
    State(#[source] Box<WitnessError<E>>),
    /// Not a test.
    #[error("malformed test")]
    Test,
}

impl<E> From<autonet_stf::Error<WitnessError<E>>> for Refused<E> {
    fn from(error: autonet_stf::Error<WitnessError<E>>) -> Self {
        Self::Execute(Box::new(error))
    }
}

impl<E> From<WitnessError<E>> for Refused<E> {
    fn from(error: WitnessError<E>) -> Self {
        Self::State(Box::new(error))
    }
}
