//! REQUANT: 32-bit accumulators to 8 bits by a fixed-point factor, an offset and one rounding.

use crate::error::Failure;
use alloc::vec::Vec;

const FACTORS: core::ops::RangeInclusive<i32> = 1 << 30..=i32::MAX;
const SHIFTS: core::ops::RangeInclusive<i32> = 31..=62;
const ZERO_POINTS: core::ops::RangeInclusive<i32> = i8::MIN as i32..=i8::MAX as i32;

/// One column's constants, checked.
struct Column {
    factor: i64,
    half: i64,
    shift: u32,
    zero_point: i64,
}

/// Each row of `acc` is `cols` accumulators; `constants` are the rows m, s, zp.
pub(super) fn requantise(acc: &[i32], constants: &[i32], cols: usize) -> Result<Vec<i8>, Failure> {
    let columns = (0..cols)
        .map(|column| {
            let [m, s, zp] = [0, 1, 2].map(|row| constants[row * cols + column]);
            if !FACTORS.contains(&m) || !SHIFTS.contains(&s) || !ZERO_POINTS.contains(&zp) {
                return Err(Failure::Requant { column });
            }
            Ok(Column { factor: m.into(), half: 1 << (s - 1), shift: s as u32, zero_point: zp.into() })
        })
        .collect::<Result<Vec<_>, _>>()?;
    let mut out = Vec::with_capacity(acc.len());
    for row in acc.chunks_exact(cols) {
        out.extend(row.iter().zip(&columns).map(|(&acc, column)| column.requantise(acc)));
    }
    Ok(out)
}

impl Column {
    /// `clamp(((acc * m + (1 << (s - 1))) >> s) + zp, -128, 127)`: ties go towards +infinity. The product is below
    /// 2^62 and the half at most 2^61, so nothing overflows.
    fn requantise(&self, acc: i32) -> i8 {
        let scaled = i64::from(acc).wrapping_mul(self.factor).wrapping_add(self.half) >> self.shift;
        (scaled + self.zero_point).clamp(i8::MIN.into(), i8::MAX.into()) as i8
    }
}
