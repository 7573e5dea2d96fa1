//! COSINE_GE, FEDAVG, TRIMMED_MEAN and APPLY_DELTA.

use crate::harness::{Asked, Referee, bytes, check, check_random, i8s, i32s, numbers, steps, vectors};
use autonet_ml_precompiles::{Operation, Ratio, Request, Tensor};
use proptest::prelude::*;
use std::sync::Arc;

/// Numbers of all magnitudes, both ends among them.
fn wide(seed: u64, dims: &[u32]) -> Arc<Tensor> {
    let count = dims.iter().map(|dim| *dim as usize).product();
    let value = |number: u32| match number % 8 {
        0 => i32::MIN,
        1 => i32::MAX,
        2 => (number >> 8) as i32 % 3,
        _ => number as i32 >> (number % 31),
    };
    i32s(dims, numbers(seed, count).into_iter().map(value).collect())
}

fn apply_delta(seed: u64, dims: &[u32], ratio: Ratio) -> Asked {
    Request::Operate(Operation::apply_delta(ratio, wide(seed, dims), wide(seed + 1, dims)))
}

fn updates(seed: u64, dims: &[u32], count: usize) -> impl Iterator<Item = Arc<Tensor>> {
    (seed..).take(count).map(|seed| wide(seed, dims))
}

fn fedavg(seed: u64, dims: &[u32], weights: &[u64]) -> Asked {
    let updates = weights.iter().copied().zip(updates(seed, dims, weights.len()));
    Request::Operate(Operation::fedavg(updates).expect("weights"))
}

fn trimmed_mean(seed: u64, dims: &[u32], count: usize, trim: u32) -> Asked {
    Request::Operate(Operation::trimmed_mean(trim, updates(seed, dims, count)).expect("updates"))
}

/// Rows of which some are alike, some opposite, and some zero.
fn cosine(seed: u64, rows: usize, cols: usize, ratio: Ratio) -> Asked {
    let dims = [rows as u32, cols as u32];
    let a = bytes(seed, rows * cols, -128);
    let b = bytes(seed + 1, rows * cols, -128).into_iter().zip(&a).enumerate().map(|(place, (b, a))| {
        match place / cols % 5 {
            0 => *a,
            1 => a.saturating_neg(),
            2 => 0,
            3 => (i16::from(*a) * 3 / 4 + i16::from(b) / 4) as i8,
            _ => b,
        }
    });
    let b = i8s(&dims, b.collect());
    Request::Operate(Operation::cosine_ge(ratio, i8s(&dims, a), b))
}

const LARGEST: u32 = i32::MAX as u32;

fn dims() -> impl Strategy<Value = Vec<u32>> {
    prop_oneof![
        proptest::collection::vec(1u32..20, 1..=2),
        proptest::collection::vec(1u32..5, 3..=4),
        (1u32..50).prop_map(|n| vec![n]),
    ]
}

fn part() -> impl Strategy<Value = u32> {
    prop_oneof![1u32..20, 1..=LARGEST, Just(1), Just(LARGEST)]
}

fn weight() -> impl Strategy<Value = u64> {
    prop_oneof![0u64..5, any::<u64>(), Just(u64::MAX)]
}

prop_compose! {
    fn deltas()(seed: u64, dims in dims(), n in part(), d in part()) -> Asked {
        apply_delta(seed >> 1, &dims, Ratio { n, d })
    }
}

prop_compose! {
    fn means()(seed: u64, dims in dims(), weights in proptest::collection::vec(weight(), 1..6)) -> Asked {
        let mut weights = weights;
        weights[0] = weights[0].max(1);
        fedavg(seed >> 1, &dims, &weights)
    }
}

prop_compose! {
    fn trimmed()(seed: u64, dims in dims(), count in 1usize..6, trim in 0usize..3) -> Asked {
        trimmed_mean(seed >> 1, &dims, count, trim.min((count - 1) / 2) as u32)
    }
}

prop_compose! {
    fn cosines()(seed: u64, rows in 1usize..40, cols in 1usize..50, d in 1..=u32::MAX, percent in 1u64..=100) -> Asked {
        let n = (u64::from(d) * percent).div_ceil(100) as u32;
        cosine(seed >> 1, rows, cols, Ratio { n, d })
    }
}

#[test]
fn every_step_of_a_delta_is_repeated() {
    check_random(24, deltas());
}

#[test]
fn every_step_of_a_weighted_mean_is_repeated() {
    check_random(24, means());
}

#[test]
fn every_step_of_a_trimmed_mean_is_repeated() {
    check_random(16, trimmed());
}

#[test]
fn every_step_of_a_cosine_is_repeated() {
    check_random(24, cosines());
}

#[test]
fn cosines_at_their_edges_are_repeated() {
    let mut referee = Referee::deploy();
    let whole = Ratio { n: u32::MAX, d: u32::MAX };
    // The same row at the largest ratio is just enough; the largest values, both ways.
    for (a, b) in [(-128, -128), (-128, 127), (1, 1), (0, 0)] {
        let [a, b] = [a, b].map(|value| i8s(&[17, 40], vec![value; 680]));
        check(&mut referee, &Request::Operate(Operation::cosine_ge(whole, a, b)));
    }
    check(&mut referee, &cosine(1, 16, 16, Ratio { n: 1, d: 1 }));
}

#[test]
fn the_most_updates_are_within_the_limits() {
    let mut referee = Referee::deploy();
    let most = [u64::MAX; 64];
    println!("FEDAVG of 64: {:?}", check(&mut referee, &fedavg(1, &[1, 1, 16, 16], &most)));
    println!("TRIMMED_MEAN of 64: {:?}", check(&mut referee, &trimmed_mean(2, &[1, 1, 16, 16], 64, 0)));
    // As many bytes that are not zero as there can be, and equal values.
    let alike = (0..64).map(|_| i32s(&[1, 1, 16, 16], vec![0x0101_0101; 256]));
    let alike = Request::Operate(Operation::trimmed_mean(0, alike).expect("updates"));
    println!("TRIMMED_MEAN of 64 alike: {:?}", check(&mut referee, &alike));
}

#[test]
fn vectors_are_as_frozen() {
    vectors("apply_delta", steps(&apply_delta(1, &[3, 18], Ratio { n: 5, d: 3 })));
    vectors("fedavg", steps(&fedavg(2, &[2, 17], &[3, u64::MAX, 0])));
    vectors("trimmed_mean", steps(&trimmed_mean(3, &[7, 5], 3, 1)));
    vectors("cosine_ge", steps(&cosine(4, 18, 17, Ratio { n: 4, d: 5 })));
}
