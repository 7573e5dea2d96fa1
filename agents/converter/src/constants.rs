//! Scales to the integers that the operations take.

use crate::error::Reason;
use autonet_ml_precompiles::{MAX_BIAS, MAX_EXP, TABLE_LEN};

/// How integers stand for numbers: `(integer - zero_point) * scale`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantisation {
    /// A step.
    pub scale: f64,
    /// What stands for 0.
    pub zero_point: i8,
}

impl Quantisation {
    /// All of I8 for a range that holds zero.
    pub(crate) fn affine([low, high]: [f64; 2], least: f64) -> Option<Self> {
        let scale = ((high - low) / 255.0).max(least);
        let zero_point = (-128.0 - low / scale).round().clamp(-128.0, 127.0) as i8;
        (scale.is_normal()).then_some(Self { scale, zero_point })
    }

    /// -127 to 127, with 0 for 0.
    pub(crate) fn symmetric([low, high]: [f64; 2], least: f64) -> Option<Self> {
        let scale = (high.max(-low) / 127.0).max(least);
        (scale.is_normal()).then_some(Self { scale, zero_point: 0 })
    }

    /// The nearest integer.
    pub fn quantise_nearest(&self, value: f64) -> i8 {
        // A conversion of a float saturates.
        (value / self.scale + f64::from(self.zero_point)).round() as i8
    }

    /// What `integer` stands for.
    pub fn dequantise(&self, integer: i8) -> f64 {
        (f64::from(integer) - f64::from(self.zero_point)) * self.scale
    }
}

/// Exactly `2^exponent`, of a small exponent.
fn power_of_two(exponent: i32) -> f64 {
    f64::from_bits(u64::from((1023 + exponent).unsigned_abs()) << 52)
}

/// `[m, s]` of `m / 2^s` nearest to `factor`, m in [2^30, 2^31) and s in [31, 62].
pub(crate) fn requant(factor: f64) -> Option<[i32; 2]> {
    (31..=62).rev().find_map(|s| {
        let m = (factor * power_of_two(s)).round();
        (1_073_741_824.0..2_147_483_648.0).contains(&m).then_some([m as i32, s])
    })
}

/// The smallest and largest factor that [`requant`] has constants for, with room for rounding.
pub(crate) const FACTORS: [f64; 2] = [1.0 / 4_294_967_296.0, 1.0 - 1.0 / 1_073_741_824.0];

/// Rows m, s, zp of a requantisation.
pub(crate) fn requant_rows(factors: &[f64], zero_point: i8) -> Result<Vec<i32>, Reason> {
    let n = factors.len();
    let mut rows = vec![i32::from(zero_point); 3 * n];
    for (column, &factor) in factors.iter().enumerate() {
        [rows[column], rows[n + column]] = requant(factor).ok_or(Reason::Factor { column, factor })?;
    }
    Ok(rows)
}

/// One column of a product: its weights in [-127, 127] and its bias.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    pub(crate) weights: Vec<i8>,
    pub(crate) bias: i32,
    /// A step of the accumulator in steps of the result.
    pub(crate) factor: f64,
}

/// What a step of `weights` has to be, at least: their largest over 127, or more if the bias would otherwise be out of
/// range. What is lost then is far below a step of the result. Half of the largest bias is left for the input's zero
/// point.
fn step(weights: &[f64], bias: f64, input: Quantisation) -> f64 {
    let largest = weights.iter().fold(0.0, |max: f64, weight| max.max(weight.abs()));
    (largest / 127.0).max(2.0 * bias.abs() / (f64::from(MAX_BIAS) * input.scale))
}

/// The finest step that a result of this column can have.
pub(crate) fn least_scale(weights: &[f64], bias: f64, input: Quantisation) -> f64 {
    step(weights, bias, input) * input.scale / FACTORS[1]
}

/// Quantises column `index` of a product.
pub(crate) fn column(
    index: usize,
    weights: &[f64],
    bias: f64,
    input: Quantisation,
    output_scale: f64,
) -> Result<Column, Reason> {
    let step = step(weights, bias, input).max(2.0 * FACTORS[0] * output_scale / input.scale);
    let weights: Vec<i8> = weights.iter().map(|weight| (weight / step).round().clamp(-127.0, 127.0) as i8).collect();
    let sum: i64 = weights.iter().copied().map(i64::from).sum();
    let value = (bias / (step * input.scale)).round() as i64 - i64::from(input.zero_point) * sum;
    match i32::try_from(value) {
        Ok(bias) if bias.unsigned_abs() <= MAX_BIAS => {
            Ok(Column { weights, bias, factor: step * input.scale / output_scale })
        }
        _ => Err(Reason::Bias { column: index, value }),
    }
}

