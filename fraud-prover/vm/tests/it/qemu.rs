//! The emulator against `qemu-riscv64`, on every step.

use std::{
    fs::File,
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
};

use autonet_fpvm::{Machine, Program};

use crate::{asm::*, edges, generate, generate::START, host::Tables};

const QEMU: &str = "/usr/bin/qemu-riscv64";

/// `pc` and the registers before an instruction.
type Logged = (u64, [u64; 32]);

/// The next entry of a log of QEMU: ` pc  <hex>`, then lines of ` x<number>/<name> <hex>`.
fn next(log: &mut impl BufRead) -> Option<Logged> {
    let mut line = String::new();
    log.read_line(&mut line).expect("a readable log");
    let mut words = line.split_whitespace();
    let pc = match words.next() {
        Some("pc") => u64::from_str_radix(words.next()?, 16).ok()?,
        _ => return None,
    };
    let mut registers = [0; 32];
    for row in 0..8 {
        line.clear();
        log.read_line(&mut line).expect("a readable log");
        let values = line.split_whitespace().skip(1).step_by(2);
        for (register, value) in registers[row * 4..].iter_mut().zip(values) {
            *register = u64::from_str_radix(value, 16).expect("a register");
        }
    }
    Some((pc, registers))
}

/// Runs a program in both and compares every step; returns how many, or `None` without QEMU.
fn compare(name: &str, image: &[u8]) -> Option<u64> {
    if !Path::new(QEMU).exists() {
        println!("skipped: qemu-riscv64 is not installed");
        return None;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let (program, log) = (folder.path().join("program"), folder.path().join("log"));
    let file = elf(START, image);
    std::fs::write(&program, &file).expect("written");
    make_executable(&program);
    let status = Command::new(QEMU)
        .args(["-cpu", "rv64,c=false", "-singlestep", "-d", "cpu,nochain", "-D"])
        .args([&log, &program])
        .stdin(Stdio::null())
        .status()
        .expect("QEMU runs");

    let mut host = Tables::default();
    let mut machine = Machine::new(&Program::from_elf(&file).expect("an ELF file"));
    let mut log = BufReader::with_capacity(1 << 20, File::open(log).expect("a log"));
    let (mut steps, mut stack) = (0, 0);
    while let Some((pc, registers)) = next(&mut log) {
        if steps == 0 {
            // QEMU's Linux provides a stack.
            stack = registers[2];
            machine.set_register(2, stack);
        }
        assert_eq!(machine.pc, pc, "{name}: pc before step {steps}");
        let ours: [u64; 32] = std::array::from_fn(|number| machine.register(number as u8));
        assert_eq!(ours, registers, "{name}: registers before step {steps} at {pc:#x}");
        assert_eq!(machine.run(&mut host, 1), Ok(1), "{name}: step {steps} at {pc:#x}");
        steps += 1;
    }
    assert!(machine.exited, "{name}: after {steps} steps at {:#x}", machine.pc);
    assert_eq!(status.code(), Some(machine.exit_code.into()), "{name}");
    assert_eq!(run_at_once(&file, stack, &machine), machine.step, "{name}");
    Some(steps)
}

/// The loop that counts by straight lines is where the one that counts every step is.
fn run_at_once(file: &[u8], stack: u64, stepped: &Machine) -> u64 {
    let [mut machine, mut untracked] = [(); 2].map(|()| Machine::new(&Program::from_elf(file).expect("an ELF file")));
    machine.set_register(2, stack);
    untracked.set_register(2, stack);
    let outcome = untracked.run_untracked(&mut Tables::default(), u64::MAX).expect("no host is asked");
    machine.run(&mut Tables::default(), u64::MAX).expect("no host is asked");
    assert_eq!((outcome.steps, outcome.exit_code), (machine.step, machine.exit_code));
    assert_eq!((machine.pc, machine.oracle_key), (stepped.pc, stepped.oracle_key));
    for number in 0..32 {
        assert_eq!(machine.register(number), stepped.register(number), "x{number}");
    }
    machine.step
}

#[cfg(unix)]
fn make_executable(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).expect("permissions");
}

#[test]
fn every_instruction_with_edge_operands_does_what_qemu_does() {
    let mut steps = 0;
    for (name, image) in edges::programs() {
        let Some(some) = compare(name, &image) else { return };
        steps += some;
    }
    println!("{steps} steps like QEMU");
    assert!(steps > 36_000);
}

#[test]
fn random_programs_do_what_qemu_does() {
    let mut steps = 0;
    for seed in 0..60 {
        let Some(some) = compare(&format!("seed {seed}"), &generate::program(seed, 600)) else { return };
        steps += some;
    }
    println!("{steps} steps like QEMU");
    assert!(steps > 60_000);
}

#[test]
fn a_program_that_rewrites_itself_does_what_qemu_does() {
    // Ten rounds over an instruction that adds what is added to its immediate every round, and one right behind the store.
    let mut ops = vec![auipc(6, 0), addi(7, X0, 10), lui(8, 0x100)];
    let head = ops.len();
    ops.extend([
        i(0x03, 2, 9, 6, 4 * (head as i32 + 4)), // lw x9, target
        r(0x33, 0, 0, 9, 9, 8),                  // one more
        asm_store_word(6, 9, 4 * (head as i32 + 4)),
        asm_store_word(6, 9, 4 * (head as i32 + 5)),
        addi(10, 10, 0),
        addi(10, 10, 0),
        addi(7, 7, -1),
    ]);
    ops.push(branch(1, 7, X0, 4 * (head as i32 - ops.len() as i32)));
    ops.extend([addi(A1, X0, 0), addi(A7, X0, 93), ECALL]);
    compare("self-modifying", &bytes(&ops));
}

fn asm_store_word(base: u32, value: u32, at: i32) -> u32 {
    crate::asm::store(2, base, value, at)
}
