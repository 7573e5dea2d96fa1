//! What calls answer: failures, reverts, residency and gas beside the vectors.

mod support;

use alloy_primitives::{Address, B256, address, keccak256};
use autonet_ml_precompiles::{
    CallOutcome, Dtype, Failure, GraphBuilder, GraphError, MAX_BIAS, MAX_COMMIT_BYTES, Operation, Tensor, TensorError,
    Value, abi, call, gas,
};
use support::{Broken, MemoryHost, commit_input, word, words};

const UNKNOWN: B256 = B256::repeat_byte(0x77);

fn i8s(dims: &[u32]) -> Tensor {
    let len = dims.iter().product::<u32>() as usize;
    Tensor::from_i8(dims, (0..len).map(|i| (i % 200) as u8 as i8).map(|v| v.max(-127)).collect()).expect("a tensor")
}

fn i32s(dims: &[u32], value: i32) -> Tensor {
    Tensor::from_i32(dims, vec![value; dims.iter().product::<u32>() as usize]).expect("a tensor")
}

/// REQUANT's constants, the same for every column.
fn constants(n: u32, m: i32, s: i32, zp: i32) -> Tensor {
    let rows = [m, s, zp].into_iter().flat_map(|value| vec![value; n as usize]);
    Tensor::from_i32(&[3, n], rows.collect()).expect("a tensor")
}

