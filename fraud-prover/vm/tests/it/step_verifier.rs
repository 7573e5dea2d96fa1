//! The contract against the emulator, on every step.

use std::collections::BTreeMap;

use alloy_primitives::{B256, U256};
use autonet_fpvm::{Machine, Program};

use crate::{
    asm::*,
    blob, edges,
    generate::{self, Random, START},
    host::Tables,
    verifier::{Cost, Verifier, locals},
};

/// Costs of the steps of each kind: how many, the sum, the most.
#[derive(Default)]
struct Gas(BTreeMap<&'static str, (u64, Cost, Cost)>);

impl Gas {
    fn note(&mut self, class: &'static str, cost: Cost) {
        let (count, sum, most) = self.0.entry(class).or_default();
        *count += 1;
        for (field, sum, most) in [
            (cost.transaction, &mut sum.transaction, &mut most.transaction),
            (cost.execution, &mut sum.execution, &mut most.execution),
        ] {
            (*sum, *most) = (*sum + field, field.max(*most));
        }
    }

    fn print(&self) {
        let mut table = String::from("| step | execution, average | most | transaction, average | most | steps |\n");
        table += "|---|---|---|---|---|---|\n";
        for (class, (count, sum, most)) in &self.0 {
            let (execution, transaction) = (sum.execution / count, sum.transaction / count);
            table += &format!(
                "| {class} | {execution} | {} | {transaction} | {} | {count} |\n",
                most.execution, most.transaction
            );
        }
        println!("{table}");
    }
}

fn class(op: u32) -> &'static str {
    match (op & 0x7f, op >> 25, op >> 12 & 7) {
        (0x03, ..) => "load",
        (0x23, ..) => "store",
        (0x63, ..) => "branch",
        (0x6f | 0x67, ..) => "jump",
        (0x33 | 0x3b, 1, 0..4) => "multiply",
        (0x33 | 0x3b, 1, _) => "divide",
        (0x13 | 0x1b | 0x33 | 0x3b, ..) => "arithmetic",
        (0x17 | 0x37, ..) => "upper immediate",
        _ => "other",
    }
}

/// A machine at one instruction, with registers.
fn at(op: u32, registers: &[(u32, u64)]) -> Machine {
    let mut machine = Machine::new(&Program::flat(START, &op.to_le_bytes()).expect("below 2^32"));
    for (register, value) in registers {
        machine.set_register(*register as u8, *value);
    }
    machine
}

/// Puts another instruction under `pc` of a machine that made a step.
fn again(machine: &mut Machine, op: u32) {
    (machine.pc, machine.exited, machine.exit_code) = (START.into(), false, 0);
    machine.write(START, &op.to_le_bytes());
}

#[test]
fn l1_executes_every_instruction_like_the_emulator() {
    let (mut verifier, mut host, mut gas) = (Verifier::deploy(), Tables::default(), Gas::default());
    let mut machine = at(0, &[]);
    let mut steps = 0;
    for (name, opcode, f3, f7) in REGISTER_OPS {
        for left in EDGES {
            for right in EDGES {
                let op = r(opcode, f3, f7, 8, 6, 7);
                again(&mut machine, op);
                machine.set_register(6, left);
                machine.set_register(7, right);
                gas.note(class(op), verifier.check(&mut machine, &mut host, name));
                steps += 1;
            }
        }
    }
    for (name, image) in edges::programs().split_off(REGISTER_OPS.len()) {
        let mut machine = Machine::new(&Program::flat(START, &image).expect("below 2^32"));
        // Loads of operands are most of the branches' programs: one in three steps is enough of them.
        let mut count = 0;
        while !machine.exited {
            let op = u32::from_le_bytes(machine.read(machine.pc as u32, 4).try_into().expect("4 bytes"));
            if op & 0x7f == 0x03 && name.starts_with('b') && count > 20 {
                machine.run(&mut host, 1).expect("no host is asked");
            } else {
                let used = verifier.check(&mut machine, &mut host, name);
                gas.note(if op == ECALL { "exit" } else { class(op) }, used);
                steps += 1;
            }
            count += 1;
        }
    }
    gas.print();
    println!("{steps} steps on L1");
}

