//! FEDAVG, TRIMMED_MEAN and APPLY_DELTA.

use super::{Ratio, arithmetic::apply_delta};
use crate::{
    aggregate::{Update, fedavg_floor},
    error::Failure,
    kernel::{Divisor, Engine},
};
use alloc::{vec, vec::Vec};

/// Elements worked on together: those of 64 updates stay in the first-level cache.
const BLOCK: usize = 64;
/// What a value takes, in multiplications of a product: averaged, sorted, divided.
const AVERAGE_WORK: usize = 64;
const SORT_WORK: usize = 256;
const DIVIDE_WORK: usize = 128;

pub(super) fn fedavg(engine: &Engine, weights: &[u64], updates: &[&[i32]]) -> Result<Vec<i32>, Failure> {
    if engine.is_scalar() {
        let updates: Vec<_> = weights.iter().zip(updates).map(|(&weight, &deltas)| Update { weight, deltas }).collect();
        return fedavg_floor(&updates).map_err(|_| Failure::Operand("updates"));
    }
    let total = weights.iter().map(|&weight| u128::from(weight)).sum::<u128>();
    let elements = updates.first().map_or(0, |update| update.len());
    let mut out = vec![0; elements];
    engine.rows(&mut out, 1, AVERAGE_WORK * updates.len(), |first, out| match i32::try_from(total) {
        Ok(total) => fedavg_narrow(engine, total, weights, updates, first, out),
        Err(_) => fedavg_wide(total, weights, updates, first, out),
    });
    Ok(out)
}

/// With a sum of weights below 2^31, 64 bits hold the sums.
fn fedavg_narrow(engine: &Engine, total: i32, weights: &[u64], updates: &[&[i32]], first: usize, out: &mut [i32]) {
    let divisor = Divisor::new(total.unsigned_abs());
    let mut sums = [0i64; BLOCK];
    for (block, out) in out.chunks_mut(BLOCK).enumerate() {
        let sums = &mut sums[..out.len()];
        sums.fill(0);
        for (&weight, update) in weights.iter().zip(updates) {
            engine.add_scaled(weight as i32, &update[first + block * BLOCK..][..out.len()], sums);
        }
        for (out, &sum) in out.iter_mut().zip(&*sums) {
            *out = divisor.floor(sum) as i32;
        }
    }
}

/// The quotient of the first bits of both, 63 and 31 of them, is the floor or a little less, and the remainder tells:
/// `u = sum + 2^31 * total` is not negative and below `2^32 * total`. With `t = (total >> e) + 1`, above 2^30, `(u >> e) / t` is
/// at most `u / total`, and less by no more than `(u / total + 1) / 2^30 < 5`.
fn fedavg_wide(total: u128, weights: &[u64], updates: &[&[i32]], first: usize, out: &mut [i32]) {
    let excess = (total.ilog2() + 1).saturating_sub(31);
    let divisor = Divisor::new((total >> excess) as u32 + 1);
    for (element, out) in (first..).zip(out) {
        let products = weights.iter().zip(updates).map(|(&w, update)| i128::from(w) * i128::from(update[element]));
        let u = (products.sum::<i128>() + (total << 31) as i128) as u128;
        let mut quotient = divisor.quotient((u >> excess) as u64);
        let mut rest = u - u128::from(quotient) * total;
        while rest >= total {
            (quotient, rest) = (quotient + 1, rest - total);
        }
        *out = (quotient as i64 - (1 << 31)) as i32;
    }
}

/// The floor of the mean of each element's values, without the `trim` smallest and largest. Ties in (value, index) have
/// equal values, so that the order among them does not matter.
pub(super) fn trimmed_mean(engine: &Engine, trim: usize, updates: &[&[i32]]) -> Vec<i32> {
    let elements = updates.first().map_or(0, |update| update.len());
    let kept = trim..updates.len() - trim;
    let count = kept.len().max(1) as u32;
    let mut out = vec![0; elements];
    if engine.is_scalar() {
        let mut values = vec![0i32; updates.len()];
        for (element, out) in out.iter_mut().enumerate() {
            for (value, update) in values.iter_mut().zip(updates) {
                *value = update[element];
            }
            values.sort_unstable();
            let sum: i64 = values[kept.clone()].iter().map(|&value| i64::from(value)).sum();
            *out = sum.div_euclid(count.into()) as i32;
        }
        return out;
    }
    let divisor = Divisor::new(count);
    engine.rows(&mut out, 1, SORT_WORK * updates.len(), |first, out| {
        let mut values = vec![0i32; updates.len() * BLOCK];
        for (block, out) in out.chunks_mut(BLOCK).enumerate() {
            for (values, update) in values.chunks_exact_mut(BLOCK).zip(updates) {
                values[..out.len()].copy_from_slice(&update[first + block * BLOCK..][..out.len()]);
            }
            sort(engine, &mut values);
            let mut sums = [0i64; BLOCK];
            for values in values.chunks_exact(BLOCK).skip(kept.start).take(kept.len()) {
                engine.add_scaled(1, values, &mut sums);
            }
            for (out, &sum) in out.iter_mut().zip(&sums) {
                *out = divisor.floor(sum) as i32;
            }
        }
    });
    out
}

/// Sorts each column of rows of [`BLOCK`] elements, by Batcher's network of merges (Knuth, TAOCP 3, 5.2.2 M): the same
/// comparisons for all columns.
fn sort(engine: &Engine, values: &mut [i32]) {
    let n = values.len() / BLOCK;
    let top = n.next_power_of_two() / 2;
    let mut p = top;
    while p > 0 {
        let (mut q, mut r, mut d) = (top, 0, p);
        loop {
            for i in (0..n.saturating_sub(d)).filter(|i| i & p == r) {
                let (low, high) = values.split_at_mut((i + d) * BLOCK);
                engine.order(&mut low[i * BLOCK..][..BLOCK], &mut high[..BLOCK]);
            }
            if q == p {
                break;
            }
            (d, q, r) = (q - p, q / 2, p);
        }
        p /= 2;
    }
}

/// With `n = whole * d + part`, `floor(delta * n / d) = delta * whole + floor(delta * part / d)`, whose quotient has 32 bits.
pub(super) fn apply(engine: &Engine, ratio: Ratio, base: &[i32], delta: &[i32]) -> Vec<i32> {
    let mut out = vec![0; base.len()];
    let d = ratio.d.max(1);
    let (whole, part, divisor) = (i64::from(ratio.n / d), i64::from(ratio.n % d), Divisor::new(d));
    let fast = !engine.is_scalar();
    engine.rows(&mut out, 1, DIVIDE_WORK, |first, out| {
        for ((out, &base), &delta) in out.iter_mut().zip(&base[first..]).zip(&delta[first..]) {
            *out = if fast {
                let step = i64::from(delta) * whole + divisor.floor(i64::from(delta) * part);
                (i64::from(base) + step).clamp(i32::MIN.into(), i32::MAX.into()) as i32
            } else {
                apply_delta(base, delta, ratio.n.into(), ratio.d.into())
            };
        }
    });
    out
}
