//! The rollup's rules, block by block.

#[allow(dead_code, reason = "other suites use it too")]
mod asm;
mod blocks;
mod calls;
mod chain;
mod deposits;
mod fees;
mod skips;
mod tensors;
