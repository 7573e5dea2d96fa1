//! How vector kernels walk through a product, on one thread or several: a block of `b` is packed once, in the order that
//! vectors take it in, and multiplied with all of `a`, a few rows at a time.

use super::{Product, threads::together};
use core::{cell::Cell, ops::Range};
use std::{thread::LocalKey, vec::Vec};

/// Rows that a part has at most, each as a slice: what packs again for the next ones is far less than theirs.
const MOST_ROWS: usize = 4_096;

/// With fewer rows for each thread, threads share the columns, so that none packs what another one does. Otherwise they
/// share the rows: each writes memory that is far from the others'.
const FEW_ROWS: usize = 32;

/// Columns that a thread has at least.
const LEAST_COLS: usize = 64;

/// How to multiply a few rows of `a` with a block of `b`.
pub(super) trait Kernel: Copy + Send + Sync {
    /// Rows of `a` in a strip.
    const ROWS: usize;
    /// Columns of `b` in a panel.
    const COLS: usize;
    /// Elements of a sum in a strip or a panel.
    const DEPTH: usize;
    /// Elements of a sum in a lane.
    const LANE: usize;
    /// Panels in a block: it stays in the second-level cache, and a panel with a strip in the first.
    const PANELS: usize;
    /// Consecutive elements of each of a panel's columns.
    type Lane: Copy + Send + 'static;
    /// A few rows of `a`.
    type Strip;

    /// Nothing, to fill.
    fn empty(self) -> (Self::Lane, Self::Strip);

    /// This thread's room for a block, kept from product to product: to get it from the system costs a page fault for every
    /// 4 KiB and, when it goes back, an interrupt of every thread, together some 50 us.
    fn room() -> &'static LocalKey<Cell<Vec<Self::Lane>>>;

    /// Packs the columns `cols` of whole rows of `n` elements: a panel every `stride` lanes.
    fn pack(self, rows: &[i8], n: usize, cols: Range<usize>, stride: usize, lanes: &mut [Self::Lane]);

    /// Puts the elements of a row of `a` into a row of the strip.
    fn load(self, strip: &mut Self::Strip, row: usize, elements: &[i8]);

    /// Adds the products of the strip's first rows and a panel to as many rows, from their element `left` on. The strip
    /// was loaded with as many elements as the panel has.
    fn add(self, strip: &Self::Strip, panel: &[Self::Lane], rows: &mut [&mut [i32]], left: usize);
}

/// Some columns of some rows of a product.
struct Part<'a, 'b> {
    /// With the rows of `a` that are these.
    product: Product<'a>,
    cols: Range<usize>,
    /// Each row's elements in `cols`.
    rows: Vec<&'b mut [i32]>,
}

/// See [`super::scalar::matmul`].
pub(super) fn matmul<K: Kernel>(kernel: K, threads: usize, product: &Product<'_>, out: &mut [i32]) {
    if out.is_empty() {
        return;
    }
    let &Product { a, k, n, .. } = product;
    let all = a.len() / k;
    let (rows, cols) = match all < FEW_ROWS * threads && n >= LEAST_COLS * threads {
        true => (all, n.div_ceil(threads).next_multiple_of(LEAST_COLS)),
        false => (all.div_ceil(threads), n),
    };
    let rows = rows.min(MOST_ROWS);
    let bands = a.chunks(rows * k).zip(out.chunks_mut(rows * n));
    let parts = bands.flat_map(|(a, out)| Part::cut(Product { a, ..*product }, cols, out));
    let threads = threads.min(all.div_ceil(rows) * n.div_ceil(cols));
    together(threads, parts, |parts| parts.for_each(|part| part.fill(kernel)));
}

impl<'a, 'b> Part<'a, 'b> {
    /// Cuts a product into parts of so many columns.
    fn cut(product: Product<'a>, cols: usize, out: &'b mut [i32]) -> impl Iterator<Item = Self> {
        let n = product.n;
        let part = |left| Self { product, cols: left..n.min(left + cols), rows: Vec::with_capacity(out.len() / n) };
        let mut parts: Vec<_> = (0..n).step_by(cols).map(part).collect();
        for row in out.chunks_exact_mut(n) {
            parts.iter_mut().zip(row.chunks_mut(cols)).for_each(|(part, row)| part.rows.push(row));
        }
        parts.into_iter()
    }

    fn fill<K: Kernel>(mut self, kernel: K) {
        self.start();
        let Product { a, b, k, n, .. } = self.product;
        // No power of two, which would put all panels on the same cache sets.
        let stride = k.min(K::DEPTH).div_ceil(K::LANE) | 1;
        let (lane, mut strip) = kernel.empty();
        // About as many in each: to multiply with a row or two, a panel is loaded for nearly nothing.
        let strip_rows = self.rows.len().div_ceil(self.rows.len().div_ceil(K::ROWS));
        let panels = self.cols.len().div_ceil(K::COLS).min(K::PANELS);
        let mut lanes = K::room().take();
        lanes.resize(lanes.len().max(stride * panels), lane);
        for k0 in (0..k).step_by(K::DEPTH) {
            let depth = k0..k.min(k0 + K::DEPTH);
            let used = depth.len().div_ceil(K::LANE);
            for left in self.cols.clone().step_by(K::COLS * K::PANELS) {
                let cols = left..self.cols.end.min(left + K::COLS * K::PANELS);
                kernel.pack(&b[depth.start * n..depth.end * n], n, cols.clone(), stride, &mut lanes);
                for (a, rows) in a.chunks(k * strip_rows).zip(self.rows.chunks_mut(strip_rows)) {
                    for (index, row) in a.chunks_exact(k).enumerate() {
                        kernel.load(&mut strip, index, &row[depth.clone()]);
                    }
                    for (panel, left) in lanes.chunks_exact(stride).zip(cols.clone().step_by(K::COLS)) {
                        kernel.add(&strip, &panel[..used], rows, left - self.cols.start);
                    }
                }
            }
        }
        K::room().set(lanes);
    }

    /// The bias in every row.
    fn start(&mut self) {
        for row in &mut self.rows {
            match self.product.bias {
                Some(bias) => row.copy_from_slice(&bias[self.cols.clone()]),
                None => row.fill(0),
            }
        }
    }
}
