//! COMMIT.

use crate::harness::{Asked, Referee, bytes, check, check_random, check_step, steps, vectors};
use alloy_primitives::B256;
use autonet_ml_precompiles::{Commitment, Dtype, Request, Shape, Tensor, pieces};
use autonet_referee::{Call, Dispute, Refusal};
use proptest::prelude::*;
use std::sync::Arc;

/// Bytes of a piece with the proof of it, of 257 to 512 pieces.
const DEEPEST: usize = 256 + 32 * 9;

fn shape(wide: bool, dims: &[u32]) -> Shape {
    Shape::new(if wide { Dtype::I32 } else { Dtype::I8 }, dims).expect("a shape")
}

fn data(seed: u64, shape: &Shape) -> Vec<u8> {
    bytes(seed, shape.size_bytes(), -128).into_iter().map(|byte| byte as u8).collect()
}

fn request(shape: Shape, data: &[u8]) -> Asked {
    Request::Commit { shape, pieces: Arc::new(pieces::of(data).expect("few enough")) }
}

fn commit(seed: u64, wide: bool, dims: &[u32]) -> Asked {
    let shape = shape(wide, dims);
    request(shape, &data(seed, &shape))
}

/// What the precompile commits to.
fn root(shape: Shape, data: &[u8]) -> B256 {
    Commitment::of(&Tensor::from_bytes(shape, data).expect("as many")).root
}

prop_compose! {
    fn shapes()(
        wide: bool,
        first in proptest::collection::vec(1u32..6, 0..=3),
        last in prop_oneof![1u32..40, 1u32..300, prop::sample::select(&[16, 32, 63, 64, 65, 255, 256, 257])],
    ) -> Shape {
        shape(wide, &[&first[..], &[last]].concat())
    }
}

#[test]
fn every_step_of_a_commitment_is_repeated() {
    check_random(32, (any::<u32>(), shapes()).prop_map(|(seed, shape)| request(shape, &data(seed.into(), &shape))));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_answer_is_the_commitment_to_the_bytes(seed: u32, shape in shapes()) {
        let data = data(seed.into(), &shape);
        let request = request(shape, &data);
        prop_assert_eq!(request.answer().word(), root(shape, &data));
        let proofs = steps(&request);
        prop_assert_eq!(proofs[proofs.len() - 1].after.frontier, root(shape, &data));
    }

    #[test]
    fn what_fills_up_the_last_piece_is_not_read(seed: u32, shape in shapes(), filling: u8) {
        let data = data(seed.into(), &shape);
        let mut filled = data.clone();
        filled.resize(data.len().next_multiple_of(16), filling);
        let proofs = steps(&request(shape, &filled));
        prop_assert_eq!(proofs[proofs.len() - 1].after.frontier, root(shape, &data));
    }
}

#[test]
fn small_commitments_at_their_edges_are_repeated() {
    let mut referee = Referee::deploy();
    for wide in [false, true] {
        for dims in [&[1][..], &[3], &[4], &[15], &[16], &[17], &[1, 1, 1, 1], &[64, 1], &[65, 1], &[17, 15], &[16, 16]]
        {
            check(&mut referee, &commit(1, wide, dims));
        }
        // A row is a piece, or as good as one.
        for cols in [63, 64, 65, 255, 256, 257] {
            check(&mut referee, &commit(2, wide, &[18, cols]));
        }
    }
}

/// Makes all steps, and has every so many of them and the last one repeated.
fn check_large(referee: &mut Referee, wide: bool, dims: &[u32]) {
    let shape = shape(wide, dims);
    let data = data(3, &shape);
    let mut dispute = Dispute::new(&request(shape, &data)).expect("fits");
    assert_eq!(dispute.steps(), shape.tiles() as u64);
    while let Some(proof) = dispute.advance().expect("a step") {
        let done = proof.after.step;
        if done % 211 == 1 || done == dispute.steps() {
            check_step(referee, &proof);
        }
    }
    assert_eq!(dispute.state().frontier, root(shape, &data));
}

