//! Block 0.

use crate::{Error, ExecutedBlock};
use autonet_primitives::Genesis;
use core::convert::Infallible;

/// Block 0 of a chain, its state and its tries.
pub fn genesis_block(genesis: &Genesis) -> Result<ExecutedBlock, Error<Infallible>> {
    let _ = genesis;
    Err(Error::Evm("unfinished".into()))
}
