//! LUT8.

use crate::harness::{Asked, Referee, bytes, check, check_random, i8s, steps, vectors};
use autonet_ml_precompiles::{Operation, Request};
use proptest::prelude::*;

fn lut8(seed: u64, dims: &[u32]) -> Asked {
    let elements = dims.iter().map(|dim| *dim as usize).product();
    let (x, table) = (bytes(seed, elements, -128), bytes(seed + 1, 256, -128));
    Request::Operate(Operation::lut8(i8s(dims, x), i8s(&[256], table)))
}

prop_compose! {
    fn tables()(seed: u64, dims in proptest::collection::vec(1u32..8, 1..=4), long in 1u32..50) -> Asked {
        lut8(seed >> 1, &[&dims[1..], &[long]].concat())
    }
}

#[test]
fn every_step_of_a_table_is_repeated() {
    check_random(24, tables());
}

#[test]
fn a_table_on_a_full_tile_is_repeated() {
    check(&mut Referee::deploy(), &lut8(1, &[16, 16]));
}

#[test]
fn vectors_are_as_frozen() {
    vectors("lut8", steps(&lut8(5, &[2, 9, 17])));
}
