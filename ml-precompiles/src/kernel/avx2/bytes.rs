//! Kernels of one element after the other. Where no intrinsic is named, the loop is one that the compiler turns into
//! vectors once it may use them.

use crate::ops::{TABLE_LEN, arithmetic::AddConstants};
use core::{arch::x86_64::*, mem::transmute};

/// Sixteen elements as 16-bit integers.
#[target_feature(enable = "avx2")]
fn widen(x: &[i8; 16]) -> __m256i {
    // SAFETY: 16 bytes each, and every bit pattern is a vector.
    _mm256_cvtepi8_epi16(unsafe { transmute::<[i8; 16], __m128i>(*x) })
}

/// The sum of eight 32-bit integers.
#[target_feature(enable = "avx2")]
pub(super) fn total(sums: __m256i) -> i64 {
    // SAFETY: 32 bytes each, and every bit pattern is an array of integers.
    let sums = unsafe { transmute::<__m256i, [i32; 8]>(sums) };
    sums.iter().map(|&sum| i64::from(sum)).sum()
}

#[target_feature(enable = "avx2")]
pub(super) fn has_min(values: &[i8]) -> bool {
    let (blocks, rest) = values.as_chunks::<128>();
    let min = |block: &[i8]| block.iter().fold(0, |min, &value| value.min(min));
    blocks.iter().any(|block| min(block) == i8::MIN) || rest.contains(&i8::MIN)
}

#[target_feature(enable = "avx2")]
pub(super) fn max(x: &[i8]) -> i8 {
    x.iter().fold(i8::MIN, |max, &value| value.max(max))
}

/// Sixteen look-ups of four bits (`vpshufb`), one for each value of the upper four. With those bits cancelled an index is
/// below 16, or more; plus 0x70 it keeps its lower four bits, or has the highest, which makes the look-up zero.
#[target_feature(enable = "avx2")]
pub(super) fn lut8(x: &[i8], by_byte: &[i8; TABLE_LEN], out: &mut [i8]) {
    // SAFETY: 16 bytes each, and every bit pattern is a vector.
    let half = |table: &[i8; 16]| unsafe { transmute::<[i8; 16], __m128i>(*table) };
    let tables: [__m256i; 16] = core::array::from_fn(|index| match by_byte.as_chunks().0.get(index) {
        Some(table) => _mm256_broadcastsi128_si256(half(table)),
        None => _mm256_setzero_si256(),
    });
    let ((blocks, rest), (out_blocks, out_rest)) = (x.as_chunks::<32>(), out.as_chunks_mut::<32>());
    for (x, out) in blocks.iter().zip(out_blocks) {
        // SAFETY: 32 bytes each, and every bit pattern is a vector.
        let x = unsafe { transmute::<[i8; 32], __m256i>(*x) };
        let mut found = _mm256_setzero_si256();
        for (upper, table) in (0u8..16).zip(&tables) {
            let index = _mm256_xor_si256(x, _mm256_set1_epi8((upper << 4) as i8));
            let index = _mm256_adds_epu8(index, _mm256_set1_epi8(0x70));
            found = _mm256_or_si256(found, _mm256_shuffle_epi8(*table, index));
        }
        // SAFETY: 32 bytes each, and every bit pattern is an array of integers.
        *out = unsafe { transmute::<__m256i, [i8; 32]>(found) };
    }
    for (x, out) in rest.iter().zip(out_rest) {
        *out = by_byte[usize::from(*x as u8)];
    }
}