#[test]
fn l1_executes_random_programs_like_the_emulator() {
    let (mut verifier, mut host) = (Verifier::deploy(), Tables::default());
    let mut steps = 0;
    for seed in 1000..1012 {
        let mut machine = Machine::new(&Program::flat(START, &generate::program(seed, 150)).expect("below 2^32"));
        while !machine.exited && machine.step < 400 {
            verifier.check(&mut machine, &mut host, &format!("seed {seed}"));
            steps += 1;
        }
    }
    println!("{steps} steps on L1");
}

#[test]
fn l1_takes_any_word_for_the_instruction_that_the_emulator_takes_it_for() {
    let (mut verifier, mut host, mut random) = (Verifier::deploy(), Tables::default(), Random(7));
    let mut machine = at(0, &[]);
    // Every opcode with every funct3 and telling funct7; words of any bits; compressed ones.
    let mut words = vec![0, u32::MAX, 0x0010_0073, 0x1050_0073, 0x3020_0073, 0x0000_100f, 0x8330_000f, 0x0ff0_000f];
    for opcode in (3..0x80).step_by(4) {
        for f3 in 0..8 {
            words.extend([0, 1, 2, 0x20, 0x21, 0x40, 0x7f].map(|f7| r(opcode, f3, f7, 8, 6, 7)));
        }
    }
    words.extend((0..1500).map(|_| random.next() as u32));
    words.extend((0..300).map(|_| random.next() as u32 & !3 | random.below(3)));
    words.extend((0..32).map(|bit| ECALL ^ 1 << bit));
    for word in words {
        again(&mut machine, word);
        for register in 1..32 {
            let near = 0x2_0000 + u64::from(random.below(64));
            let value = if random.below(2) == 0 { near } else { random.word() };
            machine.set_register(register, value);
        }
        machine.set_register(17, random.pick(&[0, 93, 2559, 2560, 2563, 1 << 63 | 93]));
        verifier.check(&mut machine, &mut host, &format!("{word:#010x}"));
    }
}

#[test]
fn l1_traps_where_the_emulator_does() {
    let (mut verifier, mut host) = (Verifier::deploy(), Tables::default());
    let addresses = [0_u64, 1, 2, 3, 4, 6, 7, 0xffff_fff8, 0xffff_fffc, 0xffff_ffff, 1 << 32, (1 << 32) + 1];
    let addresses = addresses.into_iter().chain([u64::MAX, u64::MAX - 7, 1 << 63]);
    for address in addresses.clone() {
        let loads = LOADS.map(|(_, f3, _)| i(0x03, f3, 8, 6, 8));
        let stores = STORES.map(|(_, f3, _)| crate::asm::store(f3, 6, 7, 8));
        for op in loads.into_iter().chain(stores).chain([jalr(8, 6, 8), jalr(0, 6, 8), jalr(6, 6, 8)]) {
            let mut machine = at(op, &[(6, address.wrapping_sub(8)), (7, 0x1234_5678_9abc_def0)]);
            verifier.check(&mut machine, &mut host, &format!("{op:#010x} at {address:#x}"));
            verifier.check(&mut machine, &mut host, "the step behind it");
        }
        // As a program counter.
        let mut machine = at(0, &[]);
        machine.pc = address;
        verifier.check(&mut machine, &mut host, &format!("pc {address:#x}"));
        verifier.check(&mut machine, &mut host, "exited");
    }
    for (_, f3) in BRANCHES {
        for (left, right) in [(0, 0), (0, 1), (1, 0), (u64::MAX, 0)] {
            for bytes in [2, -2, 6, 4, -4094, 4094] {
                let mut machine = at(branch(f3, 6, 7, bytes), &[(6, left), (7, right)]);
                verifier.check(&mut machine, &mut host, "a branch");
            }
        }
    }
    for bytes in [2, -2, 1_048_574, -1_048_576] {
        verifier.check(&mut at(jal(8, bytes), &[]), &mut host, "a jump");
    }
    for pc in [0, 0xffff_fffc] {
        for op in [addi(8, 8, 1), jal(8, 4), jal(8, -4), jal(8, 1 << 19), auipc(8, 0x8_0000), branch(0, 0, 0, -4)] {
            let mut machine = Machine::new(&Program::flat(pc, &op.to_le_bytes()).expect("below 2^32"));
            verifier.check(&mut machine, &mut host, "at an end of the memory");
            verifier.check(&mut machine, &mut host, "beyond it");
        }
    }
}

