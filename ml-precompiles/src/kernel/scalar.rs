//! The specification.

use super::Product;
use crate::ops::{
    TABLE_LEN,
    arithmetic::{AddConstants, Requant, RowNorm, Scale, softmax_round},
};

/// Adds the products one by one, in order of k.
pub fn matmul(product: &Product<'_>, out: &mut [i32]) {
    let &Product { a, b, k, n, .. } = product;
    product.start(out);
    for (out, a) in out.chunks_exact_mut(n).zip(a.chunks_exact(k)) {
        for (&a, b) in a.iter().zip(b.chunks_exact(n)) {
            for (out, &b) in out.iter_mut().zip(b) {
                *out = out.wrapping_add(i32::from(a) * i32::from(b));
            }
        }
    }
}

/// Whether a value is -128.
pub fn has_min(values: &[i8]) -> bool {
    values.contains(&i8::MIN)
}

/// Rows of accumulators, each with the constants of its column.
pub fn requant(acc: &[i32], columns: &[Requant], out: &mut [i8]) {
    for (acc, out) in acc.chunks_exact(columns.len()).zip(out.chunks_exact_mut(columns.len())) {
        for ((acc, column), out) in acc.iter().zip(columns).zip(out) {
            *out = column.apply(*acc);
        }
    }
}

/// Each byte's entry.
pub fn lut8(x: &[i8], by_byte: &[i8; TABLE_LEN], out: &mut [i8]) {
    for (x, out) in x.iter().zip(out) {
        *out = by_byte[usize::from(*x as u8)];
    }
}

/// One row, from the exponentials of the distances to its maximum, of which the first is not zero.
pub fn softmax_row(x: &[i8], exps: &[u32; TABLE_LEN], out: &mut [i8]) {
    let max = x.iter().copied().max().unwrap_or_default();
    let exp = |x: &i8| exps[usize::from(max.abs_diff(*x))];
    // 65,536 terms of at most 65,535.
    let sum = x.iter().map(exp).sum();
    for (x, out) in x.iter().zip(out) {
        *out = softmax_round(exp(x), sum);
    }
}

/// Rows as long as the constants.
pub fn layernorm(x: &[i8], scales: &[Scale], out: &mut [i8]) {
    for (x, out) in x.chunks_exact(scales.len()).zip(out.chunks_exact_mut(scales.len())) {
        let [sum, squares] = x.iter().fold([0i64; 2], |[sum, squares], &x| {
            let x = i64::from(x);
            [sum + x, squares + x * x]
        });
        let norm = RowNorm::new(x.len() as u64, sum, squares as u64);
        for ((x, scale), out) in x.iter().zip(scales).zip(out) {
            *out = scale.apply(norm.normalise(*x));
        }
    }
}

/// Element by element.
pub fn add(a: &[i8], b: &[i8], constants: AddConstants, out: &mut [i8]) {
    for ((a, b), out) in a.iter().zip(b).zip(out) {
        *out = constants.apply(*a, *b);
    }
}

/// `sum a*b`, `sum a^2`, `sum b^2` of at most 65,536 elements.
pub fn products(a: &[i8], b: &[i8]) -> [i64; 3] {
    a.iter().zip(b).fold([0; 3], |[ab, aa, bb], (&a, &b)| {
        let (a, b) = (i64::from(a), i64::from(b));
        [ab + a * b, aa + a * a, bb + b * b]
    })
}

/// The largest of `out` and the rows of `x`, which are as long, by column.
pub fn max_into(x: &[i8], out: &mut [i8]) {
    for x in x.chunks_exact(out.len()) {
        out.iter_mut().zip(x).for_each(|(out, &x)| *out = x.max(*out));
    }
}

/// Adds the rows of `x` to `sums`, which is as long, wrapping.
pub fn add_into(x: &[i8], sums: &mut [i32]) {
    for x in x.chunks_exact(sums.len()) {
        sums.iter_mut().zip(x).for_each(|(sum, &x)| *sum = sum.wrapping_add(x.into()));
    }
}

/// Puts the smaller of each pair into `low` and the larger into `high`.
pub fn order(low: &mut [i32], high: &mut [i32]) {
    for (low, high) in low.iter_mut().zip(high) {
        (*low, *high) = ((*low).min(*high), (*low).max(*high));
    }
}

/// `sums[i] += weight * values[i]`, wrapping.
pub fn add_scaled(weight: i32, values: &[i32], sums: &mut [i64]) {
    for (sum, &value) in sums.iter_mut().zip(values) {
        *sum = sum.wrapping_add(i64::from(weight) * i64::from(value));
    }
}
