//! Files, states and hosts that are not what they should be.

use alloy_primitives::{B256, Bytes};
use autonet_fpvm::{ElfError, Error, Host, Machine, OracleKind, Program, STATE_BYTES};

use crate::{
    asm::{self, *},
    generate::{self, Random, START},
    host::{Tables, Unknown},
};

#[test]
fn random_files_are_refused_or_loaded() {
    let mut random = Random(21);
    for length in (0..300).cycle().take(6000) {
        let mut file: Vec<u8> = (0..length).map(|_| random.next() as u8).collect();
        let good = elf(START, &[1; 64]);
        // Ever more of a good file's beginning.
        let kept = random.below(140).min(length) as usize;
        file[..kept].copy_from_slice(&good[..kept]);
        let _ = Program::from_elf(&file);
    }
    let good = elf(START, &[1; 64]);
    for _ in 0..6000 {
        let mut file = good.clone();
        for _ in 0..1 + random.below(3) {
            file[random.below(120) as usize] = random.next() as u8;
        }
        if let Ok(program) = Program::from_elf(&file) {
            for (address, bytes) in program.segments() {
                assert!(u64::from(address) + bytes.len() as u64 <= 1 << 32);
            }
        }
    }
}

#[test]
fn files_that_are_no_program_are_named() {
    let good = elf(START, &[1; 64]);
    let with = |at: usize, bytes: &[u8]| {
        let mut file = good.clone();
        file[at..at + bytes.len()].copy_from_slice(bytes);
        Program::from_elf(&file).map(|program| program.entry)
    };
    assert_eq!(with(0, &[]), Ok(START.into()));
    assert_eq!(with(4, &[1]), Err(ElfError::Format));
    assert_eq!(with(5, &[2]), Err(ElfError::Format));
    assert_eq!(with(16, &[3]), Err(ElfError::Type(3)));
    assert_eq!(with(18, &[62]), Err(ElfError::Machine(62)));
    assert_eq!(with(64 + 8, &[0xff; 8]), Err(ElfError::Truncated { offset: u64::MAX, size: 0x1040 }));
    assert_eq!(with(64 + 16, &[0xff; 8]), Err(ElfError::Segment { address: u64::MAX, size: 64 }));
    assert_eq!(with(64 + 40, &[0; 8]), Err(ElfError::Segment { address: START.into(), size: 0 }));
    assert_eq!(with(64, &[2]), Ok(START.into()), "segments of other types are not loaded");
    assert_eq!(Program::from_elf(&good[..100]), Err(ElfError::Truncated { offset: 64, size: 100 }));
    assert!(Program::flat(u32::MAX, &[0]).is_ok());
    assert_eq!(Program::flat(u32::MAX, &[0; 2]), Err(ElfError::Segment { address: u32::MAX.into(), size: 2 }));
}

#[test]
fn a_program_starts_in_the_specified_state() {
    let mut machine = Machine::new(&Program::from_elf(&elf(START, &[0xab; 32])).expect("an ELF file"));
    let state = machine.state();
    let mut expected = [0; STATE_BYTES];
    expected[..32].copy_from_slice(state.memory_root.as_slice());
    expected[32..40].copy_from_slice(&u64::from(START).to_be_bytes());
    assert_eq!(state.encode(), expected);
    assert_eq!(state.hash(), alloy_primitives::keccak256(expected));
    let leaf = (u64::from(START >> 5), B256::repeat_byte(0xab));
    assert_eq!(state.memory_root, crate::memory::naive_root(&[leaf].into()));
}

#[test]
fn random_states_never_panic() {
    let mut random = Random(22);
    let mut machine = Machine::new(&Program::flat(0, &[]).expect("nothing"));
    let mut host = Tables::with_locals([B256::ZERO; 8]);
    for _ in 0..4000 {
        (machine.exited, machine.exit_code) = (false, 0);
        machine.pc = match random.below(5) {
            0 => random.next(),
            1 => 0xffff_fff0 + u64::from(random.below(8)) * 4,
            _ => u64::from(random.below(0x3000)) & !3,
        };
        machine.step = random.pick(&[0, u64::MAX, u64::MAX - 3, i64::MAX as u64]);
        machine.oracle_offset = random.word();
        machine.oracle_key = B256::with_last_byte(random.below(9) as u8);
        for register in 0..32 {
            machine.set_register(register, random.word());
        }
        machine.set_register(17, random.pick(&[93, 2560, 2561, 2562, 2563]));
        for _ in 0..20 {
            let word = if random.below(8) == 0 { ECALL } else { random.next() as u32 | 3 };
            machine.write(random.below(0x3000) & !3, &word.to_le_bytes());
        }
        let steps = random.pick(&[1, 2, 100, 5000]);
        match machine.run(&mut host, steps) {
            Ok(done) => assert!(done == steps || machine.exited),
            Err(error) => assert!(matches!(error, Error::Host(Unknown(..))), "{error:?}"),
        }
    }
    machine.state();
}

