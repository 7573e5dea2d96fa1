//! The program that the fault-proof machine runs. See docs/fault-proofs.md.
#![no_std]
#![no_main]

extern crate alloc;

mod fpvm;

use fpvm::{Machine, exit};

/// Exit code of a claim that cannot be derived.
const REFUSED: u64 = 1;

/// Called with a stack, once.
#[unsafe(no_mangle)]
extern "C" fn main() -> ! {
    match autonet_guest::run(&Machine) {
        Ok(output) => exit(0, output),
        Err(_) => exit(REFUSED, Default::default()),
    }
}
