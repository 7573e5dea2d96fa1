//! Environment calls.

use alloy_primitives::B256;
use core::arch::asm;

const EXIT: u64 = 93;
const ORACLE_OPEN: u64 = 2560;
const ORACLE_READ: u64 = 2561;
const ML: u64 = 2562;

/// Memory that a call reads or writes: one leaf of the machine's memory.
#[repr(align(32))]
pub(super) struct Leaf(pub(super) [u8; 32]);

/// What the oracle is read for.
#[derive(Clone, Copy)]
#[repr(u64)]
pub(super) enum Kind {
    Local = 0,
    Keccak = 1,
}

/// Ends the program with an output.
pub(crate) fn exit(code: u64, output: B256) -> ! {
    let leaf = Leaf(output.0);
    // SAFETY: `exit` reads one leaf and does not return.
    unsafe { asm!("ecall", in("a7") EXIT, in("a0") code, in("a1") &raw const leaf, options(noreturn, nostack)) }
}

/// Ends the program without looking at anything that may be broken.
pub(super) fn abort(code: u64) -> ! {
    // SAFETY: `exit` reads the leaf at address 0 and does not return.
    unsafe { asm!("ecall", in("a7") EXIT, in("a0") code, in("a1") 0, options(noreturn, nostack)) }
}

/// Turns to what `key` stands for.
pub(super) fn oracle_open(key: B256) {
    let leaf = Leaf(key.0);
    // SAFETY: `oracle_open` reads one leaf.
    unsafe {
        asm!("ecall", in("a7") ORACLE_OPEN, in("a0") &raw const leaf, in("a1") 0_u64, options(nostack, readonly));
    }
}

/// The next bytes: `leaf` holds as many as the answer says.
pub(super) fn oracle_read(kind: Kind, leaf: &mut Leaf) -> usize {
    let mut a0 = &raw mut *leaf as u64;
    // SAFETY: `oracle_read` writes one leaf and a0.
    unsafe { asm!("ecall", in("a7") ORACLE_READ, inout("a0") a0, in("a1") kind as u64, options(nostack)) }
    a0 as usize
}

/// The answer to the request with this hash; whoever runs the machine finds what it needs in `hint`.
pub(super) fn ml(request: B256, hint: &[u8]) -> B256 {
    let mut leaf = Leaf(request.0);
    // SAFETY: `ml` reads and writes one leaf.
    unsafe {
        asm!(
            "ecall",
            in("a7") ML, in("a0") &raw mut leaf, in("a1") hint.as_ptr(), in("a2") hint.len(),
            options(nostack),
        );
    }
    B256::new(leaf.0)
}
