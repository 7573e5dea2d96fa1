//! Exact division by a number that stays the same for many dividends: a multiplication, and a comparison.

/// Floor division by d, 0 < d < 2^32, of numbers whose quotients fit 32 bits.
#[derive(Clone, Copy, Debug)]
pub struct Divisor {
    d: u64,
    /// `floor(2^63 / d)`.
    reciprocal: u64,
}

impl Divisor {
    /// By `d`, at least 1.
    pub const fn new(d: u32) -> Self {
        let d = if d == 0 { 1 } else { d as u64 };
        Self { d, reciprocal: (1 << 63) / d }
    }

    /// `floor(u / d)`, for `u < 2^32 * d`.
    ///
    /// With `2^63 / d = reciprocal + f`, `0 <= f < 1`: `u * reciprocal / 2^63 = u / d - u * f / 2^63`. As u is below 2^64, the
    /// last term is below 2: the estimate is the floor, or one or two less, and the remainder tells.
    pub const fn quotient(&self, u: u64) -> u64 {
        let mut quotient = ((u as u128 * self.reciprocal as u128) >> 63) as u64;
        let mut remainder = u - quotient * self.d;
        while remainder >= self.d {
            quotient += 1;
            remainder -= self.d;
        }
        quotient
    }

    /// `floor(value / d)`, for `-2^31 * d <= value < 2^31 * d`.
    pub const fn floor(&self, value: i64) -> i64 {
        self.quotient((value as u64).wrapping_add(self.d << 31)) as i64 - (1 << 31)
    }
}
