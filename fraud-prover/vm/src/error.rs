use alloy_primitives::B256;
use thiserror::Error;

use crate::OracleKind;

/// Why an ELF file is not a program for the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ElfError {
    /// Not ELF64, little-endian.
    #[error("not a 64-bit little-endian ELF file")]
    Format,
    /// Not an executable at fixed addresses (`ET_EXEC`).
    #[error("ELF type {0}, expected 2 (executable)")]
    Type(u16),
    /// Not RISC-V.
    #[error("ELF machine {0}, expected 243 (RISC-V)")]
    Machine(u16),
    /// The file ends before what its headers announce.
    #[error("the file of {size} bytes has nothing at {offset}")]
    Truncated {
        /// Where something was expected.
        offset: u64,
        /// The file's size in bytes.
        size: u64,
    },
    /// A segment that is larger in the file than in memory, or reaches beyond 2^32.
    #[error("a segment of {size} bytes at {address:#x}")]
    Segment {
        /// Its address.
        address: u64,
        /// Its size in memory.
        size: u64,
    },
}

/// Why a step was not made. The machine is as it was before that step.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Error<E> {
    /// The host could not answer.
    #[error(transparent)]
    Host(E),
    /// The host answered with data of another length, in bytes.
    #[error("{kind:?} {key}: {length} bytes")]
    Length {
        /// The kind of data.
        kind: OracleKind,
        /// What was asked for.
        key: B256,
        /// The answer's length.
        length: usize,
    },
    /// The host answered with data of another hash.
    #[error("the preimage of {key} hashes to {hash}")]
    Preimage {
        /// What was asked for.
        key: B256,
        /// The answer's hash.
        hash: B256,
    },
    /// The host has no KZG opening for an element.
    #[error("no opening of element {index} of blob {key}")]
    Opening {
        /// The versioned hash.
        key: B256,
        /// The element.
        index: u64,
    },
}
