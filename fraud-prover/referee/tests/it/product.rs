//! MATMUL_I8, CONV2D_I8 and REQUANT.

use crate::harness::{Asked, Referee, bytes, check, check_random, check_step, i8s, i32s, numbers, steps, vectors};
use autonet_ml_precompiles::{Operation, Request, Tensor, Window};
use proptest::prelude::*;
use std::sync::Arc;

/// Constants in range for `n` columns.
pub(crate) fn constants(seed: u64, n: usize) -> Vec<i32> {
    let random = numbers(seed, 3 * n);
    let rows = random.iter().enumerate().map(|(index, &number)| match index / n {
        0 => ((number >> 2) | 1 << 30) as i32,
        1 => [31, 36, 40, 44, 62, 38, 39, 41][number as usize % 8],
        _ => i32::from(number as i8),
    });
    rows.collect()
}

/// Bias up to 2^30, both ends among them.
pub(crate) fn biases(seed: u64, n: usize) -> Vec<i32> {
    let bias = |number: u32| match number % 8 {
        0 => 1 << 30,
        1 => -(1 << 30),
        _ => number as i32 >> 12,
    };
    numbers(seed, n).into_iter().map(bias).collect()
}

fn matmul(seed: u64, [m, k, n]: [usize; 3], bias: bool, requant: bool) -> [Option<Arc<Tensor>>; 4] {
    [
        Some(i8s(&[m as u32, k as u32], bytes(seed, m * k, -128))),
        Some(i8s(&[k as u32, n as u32], bytes(seed + 1, k * n, -127))),
        bias.then(|| i32s(&[n as u32], biases(seed + 2, n))),
        requant.then(|| i32s(&[3, n as u32], constants(seed + 3, n))),
    ]
}

fn asked([x, weights, bias, requant]: [Option<Arc<Tensor>>; 4]) -> Asked {
    Request::Operate(Operation::matmul(x.expect("x"), weights.expect("weights"), bias, requant))
}

/// With all operands.
pub(crate) fn whole(seed: u64, dims: [usize; 3]) -> Asked {
    asked(matmul(seed, dims, true, true))
}

/// Sets one element of an operand.
fn with_i8(tensor: &Option<Arc<Tensor>>, place: usize, value: i8) -> Option<Arc<Tensor>> {
    let tensor = tensor.as_ref()?;
    let mut data = tensor.as_i8()?.to_vec();
    let place = place % data.len();
    data[place] = value;
    Some(i8s(tensor.shape().dims(), data))
}

fn with_i32(tensor: &Option<Arc<Tensor>>, place: usize, value: i32) -> Option<Arc<Tensor>> {
    let tensor = tensor.as_ref()?;
    let mut data = tensor.as_i32()?.to_vec();
    let place = place % data.len();
    data[place] = value;
    Some(i32s(tensor.shape().dims(), data))
}

prop_compose! {
    fn products()(
        seed: u64, dims in [1usize..40, 1usize..70, 1usize..40], bias: bool, requant: bool,
        spoilt in 0..8, place: usize,
    ) -> Asked {
        let [x, mut weights, mut bias, mut requant] = matmul(seed >> 1, dims, bias, requant);
        let n = dims[2];
        match spoilt {
            0 => weights = with_i8(&weights, place, -128),
            1 => bias = with_i32(&bias, place, (1 << 30) + 1),
            2 => bias = with_i32(&bias, place, i32::MIN),
            3 => requant = with_i32(&requant, place % n, (1 << 30) - 1),
            4 => requant = with_i32(&requant, n + place % n, 63),
            5 => requant = with_i32(&requant, 2 * n + place % n, 128),
            _ => {}
        }
        asked([x, weights, bias, requant])
    }
}

#[test]
fn every_step_of_a_product_is_repeated() {
    check_random(24, products());
}

#[test]
fn products_at_their_edges_are_repeated() {
    let mut referee = Referee::deploy();
    for dims in [[1, 1, 1], [16, 16, 16], [17, 16, 8], [16, 33, 7], [15, 17, 9], [1, 300, 1]] {
        for (bias, requant) in [(false, false), (true, true)] {
            check(&mut referee, &asked(matmul(7, dims, bias, requant)));
        }
    }
}

#[test]
fn a_product_of_the_largest_values_does_not_overflow() {
    let mut referee = Referee::deploy();
    let k = 65_536;
    for (x, weight, bias) in [(-128, 127, -(1 << 30)), (-128, -127, 1 << 30)] {
        let x = i8s(&[1, k], vec![x; k as usize]);
        let weights = i8s(&[k, 1], vec![weight; k as usize]);
        let request = Request::Operate(Operation::matmul(x, weights, Some(i32s(&[1], vec![bias])), None));
        let proofs = steps(&request);
        assert_eq!(proofs.last().expect("steps").after.frontier, request.answer().word());
        for proof in [&proofs[0], &proofs[4_000], &proofs[4_095]] {
            let cost = check_step(&mut referee, proof);
            println!("MATMUL_I8 of the deepest trees: {cost:?}");
        }
    }
}

/// A convolution of `images` images.
fn conv2d(seed: u64, window: Window, images: u32, [channels, n]: [u32; 2], pad: i8, requant: bool) -> Asked {
    let rows = images * window.image[0] * window.image[1];
    let k = window.taps() as usize * channels as usize;
    let [_, weights, bias, constants] = matmul(seed, [1, k, n as usize], requant, requant);
    let x = i8s(&[rows, channels], bytes(seed + 9, (rows * channels) as usize, -128));
    Request::Operate(Operation::conv2d(window, pad, x, weights.expect("weights"), bias, constants))
}

