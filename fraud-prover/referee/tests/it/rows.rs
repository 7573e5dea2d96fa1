//! SOFTMAX_I8 and LAYERNORM_I8.

use crate::harness::{Asked, Referee, bytes, check, check_random, check_step, i8s, i32s, numbers, steps, vectors};
use alloy_primitives::keccak256;
use autonet_ml_precompiles::{Operation, Request};
use autonet_referee::{Dispute, Refusal, State, Witness, repeat};
use proptest::prelude::*;

/// Terms of a softmax: falling, with both ends of the range among them.
fn exps(seed: u64) -> Vec<i32> {
    let entry = |(index, number): (usize, u32)| match number % 16 {
        0 => 65_535,
        1 => i32::from(index == 0),
        _ => (65_535 >> (index / 16)).max(1),
    };
    numbers(seed, 256).into_iter().enumerate().map(entry).collect()
}

/// `width` bits of each element are random: rows with little spread as well.
fn elements(seed: u64, count: usize, width: u32) -> Vec<i8> {
    bytes(seed, count, -128).into_iter().map(|value| value >> (8 - width)).collect()
}

fn softmax(seed: u64, [m, n]: [usize; 2], width: u32, table: Vec<i32>) -> Asked {
    let x = i8s(&[m as u32, n as u32], elements(seed, m * n, width));
    Request::Operate(Operation::softmax(x, i32s(&[256], table)))
}

prop_compose! {
    fn softmaxes()(
        seed: u64, dims in [1usize..40, 1usize..40], width in 1u32..=8, spoilt in 0..6, place in 1usize..256,
    ) -> Asked {
        let mut table = exps(seed >> 1);
        match spoilt {
            0 => table[place] = 65_536,
            1 => table[place] = -1,
            2 => table[0] = 0,
            _ => {}
        }
        softmax(seed, dims, width, table)
    }
}

#[test]
fn every_step_of_a_softmax_is_repeated() {
    check_random(16, softmaxes());
}

#[test]
fn small_sums_are_rounded_alike() {
    let mut referee = Referee::deploy();
    // Shares of 1/n: 127/3 is 42 and a third.
    for n in 1..=17 {
        let x = i8s(&[1, n], vec![5; n as usize]);
        check(&mut referee, &Request::Operate(Operation::softmax(x, i32s(&[256], vec![1; 256]))));
    }
}

#[test]
fn a_softmax_of_the_longest_rows_is_within_the_limits() {
    let mut referee = Referee::deploy();
    // The largest sum there is, 65,536 times 65,535.
    let n = 65_536;
    let x = i8s(&[17, n], vec![-128; 17 * n as usize]);
    let request = Request::Operate(Operation::softmax(x, i32s(&[256], vec![65_535; 256])));
    let mut dispute = Dispute::new(&request).expect("fits");
    let along = u64::from(n / 16);
    for step in 0..=3 * along {
        let proof = dispute.advance().expect("a step").expect("not the last");
        if [0, along - 1, along, 2 * along - 1, 2 * along, 3 * along - 1, 3 * along].contains(&step) {
            println!("SOFTMAX_I8 step {step}: {:?}", check_step(&mut referee, &proof));
        }
    }
}

/// Constants with every shift, and factors and offsets of any size.
fn scales(seed: u64, n: usize) -> Vec<i32> {
    let random = numbers(seed, 3 * n);
    let constants = random.iter().enumerate().map(|(index, &number)| match (index / n, number % 8) {
        (2, _) => 17 + (number >> 8) as i32 % 30,
        (_, 0) => i32::MIN,
        (_, 1) => i32::MAX,
        _ => number as i32 >> (number >> 8 & 15),
    });
    constants.collect()
}

fn layernorm(seed: u64, [m, n]: [usize; 2], width: u32, constants: Vec<i32>) -> Asked {
    let x = i8s(&[m as u32, n as u32], elements(seed, m * n, width));
    Request::Operate(Operation::layernorm(x, i32s(&[3, n as u32], constants)))
}

prop_compose! {
    fn layernorms()(
        seed: u64, dims in [1usize..40, 1usize..40], width in 1u32..=8, spoilt in 0..6, place: usize,
    ) -> Asked {
        let n = dims[1];
        let mut constants = scales(seed >> 1, n);
        match spoilt {
            0 => constants[2 * n + place % n] = 47,
            1 => constants[2 * n + place % n] = 16,
            2 => constants[2 * n + place % n] = -20,
            _ => {}
        }
        layernorm(seed, dims, width, constants)
    }
}

