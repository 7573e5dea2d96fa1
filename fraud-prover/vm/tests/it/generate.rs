//! Deterministic randomness, and programs made of it.

use crate::asm::{self, *};

/// SplitMix64.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    pub(crate) fn below(&mut self, end: u32) -> u32 {
        (self.next() % u64::from(end)) as u32
    }

    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u32) as usize]
    }

    /// Now an edge, now anything.
    pub(crate) fn word(&mut self) -> u64 {
        if self.below(2) == 0 { self.pick(&EDGES) } else { self.next() >> self.below(64) }
    }
}

/// Where programs start.
pub(crate) const START: u32 = 0x1_0000;
/// Points at the middle of the data, in every program.
const BASE: u32 = 3;
/// Counts the rounds of a loop.
const ROUNDS: u32 = 4;
const SCRATCH: u32 = 5;
/// Bytes of the data.
const DATA_BYTES: u32 = 4096;

/// Programs use `x6` and up as they like.
fn any(random: &mut Random) -> u32 {
    6 + random.below(26)
}

/// A destination, `x0` among them.
fn destination(random: &mut Random) -> u32 {
    if random.below(20) == 0 { X0 } else { any(random) }
}

fn source(random: &mut Random) -> u32 {
    random.below(32)
}

fn register_op(random: &mut Random) -> u32 {
    let (_, opcode, f3, f7) = random.pick(&REGISTER_OPS);
    r(opcode, f3, f7, destination(random), source(random), source(random))
}

fn immediate_op(random: &mut Random) -> u32 {
    let (_, opcode, f3) = random.pick(&IMMEDIATE_OPS);
    i(opcode, f3, destination(random), source(random), random.next() as i32)
}

fn shift_op(random: &mut Random) -> u32 {
    let (_, opcode, f3, high, amounts) = random.pick(&SHIFT_OPS);
    let amount = random.below(amounts);
    i(opcode, f3, destination(random), source(random), (high | amount) as i32)
}

/// A load or store, aligned, anywhere in the data.
fn access(random: &mut Random, ops: &mut Vec<u32>) {
    let loads = random.below(2) == 0;
    let (_, f3, size) = if loads { random.pick(&LOADS) } else { random.pick(&STORES) };
    let at = ((random.below(DATA_BYTES) & !(size - 1)) as i32) - 2048;
    let (base, at) = if random.below(3) == 0 {
        // Through a computed address.
        ops.extend([i(0x13, 7, SCRATCH, source(random), 0x3f8), r(0x33, 0, 0, SCRATCH, SCRATCH, BASE)]);
        (SCRATCH, at & 0x3f8)
    } else {
        (BASE, at)
    };
    ops.push(if loads { i(0x03, f3, destination(random), base, at) } else { asm::store(f3, base, source(random), at) });
}

fn straight(random: &mut Random, count: u32, ops: &mut Vec<u32>) {
    for _ in 0..count {
        match random.below(12) {
            0..=3 => ops.push(register_op(random)),
            4..=5 => ops.push(immediate_op(random)),
            6 => ops.push(shift_op(random)),
            7 => ops.push(lui(destination(random), random.below(1 << 20))),
            8 => ops.push(auipc(destination(random), random.below(1 << 20))),
            9 => ops.push(0x0ff0_000f),
            _ => access(random, ops),
        }
    }
}

/// Something that moves control forward over a few instructions.
fn skip(random: &mut Random, ops: &mut Vec<u32>) {
    let mut body = Vec::new();
    let count = random.below(5);
    straight(random, count, &mut body);
    let over = 4 + 4 * body.len() as i32;
    match random.below(4) {
        0 => ops.push(jal(destination(random), over)),
        1 => {
            // To an odd address, whose last bit is cleared.
            ops.extend([auipc(SCRATCH, 0), jalr(destination(random), SCRATCH, over + 4 + (over >> 2 & 1))]);
        }
        _ => {
            let (_, f3) = random.pick(&BRANCHES);
            ops.push(branch(f3, source(random), source(random), over));
        }
    }
    ops.extend(body);
}

/// A program of about `size` instructions, with loops and forward branches, that ends in `exit`; its data follow.
pub(crate) fn program(seed: u64, size: usize) -> Vec<u8> {
    let mut random = Random(seed);
    let mut ops = vec![0; 66];
    while ops.len() < size {
        let rounds = random.below(8);
        let start = ops.len();
        if rounds > 0 {
            ops.push(addi(ROUNDS, X0, rounds as i32));
        }
        let head = ops.len();
        for _ in 0..1 + random.below(6) {
            let count = random.below(12);
            straight(&mut random, count, &mut ops);
            skip(&mut random, &mut ops);
        }
        if rounds > 0 {
            ops.push(addi(ROUNDS, ROUNDS, -1));
            let back = 4 * (head as i32 - ops.len() as i32);
            ops.push(branch(1, ROUNDS, X0, back));
        }
        assert!(ops.len() - start < 1000, "a loop that a branch spans");
    }
    let data = (START + 4 * ops.len() as u32 + 64).next_multiple_of(8);
    ops.extend(exit(random.next() as u8 & 0x7f, data & !31));
    let middle = data + DATA_BYTES / 2;
    // Registers start with what the data hold.
    ops[..2].copy_from_slice(&li(BASE, middle as i32));
    for register in 6..32 {
        ops[register as usize] = ld(register, BASE, 8 * register as i32);
    }
    ops[2..6].fill(addi(X0, X0, 0));
    ops[32..66].fill(addi(X0, X0, 1));
    let mut image = asm::bytes(&ops);
    image.resize((data - START) as usize, 0);
    for _ in 0..DATA_BYTES / 8 {
        image.extend(random.word().to_le_bytes());
    }
    image
}