#[test]
fn addresses_are_distinct_and_nothing_else_is_served() {
    let mut host = MemoryHost::default();
    for (index, address) in abi::ADDRESSES.iter().enumerate() {
        assert!(abi::is_precompile(address));
        assert!(!abi::ADDRESSES[..index].contains(address));
        assert_ne!(host.failure(*address, &[]), Failure::UnknownPrecompile);
    }
    for address in [Address::ZERO, address!("000000000000000000000000000000000000a103"), Address::repeat_byte(0xa1)] {
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
    let x = host.make(i8s(&[4, 4]));
    let commit = commit_input(&i8s(&[2, 3]));
    for (address, input, places) in [
        (abi::COMMIT, commit, vec![(0, 2), (1, 5), (2, 65_537), (3, 65_537), (4, 1), (5, 1)]),
        (abi::SLICE, [x.0, word(0), word(1)].concat(), vec![(1, 1 << 32), (2, 4_097)]),
        (abi::FORWARD, [x.0, x.0, word(0), word(0)].concat(), vec![(2, 257), (3, 257)]),
        (abi::METRIC, [word(0), x.0, x.0].concat(), vec![(0, 2), (0, u64::MAX)]),
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
    let (x, m) = (host.make(i8s(&[4, 4])), host.register([1]));
    let ids = |ids: &[B256]| words(ids);
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
    let tensor = i8s(&[33, 10]);
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
    let weights = host.pin(i8s(&[8, 16]), 9);
    let mut builder = GraphBuilder::new(Dtype::I8, 8);
    builder.node(Value::INPUT, Operation::MatmulI8 { weights, bias: None, requant: None });
    let graph = builder.build().expect("a graph").encode();
    let graph_len = graph.len() as u64;
    let (model, x) = (host.register(graph), host.make(i8s(&[5, 8])));
    let input = [model.0, x.0, word(0), word(0)].concat();
    let run = gas::BASE + gas::NODE + 1 + (40u64 + 128).div_ceil(64) + 80 / 8 + gas::commit(i32s(&[5, 16], 0).shape());
    let loads = gas::LOOKUP + graph_len.div_ceil(16) + gas::LOOKUP + 8;
    assert_eq!(host.returned(abi::FORWARD, &input).0, run + loads);
    assert_eq!(host.returned(abi::FORWARD, &input).0, run);
}

#[test]
fn an_error_of_the_host_is_neither_a_result_nor_a_failure() {
    let mut host = MemoryHost { broken: true, ..Default::default() };
    let x = host.make(i8s(&[4, 4]));
    for (address, input) in [
        (abi::META, words(&[x])),
        (abi::COMMIT, commit_input(&i8s(&[1]))),
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
fn operands_of_wrong_type_or_shape_fail() {
    let mut host = MemoryHost::default();
    let none = B256::ZERO;
    let (x, w) = (host.make(i8s(&[4, 6])), host.make(i8s(&[6, 5])));
    let (bias, q) = (host.make(i32s(&[5], 1)), host.make(constants(5, 1 << 30, 40, 0)));
    let (acc, row, table) = (host.make(i32s(&[4, 5], 9)), host.make(i8s(&[6])), host.make(i8s(&[256])));
    let (q4, wide, short) = (host.make(constants(4, 1 << 30, 40, 0)), host.make(i8s(&[7, 5])), host.make(i8s(&[255])));
    assert_eq!(host.made(abi::MATMUL_I8, &words(&[x, w, bias, q])).shape().dims(), [4, 5]);
    for (address, operands, name) in [
        (abi::MATMUL_I8, vec![acc, w, none, none], "x"),
        (abi::MATMUL_I8, vec![row, w, none, none], "x"),
        (abi::MATMUL_I8, vec![x, wide, none, none], "weights"),
        (abi::MATMUL_I8, vec![x, acc, none, none], "weights"),
        (abi::MATMUL_I8, vec![x, row, none, none], "weights"),
        (abi::MATMUL_I8, vec![x, w, row, none], "bias"),
        (abi::MATMUL_I8, vec![x, w, acc, none], "bias"),
        (abi::MATMUL_I8, vec![x, w, none, q4], "requant"),
        (abi::MATMUL_I8, vec![x, w, none, w], "requant"),
        (abi::REQUANT, vec![x, q], "x"),
        (abi::REQUANT, vec![bias, q], "x"),
        (abi::REQUANT, vec![acc, q4], "requant"),
        (abi::REQUANT, vec![acc, w], "requant"),
        (abi::LUT8, vec![acc, table], "x"),
        (abi::LUT8, vec![x, short], "table"),
        (abi::LUT8, vec![x, x], "table"),
    ] {
        assert_eq!(host.failure(address, &words(&operands)), Failure::Operand(name), "{address} {name}");
    }
}

#[test]
fn parameters_out_of_range_fail_and_those_at_the_edge_do_not() {
    let mut host = MemoryHost::default();
    let x = host.make(Tensor::from_i8(&[1, 2], vec![-128, -128]).expect("a tensor"));
    let acc = host.make(i32s(&[1, 2], i32::MIN));
    let mut product = |weights: Vec<i8>, bias: i32| {
        let w = host.make(Tensor::from_i8(&[2, 2], weights).expect("a tensor"));
        let b = host.make(Tensor::from_i32(&[2], vec![0, bias]).expect("a tensor"));
        host.call(abi::MATMUL_I8, &words(&[x, w, b, B256::ZERO]), u64::MAX)
    };
    let edge = MAX_BIAS as i32;
    assert_eq!(product(vec![1, 2, 3, -128], 0), CallOutcome::Fail(Failure::Weight));
    for bias in [edge + 1, -edge - 1, i32::MIN, i32::MAX] {
        assert_eq!(product(vec![1; 4], bias), CallOutcome::Fail(Failure::Bias { column: 1 }));
    }
    for bias in [edge, -edge] {
        assert!(matches!(product(vec![-127; 4], bias), CallOutcome::Return { .. }));
    }

    let mut requant = |m, s, zp| {
        let q = host.make(Tensor::from_i32(&[3, 2], vec![1 << 30, m, 40, s, 0, zp]).expect("a tensor"));
        host.call(abi::REQUANT, &words(&[acc, q]), u64::MAX)
    };
    for (m, s, zp) in [((1 << 30) - 1, 40, 0), (-1, 40, 0), (1 << 30, 30, 0), (1 << 30, 63, 0), (1 << 30, -1, 0)]
        .into_iter()
        .chain([(1 << 30, 40, 128), (1 << 30, 40, -129)])
    {
        assert_eq!(requant(m, s, zp), CallOutcome::Fail(Failure::Requant { column: 1 }), "{m} {s} {zp}");
    }
    for (m, s, zp) in [(1 << 30, 31, -128), (i32::MAX, 62, 127)] {
        assert!(matches!(requant(m, s, zp), CallOutcome::Return { .. }), "{m} {s} {zp}");
    }
}

#[test]
fn limits_on_multiplications_and_accumulators_hold_before_any_work() {
    let mut host = MemoryHost::default();
    let q = host.make(constants(4_096, 1 << 30, 40, 0));
    let mut product = |m, k, n, requant| {
        let (x, w) = (host.make(i8s(&[m, k])), host.make(i8s(&[k, n])));
        host.call(abi::MATMUL_I8, &words(&[x, w, B256::ZERO, requant]), 100_000)
    };
    for requant in [B256::ZERO, q] {
        // 2^34 multiplications are allowed (and dear), one row of weights more is not.
        assert_eq!(product(4_096, 1_024, 4_096, requant), CallOutcome::Fail(Failure::OutOfGas));
        let macs = 4_096 * 1_025 * 4_096;
        assert_eq!(product(4_096, 1_025, 4_096, requant), CallOutcome::Fail(Failure::Macs(macs)));
        // 2^24 accumulators take 64 MiB, whatever becomes of them.
        assert_eq!(product(4_097, 1, 4_096, requant), CallOutcome::Fail(TensorError::TooLarge.into()));
    }
}

#[test]
fn metrics_refuse_operands_they_are_not_defined_for() {
    let mut host = MemoryHost::default();
    let (p, t) = (host.make(i8s(&[5, 128])), host.make(i8s(&[5])));
    let (wide, long) = (host.make(i8s(&[5, 129])), host.make(i8s(&[6])));
    let (flat, acc) = (host.make(i8s(&[1, 5, 128])), host.make(i32s(&[5, 128], 3)));
    let metric = |kind, p: B256, t: B256| [word(kind), p.0, t.0].concat();
    for (kind, predictions, truth, name) in [
        (0, wide, t, "predictions"),
        (0, t, t, "predictions"),
        (0, flat, t, "predictions"),
        (0, p, long, "truth"),
        (0, p, p, "truth"),
        (0, p, acc, "truth"),
        (1, acc, p, "predictions"),
        (1, p, flat, "truth"),
        (1, p, acc, "truth"),
    ] {
        let failure = host.failure(abi::METRIC, &metric(kind, predictions, truth));
        assert_eq!(failure, Failure::Operand(name), "{kind} {name}");
    }
    assert_eq!(host.returned(abi::METRIC, &metric(0, acc, t)).1[..], word(1));
}
