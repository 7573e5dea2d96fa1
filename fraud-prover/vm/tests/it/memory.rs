//! The memory's root, and snapshots.

use std::collections::BTreeMap;

use alloy_primitives::{B256, keccak256};
use autonet_fpvm::{MEMORY_HEIGHT, Machine, Program, State};

use crate::{
    asm::{self, *},
    generate::{self, Random, START},
    host::Tables,
};

fn node(left: B256, right: B256) -> B256 {
    keccak256([left.0, right.0].concat())
}

/// The root over some leaves, level by level; all others are zero.
pub(crate) fn naive_root(leaves: &BTreeMap<u64, B256>) -> B256 {
    let (mut level, mut zero) = (leaves.clone(), B256::ZERO);
    for _ in 0..MEMORY_HEIGHT {
        let get = |at: u64| level.get(&at).copied().unwrap_or(zero);
        level = level.keys().map(|at| (at >> 1, node(get(at & !1), get(at | 1)))).collect();
        zero = node(zero, zero);
    }
    level.get(&0).copied().unwrap_or(zero)
}

/// Addresses that share pages now and then, the ends of the memory among them.
fn address(random: &mut Random) -> u32 {
    match random.below(4) {
        0 => random.next() as u32,
        1 => 0x7000_0000 + random.below(20_000),
        2 => random.below(100),
        _ => u32::MAX - random.below(100),
    }
}

fn machine(seed: u64) -> Machine {
    Machine::new(&Program::flat(START, &generate::program(seed, 400)).expect("below 2^32"))
}

fn run(machine: &mut Machine, steps: u64) -> u64 {
    machine.run(&mut Tables::default(), steps).expect("no host is asked")
}

#[test]
fn the_root_is_that_of_all_leaves() {
    let mut random = Random(11);
    let mut machine = Machine::new(&Program::flat(0, &[]).expect("nothing"));
    let mut leaves: BTreeMap<u64, [u8; 32]> = BTreeMap::new();
    for round in 0..12 {
        for _ in 0..random.below(120) {
            let at = address(&mut random) & !7;
            let value = if random.below(6) == 0 { 0 } else { random.next() };
            machine.write(at, &value.to_le_bytes());
            let leaf = leaves.entry(u64::from(at >> 5)).or_default();
            leaf[at as usize % 32..][..8].copy_from_slice(&value.to_le_bytes());
        }
        let naive = naive_root(&leaves.iter().map(|(at, leaf)| (*at, B256::from(*leaf))).collect());
        assert_eq!(machine.memory_root(), naive, "round {round}");
    }
    for (at, leaf) in leaves {
        assert_eq!(machine.read((at << 5) as u32, 32), leaf);
    }
}

#[test]
fn stores_of_a_program_reach_the_root() {
    for seed in 0..10 {
        let mut machine = machine(seed);
        machine.memory_root();
        run(&mut machine, 300);
        machine.memory_root();
        run(&mut machine, u64::MAX);
        let image = machine.read(START, 0x4000);
        let leaves = image.chunks(32).enumerate();
        let leaves = leaves.map(|(at, leaf)| (u64::from(START >> 5) + at as u64, B256::from_slice(leaf))).collect();
        assert_eq!(machine.memory_root(), naive_root(&leaves), "seed {seed}");
    }
}

#[test]
fn bytes_are_read_as_they_were_written() {
    let mut machine = Machine::new(&Program::flat(0, &[]).expect("nothing"));
    let bytes: Vec<u8> = (0..=255).collect();
    for at in [0, 1, 7, 9, 4090, u32::MAX - 255] {
        machine.write(at, &bytes);
        assert_eq!(machine.read(at, 256), bytes);
        assert!(machine.read(at, 0).is_empty());
    }
    assert_eq!(machine.read(u32::MAX, 1), [255]);
}

#[test]
fn runs_add_up_however_they_are_split() {
    for seed in 20..30 {
        let (mut at_once, mut split, mut random) = (machine(seed), machine(seed), Random(seed));
        run(&mut at_once, u64::MAX);
        while !split.exited {
            let steps = [1, 2, 1023, 1024, 2047, 2048, 2049, 5000][random.below(8) as usize];
            let (before, done) = (split.step, run(&mut split, steps));
            assert_eq!(split.step, before + done);
            assert!(done == steps || split.exited);
        }
        assert_eq!(split.state(), at_once.state(), "seed {seed}");
        assert_eq!(run(&mut split, 5), 0);
        assert_eq!(split.state(), at_once.state(), "an exited machine stays");
    }
}

