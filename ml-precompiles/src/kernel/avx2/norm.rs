//! LAYERNORM_I8. Arithmetic shifts of 64 bits as in [`super::requant`]: a number in (-2^63, 2^63) is made positive by
//! adding 2^63, and the shifted 2^63 is taken off again.

use super::bytes::moments;
use crate::ops::arithmetic::{RowNorm, Scale};
use alloc::vec::Vec;
use core::{arch::x86_64::*, mem::transmute};

const LANES: usize = 8;

#[target_feature(enable = "avx2")]
pub(super) fn layernorm(x: &[i8], scales: &[Scale], out: &mut [i8]) {
    let n = scales.len();
    // A single row does not repay the preparation.
    let vectors: Vec<Scales> =
        if x.len() > n { scales.as_chunks().0 } else { &[] }.iter().map(|s| Scales::new(s)).collect();
    for (x, out) in x.chunks_exact(n).zip(out.chunks_exact_mut(n)) {
        let [sum, squares] = moments(x);
        let norm = RowNorm::new(n as u64, sum, squares as u64);
        let row = Row::new(&norm);
        for ((x, out), vector) in x.as_chunks().0.iter().zip(out.as_chunks_mut().0).zip(&vectors) {
            *out = vector.apply(row.normalise(x));
        }
        let done = vectors.len() * LANES;
        for ((x, scale), out) in x.iter().zip(scales).zip(out).skip(done) {
            *out = scale.apply(norm.normalise(*x));
        }
    }
}

/// [`RowNorm`] in vectors.
struct Row {
    n: __m256i,
    sum: __m256i,
    inverse: __m256i,
    /// `2^63 + 2^(14+g)`.
    offset: __m256i,
    /// `15 + g`.
    shift: __m128i,
    /// `2^(48-g)`.
    raised: __m256i,
}

impl Row {
    #[target_feature(enable = "avx2")]
    fn new(norm: &RowNorm) -> Self {
        Self {
            n: _mm256_set1_epi32(norm.n as i32),
            sum: _mm256_set1_epi32(norm.sum as i32),
            inverse: _mm256_set1_epi64x(norm.inverse),
            offset: _mm256_set1_epi64x(i64::MIN + (1 << (14 + norm.g))),
            shift: _mm_cvtsi64_si128(15 + i64::from(norm.g)),
            raised: _mm256_set1_epi64x(1 << (48 - norm.g)),
        }
    }

    /// Of even columns, then of odd ones, in the low halves of 64 bits: |t| < 2^25.
    #[target_feature(enable = "avx2")]
    fn normalise(&self, x: &[i8; LANES]) -> [__m256i; 2] {
        let x = _mm256_cvtepi8_epi32(_mm_cvtsi64_si128(i64::from_le_bytes(x.map(|x| x as u8))));
        // |n * x - sum| <= 2^24.
        let centred = _mm256_sub_epi32(_mm256_mullo_epi32(x, self.n), self.sum);
        [centred, _mm256_srli_epi64::<32>(centred)].map(|centred| {
            let product = _mm256_add_epi64(_mm256_mul_epi32(centred, self.inverse), self.offset);
            _mm256_sub_epi64(_mm256_srl_epi64(product, self.shift), self.raised)
        })
    }
}

/// Constants of eight columns, first of even ones, then of odd ones.
struct Scales {
    m: [__m256i; 2],
    s: [__m256i; 2],
    /// `2^63 + c * 2^16 + 2^(s-1)`.
    offset: [__m256i; 2],
    /// `2^(63-s)`.
    raised: [__m256i; 2],
}

impl Scales {
    #[target_feature(enable = "avx2")]
    fn new(scales: &[Scale; LANES]) -> Self {
        let wide = |of: &dyn Fn(&Scale) -> i64| {
            [0, 1].map(|odd| {
                let lanes: [i64; 4] = core::array::from_fn(|lane| of(&scales[2 * lane + odd]));
                // SAFETY: 32 bytes each, and every bit pattern is a vector.
                unsafe { transmute::<[i64; 4], __m256i>(lanes) }
            })
        };
        Self {
            m: wide(&|scale| scale.m.into()),
            s: wide(&|scale| scale.s.into()),
            offset: wide(&|scale| i64::MIN.wrapping_add((i64::from(scale.c) << 16) + (1 << (scale.s - 1)))),
            raised: wide(&|scale| 1 << (63 - scale.s)),
        }
    }

    #[target_feature(enable = "avx2")]
    fn apply(&self, t: [__m256i; 2]) -> [i8; LANES] {
        let (least, most) = (_mm256_set1_epi64x(i8::MIN.into()), _mm256_set1_epi64x(i8::MAX.into()));
        let [even, odd] = [0, 1].map(|part| {
            // |t * m| < 2^56.
            let sum = _mm256_add_epi64(_mm256_mul_epi32(t[part], self.m[part]), self.offset[part]);
            let y = _mm256_sub_epi64(_mm256_srlv_epi64(sum, self.s[part]), self.raised[part]);
            let y = _mm256_blendv_epi8(y, most, _mm256_cmpgt_epi64(y, most));
            _mm256_blendv_epi8(y, least, _mm256_cmpgt_epi64(least, y))
        });
        let both = _mm256_blend_epi32::<0b1010_1010>(even, _mm256_slli_epi64::<32>(odd));
        let narrow = _mm_packs_epi32(_mm256_castsi256_si128(both), _mm256_extracti128_si256::<1>(both));
        _mm_cvtsi128_si64(_mm_packs_epi16(narrow, narrow)).to_le_bytes().map(|byte| byte as i8)
    }
}
