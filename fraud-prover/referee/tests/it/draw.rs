//! PRNG and SAMPLE.

use crate::harness::{Asked, Referee, check, check_random, check_step, steps, vectors};
use alloy_primitives::keccak256;
use autonet_ml_precompiles::{Draw, MAX_DRAWS, Operation, Request};
use proptest::prelude::*;

/// The last counter.
const LAST: u64 = (1 << 48) - 1;

fn draw(seed: u64, counter: u64) -> Draw {
    Draw { seed: keccak256(seed.to_be_bytes()), domain: keccak256((!seed).to_be_bytes()), counter }
}

fn prng(seed: u64, counter: u64, n: u32) -> Asked {
    Request::Operate(Operation::prng(draw(seed, counter), n))
}

fn sample(seed: u64, counter: u64, population: u32, n: u32) -> Asked {
    Request::Operate(Operation::sample(draw(seed, counter), population, n))
}

fn counter() -> impl Strategy<Value = u64> {
    prop_oneof![0u64..3, 0..=LAST, Just(LAST)]
}

prop_compose! {
    fn words()(seed: u64, counter in counter(), n in 1u32..100) -> Asked {
        prng(seed, counter, n)
    }
}

prop_compose! {
    fn samples()(seed: u64, counter in counter(), population in 1u32..60, part in 0u32..60) -> Asked {
        sample(seed, counter, population, 1 + part % population)
    }
}

#[test]
fn every_step_of_words_is_repeated() {
    check_random(24, words());
}

#[test]
fn every_step_of_a_sample_is_repeated() {
    check_random(16, samples());
}

#[test]
fn draws_at_their_edges_are_repeated() {
    let mut referee = Referee::deploy();
    for n in [1, 7, 8, 9, 15, 16, 17, 32] {
        check(&mut referee, &prng(1, 5, n));
    }
    for (population, n) in [(1, 1), (2, 2), (16, 16), (17, 17), (33, 1), (33, 16), (32, 32), (40, 39)] {
        check(&mut referee, &sample(2, LAST, population, n));
    }
}

#[test]
fn the_largest_draws_are_within_the_limits() {
    let mut referee = Referee::deploy();
    let deepest = [
        ("PRNG", prng(3, LAST, MAX_DRAWS), 1),
        ("SAMPLE", sample(4, LAST, MAX_DRAWS, 4_000), 4_000),
        ("SAMPLE of all", sample(5, 0, 2_000, 2_000), 2_000),
    ];
    for (name, request, last) in deepest {
        let proofs = steps(&request);
        assert_eq!(proofs.last().expect("steps").after.frontier, request.answer().word());
        let end = proofs.len() - 1;
        for place in [0, 1, 123, end - last, end + 1 - last, end - 17, end - 15, end - 1, end] {
            println!("{name}: {:?}", check_step(&mut referee, &proofs[place]));
        }
    }
}

#[test]
fn a_word_that_is_too_large_is_passed_over() {
    // 1 in 2^16 words is, at this range; here it is the first of its block.
    let excess = |range: u32| (1u64 << 32) % u64::from(range);
    let population = (60_000..MAX_DRAWS).max_by_key(|range| excess(*range)).expect("some");
    let bound = (1 << 32) - excess(population);
    let first = |counter: &u64| u64::from(draw(6, *counter).block(*counter)[0]);
    let counter = (0..1 << 20).find(|counter| first(counter) >= bound).expect("one in 2^16");
    let request = sample(6, counter, population, 1);
    let proofs = steps(&request);
    let last = proofs.last().expect("steps");
    check_step(&mut Referee::deploy(), last);
    assert_eq!(last.after.frontier, request.answer().word());
}

#[test]
fn vectors_are_as_frozen() {
    vectors("prng", steps(&prng(1, 2, 40)));
    vectors("sample", steps(&sample(2, 3, 35, 18)));
}
