//! The numbers of one element: what every kernel, and the referee on L1, has to equal.

use core::ops::RangeInclusive;

/// Largest magnitude of a bias: 2^30.
pub const MAX_BIAS: u32 = 1 << 30;
/// Entries of a look-up table.
pub const TABLE_LEN: usize = 256;
/// The largest entry of a softmax's table.
pub const MAX_EXP: i32 = 65_535;

const I8: RangeInclusive<i32> = i8::MIN as i32..=i8::MAX as i32;

/// `min(max(value, -128), 127)`.
pub fn clamp8(value: i64) -> i8 {
    value.clamp(i8::MIN.into(), i8::MAX.into()) as i8
}

/// One column's constants of a requantisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Requant {
    /// The factor, in [2^30, 2^31).
    pub m: i32,
    /// The shift, in [31, 62].
    pub s: i32,
    /// What is added, in [-128, 127].
    pub zp: i32,
}

impl Requant {
    /// The constants, if they are in range.
    pub fn new(m: i32, s: i32, zp: i32) -> Option<Self> {
        ((1 << 30..=i32::MAX).contains(&m) && (31..=62).contains(&s) && I8.contains(&zp)).then_some(Self { m, s, zp })
    }

    /// `clamp8(((acc * m + 2^(s-1)) >> s) + zp)`: ties go towards +infinity. The product is below 2^62 and the half at
    /// most 2^61, so nothing overflows.
    pub fn apply(self, acc: i32) -> i8 {
        let scaled = i64::from(acc).wrapping_mul(self.m.into()).wrapping_add(1 << (self.s - 1)) >> self.s;
        clamp8(scaled + i64::from(self.zp))
    }
}

/// `floor((e * 127 + floor(sum / 2)) / sum)`, where e <= 65,535 is one of the terms of `sum`: at most 127.
pub fn softmax_round(e: u32, sum: u32) -> i8 {
    let (e, sum) = (u64::from(e), u64::from(sum.max(1)));
    ((e * 127 + sum / 2) / sum) as i8
}

/// What a row of LAYERNORM_I8 is normalised with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowNorm {
    /// Number of elements.
    pub n: i64,
    /// Their sum.
    pub sum: i64,
    /// 31 bits of the reciprocal of the spread.
    pub inverse: i64,
    /// Floor of the binary logarithm of the spread.
    pub g: u32,
}

impl RowNorm {
    /// Of a row of `n` elements (at most 65,536) with this sum and this sum of squares:
    /// `r = max(1, floor(sqrt(n * squares - sum^2)))`, `g = floor(log2 r)`, `inverse = min(2^31 - 1, 2^54 / (r * 2^(23 - g)))`.
    ///
    /// r is at most n * 128 = 2^23.
    pub fn new(n: u64, sum: i64, squares: u64) -> Self {
        let spread = n.wrapping_mul(squares).wrapping_sub(sum.unsigned_abs().wrapping_pow(2));
        let r = spread.isqrt().clamp(1, 1 << 23);
        let g = r.ilog2();
        let inverse = ((1u64 << 54) / (r << (23 - g))).min((1 << 31) - 1);
        Self { n: n as i64, sum, inverse: inverse as i64, g }
    }

    /// `((n * x - sum) * inverse + 2^(14 + g)) >> (15 + g)`: the normalised element in units of 2^-16.
    pub fn normalise(&self, x: i8) -> i64 {
        let centred = self.n * i64::from(x) - self.sum;
        (centred.wrapping_mul(self.inverse).wrapping_add(1 << (14 + self.g))) >> (15 + self.g)
    }
}

/// One column's constants of LAYERNORM_I8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scale {
    /// Factor.
    pub m: i32,
    /// Offset, before the shift, in units of 2^16.
    pub c: i32,
    /// The shift, in [17, 46].
    pub s: i32,
}

impl Scale {
    /// The constants, if they are in range.
    pub fn new(m: i32, c: i32, s: i32) -> Option<Self> {
        (17..=46).contains(&s).then_some(Self { m, c, s })
    }

