//! What calls answer: failures, reverts, residency and gas beside the vectors.

mod support;

use alloy_primitives::{Address, B256, address, keccak256};
use autonet_ml_precompiles::{
    CallOutcome, Dtype, Failure, GraphBuilder, GraphError, MAX_COMMIT_BYTES, Operation, TensorError, Value, abi, call,
    commitment, gas,
};
use support::{Broken, MemoryHost, cases, commit_input, i8s, i32s, word, words};

const UNKNOWN: B256 = B256::repeat_byte(0x77);

#[test]
fn addresses_are_distinct_and_nothing_else_is_served() {
    let mut host = MemoryHost::default();
    for (index, address) in abi::ADDRESSES.iter().enumerate() {
        assert!(abi::is_precompile(address));
        assert!(!abi::ADDRESSES[..index].contains(address));
        assert_ne!(host.failure(*address, &[]), Failure::UnknownPrecompile);
    }
    for address in [Address::ZERO, address!("000000000000000000000000000000000000a104"), Address::repeat_byte(0xa1)] {
        assert!(!abi::is_precompile(&address));
        assert_eq!(host.failure(address, &[]), Failure::UnknownPrecompile);
    }
}

#[test]
fn less_than_the_base_is_out_of_gas_everywhere() {
    for address in abi::ADDRESSES {
        let outcome = MemoryHost::default().call(address, &[], gas::BASE - 1);
        assert_eq!(outcome, CallOutcome::Fail(Failure::OutOfGas));
    }
}

#[test]
fn numbers_above_their_place_are_not_canonical() {
    let mut host = MemoryHost::default();
    let x = host.make(i8s(&[4, 4], 1));
    let commit = commit_input(&i8s(&[2, 3], 1));
    for (address, input, places) in [
        (abi::COMMIT, commit, vec![(0, 2), (1, 5), (2, 65_537), (3, 65_537), (4, 1), (5, 1)]),
        (abi::SLICE, [x.0, word(0), word(1)].concat(), vec![(1, 1 << 32), (2, 4_097)]),
        (abi::FORWARD, [x.0, x.0, word(0), word(0)].concat(), vec![(2, 257), (3, 257)]),
        (abi::METRIC, [word(0), x.0, x.0].concat(), vec![(0, 3), (0, u64::MAX)]),
        (abi::VERIFY, [x.0, word(0), x.0].concat(), vec![(1, 1 << 32)]),
    ] {
        for (index, value) in places {
            let mut wrong = input.clone();
            wrong[index * 32..][..32].copy_from_slice(&word(value));
            assert_eq!(host.failure(address, &wrong), Failure::Word(index), "{address} {index}");
            let mut high = input.clone();
            high[index * 32] = 1;
            assert_eq!(host.failure(address, &high), Failure::Word(index), "{address} {index}");
            let mut high = input.clone();
            high[index * 32 + 23] = 1;
            assert_eq!(host.failure(address, &high), Failure::Word(index), "{address} {index}");
        }
    }
}

#[test]
fn commit_refuses_what_is_no_tensor_and_more_than_its_limit() {
    let mut host = MemoryHost::default();
    let header = |dtype, rank, dims: [u64; 4]| {
        [vec![dtype, rank], dims.to_vec()].concat().into_iter().flat_map(word).collect::<Vec<_>>()
    };
    let fails = |host: &mut MemoryHost, input: Vec<u8>| host.failure(abi::COMMIT, &input);
    assert_eq!(fails(&mut host, header(0, 0, [0; 4])), TensorError::Rank(0).into());
    assert_eq!(fails(&mut host, header(0, 2, [1, 0, 0, 0])), TensorError::Dim { index: 1, value: 0 }.into());
    assert_eq!(fails(&mut host, header(1, 4, [65_536; 4])), TensorError::TooLarge.into());
    let short = TensorError::DataLength { expected: 12, got: 0 };
    assert_eq!(fails(&mut host, header(1, 1, [3, 0, 0, 0])), short.into());

    let largest = commit_input(&i32s(&[32, 1_024], 5));
    assert_eq!(largest.len(), 6 * 32 + MAX_COMMIT_BYTES);
    assert_eq!(host.made(abi::COMMIT, &largest).shape().dims(), [32, 1_024]);
    let over = commit_input(&i32s(&[32_769], 5));
    assert_eq!(fails(&mut host, over.clone()), Failure::InputLength(over.len()));
}