#[test]
fn l1_answers_environment_calls_like_the_emulator() {
    let mut verifier = Verifier::deploy();
    let mut host = Tables::with_locals(locals());
    let mut gas = Gas::default();
    let lengths = [0, 1, 31, 32, 33, 64, 100, 135, 136, 137, 1000];
    let preimages = lengths.map(|length| (length, host.insert_preimage(&vec![0xab; length])));
    let blob = blob::insert(&mut host, 1, &[0, 1, 2, 2047, 4095]);
    let pointers = [0_u64, 32, 0x1_0000, 0xffff_ffe0, 1, 16, 33, 1 << 32, (1 << 32) + 32, (1 << 32) + 1, u64::MAX - 31];
    for call in [93, 2560, 2562] {
        for pointer in pointers {
            let mut machine = at(ECALL, &[(A0, pointer), (A1, pointer), (A7, call)]);
            machine.write(0, &[0x11; 64]);
            machine.write(0xffff_ffe0, &[0x22; 32]);
            let name = match call {
                93 => "exit",
                2560 => "oracle_open",
                _ => "ml",
            };
            let used = verifier.check(&mut machine, &mut host, name);
            gas.note(if machine.exited && call != 93 { "trap" } else { name }, used);
        }
    }
    let mut read = |name: &'static str, key: B256, kind: u64, offset: u64, pointer: u64| {
        let mut machine = at(ECALL, &[(A0, pointer), (A1, kind), (A7, 2561)]);
        machine.write(0, &[0xff; 64]);
        (machine.oracle_key, machine.oracle_offset) = (key, offset);
        let used = verifier.check(&mut machine, &mut host, &format!("{name} {key} at {offset} to {pointer:#x}"));
        gas.note(if machine.exited { "trap" } else { name }, used);
    };
    let keys = (0..10).map(B256::with_last_byte).chain([B256::repeat_byte(1), U256::from(1).wrapping_shl(200).into()]);
    for key in keys {
        for offset in [0, 1, 31, 32, 33, u64::MAX] {
            read("read of a local input", key, 0, offset, 32);
        }
    }
    for (length, key) in preimages {
        for offset in [0, 1, 32, length as u64, length as u64 + 1, (length as u64).saturating_sub(5), u64::MAX] {
            read("read of a preimage (1,000 bytes at most)", key, 1, offset, 0x1_0000);
        }
    }
    for offset in [0, 32, 64, 2047 * 32, 4095 * 32, 4096 * 32, 4097 * 32, u64::MAX - 31, 1, 16, 33, u64::MAX] {
        read(if offset < 4096 * 32 { "read of a blob" } else { "read behind a blob" }, blob, 2, offset, 64);
    }
    for pointer in pointers {
        read("read of a local input", B256::ZERO, 0, 0, pointer);
        for kind in [3, 4, 1 << 32, 1 << 63, u64::MAX] {
            read("trap", B256::ZERO, kind, 0, pointer);
        }
    }
    gas.print();
}

#[test]
fn a_preimage_as_long_as_a_block_can_be_read_on_l1() {
    let (mut verifier, mut host) = (Verifier::deploy(), Tables::default());
    let key = host.insert_preimage(&vec![0x5a; 128 * 1024]);
    let mut machine = at(ECALL, &[(A0, 64), (A1, 1), (A7, 2561)]);
    (machine.oracle_key, machine.oracle_offset) = (key, 128 * 1024 - 7);
    let gas = verifier.check(&mut machine, &mut host, "128 KiB");
    println!("a preimage of 128 KiB: {gas:?}");
    assert_eq!(machine.register(10), 7);
}
