//! The rollup's rules, block by block.

mod asm;
mod blocks;
mod calls;
mod chain;
mod deposits;
mod fees;
mod skips;
mod tensors;
