//! ADD_I8.

use crate::harness::{Asked, Referee, bytes, check, check_random, i8s, i32s, steps, vectors};
use autonet_ml_precompiles::{Operation, Request};
use proptest::prelude::*;

/// `times` repetitions of `p` rows, `n` columns, constants as given.
fn add(seed: u64, [p, times, n]: [usize; 3], constants: [i32; 4]) -> Asked {
    let matrix = |seed, rows: usize| i8s(&[rows as u32, n as u32], bytes(seed, rows * n, -128));
    let constants = i32s(&[4], constants.to_vec());
    Request::Operate(Operation::add(matrix(seed, p * times), matrix(seed + 1, p), constants))
}

const MAX: i32 = (1 << 22) - 1;

fn add_constants() -> impl Strategy<Value = [i32; 4]> {
    prop_oneof![
        4 => (-300..300, -300..300, -9_000..9_000, 1..=12).prop_map(|(ma, mb, c, s)| [ma, mb, c, s]),
        2 => (-MAX..=MAX, -MAX..=MAX, -1i32 << 29..=1 << 29, 1..=30).prop_map(|(ma, mb, c, s)| [ma, mb, c, s]),
        1 => (0..4usize, 0..2usize).prop_map(|(place, side)| {
            let mut constants = [MAX, -MAX, 1 << 29, 30];
            constants[place] = [[1 << 22, 1 << 22, (1 << 29) + 1, 31], [-1 << 22, -1 << 22, -(1 << 29) - 1, 0]][side][place];
            constants
        }),
    ]
}

prop_compose! {
    fn sums()(
        seed: u64, shape in (1usize..40, 1usize..4, 1usize..36), few: bool, constants in add_constants(),
    ) -> Asked {
        let (p, times, n) = shape;
        // Few rows of b meet many of a.
        let (p, times) = if few { (p.div_ceil(10), 12 * times) } else { (p, times) };
        add(seed >> 1, [p, times, n], constants)
    }
}

#[test]
fn every_step_of_a_sum_is_repeated() {
    check_random(32, sums());
}

#[test]
fn sums_at_their_edges_are_repeated() {
    let mut referee = Referee::deploy();
    for dims in [[1, 1, 1], [1, 40, 3], [16, 2, 16], [17, 3, 17], [15, 3, 5], [31, 2, 33], [3, 11, 16]] {
        for constants in [[MAX, MAX, 1 << 29, 1], [-MAX, -MAX, -(1 << 29), 30], [100, -100, 7, 7], [1, 1, 0, 1]] {
            check(&mut referee, &add(3, dims, constants));
        }
        for constants in [[MAX + 1, 0, 0, 1], [0, -MAX - 1, 0, 1], [0, 0, i32::MIN, 1], [0, 0, 0, 0], [0, 0, 0, 31]] {
            let request = add(4, dims, constants);
            assert!(steps(&request).iter().all(|proof| proof.after.failed));
            check(&mut referee, &request);
        }
    }
}

#[test]
fn vectors_are_as_frozen() {
    let fine = steps(&add(6, [17, 3, 18], [90, -70, 300, 7]));
    let failing = steps(&add(7, [2, 2, 2], [1, 1, 0, 31]));
    vectors("add", fine.into_iter().take(6).chain(failing));
}
