//! The guest, in the machine and out of it, on whole chains.

#[path = "../../../protocol/stf/tests/rollup/asm.rs"]
mod asm;
mod fuzz;
mod proofs;
mod scenario;
