//! What works on each row, or each element, by itself.

use super::{
    MAX_EXP, Ratio, TABLE_LEN,
    arithmetic::{AddConstants, Scale, cosine_at_least},
};
use crate::{error::Failure, kernel::Engine};
use alloc::{borrow::Cow, vec, vec::Vec};

/// What an element takes, in multiplications of a product.
const LUT8_WORK: usize = 32;
const ROW_WORK: usize = 64;
const ADD_WORK: usize = 16;
const PRODUCTS_WORK: usize = 8;
/// Elements added at once.
const ADD_AT_ONCE: usize = 4_096;

pub(super) fn lut8(engine: &Engine, x: &[i8], table: &[i8]) -> Vec<i8> {
    // From the index of a byte to the index of the value that it holds.
    let mut by_byte = [0; TABLE_LEN];
    for (index, &value) in table.iter().take(TABLE_LEN).enumerate() {
        by_byte[index ^ 0x80] = value;
    }
    let mut out = vec![0; x.len()];
    engine.rows(&mut out, 1, LUT8_WORK, |first, out| engine.lut8(&x[first..][..out.len()], &by_byte, out));
    out
}

pub(super) fn softmax(engine: &Engine, x: &[i8], cols: usize, table: &[i32]) -> Result<Vec<i8>, Failure> {
    let mut exps = [0u32; TABLE_LEN];
    for (index, (exp, &value)) in exps.iter_mut().zip(table).enumerate() {
        let least = i32::from(index == 0);
        if !(least..=MAX_EXP).contains(&value) {
            return Err(Failure::Value { operand: "table", index });
        }
        *exp = value as u32;
    }
    let mut out = vec![0; x.len()];
    engine.rows(&mut out, cols, ROW_WORK * cols, |first, out| {
        for (x, out) in x[first * cols..].chunks_exact(cols).zip(out.chunks_exact_mut(cols)) {
            engine.softmax_row(x, &exps, out);
        }
    });
    Ok(out)
}

pub(super) fn layernorm(engine: &Engine, x: &[i8], cols: usize, constants: &[i32]) -> Result<Vec<i8>, Failure> {
    let column = |column: usize| {
        let [m, c, s] = [0, 1, 2].map(|row| constants[row * cols + column]);
        Scale::new(m, c, s).ok_or(Failure::Value { operand: "constants", index: 2 * cols + column })
    };
    let scales = (0..cols).map(column).collect::<Result<Vec<_>, _>>()?;
    let mut out = vec![0; x.len()];
    engine.rows(&mut out, cols, ROW_WORK * cols, |first, out| {
        engine.layernorm(&x[first * cols..][..out.len()], &scales, out);
    });
    Ok(out)
}

/// `b` has as many rows, or is repeated.
pub(super) fn add(engine: &Engine, a: &[i8], b: &[i8], constants: &[i32]) -> Result<Vec<i8>, Failure> {
    let [ma, mb, c, s] = [0, 1, 2, 3].map(|index| constants[index]);
    let constants =
        AddConstants::new([ma, mb, c, s]).map_err(|index| Failure::Value { operand: "constants", index })?;
    let mut out = vec![0; a.len()];
    // A short b is repeated, so that the kernel has something to do at once.
    let repeats = (a.len() / b.len()).min(ADD_AT_ONCE.div_ceil(b.len()));
    let b = if repeats > 1 { Cow::Owned(b.repeat(repeats)) } else { Cow::Borrowed(b) };
    engine.rows(&mut out, b.len(), ADD_WORK * b.len(), |first, out| {
        for (a, out) in a[first * b.len()..].chunks(b.len()).zip(out.chunks_mut(b.len())) {
            engine.add(a, &b[..a.len()], constants, out);
        }
    });
    Ok(out)
}

/// The rows of a table, by their indices.
pub(super) fn gather<T: Copy>(table: &[T], cols: usize, indices: &[i32]) -> Result<Vec<T>, Failure> {
    let mut out = Vec::with_capacity(indices.len() * cols);
    for (index, &row) in indices.iter().enumerate() {
        let row = usize::try_from(row).ok().and_then(|row| table.get(row.checked_mul(cols)?..)?.get(..cols));
        out.extend_from_slice(row.ok_or(Failure::Value { operand: "indices", index })?);
    }
    Ok(out)
}

pub(super) fn cosine_ge(engine: &Engine, ratio: Ratio, a: &[i8], b: &[i8], cols: usize) -> Vec<i8> {
    let mut out = vec![0; a.len() / cols];
    engine.rows(&mut out, 1, PRODUCTS_WORK * cols, |first, out| {
        let rows = a[first * cols..].chunks_exact(cols).zip(b[first * cols..].chunks_exact(cols));
        for (out, (a, b)) in out.iter_mut().zip(rows) {
            let [dot, aa, bb] = engine.products(a, b);
            *out = cosine_at_least(dot, aa as u64, bb as u64, ratio.n.into(), ratio.d.into()).into();
        }
    });
    out
}
