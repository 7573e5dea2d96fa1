//! Programs that try every instruction with the operands at which something happens.

use crate::{
    asm::{self, *},
    generate::START,
};

/// Points at the table of [`EDGES`].
const TABLE: u32 = 5;
const LEFT: u32 = 6;
const RIGHT: u32 = 7;
const OUT: u32 = 8;
/// Counts branches that were not taken.
const COUNT: u32 = 9;

const IMMEDIATES: [i32; 7] = [0, 1, -1, 31, -32, 2047, -2048];
const AMOUNTS: [u32; 7] = [0, 1, 15, 31, 32, 33, 63];

/// An image whose program starts with the address of the table in `TABLE`; behind the table there is room to store.
fn image(body: &[u32]) -> Vec<u8> {
    let mut ops = vec![0, 0];
    ops.extend(body);
    ops.extend(exit(3, START));
    ops.resize(ops.len().next_multiple_of(8), 0);
    let table = START + 4 * ops.len() as u32;
    ops[..2].copy_from_slice(&li(TABLE, table as i32));
    let mut image = asm::bytes(&ops);
    image.extend(EDGES.iter().flat_map(|edge| edge.to_le_bytes()));
    image.resize(image.len() + 256, 0xa5);
    image
}

const fn load(register: u32, edge: usize) -> u32 {
    ld(register, TABLE, 8 * edge as i32)
}

fn pairs(mut of: impl FnMut() -> Vec<u32>) -> Vec<u32> {
    let mut ops = Vec::new();
    for left in 0..EDGES.len() {
        ops.push(load(LEFT, left));
        for right in 0..EDGES.len() {
            ops.push(load(RIGHT, right));
            ops.extend(of());
        }
    }
    ops
}

fn immediates() -> Vec<u32> {
    let mut ops = Vec::new();
    for edge in 0..EDGES.len() {
        ops.push(load(LEFT, edge));
        for (_, opcode, f3) in IMMEDIATE_OPS {
            ops.extend(IMMEDIATES.map(|imm| i(opcode, f3, OUT, LEFT, imm)));
        }
        for (_, opcode, f3, high, amounts) in SHIFT_OPS {
            let amounts = AMOUNTS.iter().filter(|amount| **amount < amounts);
            ops.extend(amounts.map(|amount| i(opcode, f3, OUT, LEFT, (high | amount) as i32)));
        }
    }
    ops
}

fn accesses() -> Vec<u32> {
    let room = 8 * EDGES.len() as i32 + 32;
    let mut ops = Vec::new();
    for edge in 0..EDGES.len() {
        ops.push(load(LEFT, edge));
        for (_, f3, size) in STORES {
            ops.extend((0..16).step_by(size as usize).map(|at| asm::store(f3, TABLE, LEFT, room + at)));
            for (_, f3, size) in LOADS {
                ops.extend((0..16).step_by(size as usize).map(|at| i(0x03, f3, OUT, TABLE, room + at)));
            }
        }
    }
    ops
}

/// Upper immediates, jumps near and far, `jalr` onto odd addresses and through the register that it writes.
fn jumps() -> Vec<u32> {
    let mut ops = Vec::new();
    for upper in [0, 1, 0x7_ffff, 0x8_0000, 0xf_ffff] {
        ops.extend([lui(OUT, upper), auipc(OUT, upper), lui(X0, upper), auipc(X0, upper)]);
    }
    ops.extend([jal(OUT, 8), 0, jal(X0, 8), 0, jal(RA, 4)]);
    for odd in 0..2 {
        ops.extend([auipc(OUT, 0), jalr(RA, OUT, 12 + odd), 0, auipc(OUT, 0), jalr(OUT, OUT, 12 + odd), 0]);
        ops.extend([auipc(OUT, 1), jalr(OUT, OUT, 12 + odd - 2048), 0]);
        let far = ops.len() - 3;
        ops.resize(far + (4096 - 2048 + 12) / 4, addi(COUNT, COUNT, 1));
    }
    // Over a page, and back into it.
    ops.push(jal(OUT, 8192));
    ops.extend([addi(COUNT, COUNT, 1), jal(X0, 8192)]);
    ops.resize(ops.len() + 2045, 0);
    ops.push(jal(OUT, -8188));
    ops.push(addi(COUNT, COUNT, 1));
    ops
}

/// Programs with their names.
pub(crate) fn programs() -> Vec<(&'static str, Vec<u8>)> {
    let mut programs: Vec<_> = REGISTER_OPS
        .iter()
        .map(|(name, opcode, f3, f7)| (*name, image(&pairs(|| vec![r(*opcode, *f3, *f7, OUT, LEFT, RIGHT)]))))
        .collect();
    programs.extend(
        BRANCHES
            .iter()
            .map(|(name, f3)| (*name, image(&pairs(|| vec![branch(*f3, LEFT, RIGHT, 8), addi(COUNT, COUNT, 1)])))),
    );
    programs.push(("immediates", image(&immediates())));
    programs.push(("loads and stores", image(&accesses())));
    programs.push(("jumps", image(&jumps())));
    programs
}
