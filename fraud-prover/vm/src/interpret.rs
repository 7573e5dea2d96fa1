//! The loop.

use crate::{
    alu::{is_taken, value},
    memory::{HAS_CODE, Memory, NOTED, PAGE_OPS, PAGE_WORDS},
    op::MISALIGNED,
    tag::{Tag, with_tags},
};

/// A misaligned address.
pub(crate) const TRAP_MISALIGNED: u8 = 3;
/// An address at or above 2^32.
pub(crate) const TRAP_RANGE: u8 = 4;
/// Not an RV64IM instruction.
pub(crate) const TRAP_ILLEGAL: u8 = 2;
/// An unknown environment call, or one with an unknown argument.
pub(crate) const TRAP_CALL: u8 = 5;

/// With at least this many steps left, the budget is looked at only where control leaves a straight line, because none is
/// longer than a page.
const STRAIGHT: i64 = 2 * PAGE_OPS as i64;

/// Registers are indexed by a byte without a bounds check: 0 to 31, and a sink for writes to `x0`.
pub(crate) type Registers = [u64; 256];

/// Why the loop ended. `pc` is that of the next instruction, in a trap that of the one which trapped.
#[derive(Debug)]
pub(crate) enum Exit {
    /// Fewer steps are left than this loop can count.
    Budget,
    /// The instruction at `pc` is an environment call. It was not executed.
    Call,
    /// The page that holds `pc` was not decoded yet.
    Fetch,
    /// This word was stored into a page of instructions.
    Code(usize),
    /// A trap, which is not counted yet.
    Trap(u8),
}

/// Why an access of `bytes` at an address is refused.
#[cold]
const fn access_trap(address: u64, bytes: u64) -> u8 {
    if address & (bytes - 1) == 0 { TRAP_RANGE } else { TRAP_MISALIGNED }
}

