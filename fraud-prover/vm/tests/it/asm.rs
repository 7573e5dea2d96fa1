//! Encodings of RV64IM, written from the tables of the specification, and the smallest ELF file.

pub(crate) const X0: u32 = 0;
pub(crate) const RA: u32 = 1;
pub(crate) const SP: u32 = 2;
pub(crate) const A0: u32 = 10;
pub(crate) const A1: u32 = 11;
pub(crate) const A2: u32 = 12;
pub(crate) const A7: u32 = 17;
pub(crate) const ECALL: u32 = 0x73;

/// `op rd, rs1, rs2`: name, opcode, funct3, funct7.
pub(crate) const REGISTER_OPS: [(&str, u32, u32, u32); 28] = [
    ("add", 0x33, 0, 0),
    ("sub", 0x33, 0, 0x20),
    ("sll", 0x33, 1, 0),
    ("slt", 0x33, 2, 0),
    ("sltu", 0x33, 3, 0),
    ("xor", 0x33, 4, 0),
    ("srl", 0x33, 5, 0),
    ("sra", 0x33, 5, 0x20),
    ("or", 0x33, 6, 0),
    ("and", 0x33, 7, 0),
    ("addw", 0x3b, 0, 0),
    ("subw", 0x3b, 0, 0x20),
    ("sllw", 0x3b, 1, 0),
    ("srlw", 0x3b, 5, 0),
    ("sraw", 0x3b, 5, 0x20),
    ("mul", 0x33, 0, 1),
    ("mulh", 0x33, 1, 1),
    ("mulhsu", 0x33, 2, 1),
    ("mulhu", 0x33, 3, 1),
    ("div", 0x33, 4, 1),
    ("divu", 0x33, 5, 1),
    ("rem", 0x33, 6, 1),
    ("remu", 0x33, 7, 1),
    ("mulw", 0x3b, 0, 1),
    ("divw", 0x3b, 4, 1),
    ("divuw", 0x3b, 5, 1),
    ("remw", 0x3b, 6, 1),
    ("remuw", 0x3b, 7, 1),
];

/// `op rd, rs1, imm`: name, opcode, funct3.
pub(crate) const IMMEDIATE_OPS: [(&str, u32, u32); 7] = [
    ("addi", 0x13, 0),
    ("slti", 0x13, 2),
    ("sltiu", 0x13, 3),
    ("xori", 0x13, 4),
    ("ori", 0x13, 6),
    ("andi", 0x13, 7),
    ("addiw", 0x1b, 0),
];

/// `op rd, rs1, shamt`: name, opcode, funct3, the bits above the amount, how many amounts there are.
pub(crate) const SHIFT_OPS: [(&str, u32, u32, u32, u32); 6] = [
    ("slli", 0x13, 1, 0, 64),
    ("srli", 0x13, 5, 0, 64),
    ("srai", 0x13, 5, 0x400, 64),
    ("slliw", 0x1b, 1, 0, 32),
    ("srliw", 0x1b, 5, 0, 32),
    ("sraiw", 0x1b, 5, 0x400, 32),
];

/// Name, funct3.
pub(crate) const BRANCHES: [(&str, u32); 6] =
    [("beq", 0), ("bne", 1), ("blt", 4), ("bge", 5), ("bltu", 6), ("bgeu", 7)];

/// Name, funct3, bytes.
pub(crate) const LOADS: [(&str, u32, u32); 7] =
    [("lb", 0, 1), ("lh", 1, 2), ("lw", 2, 4), ("ld", 3, 8), ("lbu", 4, 1), ("lhu", 5, 2), ("lwu", 6, 4)];

/// Name, funct3, bytes.
pub(crate) const STORES: [(&str, u32, u32); 4] = [("sb", 0, 1), ("sh", 1, 2), ("sw", 2, 4), ("sd", 3, 8)];

/// Values at which something happens.
pub(crate) const EDGES: [u64; 20] = [
    0,
    1,
    2,
    u64::MAX,
    u64::MAX - 1,
    i64::MIN as u64,
    i64::MAX as u64,
    i64::MIN as u64 + 1,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff_8000_0000,
    0xffff_ffff_7fff_ffff,
    0xffff_ffff,
    0x1_0000_0000,
    0x5555_5555_aaaa_aaaa,
    0x8000_0000_8000_0000,
    31,
    32,
    63,
    64,
];

