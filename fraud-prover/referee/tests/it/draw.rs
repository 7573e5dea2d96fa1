//! PRNG and SAMPLE.

use crate::harness::{Asked, Referee, check, check_random, check_step, mutate, steps, vectors};
use alloy_primitives::{B256, Bytes, keccak256};
use autonet_ml_precompiles::{
    Draw, MAX_DRAWS, Operation, Request,
    commitment::{Frontier, leaf_hash, levels, siblings},
};
use autonet_referee::{State, StepProof, Witness};
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
    fn samples()(
        seed: u64, counter in counter(), population in prop_oneof![1u32..60, 100u32..300], part in 0u32..80,
    ) -> Asked {
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
fn the_most_words_are_repeated() {
    let mut referee = Referee::deploy();
    let request = prng(3, LAST, MAX_DRAWS);
    let proofs = steps(&request);
    assert_eq!(proofs.last().expect("steps").after.frontier, request.answer().word());
    for place in [0, 1, 2_047, 2_048, proofs.len() - 2, proofs.len() - 1] {
        check_step(&mut referee, &proofs[place]);
    }
}

#[test]
fn whole_samples_of_many_tiles_are_repeated() {
    let mut referee = Referee::deploy();
    for (population, n) in [(1_000, 100), (257, 257), (512, 49)] {
        check(&mut referee, &sample(7, LAST, population, n));
    }
}

/// What SAMPLE holds between two steps, worked out without the steps before.
struct Sampling {
    draw: Draw,
    population: usize,
    n: usize,
    /// As the draws so far leave them: the numbers that are drawn stand in front, their own places keep what they had.
    numbers: Vec<u32>,
    drawn: Vec<u32>,
    done: usize,
}

impl Sampling {
    /// After `done` steps.
    fn after(draw: Draw, population: usize, n: usize, done: usize) -> Self {
        let mut sampling = Self { draw, population, n, numbers: (0..population as u32).collect(), drawn: vec![], done };
        for i in 0..sampling.draws() {
            let place = sampling.place(i);
            sampling.drawn.push(sampling.numbers[place]);
            sampling.numbers[place] = sampling.numbers[i];
        }
        sampling
    }

    /// Steps of the first phase.
    const fn first(&self) -> usize {
        self.population.div_ceil(16)
    }

    const fn draws(&self) -> usize {
        self.done.saturating_sub(self.first())
    }

    fn place(&self, i: usize) -> usize {
        let counter = self.draw.counter + i as u64;
        i + self.draw.below(counter, (self.population - i) as u32).expect("a word") as usize
    }

    fn tiles(words: &[u32]) -> Vec<Vec<u8>> {
        let tile = |words: &[u32]| {
            let mut tile: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
            tile.resize(1_024, 0);
            tile
        };
        words.chunks(16).map(tile).collect()
    }

    fn levels(&self) -> Vec<Vec<B256>> {
        levels(Self::tiles(&self.numbers).iter().map(|tile| leaf_hash(tile)).collect())
    }

    /// The result's tiles so far, or those of the numbers.
    fn frontier(&self) -> Frontier {
        let words = match self.done.checked_sub(self.first()) {
            None => &self.numbers[..16 * self.done],
            Some(draws) if draws == self.n => &self.drawn[..],
            Some(draws) => &self.drawn[..draws / 16 * 16],
        };
        let mut frontier = Frontier::default();
        Self::tiles(words).iter().for_each(|tile| frontier.push(leaf_hash(tile)));
        frontier
    }

    fn carried(&self) -> Vec<u8> {
        let open = self.done >= self.first() && self.draws() < self.n;
        let root = self.levels().last().expect("a root")[0];
        let words = self.drawn.iter().skip(self.draws() / 16 * 16).flat_map(|word| word.to_be_bytes());
        if open { root.0.into_iter().chain(words).collect() } else { Vec::new() }
    }

    fn state(&self, request: &[u8]) -> State {
        let frontier = self.frontier();
        let ended = self.done == self.first() + self.n;
        State {
            step: self.done as u64,
            carry: keccak256(self.carried()),
            frontier: if ended { frontier.root() } else { keccak256(frontier.peaks().concat()) },
            ..State::initial(request)
        }
    }

    /// The next step.
    fn proof(self, request: &[u8]) -> StepProof {
        let mut tiles = Vec::new();
        let i = self.draws();
        if self.done >= self.first() {
            let levels = self.levels();
            for index in [i / 16, self.place(i) / 16] {
                tiles.extend_from_slice(&Self::tiles(&self.numbers)[index]);
                tiles.extend(siblings(&levels, index).concat());
            }
        }
        let appends = self.done < self.first() || (i + 1).is_multiple_of(16) || i + 1 == self.n;
        let peaks = if appends { self.frontier().peaks().concat() } else { Vec::new() };
        let witness = Witness {
            request: request.to_vec().into(),
            operands: Bytes::new(),
            carried: self.carried().into(),
            peaks: peaks.into(),
            tiles: tiles.into(),
        };
        let before = self.state(request);
        let after = Self::after(self.draw, self.population, self.n, self.done + 1).state(request);
        StepProof { before, witness, after }
    }
}

/// Some steps of a sample, from states that are worked out without those before them.
fn jump(seed: u64, population: usize, n: usize, at: impl IntoIterator<Item = usize>) -> Vec<StepProof> {
    let draw = draw(seed, LAST);
    let Request::Operate(operation) = sample(seed, LAST, population as u32, n as u32) else { unreachable!() };
    let request = Request::Operate(operation.try_map(|_| Ok::<_, ()>(B256::ZERO)).expect("no operands")).encode();
    at.into_iter().map(|done| Sampling::after(draw, population, n, done).proof(&request)).collect()
}

#[test]
fn samples_are_what_they_are_worked_out_to_be() {
    for (population, n) in [(1usize, 1), (16, 16), (40, 33), (100, 20)] {
        let count = population.div_ceil(16) + n;
        assert_eq!(jump(8, population, n, 0..count), steps(&sample(8, LAST, population as u32, n as u32)));
    }
}

#[test]
fn steps_of_the_largest_samples_are_repeated() {
    let mut referee = Referee::deploy();
    let population = MAX_DRAWS as usize;
    for n in [population, 40_000, 1] {
        let (first, last) = (population / 16, population / 16 + n - 1);
        let numbers = [0, 1, first / 2 - 1, first / 2, first - 2, first - 1];
        let draws =
            [first, first + 1, first + 15, first + n / 2, (first + n / 2) | 15, last - n.min(16), last - 1, last];
        for done in numbers.into_iter().chain(draws.into_iter().filter(|done| (first..=last).contains(done))) {
            let proof = jump(9, population, n, [done]).remove(0);
            check_step(&mut referee, &proof);
            mutate(&mut referee, &proof, &[]);
            if done == last {
                assert_eq!(proof.after.frontier, sample(9, LAST, MAX_DRAWS, n as u32).answer().word());
            }
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
