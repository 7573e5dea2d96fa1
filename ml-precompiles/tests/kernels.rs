//! Kernels equal the scalar specification bit for bit.

#![cfg(all(feature = "std", target_arch = "x86_64"))]

use autonet_ml_precompiles::kernel::{Product, avx2::Avx2, scalar};
use proptest::prelude::*;

/// Both kernels on the same operands; `None` where the processor has no AVX2.
fn both(product: &Product<'_>, m: usize) -> Option<(Vec<i32>, Vec<i32>)> {
    let (mut expected, mut got) = (vec![7; m * product.n], vec![-7; m * product.n]);
    scalar::matmul(product, &mut expected);
    Avx2::detect()?.matmul(product, &mut got);
    Some((expected, got))
}

fn assert_equal(product: &Product<'_>, m: usize) {
    if let Some((expected, got)) = both(product, m) {
        assert!(expected == got, "m {m} k {} n {}", product.k, product.n);
    }
}

fn edge_or_any(extreme: i8) -> impl Strategy<Value = i8> {
    prop_oneof![Just(extreme), Just(127), Just(0), Just(-1), extreme..=127]
}

/// Shapes around the sizes at which blocks, panels and rows end; `skew` makes the slices unaligned.
fn operands() -> impl Strategy<Value = (usize, usize, usize, usize, Vec<i8>, Vec<i8>, Option<Vec<i32>>)> {
    let side = || prop_oneof![1usize..20, 28usize..36];
    let k = prop_oneof![1usize..40, 254usize..260, 510usize..516];
    let n = prop_oneof![4 => 1usize..40, 1 => 510usize..530];
    (side(), k, n, 0usize..16).prop_flat_map(|(m, k, n, skew)| {
        let a = prop::collection::vec(edge_or_any(-128), m * k + skew);
        let b = prop::collection::vec(edge_or_any(-127), k * n + skew);
        let bias = prop::option::of(prop::collection::vec(-(1 << 30)..=1 << 30, n));
        (Just(m), Just(k), Just(n), Just(skew), a, b, bias)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn avx2_equals_scalar((m, k, n, skew, a, b, bias) in operands()) {
        let product = Product { a: &a[skew..], b: &b[skew..], bias: bias.as_deref(), k, n };
        if let Some((expected, got)) = both(&product, m) {
            prop_assert_eq!(expected, got);
        }
    }
}

#[test]
fn the_longest_sums_of_extremes_neither_saturate_nor_overflow() {
    let (m, k, n) = (7, 65_536, 17);
    for (a, b, bias, sum) in [
        (-128, -127, 1 << 30, (1i64 << 30) + 128 * 127 * 65_536),
        (-128, 127, -(1 << 30), -(1i64 << 30) - 128 * 127 * 65_536),
        (127, 127, 1 << 30, (1i64 << 30) + 127 * 127 * 65_536),
    ] {
        let (a, b, bias) = (vec![a; m * k], vec![b; k * n], vec![bias; n]);
        let product = Product { a: &a, b: &b, bias: Some(&bias), k, n };
        let mut out = vec![0; m * n];
        scalar::matmul(&product, &mut out);
        assert!(out.iter().all(|&out| i64::from(out) == sum));
        assert_equal(&product, m);
    }
}

#[test]
fn every_small_shape_is_equal() {
    let bytes: Vec<i8> = (0..4_096u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as i8).collect();
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
