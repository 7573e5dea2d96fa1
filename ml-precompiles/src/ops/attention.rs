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

impl Columns<'_> {
    /// `depth` columns of head `head` in the rows of sequence `sequence`, row by row.
    fn head(&self, heads: &Heads, sequence: usize, head: usize) -> Vec<i8> {
        let (tokens, depth) = (heads.tokens as usize, heads.depth as usize);
        let rows = self.data.chunks_exact(self.cols).skip(sequence * tokens).take(tokens);
        rows.flat_map(|row| &row[self.first + head * depth..][..depth]).copied().collect()
    }

    /// The same, column by column.
    fn head_transposed(&self, heads: &Heads, sequence: usize, head: usize) -> Vec<i8> {
        let (tokens, depth) = (heads.tokens as usize, heads.depth as usize);
        let rows = self.data.chunks_exact(self.cols).skip(sequence * tokens).take(tokens);
        let mut out = vec![0; depth * tokens];
        for (j, row) in rows.enumerate() {
            for (e, &value) in row[self.first + head * depth..][..depth].iter().enumerate() {
                out[e * tokens + j] = value;
            }
        }
        out
    }
}

/// Accumulators at a time: a sequence may be as long as its scores are a tensor, and these are four times as large.
const ACCUMULATORS: usize = 1 << 20;

/// How many of `tokens` rows of `cols` accumulators are worked on at a time.
fn rows_at_once(tokens: usize, cols: usize) -> usize {
    (ACCUMULATORS / cols).clamp(1, tokens)
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
    let (square, rows) = (tokens * tokens, rows_at_once(tokens, tokens));
    let mut out = vec![0; q.data.len() / q.cols * h * tokens];
    engine.rows(&mut out, square, square * depth, |first, out| {
        let mut acc = vec![0; rows * tokens];
        for (block, out) in out.chunks_exact_mut(square).enumerate() {
            let (sequence, head) = ((first + block) / h, (first + block) % h);
            let (a, b) = (q.head(heads, sequence, head), k.head_transposed(heads, sequence, head));
            for (a, out) in a.chunks(rows * depth).zip(out.chunks_mut(rows * tokens)) {
                let acc = &mut acc[..out.len()];
                engine.one_thread().matmul(&Product { a, b: &b, bias: None, k: depth, n: tokens }, acc);
                engine.requant(acc, &vec![columns[head]; tokens], out);
            }
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
    let (width, rows) = (h * depth, rows_at_once(tokens, depth));
    let mut out = vec![0; v.data.len() / v.cols * width];
    engine.rows(&mut out, tokens * width, tokens * tokens * width, |first, out| {
        let (mut acc, mut narrow) = (vec![0; rows * depth], vec![0; rows * depth]);
        for (sequence, out) in out.chunks_exact_mut(tokens * width).enumerate() {
            let sequence = first + sequence;
            for head in 0..h {
                let a = &p[(sequence * h + head) * tokens * tokens..][..tokens * tokens];
                let b = v.head(heads, sequence, head);
                for (a, out) in a.chunks(rows * tokens).zip(out.chunks_mut(rows * width)) {
                    let size = a.len() / tokens * depth;
                    let (acc, narrow) = (&mut acc[..size], &mut narrow[..size]);
                    engine.one_thread().matmul(&Product { a, b: &b, bias: None, k: tokens, n: depth }, acc);
                    engine.requant(acc, &columns[head * depth..][..depth], narrow);
                    for (out, narrow) in out.chunks_exact_mut(width).zip(narrow.chunks_exact(depth)) {
                        out[head * depth..][..depth].copy_from_slice(narrow);
                    }
                }
            }
        }
    });
    Ok(out)
}
