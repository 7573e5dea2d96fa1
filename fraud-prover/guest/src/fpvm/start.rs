//! Entry, and the end of all hope.

use super::calls::abort;
use core::{arch::global_asm, panic::PanicInfo};

/// Exit code of a panic. No input leads to one.
const PANIC: u64 = 101;

// The stack ends where the program starts and goes down to address 0: what overflows it traps.
global_asm!(".section .text.start, \"ax\"", ".global _start", "_start:", "la sp, __stack_top", "call main",);

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    abort(PANIC)
}
