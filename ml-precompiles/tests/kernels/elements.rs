//! Kernels of elements and of rows.

use super::support::{Random, engines};
use autonet_ml_precompiles::{
    Engine, TABLE_LEN,
    arithmetic::{AddConstants, Requant, Scale},
    kernel::Divisor,
};
use proptest::prelude::*;
use std::fmt::Debug;

/// The same from every engine as from the specification.
fn assert_equal<T: PartialEq + Debug>(what: &str, run: impl Fn(&Engine) -> T) {
    let expected = run(&Engine::SCALAR);
    for engine in engines() {
        assert!(run(&engine) == expected, "{what} on {engine:?}");
    }
}

fn requant_columns(random: &mut Random, n: usize) -> Vec<Requant> {
    let column = |_| {
        let (m, s) = (random.within(1 << 30, i32::MAX.into()), random.within(31, 62));
        Requant::new(m as i32, s as i32, random.within(-128, 127) as i32).expect("in range")
    };
    (0..n).map(column).collect()
}

fn scales(random: &mut Random, n: usize) -> Vec<Scale> {
    let column = |_| {
        let [m, c] = [0, 1].map(|_| random.within(i32::MIN.into(), i32::MAX.into()) as i32);
        // Most factors such that results are not all at the ends.
        let s = random.within(17, 46) as i32;
        let m = if s % 3 == 0 { m } else { m >> (46 - s).min(20) };
        Scale::new(m, c >> (s % 31), s).expect("in range")
    };
    (0..n).map(column).collect()
}

/// Rows and columns around whole vectors.
fn sizes() -> impl Strategy<Value = (usize, usize)> {
    (1usize..20, prop_oneof![1usize..70, 250usize..262])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn requantisations_are_equal((rows, n) in sizes(), skew in 0usize..8, seed in 1u64..) {
        let mut random = Random(seed);
        let (acc, columns) = (random.words(rows * n + skew), requant_columns(&mut random, n));
        assert_equal("requant", |engine| {
            let mut out = vec![99; rows * n];
            engine.requant(&acc[skew..], &columns, &mut out);
            out
        });
    }

    #[test]
    fn requantisations_near_ties_are_equal(n in 1usize..20, seed in 1u64..) {
        let mut random = Random(seed);
        let columns = requant_columns(&mut random, n);
        // Accumulators whose products are near a multiple of 2^(s-1).
        let acc: Vec<i32> = columns.iter().cycle().take(64 * n).map(|column| {
            let halves = i128::from(random.within(-300, 300)) << (column.s - 1);
            let near = halves / i128::from(column.m) + i128::from(random.within(-1, 1));
            near.clamp(i32::MIN.into(), i32::MAX.into()) as i32
        }).collect();
        assert_equal("requant", |engine| {
            let mut out = vec![99; acc.len()];
            engine.requant(&acc, &columns, &mut out);
            out
        });
    }

    #[test]
    fn normalisations_are_equal((rows, n) in sizes(), skew in 0usize..8, narrow in 0u32..8, seed in 1u64..) {
        let mut random = Random(seed);
        let mut x = random.bytes(rows * n + skew, -128);
        x.iter_mut().for_each(|x| *x >>= narrow);
        let scales = scales(&mut random, n);
        assert_equal("layernorm", |engine| {
            let mut out = vec![99; rows * n];
            engine.layernorm(&x[skew..], &scales, &mut out);
            out
        });
    }

    #[test]
    fn softmaxes_are_equal(n in prop_oneof![1usize..70, 900usize..1_100], decay in 1u32..40, seed in 1u64..) {
        let mut random = Random(seed);
        let x = random.bytes(n, -128);
        let mut exps: [u32; TABLE_LEN] = std::array::from_fn(|_| random.within(0, 65_535) as u32);
        if decay > 3 {
            (0..TABLE_LEN).for_each(|d| exps[d] = 65_535 >> (d as u32 / decay).min(31));
        }
        exps[0] = exps[0].max(1);
        assert_equal("softmax", |engine| {
            let mut out = vec![99; n];
            engine.softmax_row(&x, &exps, &mut out);
            out
        });
    }

    #[test]
    fn additions_are_equal(n in 0usize..100, skew in 0usize..8, seed in 1u64..) {
        let mut random = Random(seed);
        let (a, b) = (random.bytes(n + skew, -128), random.bytes(n, -128));
        let limit = (1 << 22) - 1;
        let [ma, mb] = [0, 1].map(|_| random.within(-limit, limit) as i32);
        let (c, s) = (random.within(-(1 << 29), 1 << 29) as i32, random.within(1, 30) as i32);
        let constants = AddConstants::new([ma, mb, c, s]).expect("in range");
        assert_equal("add", |engine| {
            let mut out = vec![99; n];
            engine.add(&a[skew..], &b, constants, &mut out);
            out
        });
    }

    #[test]
    fn bytewise_kernels_are_equal(n in 0usize..300, rows in 1usize..5, skew in 0usize..8, seed in 1u64..) {
        let mut random = Random(seed);
        let (a, b) = (random.bytes(n + skew, -128), random.bytes(n, -128));
        let table: [i8; TABLE_LEN] = std::array::from_fn(|_| random.next() as i8);
        assert_equal("lut8", |engine| {
            let mut out = vec![99; n];
            engine.lut8(&a[skew..], &table, &mut out);
            out
        });
        assert_equal("products", |engine| engine.products(&a[skew..], &b));
        // One -128 in a place of its own, or none.
        let mut values: Vec<i8> = a.iter().map(|value| (*value).max(-127)).collect();
        assert_equal("has_min", |engine| engine.has_min(&values));
        if let Some(value) = values.get_mut(seed as usize % (n + 1)) {
            *value = -128;
        }
        assert_equal("has_min", |engine| engine.has_min(&values));
        let cols = n.max(1);
        let x = random.bytes(rows * cols, -128);
        assert_equal("max_into", |engine| {
            let mut out = vec![-100; cols];
            engine.max_into(&x, &mut out);
            out
        });
        assert_equal("add_into", |engine| {
            let mut sums = vec![i32::MAX; cols];
            engine.add_into(&x, &mut sums);
            sums
        });
    }

    #[test]
    fn kernels_of_updates_are_equal(n in 0usize..100, seed in 1u64..) {
        let mut random = Random(seed);
        let (low, high, weight) = (random.words(n), random.words(n), random.within(0, i32::MAX.into()) as i32);
        assert_equal("order", |engine| {
            let (mut low, mut high) = (low.clone(), high.clone());
            engine.order(&mut low, &mut high);
            (low, high)
        });
        assert_equal("add_scaled", |engine| {
            let mut sums = vec![i64::MAX - 5; n];
            engine.add_scaled(weight, &low, &mut sums);
            sums
        });
    }

    #[test]
    fn a_divisor_divides(d in prop_oneof![1..=u32::MAX, 1u32..70, (1u32 << 31) - 3..(1 << 31) + 3], seed in 1u64..) {
        let (mut random, divisor) = (Random(seed), Divisor::new(d));
        for _ in 0..64 {
            let (least, end) = (-(i128::from(d) << 31), i128::from(d) << 31);
            // Near a multiple of d, or anywhere.
            let multiple = i128::from(random.within(-(1 << 31), (1 << 31) - 1)) * i128::from(d);
            let near = multiple + i128::from(random.within(-2, 2));
            for value in [near, multiple + i128::from(random.next() % u64::from(d)), least, end - 1] {
                let value = value.clamp(least, end - 1) as i64;
                prop_assert_eq!(i128::from(divisor.floor(value)), i128::from(value).div_euclid(d.into()));
            }
        }
    }
}

