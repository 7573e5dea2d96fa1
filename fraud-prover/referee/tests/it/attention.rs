//! SCORES_I8 and MIX_I8.

use crate::{
    harness::{Asked, Referee, bytes, check, check_random, check_step, i8s, i32s, steps, vectors},
    product::constants,
};
use autonet_ml_precompiles::{Heads, Operation, Request};
use autonet_referee::StepProof;
use proptest::prelude::*;

/// Sequences and heads, and the columns before q or p's first and after its last, then k's or v's.
#[derive(Clone, Copy, Debug)]
struct Dims {
    sequences: usize,
    heads: usize,
    tokens: usize,
    depth: usize,
    before: [usize; 2],
    after: [usize; 2],
}

impl Dims {
    const fn new([sequences, heads, tokens, depth]: [usize; 4], before: [usize; 2], after: [usize; 2]) -> Self {
        Self { sequences, heads, tokens, depth, before, after }
    }

    const fn heads(&self) -> Heads {
        Heads { heads: self.heads as u32, tokens: self.tokens as u32, depth: self.depth as u32 }
    }

    const fn rows(&self) -> usize {
        self.sequences * self.tokens
    }

    const fn width(&self, index: usize) -> usize {
        self.before[index] + self.heads * self.depth + self.after[index]
    }

    fn scores(&self, seed: u64, constants: Vec<i32>) -> Asked {
        let [q, k] = [0, 1].map(|index| {
            let dims = [self.rows(), self.width(index)];
            i8s(&dims.map(|dim| dim as u32), bytes(seed + index as u64, dims[0] * dims[1], -128))
        });
        let constants = i32s(&[3, self.heads as u32], constants);
        Request::Operate(Operation::scores(self.heads(), self.before.map(|first| first as u32), q, k, constants))
    }

    fn mix(&self, seed: u64, constants: Vec<i32>) -> Asked {
        let [p, v] = [[self.rows() * self.heads, self.tokens], [self.rows(), self.width(1)]]
            .map(|dims| i8s(&dims.map(|dim| dim as u32), bytes(seed + dims[0] as u64, dims[0] * dims[1], -128)));
        let constants = i32s(&[3, (self.heads * self.depth) as u32], constants);
        Request::Operate(Operation::mix(self.heads(), self.before[1] as u32, p, v, constants))
    }
}

/// Constants for `n` columns, one of them out of range for some of `spoilt`.
fn columns(seed: u64, n: usize, spoilt: usize, place: usize) -> Vec<i32> {
    let mut constants = constants(seed, n);
    match spoilt {
        0 => constants[place % n] = (1 << 30) - 1,
        1 => constants[n + place % n] = 30,
        2 => constants[2 * n + place % n] = 128,
        _ => {}
    }
    constants
}

prop_compose! {
    fn dims()(
        sizes in prop_oneof![
            [1usize..4, 1usize..4, 1usize..20, 1usize..20],
            [1usize..3, 1usize..20, 1usize..6, 1usize..4],
            [1usize..2, 1usize..3, 17usize..40, 1usize..40],
        ],
        before in [0usize..40, 0usize..40],
        after in [0usize..20, 0usize..20],
    ) -> Dims {
        Dims::new(sizes, before, after)
    }
}

prop_compose! {
    fn attentions()(dims in dims(), seed: u64, spoilt in 0usize..8, place: usize, mix: bool) -> Asked {
        let seed = seed >> 1;
        if mix {
            dims.mix(seed, columns(seed, dims.heads * dims.depth, spoilt, place))
        } else {
            dims.scores(seed, columns(seed, dims.heads, spoilt, place))
        }
    }
}

#[test]
fn every_step_of_attention_is_repeated() {
    check_random(24, attentions());
}

#[test]
fn attention_at_its_edges_is_repeated() {
    let mut referee = Referee::deploy();
    for (sizes, before) in [
        ([1, 1, 1, 1], [0, 0]),
        ([1, 1, 16, 16], [0, 16]),
        ([2, 17, 1, 1], [15, 31]),
        ([3, 2, 5, 17], [1, 15]),
        ([1, 2, 17, 16], [7, 9]),
    ] {
        let dims = Dims::new(sizes, before, [0, 3]);
        check(&mut referee, &dims.scores(1, constants(2, dims.heads)));
        check(&mut referee, &dims.mix(3, constants(4, dims.heads * dims.depth)));
    }
}

#[test]
fn sums_of_the_largest_values_do_not_overflow() {
    let mut referee = Referee::deploy();
    let depth = 65_536;
    let heads = Heads { heads: 1, tokens: 1, depth };
    let lowest = i8s(&[1, depth], vec![-128; depth as usize]);
    let constants = i32s(&[3, 1], vec![1 << 30, 62, -1]);
    let request = Request::Operate(Operation::scores(heads, [0, 0], lowest.clone(), lowest, constants));
    let proofs = steps(&request);
    assert_eq!(proofs.last().expect("steps").after.frontier, request.answer().word());
    for proof in [&proofs[0], &proofs[4_095]] {
        check_step(&mut referee, proof);
    }
}

/// All steps of a request, which end with its answer.
fn whole(request: &Asked) -> Vec<StepProof> {
    let proofs = steps(request);
    assert_eq!(proofs.last().expect("steps").after.frontier, request.answer().word());
    proofs
}

#[test]
fn vectors_are_as_frozen() {
    // Columns of a head across tiles; several heads in a tile.
    let dims = Dims::new([2, 2, 3, 17], [5, 9], [0, 4]);
    let few = Dims::new([1, 1, 2, 3], [0, 0], [0, 0]);
    let failing = whole(&few.scores(3, columns(3, 1, 1, 0)));
    // The second head's constants matter from its first row on, not before.
    let second = whole(&Dims::new([1, 2, 2, 3], [0, 0], [0, 0]).scores(9, columns(9, 2, 1, 1)));
    vectors("scores", whole(&dims.scores(1, constants(2, 2))).into_iter().chain(failing).chain(second));
    // Sums of two steps, in the second row of tiles.
    let dims = Dims::new([2, 3, 17, 7], [5, 9], [0, 4]);
    let some = steps(&dims.mix(4, constants(6, 21))).into_iter().skip(60).take(6);
    let failing = whole(&few.mix(5, columns(5, 3, 2, 1)));
    // Two tiles of the result, of three heads; rows of the second sequence.
    let small = Dims::new([2, 3, 2, 7], [5, 9], [0, 4]);
    let all = whole(&small.mix(7, constants(8, 21)));
    vectors("mix", all.into_iter().chain(some).chain(failing));
}
