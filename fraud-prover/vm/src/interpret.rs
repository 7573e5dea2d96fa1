//! The loop.

use crate::{
    memory::{HAS_CODE, Memory, NOTED, PAGE_OPS, PAGE_WORDS},
    op::{MISALIGNED, Tag},
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
        let mut i = (*pc as u32 & 0xfff) >> 2;
        // The budget is `left - i`: it need not be touched until control moves.
        let mut left = *budget + i64::from(i);

        macro_rules! leave {
            ($exit:expr) => {{
                *pc = base + u64::from(i) * 4;
                *budget = left - i64::from(i);
                return $exit;
            }};
        }
        macro_rules! jump {
            ($op:expr) => {{
                let target = i.wrapping_add($op.imm as u32);
                if target < PAGE_OPS as u32 && (EXACT || left >= 2 * STRAIGHT) {
                    left += i64::from($op.imm) - 1;
                    i = target;
                    continue;
                }
                *budget = left - i64::from(i) - 1;
                *pc = base.wrapping_add_signed(i64::from(target as i32) * 4);
                continue 'page;
            }};
        }
        macro_rules! branch {
            ($op:expr, $taken:expr) => {{
                if $taken {
                    if $op.imm == MISALIGNED {
                        leave!(Exit::Trap(TRAP_MISALIGNED));
                    }
                    jump!($op);
                }
                i += 1;
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
        macro_rules! load {
            ($op:expr, $shift:literal, $part:ty as $wide:ty) => {{
                let index = index!($op, $shift);
                let word = words[(index >> (3 - $shift)) as usize];
                let part = word >> ((index & ((8 >> $shift) - 1)) << ($shift + 3));
                x[$op.rd as usize] = part as $part as $wide as u64;
                i += 1;
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
        macro_rules! set {
            ($op:expr, $value:expr) => {{
                x[$op.rd as usize] = $value;
                i += 1;
            }};
        }
        macro_rules! set32 {
            ($op:expr, $value:expr) => {
                set!($op, $value as i32 as u64)
            };
        }

        loop {
            let Some(op) = ops.get(i as usize) else {
                *pc = base + PAGE_OPS as u64 * 4;
                *budget = left - PAGE_OPS as i64;
                continue 'page;
            };
            if EXACT && left <= i64::from(i) {
                leave!(Exit::Budget);
            }
            let a = x[op.rs1 as usize];
            let b = x[op.rs2 as usize];
            let imm = i64::from(op.imm) as u64;
            match op.tag {
                Tag::Illegal => leave!(Exit::Trap(TRAP_ILLEGAL)),
                Tag::Ecall => leave!(Exit::Call),
                Tag::Fence => i += 1,
                Tag::Lui => set!(op, imm),
                Tag::Auipc => set!(op, (base + u64::from(i) * 4).wrapping_add(imm)),
                Tag::Jal => {
                    if op.imm == MISALIGNED {
                        leave!(Exit::Trap(TRAP_MISALIGNED));
                    }
                    x[op.rd as usize] = base + u64::from(i) * 4 + 4;
                    jump!(op);
                }
                Tag::Jalr => {
                    let target = a.wrapping_add(imm) & !1;
                    if target & 2 != 0 {
                        leave!(Exit::Trap(TRAP_MISALIGNED));
                    }
                    x[op.rd as usize] = base + u64::from(i) * 4 + 4;
                    *budget = left - i64::from(i) - 1;
                    *pc = target;
                    continue 'page;
                }
                Tag::Beq => branch!(op, a == b),
                Tag::Bne => branch!(op, a != b),
                Tag::Blt => branch!(op, (a as i64) < b as i64),
                Tag::Bge => branch!(op, a as i64 >= b as i64),
                Tag::Bltu => branch!(op, a < b),
                Tag::Bgeu => branch!(op, a >= b),
                Tag::Lb => load!(op, 0, u8 as i8),
                Tag::Lh => load!(op, 1, u16 as i16),
                Tag::Lw => load!(op, 2, u32 as i32),
                Tag::Ld => load!(op, 3, u64 as u64),
                Tag::Lbu => load!(op, 0, u8 as u64),
                Tag::Lhu => load!(op, 1, u16 as u64),
                Tag::Lwu => load!(op, 2, u32 as u64),
                Tag::Sb => store!(op, 0, u8),
                Tag::Sh => store!(op, 1, u16),
                Tag::Sw => store!(op, 2, u32),
                Tag::Sd => store!(op, 3, u64),
                Tag::Addi => set!(op, a.wrapping_add(imm)),
                Tag::Slti => set!(op, u64::from((a as i64) < imm as i64)),
                Tag::Sltiu => set!(op, u64::from(a < imm)),
                Tag::Xori => set!(op, a ^ imm),
                Tag::Ori => set!(op, a | imm),
                Tag::Andi => set!(op, a & imm),
                Tag::Slli => set!(op, a.wrapping_shl(imm as u32)),
                Tag::Srli => set!(op, a.wrapping_shr(imm as u32)),
                Tag::Srai => set!(op, (a as i64).wrapping_shr(imm as u32) as u64),
                Tag::Add => set!(op, a.wrapping_add(b)),
                Tag::Sub => set!(op, a.wrapping_sub(b)),
                Tag::Sll => set!(op, a.wrapping_shl(b as u32)),
                Tag::Slt => set!(op, u64::from((a as i64) < b as i64)),
                Tag::Sltu => set!(op, u64::from(a < b)),
                Tag::Xor => set!(op, a ^ b),
                Tag::Srl => set!(op, a.wrapping_shr(b as u32)),
                Tag::Sra => set!(op, (a as i64).wrapping_shr(b as u32) as u64),
                Tag::Or => set!(op, a | b),
                Tag::And => set!(op, a & b),
                Tag::Addiw => set32!(op, a.wrapping_add(imm)),
                Tag::Slliw => set32!(op, (a as u32).wrapping_shl(imm as u32)),
                Tag::Srliw => set32!(op, (a as u32).wrapping_shr(imm as u32)),
                Tag::Sraiw => set32!(op, (a as i32).wrapping_shr(imm as u32)),
                Tag::Addw => set32!(op, a.wrapping_add(b)),
                Tag::Subw => set32!(op, a.wrapping_sub(b)),
                Tag::Sllw => set32!(op, (a as u32).wrapping_shl(b as u32)),
                Tag::Srlw => set32!(op, (a as u32).wrapping_shr(b as u32)),
                Tag::Sraw => set32!(op, (a as i32).wrapping_shr(b as u32)),
                Tag::Mul => set!(op, a.wrapping_mul(b)),
                Tag::Mulh => set!(op, (i128::from(a as i64).wrapping_mul(i128::from(b as i64)) >> 64) as u64),
                Tag::Mulhsu => set!(op, (i128::from(a as i64).wrapping_mul(i128::from(b)) >> 64) as u64),
                Tag::Mulhu => set!(op, (u128::from(a).wrapping_mul(u128::from(b)) >> 64) as u64),
                Tag::Div => set!(op, if b == 0 { u64::MAX } else { (a as i64).wrapping_div(b as i64) as u64 }),
                Tag::Divu => set!(op, a.checked_div(b).unwrap_or(u64::MAX)),
                Tag::Rem => set!(op, if b == 0 { a } else { (a as i64).wrapping_rem(b as i64) as u64 }),
                Tag::Remu => set!(op, a.checked_rem(b).unwrap_or(a)),
                Tag::Mulw => set32!(op, a.wrapping_mul(b)),
                Tag::Divw => set32!(op, if b as u32 == 0 { -1 } else { (a as i32).wrapping_div(b as i32) }),
                Tag::Divuw => set32!(op, (a as u32).checked_div(b as u32).unwrap_or(u32::MAX)),
                Tag::Remw => set32!(op, if b as u32 == 0 { a as i32 } else { (a as i32).wrapping_rem(b as i32) }),
                Tag::Remuw => set32!(op, (a as u32).checked_rem(b as u32).unwrap_or(a as u32)),
            }
        }
    }
}
