//! The arithmetic of one element, against its definition in integers that are wide enough for anything.

use alloy_primitives::U512;
use autonet_ml_precompiles::arithmetic::{
    AddConstants, MAX_BIAS, MAX_EXP, Requant, RowNorm, Scale, apply_delta, clamp8, cosine_at_least, mean_half_up,
    softmax_round,
};
use proptest::prelude::*;
use std::ops::RangeInclusive;

/// Numbers in `range`: anywhere, at the ends, and around powers of two.
fn edges(range: RangeInclusive<i64>) -> impl Strategy<Value = i64> {
    let (low, high) = (*range.start(), *range.end());
    let near = (0u32..63, -2i64..=2, any::<bool>()).prop_map(move |(bit, off, negative)| {
        let power = (1i64 << bit).saturating_add(off);
        if negative { -power } else { power }.clamp(low, high)
    });
    prop_oneof![4 => range, 1 => Just(low), 1 => Just(high), 2 => near]
}

fn i32s() -> impl Strategy<Value = i32> {
    edges(i32::MIN.into()..=i32::MAX.into()).prop_map(|value| value as i32)
}

fn i8s() -> impl Strategy<Value = i8> {
    edges(-128..=127).prop_map(|value| value as i8)
}

/// `floor(numerator / 2^s)`, clamped to 8 bits.
fn shifted(numerator: i128, s: i32) -> i8 {
    numerator.div_euclid(1 << s).clamp(-128, 127) as i8
}

/// The largest integer whose square is at most `value`.
fn square_root(value: u128) -> u128 {
    let mut root = 0;
    for bit in (0..40).rev() {
        if (root + (1u128 << bit)).pow(2) <= value {
            root += 1 << bit;
        }
    }
    root
}

/// A row: a few elements, or many equal ones with some others.
fn rows() -> impl Strategy<Value = Vec<i8>> {
    let short = prop::collection::vec(i8s(), 1..40);
    let long = (1usize..=65_536, i8s(), prop::collection::vec(i8s(), 0..4)).prop_map(|(len, value, others)| {
        let mut row = vec![value; len.max(others.len())];
        row[..others.len()].copy_from_slice(&others);
        row
    });
    let split = (1usize..=32_768, i8s(), i8s()).prop_map(|(half, a, b)| [vec![a; half], vec![b; half]].concat());
    prop_oneof![6 => short, 2 => long, 1 => split]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn requantisation(acc in i32s(), m in edges(1 << 30..=i32::MAX.into()), s in 31i32..=62, zp in -128i32..=127) {
        let constants = Requant::new(m as i32, s, zp).expect("in range");
        let scaled = (i128::from(acc) * i128::from(m) + (1 << (s - 1))).div_euclid(1 << s);
        prop_assert_eq!(constants.apply(acc), (scaled + i128::from(zp)).clamp(-128, 127) as i8);
    }

    #[test]
    fn softmax(e in 0u32..=65_535, others in edges(0..=(u32::MAX - 65_535).into())) {
        let sum = e.max(1) + others as u32;
        let e = e.min(sum);
        let (e128, sum128) = (u128::from(e), u128::from(sum));
        prop_assert_eq!(softmax_round(e, sum) as u128, (e128 * 127 + sum128 / 2) / sum128);
    }

    #[test]
    fn normalisation(row in rows(), m in i32s(), c in i32s(), s in 17i32..=46) {
        let n = row.len() as i128;
        let sum: i128 = row.iter().map(|x| i128::from(*x)).sum();
        let squares: i128 = row.iter().map(|x| i128::from(*x).pow(2)).sum();
        let r = square_root((n * squares - sum * sum) as u128).max(1);
        let g = r.ilog2();
        let inverse = ((1u128 << 54) / (r << (23 - g))).min((1 << 31) - 1) as i128;
        let norm = RowNorm::new(row.len() as u64, sum as i64, squares as u64);
        prop_assert_eq!((i128::from(norm.inverse), norm.g), (inverse, g));
        let scale = Scale::new(m, c, s).expect("in range");
        for &x in row.iter().take(40).chain(row.last()) {
            let centred = n * i128::from(x) - sum;
            let t = (centred * inverse + (1 << (14 + g))).div_euclid(1 << (15 + g));
            prop_assert!(t.abs() < 1 << 25);
            prop_assert_eq!(i128::from(norm.normalise(x)), t);
            let y = t * i128::from(m) + (i128::from(c) << 16) + (1 << (s - 1));
            prop_assert_eq!(scale.apply(t as i64), shifted(y, s));
            // t is the element in units of its spread, nearly: (n x - S) / r * 2^16 = t (1 + 2^-30) or less.
            let exact = (centred << 16).div_euclid(r as i128);
            prop_assert!((exact - t).abs() <= 1 + (exact.abs() >> 22), "{exact} {t}");
        }
    }

    #[test]
    fn addition(
        [a, b] in [i8s(), i8s()],
        [ma, mb] in [edges(1 - (1 << 22)..=(1 << 22) - 1), edges(1 - (1 << 22)..=(1 << 22) - 1)],
        c in edges(-(1 << 29)..=1 << 29),
        s in 1i32..=30,
    ) {
        let constants = AddConstants::new([ma as i32, mb as i32, c as i32, s]).expect("in range");
        let sum = i128::from(a) * i128::from(ma) + i128::from(b) * i128::from(mb) + i128::from(c) + (1 << (s - 1));
        prop_assert!(i32::try_from(sum).is_ok());
        prop_assert_eq!(constants.apply(a, b), shifted(sum, s));
    }

    #[test]
    fn means(sum in edges(-(1 << 33)..=1 << 33), n in edges(1..=1 << 26)) {
        let sum = sum.clamp(-128 * n, 127 * n);
        let mean = i128::from(mean_half_up(sum, n));
        // The nearest, halves up: -1/2 <= sum/n - mean < 1/2.
        let twice = 2 * i128::from(sum) - 2 * mean * i128::from(n);
        prop_assert!(-i128::from(n) <= twice && twice < i128::from(n));
    }

    #[test]
    fn cosines(
        dot in edges(-(1 << 30)..=1 << 30),
        [aa, bb] in [edges(0..=1 << 30), edges(0..=1 << 30)],
        d in edges(1..=u32::MAX.into()),
        share in edges(0..=u32::MAX.into()),
        close in any::<bool>(),
    ) {
        let n = (share.min(d) as u64).max(1);
        // Vectors that are nearly parallel, and a ratio that is nearly theirs.
        let (aa, bb) = if close { (dot.unsigned_abs(), dot.unsigned_abs()) } else { (aa as u64, bb as u64) };
        let n = if close { d as u64 - n % 2 } else { n }.max(1);
        let wide = |value: u64| U512::from(value);
        let left = wide(dot.unsigned_abs()).pow(U512::from(2)) * wide(d as u64).pow(U512::from(2));
        let right = wide(n).pow(U512::from(2)) * wide(aa) * wide(bb);
        prop_assert_eq!(cosine_at_least(dot, aa, bb, n, d as u64), dot > 0 && left >= right);
    }

    #[test]
    fn deltas(base in i32s(), delta in i32s(), [n, d] in [edges(1..=i32::MAX.into()), edges(1..=i32::MAX.into())]) {
        let step = (i128::from(delta) * i128::from(n)).div_euclid(i128::from(d));
        let expected = (i128::from(base) + step).clamp(i32::MIN.into(), i32::MAX.into());
        prop_assert_eq!(i128::from(apply_delta(base, delta, n as u64, d as u64)), expected);
    }

    #[test]
    fn clamping(value in edges(i64::MIN..=i64::MAX)) {
        prop_assert_eq!(i64::from(clamp8(value)), value.clamp(-128, 127));
    }
}

