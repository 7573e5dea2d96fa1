//! Products of matrices.

use super::support::{Random, engines, engines_and_threads};
use autonet_ml_precompiles::kernel::{Product, scalar};
use proptest::prelude::*;

fn assert_equal(product: &Product<'_>, m: usize) {
    let mut expected = vec![7; m * product.n];
    scalar::matmul(product, &mut expected);
    for engine in engines() {
        let mut got = vec![-7; m * product.n];
        engine.matmul(product, &mut got);
        assert!(expected == got, "{engine:?} m {m} k {} n {}", product.k, product.n);
    }
}

/// m, k and n around the sizes at which strips, blocks and panels end.
fn sizes() -> impl Strategy<Value = (usize, usize, usize)> {
    let m = prop_oneof![1usize..26, 34usize..38];
    let k = prop_oneof![1usize..40, 382usize..388, 510usize..516, 766usize..772];
    let n = prop_oneof![6 => 1usize..70, 1 => 510usize..530];
    (m, k, n)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn products_are_equal_on_slices_at_any_address(
        (m, k, n) in sizes(),
        skew in 0usize..64,
        seed in 1u64..,
        with_bias: bool,
    ) {
        let mut random = Random(seed);
        let (a, b) = (random.bytes(m * k + skew, -128), random.bytes(k * n + skew, -127));
        let bias: Vec<i32> = (0..n).map(|_| random.within(-(1 << 30), 1 << 30) as i32).collect();
        assert_equal(&Product { a: &a[skew..], b: &b[skew..], bias: with_bias.then_some(&bias[..]), k, n }, m);
    }
}

#[test]
fn the_longest_sums_of_extremes_neither_saturate_nor_overflow() {
    let (m, k, n) = (13, 65_536, 17);
    for (a, b, bias, sum) in [
        (-128, -127, 1 << 30, (1i64 << 30) + 128 * 127 * 65_536),
        (-128, 127, -(1 << 30), -(1i64 << 30) - 128 * 127 * 65_536),
        (127, 127, 1 << 30, (1i64 << 30) + 127 * 127 * 65_536),
    ] {
        let (a, b, bias) = (vec![a; m * k], vec![b; k * n], vec![bias; n]);
        let product = Product { a: &a, b: &b, bias: Some(&bias), k, n };
        for engine in engines() {
            let mut out = vec![0; m * n];
            engine.matmul(&product, &mut out);
            assert!(out.iter().all(|&out| i64::from(out) == sum), "{engine:?}");
        }
    }
}

#[test]
fn every_small_shape_is_equal() {
    let bytes = Random(1).bytes(4_096, -128);
    for m in 1..=13 {
        for k in 1..=9 {
            for n in 1..=35 {
                assert_equal(&Product { a: &bytes[..m * k], b: &bytes[999..999 + k * n], bias: None, k, n }, m);
            }
        }
    }
}

#[test]
fn operands_out_of_range_wrap_alike() {
    let (a, b, bias) = (vec![-128; 65_536], vec![-128; 65_536], [i32::MAX]);
    assert_equal(&Product { a: &a, b: &b, bias: Some(&bias), k: 65_536, n: 1 }, 1);
}

#[test]
fn threads_share_rows_or_columns() {
    // Many rows; few rows of many columns, of the last thread the fewest; few of both; more rows than a part has; short sums.
    let shapes = [
        (331, 300, 700),
        (7, 3_000, 1_100),
        (1, 9_001, 2_000),
        (2, 5, 500_001),
        (40, 9_000, 70),
        (9_001, 64, 33),
        (2_000, 3, 1_500),
    ];
    for (m, k, n) in shapes {
        let mut random = Random(9);
        let (a, b) = (random.bytes(m * k, -128), random.bytes(k * n, -127));
        let bias: Vec<i32> = (0..n).map(|_| random.within(-(1 << 30), 1 << 30) as i32).collect();
        let product = Product { a: &a, b: &b, bias: Some(&bias), k, n };
        let mut expected = vec![0; m * n];
        scalar::matmul(&product, &mut expected);
        for engine in engines_and_threads() {
            let mut got = vec![1; m * n];
            engine.matmul(&product, &mut got);
            assert!(expected == got, "{engine:?} m {m} k {k} n {n}");
        }
    }
}
