#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod call;
mod elf;
mod error;
mod interpret;
mod machine;
mod memory;
mod op;
mod oracle;
mod state;
mod tree;

pub use alloy_primitives::{B256, Bytes};
pub use elf::Program;
pub use error::{ElfError, Error};
pub use machine::{Machine, Outcome};
pub use oracle::{Host, OracleKind};
pub use state::{STATE_BYTES, State};
pub use tree::MEMORY_HEIGHT;
