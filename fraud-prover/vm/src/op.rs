//! Decoded instructions: 8 bytes each, so that the loop never looks at an encoding.

use crate::tag::Tag;

/// The register that stands for `x0` as a destination: written, never read.
pub(crate) const SINK: u8 = 32;

/// The offset of a jump whose target is not a multiple of 4; larger than any real one, in instructions.
pub(crate) const MISALIGNED: i32 = 1 << 30;

/// A decoded instruction. `imm` is in instructions (not bytes) for branches and `jal`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C, align(8))]
pub(crate) struct Op {
    pub(crate) tag: Tag,
    pub(crate) rd: u8,
    pub(crate) rs1: u8,
    pub(crate) rs2: u8,
    pub(crate) imm: i32,
}

impl Op {
    pub(crate) const ILLEGAL: Self = Self { tag: Tag::Illegal, rd: SINK, rs1: 0, rs2: 0, imm: 0 };

    /// Decodes 32 bits of memory.
    pub(crate) fn decode(word: u32) -> Self {
        use Tag::*;
        let f3 = (word >> 12 & 7) as usize;
        let i_imm = word as i32 >> 20;
        let (tag, imm) = match word & 0x7f {
            0x37 => (Lui, (word & 0xffff_f000) as i32),
            0x17 => (Auipc, (word & 0xffff_f000) as i32),
            0x6f => (Jal, in_instructions(j_imm(word))),
            0x67 if f3 == 0 => (Jalr, i_imm),
            0x63 => ([Beq, Bne, Illegal, Illegal, Blt, Bge, Bltu, Bgeu][f3], in_instructions(b_imm(word))),
            0x03 => ([Lb, Lh, Lw, Ld, Lbu, Lhu, Lwu, Illegal][f3], i_imm),
            0x23 => ([Sb, Sh, Sw, Sd, Illegal, Illegal, Illegal, Illegal][f3], s_imm(word)),
            0x13 => op_imm(word, f3),
            0x1b => op_imm_32(word, f3),
            0x33 => (op_reg(word >> 25, f3), 0),
            0x3b => (op_reg_32(word >> 25, f3), 0),
            0x0f if f3 == 0 => (Fence, 0),
            0x73 if word == 0x73 => (Ecall, 0),
            _ => (Illegal, 0),
        };
        if tag == Illegal {
            return Self::ILLEGAL;
        }
        let rd = match (word >> 7 & 31) as u8 {
            0 => SINK,
            rd => rd,
        };
        Self { tag, rd, rs1: (word >> 15 & 31) as u8, rs2: (word >> 20 & 31) as u8, imm }
    }

    /// The size of the memory access in bytes: 0 for anything but a load or store.
    pub(crate) const fn access_bytes(self) -> u64 {
        match self.tag {
            Tag::Lb | Tag::Lbu | Tag::Sb => 1,
            Tag::Lh | Tag::Lhu | Tag::Sh => 2,
            Tag::Lw | Tag::Lwu | Tag::Sw => 4,
            Tag::Ld | Tag::Sd => 8,
            _ => 0,
        }
    }
}

const fn in_instructions(bytes: i32) -> i32 {
    if bytes & 3 == 0 { bytes >> 2 } else { MISALIGNED }
}

const fn s_imm(word: u32) -> i32 {
    (word as i32 >> 25) << 5 | (word >> 7 & 0x1f) as i32
}

const fn b_imm(word: u32) -> i32 {
    (word as i32 >> 31) << 12 | ((word >> 7 & 1) << 11 | (word >> 25 & 0x3f) << 5 | (word >> 8 & 0xf) << 1) as i32
}

const fn j_imm(word: u32) -> i32 {
    (word as i32 >> 31) << 20 | (word & 0xf_f000 | (word >> 20 & 1) << 11 | (word >> 21 & 0x3ff) << 1) as i32
}

fn op_imm(word: u32, f3: usize) -> (Tag, i32) {
    use Tag::*;
    let shamt = (word >> 20 & 0x3f) as i32;
    match (f3, word >> 26) {
        (1, 0) => (Slli, shamt),
        (5, 0) => (Srli, shamt),
        (5, 0x10) => (Srai, shamt),
        (1 | 5, _) => (Illegal, 0),
        _ => ([Addi, Illegal, Slti, Sltiu, Xori, Illegal, Ori, Andi][f3], word as i32 >> 20),
    }
}

const fn op_imm_32(word: u32, f3: usize) -> (Tag, i32) {
    use Tag::*;
    let shamt = (word >> 20 & 0x1f) as i32;
    match (f3, word >> 25) {
        (0, _) => (Addiw, word as i32 >> 20),
        (1, 0) => (Slliw, shamt),
        (5, 0) => (Srliw, shamt),
        (5, 0x20) => (Sraiw, shamt),
        _ => (Illegal, 0),
    }
}

const fn op_reg(f7: u32, f3: usize) -> Tag {
    use Tag::*;
    match f7 {
        0 => [Add, Sll, Slt, Sltu, Xor, Srl, Or, And][f3],
        1 => [Mul, Mulh, Mulhsu, Mulhu, Div, Divu, Rem, Remu][f3],
        0x20 => [Sub, Illegal, Illegal, Illegal, Illegal, Sra, Illegal, Illegal][f3],
        _ => Illegal,
    }
}

const fn op_reg_32(f7: u32, f3: usize) -> Tag {
    use Tag::*;
    match f7 {
        0 => [Addw, Sllw, Illegal, Illegal, Illegal, Srlw, Illegal, Illegal][f3],
        1 => [Mulw, Illegal, Illegal, Illegal, Divw, Divuw, Remw, Remuw][f3],
        0x20 => [Subw, Illegal, Illegal, Illegal, Illegal, Sraw, Illegal, Illegal][f3],
        _ => Illegal,
    }
}
