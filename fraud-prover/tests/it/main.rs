//! The guest, in the machine and out of it, on whole chains.

#[allow(dead_code, reason = "not all of it is used here")]
#[path = "../../../protocol/stf/tests/rollup/asm.rs"]
mod asm;
mod fuzz;
mod program;
mod proofs;
mod scenario;