    /// `clamp8((t * m + c * 2^16 + 2^(s-1)) >> s)`. |t| is below 2^25, so 64 bits are enough.
    pub fn apply(self, t: i64) -> i8 {
        let sum = t.wrapping_mul(self.m.into()).wrapping_add(i64::from(self.c) << 16);
        clamp8(sum.wrapping_add(1 << (self.s - 1)) >> self.s)
    }
}

/// Constants of ADD_I8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddConstants {
    /// Factor of a, magnitude below 2^22.
    pub ma: i32,
    /// Factor of b, magnitude below 2^22.
    pub mb: i32,
    /// Offset, magnitude at most 2^29.
    pub c: i32,
    /// The shift, in [1, 30].
    pub s: i32,
}

impl AddConstants {
    /// The constants, if they are in range; which one is not, otherwise.
    pub fn new([ma, mb, c, s]: [i32; 4]) -> Result<Self, usize> {
        let fits = [
            ma.unsigned_abs() < 1 << 22,
            mb.unsigned_abs() < 1 << 22,
            c.unsigned_abs() <= 1 << 29,
            (1..=30).contains(&s),
        ];
        match fits.iter().position(|fits| !fits) {
            Some(index) => Err(index),
            None => Ok(Self { ma, mb, c, s }),
        }
    }

    /// `clamp8((a * ma + b * mb + c + 2^(s-1)) >> s)`: 2 * 2^29 + 2^29 + 2^29 stays in 32 bits.
    pub fn apply(self, a: i8, b: i8) -> i8 {
        let sum = (i32::from(a).wrapping_mul(self.ma)).wrapping_add(i32::from(b).wrapping_mul(self.mb));
        clamp8((sum.wrapping_add(self.c).wrapping_add(1 << (self.s - 1)) >> self.s).into())
    }
}

/// `floor((2 * sum + n) / (2 * n))`: the mean of n > 0 elements, halves up.
pub fn mean_half_up(sum: i64, n: i64) -> i8 {
    let n = n.max(1);
    (2 * sum + n).div_euclid(2 * n) as i8
}

/// Whether the cosine of two vectors with this product and these squares is at least `n / d`:
/// `dot > 0 && dot^2 * d^2 >= n^2 * aa * bb`. n and d are below 2^32, the others below 2^30.
pub fn cosine_at_least(dot: i64, aa: u64, bb: u64, n: u64, d: u64) -> bool {
    let left = u128::from(dot.unsigned_abs()).wrapping_mul(d.into());
    let right = [aa, bb].map(u128::from);
    // In 256 bits, as (high, low) of products of 128 by 128 bits.
    dot > 0 && square(left) >= wide(u128::from(n).wrapping_mul(right[0]), u128::from(n).wrapping_mul(right[1]))
}

fn square(value: u128) -> (u128, u128) {
    wide(value, value)
}

/// The 256-bit product, its high half first.
fn wide(a: u128, b: u128) -> (u128, u128) {
    const LOW: u128 = u64::MAX as u128;
    let ([ah, al], [bh, bl]) = ([a >> 64, a & LOW], [b >> 64, b & LOW]);
    let (ll, lh, hl, hh) = (al * bl, al * bh, ah * bl, ah * bh);
    let middle = (ll >> 64) + (lh & LOW) + (hl & LOW);
    (hh + (lh >> 64) + (hl >> 64) + (middle >> 64), (middle << 64) | (ll & LOW))
}

/// `min(max(base + floor(delta * n / d), -2^31), 2^31 - 1)`, for 1 <= n, d < 2^31.
pub fn apply_delta(base: i32, delta: i32, n: u64, d: u64) -> i32 {
    let step = (i64::from(delta) * n as i64).div_euclid((d as i64).max(1));
    (i64::from(base) + step).clamp(i32::MIN.into(), i32::MAX.into()) as i32
}
