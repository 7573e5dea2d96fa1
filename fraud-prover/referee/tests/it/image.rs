//! ADD_I8, POOL and GATHER.

use crate::harness::{Asked, Referee, bytes, check, check_random, i8s, i32s, numbers, steps, vectors};
use autonet_ml_precompiles::{Operation, Pooling, Request, Window};
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
            println!("ADD_I8: {:?}", check(&mut referee, &add(3, dims, constants)));
        }
        for constants in [[MAX + 1, 0, 0, 1], [0, -MAX - 1, 0, 1], [0, 0, i32::MIN, 1], [0, 0, 0, 0], [0, 0, 0, 31]] {
            let request = add(4, dims, constants);
            assert!(steps(&request).iter().all(|proof| proof.after.failed));
            check(&mut referee, &request);
        }
    }
}

/// `indices` of a table of `[r, c]`, I8 or I32.
fn gather(seed: u64, [r, c]: [usize; 2], wide: bool, indices: Vec<i32>, column: bool) -> Asked {
    let dims = [r as u32, c as u32];
    let table = if wide {
        i32s(&dims, numbers(seed, r * c).into_iter().map(|number| number as i32).collect())
    } else {
        i8s(&dims, bytes(seed, r * c, -128))
    };
    let m = indices.len() as u32;
    let dims = [m, 1];
    let indices = i32s(if column { &dims } else { &dims[..1] }, indices);
    Request::Operate(Operation::gather(table, indices))
}

/// Indices in range.
fn indices(seed: u64, r: usize, m: usize) -> Vec<i32> {
    numbers(seed, m).into_iter().map(|number| (number as usize % r) as i32).collect()
}

prop_compose! {
    fn gathers()(
        seed: u64, table in [1usize..400, 1usize..36], wide: bool, m in 1usize..40, column: bool,
        spoilt in 0..6, place: usize,
    ) -> Asked {
        let mut indices = indices(seed, table[0], m);
        match spoilt {
            0 => indices[place % m] = table[0] as i32,
            1 => indices[place % m] = -1 - (place % 3) as i32,
            2 => indices[place % m] = i32::MIN,
            _ => {}
        }
        gather(seed >> 1, table, wide, indices, column)
    }
}

#[test]
fn every_step_of_a_gathering_is_repeated() {
    check_random(32, gathers());
}

#[test]
fn gatherings_at_their_edges_are_repeated() {
    let mut referee = Referee::deploy();
    for (wide, column) in [(false, false), (false, true), (true, false), (true, true)] {
        for m in [1, 15, 16, 17, 33] {
            // The first row, the last row, and the same ones again.
            let indices = (0..m).map(|row| [0, 299, 299, 16, 15][row % 5]).collect();
            check(&mut referee, &gather(5, [300, 17], wide, indices, column));
            check(&mut referee, &gather(6, [1, 1], wide, vec![0; m], column));
        }
    }
}

#[test]
fn an_index_out_of_range_fails() {
    let mut referee = Referee::deploy();
    for index in [40, -1, i32::MIN, i32::MAX, 1 << 16, -(1 << 16)] {
        for place in [0, 7, 15, 16, 19] {
            let mut indices = indices(8, 40, 20);
            indices[place] = index;
            let request = gather(9, [40, 3], true, indices, false);
            let failed: Vec<bool> = steps(&request).iter().map(|proof| proof.after.failed).collect();
            assert_eq!(failed, [place < 16, true]);
            check(&mut referee, &request);
        }
    }
}

/// A pooling of `images` images.
fn pool(seed: u64, pooling: Pooling, window: Window, images: u32, channels: u32, shift: u32) -> Asked {
    let rows = images * window.image[0] * window.image[1];
    let values = bytes(seed, (rows * channels) as usize, -128).into_iter().map(|value| value >> shift);
    Request::Operate(Operation::pool(pooling, window, i8s(&[rows, channels], values.collect())))
}

prop_compose! {
    fn windows()(
        image in [1u32..9, 1u32..9], kernel in [1u32..6, 1u32..6], stride in [1u32..4, 1u32..4],
        before in [0u32..5, 0u32..5], after in [0u32..5, 0u32..5],
    ) -> Window {
        let pad = |side: [u32; 2]| [0, 1].map(|axis| {
            let most = kernel[axis] - 1;
            // A kernel larger than its image needs its pads.
            if kernel[axis] > image[axis] { most } else { side[axis].min(most) }
        });
        Window { image, kernel, stride, before: pad(before), after: pad(after) }
    }
}

prop_compose! {
    fn poolings()(
        seed: u64, mean: bool, window in windows(), images in 1u32..4, channels in 1u32..20, shift in 0u32..8,
    ) -> Asked {
        pool(seed, if mean { Pooling::Mean } else { Pooling::Max }, window, images, channels, shift)
    }
}

#[test]
fn every_step_of_a_pooling_is_repeated() {
    check_random(24, poolings());
}

#[test]
fn poolings_at_their_edges_are_repeated() {
    let mut referee = Referee::deploy();
    for pooling in [Pooling::Max, Pooling::Mean] {
        // All of an image, one pixel of it, and kernels far beyond it on one side or both.
        check(&mut referee, &pool(1, pooling, Window::whole([5, 7]), 3, 17, 0));
        check(&mut referee, &pool(2, pooling, Window::whole([1, 1]), 33, 16, 0));
        for (before, after) in [([4, 4], [4, 4]), ([4, 0], [0, 4]), ([2, 2], [2, 2])] {
            let window = Window { image: [5, 5], kernel: [5, 5], stride: [2, 3], before, after };
            check(&mut referee, &pool(3, pooling, window, 2, 3, 0));
        }
        // The ends of the range, and halves.
        for value in [-128, -1, 0, 1, 127] {
            let window = Window { image: [3, 3], kernel: [2, 2], stride: [1, 1], before: [1, 1], after: [1, 1] };
            let x = i8s(&[9, 2], vec![value; 18]);
            check(&mut referee, &Request::Operate(Operation::pool(pooling, window, x)));
            let x = i8s(&[9, 2], (0..18).map(|place| if place % 3 == 0 { value } else { 0 }).collect());
            check(&mut referee, &Request::Operate(Operation::pool(pooling, window, x)));
        }
    }
}

#[test]
fn vectors_are_as_frozen() {
    let fine = steps(&add(6, [17, 3, 18], [90, -70, 300, 7]));
    let failing = steps(&add(7, [2, 2, 2], [1, 1, 0, 31]));
    vectors("add", fine.into_iter().chain(failing));
    let window = Window { image: [5, 6], kernel: [2, 3], stride: [1, 2], before: [1, 1], after: [0, 2] };
    let maxima = steps(&pool(8, Pooling::Max, window, 2, 3, 0));
    let means = steps(&pool(9, Pooling::Mean, window, 2, 3, 0));
    vectors("pool", maxima.into_iter().take(6).chain(means));
    let narrow = steps(&gather(11, [50, 17], false, indices(12, 50, 17), false));
    let wide = steps(&gather(13, [70, 3], true, indices(14, 70, 5), true));
    let failing = steps(&gather(15, [9, 2], false, vec![8, 9], true));
    vectors("gather", narrow.into_iter().chain(wide).chain(failing));
}
