//! Tensors: their encodings, and commitments against their definition, at once and in pieces.

use alloy_primitives::{B256, keccak256};
use autonet_ml_precompiles::{
    Commitment, Committer, Dtype, MAX_TENSOR_BYTES, Shape, Tensor, TensorError,
    commitment::{self, Frontier},
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
    fn a_tensor_in_pieces_has_the_same_commitment(
        tensor in tensor(),
        pieces in prop::collection::vec(0usize..900, 1..60),
    ) {
        let bytes = tensor.slice_bytes(0, tensor.shape().size_bytes()).expect("all of it");
        let (mut committer, mut rest) = (Committer::new(*tensor.shape()), &bytes[..]);
        let mut sizes = pieces.iter().cycle().copied();
        while !rest.is_empty() {
            // A round of empty pieces moves on all the same.
            let (piece, after) = rest.split_at(sizes.next().unwrap_or(1).max(usize::from(pieces[0] == 0)).min(rest.len()));
            prop_assert!(committer.clone().finish().is_err());
            committer.write(piece).expect("fits");
            rest = after;
        }
        let over = TensorError::DataLength { expected: bytes.len(), got: bytes.len() + 1 };
        prop_assert_eq!(committer.write(&[0]), Err(over));
        prop_assert_eq!(committer.finish(), Ok(Commitment::of(&tensor)));
    }

    #[test]
    fn every_leaf_and_no_other_is_proved(tensor in tensor(), at in any::<prop::sample::Index>(), flip in 0usize..256) {
        let leaves = commitment::leaves(&tensor);
        let levels = commitment::levels(leaves.clone());
        let root = levels[levels.len() - 1][0];
        prop_assert_eq!(root, commitment::tile_root(&tensor));
        let index = at.index(leaves.len());
        let siblings = commitment::siblings(&levels, index);
        let proves = |index: usize, leaf, siblings: &[B256]| {
            commitment::proves(root, index as u64, leaf, siblings.iter().copied())
        };
        prop_assert!(proves(index, leaves[index], &siblings));
        for other in (0..2 * levels[0].len()).filter(|&other| other != index) {
            // Equal tiles have equal leaves, but at their own places only.
            prop_assert_eq!(proves(other, leaves[index], &commitment::siblings(&levels, other)), levels[0].get(other) == Some(&leaves[index]));
        }
        let flipped = |hash: B256| {
            let mut hash = hash;
            hash[flip / 8] ^= 1 << (flip % 8);
            hash
        };
        prop_assert!(!proves(index, flipped(leaves[index]), &siblings));
        prop_assert!(!commitment::proves(flipped(root), index as u64, leaves[index], siblings.iter().copied()));
        for level in 0..siblings.len() {
            let mut wrong = siblings.clone();
            wrong[level] = flipped(wrong[level]);
            prop_assert!(!proves(index, leaves[index], &wrong));
        }
    }

    #[test]
    fn an_id_is_read_back_with_its_tensor_from_nodes(tensor in tensor(), offset in 0usize..9_000, length in 0usize..300) {
        let nodes: std::collections::BTreeMap<_, _> =
            commitment::nodes(&tensor).into_iter().map(|node| (keccak256(&node), node)).collect();
        let commitment = Commitment::decode(&nodes[&tensor.id()]).expect("the id's preimage");
        prop_assert_eq!(commitment, Commitment::of(&tensor));
        let slice = commitment.slice_bytes(offset, length, |hash| nodes.get(&hash).cloned().ok_or(hash));
        prop_assert_eq!(slice, Ok(tensor.slice_bytes(offset, length)));
        for bytes in [&commitment.encode()[1..], &[&commitment.encode()[..], &[0]].concat()] {
            prop_assert_eq!(Commitment::decode(bytes), None);
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
fn a_frontier_has_the_root_of_the_tree_and_a_peak_for_each_bit() {
    let mut frontier = Frontier::default();
    assert_eq!(frontier.root(), B256::ZERO);
    for count in 1..=70u64 {
        frontier.push(keccak256(count.to_be_bytes()));
        let leaves = (1..=count).map(|leaf| keccak256(leaf.to_be_bytes())).collect();
        let levels = commitment::levels(leaves);
        assert_eq!(levels.len() as u32, count.next_power_of_two().trailing_zeros() + 1);
        assert_eq!([frontier.root()], levels[levels.len() - 1][..]);
        assert_eq!((frontier.count(), frontier.peaks().len() as u32), (count, count.count_ones()));
        let mut start = 0;
        for (peak, bit) in frontier.peaks().iter().zip((0..64).rev().filter(|bit| count >> bit & 1 == 1)) {
            assert_eq!(*peak, levels[bit][start >> bit]);
            start += 1 << bit;
        }
    }
}

/// 100 MB in five tensors, of the shapes that need the most and the least at a time, from one buffer of 64 KiB.
#[test]
fn models_are_hashed_in_pieces_with_sixteen_rows_at_hand() {
    let piece: Vec<u8> = (0..1 << 16).map(|i: u32| (i.wrapping_mul(2_654_435_761) >> 23) as u8).collect();
    let mut total = 0;
    for (dtype, dims) in [
        (Dtype::I8, &[65_536, 1_024][..]),
        (Dtype::I8, &[256, 65_536]),
        (Dtype::I32, &[40, 65_536]),
        (Dtype::I8, &[3, 1_000, 1_000]),
        (Dtype::I32, &[65_536]),
    ] {
        let shape = Shape::new(dtype, dims).expect("a shape");
        let (mut committer, mut left, mut most) = (Committer::new(shape), shape.size_bytes(), 0);
        while left > 0 {
            let part = &piece[..left.min(piece.len())];
            committer.write(part).expect("fits");
            most = committer.held_bytes().max(most);
            left -= part.len();
        }
        let band = 16 * shape.cols() * dtype.width();
        // A peak for each bit of the number of tiles.
        assert!(most <= band + 32 * 23, "{most} {band}");
        assert!(band <= 1 << 22);
        total += shape.size_bytes();
        if dtype == Dtype::I32 {
            let bytes: Vec<u8> = piece.iter().copied().cycle().take(shape.size_bytes()).collect();
            assert_eq!(committer.finish(), Ok(Commitment::of(&Tensor::from_bytes(shape, &bytes).expect("a tensor"))));
        } else {
            committer.finish().expect("complete");
        }
    }
    assert!(total > 90_000_000, "{total}");
}
