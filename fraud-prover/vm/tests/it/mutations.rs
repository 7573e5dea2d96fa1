//! What L1 says to a proof that is not quite right.

use alloy_primitives::B256;
use autonet_fpvm::{Machine, Program, Snapshot, StepWitness};

use crate::{
    asm::{self, *},
    blob,
    generate::{self, START},
    host::Tables,
    verifier::{Verifier, locals},
};

/// Bytes of one part of a memory proof.
const PART: usize = 28 * 32;

/// Changes of a witness, each in one place.
fn changes(witness: &StepWitness) -> Vec<(String, StepWitness)> {
    let mut all = Vec::new();
    let mut change = |name: String, of: &dyn Fn(&mut StepWitness)| {
        let mut changed = witness.clone();
        of(&mut changed);
        all.push((name, changed));
    };
    // Every field and every register: its last bit, and its first.
    let fields = [(0, 32), (296, 1), (297, 1), (298, 32), (330, 8)];
    let words = (32..296).step_by(8).map(|at| (at, 8));
    for (at, length) in fields.into_iter().chain(words) {
        change(format!("state byte {at}"), &|witness| witness.state[at] ^= 0x80);
        change(format!("state byte {}", at + length - 1), &|witness| witness.state[at + length - 1] ^= 1);
    }
    for at in (0..witness.memory_proof.len()).step_by(32) {
        change(format!("proof node {}", at / 32), &|witness| witness.memory_proof[at + 31] ^= 1);
        change(format!("proof node {}", at / 32), &|witness| witness.memory_proof[at] ^= 0x40);
    }
    for length in [0, 32, PART, 2 * PART, 3 * PART].into_iter().filter(|length| *length != witness.memory_proof.len()) {
        change(format!("a proof of {length} bytes"), &|witness| witness.memory_proof.resize(length, 0));
    }
    change("one byte more".into(), &|witness| witness.memory_proof.push(0));
    change("an oracle byte more".into(), &|witness| witness.oracle_data.push(0));
    if !witness.oracle_data.is_empty() {
        for at in (0..witness.oracle_data.len()).step_by(13) {
            change(format!("oracle byte {at}"), &|witness| witness.oracle_data[at] ^= 1);
        }
        change("an oracle byte less".into(), &|witness| witness.oracle_data.truncate(witness.oracle_data.len() - 1));
        change("no oracle data".into(), &|witness| witness.oracle_data.clear());
    }
    all
}

/// Puts a machine into an encoded state, over the memory of a snapshot.
fn restore(machine: &mut Machine, state: &[u8], memory: &Snapshot) {
    let word = |at: usize| u64::from_be_bytes(state[at..at + 8].try_into().expect("8 bytes"));
    machine.restore(memory);
    machine.pc = word(32);
    (1..32).for_each(|number| machine.set_register(number, word(32 + 8 * usize::from(number))));
    machine.step = word(288);
    (machine.exited, machine.exit_code) = (state[296] == 1, state[297]);
    (machine.oracle_key, machine.oracle_offset) = (B256::from_slice(&state[298..330]), word(330));
}

/// Makes a step, and proves it with every change: each is refused, or it is the proof of another state's step. Returns how
/// many were refused, and how many not.
fn check(verifier: &mut Verifier, machine: &mut Machine, host: &mut Tables, name: &str) -> (u64, u64) {
    let before = machine.snapshot();
    let witness = StepWitness::take(machine, host).expect("the host knows everything");
    assert_eq!(verifier.post(&witness).map(|(post, _)| post), Ok(witness.post), "{name}");
    let mut scratch = Machine::from_snapshot(&before);
    let (mut refused, mut other) = (0, 0);
    for (change, changed) in changes(&witness) {
        let result = if !witness.is_ml {
            verifier.step(&changed.state, &changed.memory_proof, &changed.oracle_data)
        } else if changed.oracle_data.is_empty() {
            verifier.ml_step(&changed.state, &changed.memory_proof)
        } else {
            continue;
        };
        let Ok((post, _)) = result else {
            refused += 1;
            continue;
        };
        assert!(change.starts_with("state"), "{name}: {change} is accepted");
        other += 1;
        if changed.state[..32] == witness.state[..32] {
            restore(&mut scratch, &changed.state, &before);
            let real = StepWitness::take(&mut scratch, host).expect("the host knows it");
            assert_eq!((changed.state, changed.memory_proof), (real.state, real.memory_proof), "{name}: {change}");
            assert_eq!(post, real.post, "{name}: {change}");
        } else {
            assert!(witness.memory_proof.is_empty(), "{name}: {change} is accepted");
            assert_ne!(post, witness.post, "{name}: {change} makes no difference");
        }
    }
    (refused, other)
}

#[test]
fn a_changed_witness_is_refused_or_leads_elsewhere() {
    let (mut verifier, mut host) = (Verifier::deploy(), Tables::default());
    let (mut refused, mut other) = (0, 0);
    let mut machine = Machine::new(&Program::flat(START, &generate::program(77, 150)).expect("below 2^32"));
    while !machine.exited && machine.step < 90 {
        let name = format!("step {}", machine.step);
        let some = check(&mut verifier, &mut machine, &mut host, &name);
        (refused, other) = (refused + some.0, other + some.1);
    }
    println!("{refused} changed witnesses refused, {other} led elsewhere");
    assert!(refused > 1000 && other > 1000);
}

#[test]
fn a_changed_environment_call_is_refused_or_leads_elsewhere() {
    let mut verifier = Verifier::deploy();
    let mut host = Tables::with_locals(locals());
    let preimage = host.insert_preimage(&[0xab; 100]);
    let blob = blob::insert(&mut host, 2, &[3]);
    let local = B256::with_last_byte(4);
    let calls = [
        ("exit", 93, 64, 32, local, 0),
        ("open", 2560, 64, 5, local, 0),
        ("local", 2561, 64, 0, local, 8),
        ("keccak", 2561, 64, 1, preimage, 64),
        ("blob", 2561, 64, 2, blob, 96),
        ("ml", 2562, 64, 0, local, 0),
        ("trap", 2563, 64, 0, local, 0),
        ("exited", 93, 64, 33, local, 0),
    ];
    for (name, number, a0, a1, key, offset) in calls {
        let mut machine = Machine::new(&Program::flat(START, &asm::bytes(&[ECALL])).expect("below 2^32"));
        machine.write(32, &[0x77; 64]);
        for (register, value) in [(A0, a0), (A1, a1), (A7, number)] {
            machine.set_register(register as u8, value);
        }
        (machine.oracle_key, machine.oracle_offset) = (key, offset);
        if name == "exited" {
            machine.run(&mut host, 1).expect("a trap");
        }
        check(&mut verifier, &mut machine, &mut host, name);
    }
}

#[test]
fn another_local_input_leads_elsewhere() {
    // The contract takes the local inputs from its caller: what the emulator was told is what was proven.
    let mut wrong = locals();
    wrong[4].0[31] ^= 1;
    let mut host = Tables::with_locals(wrong);
    let mut machine = Machine::new(&Program::flat(START, &asm::bytes(&[ECALL])).expect("below 2^32"));
    machine.set_register(A7 as u8, 2561);
    machine.oracle_key = B256::with_last_byte(4);
    let witness = StepWitness::take(&mut machine, &mut host).expect("the host knows everything");
    let (post, _) = Verifier::deploy().post(&witness).expect("a valid witness");
    assert_ne!(post, witness.post);
}