/// Executes up to `budget` steps from `pc`, and takes them from the budget. `TRACK` notes the pages that are written;
/// `EXACT` looks at the budget before every instruction, and works with any.
pub(crate) fn interpret<const TRACK: bool, const EXACT: bool>(
    memory: &mut Memory,
    x: &mut Registers,
    pc: &mut u64,
    budget: &mut i64,
) -> Exit {
    let Memory { words, pages, code } = memory;
    'page: loop {
        if *budget < if EXACT { 1 } else { STRAIGHT } {
            return Exit::Budget;
        }
        let Some(ops) = code.page(*pc) else { return Exit::Fetch };
        let base = *pc & !0xfff;
        let mut i = (*pc as usize & 0xfff) >> 2;
        // The budget is `left - i`: it need not be touched until control moves.
        let mut left = *budget + i as i64;

        macro_rules! leave {
            ($exit:expr) => {{
                *pc = base + i as u64 * 4;
                *budget = left - i as i64;
                return $exit;
            }};
        }
        macro_rules! jump {
            ($op:expr) => {{
                let target = i.wrapping_add_signed($op.imm as isize);
                if target < PAGE_OPS && (EXACT || left >= 2 * STRAIGHT) {
                    left += i64::from($op.imm) - 1;
                    i = target;
                    continue;
                }
                *budget = left - i as i64 - 1;
                *pc = base.wrapping_add_signed(target as i64 * 4);
                continue 'page;
            }};
        }
        // The rotation moves the bits that must be 0 to where they make the index too large.
        macro_rules! index {
            ($op:expr, $shift:literal) => {{
                let address = x[$op.rs1 as usize].wrapping_add_signed($op.imm.into());
                let index = address.rotate_right($shift);
                if index >= 1 << (32 - $shift) {
                    leave!(Exit::Trap(access_trap(address, 1 << $shift)));
                }
                index as u32
            }};
        }
        macro_rules! set {
            ($op:expr, $value:expr) => {{
                x[$op.rd as usize] = $value;
                i += 1;
            }};
        }
        macro_rules! load {
            ($op:expr, $shift:literal, $part:ty as $wide:ty) => {{
                let index = index!($op, $shift);
                let word = words[(index >> (3 - $shift)) as usize];
                let part = word >> ((index & ((8 >> $shift) - 1)) << ($shift + 3));
                set!($op, part as $part as $wide as u64);
            }};
        }
        macro_rules! store {
            ($op:expr, $shift:literal, $part:ty) => {{
                let index = index!($op, $shift);
                let at = (index >> (3 - $shift)) as usize;
                let bits = (index & ((8 >> $shift) - 1)) << ($shift + 3);
                let mask = u64::from(<$part>::MAX) << bits;
                let value = u64::from(x[$op.rs2 as usize] as $part) << bits;
                words[at] = words[at] & !mask | value;
                i += 1;
                let flags = pages.flags[at / PAGE_WORDS];
                if if TRACK { flags != NOTED } else { flags & HAS_CODE != 0 } {
                    if TRACK {
                        pages.note(at / PAGE_WORDS);
                    }
                    if flags & HAS_CODE != 0 {
                        leave!(Exit::Code(at));
                    }
                }
            }};
        }
        macro_rules! branch {
            ($op:expr, $tag:ident) => {{
                if is_taken(Tag::$tag, x[$op.rs1 as usize], x[$op.rs2 as usize]) {
                    if $op.imm == MISALIGNED {
                        leave!(Exit::Trap(TRAP_MISALIGNED));
                    }
                    jump!($op);
                }
                i += 1;
            }};
        }
        macro_rules! one {
            (Illegal, $op:expr) => {
                leave!(Exit::Trap(TRAP_ILLEGAL))
            };
            (Ecall, $op:expr) => {
                leave!(Exit::Call)
            };
            (Fence, $op:expr) => {
                i += 1
            };
            (Auipc, $op:expr) => {
                set!($op, (base + i as u64 * 4).wrapping_add_signed($op.imm.into()))
            };
            (Jal, $op:expr) => {{
                if $op.imm == MISALIGNED {
                    leave!(Exit::Trap(TRAP_MISALIGNED));
                }
                x[$op.rd as usize] = base + i as u64 * 4 + 4;
                jump!($op);
            }};
            (Jalr, $op:expr) => {{
                let target = x[$op.rs1 as usize].wrapping_add_signed($op.imm.into()) & !1;
                if target & 2 != 0 {
                    leave!(Exit::Trap(TRAP_MISALIGNED));
                }
                x[$op.rd as usize] = base + i as u64 * 4 + 4;
                *budget = left - i as i64 - 1;
                *pc = target;
                continue 'page;
            }};
            (Beq, $op:expr) => {
                branch!($op, Beq)
            };
            (Bne, $op:expr) => {
                branch!($op, Bne)
            };
            (Blt, $op:expr) => {
                branch!($op, Blt)
            };
            (Bge, $op:expr) => {
                branch!($op, Bge)
            };
            (Bltu, $op:expr) => {
                branch!($op, Bltu)
            };
            (Bgeu, $op:expr) => {
                branch!($op, Bgeu)
            };
            (Lb, $op:expr) => {
                load!($op, 0, u8 as i8)
            };
            (Lh, $op:expr) => {
                load!($op, 1, u16 as i16)
            };
            (Lw, $op:expr) => {
                load!($op, 2, u32 as i32)
            };
            (Ld, $op:expr) => {
                load!($op, 3, u64 as u64)
            };
            (Lbu, $op:expr) => {
                load!($op, 0, u8 as u64)
            };
            (Lhu, $op:expr) => {
                load!($op, 1, u16 as u64)
            };
            (Lwu, $op:expr) => {
                load!($op, 2, u32 as u64)
            };
            (Sb, $op:expr) => {
                store!($op, 0, u8)
            };
            (Sh, $op:expr) => {
                store!($op, 1, u16)
            };
            (Sw, $op:expr) => {
                store!($op, 2, u32)
            };
            (Sd, $op:expr) => {
                store!($op, 3, u64)
            };
            ($tag:ident, $op:expr) => {
                set!($op, value(Tag::$tag, x[$op.rs1 as usize], x[$op.rs2 as usize], i64::from($op.imm) as u64))
            };
        }
        macro_rules! execute {
            ($op:ident; $($single:ident),*; $($pair:ident = $first:ident $second:ident,)*) => {
                match if EXACT { $op.tag.first() } else { $op.tag } {
                    $(Tag::$single => one!($single, $op),)*
                    $(Tag::$pair => {
                        one!($first, $op);
                        if let Some(next) = ops.get(i) {
                            one!($second, next);
                        }
                    })*
                }
            };
        }

        while let Some(op) = ops.get(i) {
            if EXACT && left <= i as i64 {
                leave!(Exit::Budget);
            }
            with_tags!(execute, op);
        }
        *pc = base + PAGE_OPS as u64 * 4;
        *budget = left - PAGE_OPS as i64;
    }
}
