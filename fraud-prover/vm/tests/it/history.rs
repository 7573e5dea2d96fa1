//! Commitments to ranges of steps.

use alloy_primitives::{B256, keccak256};
use autonet_fpvm::{HistoryCommitment, Machine, Program};

use crate::{
    asm::{self, *},
    generate::{self, START},
    host::{Tables, Unknown},
};

fn machine(seed: u64) -> Machine {
    Machine::new(&Program::flat(START, &generate::program(seed, 500)).expect("below 2^32"))
}

/// A program that makes every environment call, and stores.
fn caller() -> (Machine, Tables) {
    let mut host = Tables::default();
    let key = host.insert_preimage(&[7; 100]);
    let mut ops = li(A0, 0x4000).to_vec();
    ops.extend([addi(A1, X0, 0), addi(A7, X0, 1280), r(0x33, 0, 0, A7, A7, A7), ECALL]); // open
    for _ in 0..4 {
        ops.extend(li(A0, 0x4020));
        ops.extend([addi(A1, X0, 1), addi(A7, A7, 1), ECALL, asm::store(3, SP, A0, -8), addi(A7, A7, -1)]); // read
    }
    ops.extend(li(A0, 0x4020));
    ops.extend([addi(A1, X0, 0), addi(A2, X0, 0), addi(A7, A7, 2), ECALL]); // ml
    ops.extend(exit(0, 0x4020));
    let mut machine = Machine::new(&Program::flat(START, &asm::bytes(&ops)).expect("below 2^32"));
    machine.write(0x4000, key.as_slice());
    machine.set_register(2, 0x5000);
    (machine, host)
}

/// The root over the state hashes of single steps.
fn naive(machine: &mut Machine, host: &mut Tables, stride: u64, height: u32) -> (B256, Vec<B256>) {
    let mut leaves = Vec::new();
    for _ in 0..1_u64 << height {
        for _ in 0..stride {
            machine.run(host, 1).expect("the host knows everything");
        }
        leaves.push(machine.state().hash());
    }
    let mut level = leaves.clone();
    while level.len() > 1 {
        level = level.chunks(2).map(|pair| keccak256([pair[0].0, pair[1].0].concat())).collect();
    }
    (level[0], leaves)
}

fn check(make: impl Fn() -> (Machine, Tables), start: u64, stride: u64, height: u32) {
    let name = format!("from {start}, stride {stride}, height {height}");
    let [mut one, mut two, mut three] = [(); 3].map(|()| {
        let (mut machine, mut host) = make();
        machine.run(&mut host, start).expect("the host knows everything");
        (machine, host)
    });
    let (root, leaves) = naive(&mut one.0, &mut one.1, stride, height);
    let mut told = Vec::new();
    let tree = HistoryCommitment::commit(&mut two.0, &mut two.1, stride, height, |done| told.push(done));
    let tree = tree.expect("the host knows everything");
    assert_eq!(tree.root(), root, "{name}");
    assert!(told.is_sorted() && !told.is_empty() && told.iter().all(|done| *done <= 1 << height));
    assert_eq!(two.0.state(), one.0.state(), "{name}: where the machine stands");
    let small = HistoryCommitment::root_of(&mut three.0, &mut three.1, stride, height, |_| ());
    assert_eq!(small, Ok(root), "{name}");
    for (index, leaf) in leaves.iter().enumerate() {
        let index = index as u64;
        assert_eq!(tree.leaf(index), *leaf, "{name}");
        let proof = tree.prove(index);
        assert_eq!(proof.len(), height as usize);
        assert!(HistoryCommitment::verify(root, index, *leaf, &proof), "{name}: leaf {index}");
        assert!(!HistoryCommitment::verify(root, index ^ 1, *leaf, &proof) || tree.leaf(index ^ 1) == *leaf);
        assert!(!HistoryCommitment::verify(root, index + (1 << height), *leaf, &proof));
        assert!(!HistoryCommitment::verify(root, index, B256::repeat_byte(1), &proof));
    }
    assert_eq!(tree.node(height, 0), Some(root));
    assert_eq!(tree.node(height + 1, 0), None);
}

#[test]
fn a_commitment_is_the_tree_over_the_state_hashes() {
    for (seed, start, stride, height) in
        [(1, 0, 1, 9), (2, 100, 1, 0), (3, 7, 2, 6), (4, 33, 16, 5), (5, 0, 17, 5), (6, 90, 100, 3), (7, 250, 64, 0)]
    {
        check(|| (machine(seed), Tables::default()), start, stride, height);
    }
}

#[test]
fn a_machine_that_exits_repeats_its_last_state() {
    let steps = machine(8).run(&mut Tables::default(), u64::MAX).expect("no host is asked");
    for start in [steps - 1, steps - 5, steps - 33, steps, steps + 1] {
        for (stride, height) in [(1, 0), (1, 5), (1, 7), (3, 4), (20, 4), (1000, 3)] {
            check(|| (machine(8), Tables::default()), start, stride, height);
        }
    }
}

#[test]
fn what_follows_an_exit_takes_no_time() {
    let (mut machine, mut host) = (machine(8), Tables::default());
    let tree = HistoryCommitment::commit(&mut machine, &mut host, 1 << 24, 40, |_| ()).expect("no host is asked");
    let (last, index) = (machine.state().hash(), (1 << 40) - 1);
    assert_eq!(tree.leaf(index), last);
    assert!(HistoryCommitment::verify(tree.root(), index, last, &tree.prove(index)));
}

#[test]
fn commitments_cover_environment_calls() {
    for stride in [1, 2, 5, 20] {
        for start in [0, 3, 11] {
            check(caller, start, stride, 6);
        }
    }
}

#[test]
fn batches_join() {
    // More steps than are hashed together, in a loop of stores to a few pages.
    let ops = [lui(5, 0x20), r(0x33, 0, 0, 6, 6, 7), i(0x13, 7, 8, 6, 0x7f8), r(0x33, 0, 0, 8, 8, 5)];
    let mut ops = ops.to_vec();
    ops.extend([asm::store(3, 8, 6, 0), addi(7, 7, 13), jal(0, -4 * 5)]);
    let program = Program::flat(START, &asm::bytes(&ops)).expect("below 2^32");
    let host = &mut Tables::default();
    let root = naive(&mut Machine::new(&program), host, 1, 16).0;
    let mut machine = Machine::new(&program);
    assert_eq!(HistoryCommitment::root_of(&mut machine, host, 1, 16, |_| ()), Ok(root));
    let mut run = Machine::new(&program);
    run.run(host, 1 << 16).expect("no host is asked");
    assert_eq!(machine.state(), run.state());
}

#[test]
fn a_machine_whose_host_fails_can_go_on() {
    for stride in [1, 50] {
        let (mut machine, mut host) = caller();
        let known = std::mem::take(&mut host.data);
        let error = HistoryCommitment::commit(&mut machine, &mut host, stride, 6, |_| ()).unwrap_err();
        assert!(matches!(error, autonet_fpvm::Error::Host(Unknown(..))), "{error:?}");
        assert_eq!(machine.step, 10);
        host.data = known;
        machine.run(&mut host, u64::MAX).expect("the host knows everything");
        let (mut other, mut host) = caller();
        other.run(&mut host, u64::MAX).expect("the host knows everything");
        assert_eq!(machine.state(), other.state());
    }
}
