//! The machine against QEMU, against L1, and against itself.

mod asm;
mod blob;
mod edges;
mod generate;
mod history;
mod host;
mod memory;
mod mutations;
mod pairs;
mod qemu;
mod robustness;
mod step_verifier;
mod verifier;
