//! METRIC.

use crate::harness::{Asked, Referee, bytes, check, check_random, i8s, i32s, numbers, steps, vectors};
use autonet_ml_precompiles::{Metric, Request};
use proptest::prelude::*;

/// Predictions with ties and both ends among them, and truth that is often right.
fn hits(seed: u64, rows: usize, cols: usize, wide: bool) -> Asked {
    let dims = [rows as u32, cols as u32];
    let random = numbers(seed, rows * cols);
    let predictions = if wide {
        let ends = [i32::MIN, i32::MAX, 0, -1];
        i32s(&dims, random.iter().map(|n| if n % 3 == 0 { ends[*n as usize / 3 % 4] } else { *n as i32 }).collect())
    } else {
        i8s(&dims, random.iter().map(|n| if n % 3 == 0 { 127 } else { *n as i8 }).collect())
    };
    let label = |number: u32| if number.is_multiple_of(5) { -1 } else { (number % cols.min(3) as u32) as i8 };
    let truth = i8s(&dims[..1], numbers(seed + 1, rows).into_iter().map(label).collect());
    Request::Measure { metric: Metric::ArgmaxHits, predictions, truth }
}

fn pairs(seed: u64, rows: usize, cols: usize, metric: Metric) -> Asked {
    let dims = [rows as u32, cols as u32];
    let predictions = bytes(seed, rows * cols, -128);
    let truth = numbers(seed + 1, rows * cols).into_iter().zip(&predictions);
    let truth = truth.map(|(number, p)| if number.is_multiple_of(2) { *p & 1 } else { number as i8 });
    let truth = i8s(&dims, truth.collect());
    let predictions = i8s(&dims, predictions.iter().map(|p| if p % 3 == 0 { *p } else { p & 1 }).collect());
    Request::Measure { metric, predictions, truth }
}

prop_compose! {
    fn metrics()(seed: u64, kind in 0..4, rows in 1usize..50, cols in 1usize..60) -> Asked {
        match kind {
            0 => hits(seed >> 1, rows, cols, false),
            1 => hits(seed >> 1, rows, cols, true),
            2 => pairs(seed >> 1, rows, cols, Metric::MseQ32Floor),
            _ => pairs(seed >> 1, rows, cols, Metric::Matches),
        }
    }
}

#[test]
fn every_step_of_a_metric_is_repeated() {
    check_random(32, metrics());
}

#[test]
fn metrics_at_their_edges_are_repeated() {
    let mut referee = Referee::deploy();
    for (rows, cols) in [(1, 1), (16, 16), (17, 128), (33, 17)] {
        for wide in [false, true] {
            println!("hits: {:?}", check(&mut referee, &hits(9, rows, cols, wide)));
        }
    }
    let ends = |p: i8, t: i8| {
        let (predictions, truth) = (i8s(&[20, 20], vec![p; 400]), i8s(&[20, 20], vec![t; 400]));
        Request::Measure { metric: Metric::MseQ32Floor, predictions, truth }
    };
    check(&mut referee, &ends(-128, 127));
    check(&mut referee, &ends(127, -128));
}

#[test]
fn vectors_are_as_frozen() {
    let all = [
        hits(1, 18, 20, false),
        hits(2, 3, 18, true),
        pairs(3, 17, 3, Metric::MseQ32Floor),
        pairs(4, 4, 17, Metric::Matches),
    ];
    vectors("metric", all.iter().flat_map(steps));
}
