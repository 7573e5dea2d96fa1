//! Tensors, commitments and the arithmetic of single operations, against their definitions.

use alloy_primitives::{B256, keccak256};
use autonet_ml_precompiles::{
    AggregateError, Dtype, Factor, MAX_TENSOR_BYTES, Metric, Operation, Shape, Tensor, TensorError, Update, commitment,
    fedavg_floor, quantise_columns_nearest,
};
use proptest::prelude::*;

fn tensor() -> impl Strategy<Value = Tensor> {
    let dims = prop::collection::vec(prop_oneof![1u32..6, 14u32..20], 1..=4)
        .prop_filter("large", |dims| dims.iter().product::<u32>() < 6_000);
    (dims, any::<bool>()).prop_flat_map(|(dims, wide)| {
        let len = dims.iter().product::<u32>() as usize;
        let shape = Shape::new(if wide { Dtype::I32 } else { Dtype::I8 }, &dims).expect("a shape");
        prop::collection::vec(any::<u8>(), len * shape.dtype().width())
            .prop_map(move |bytes| Tensor::from_bytes(shape, &bytes).expect("a tensor"))
    })
}

/// The commitment by the letter: every tile, every padding leaf, every node.
fn id_by_definition(tensor: &Tensor) -> B256 {
    let shape = tensor.shape();
    let (rows, cols, width) = (shape.rows(), shape.cols(), shape.dtype().width());
    let data = tensor.slice_bytes(0, shape.size_bytes()).expect("all of it");
    let mut level = Vec::new();
    for tile in 0..shape.tiles() {
        let (top, left) = (tile / cols.div_ceil(16) * 16, tile % cols.div_ceil(16) * 16);
        let mut leaf = vec![0];
        for (y, x) in (top..top + 16).flat_map(|y| (left..left + 16).map(move |x| (y, x))) {
            let at = (y * cols + x) * width;
            let inside = y < rows && x < cols;
            leaf.extend(if inside { data[at..at + width].to_vec() } else { vec![0; width] });
        }
        level.push(keccak256(leaf));
    }
    level.resize(level.len().next_power_of_two(), B256::ZERO);
    while level.len() > 1 {
        level = level.chunks(2).map(|pair| keccak256([&[1][..], &pair[0][..], &pair[1][..]].concat())).collect();
    }
    let dims = shape.dims().iter().flat_map(|dim| dim.to_be_bytes());
    let head = [b"AUT1", &[shape.dtype() as u8, shape.dims().len() as u8][..]].concat();
    keccak256([head, dims.collect(), level[0].to_vec()].concat())
}

