//! Products of 64 bits and their arithmetic shift, which AVX2 does not have: the product is made positive first.
//!
//! With `x = acc * m + 2^(s-1)`, |x| < 2^62 + 2^61, the logical shift of `x + 2^63` is `(x >> s) + 2^(63-s)`.

use crate::ops::arithmetic::Requant;
use alloc::vec::Vec;
use core::{arch::x86_64::*, mem::transmute};

/// Elements of a vector.
const LANES: usize = 8;
/// Fewer columns than these are repeated to fill vectors.
const MIN_COLS: usize = 64;

#[target_feature(enable = "avx2")]
pub(super) fn requant(acc: &[i32], columns: &[Requant], out: &mut [i8]) {
    let n = columns.len();
    if acc.len() < 2 * n || acc.len() < LANES {
        return crate::kernel::scalar::requant(acc, columns, out);
    }
    // Rows follow each other, so that eight of them have a whole number of vectors.
    let repeats = if n < MIN_COLS { LANES >> n.trailing_zeros().min(3) } else { 1 };
    let columns: Vec<Requant> = columns.iter().copied().cycle().take(n * repeats).collect();
    let vectors: Vec<Columns> = columns.as_chunks().0.iter().map(|columns| Columns::new(columns)).collect();
    for (acc, out) in acc.chunks(columns.len()).zip(out.chunks_mut(columns.len())) {
        let ((blocks, rest), (out_blocks, out_rest)) = (acc.as_chunks(), out.as_chunks_mut());
        for ((acc, out), vector) in blocks.iter().zip(out_blocks).zip(&vectors) {
            *out = vector.apply(acc);
        }
        for ((acc, out), column) in rest.iter().zip(out_rest).zip(&columns[blocks.len() * LANES..]) {
            *out = column.apply(*acc);
        }
    }
}

/// Constants of eight columns; of 64-bit ones first those of even columns, then those of odd ones.
struct Columns {
    m: [__m256i; 2],
    s: [__m256i; 2],
    /// `2^63 + 2^(s-1)`.
    offset: [__m256i; 2],
    /// `2^(63-s)`, modulo 2^32.
    raised: __m256i,
    /// 16-bit integers.
    zp: __m128i,
}

impl Columns {
    #[target_feature(enable = "avx2")]
    fn new(columns: &[Requant; LANES]) -> Self {
        let wide = |of: [u64; LANES]| {
            let [a, b, c, d, e, f, g, h] = of;
            // SAFETY: 64 bytes each, and every bit pattern is a vector.
            unsafe { transmute::<[[u64; 4]; 2], [__m256i; 2]>([[a, c, e, g], [b, d, f, h]]) }
        };
        let raised = columns.map(|column| (1u64 << (63 - column.s)) as u32);
        let zp = columns.map(|column| column.zp as i16);
        Self {
            m: wide(columns.map(|column| column.m as u64)),
            s: wide(columns.map(|column| column.s as u64)),
            offset: wide(columns.map(|column| (1 << 63) + (1 << (column.s - 1)))),
            // SAFETY: 32 bytes each, and every bit pattern is a vector.
            raised: unsafe { transmute::<[u32; LANES], __m256i>(raised) },
            // SAFETY: 16 bytes each, and every bit pattern is a vector.
            zp: unsafe { transmute::<[i16; LANES], __m128i>(zp) },
        }
    }

    #[target_feature(enable = "avx2")]
    fn apply(&self, acc: &[i32; LANES]) -> [i8; LANES] {
        // SAFETY: 32 bytes each, and every bit pattern is a vector.
        let acc = unsafe { transmute::<[i32; LANES], __m256i>(*acc) };
        let shifted = |acc: __m256i, part: usize| {
            let product = _mm256_mul_epi32(acc, self.m[part]);
            _mm256_srlv_epi64(_mm256_add_epi64(product, self.offset[part]), self.s[part])
        };
        let (even, odd) = (shifted(acc, 0), shifted(_mm256_srli_epi64::<32>(acc), 1));
        // The low halves: a quotient has 32 bits, as |acc * m| / 2^31 < 2^31 - 1.
        let both = _mm256_blend_epi32::<0b1010_1010>(even, _mm256_slli_epi64::<32>(odd));
        let scaled = _mm256_sub_epi32(both, self.raised);
        let (low, high) = (_mm256_castsi256_si128(scaled), _mm256_extracti128_si256::<1>(scaled));
        // Saturating to 16 bits does not change what is clamped to 8 after a zero point of at most 128.
        let narrow = _mm_adds_epi16(_mm_packs_epi32(low, high), self.zp);
        _mm_cvtsi128_si64(_mm_packs_epi16(narrow, narrow)).to_le_bytes().map(|byte| byte as i8)
    }
}