#[test]
fn constants_and_accumulators_at_their_ends_are_equal() {
    for (m, s, zp) in
        [(i32::MAX, 31, 127), (i32::MAX, 31, -128), (1 << 30, 62, -128), (i32::MAX, 62, 127), (1 << 30, 31, 0)]
    {
        let columns = [Requant::new(m, s, zp).expect("in range"); 8];
        let acc: Vec<i32> = [i32::MIN, i32::MIN + 1, -1, 0, 1, i32::MAX - 1, i32::MAX, 1 << 30].repeat(4);
        assert_equal("requant", |engine| {
            let mut out = vec![99; acc.len()];
            engine.requant(&acc, &columns, &mut out);
            out
        });
    }
    for (m, c, s) in [(i32::MIN, i32::MIN, 17), (i32::MAX, i32::MAX, 17), (i32::MIN, i32::MAX, 46), (1, -1, 17)] {
        let scales = vec![Scale::new(m, c, s).expect("in range"); 24];
        let x: Vec<i8> = (0..48).map(|i| if i % 24 == 0 { 127 } else { -128 }).collect();
        assert_equal("layernorm", |engine| {
            let mut out = vec![99; x.len()];
            engine.layernorm(&x, &scales, &mut out);
            out
        });
    }
}

#[test]
fn softmaxes_of_whole_quotients_are_equal() {
    // Rows of equal elements: two, or any even divisor of 128, leave no remainder.
    for n in 1..140 {
        for exp in [1, 3, 7, 1_000, 65_521, 65_535] {
            let (x, exps) = (vec![-5; n], [exp; TABLE_LEN]);
            assert_equal("softmax", |engine| {
                let mut out = vec![99; n];
                engine.softmax_row(&x, &exps, &mut out);
                out
            });
        }
    }
}

#[test]
fn normalisations_far_beyond_a_byte_are_equal() {
    // One element far from all others, and constants that make more than 32 bits of it.
    for n in [16, 64, 1_000] {
        for m in [i32::MIN, i32::MAX, 1_999_999_999, -1_888_888_888] {
            let scales = vec![Scale::new(m, 12_345, 17).expect("in range"); n];
            let x: Vec<i8> = (0..4 * n).map(|i| if i % n == i / n { 127 } else { -(i as i8 & 3) }).collect();
            assert_equal("layernorm", |engine| {
                let mut out = vec![99; x.len()];
                engine.layernorm(&x, &scales, &mut out);
                out
            });
        }
    }
}

#[test]
fn the_longest_rows_are_equal() {
    let exps = [65_535; TABLE_LEN];
    for fill in [-128, 127] {
        let mut x = vec![fill; 2 * 65_536];
        x[..32_768].fill(-128);
        assert_equal("softmax", |engine| {
            let mut out = vec![99; 65_536];
            engine.softmax_row(&x[..65_536], &exps, &mut out);
            out
        });
        assert_equal("products", |engine| engine.products(&x[..65_536], &x[65_536..]));
        let scales = vec![Scale::new(1 << 20, 1 << 8, 35).expect("in range"); 65_536];
        assert_equal("layernorm", |engine| {
            let mut out = vec![99; x.len()];
            engine.layernorm(&x, &scales, &mut out);
            out
        });
    }
}
