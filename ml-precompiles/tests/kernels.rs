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

/// Pseudo-random bytes in `least..=127`, half of them extremes.
fn bytes(len: usize, least: i8, mut seed: u64) -> Vec<i8> {
    let mut next = || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        match seed >> 61 {
            0 | 1 => least,
            2 => 127,
            3 => -1,
            _ => ((seed >> 32) as i8).max(least),
        }
    };
    (0..len).map(|_| next()).collect()
}

/// m, k and n around the sizes at which rows, blocks and panels end.
fn sizes() -> impl Strategy<Value = (usize, usize, usize)> {
    let m = prop_oneof![1usize..20, 28usize..36];
    let k = prop_oneof![1usize..40, 254usize..260, 510usize..516];
    let n = prop_oneof![4 => 1usize..40, 1 => 510usize..530];
    (m, k, n)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn avx2_equals_scalar_on_slices_at_any_address(
        (m, k, n) in sizes(),
        skew in 0usize..32,
        seed in 1u64..,
        bias in prop::option::of(prop::collection::vec(-(1 << 30)..=1 << 30, 530)),
    ) {
        let (a, b) = (bytes(m * k + skew, -128, seed), bytes(k * n + skew, -127, seed.rotate_left(9)));
        let product = Product { a: &a[skew..], b: &b[skew..], bias: bias.as_ref().map(|bias| &bias[..n]), k, n };
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
