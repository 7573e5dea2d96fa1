//! What instructions compute.

use crate::tag::Tag;

const fn sign_extend(value: i32) -> u64 {
    value as i64 as u64
}

/// What an instruction that neither jumps nor touches memory writes to its register: of two registers and the immediate.
///
/// The tag is a constant where this is called, so that nothing is left of the `match`.
#[inline(always)]
pub(crate) fn value(tag: Tag, a: u64, b: u64, imm: u64) -> u64 {
    match tag {
        Tag::Lui => imm,
        Tag::Addi => a.wrapping_add(imm),
        Tag::Slti => u64::from((a as i64) < imm as i64),
        Tag::Sltiu => u64::from(a < imm),
        Tag::Xori => a ^ imm,
        Tag::Ori => a | imm,
        Tag::Andi => a & imm,
        Tag::Slli => a.wrapping_shl(imm as u32),
        Tag::Srli => a.wrapping_shr(imm as u32),
        Tag::Srai => (a as i64).wrapping_shr(imm as u32) as u64,
        Tag::Add => a.wrapping_add(b),
        Tag::Sub => a.wrapping_sub(b),
        Tag::Sll => a.wrapping_shl(b as u32),
        Tag::Slt => u64::from((a as i64) < b as i64),
        Tag::Sltu => u64::from(a < b),
        Tag::Xor => a ^ b,
        Tag::Srl => a.wrapping_shr(b as u32),
        Tag::Sra => (a as i64).wrapping_shr(b as u32) as u64,
        Tag::Or => a | b,
        Tag::And => a & b,
        Tag::Addiw => sign_extend(a.wrapping_add(imm) as i32),
        Tag::Slliw => sign_extend((a as u32).wrapping_shl(imm as u32) as i32),
        Tag::Srliw => sign_extend((a as u32).wrapping_shr(imm as u32) as i32),
        Tag::Sraiw => sign_extend((a as i32).wrapping_shr(imm as u32)),
        Tag::Addw => sign_extend(a.wrapping_add(b) as i32),
        Tag::Subw => sign_extend(a.wrapping_sub(b) as i32),
        Tag::Sllw => sign_extend((a as u32).wrapping_shl(b as u32) as i32),
        Tag::Srlw => sign_extend((a as u32).wrapping_shr(b as u32) as i32),
        Tag::Sraw => sign_extend((a as i32).wrapping_shr(b as u32)),
        Tag::Mul => a.wrapping_mul(b),
        Tag::Mulh => (i128::from(a as i64).wrapping_mul(i128::from(b as i64)) >> 64) as u64,
        Tag::Mulhsu => (i128::from(a as i64).wrapping_mul(i128::from(b)) >> 64) as u64,
        Tag::Mulhu => (u128::from(a).wrapping_mul(u128::from(b)) >> 64) as u64,
        Tag::Div => {
            if b == 0 {
                u64::MAX
            } else {
                (a as i64).wrapping_div(b as i64) as u64
            }
        }
        Tag::Divu => a.checked_div(b).unwrap_or(u64::MAX),
        Tag::Rem => {
            if b == 0 {
                a
            } else {
                (a as i64).wrapping_rem(b as i64) as u64
            }
        }
        Tag::Remu => a.checked_rem(b).unwrap_or(a),
        Tag::Mulw => sign_extend(a.wrapping_mul(b) as i32),
        Tag::Divw => sign_extend(if b as u32 == 0 { -1 } else { (a as i32).wrapping_div(b as i32) }),
        Tag::Divuw => sign_extend((a as u32).checked_div(b as u32).unwrap_or(u32::MAX) as i32),
        Tag::Remw => sign_extend(if b as u32 == 0 { a as i32 } else { (a as i32).wrapping_rem(b as i32) }),
        Tag::Remuw => sign_extend((a as u32).checked_rem(b as u32).unwrap_or(a as u32) as i32),
        _ => unreachable!("{tag:?} writes no value"),
    }
}

/// Whether a branch is taken. The tag is a constant where this is called.
#[inline(always)]
pub(crate) fn is_taken(tag: Tag, a: u64, b: u64) -> bool {
    match tag {
        Tag::Beq => a == b,
        Tag::Bne => a != b,
        Tag::Blt => (a as i64) < b as i64,
        Tag::Bge => a as i64 >= b as i64,
        Tag::Bltu => a < b,
        Tag::Bgeu => a >= b,
        _ => unreachable!("{tag:?} is no branch"),
    }
}