/// SOFTMAX_I8's table for inputs of this step.
pub(crate) fn softmax_table(scale: f64) -> Vec<i32> {
    let entry = |distance| (f64::from(MAX_EXP) * libm::exp(-(distance as f64) * scale)).round() as i32;
    (0..TABLE_LEN).map(entry).collect()
}

/// ADD_I8's `ma, mb, c, s` for `y = a * fa + b * fb + offset`.
pub(crate) fn add(fa: f64, fb: f64, offset: f64) -> Result<Vec<i32>, Reason> {
    (1..=30)
        .rev()
        .find_map(|s| {
            let [ma, mb, c] = [fa, fb, offset].map(|factor| (factor * f64::from(1 << s)).round());
            let fits = ma.abs() < 4_194_304.0 && mb.abs() < 4_194_304.0 && c.abs() <= 536_870_912.0;
            // Seven bits are the least that leaves an error below a step.
            (fits && ma.abs().max(mb.abs()) >= 128.0).then(|| vec![ma as i32, mb as i32, c as i32, s])
        })
        .ok_or(Reason::Constants("ADD_I8"))
}

/// LAYERNORM_I8's rows m, c, s for `y_j = t_j * factors[j] + offsets[j]`, t in units of 2^-16.
pub(crate) fn layernorm(factors: &[f64], offsets: &[f64]) -> Result<Vec<i32>, Reason> {
    let n = factors.len();
    let mut rows = vec![0; 3 * n];
    for (column, (factor, offset)) in factors.iter().zip(offsets).enumerate() {
        let constants = (17..=46).rev().find_map(|s| {
            let m = (factor / 65_536.0 * power_of_two(s)).round();
            let c = (offset * power_of_two(s - 16)).round();
            (m.abs() < 2_147_483_648.0 && c.abs() < 2_147_483_648.0).then_some([m as i32, c as i32, s])
        });
        [rows[column], rows[n + column], rows[2 * n + column]] = constants.ok_or(Reason::Constants("LAYERNORM_I8"))?;
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use autonet_ml_precompiles::arithmetic::{AddConstants, Requant};

    #[test]
    fn factors_are_met_to_30_bits_over_the_whole_range() {
        for exponent in 1..32 {
            for mantissa in [1.0, 1.2345, 1.9999] {
                let factor = mantissa / power_of_two(exponent);
                let [m, s] = requant(factor).unwrap();
                assert!(Requant::new(m, s, 0).is_some());
                let met = f64::from(m) / power_of_two(s);
                assert!((met / factor - 1.0).abs() < 1e-9, "{factor}");
            }
        }
        assert!(FACTORS.iter().all(|factor| requant(*factor).is_some()));
        assert_eq!([1.0, 2.0, 1e-10, 0.0, -0.5, f64::NAN].map(requant), [None; 6]);
    }

    #[test]
    fn a_column_without_weights_and_one_with_a_huge_bias_have_constants() {
        let input = Quantisation { scale: 0.1, zero_point: -128 };
        for (weight, bias) in [(0.0, 0.0), (0.0, 3.0), (1e-12, 3.0), (1.0, 1e6)] {
            let scale = least_scale(&[weight; 4], bias, input).max(0.05);
            let column = column(0, &[weight; 4], bias, input, scale).unwrap();
            let [m, s] = requant(column.factor).unwrap();
            // All inputs are zero, which is -128.
            let products = column.weights.iter().map(|weight| i32::from(*weight) * -128).sum::<i32>();
            let got = Requant::new(m, s, 0).unwrap().apply(column.bias + products);
            assert_eq!(f64::from(got), (bias / scale).round().min(127.0), "{weight} {bias}");
        }
    }

    #[test]
    fn additions_hold_their_limits() {
        for (fa, fb, offset) in [(1.0, 0.5, 128.0), (200.0, 1.0, -3.0), (0.001, 0.9, 0.0)] {
            let constants: [i32; 4] = add(fa, fb, offset).unwrap().try_into().unwrap();
            let constants = AddConstants::new(constants).unwrap();
            let exact = (3.0 * fa - 7.0 * fb + offset).round().clamp(-128.0, 127.0);
            assert_eq!(f64::from(constants.apply(3, -7)), exact);
        }
        assert_eq!(add(1e9, 1.0, 0.0), Err(Reason::Constants("ADD_I8")));
        assert_eq!(layernorm(&[1e12], &[0.0]), Err(Reason::Constants("LAYERNORM_I8")));
    }
}
