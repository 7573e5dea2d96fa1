//! Whole operations, on 1, 2, 3 and 5 threads.

use super::support::{Random, engines_and_threads};
use autonet_ml_precompiles::{Engine, Heads, Operation, Pooling, Ratio, Tensor, Window};
use proptest::prelude::*;

/// The same from every engine as from the specification.
fn assert_equal(operation: &Operation<Tensor>) {
    let expected = operation.apply_on(&Engine::SCALAR).expect("it runs");
    for engine in engines_and_threads() {
        assert!(operation.apply_on(&engine).as_ref() == Ok(&expected), "{:?} on {engine:?}", operation.kind());
    }
}

impl Random {
    fn i8s(&mut self, rows: u32, cols: u32, least: i8) -> Tensor {
        Tensor::from_i8(&[rows, cols], self.bytes((rows * cols) as usize, least)).expect("a tensor")
    }

    fn i32s(&mut self, rows: u32, cols: u32) -> Tensor {
        Tensor::from_i32(&[rows, cols], self.words((rows * cols) as usize)).expect("a tensor")
    }

    /// Rows of numbers within bounds.
    fn constants<const N: usize>(&mut self, bounds: [[i64; 2]; N], cols: u32) -> Tensor {
        let rows = bounds.iter().flat_map(|&[least, most]| (0..cols).map(move |_| (least, most)));
        let data = rows.map(|(least, most)| self.within(least, most) as i32).collect();
        Tensor::from_i32(&[N as u32, cols], data).expect("a tensor")
    }

    fn requant(&mut self, cols: u32) -> Tensor {
        self.constants([[1 << 30, i32::MAX.into()], [34, 46], [-128, 127]], cols)
    }

    fn words_of(&mut self, shape: [u32; 2]) -> Tensor {
        self.i32s(shape[0], shape[1])
    }
}

