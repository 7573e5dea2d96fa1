//! `vpdpbusd` adds four products of an unsigned and a signed byte to 32 bits, and saturates nowhere. `b` is packed as
//! `b + 128`, so what it sums is `sum a * b + 128 * sum a`: the second term is taken off, row by row, modulo 2^32.
//!
//! `b` is packed block by block into panels of 32 columns in which four consecutive k lie side by side.

use super::Vnni;
use crate::kernel::blocks::Kernel;
use core::{arch::x86_64::*, cell::Cell, mem::transmute, ops::Range};
use std::{thread::LocalKey, thread_local, vec::Vec};

/// Rows of `a` handled together: 24 accumulators and two vectors of `b`, of 32 registers.
const ROWS: usize = 12;
/// Columns in a panel.
const COLS: usize = 32;
/// Columns in a vector.
const HALF: usize = 16;
/// Fours of k in a block.
const QUADS: usize = 128;
/// Panels in a block.
const PANELS: usize = 16;

/// Four consecutive rows of `b + 128` in 32 columns: `b(k,0), b(k+1,0), b(k+2,0), b(k+3,0), b(k,1), ...`.
pub(in crate::kernel) type Lane = [__m512i; 2];
/// Some rows of `a`.
pub(in crate::kernel) struct Strip {
    /// Four bytes in an element.
    quads: [[i32; QUADS]; ROWS],
    /// What the sums of each row are too large by.
    excess: [i32; ROWS],
}

thread_local! {
    static ROOM: Cell<Vec<Lane>> = const { Cell::new(Vec::new()) };
}

impl Kernel for Vnni {
    const ROWS: usize = ROWS;
    const COLS: usize = COLS;
    const DEPTH: usize = 4 * QUADS;
    const PANELS: usize = PANELS;
    const LANE: usize = 4;
    type Lane = Lane;
    type Strip = Strip;

    fn empty(self) -> (Lane, Strip) {
        // SAFETY: a `Vnni` comes from `detect` only, which has seen the features.
        (unsafe { [_mm512_setzero_si512(); 2] }, Strip { quads: [[0; QUADS]; ROWS], excess: [0; ROWS] })
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
        unsafe { strip.excess[row] = load(elements, &mut strip.quads[row]) }
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
                6 => add::<6>(strip, panel, rows, left),
                7 => add::<7>(strip, panel, rows, left),
                8 => add::<8>(strip, panel, rows, left),
                9 => add::<9>(strip, panel, rows, left),
                10 => add::<10>(strip, panel, rows, left),
                11 => add::<11>(strip, panel, rows, left),
                _ => add::<ROWS>(strip, panel, rows, left),
            }
        }
    }
}

/// Packs the columns `cols` of `rows`: a panel every `stride` lanes, -128 beyond the edges.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn pack(rows: &[i8], n: usize, cols: Range<usize>, stride: usize, packed: &mut [Lane]) {
    for (quad, rows) in rows.chunks(4 * n).enumerate() {
        let mut lines = [&[][..]; 4];
        for (line, row) in lines.iter_mut().zip(rows.chunks_exact(n)) {
            *line = &row[cols.clone()];
        }
        let [a, b, c, d] =
            [lines[0].as_chunks().0, lines[1].as_chunks().0, lines[2].as_chunks().0, lines[3].as_chunks().0];
        let blocks = a.iter().zip(b).zip(c.iter().zip(d));
        for (panels, ((a, b), (c, d))) in packed.chunks_mut(2 * stride).zip(blocks) {
            // The lane after the next: the processor does not foresee it, and would wait for the second-level cache.
            for line in [a, b, c, d] {
                _mm_prefetch::<_MM_HINT_T0>(line.as_ptr().wrapping_add(8 * n));
            }
            let [first, second] = interleave_wide([a, b, c, d]);
            (panels[quad], panels[stride + quad]) = (first, second);
        }
        let rest = (0..cols.len()).step_by(COLS).zip(packed.chunks_mut(stride)).skip(2 * d.len());
        for (left, panel) in rest {
            panel[quad] = [interleave(&lines, left), interleave(&lines, left + HALF)];
        }
    }
}

/// [`interleave`] of two panels.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn interleave_wide(lines: [&[i8; 2 * COLS]; 4]) -> [Lane; 2] {
    // Columns 0 to 3 of every 16 in the first quarter, and so on: so they come to lie in order.
    let order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    let high = _mm512_set1_epi32(i32::from_ne_bytes([0x80; 4]));
    let [a, b, c, d] = lines.map(|line| {
        // SAFETY: 64 bytes each, and every bit pattern is a vector.
        let bytes = unsafe { transmute::<[i8; 2 * COLS], __m512i>(*line) };
        _mm512_xor_si512(_mm512_permutexvar_epi32(order, bytes), high)
    });
    let (upper, lower) = (_mm512_unpacklo_epi8(a, b), _mm512_unpacklo_epi8(c, d));
    let first = [_mm512_unpacklo_epi16(upper, lower), _mm512_unpackhi_epi16(upper, lower)];
    let (upper, lower) = (_mm512_unpackhi_epi8(a, b), _mm512_unpackhi_epi8(c, d));
    [first, [_mm512_unpacklo_epi16(upper, lower), _mm512_unpackhi_epi16(upper, lower)]]
}

