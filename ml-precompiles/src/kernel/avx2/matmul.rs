//! Sign-extend to 16 bits, multiply and add pairs into 32 bits (`vpmaddwd`). Nothing saturates: a pair of products is at
//! most 2 * 128 * 128.
//!
//! `b` is packed block by block into panels of 16 columns in which two consecutive k lie side by side, so one
//! instruction advances 8 columns by two k. Sizes keep the packed block in the second-level cache and one panel
//! together with the rows of `a` in the first.

use super::Avx2;
use crate::kernel::blocks::Kernel;
use core::{arch::x86_64::*, cell::Cell, mem::transmute, ops::Range};
use std::{thread::LocalKey, thread_local, vec::Vec};

/// Rows of `a` handled together: 12 accumulators, two panels' halves and one broadcast fill the 16 registers.
const ROWS: usize = 6;
/// Columns in a panel.
const COLS: usize = 16;
/// Pairs of k in a block.
const PAIRS: usize = 192;
/// Panels in a block.
const PANELS: usize = 16;

/// Two consecutive rows of `b` in 16 columns, 16-bit integers: `b(k,0), b(k+1,0), b(k,1), ...`.
pub(in crate::kernel) type Lane = [__m256i; 2];
/// Some rows of `a` in a block, two 16-bit integers in an element.
pub(in crate::kernel) type Strip = [[i32; PAIRS]; ROWS];

thread_local! {
    static ROOM: Cell<Vec<Lane>> = const { Cell::new(Vec::new()) };
}

impl Kernel for Avx2 {
    const ROWS: usize = ROWS;
    const COLS: usize = COLS;
    const DEPTH: usize = 2 * PAIRS;
    const PANELS: usize = PANELS;
    const LANE: usize = 2;
    type Lane = Lane;
    type Strip = Strip;

    fn empty(self) -> (Lane, Strip) {
        // SAFETY: an `Avx2` comes from `detect` only, which has seen the feature.
        (unsafe { [_mm256_setzero_si256(); 2] }, [[0; PAIRS]; ROWS])
    }

    fn room() -> &'static LocalKey<Cell<Vec<Lane>>> {
        &ROOM
    }

    fn pack(self, rows: &[i8], n: usize, cols: Range<usize>, stride: usize, lanes: &mut [Lane]) {
        // SAFETY: as in `empty`.
        unsafe { pack(rows, n, cols, stride, lanes) }
    }

    fn load(self, strip: &mut Strip, row: usize, elements: &[i8]) {
        // SAFETY: as in `empty`.
        unsafe { widen(elements, &mut strip[row]) }
    }

    fn add(self, strip: &Strip, panel: &[Lane], rows: &mut [&mut [i32]], left: usize) {
        // SAFETY: as in `empty`.
        unsafe {
            match rows.len() {
                1 => add::<1>(strip, panel, rows, left),
                2 => add::<2>(strip, panel, rows, left),
                3 => add::<3>(strip, panel, rows, left),
                4 => add::<4>(strip, panel, rows, left),
                5 => add::<5>(strip, panel, rows, left),
                _ => add::<ROWS>(strip, panel, rows, left),
            }
        }
    }
}

/// Packs the columns `cols` of `rows`: a panel every `stride` lanes, zeros beyond the edges.
#[target_feature(enable = "avx2")]
fn pack(rows: &[i8], n: usize, cols: Range<usize>, stride: usize, packed: &mut [Lane]) {
    for (pair, rows) in rows.chunks(2 * n).enumerate() {
        let (upper, lower) = rows.split_at(n);
        for (panel, left) in cols.clone().step_by(COLS).enumerate() {
            let upper = load_row(&upper[left..]);
            let lower = if lower.is_empty() { _mm256_setzero_si256() } else { load_row(&lower[left..]) };
            let (even, odd) = (_mm256_unpacklo_epi16(upper, lower), _mm256_unpackhi_epi16(upper, lower));
            packed[panel * stride + pair] =
                [_mm256_permute2x128_si256::<0x20>(even, odd), _mm256_permute2x128_si256::<0x31>(even, odd)];
        }
    }
}

/// The first 16 elements as 16-bit integers, zeros if there are fewer.
#[target_feature(enable = "avx2")]
fn load_row(row: &[i8]) -> __m256i {
    let row = row.first_chunk().copied().unwrap_or_else(|| {
        let mut edge = [0; COLS];
        edge[..row.len()].copy_from_slice(row);
        edge
    });
    // SAFETY: 16 bytes each, and every bit pattern is a vector.
    _mm256_cvtepi8_epi16(unsafe { transmute::<[i8; COLS], __m128i>(row) })
}

/// Pairs of elements, the first in the low half; zeros after the last.
#[target_feature(enable = "avx2")]
fn widen(row: &[i8], pairs: &mut [i32; PAIRS]) {
    for (row, pairs) in row.chunks(COLS).zip(pairs.as_chunks_mut::<{ COLS / 2 }>().0) {
        // SAFETY: 32 bytes each, and every bit pattern is an array of integers.
        *pairs = unsafe { transmute::<__m256i, [i32; COLS / 2]>(load_row(row)) };
    }
}

/// Adds the products to `R` rows, from their element `left` on.
#[target_feature(enable = "avx2")]
fn add<const R: usize>(strip: &Strip, panel: &[Lane], rows: &mut [&mut [i32]], left: usize) {
    for row in &*rows {
        fetch(&row[left..]);
    }
    for (row, sums) in rows.iter_mut().zip(panel_sums::<R>(strip, panel)) {
        add_sums(&mut row[left..], sums);
    }
}

/// Asks for the elements that sums are about to be added to: they are far from those of the row before.
#[target_feature(enable = "avx2")]
fn fetch(out: &[i32]) {
    for line in out.chunks(16).take(COLS / 16) {
        _mm_prefetch::<_MM_HINT_T0>(line.as_ptr().cast());
    }
}

/// Adds 16 sums to as many elements, or to all if there are fewer.
#[target_feature(enable = "avx2")]
fn add_sums(out: &mut [i32], sums: [__m256i; 2]) {
    match out.first_chunk_mut::<COLS>() {
        Some(out) => {
            // SAFETY: 64 bytes each, and every bit pattern is a vector, or an array of integers.
            let old = unsafe { transmute::<[i32; COLS], [__m256i; 2]>(*out) };
            let new = [_mm256_add_epi32(old[0], sums[0]), _mm256_add_epi32(old[1], sums[1])];
            // SAFETY: as above.
            *out = unsafe { transmute::<[__m256i; 2], [i32; COLS]>(new) };
        }
        None => {
            // SAFETY: as above.
            let sums = unsafe { transmute::<[__m256i; 2], [i32; COLS]>(sums) };
            for (out, sum) in out.iter_mut().zip(sums) {
                *out = out.wrapping_add(sum);
            }
        }
    }
}

/// `sums[r][j] = sum over k of a[r][k] * b[k][j]` of one panel.
#[target_feature(enable = "avx2")]
fn panel_sums<const R: usize>(strip: &Strip, lanes: &[Lane]) -> [[__m256i; 2]; R] {
    let mut sums = [[_mm256_setzero_si256(); 2]; R];
    for (pair, b) in lanes.iter().enumerate().take(PAIRS) {
        for (sums, a) in sums.iter_mut().zip(strip) {
            let a = _mm256_set1_epi32(a[pair]);
            sums[0] = _mm256_add_epi32(sums[0], _mm256_madd_epi16(a, b[0]));
            sums[1] = _mm256_add_epi32(sums[1], _mm256_madd_epi16(a, b[1]));
        }
    }
    sums
}
