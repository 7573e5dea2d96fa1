#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod access;
mod alu;
mod call;
mod elf;
mod error;
mod history;
mod interpret;
mod leaves;
mod machine;
mod memory;
mod op;
mod oracle;
mod snapshot;
mod state;
mod tag;
mod tree;
mod witness;

pub use alloy_primitives::{B256, Bytes};
pub use elf::Program;
pub use error::{ElfError, Error};
pub use history::HistoryCommitment;
pub use machine::{Machine, Outcome};
pub use oracle::{Host, OracleKind};
pub use snapshot::Snapshot;
pub use state::{STATE_BYTES, State};
pub use tree::MEMORY_HEIGHT;
pub use witness::StepWitness;
