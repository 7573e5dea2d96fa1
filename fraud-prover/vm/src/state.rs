use alloy_primitives::{B256, keccak256};

/// Bytes of an encoded state.
pub const STATE_BYTES: usize = 338;

/// All that L1 knows of a machine; its keccak is the state hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    /// Merkle root of the memory.
    pub memory_root: B256,
    /// Address of the next instruction.
    pub pc: u64,
    /// `x0` (always zero) to `x31`.
    pub registers: [u64; 32],
    /// Steps executed.
    pub step: u64,
    /// Whether it has exited.
    pub exited: bool,
    /// 0 while it runs.
    pub exit_code: u8,
    /// What is being read; after `exit`, the output.
    pub oracle_key: B256,
    /// Bytes of it that were read.
    pub oracle_offset: u64,
}

impl State {
    /// The fields in their order, integers big-endian.
    pub fn encode(&self) -> [u8; STATE_BYTES] {
        let mut out = [0; STATE_BYTES];
        let mut rest = out.as_mut_slice();
        let mut put = |bytes: &[u8]| {
            let (head, tail) = std::mem::take(&mut rest).split_at_mut(bytes.len());
            head.copy_from_slice(bytes);
            rest = tail;
        };
        put(self.memory_root.as_slice());
        put(&self.pc.to_be_bytes());
        for register in &self.registers[1..] {
            put(&register.to_be_bytes());
        }
        put(&self.step.to_be_bytes());
        put(&[self.exited.into(), self.exit_code]);
        put(self.oracle_key.as_slice());
        put(&self.oracle_offset.to_be_bytes());
        out
    }

    /// The state hash.
    pub fn hash(&self) -> B256 {
        keccak256(self.encode())
    }
}