#[test]
fn slices_end_inside_the_tensor() {
    let mut host = MemoryHost::default();
    let id = host.pin(i32s(&[2_000], 0x0403_0201), 9);
    let input = |offset, length| [id.0, word(offset), word(length)].concat();
    let (gas_used, output) = host.returned(abi::SLICE, &input(3, 4_096));
    assert_eq!((output.len(), &output[..6]), (4_096, &[4, 1, 2, 3, 4, 1][..]));
    assert_eq!(gas_used, gas::BASE + 64 + gas::LOOKUP + 500);
    assert_eq!(host.returned(abi::SLICE, &input(7_999, 1)).1, [4][..]);
    assert_eq!(host.returned(abi::SLICE, &input(8_000, 0)).1.len(), 0);
    for (offset, length) in [(8_000, 1), (8_001, 0), (7_000, 1_001), (u64::from(u32::MAX), 4_096)] {
        assert_eq!(host.failure(abi::SLICE, &input(offset, length)), Failure::Slice { offset, length, size: 8_000 });
    }
}

#[test]
fn what_is_not_there_reverts_with_its_selector_and_keeps_the_rest_of_the_gas() {
    assert_eq!(abi::NOT_RESIDENT, keccak256("NotResident()")[..4]);
    let mut host = MemoryHost::default();
    let (x, m) = (host.make(i8s(&[4, 4], 1)), host.register([2]));
    let ids = |ids: &[B256]| words(ids);
    let mut builder = GraphBuilder::new(Dtype::I8, 4);
    builder.lut8(Value::INPUT, UNKNOWN);
    let lut = builder.build().expect("a graph").encode();
    let range = |model: B256, x: B256| [model.0, x.0, word(0), word(0)].concat();
    let looked_up = gas::BASE + gas::LOOKUP;
    for (address, input, gas_used) in [
        (abi::META, ids(&[UNKNOWN]), looked_up + gas::META),
        (abi::SLICE, [UNKNOWN.0, word(0), word(65)].concat(), looked_up + 2),
        (abi::MATMUL_I8, ids(&[UNKNOWN, x, B256::ZERO, B256::ZERO]), looked_up),
        (abi::MATMUL_I8, ids(&[x, B256::ZERO, B256::ZERO, B256::ZERO]), looked_up),
        (abi::MATMUL_I8, ids(&[x, x, UNKNOWN, B256::ZERO]), looked_up),
        (abi::MATMUL_I8, ids(&[x, x, B256::ZERO, UNKNOWN]), looked_up),
        (abi::REQUANT, ids(&[UNKNOWN, x]), looked_up),
        (abi::REQUANT, ids(&[x, B256::ZERO]), looked_up),
        (abi::LUT8, ids(&[UNKNOWN, x]), looked_up),
        (abi::LUT8, ids(&[x, UNKNOWN]), looked_up),
        (abi::FORWARD, range(UNKNOWN, x), looked_up),
        (abi::METRIC, [word(0), UNKNOWN.0, x.0].concat(), looked_up),
        (abi::METRIC, [word(1), x.0, UNKNOWN.0].concat(), looked_up),
        (abi::PRICE, lut.clone(), looked_up + gas::load(lut.len() as u64) + gas::NODE),
    ] {
        let expected = CallOutcome::Revert { gas_used, output: abi::NOT_RESIDENT.into() };
        assert_eq!(host.call(address, &input, 1 << 40), expected, "{address}");
        assert_eq!(host.call(address, &input, gas_used), expected, "{address}");
        assert_eq!(host.call(address, &input, gas_used - 1), CallOutcome::Fail(Failure::OutOfGas), "{address}");
    }
    assert_eq!(host.failure(abi::FORWARD, &range(m, x)), GraphError::Truncated.into());
}

#[test]
fn the_first_use_of_a_resident_tensor_pays_for_loading_it() {
    let mut host = MemoryHost::default();
    let tensor = i8s(&[33, 10], 1);
    let id = host.pin(tensor.clone(), 1_234);
    let load = gas::LOOKUP + 330u64.div_ceil(16);
    let (first, output) = host.returned(abi::META, id.as_slice());
    assert_eq!(first, gas::BASE + gas::META + load);
    assert_eq!(output, [0, 2, 33, 10, 1, 1, 330, 1_234].map(word).concat());
    assert_eq!(host.returned(abi::META, id.as_slice()).0, gas::BASE + gas::META);

    // A tensor that is also made in the transaction is read from there; META still looks up its rent.
    host.make(tensor);
    host.used.clear();
    let (local, output) = host.returned(abi::META, id.as_slice());
    assert_eq!(local, gas::BASE + gas::META + gas::LOOKUP);
    assert_eq!(output[7 * 32..], word(1_234));
    assert!(host.used.is_empty());
}