proptest! {
    #[test]
    fn the_id_is_what_the_definition_says(tensor in tensor()) {
        prop_assert_eq!(tensor.id(), id_by_definition(&tensor));
        prop_assert_eq!(commitment::tensor_id(&tensor), tensor.id());
    }

    #[test]
    fn encodings_decode_to_the_same_tensor(tensor in tensor()) {
        let bytes = tensor.encode();
        prop_assert_eq!(bytes.len(), 2 + 4 * tensor.shape().dims().len() + tensor.shape().size_bytes());
        prop_assert_eq!(Tensor::decode(&bytes), Ok(tensor.clone()));
        prop_assert!(Tensor::decode(&bytes[..bytes.len() - 1]).is_err());
        prop_assert!(Tensor::decode(&[&bytes[..], &[0]].concat()).is_err());
    }

    #[test]
    fn slices_are_parts_of_the_data(tensor in tensor(), offset in 0usize..30_000, length in 0usize..30_000) {
        let all = tensor.slice_bytes(0, tensor.shape().size_bytes()).expect("all of it");
        prop_assert_eq!(tensor.slice_bytes(offset, length), all.get(offset..offset + length).map(<[u8]>::to_vec));
    }

    #[test]
    fn ids_bind_type_dimensions_and_every_element(tensor in tensor(), at in any::<prop::sample::Index>()) {
        let (shape, mut bytes) = (*tensor.shape(), tensor.slice_bytes(0, tensor.shape().size_bytes()).expect("all"));
        let flat = Shape::new(shape.dtype(), &[shape.elements() as u32]).expect("a shape");
        if flat != shape {
            prop_assert_ne!(Tensor::from_bytes(flat, &bytes).expect("a tensor").id(), tensor.id());
        }
        let at = at.index(bytes.len());
        bytes[at] ^= 1;
        prop_assert_ne!(Tensor::from_bytes(shape, &bytes).expect("a tensor").id(), tensor.id());
    }

    #[test]
    fn requantisation_is_one_rounding_with_ties_up(acc: i32, m in 1i32 << 30..=i32::MAX, s in 31i32..=62, zp in -128i32..=127) {
        let exact = i128::from(acc) * i128::from(m);
        let unit = 1i128 << s;
        let nearest = (2 * exact + unit).div_euclid(2 * unit);
        let expected = (nearest + i128::from(zp)).clamp(-128, 127) as i8;
        let constants = Tensor::from_i32(&[3, 1], vec![m, s, zp]).expect("a tensor");
        let acc = Tensor::from_i32(&[1, 1], vec![acc]).expect("a tensor");
        let got = Operation::Requant { constants }.apply(&acc).expect("runs");
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
fn shapes_have_limits() {
    let new = |dtype, dims: &[u32]| Shape::new(dtype, dims).map(|shape| shape.size_bytes() as u64);
    assert_eq!(new(Dtype::I8, &[]), Err(TensorError::Rank(0)));
    assert_eq!(new(Dtype::I8, &[1; 5]), Err(TensorError::Rank(5)));
    assert_eq!(new(Dtype::I8, &[1, 0]), Err(TensorError::Dim { index: 1, value: 0 }));
    assert_eq!(new(Dtype::I8, &[65_537]), Err(TensorError::Dim { index: 0, value: 65_537 }));
    assert_eq!(new(Dtype::I8, &[65_536, 1_024]), Ok(MAX_TENSOR_BYTES));
    assert_eq!(new(Dtype::I8, &[65_536, 1_025]), Err(TensorError::TooLarge));
    assert_eq!(new(Dtype::I32, &[65_536, 256]), Ok(MAX_TENSOR_BYTES));
    assert_eq!(new(Dtype::I32, &[65_536, 257]), Err(TensorError::TooLarge));
    assert_eq!(new(Dtype::I32, &[65_536; 4]), Err(TensorError::TooLarge));
    let shape = Shape::new(Dtype::I32, &[2, 3, 17, 18]).expect("a shape");
    assert_eq!((shape.rows(), shape.cols(), shape.elements(), shape.tiles()), (102, 18, 1_836, 14));
}

#[test]
fn broken_encodings_are_refused() {
    for (bytes, error) in [
        (&[][..], TensorError::Truncated),
        (&[0], TensorError::Truncated),
        (&[2, 1, 0, 0, 0, 1, 9], TensorError::Dtype(2)),
        (&[0, 0], TensorError::Rank(0)),
        (&[0, 5, 0, 0, 0, 1], TensorError::Rank(5)),
        (&[0, 1, 0, 0, 1], TensorError::Truncated),
        (&[0, 1, 0, 0, 0, 0], TensorError::Dim { index: 0, value: 0 }),
        (&[1, 1, 0, 0, 0, 1, 9], TensorError::DataLength { expected: 4, got: 1 }),
    ] {
        assert_eq!(Tensor::decode(bytes), Err(error));
    }
    assert_eq!(Tensor::from_i8(&[2], vec![1]), Err(TensorError::DataLength { expected: 2, got: 1 }));
    assert_eq!(Tensor::from_i32(&[1], vec![1, 2]), Err(TensorError::DataLength { expected: 4, got: 8 }));
}

#[test]
fn ties_go_towards_positive_infinity() {
    // m / 2^s = 1/2.
    let constants = Tensor::from_i32(&[3, 1], vec![1 << 30, 31, 0]).expect("a tensor");
    let acc = Tensor::from_i32(&[8, 1], vec![1, -1, 3, -3, 2, -2, 255, -257]).expect("a tensor");
    let got = Operation::Requant { constants }.apply(&acc).expect("runs");
    assert_eq!(got.as_i8(), Some(&[1, 0, 2, -1, 1, -1, 127, -128][..]));
}

#[test]
fn tables_are_indexed_from_minus_128() {
    let table = Tensor::from_i8(&[256], (-128..=127).map(|v: i8| v.wrapping_mul(3)).collect()).expect("a tensor");
    let x = Tensor::from_i8(&[2, 1, 2], vec![-128, 127, 0, -5]).expect("a tensor");
    let got = Operation::Lut8 { table }.apply(&x).expect("runs");
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
