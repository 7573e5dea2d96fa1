//! Environment calls: what is asked, before anything happens.

use alloy_primitives::B256;

use crate::{
    OracleKind,
    interpret::{Registers, TRAP_CALL, TRAP_MISALIGNED, TRAP_RANGE},
};

const A0: usize = 10;
const A1: usize = 11;
const A7: usize = 17;

/// An environment call that does not trap. `leaf` is the number of the leaf it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    Exit { leaf: u32, code: u8 },
    Open { leaf: u32, offset: u64 },
    Read { leaf: u32, kind: OracleKind },
    Ml { leaf: u32 },
}

impl Call {
    /// The call that the registers ask for, or the trap.
    pub(crate) fn decode(x: &Registers, key: &B256, offset: u64) -> Result<Self, u8> {
        match x[A7] {
            93 => Ok(Self::Exit { leaf: leaf(x[A1])?, code: x[A0] as u8 }),
            2560 => Ok(Self::Open { leaf: leaf(x[A0])?, offset: x[A1] }),
            2561 => Ok(Self::Read { leaf: leaf(x[A0])?, kind: kind(x[A1], key, offset)? }),
            2562 => Ok(Self::Ml { leaf: leaf(x[A0])? }),
            _ => Err(TRAP_CALL),
        }
    }

    /// The leaf it reads or writes.
    pub(crate) const fn leaf(self) -> u32 {
        match self {
            Self::Exit { leaf, .. } | Self::Open { leaf, .. } | Self::Read { leaf, .. } | Self::Ml { leaf } => leaf,
        }
    }
}

fn leaf(pointer: u64) -> Result<u32, u8> {
    if pointer & 31 != 0 {
        return Err(TRAP_MISALIGNED);
    }
    u32::try_from(pointer).map(|pointer| pointer >> 5).map_err(|_| TRAP_RANGE)
}

fn kind(kind: u64, key: &B256, offset: u64) -> Result<OracleKind, u8> {
    match kind {
        0 if key[..31] == [0; 31] && key[31] < 8 => Ok(OracleKind::Local),
        1 => Ok(OracleKind::Keccak),
        2 if offset & 31 == 0 => Ok(OracleKind::Blob),
        _ => Err(TRAP_CALL),
    }
}