#[target_feature(enable = "avx2")]
pub(super) fn add(a: &[i8], b: &[i8], constants: AddConstants, out: &mut [i8]) {
    let ((a, a_rest), (b, b_rest), (out, out_rest)) = (a.as_chunks(), b.as_chunks(), out.as_chunks_mut());
    let (ma, mb) = (_mm256_set1_epi32(constants.ma), _mm256_set1_epi32(constants.mb));
    let offset = _mm256_set1_epi32(constants.c.wrapping_add(1 << (constants.s - 1)));
    let shift = _mm_cvtsi32_si128(constants.s);
    for ((a, b), out) in a.iter().zip(b).zip(out) {
        let sum = |a: __m256i, b: __m256i| {
            let sum = _mm256_add_epi32(_mm256_mullo_epi32(a, ma), _mm256_mullo_epi32(b, mb));
            _mm256_sra_epi32(_mm256_add_epi32(sum, offset), shift)
        };
        let [a, b] = [widen(a), widen(b)].map(|x| {
            let (low, high) = (_mm256_castsi256_si128(x), _mm256_extracti128_si256::<1>(x));
            [_mm256_cvtepi16_epi32(low), _mm256_cvtepi16_epi32(high)]
        });
        // Each packing saturates: first to 16 bits, then to 8.
        let sums = _mm256_packs_epi32(sum(a[0], b[0]), sum(a[1], b[1]));
        // In quarters: 0-3, 8-11, 4-7, 12-15.
        let sums = _mm256_permute4x64_epi64::<0b11_01_10_00>(sums);
        let bytes = _mm_packs_epi16(_mm256_castsi256_si128(sums), _mm256_extracti128_si256::<1>(sums));
        // SAFETY: 16 bytes each, and every bit pattern is an array of integers.
        *out = unsafe { transmute::<__m128i, [i8; 16]>(bytes) };
    }
    for ((a, b), out) in a_rest.iter().zip(b_rest).zip(out_rest) {
        *out = constants.apply(*a, *b);
    }
}

/// 65,536 squares are at most 2^30, so that 32 bits hold any part of the sums.
#[target_feature(enable = "avx2")]
pub(super) fn products(a: &[i8], b: &[i8]) -> [i64; 3] {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks(), b.as_chunks());
    let mut sums = [_mm256_setzero_si256(); 3];
    for (a, b) in a.iter().zip(b) {
        let (a, b) = (widen(a), widen(b));
        let products = [_mm256_madd_epi16(a, b), _mm256_madd_epi16(a, a), _mm256_madd_epi16(b, b)];
        sums = [0, 1, 2].map(|index| _mm256_add_epi32(sums[index], products[index]));
    }
    let rest = crate::kernel::scalar::products(a_rest, b_rest);
    [0, 1, 2].map(|index| total(sums[index]) + rest[index])
}

/// `sum x`, `sum x^2` of at most 65,536 elements.
#[target_feature(enable = "avx2")]
pub(super) fn moments(x: &[i8]) -> [i64; 2] {
    let (blocks, rest) = x.as_chunks();
    let mut sums = [_mm256_setzero_si256(); 2];
    let ones = _mm256_set1_epi16(1);
    for x in blocks {
        let x = widen(x);
        sums[0] = _mm256_add_epi32(sums[0], _mm256_madd_epi16(x, ones));
        sums[1] = _mm256_add_epi32(sums[1], _mm256_madd_epi16(x, x));
    }
    let sums = sums.map(|sums| total(sums));
    rest.iter().fold(sums, |[sum, squares], &x| [sum + i64::from(x), squares + i64::from(x).pow(2)])
}

#[target_feature(enable = "avx2")]
pub(super) fn max_into(x: &[i8], out: &mut [i8]) {
    if let [out] = out {
        *out = max(x).max(*out);
        return;
    }
    for x in x.chunks_exact(out.len()) {
        for (out, &x) in out.iter_mut().zip(x) {
            *out = x.max(*out);
        }
    }
}

#[target_feature(enable = "avx2")]
pub(super) fn add_into(x: &[i8], sums: &mut [i32]) {
    if let [sum] = sums {
        *sum = x.iter().fold(*sum, |sum, &x| sum.wrapping_add(x.into()));
        return;
    }
    for x in x.chunks_exact(sums.len()) {
        for (sum, &x) in sums.iter_mut().zip(x) {
            *sum = sum.wrapping_add(x.into());
        }
    }
}

#[target_feature(enable = "avx2")]
pub(super) fn order(low: &mut [i32], high: &mut [i32]) {
    for (low, high) in low.iter_mut().zip(high) {
        (*low, *high) = ((*low).min(*high), (*low).max(*high));
    }
}

#[target_feature(enable = "avx2")]
pub(super) fn add_scaled(weight: i32, values: &[i32], sums: &mut [i64]) {
    for (sum, &value) in sums.iter_mut().zip(values) {
        *sum = sum.wrapping_add(i64::from(weight) * i64::from(value));
    }
}
