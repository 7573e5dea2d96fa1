//! The oracle that the machine is.

use super::calls::{self, Kind, Leaf};
use alloc::vec::Vec;
use alloy_primitives::{B256, Bytes, U256, keccak256};
use autonet_guest::{LocalInput, Oracle, Preimages};
use autonet_ml_precompiles::{Commitment, Operand, Request};
use core::convert::Infallible;

/// The machine: its oracle answers everything or the proof stops.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Machine;

impl Preimages for Machine {
    type Error = Infallible;

    fn preimage(&self, hash: B256) -> Result<Bytes, Infallible> {
        calls::oracle_open(hash);
        let (mut bytes, mut leaf) = (Vec::new(), Leaf([0; 32]));
        loop {
            let length = calls::oracle_read(Kind::Keccak, &mut leaf);
            bytes.extend_from_slice(leaf.0.get(..length).unwrap_or_default());
            if length < leaf.0.len() {
                return Ok(bytes.into());
            }
        }
    }

    fn tensor(&self, id: B256) -> Result<Option<Operand>, Infallible> {
        Ok(Commitment::decode(&self.preimage(id)?).map(Operand::from))
    }

    fn request(&self, request: &Request<Operand>) -> Result<Option<B256>, Infallible> {
        let (words, hint) = autonet_guest::hint(request);
        Ok(Some(calls::ml(keccak256(words), &hint)))
    }
}

impl Oracle for Machine {
    fn local(&self, input: LocalInput) -> B256 {
        calls::oracle_open(U256::from(input as u8).into());
        let mut leaf = Leaf([0; 32]);
        calls::oracle_read(Kind::Local, &mut leaf);
        B256::new(leaf.0)
    }
}
