//! MATMUL_I8, CONV2D_I8 and REQUANT.

use super::{MAX_BIAS, Window, arithmetic::Requant};
use crate::{
    error::Failure,
    kernel::{Engine, Product},
    tensor::Shape,
};
use alloc::{vec, vec::Vec};

/// What an element takes, in multiplications.
const REQUANT_WORK: usize = 32;
const IM2COL_WORK: usize = 4;

/// Columns of constants, checked: rows m, s, zp.
pub(super) fn requant_columns(constants: &[i32]) -> Result<Vec<Requant>, Failure> {
    let cols = constants.len() / 3;
    let column = |column: usize| {
        let [m, s, zp] = [0, 1, 2].map(|row| constants[row * cols + column]);
        Requant::new(m, s, zp).ok_or(Failure::Requant { column })
    };
    (0..cols).map(column).collect()
}

/// REQUANT of rows of accumulators.
pub(super) fn requantise(engine: &Engine, acc: &[i32], constants: &[i32]) -> Result<Vec<i8>, Failure> {
    let columns = requant_columns(constants)?;
    let mut out = vec![0; acc.len()];
    engine.rows(&mut out, columns.len(), REQUANT_WORK * columns.len(), |first, out| {
        let acc = &acc[first * columns.len()..][..out.len()];
        engine.requant(acc, &columns, out);
    });
    Ok(out)
}

/// The values of a product's parameters: a weight of -128 is refused because 65,536 products of (-128)^2 and a bias of
/// 2^30 would reach 2^31; without it every partial sum fits 32 bits.
pub(super) fn check(engine: &Engine, weights: &[i8], bias: Option<&[i32]>) -> Result<(), Failure> {
    if let Some(column) = bias.and_then(|bias| bias.iter().position(|bias| bias.unsigned_abs() > MAX_BIAS)) {
        return Err(Failure::Bias { column });
    }
    if engine.has_min(weights) { Err(Failure::Weight) } else { Ok(()) }
}

/// The accumulators of a product; the parameters' values have been checked.
pub(super) fn accumulate(engine: &Engine, a: &[i8], b: &[i8], bias: Option<&[i32]>, output: &Shape) -> Vec<i32> {
    let n = output.cols();
    let mut acc = vec![0; output.elements()];
    engine.matmul(&Product { a, b, bias, k: b.len() / n, n }, &mut acc);
    acc
}

/// A row of X': what the taps of output row `row` read, `pad` outside of the image.
pub fn im2col_row(window: &Window, pad: i8, x: &[i8], channels: usize, row: usize, out: &mut [i8]) {
    for (out, tap) in out.chunks_exact_mut(channels).zip(window.iter_taps()) {
        match window.tap(row, tap) {
            Some(pixel) => out.copy_from_slice(&x[pixel * channels..][..channels]),
            None => out.fill(pad),
        }
    }
}

/// The same, the taps of a row of the kernel at once: pixels that follow each other.
fn im2col_by_lines(window: &Window, pad: i8, x: &[i8], channels: usize, row: usize, out: &mut [i8]) {
    let width = window.kernel[1] as usize;
    let place = window.place(row);
    let inside = place.inside(1);
    for (ky, out) in out.chunks_exact_mut(width * channels).enumerate() {
        match place.pixel(ky, inside.start) {
            Some(pixel) => {
                let (left, rest) = out.split_at_mut(inside.start * channels);
                let (middle, right) = rest.split_at_mut(inside.len() * channels);
                left.fill(pad);
                middle.copy_from_slice(&x[pixel * channels..][..middle.len()]);
                right.fill(pad);
            }
            None => out.fill(pad),
        }
    }
}

/// X', whose size has been checked.
pub(super) fn im2col(engine: &Engine, window: &Window, pad: i8, x: &[i8], channels: usize, rows: usize) -> Vec<i8> {
    let cols = window.taps() as usize * channels;
    let fill = if engine.is_scalar() { im2col_row } else { im2col_by_lines };
    let mut out = vec![0; rows * cols];
    engine.rows(&mut out, cols, IM2COL_WORK * cols, |first, out| {
        for (row, out) in out.chunks_exact_mut(cols).enumerate() {
            fill(window, pad, x, channels, first + row, out);
        }
    });
    out
}
