//! AVX2: sign-extend to 16 bits, multiply and add pairs into 32 bits (`vpmaddwd`). Nothing saturates: a pair of
//! products is at most 2 * 128 * 128.
//!
//! `b` is packed block by block into panels of 16 columns in which two consecutive k lie side by side, so one
//! instruction advances 8 columns by two k. Sizes keep the packed block in the second-level cache and one panel
//! together with the rows of `a` in the first.

use super::Product;
use alloc::vec;
use core::{arch::x86_64::*, mem::transmute, ops::Range};

/// Rows of `a` handled together: 12 accumulators, two panels' halves and one broadcast fill the 16 registers.
const ROWS: usize = 6;
/// Columns in a panel.
const COLS: usize = 16;
/// Pairs of k in a block.
const PAIRS: usize = 128;
/// Panels in a block.
const PANELS: usize = 32;
/// Lanes from one panel to the next: no power of two, which would put all panels on the same cache sets.
const STRIDE: usize = PAIRS + 1;

/// Two consecutive rows of `b` in 16 columns, 16-bit integers: `b(k,0), b(k+1,0), b(k,1), ...`.
type Lane = [__m256i; 2];

/// Proof that the processor has AVX2.
#[derive(Clone, Copy, Debug)]
pub struct Avx2(());

impl Avx2 {
    /// Asks the processor.
    pub fn detect() -> Option<Self> {
        std::arch::is_x86_feature_detected!("avx2").then_some(Self(()))
    }

    /// Whether sums of `k` products are long enough: each ends in memory as an addition of its own.
    pub const fn pays(k: usize) -> bool {
        k >= 8
    }

    /// Equals [`super::scalar::matmul`].
    pub fn matmul(self, product: &Product<'_>, out: &mut [i32]) {
        // SAFETY: an `Avx2` comes from `detect` only, which has seen the feature.
        unsafe { matmul(product, out) }
    }
}

#[target_feature(enable = "avx2")]
fn matmul(product: &Product<'_>, out: &mut [i32]) {
    let &Product { a, b, k, n, .. } = product;
    product.start(out);
    let mut packed = vec![[_mm256_setzero_si256(); 2]; STRIDE * n.div_ceil(COLS).min(PANELS)];
    for k0 in (0..k).step_by(2 * PAIRS) {
        let depth = (2 * PAIRS).min(k - k0);
        for j0 in (0..n).step_by(COLS * PANELS) {
            let width = (COLS * PANELS).min(n - j0);
            pack(&b[k0 * n..(k0 + depth) * n], n, j0..j0 + width, &mut packed);
            for (a, out) in a.chunks(k * ROWS).zip(out.chunks_mut(n * ROWS)) {
                let block = Block { a, k, k0, depth, packed: &packed, n, j0, width };
                match out.len() / n {
                    1 => block.add_to::<1>(out),
                    2 => block.add_to::<2>(out),
                    3 => block.add_to::<3>(out),
                    4 => block.add_to::<4>(out),
                    5 => block.add_to::<5>(out),
                    _ => block.add_to::<ROWS>(out),
                }
            }
        }
    }
}

/// Packs the columns `cols` of `rows`: a panel every [`STRIDE`] lanes, zeros beyond the edges.
#[target_feature(enable = "avx2")]
fn pack(rows: &[i8], n: usize, cols: Range<usize>, packed: &mut [Lane]) {
    for (pair, rows) in rows.chunks(2 * n).enumerate() {
        let (upper, lower) = rows.split_at(n);
        for (panel, left) in cols.clone().step_by(COLS).enumerate() {
            let upper = load_row(&upper[left..]);
            let lower = if lower.is_empty() { _mm256_setzero_si256() } else { load_row(&lower[left..]) };
            let (even, odd) = (_mm256_unpacklo_epi16(upper, lower), _mm256_unpackhi_epi16(upper, lower));
            packed[panel * STRIDE + pair] =
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

/// A few rows of `a` against a packed block of `b`, which starts at (k0, j0).
struct Block<'a> {
    a: &'a [i8],
    k: usize,
    k0: usize,
    depth: usize,
    packed: &'a [Lane],
    n: usize,
    j0: usize,
    width: usize,
}

impl Block<'_> {
    #[target_feature(enable = "avx2")]
    fn add_to<const R: usize>(&self, out: &mut [i32]) {
        let mut pairs = [[0i32; R]; PAIRS];
        for (r, row) in self.a.chunks_exact(self.k).enumerate().take(R) {
            for (pair, k) in pairs.iter_mut().zip(row[self.k0..self.k0 + self.depth].chunks(2)) {
                let (low, high) = (i16::from(k[0]), k.get(1).map_or(0, |&high| i32::from(high)));
                pair[r] = i32::from(low as u16) | high << 16;
            }
        }
        let pairs = &pairs[..self.depth.div_ceil(2)];
        for (panel, left) in (self.j0..self.j0 + self.width).step_by(COLS).enumerate() {
            let sums = panel_sums(pairs, &self.packed[panel * STRIDE..]);
            for (row, sums) in out.chunks_exact_mut(self.n).zip(sums) {
                for (out, sum) in row[left..].iter_mut().zip(sums) {
                    *out = out.wrapping_add(sum);
                }
            }
        }
    }
}

/// `sums[r][j] = sum over k of a[r][k] * b[k][j]` of one panel, from pairs of `a` for each row.
#[target_feature(enable = "avx2")]
fn panel_sums<const R: usize>(pairs: &[[i32; R]], lanes: &[Lane]) -> [[i32; COLS]; R] {
    let mut sums = [[_mm256_setzero_si256(); 2]; R];
    for (pair, b) in pairs.iter().zip(lanes) {
        for (sums, &a) in sums.iter_mut().zip(pair) {
            let a = _mm256_set1_epi32(a);
            sums[0] = _mm256_add_epi32(sums[0], _mm256_madd_epi16(a, b[0]));
            sums[1] = _mm256_add_epi32(sums[1], _mm256_madd_epi16(a, b[1]));
        }
    }
    // SAFETY: 64 bytes each, and every bit pattern is an array of integers.
    sums.map(|sums| unsafe { transmute::<[__m256i; 2], [i32; COLS]>(sums) })
}
