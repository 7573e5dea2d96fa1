//! Many steps at once do what the same steps do one by one: the loop takes some neighbours for one instruction.

use autonet_fpvm::{Machine, Program};

use crate::{
    asm::{self, *},
    generate::{Random, START},
    host::Tables,
};

/// Between the two pages of code and the data.
const DATA: u32 = START + 0x8000;
/// Where the first of the two instructions may be: also before and at the end of a page.
const PLACES: [u32; 4] = [START, START + 0x7f4, START + 0xff8, START + 0xffc];

/// One encoding of each instruction, with random operands; jumps go forward.
fn each(random: &mut Random) -> Vec<u32> {
    let destinations = [0, 6, 7, 8, 8];
    let sources = [0, 5, 6, 7, 8];
    let mut next = |from: &[u32]| random.pick(from);
    let mut ops = vec![lui(next(&destinations), 0xfffff), auipc(next(&destinations), 3), 0x0ff0_000f, ECALL, 0];
    ops.extend(REGISTER_OPS.map(|(_, opcode, f3, f7)| {
        r(opcode, f3, f7, next(&destinations), next(&sources), next(&sources)) //
    }));
    ops.extend(IMMEDIATE_OPS.map(|(_, opcode, f3)| i(opcode, f3, next(&destinations), next(&sources), -7)));
    ops.extend(SHIFT_OPS.map(|(_, opcode, f3, high, _)| {
        i(opcode, f3, next(&destinations), next(&sources), (high | 5) as i32) //
    }));
    ops.extend(BRANCHES.map(|(_, f3)| branch(f3, next(&sources), next(&sources), next(&[8, 12, 40, 2000]) as i32)));
    ops.extend(LOADS.map(|(_, f3, _)| i(0x03, f3, next(&destinations), next(&[5, 5, 5, 8]), next(&[0, 4, 8]) as i32)));
    ops.extend(STORES.map(|(_, f3, _)| asm::store(f3, next(&[5, 5, 5, 8]), next(&sources), next(&[0, 4, 8]) as i32)));
    ops.extend([jal(next(&destinations), 12), jalr(next(&destinations), next(&[5, 5, 7]), 16)]);
    ops
}

#[test]
fn two_instructions_at_once_do_what_they_do_one_by_one() {
    let program = Program::flat(START, &[]).expect("nothing");
    let [mut at_once, mut stepped] = [Machine::new(&program), Machine::new(&program)];
    let mut random = Random(77);
    for round in 0..6 {
        let (firsts, seconds) = (each(&mut random), each(&mut random));
        for (first, second) in firsts.iter().flat_map(|first| seconds.iter().map(move |second| (*first, *second))) {
            let place = random.pick(&PLACES);
            // The address of loads, stores and jumps: the data, or the code itself.
            let address = u64::from(random.pick(&[DATA, DATA, place, place + 4]));
            let registers = [address, random.word(), random.word(), random.word()];
            let data: Vec<u64> = (0..4).map(|_| random.word()).collect();
            let third = random.pick(&seconds);
            let run = |machine: &mut Machine, steps: u64| {
                machine.write(START, &[0; 0x1100]);
                machine.write(place, &asm::bytes(&[first, second, addi(9, 9, 1)]));
                machine.write(DATA, &data.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<_>>());
                let run = |machine: &mut Machine| {
                    (machine.pc, machine.step, machine.exited, machine.exit_code) = (place.into(), 0, false, 0);
                    (0..32).for_each(|number| machine.set_register(number, 0));
                    (5..).zip(registers).for_each(|(number, value)| machine.set_register(number, value));
                    while !machine.exited && machine.step < 100_000 {
                        machine.run(&mut Tables::default(), steps).expect("no host is asked");
                    }
                    (format!("{machine:?}"), machine.read(START, 0x1100), machine.read(DATA, 32))
                };
                let ended = run(machine);
                // The first one stays, and is followed by another.
                machine.write(place, &first.to_le_bytes());
                machine.write(place + 4, &third.to_le_bytes());
                (ended, run(machine))
            };
            let (expected, found) = (run(&mut stepped, 1), run(&mut at_once, 100_000));
            assert!(
                found == expected,
                "round {round}: {first:#x}, {second:#x} or {third:#x} at {place:#x}: {found:?}, not {expected:?}"
            );
        }
    }
}