#[test]
fn every_step_of_a_normalisation_is_repeated() {
    check_random(16, layernorms());
}

#[test]
fn normalisations_without_spread_or_with_the_most_are_repeated() {
    let mut referee = Referee::deploy();
    for (x, n) in [(vec![-128], 1), (vec![5; 34], 17), (vec![-128, 127], 2), (vec![0; 40], 20)] {
        let request = Operation::layernorm(i8s(&[x.len() as u32 / n, n], x), i32s(&[3, n], scales(3, n as usize)));
        check(&mut referee, &Request::Operate(request));
    }
    // The longest row, half of it at each end: the largest spread.
    let n = 65_536;
    let x = (0..n).map(|index| if index % 2 == 0 { -128 } else { 127 }).collect();
    let request = Request::Operate(Operation::layernorm(i8s(&[1, n], x), i32s(&[3, n], scales(4, n as usize))));
    let proofs = steps(&request);
    assert_eq!(proofs.last().expect("steps").after.frontier, request.answer().word());
    for index in [0, 4_095, 4_096, 6_000, 8_191] {
        println!("LAYERNORM_I8 step {index}: {:?}", check_step(&mut referee, &proofs[index]));
    }
}

#[test]
fn the_largest_reciprocal_has_31_bits() {
    // A spread of just 2^17, and elements half way between two normalised values: 2^31 would round up what 2^31 - 1 does not.
    let runs = [(65, 64), (63, 64), (64, 896), (-64, 1_023), (-63, 1)];
    let x = runs.into_iter().flat_map(|(value, count)| vec![value; count]).collect();
    let n = 2_048;
    let constants = [1, 0, 17].into_iter().flat_map(|constant| vec![constant; n as usize]).collect();
    let request = Request::Operate(Operation::layernorm(i8s(&[1, n], x), i32s(&[3, n], constants)));
    check(&mut Referee::deploy(), &request);
}

#[test]
fn invented_sums_are_refused() {
    let mut referee = Referee::deploy();
    let normalisation = steps(&layernorm(8, [3, 40], 8, scales(9, 40)));
    let softmax = steps(&softmax(10, [3, 40], 8, exps(11)));
    let large = (1u64 << 23) + 1;
    let invented = [
        (&normalisation[1], [large.to_be_bytes(), [0; 8]].concat().repeat(16)),
        (&normalisation[1], [large.wrapping_neg().to_be_bytes(), [0; 8]].concat().repeat(16)),
        (&normalisation[1], [[0; 8], ((1u64 << 30) + 1).to_be_bytes()].concat().repeat(16)),
        // A sum without squares.
        (&normalisation[3], [1u64.to_be_bytes(), [0; 8]].concat().repeat(16)),
        // A maximum below the elements; no sum; a sum that does not fit.
        (&softmax[3], vec![0; 80]),
        (&softmax[6], [255, 0, 0, 0, 0].repeat(16)),
        (&softmax[3], [255; 80].to_vec()),
    ];
    for (proof, carried) in invented {
        let state = State { carry: keccak256(&carried), ..proof.before.clone() };
        let witness = Witness { carried: carried.into(), ..proof.witness.clone() };
        assert_eq!(repeat(&state, &witness), Err(Refusal::Carried));
        assert!(referee.step(&state, &witness).is_err());
    }
}

#[test]
fn vectors_are_as_frozen() {
    let failing = {
        let mut table = exps(3);
        table[100] = 70_000;
        steps(&softmax(3, [2, 3], 8, table))
    };
    let nothing = {
        let mut table = exps(12);
        table[0] = 0;
        steps(&softmax(12, [1, 1], 8, table))
    };
    // Nothing is carried from one band to the next.
    let bands = steps(&softmax(13, [17, 1], 8, exps(14)));
    let all = [steps(&softmax(1, [2, 17], 6, exps(2))), failing, nothing, bands];
    vectors("softmax", all.into_iter().flatten());
    let failing = {
        let mut constants = scales(7, 3);
        constants[7] = 50;
        steps(&layernorm(6, [2, 3], 8, constants))
    };
    vectors("layernorm", steps(&layernorm(4, [18, 17], 7, scales(5, 17))).into_iter().chain(failing));
}