/// A host with one answer to everything.
struct Always(Bytes);

impl Host for Always {
    type Error = Unknown;

    fn preimage(&mut self, _: OracleKind, _: B256) -> Result<Bytes, Unknown> {
        Ok(self.0.clone())
    }

    fn ml(&mut self, _: B256, _: &[u8]) -> Result<B256, Unknown> {
        Ok(B256::ZERO)
    }
}

fn reader(kind: u64, key: B256) -> Machine {
    let mut machine = Machine::new(&Program::flat(START, &asm::bytes(&[ECALL, ECALL])).expect("below 2^32"));
    for (register, value) in [(A0, 64), (A1, kind), (A7, 2561)] {
        machine.set_register(register as u8, value);
    }
    machine.oracle_key = key;
    machine
}

#[test]
fn wrong_answers_of_a_host_are_refused() {
    let key = B256::with_last_byte(2);
    for (kind, data) in [(0, vec![0; 31]), (0, vec![0; 33]), (1, vec![1]), (2, vec![0; 4096 * 32 - 1])] {
        let mut machine = reader(kind, key);
        let before = machine.state();
        let error = machine.run(&mut Always(data.clone().into()), 1).unwrap_err();
        match error {
            Error::Length { length, .. } => assert_eq!(length, data.len()),
            Error::Preimage { key: asked, .. } => assert_eq!((asked, kind), (key, 1)),
            other => panic!("{other:?}"),
        }
        assert_eq!(machine.state(), before, "nothing happened");
    }
}

#[test]
fn a_preimage_is_asked_for_once() {
    let mut host = Tables::default();
    let key = host.insert_preimage(&[9; 100]);
    let mut machine = reader(1, key);
    for expected in [32, 32, 32, 4, 0, 0] {
        machine.set_register(A0 as u8, 64);
        machine.pc = START.into();
        machine.run(&mut host, 1).expect("the host knows it");
        assert_eq!(machine.register(A0 as u8), expected);
    }
    assert_eq!((host.asked, machine.oracle_offset), (1, 100));
    assert_eq!(machine.read(64, 32), [0; 32]);
}

#[test]
fn a_hint_is_what_the_guest_left_or_nothing() {
    let mut host = Tables::default();
    let hints = [(3, 5), (0, 0), (0xffff_ffff, 1), (0xffff_ffff, 2), (1 << 32, 0), (0, (256 << 20) + 1), (0, u64::MAX)];
    for (address, length) in hints {
        let mut machine = reader(0, B256::ZERO);
        machine.write(0, &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        for (register, value) in [(A1, address), (A2, length), (A7, 2562)] {
            machine.set_register(register as u8, value);
        }
        assert_eq!(machine.run(&mut host, 1), Ok(1));
        assert_eq!((machine.exited, machine.pc), (false, u64::from(START) + 4));
        assert_eq!(machine.read(64, 32), crate::host::ml_result(B256::ZERO).0);
    }
    let empty = Vec::new();
    let expected = [vec![3, 4, 5, 6, 7], empty.clone(), vec![0], empty.clone(), empty.clone(), empty.clone(), empty];
    assert_eq!(host.hints, expected);
}

#[test]
fn a_program_does_not_depend_on_how_it_is_watched() {
    for seed in 60..64 {
        let program = Program::flat(START, &generate::program(seed, 300)).expect("below 2^32");
        let mut machine = Machine::new(&program);
        let steps = machine.run(&mut Tables::default(), u64::MAX).expect("no host is asked");
        let outcome = Machine::new(&program).run_untracked(&mut Tables::default(), u64::MAX);
        let outcome = outcome.expect("no host is asked");
        assert_eq!((outcome.steps, outcome.exit_code), (steps, machine.exit_code));
        assert_eq!((outcome.exited, outcome.oracle_key), (true, machine.oracle_key));
    }
}