/// The first 16 elements, zeros if there are fewer.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn load_row(row: &[i8]) -> __m128i {
    let row = row.first_chunk().copied().unwrap_or_else(|| {
        let mut edge = [0; HALF];
        edge[..row.len()].copy_from_slice(row);
        edge
    });
    // SAFETY: 16 bytes each, and every bit pattern is a vector.
    unsafe { transmute::<[i8; HALF], __m128i>(row) }
}

/// The four bytes of each of 16 columns together, plus 128.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn interleave(lines: &[&[i8]; 4], left: usize) -> __m512i {
    let [a, b, c, d] = [
        load_row(lines[0].get(left..).unwrap_or_default()),
        load_row(lines[1].get(left..).unwrap_or_default()),
        load_row(lines[2].get(left..).unwrap_or_default()),
        load_row(lines[3].get(left..).unwrap_or_default()),
    ];
    let (upper, lower) = (_mm_unpacklo_epi8(a, b), _mm_unpacklo_epi8(c, d));
    let low = _mm256_set_m128i(_mm_unpackhi_epi16(upper, lower), _mm_unpacklo_epi16(upper, lower));
    let (upper, lower) = (_mm_unpackhi_epi8(a, b), _mm_unpackhi_epi8(c, d));
    let high = _mm256_set_m128i(_mm_unpackhi_epi16(upper, lower), _mm_unpacklo_epi16(upper, lower));
    let bytes = _mm512_inserti64x4::<1>(_mm512_castsi256_si512(low), high);
    _mm512_xor_si512(bytes, _mm512_set1_epi32(i32::from_ne_bytes([0x80; 4])))
}

/// Fours of elements, the first in the lowest byte; zeros after the last. 128 times their sum.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn load(row: &[i8], quads: &mut [i32; QUADS]) -> i32 {
    let (chunks, rest) = row.as_chunks::<4>();
    let bytes = |chunk: [i8; 4]| i32::from_le_bytes(chunk.map(|x| x as u8));
    for (quad, chunk) in quads.iter_mut().zip(chunks) {
        *quad = bytes(*chunk);
    }
    if let (false, Some(quad)) = (rest.is_empty(), quads.get_mut(chunks.len())) {
        let mut last = [0; 4];
        last[..rest.len()].copy_from_slice(rest);
        *quad = bytes(last);
    }
    // It cannot overflow; a sum that is checked for that is not one of vectors.
    row.iter().fold(0i32, |sum, &x| sum.wrapping_add(x.into())).wrapping_mul(128)
}

/// Adds the products to `R` rows, from their element `left` on.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn add<const R: usize>(strip: &Strip, panel: &[Lane], rows: &mut [&mut [i32]], left: usize) {
    for row in &*rows {
        fetch(&row[left..]);
    }
    let sums = panel_sums::<R>(&strip.quads, panel);
    for ((row, sums), &excess) in rows.iter_mut().zip(sums).zip(&strip.excess) {
        let excess = _mm512_set1_epi32(excess);
        add_sums(&mut row[left..], sums.map(|sums| _mm512_sub_epi32(sums, excess)));
    }
}

/// Asks for the elements that sums are about to be added to: they are far from those of the row before.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn fetch(out: &[i32]) {
    for line in out.chunks(16).take(COLS / 16) {
        _mm_prefetch::<_MM_HINT_T0>(line.as_ptr().cast());
    }
}

/// Adds 32 sums to as many elements, or to all if there are fewer.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn add_sums(out: &mut [i32], sums: [__m512i; 2]) {
    match out.first_chunk_mut::<COLS>() {
        Some(out) => {
            // SAFETY: 128 bytes each, and every bit pattern is a vector, or an array of integers.
            let old = unsafe { transmute::<[i32; COLS], [__m512i; 2]>(*out) };
            let new = [_mm512_add_epi32(old[0], sums[0]), _mm512_add_epi32(old[1], sums[1])];
            // SAFETY: as above.
            *out = unsafe { transmute::<[__m512i; 2], [i32; COLS]>(new) };
        }
        None => {
            // SAFETY: as above.
            let sums = unsafe { transmute::<[__m512i; 2], [i32; COLS]>(sums) };
            for (out, sum) in out.iter_mut().zip(sums) {
                *out = out.wrapping_add(sum);
            }
        }
    }
}

/// `sums[r][j] = sum over k of a[r][k] * (b[k][j] + 128)` of one panel.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn panel_sums<const R: usize>(quads: &[[i32; QUADS]; ROWS], lanes: &[Lane]) -> [[__m512i; 2]; R] {
    let mut sums = [[_mm512_setzero_si512(); 2]; R];
    for (quad, b) in lanes.iter().enumerate().take(QUADS) {
        for (sums, a) in sums.iter_mut().zip(quads) {
            let a = _mm512_set1_epi32(a[quad]);
            sums[0] = _mm512_dpbusd_epi32(sums[0], b[0], a);
            sums[1] = _mm512_dpbusd_epi32(sums[1], b[1], a);
        }
    }
    sums
}
