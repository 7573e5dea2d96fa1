//! Averages, metrics, quantisation and the arithmetic of single operations, against their definitions.

use autonet_ml_precompiles::{
    AggregateError, Factor, Metric, Operation, Tensor, Update, fedavg_floor, quantise_columns_nearest,
};
use proptest::prelude::*;

proptest! {
    #[test]
    fn requantisation_is_one_rounding_with_ties_up(acc: i32, m in 1i32 << 30..=i32::MAX, s in 31i32..=62, zp in -128i32..=127) {
        let exact = i128::from(acc) * i128::from(m);
        let unit = 1i128 << s;
        let nearest = (2 * exact + unit).div_euclid(2 * unit);
        let expected = (nearest + i128::from(zp)).clamp(-128, 127) as i8;
        let constants = Tensor::from_i32(&[3, 1], vec![m, s, zp]).expect("a tensor");
        let acc = Tensor::from_i32(&[1, 1], vec![acc]).expect("a tensor");
        let got = Operation::requant(&acc, &constants).apply().expect("runs");
        prop_assert_eq!(got.as_i8(), Some(&[expected][..]));
    }

    #[test]
    fn averages_are_the_floor_of_the_exact_mean(updates in prop::collection::vec((1u64.., prop::array::uniform3(any::<i32>())), 1..=64)) {
        let input: Vec<_> = updates.iter().map(|(weight, deltas)| Update { weight: *weight, deltas }).collect();
        let got = fedavg_floor(&input).expect("an average");
        let total: i128 = updates.iter().map(|(weight, _)| i128::from(*weight)).sum();
        for (element, &mean) in got.iter().enumerate() {
            let sum: i128 = updates.iter().map(|(weight, deltas)| i128::from(*weight) * i128::from(deltas[element])).sum();
            prop_assert!(i128::from(mean) * total <= sum && sum < (i128::from(mean) + 1) * total);
        }
        prop_assert_eq!(fedavg_floor(&input.iter().rev().copied().collect::<Vec<_>>()), Ok(got));
    }

    #[test]
    fn factors_are_the_nearest_there_are(numerator in 1u64.., denominator in 1u64..) {
        let factor = Factor::from_ratio_nearest(numerator, denominator);
        let (n, d) = (u128::from(numerator), u128::from(denominator));
        match factor {
            Some(Factor { m, s }) => {
                prop_assert!(m >= 1 << 30 && (31..=62).contains(&s));
                let error = (m as u128 * d).abs_diff(n << s);
                prop_assert!(2 * error <= d);
            }
            // What rounds to 2^31 / 2^31 or more, or to less than 2^30 / 2^62.
            None => prop_assert!((n << 32) >= (d << 32) - d || (n << 63) < d * ((1 << 31) - 1)),
        }
    }

    #[test]
    fn quantised_columns_are_within_half_a_step(weights in prop::collection::vec(any::<i32>(), 12)) {
        let quantised = quantise_columns_nearest(&weights, 3).expect("rows");
        for (index, (&weight, &q)) in weights.iter().zip(&quantised.data).enumerate() {
            let max = i64::from(quantised.absmax[index % 3]);
            prop_assert!((-127..=127).contains(&q));
            prop_assert!(2 * (i64::from(q) * max - i64::from(weight) * 127).abs() <= max);
        }
    }
}

#[test]
fn ties_go_towards_positive_infinity() {
    // m / 2^s = 1/2.
    let constants = Tensor::from_i32(&[3, 1], vec![1 << 30, 31, 0]).expect("a tensor");
    let acc = Tensor::from_i32(&[8, 1], vec![1, -1, 3, -3, 2, -2, 255, -257]).expect("a tensor");
    let got = Operation::requant(&acc, &constants).apply().expect("runs");
    assert_eq!(got.as_i8(), Some(&[1, 0, 2, -1, 1, -1, 127, -128][..]));
}

#[test]
fn tables_are_indexed_from_minus_128() {
    let table = Tensor::from_i8(&[256], (-128..=127).map(|v: i8| v.wrapping_mul(3)).collect()).expect("a tensor");
    let x = Tensor::from_i8(&[2, 1, 2], vec![-128, 127, 0, -5]).expect("a tensor");
    let got = Operation::lut8(&x, &table).apply().expect("runs");
    assert_eq!((got.as_i8(), got.shape().dims()), (Some(&[-128, 125, 0, -15][..]), &[2, 1, 2][..]));
}

#[test]
fn hits_count_the_first_of_equal_maxima_and_no_negative_label() {
    let p =
        Tensor::from_i32(&[5, 3], vec![1, 1, 1, 0, 2, 2, i32::MIN, i32::MIN, -9, 5, 4, 3, 0, 0, 0]).expect("a tensor");
    let truth = Tensor::from_i8(&[5], vec![0, 1, 2, 1, -128]).expect("a tensor");
    assert_eq!(Metric::ArgmaxHits.measure(&p, &truth), Ok(3));
}

#[test]
fn squared_errors_round_down() {
    let p = Tensor::from_i8(&[3], vec![-128, 0, 1]).expect("a tensor");
    let truth = Tensor::from_i8(&[3], vec![127, 0, 0]).expect("a tensor");
    assert_eq!(Metric::MseQ32Floor.measure(&p, &truth), Ok((65_026u64 << 32) / 3));
}

#[test]
fn averages_floor_below_zero_and_refuse_what_has_no_mean() {
    let update = |weight, deltas| Update { weight, deltas };
    assert_eq!(fedavg_floor(&[update(1, &[-1, 1]), update(1, &[0, 0])]), Ok(vec![-1, 0]));
    assert_eq!(fedavg_floor(&[update(0, &[9]), update(3, &[-7])]), Ok(vec![-7]));
    let extreme = [update(u64::MAX, &[i32::MIN, i32::MAX][..]); 64];
    assert_eq!(fedavg_floor(&extreme), Ok(vec![i32::MIN, i32::MAX]));
    assert_eq!(fedavg_floor(&[]), Err(AggregateError::Updates(0)));
    assert_eq!(fedavg_floor(&[update(1, &[]); 65]), Err(AggregateError::Updates(65)));
    assert_eq!(fedavg_floor(&[update(0, &[1]); 2]), Err(AggregateError::NoWeight));
    let uneven = AggregateError::Length { index: 1, expected: 1, got: 2 };
    assert_eq!(fedavg_floor(&[update(1, &[1]), update(1, &[1, 2])]), Err(uneven));
}

#[test]
fn factors_and_columns_at_their_edges() {
    let factor = |n, d| Factor::from_ratio_nearest(n, d).map(|Factor { m, s }| (m, s));
    assert_eq!(factor(1, 2), Some((1 << 30, 31)));
    assert_eq!(factor(1, 1 << 32), Some((1 << 30, 62)));
    assert_eq!(factor(1, (1 << 32) + 1), Some((1 << 30, 62)));
    assert_eq!(factor(1, (1 << 32) + 5), None);
    assert_eq!(factor(1, 1), None);
    assert_eq!(factor(3, 4), Some((3 << 29, 31)));
    assert_eq!((factor(1, 0), factor(0, 1)), (None, None));
    let quantised = quantise_columns_nearest(&[i32::MIN, 0, i32::MAX, 0], 2).expect("rows");
    assert_eq!((quantised.data, quantised.absmax), (vec![-127, 0, 127, 0], vec![1 << 31, 0]));
    assert_eq!(quantise_columns_nearest(&[1, 2, 3], 2), None);
    assert_eq!(quantise_columns_nearest(&[], 0), None);
}
