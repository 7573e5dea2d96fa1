//! SCORES_I8 and MIX_I8: the products of attention, by sequence and head.

use super::{Heads, product::requant_columns};
use crate::{
    error::Failure,
    kernel::{Engine, Product},
};
use alloc::{vec, vec::Vec};

/// A matrix and where a head's columns start.
#[derive(Clone, Copy)]
pub(super) struct Columns<'a> {
    pub(super) data: &'a [i8],
    pub(super) cols: usize,
    pub(super) first: usize,
}

/// Accumulators at a time: a sequence may be as long as its scores are a tensor, and these are four times as large.
const ACCUMULATORS: usize = 1 << 20;

/// Bytes that threads hold together, if there are several: each has the columns of a head, and accumulators.
const HELD_BYTES: usize = 1 << 24;

/// The engine with as many threads as may hold so many bytes each.
fn held(engine: &Engine, each: usize) -> Engine {
    engine.at_most(HELD_BYTES / each)
}

/// How many of `tokens` rows of `cols` accumulators are worked on at a time.
fn rows_at_once(tokens: usize, cols: usize) -> usize {
    (ACCUMULATORS / cols).clamp(1, tokens)
}

/// Columns of the keys that are turned into rows at once.
const BLOCK: usize = 16;

impl Columns<'_> {
    /// The columns of head `head` in the rows of sequence `sequence`, from token `first` on.
    fn rows(&self, heads: &Heads, sequence: usize, head: usize, first: usize) -> impl Iterator<Item = &[i8]> {
        let depth = heads.depth as usize;
        let left = self.first + head * depth;
        self.data
            .chunks_exact(self.cols)
            .skip(sequence * heads.tokens as usize + first)
            .map(move |row| &row[left..][..depth])
    }

    /// Fills `out` with as many of them as it takes, row by row.
    fn copy(&self, heads: &Heads, sequence: usize, head: usize, first: usize, out: &mut [i8]) {
        let rows = self.rows(heads, sequence, head, first);
        for (out, row) in out.chunks_exact_mut(heads.depth as usize).zip(rows) {
            out.copy_from_slice(row);
        }
    }

    /// All tokens, column by column.
    fn copy_transposed(&self, heads: &Heads, sequence: usize, head: usize, out: &mut [i8]) {
        let tokens = heads.tokens as usize;
        for left in (0..tokens).step_by(BLOCK) {
            let mut rows: [&[i8]; BLOCK] = [&[]; BLOCK];
            let width = BLOCK.min(tokens - left);
            for (slot, row) in rows.iter_mut().zip(self.rows(heads, sequence, head, left)).take(width) {
                *slot = row;
            }
            for (e, out) in out.chunks_exact_mut(tokens).enumerate() {
                for (out, row) in out[left..left + width].iter_mut().zip(&rows) {
                    *out = row[e];
                }
            }
        }
    }
}

/// `y[(b*H + h)*T + i, j] = requant(sum_e q[b*T + i, h*d + e] * k[b*T + j, h*d + e], column h)`.
pub(super) fn scores(
    engine: &Engine,
    heads: &Heads,
    q: Columns<'_>,
    k: Columns<'_>,
    constants: &[i32],
) -> Result<Vec<i8>, Failure> {
    let columns = requant_columns(constants)?;
    let (h, tokens, depth) = (heads.heads as usize, heads.tokens as usize, heads.depth as usize);
    let mut out = vec![0; q.data.len() / q.cols * h * tokens];
    let engine = held(engine, tokens * depth + rows_at_once(tokens, tokens) * (depth + 4 * tokens));
    engine.rows(&mut out, tokens, engine.product_work(tokens * depth), |first, out| {
        let rows = rows_at_once(tokens, tokens).min(out.len() / tokens);
        let (mut a, mut b, mut acc) = (vec![0; rows * depth], vec![0; tokens * depth], vec![0; rows * tokens]);
        for Part { block, token, rows, out } in parts(first, tokens, rows, tokens, out) {
            let (sequence, head) = (block / h, block % h);
            let (a, acc) = (&mut a[..rows * depth], &mut acc[..rows * tokens]);
            q.copy(heads, sequence, head, token, a);
            k.copy_transposed(heads, sequence, head, &mut b);
            engine.one_thread().matmul(&Product { a, b: &b, bias: None, k: depth, n: tokens }, acc);
            engine.requant(acc, &columns[head..=head], out);
        }
    });
    Ok(out)
}

/// `y[b*T + i, h*d + e] = requant(sum_j p[(b*H + h)*T + i, j] * v[b*T + j, h*d + e], column h*d + e)`.
pub(super) fn mix(
    engine: &Engine,
    heads: &Heads,
    p: &[i8],
    v: Columns<'_>,
    constants: &[i32],
) -> Result<Vec<i8>, Failure> {
    let columns = requant_columns(constants)?;
    let (h, tokens, depth) = (heads.heads as usize, heads.tokens as usize, heads.depth as usize);
    let width = h * depth;
    let mut out = vec![0; v.data.len() / v.cols * width];
    let engine = held(engine, tokens * depth + rows_at_once(tokens, depth) * 5 * depth);
    engine.rows(&mut out, width, engine.product_work(tokens * width), |first, out| {
        let rows = rows_at_once(tokens, depth).min(out.len() / width);
        let (mut b, mut acc) = (vec![0; tokens * depth], vec![0; rows * depth]);
        let mut narrow = vec![0; rows * depth];
        for Part { block: sequence, token, rows, out } in parts(first, tokens, rows, width, out) {
            let (acc, narrow) = (&mut acc[..rows * depth], &mut narrow[..rows * depth]);
            for head in 0..h {
                let a = &p[((sequence * h + head) * tokens + token) * tokens..][..rows * tokens];
                v.copy(heads, sequence, head, 0, &mut b);
                engine.one_thread().matmul(&Product { a, b: &b, bias: None, k: tokens, n: depth }, acc);
                engine.requant(acc, &columns[head * depth..][..depth], narrow);
                for (out, narrow) in out.chunks_exact_mut(width).zip(narrow.chunks_exact(depth)) {
                    out[head * depth..][..depth].copy_from_slice(narrow);
                }
            }
        }
    });
    Ok(out)
}

/// Rows of one block of `tokens` rows.
struct Part<'a> {
    block: usize,
    /// The first row's number in the block.
    token: usize,
    rows: usize,
    out: &'a mut [i8],
}

/// Cuts rows of `width` elements, of which the first is row `first`, where blocks of `tokens` rows end, and after `most`.
fn parts(first: usize, tokens: usize, most: usize, width: usize, out: &mut [i8]) -> impl Iterator<Item = Part<'_>> {
    let (mut row, mut rest) = (first, out);
    core::iter::from_fn(move || {
        let (block, token) = (row / tokens, row % tokens);
        let rows = (tokens - token).min(most).min(rest.len() / width);
        let (out, next) = core::mem::take(&mut rest).split_at_mut(rows * width);
        (row, rest) = (row + rows, next);
        (rows > 0).then_some(Part { block, token, rows, out })
    })
}
