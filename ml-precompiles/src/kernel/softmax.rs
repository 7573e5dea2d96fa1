//! SOFTMAX_I8 with one division a row.

use crate::ops::TABLE_LEN;

/// One row, whose largest element is `max`: equals [`super::scalar::softmax_row`].
///
/// With `2^g <= sum < 2^(g+1)` and `reciprocal = floor(2^(31+g) / sum) = 2^(31+g) / sum - f`, `0 <= f < 1`, the estimate
/// `(u * reciprocal) >> (31 + g)` of `u / sum` is too small by less than `u * f / 2^(31+g) + 1`. As `u = e * 127 + sum / 2`
/// is at most `127.5 * sum < 2^(8+g)`, that is below `2^-23 + 1`: it is the floor or one less, and the remainder tells. u is
/// below 2^32 and the reciprocal at most 2^31.
pub(super) fn row(x: &[i8], max: i8, exps: &[u32; TABLE_LEN], out: &mut [i8]) {
    let exp = |x: i8| exps[usize::from(max.abs_diff(x))];
    // 65,536 terms of at most 65,535.
    let sum = x.iter().map(|x| exp(*x)).sum::<u32>().max(1);
    let shift = 31 + sum.ilog2();
    let (half, sum) = (u64::from(sum / 2), u64::from(sum));
    let reciprocal = (1u64 << shift) / sum;
    for (x, out) in x.iter().zip(out) {
        let u = u64::from(exp(*x)) * 127 + half;
        let quotient = (u * reciprocal) >> shift;
        *out = (quotient + u64::from(u - quotient * sum >= sum)) as i8;
    }
}
