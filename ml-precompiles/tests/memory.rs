//! What operations need beside their operands and their result: counted, where it could be large.

#![allow(unsafe_code)]

#[path = "support/counting.rs"]
mod counting;

use autonet_ml_precompiles::{Heads, Operation, Tensor, Window};
use counting::held_by;
use std::sync::{Mutex, PoisonError};

/// One test at a time.
static ALONE: Mutex<()> = Mutex::new(());

fn i8s(dims: &[u32]) -> Tensor {
    Tensor::from_i8(dims, vec![1; dims.iter().product::<u32>() as usize]).expect("a tensor")
}

fn requant(n: u32) -> Tensor {
    let rows = [1 << 30, 40, 0].map(|value| vec![value; n as usize]);
    Tensor::from_i32(&[3, n], rows.concat()).expect("a tensor")
}

/// The most that `operation` holds at a time beside its operands and its result.
fn beside(operation: &Operation<&Tensor>) -> usize {
    let (result, held) = held_by(|| operation.apply().expect("sound"));
    held - result.shape().size_bytes()
}

const MIB: usize = 1 << 20;

#[test]
fn a_product_holds_its_accumulators() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let (x, weights, constants) = (i8s(&[4_096, 2]), i8s(&[2, 4_096]), requant(4_096));
    let held = beside(&Operation::matmul(&x, &weights, None, Some(&constants)));
    assert!((60 * MIB..68 * MIB).contains(&held), "{held}");
}

#[test]
fn a_convolution_holds_its_taps_and_accumulators() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let window = Window { image: [128, 128], kernel: [2, 2], stride: [1, 1], before: [1, 0], after: [0, 1] };
    let (x, weights) = (i8s(&[16_384, 1_024]), i8s(&[4_096, 1]));
    let held = beside(&Operation::conv2d(window, 0, &x, &weights, None, None));
    assert!((60 * MIB..68 * MIB).contains(&held), "{held}");
}

#[test]
fn attention_holds_a_part_of_its_accumulators() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let (x, one) = (i8s(&[4_096, 2]), requant(1));
    let heads = Heads { heads: 1, tokens: 4_096, depth: 2 };
    let held = beside(&Operation::scores(heads, [0, 0], &x, &x, &one));
    assert!(held < 20 * MIB, "{held}");

    let (p, v, constants) = (i8s(&[128, 128]), i8s(&[128, 65_536]), requant(65_536));
    let heads = Heads { heads: 1, tokens: 128, depth: 65_536 };
    let held = beside(&Operation::mix(heads, 0, &p, &v, &constants));
    assert!(held < 20 * MIB, "{held}");
}

#[test]
fn updates_hold_nothing_large() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let update = Tensor::from_i32(&[1 << 8, 1 << 10], vec![-7; 1 << 18]).expect("a tensor");
    let averaged = beside(&Operation::fedavg(vec![(3, &update); 64]).expect("updates"));
    let trimmed = beside(&Operation::trimmed_mean(8, vec![&update; 64]).expect("updates"));
    assert!(averaged.max(trimmed) < 4 * MIB, "{averaged} {trimmed}");
}