/// A long loop over several pages of code, so that the fast loop is left in its middle.
#[test]
fn a_run_stops_at_every_step_of_a_loop_over_pages() {
    let mut ops = vec![addi(6, 6, 1), addi(7, 0, 3)];
    ops.resize(1500, addi(8, 8, 1));
    ops.push(addi(7, 7, -1));
    ops.extend([branch(0, 7, 0, 8), jal(0, -4 * 1500)]);
    ops.extend(exit(0, 0));
    let program = Program::flat(0xff0, &asm::bytes(&ops)).expect("below 2^32");
    let mut stepped = Machine::new(&program);
    let mut states: Vec<State> = vec![stepped.state()];
    while !stepped.exited {
        run(&mut stepped, 1);
        states.push(stepped.state());
    }
    assert!(states.len() > 4500);
    let mut random = Random(3);
    for _ in 0..300 {
        let (first, second) = (random.below(4500), random.below(4500));
        let mut machine = Machine::new(&program);
        for steps in [first, second] {
            run(&mut machine, steps.into());
        }
        let at = ((first + second) as usize).min(states.len() - 1);
        assert_eq!(machine.state(), states[at], "{first} and {second} steps");
    }
}

#[test]
fn a_snapshot_is_returned_to() {
    let mut machine = machine(40);
    let (mut snapshots, mut states) = (Vec::new(), Vec::new());
    while !machine.exited {
        snapshots.push(machine.snapshot());
        states.push(machine.state());
        run(&mut machine, 37);
    }
    let last = machine.state();
    let mut random = Random(5);
    for _ in 0..60 {
        let at = random.below(snapshots.len() as u32) as usize;
        machine.restore(&snapshots[at]);
        assert_eq!(machine.state(), states[at]);
        run(&mut machine, u64::from(random.below(100)));
    }
    let mut other = Machine::from_snapshot(&snapshots[1]);
    assert_eq!((other.state(), snapshots[1].step()), (states[1], states[1].step));
    run(&mut other, u64::MAX);
    assert_eq!(other.state(), last);
}

#[test]
fn a_snapshot_brings_back_the_code_that_was_overwritten() {
    // Counts in x6, then turns its counting instruction into one that counts in x7.
    let mut ops = vec![auipc(9, 0), addi(6, 6, 1), i(0x03, 2, 8, 9, 24), asm::store(2, 9, 8, 4), jal(0, -12)];
    ops.extend([0, addi(7, 7, 1)]);
    let mut machine = Machine::new(&Program::flat(START, &asm::bytes(&ops)).expect("below 2^32"));
    let start = machine.snapshot();
    for _ in 0..3 {
        run(&mut machine, 1 + 4 * 10);
        assert_eq!((machine.register(6), machine.register(7)), (1, 9));
        machine.restore(&start);
    }
}

#[test]
fn an_instruction_that_was_stored_is_executed() {
    // Each size of store, onto the instruction right behind it and onto one far away, in a page that was not executed yet.
    for (f3, value) in [(2, addi(6, 0, 7)), (3, addi(6, 0, 7)), (1, addi(6, 0, 7) & 0xffff), (0, addi(6, 0, 7) & 0xff)]
    {
        for target in [0x2_0000_u32, START + 8] {
            let old = if f3 > 1 { 0 } else { addi(6, 0, 7) & if f3 == 1 { !0xffff } else { !0xff } };
            let mut machine = Machine::new(&Program::flat(START, &[]).expect("nothing"));
            machine.write(START, &asm::bytes(&[asm::store(f3, 5, 7, 0), jalr(0, 5, 0)]));
            machine.write(target, &old.to_le_bytes());
            machine.set_register(5, target.into());
            machine.set_register(7, value.into());
            run(&mut machine, 3);
            assert_eq!((machine.register(6), machine.exited), (7, false), "{f3} {target:#x}");
            // And again, now that both pages were decoded.
            machine.pc = START.into();
            machine.set_register(7, if f3 == 3 { u64::from(addi(6, 0, 8)) } else { value.into() });
            run(&mut machine, 3);
            assert_eq!(machine.register(6), if f3 == 3 { 8 } else { 7 });
        }
    }
}