pub(crate) const fn r(opcode: u32, f3: u32, f7: u32, rd: u32, rs1: u32, rs2: u32) -> u32 {
    f7 << 25 | rs2 << 20 | rs1 << 15 | f3 << 12 | rd << 7 | opcode
}

pub(crate) const fn i(opcode: u32, f3: u32, rd: u32, rs1: u32, imm: i32) -> u32 {
    (imm as u32) << 20 | rs1 << 15 | f3 << 12 | rd << 7 | opcode
}

pub(crate) const fn store(f3: u32, rs1: u32, rs2: u32, imm: i32) -> u32 {
    let imm = imm as u32;
    (imm >> 5 & 0x7f) << 25 | rs2 << 20 | rs1 << 15 | f3 << 12 | (imm & 31) << 7 | 0x23
}

pub(crate) const fn branch(f3: u32, rs1: u32, rs2: u32, bytes: i32) -> u32 {
    let b = bytes as u32;
    let high = (b >> 12 & 1) << 31 | (b >> 5 & 0x3f) << 25;
    high | rs2 << 20 | rs1 << 15 | f3 << 12 | (b >> 1 & 0xf) << 8 | (b >> 11 & 1) << 7 | 0x63
}

pub(crate) const fn jal(rd: u32, bytes: i32) -> u32 {
    let b = bytes as u32;
    (b >> 20 & 1) << 31 | (b >> 1 & 0x3ff) << 21 | (b >> 11 & 1) << 20 | (b >> 12 & 0xff) << 12 | rd << 7 | 0x6f
}

pub(crate) const fn jalr(rd: u32, rs1: u32, imm: i32) -> u32 {
    i(0x67, 0, rd, rs1, imm)
}

pub(crate) const fn lui(rd: u32, upper: u32) -> u32 {
    upper << 12 | rd << 7 | 0x37
}

pub(crate) const fn auipc(rd: u32, upper: u32) -> u32 {
    upper << 12 | rd << 7 | 0x17
}

pub(crate) const fn addi(rd: u32, rs1: u32, imm: i32) -> u32 {
    i(0x13, 0, rd, rs1, imm)
}

pub(crate) const fn ld(rd: u32, rs1: u32, imm: i32) -> u32 {
    i(0x03, 3, rd, rs1, imm)
}

/// `rd = value` for any 32-bit value, sign-extended.
pub(crate) fn li(rd: u32, value: i32) -> [u32; 2] {
    let low = value << 20 >> 20;
    [lui(rd, (value.wrapping_sub(low) as u32) >> 12), i(0x1b, 0, rd, rd, low)]
}

/// `exit(code, pointer)`.
pub(crate) fn exit(code: u8, pointer: u32) -> Vec<u32> {
    let mut ops = li(A1, pointer as i32).to_vec();
    ops.extend([addi(A0, X0, code.into()), addi(A7, X0, 93), ECALL]);
    ops
}

pub(crate) fn bytes(ops: &[u32]) -> Vec<u8> {
    ops.iter().flat_map(|op| op.to_le_bytes()).collect()
}

/// An executable of one segment that may be read, written and executed.
pub(crate) fn elf(address: u32, segment: &[u8]) -> Vec<u8> {
    let mut file = b"\x7fELF\x02\x01\x01".to_vec();
    file.resize(16, 0);
    file.extend([2_u16, 243].iter().flat_map(|half| half.to_le_bytes()));
    file.extend(1_u32.to_le_bytes());
    file.extend([u64::from(address), 64, 0].iter().flat_map(|word| word.to_le_bytes()));
    file.extend(0_u32.to_le_bytes());
    file.extend([64_u16, 56, 1, 0, 0, 0].iter().flat_map(|half| half.to_le_bytes()));
    file.extend([1_u32, 7].iter().flat_map(|word| word.to_le_bytes()));
    let (address, size) = (u64::from(address), segment.len() as u64);
    file.extend([0x1000, address, address, size, size, 0x1000].iter().flat_map(|word| word.to_le_bytes()));
    file.resize(0x1000, 0);
    file.extend(segment);
    file
}
