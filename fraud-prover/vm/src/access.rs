//! What the next step touches, known before it is made.

use crate::{Machine, call::Call, op::Op, tag::Tag};

/// The leaves that the next step needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Access {
    /// The leaf of the instruction, unless there is none to fetch.
    pub(crate) fetched: Option<u32>,
    /// The leaf that is read or written, if the step does not trap.
    pub(crate) data: Option<u32>,
    /// Whether `data` may change.
    pub(crate) writes: bool,
    /// The environment call, if it is one that does not trap.
    pub(crate) call: Option<Call>,
}

impl Machine {
    /// What the next step touches.
    pub(crate) fn access(&self) -> Access {
        if self.exited || self.pc & 3 != 0 || self.pc >> 32 != 0 {
            return Access::default();
        }
        let pc = self.pc as u32;
        let op = Op::decode(self.memory.instruction(pc));
        let none = Access { fetched: Some(pc >> 5), ..Access::default() };
        if op.tag == Tag::Ecall {
            let Ok(call) = self.pending_call() else { return none };
            let writes = matches!(call, Call::Read { .. } | Call::Ml { .. });
            return Access { data: Some(call.leaf()), writes, call: Some(call), ..none };
        }
        let bytes = op.access_bytes();
        let address = self.registers[usize::from(op.rs1)].wrapping_add_signed(op.imm.into());
        if bytes == 0 || address & (bytes - 1) != 0 || address >> 32 != 0 {
            return none;
        }
        let writes = matches!(op.tag, Tag::Sb | Tag::Sh | Tag::Sw | Tag::Sd);
        Access { data: Some((address >> 5) as u32), writes, ..none }
    }
}