prop_compose! {
    fn windows()(
        image in [1u32..9, 1u32..9], kernel in [1u32..5, 1u32..5], stride in [1u32..4, 1u32..4],
        before in [0u32..5, 0u32..5], after in [0u32..5, 0u32..5],
    ) -> Window {
        let kernel = [0, 1].map(|axis| kernel[axis].min(image[axis]));
        let pad = |side: [u32; 2]| [0, 1].map(|axis| side[axis].min(kernel[axis] - 1));
        Window { image, kernel, stride, before: pad(before), after: pad(after) }
    }
}

prop_compose! {
    fn convolutions()(
        seed: u64, window in windows(), images in 1u32..3, shape in [1u32..20, 1u32..20], pad: i8, requant: bool,
    ) -> Asked {
        conv2d(seed >> 1, window, images, shape, pad, requant)
    }
}

#[test]
fn every_step_of_a_convolution_is_repeated() {
    check_random(16, convolutions());
}

#[test]
fn a_weight_out_of_range_fails_a_convolution() {
    let window = Window { image: [3, 3], kernel: [2, 2], stride: [1, 1], before: [0, 0], after: [1, 1] };
    let x = i8s(&[9, 5], bytes(1, 45, -128));
    let weights = with_i8(&Some(i8s(&[20, 3], vec![1; 60])), 59, -128).expect("weights");
    let request = Request::Operate(Operation::conv2d(window, -3, x, weights, None, None));
    check(&mut Referee::deploy(), &request);
}

#[test]
fn values_fail_only_beyond_their_range() {
    let mut referee = Referee::deploy();
    let n = 5;
    let edges = [
        // Operand, row of it, the last value in range, the first one out of it.
        (2, 0, 1 << 30, (1 << 30) + 1),
        (2, 0, -(1 << 30), -(1 << 30) - 1),
        (3, 0, 1 << 30, (1 << 30) - 1),
        (3, 0, i32::MAX, i32::MIN),
        (3, 1, 31, 30),
        (3, 1, 62, 63),
        (3, 2, -128, -129),
        (3, 2, 127, 128),
    ];
    for (operand, row, inside, outside) in edges {
        for (value, fails) in [(inside, false), (outside, true)] {
            let mut operands = matmul(11, [3, 18, n], true, true);
            operands[operand] = with_i32(&operands[operand], row * n + n - 1, value);
            let [x, weights, bias, constants] = operands;
            let request = asked([x, weights, bias, constants.clone()]);
            check(&mut referee, &request);
            assert_eq!(steps(&request).last().expect("steps").after.failed, fails, "{value} in row {row} of {operand}");
            if operand == 3 {
                let x = requant(12, 3, n)[0].clone();
                check(&mut referee, &Request::Operate(Operation::requant(x, constants.expect("constants"))));
            }
        }
    }
}

fn requant(seed: u64, m: usize, n: usize) -> [Arc<Tensor>; 2] {
    let acc = numbers(seed, m * n).into_iter().enumerate().map(|(index, number)| match index % 16 {
        0 => i32::MIN,
        1 => i32::MAX,
        _ => number as i32 >> (number % 24),
    });
    [i32s(&[m as u32, n as u32], acc.collect()), i32s(&[3, n as u32], constants(seed + 1, n))]
}

prop_compose! {
    fn requants()(seed: u64, m in 1usize..40, n in 1usize..40, spoilt in 0..4, place: usize) -> Asked {
        let [x, constants] = requant(seed >> 1, m, n);
        let constants = Some(constants);
        let constants = match spoilt {
            0 => with_i32(&constants, place % n, -5),
            1 => with_i32(&constants, n + place % n, 30),
            2 => with_i32(&constants, 2 * n + place % n, -129),
            _ => constants,
        };
        Request::Operate(Operation::requant(x, constants.expect("constants")))
    }
}

#[test]
fn every_step_of_a_requantisation_is_repeated() {
    check_random(24, requants());
}

#[test]
fn vectors_are_as_frozen() {
    let plain = steps(&asked(matmul(1, [17, 33, 9], true, true)));
    let wide = steps(&asked(matmul(2, [3, 20, 5], false, false)));
    let [x, weights, ..] = matmul(3, [2, 2, 2], false, false);
    let failing = steps(&asked([x, with_i8(&weights, 3, -128), None, None]));
    let [x, weights, bias, scale] = matmul(7, [1, 1, 2], true, true);
    let out_of_range = [
        [with_i32(&bias, 1, (1 << 30) + 1), scale.clone()],
        [bias.clone(), with_i32(&scale, 1, (1 << 30) - 1)],
        [bias, with_i32(&scale, 3, 63)],
    ];
    let out_of_range =
        out_of_range.into_iter().flat_map(|[bias, scale]| steps(&asked([x.clone(), weights.clone(), bias, scale])));
    vectors("matmul", plain.into_iter().chain(wide).chain(failing).chain(out_of_range));
    let window = Window { image: [3, 4], kernel: [2, 3], stride: [1, 2], before: [1, 0], after: [0, 1] };
    vectors("conv2d", steps(&conv2d(6, window, 1, [3, 2], -7, true)));
    let [x, constants] = requant(4, 18, 17);
    let plain = steps(&Request::Operate(Operation::requant(x, constants)));
    let [x, constants] = requant(8, 1, 2);
    let failing = [(1, i32::MIN), (2, 30), (5, 128)].into_iter().flat_map(|(place, value)| {
        let constants = with_i32(&Some(constants.clone()), place, value).expect("constants");
        steps(&Request::Operate(Operation::requant(x.clone(), constants)))
    });
    vectors("requant", plain.into_iter().chain(failing));
}