#[test]
fn a_model_and_its_parameters_pay_for_loading_once() {
    let mut host = MemoryHost::default();
    let weights = host.pin(i8s(&[8, 16], 1), 9);
    let mut builder = GraphBuilder::new(Dtype::I8, 8);
    builder.node(Operation::matmul(Value::INPUT.into(), weights.into(), None, None));
    let graph = builder.build().expect("a graph").encode();
    let graph_len = graph.len() as u64;
    let (model, x) = (host.register(graph), host.make(i8s(&[5, 8], 1)));
    let input = [model.0, x.0, word(0), word(0)].concat();
    let run = gas::BASE + gas::NODE + gas::weights(8, 16) + 5 * gas::product(1, 8, 16);
    let run = run + gas::commit(i32s(&[5, 16], 0).shape());
    let loads = gas::LOOKUP + graph_len.div_ceil(16) + gas::LOOKUP + 8;
    assert_eq!(host.returned(abi::FORWARD, &input).0, run + loads);
    assert_eq!(host.returned(abi::FORWARD, &input).0, run);
}

#[test]
fn an_error_of_the_host_is_neither_a_result_nor_a_failure() {
    let mut host = MemoryHost { broken: true, ..Default::default() };
    let x = host.make(i8s(&[4, 4], 1));
    for (address, input) in [
        (abi::META, words(&[x])),
        (abi::COMMIT, commit_input(&i8s(&[1], 1))),
        (abi::SLICE, [x.0, word(0), word(0)].concat()),
        (abi::MATMUL_I8, words(&[x, x, B256::ZERO, B256::ZERO])),
        (abi::REQUANT, words(&[x, x])),
        (abi::LUT8, words(&[x, x])),
        (abi::FORWARD, [x.0, x.0, word(0), word(0)].concat()),
        (abi::METRIC, [word(0), x.0, x.0].concat()),
    ] {
        assert_eq!(call(address, &input, u64::MAX, &mut host), Err(Broken), "{address}");
    }
}

#[test]
fn every_operand_of_every_operation_has_to_be_there() {
    for (code, seed) in cases::CODES.into_iter().flat_map(|code| (0..8).map(move |seed| (code, seed))) {
        let mut host = MemoryHost::default();
        let operation = cases::operation(code, seed).try_map(|tensor| Ok::<_, ()>(host.make((**tensor).clone())));
        let operation = operation.expect("made");
        let there = operation.operands().iter().flatten().count();
        for missing in 0..there {
            let mut index = 0;
            let one = operation.try_map(|id| {
                index += 1;
                Ok::<_, ()>(if index == missing + 1 { UNKNOWN } else { *id })
            });
            let input = one.expect("ids").encode();
            let gas_used = gas::BASE + gas::LOOKUP;
            let expected = CallOutcome::Revert { gas_used, output: abi::NOT_RESIDENT.into() };
            assert_eq!(host.call(cases::address(code), &input, u64::MAX), expected, "{code:#x} {missing}");
        }
        let broken =
            call(cases::address(code), &operation.encode(), u64::MAX, &mut MemoryHost { broken: true, ..host });
        assert_eq!(broken, Err(Broken), "{code:#x}");
    }
}

#[test]
fn verify_says_whether_a_leaf_is_below_a_root() {
    let mut host = MemoryHost::default();
    for dims in [[1, 1], [17, 16], [50, 40], [5, 70]] {
        let levels = commitment::levels(commitment::leaves(&i8s(&dims, 9)));
        let root = levels[levels.len() - 1][0];
        for (index, leaf) in levels[0].iter().enumerate() {
            let siblings = commitment::siblings(&levels, index);
            let mut verify = |index: u64, leaf: B256, siblings: &[B256]| {
                let input = [&root.0[..], &word(index), &leaf.0, &words(siblings)].concat();
                let (gas_used, output) = host.returned(abi::VERIFY, &input);
                assert_eq!(gas_used, gas::BASE + gas::VERIFY_LEVEL * siblings.len() as u64);
                output == word(1)[..]
            };
            assert!(verify(index as u64, *leaf, &siblings));
            assert!(!verify(index as u64 + levels[0].len() as u64, *leaf, &siblings));
            assert!(!verify(index as u64, UNKNOWN, &siblings));
            if let Some((_, fewer)) = siblings.split_last() {
                assert!(!verify(index as u64, *leaf, fewer));
                assert!(!verify(index as u64 ^ 1, *leaf, &siblings) || levels[0][index ^ 1] == *leaf);
            }
            assert!(!verify(index as u64, *leaf, &[&siblings[..], &[B256::ZERO]].concat()));
        }
    }
    let deep = [UNKNOWN.to_vec(), word(0).to_vec(), words(&[UNKNOWN; 27])].concat();
    assert_eq!(host.returned(abi::VERIFY, &deep).1[..], word(0));
    let deeper = [&deep[..], &UNKNOWN[..]].concat();
    assert_eq!(host.failure(abi::VERIFY, &deeper), Failure::InputLength(deeper.len()));
}