#[test]
fn the_largest_commitments_are_repeated() {
    let mut referee = Referee::deploy();
    for dims in
        [&[65_536, 1][..], &[1, 65_536], &[65_536, 2], &[2, 65_536], &[65_536, 2, 1, 1], &[362, 362], &[512, 256]]
    {
        check_large(&mut referee, false, dims);
    }
    for dims in [&[2, 16_384][..], &[32_768], &[32_768, 1], &[181, 181], &[8, 16, 16, 16]] {
        check_large(&mut referee, true, dims);
    }
}

#[test]
fn rows_in_two_pieces_each_of_the_deepest_tree_are_within_the_limits() {
    let mut referee = Referee::deploy();
    // Each row is two pieces and an element after the one before.
    for (wide, dims) in [(false, [255, 513]), (true, [254, 129])] {
        let proofs = steps(&commit(4, wide, &dims));
        let largest = proofs.iter().map(|proof| proof.witness.tiles.len()).max();
        // Sixteen elements start at 16 places of a piece, and one of these leaves the last one in the same piece.
        assert_eq!(largest, Some(31 * DEEPEST));
        let costs = proofs.iter().filter(|proof| Some(proof.witness.tiles.len()) == largest);
        let costs: Vec<_> = costs.map(|proof| check_step(&mut referee, proof)).collect();
        println!("COMMIT: {:?}", costs.iter().max_by_key(|cost| cost.gas));
    }
}

#[test]
fn what_is_no_commitment_is_refused_by_both() {
    let mut referee = Referee::deploy();
    let shape = shape(false, &[5, 20]);
    let Request::Commit { pieces, .. } = request(shape, &data(5, &shape)) else { unreachable!() };
    let sound = Commitment::of(&pieces);
    let encode = |pieces: &Commitment| Request::Commit { shape, pieces: pieces.id() }.encode();
    let mut count = |request: Vec<u8>, operands: Vec<u8>| {
        let ours = Call::decode(&request, &operands);
        let theirs = referee.steps(&request, &operands);
        assert_eq!(ours.is_ok(), theirs.is_some());
        ours.map(|_| theirs.unwrap_or_default())
    };
    assert_eq!(count(encode(&sound), sound.encode()), Ok(2));
    // Words of the shape.
    for (word, value) in
        [(1, 2), (2, 0), (2, 1), (2, 3), (2, 5), (3, 0), (4, 0), (5, 1), (6, 1), (3, 65_537), (4, 65_537)]
    {
        let mut request = encode(&sound);
        request[32 * word..][..32].copy_from_slice(&B256::left_padding_from(&u32::to_be_bytes(value)).0);
        assert_eq!(count(request, sound.encode()), Err(Refusal::Request), "{word} {value}");
    }
    for word in 1..7 {
        let mut request = encode(&sound);
        request[32 * word] = 1;
        assert_eq!(count(request, sound.encode()), Err(Refusal::Request), "{word}");
    }
    // Pieces of other bytes: the shape takes seven rows.
    for (wide, dims) in [(true, [7, 16]), (false, [6, 16]), (false, [8, 16]), (false, [7, 15]), (false, [14, 8])] {
        let other = Commitment { shape: self::shape(wide, &dims), ..sound };
        assert_eq!(count(encode(&other), other.encode()), Err(Refusal::Operands), "{wide} {dims:?}");
    }
    // The same matrix, of other dimensions.
    let other = Commitment { shape: self::shape(false, &[7, 1, 16]), ..sound };
    assert_eq!(count(encode(&other), other.encode()), Ok(2));
    // More than a COMMIT takes.
    for (wide, dims, rows) in [(false, [65_536, 3], 12_288), (true, [32_769, 1], 8_193), (false, [43_691, 3], 8_193)] {
        let pieces = Commitment { shape: self::shape(false, &[rows, 16]), ..sound };
        let request = Request::Commit { shape: self::shape(wide, &dims), pieces: pieces.id() }.encode();
        assert_eq!(count(request, pieces.encode()), Err(Refusal::Request), "{wide} {dims:?}");
    }
}

#[test]
fn vectors_are_as_frozen() {
    let long = steps(&commit(6, false, &[4, 300]));
    let high = steps(&commit(7, false, &[37, 1]));
    let wide = steps(&commit(8, true, &[2, 9, 21]));
    vectors("commit", long.into_iter().skip(14).chain(high).chain(wide));
}
