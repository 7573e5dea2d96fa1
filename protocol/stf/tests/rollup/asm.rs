//! Contracts that tests write as they need them.

use alloy_primitives::{Address, Bytes, U256};
use revm::bytecode::opcode;

/// EVM code, appended to.
#[derive(Clone, Default)]
pub(crate) struct Asm(Vec<u8>);

impl Asm {
    pub(crate) fn op(mut self, op: u8) -> Self {
        self.0.push(op);
        self
    }

    pub(crate) fn push(mut self, value: impl TryInto<U256, Error: std::fmt::Debug>) -> Self {
        let value: U256 = value.try_into().expect("word");
        let bytes = value.to_be_bytes_trimmed_vec();
        self.0.push(opcode::PUSH0 + bytes.len() as u8);
        self.0.extend(bytes);
        self
    }

    /// Puts `data` into memory from 0.
    pub(crate) fn memory(mut self, data: &[u8]) -> Self {
        for (index, chunk) in data.chunks(32).enumerate() {
            let mut word = [0; 32];
            word[..chunk.len()].copy_from_slice(chunk);
            self = self.push(U256::from_be_bytes(word)).push(U256::from(index * 32)).op(opcode::MSTORE);
        }
        self
    }

    /// Calls `to` with `value` and `data`; stores success in `slot` and the first word of the result in the next.
    pub(crate) fn call(self, to: Address, value: u64, data: &[u8], slot: u64) -> Self {
        self.arguments(to, value, data).op(opcode::GAS).call_and_store(slot)
    }

    /// Like [`Self::call`] without value, with at most `gas`.
    pub(crate) fn limited_call(self, gas: u64, to: Address, data: &[u8], slot: u64) -> Self {
        self.arguments(to, 0, data).push(U256::from(gas)).call_and_store(slot)
    }

    fn arguments(self, to: Address, value: u64, data: &[u8]) -> Self {
        self.memory(data)
            .push(U256::from(32))
            .push(U256::from(0x8000))
            .push(U256::from(data.len()))
            .push(U256::ZERO)
            .push(U256::from(value))
            .push(U256::from_be_slice(to.as_slice()))
    }

    fn call_and_store(self, slot: u64) -> Self {
        let zero = U256::ZERO;
        self.op(opcode::CALL)
            .push(U256::from(slot))
            .op(opcode::SSTORE)
            .push(U256::from(0x8000))
            .op(opcode::MLOAD)
            .push(U256::from(slot + 1))
            .op(opcode::SSTORE)
            .push(zero)
            .push(U256::from(0x8000))
            .op(opcode::MSTORE)
    }

    pub(crate) fn revert(self) -> Self {
        self.push(U256::ZERO).push(U256::ZERO).op(opcode::REVERT)
    }

    pub(crate) fn code(self) -> Bytes {
        self.0.into()
    }
}
