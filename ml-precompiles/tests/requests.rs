//! Requests: their bytes, and that whoever answers them and whoever computes agree.

mod support;

use alloy_primitives::B256;
use autonet_ml_precompiles::{
    Answer, CallOutcome, Dtype, Engine, Failure, Kind, MAX_COMMIT_BYTES, Metric, Operation, Request, Shape, Tensor,
    abi, commitment, pieces,
};
use proptest::{prelude::*, sample::Index};
use std::sync::Arc;
use support::{MemoryHost, cases, made_id};

fn id(tensor: &Arc<Tensor>) -> Result<B256, ()> {
    Ok(tensor.id())
}

fn request(code: u8, seed: u64) -> Request<B256> {
    Request::Operate(cases::operation(code, seed).try_map(id).expect("ids"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn a_request_is_read_back_and_no_other_bytes_are_one(
        code in prop::sample::select(&cases::CODES),
        seed: u64,
        at in any::<Index>(),
        value in prop_oneof![0u8..4, any::<u8>()],
    ) {
        let request = request(code, seed);
        let bytes = request.encode();
        prop_assert_eq!(Request::decode(&bytes), Some(request));
        for cut in [1, 31, 32, bytes.len() - 32] {
            let shorter = Request::decode(&bytes[..bytes.len() - cut]);
            // Fewer updates may be updates as well.
            prop_assert!(shorter.is_none_or(|shorter| code == 0x41 && shorter.encode() == bytes[..bytes.len() - cut]));
        }
        prop_assert_eq!(Request::decode(&[&bytes[..], &[0]].concat()), None);
        let mut damaged = bytes;
        let at = at.index(damaged.len() / 16) * 16 + 15;
        damaged[at] = value;
        if let Some(other) = Request::decode(&damaged) {
            prop_assert_eq!(other.encode(), damaged);
        }
    }

    #[test]
    fn any_words_are_a_request_or_none(
        code in prop::sample::select(&cases::CODES),
        words in prop::collection::vec(prop_oneof![Just(0u64), 1u64..4, 30u64..70, Just(1 << 31), any::<u64>()], 0..20),
    ) {
        let words: Vec<_> = words.into_iter().map(|word| B256::left_padding_from(&word.to_be_bytes())).collect();
        let bytes = [&[B256::with_last_byte(code)], &words[..]].concat().concat();
        if let Some(request) = Request::decode(&bytes) {
            prop_assert_eq!(request.encode(), bytes);
        }
    }

    #[test]
    fn whoever_asks_gets_what_whoever_computes_has(code in prop::sample::select(&cases::CODES), seed: u64) {
        let operation = cases::operation(code, seed);
        let expected = operation.apply().expect("sound");
        prop_assert_eq!(&operation.apply_on(&Engine::SCALAR), &Ok(expected.clone()));
        prop_assert_eq!(operation.plan().expect("sound").output, *expected.shape());
        let answer = Request::Operate(operation.clone()).answer();
        prop_assert_eq!(answer.word(), commitment::tile_root(&expected));
        for delegates in [false, true] {
            let mut host = MemoryHost { delegates, ..Default::default() };
            let ids = operation.try_map(|tensor| Ok::<_, ()>(host.make((**tensor).clone()))).expect("ids");
            let made = host.made(cases::address(code), &ids.encode());
            prop_assert_eq!(&*made, &expected);
        }
    }
}

#[test]
fn measures_are_requests_too() {
    for metric in [Metric::ArgmaxHits, Metric::MseQ32Floor, Metric::Matches] {
        let request = Request::Measure { metric, predictions: B256::repeat_byte(1), truth: B256::ZERO };
        let bytes = request.encode();
        assert_eq!(bytes.len(), 128);
        assert_eq!(Request::decode(&bytes), Some(request));
        assert_eq!(Request::decode(&bytes[..127]), None);
        assert_eq!(Request::decode(&[&bytes[..], &[0; 32]].concat()), None);
        for (at, value) in [(0, 1), (30, 1), (31, 0x29), (32, 1), (63, 3)] {
            let mut wrong = bytes.clone();
            wrong[at] = value;
            assert_eq!(Request::decode(&wrong), None, "{at}");
        }
    }
    assert_eq!(Request::decode(&[]), None);
    assert_eq!(Request::decode(&[0; 31]), None);
    assert_eq!(Answer::Number(0).word(), B256::with_last_byte(1));
    assert_eq!(Answer::Number(u64::MAX).word()[23..], [1, 0, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(Answer::Failed(Failure::Weight).word(), B256::ZERO);
}

#[test]
fn commitments_are_requests_too() {
    for (dtype, dims) in [(Dtype::I8, &[5, 20][..]), (Dtype::I32, &[2, 3, 1, 7]), (Dtype::I8, &[65_536, 2])] {
        let shape = Shape::new(dtype, dims).expect("a shape");
        let request = Request::Commit { shape, pieces: B256::repeat_byte(7) };
        let bytes = request.encode();
        assert_eq!(bytes.len(), 256);
        assert_eq!(bytes[..32], B256::with_last_byte(1)[..]);
        assert_eq!(bytes[95], dims.len() as u8);
        assert_eq!(Request::decode(&bytes), Some(request));
        assert_eq!(Request::decode(&bytes[..224]), None);
        assert_eq!(Request::decode(&[&bytes[..], &[0; 32]].concat()), None);
        for (at, value) in [(0, 1), (31, 2), (32, 1), (63, 2), (95, 0), (95, 5), (124, 1), (216, 1)] {
            let mut wrong = bytes.clone();
            wrong[at] = value;
            assert_eq!(Request::decode(&wrong), None, "{at}");
        }
        for (dim, value) in [(0, 0), (dims.len() - 1, 0), (3, u8::from(dims.len() < 4))] {
            let mut wrong = bytes.clone();
            wrong[96 + 32 * dim..][..32].copy_from_slice(&B256::with_last_byte(value).0);
            assert_eq!(Request::decode(&wrong), None, "{dim}");
        }
    }
    for (dtype, dims) in [(Dtype::I8, [3, 43_691]), (Dtype::I32, [1, 32_769]), (Dtype::I32, [65_536, 256])] {
        let shape = Shape::new(dtype, &dims).expect("a shape");
        let bytes = Request::Commit { shape, pieces: B256::ZERO }.encode();
        assert_eq!(Request::decode(&bytes), None, "more than the precompile takes");
    }
}

#[test]
fn pieces_have_256_consecutive_bytes_to_a_tile() {
    for length in [1, 15, 16, 17, 255, 256, 257, 4_096, 5_001, MAX_COMMIT_BYTES] {
        let data: Vec<u8> = (0..length).map(|at| (at * at / 7) as u8).collect();
        let leaves = data.chunks(256).map(|piece| {
            let mut piece = piece.to_vec();
            piece.resize(256, 0);
            commitment::leaf_hash(&piece)
        });
        let pieces = pieces::of(&data).expect("few enough");
        assert_eq!(pieces.shape().dims(), [length.div_ceil(16) as u32, 16]);
        assert_eq!(commitment::leaves(&pieces), leaves.collect::<Vec<_>>());
    }
    assert!(pieces::of(&[]).is_err());
    assert!(pieces::of(&vec![0; MAX_COMMIT_BYTES + 1]).is_err());
}

#[test]
fn whoever_has_the_pieces_gets_what_the_precompile_makes_of_the_bytes() {
    for (dtype, dims) in
        [(Dtype::I8, &[7, 19][..]), (Dtype::I8, &[1]), (Dtype::I32, &[3, 5, 17]), (Dtype::I32, &[32_768])]
    {
        let shape = Shape::new(dtype, dims).expect("a shape");
        let data: Vec<u8> = (0..shape.size_bytes()).map(|at| (at * at / 5) as u8).collect();
        let pieces = Arc::new(pieces::of(&data).expect("few enough"));
        let request = Request::Commit { shape, pieces: pieces.clone() };
        // The same words, but for the code, and what stands for the data.
        let words = request.try_map(id).expect("ids").encode();
        let input = [&words[32..224], &data[..]].concat();
        let made = MemoryHost::default().made(abi::COMMIT, &input);
        assert_eq!(request.answer(), Answer::Tensor((*made).clone()));
        let other = Shape::new(dtype, &[200]).expect("a shape");
        assert_eq!(
            Request::Commit { shape: other, pieces }.answer(),
            Answer::Failed(Failure::Operand("pieces")),
            "pieces of other bytes"
        );
    }
}

#[test]
fn values_out_of_range_are_a_failure_for_both() {
    let i8s = |dims: &[u32], value: i8| {
        Arc::new(Tensor::from_i8(dims, vec![value; dims.iter().product::<u32>() as usize]).expect("a tensor"))
    };
    let i32s = |dims: &[u32], data: Vec<i32>| Arc::new(Tensor::from_i32(dims, data).expect("a tensor"));
    let x = i8s(&[2, 2], 3);
    let table = |first, second| i32s(&[256], [vec![first, second], vec![0; 254]].concat());
    let norm = |s| i32s(&[3, 2], vec![1, 1, 0, 0, 17, s]);
    let add = |values: [i32; 4]| Operation::add(x.clone(), x.clone(), i32s(&[4], values.to_vec()));
    let gather = |index| Operation::gather(x.clone(), i32s(&[2], vec![0, index]));
    let requant = || i32s(&[3, 2], vec![1 << 30, 1 << 30, 31, 63, 0, 0]);
    let heads = autonet_ml_precompiles::Heads { heads: 2, tokens: 2, depth: 1 };
    let sound = [
        Operation::softmax(x.clone(), table(1, 65_535)),
        Operation::layernorm(x.clone(), norm(46)),
        add([(1 << 22) - 1, 1 - (1 << 22), 1 << 29, 30]),
        gather(1),
    ];
    let unsound = [
        Operation::softmax(x.clone(), table(0, 1)),
        Operation::softmax(x.clone(), table(1, -1)),
        Operation::softmax(x.clone(), table(65_536, 1)),
        Operation::layernorm(x.clone(), norm(47)),
        Operation::layernorm(x.clone(), norm(16)),
        Operation::layernorm(x.clone(), norm(-17)),
        add([1 << 22, 0, 0, 1]),
        add([0, -(1 << 22), 0, 1]),
        add([0, i32::MIN, 0, 1]),
        add([0, 0, (1 << 29) + 1, 1]),
        add([0, 0, i32::MIN, 1]),
        add([0, 0, 0, 0]),
        add([0, 0, 0, 31]),
        gather(2),
        gather(-1),
        gather(i32::MIN),
        gather(i32::MAX),
        Operation::matmul(x.clone(), i8s(&[2, 2], -128), None, None),
        Operation::matmul(x.clone(), x.clone(), None, Some(requant())),
        Operation::scores(heads, [0, 0], x.clone(), x.clone(), requant()),
        Operation::mix(heads, 0, i8s(&[4, 2], 1), x.clone(), requant()),
    ];
    for (operation, fits) in sound.iter().map(|o| (o, true)).chain(unsound.iter().map(|o| (o, false))) {
        operation.plan().expect("the shapes fit");
        assert_eq!(operation.apply().is_ok(), fits, "{operation:?}");
        for delegates in [false, true] {
            let mut host = MemoryHost { delegates, ..Default::default() };
            let ids = operation.try_map(|tensor| Ok::<_, ()>(host.make((**tensor).clone()))).expect("ids");
            let address = cases::address(operation.kind().code());
            match host.call(address, &ids.encode(), u64::MAX) {
                CallOutcome::Return { output, .. } => assert!(fits && made_id(address, &output).is_some()),
                other => assert!(!fits && matches!(other, CallOutcome::Fail(_)), "{other:?}"),
            }
        }
    }
}

#[test]
fn attributes_out_of_range_are_refused_before_they_are_used() {
    let tensor = Arc::new(Tensor::from_i32(&[2, 2], vec![1; 4]).expect("a tensor"));
    let pixels = Arc::new(Tensor::from_i8(&[16, 2], vec![1; 32]).expect("a tensor"));
    for kind in cases::unsound() {
        for (operand, count) in [&tensor, &pixels].into_iter().flat_map(|operand| (0..5).map(move |n| (operand, n))) {
            let Ok(operation) = Operation::new(kind.clone(), vec![Some(operand.clone()); count]) else { continue };
            assert!(matches!(operation.plan(), Err(Failure::Word(_))), "{kind:?}");
            assert!(operation.apply().is_err());
            let input = operation.try_map(id).expect("ids").encode();
            let request = [B256::with_last_byte(kind.code()).to_vec(), input.clone()].concat();
            assert_eq!(Request::decode(&request), None, "{kind:?}");
            let failure = MemoryHost::default().failure(cases::address(kind.code()), &input);
            assert!(matches!(failure, Failure::Word(_)), "{kind:?} {failure:?}");
        }
    }
    assert!(!abi::ADDRESSES.contains(&cases::address(0x20 - 1)));
    assert!(Kind::MatmulI8.in_graphs());
}
