#![doc = include_str!("../README.md")]

mod bench;
mod error;
mod evidence;
mod host;
mod memory_chain;
mod program;
mod record;
mod span;
mod workload;

pub use bench::{BenchError, HEIGHT, STRIDE_LOG2, bench, peak_memory_bytes};
pub use error::ProverError;
pub use evidence::Evidence;
pub use host::{EvidenceHost, NativeOracle, Unanswered};
pub use memory_chain::MemoryChain;
pub use program::{GUEST_ELF, guest};
pub use record::{History, record};
pub use span::Span;
pub use workload::Workload;