#[test]
fn cosines_at_equality_are_enough() {
    // 24/25, of (3,4) and (4,3).
    assert!(cosine_at_least(24, 25, 25, 24, 25));
    assert!(!cosine_at_least(24, 25, 25, 25, 26));
    assert!(cosine_at_least(24, 25, 25, 95, 99));
    let largest = 1 << 30;
    assert!(cosine_at_least(largest as i64, largest, largest, u32::MAX.into(), u32::MAX.into()));
    assert!(!cosine_at_least(largest as i64 - 1, largest, largest, u32::MAX.into(), u32::MAX.into()));
    assert!(!cosine_at_least(0, 0, 0, 1, 1));
    assert!(!cosine_at_least(-24, 25, 25, 1, 25));
}

#[test]
fn constants_out_of_range_are_none() {
    for (m, s, zp) in
        [((1 << 30) - 1, 31, 0), (i32::MIN, 31, 0), (1 << 30, 30, 0), (1 << 30, 63, 0), (1 << 30, 31, 128)]
    {
        assert_eq!(Requant::new(m, s, zp), None);
    }
    assert!(Requant::new(1 << 30, 31, -128).is_some() && Requant::new(i32::MAX, 62, 127).is_some());
    assert!([16, 47, i32::MIN, i32::MAX].into_iter().all(|s| Scale::new(0, 0, s).is_none()));
    let add = |index: usize, value: i32| {
        let mut constants = [0, 0, 0, 1];
        constants[index] = value;
        AddConstants::new(constants).map(|_| ())
    };
    for (index, least, most) in
        [(0, 1 - (1 << 22), (1 << 22) - 1), (1, 1 - (1 << 22), (1 << 22) - 1), (2, -(1 << 29), 1 << 29), (3, 1, 30)]
    {
        assert_eq!([add(index, least), add(index, most)], [Ok(()); 2]);
        for outside in [least - 1, most + 1, i32::MIN, i32::MAX] {
            assert_eq!(add(index, outside), Err(index), "{index} {outside}");
        }
    }
    assert_eq!((MAX_BIAS, MAX_EXP), (1 << 30, 65_535));
}