fn window() -> impl Strategy<Value = Window> {
    let axis = || (1u32..9, 1u32..5, 1u32..4, 0u32..4, 0u32..4);
    (axis(), axis()).prop_filter_map("a kernel that fits", |(y, x)| {
        let fits = |(side, kernel, _, before, after): (u32, u32, u32, u32, u32)| {
            before < kernel && after < kernel && kernel <= side + before + after
        };
        (fits(y) && fits(x)).then_some(Window {
            image: [y.0, x.0],
            kernel: [y.1, x.1],
            stride: [y.2, x.2],
            before: [y.3, x.3],
            after: [y.4, x.4],
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn convolutions_and_pools_are_equal(
        window in window(), images in 1u32..4, channels in 1u32..20, n in 1u32..20, pad: i8, seed in 1u64..
    ) {
        let mut random = Random(seed);
        let x = random.i8s(images * window.image[0] * window.image[1], channels, -128);
        let weights = random.i8s(window.taps() as u32 * channels, n, -127);
        let requant = random.requant(n);
        assert_equal(&Operation::conv2d(window, pad, x.clone(), weights, None, Some(requant)));
        for pooling in [Pooling::Max, Pooling::Mean] {
            assert_equal(&Operation::pool(pooling, window, x.clone()));
        }
    }

    #[test]
    fn attention_is_equal(
        sequences in 1u32..4, heads in 1u32..4, tokens in 1u32..40, depth in 1u32..20, more in 0u32..5, seed in 1u64..
    ) {
        let mut random = Random(seed);
        let shape = Heads { heads, tokens, depth };
        let width = heads * depth;
        let x = random.i8s(sequences * tokens, 2 * width + more, -128);
        let requant = random.requant(heads);
        assert_equal(&Operation::scores(shape, [more, width], x.clone(), x.clone(), requant));
        let p = random.i8s(sequences * heads * tokens, tokens, -128);
        let requant = random.requant(width);
        assert_equal(&Operation::mix(shape, width, p, x, requant));
    }

    #[test]
    fn updates_are_equal(count in 1usize..65, len in 1usize..200, bits in 1u32..65, trim in 0usize..32, seed in 1u64..) {
        let mut random = Random(seed);
        let updates: Vec<Tensor> = (0..count).map(|_| random.words_of([1, len as u32])).collect();
        let mut weights: Vec<u64> = (0..count).map(|_| random.next() >> (64 - bits)).collect();
        weights[0] = weights[0].max(1);
        assert_equal(&Operation::fedavg(weights.into_iter().zip(updates.clone())).expect("updates"));
        let trim = trim.min((count - 1) / 2) as u32;
        assert_equal(&Operation::trimmed_mean(trim, updates.clone()).expect("updates"));
        let [n, d] = [0, 1].map(|_| random.within(1, i32::MAX.into()) as u32 >> (random.next() % 31));
        let ratio = Ratio { n: n.max(1), d: d.max(1) };
        assert_equal(&Operation::apply_delta(ratio, updates[0].clone(), updates[count - 1].clone()));
    }

    #[test]
    fn means_of_the_largest_weights_and_values_are_equal(weight in (u64::MAX - 3)..=u64::MAX, count in 1usize..65) {
        for value in [i32::MIN, i32::MAX] {
            let update = Tensor::from_i32(&[3], vec![value, -value.max(-i32::MAX), value]).expect("a tensor");
            assert_equal(&Operation::fedavg(vec![(weight, update); count]).expect("updates"));
        }
    }

    #[test]
    fn rows_are_equal(rows in 1u32..12, cols in 1u32..40, repeats in 1u32..4, seed in 1u64..) {
        let mut random = Random(seed);
        let (a, b) = (random.i8s(rows * repeats, cols, -128), random.i8s(rows, cols, -128));
        let constants = Tensor::from_i32(&[4], vec![-(1 << 20), 1 << 19, 77, 20]).expect("a tensor");
        assert_equal(&Operation::add(a.clone(), b, constants));
        let d = random.within(1, u32::MAX.into()) as u32;
        let ratio = Ratio { n: (d / 3).max(1), d };
        let c = random.i8s(rows * repeats, cols, -128);
        assert_equal(&Operation::cosine_ge(ratio, a.clone(), a.clone()));
        assert_equal(&Operation::cosine_ge(ratio, a, c));
    }
}

/// Long enough for five threads each.
#[test]
fn large_operations_are_equal() {
    let mut random = Random(3);
    let (rows, cols) = (700, 1_100);
    let x = random.i8s(rows, cols, -128);
    let acc = random.i32s(rows, cols);
    let requant = random.requant(cols);
    assert_equal(&Operation::requant(acc.clone(), requant));
    assert_equal(&Operation::lut8(x.clone(), Tensor::from_i8(&[256], random.bytes(256, -128)).expect("a tensor")));
    let table = (0..256).map(|d| 65_535 >> (d / 16)).collect();
    assert_equal(&Operation::softmax(x.clone(), Tensor::from_i32(&[256], table).expect("a tensor")));
    let constants = random.constants([[1 << 14, 1 << 20], [-(1 << 20), 1 << 20], [28, 34]], cols);
    assert_equal(&Operation::layernorm(x.clone(), constants));
    let constants = Tensor::from_i32(&[4], vec![1 << 20, 1 << 19, 77, 20]).expect("a tensor");
    assert_equal(&Operation::add(x.clone(), random.i8s(1, cols, -128), constants));
    assert_equal(&Operation::cosine_ge(Ratio { n: 1, d: 200 }, x.clone(), random.i8s(rows, cols, -128)));
    let weights = random.i8s(cols, 60, -127);
    assert_equal(&Operation::matmul(x.clone(), weights, None, Some(random.requant(60))));
    let window = Window { image: [25, 28], kernel: [3, 3], stride: [1, 2], before: [1, 0], after: [1, 2] };
    for pooling in [Pooling::Max, Pooling::Mean] {
        assert_equal(&Operation::pool(pooling, window, x.clone()));
    }
    let indices = Tensor::from_i32(&[900], (0..900).map(|i| i * 7 % 700).collect()).expect("a tensor");
    assert_equal(&Operation::gather(acc.clone(), indices));
    assert_equal(&Operation::fedavg((1..4).map(|weight| (weight, acc.clone()))).expect("updates"));
    assert_equal(&Operation::trimmed_mean(1, (0..3).map(|_| random.i32s(rows, cols))).expect("updates"));
    assert_equal(&Operation::apply_delta(Ratio { n: 7, d: 3 }, acc.clone(), acc));
    let heads = Heads { heads: 5, tokens: 140, depth: 40 };
    assert_equal(&Operation::scores(heads, [0, 200], x.clone(), x.clone(), random.requant(5)));
    let p = random.i8s(5 * rows, 140, -128);
    assert_equal(&Operation::mix(heads, 400, p, x, random.requant(200)));
}
