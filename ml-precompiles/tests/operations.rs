//! What each operation takes: types, shapes, values, limits.

mod support;

use alloy_primitives::B256;
use autonet_ml_precompiles::{CallOutcome, Failure, MAX_BIAS, Tensor, TensorError, abi};
use support::{MemoryHost, constants, i8s, i32s, word, words};

#[test]
fn operands_of_wrong_type_or_shape_fail() {
    let mut host = MemoryHost::default();
    let none = B256::ZERO;
    let (x, w) = (host.make(i8s(&[4, 6], 1)), host.make(i8s(&[6, 5], 1)));
    let (bias, q) = (host.make(i32s(&[5], 1)), host.make(constants(5, 1 << 30, 40, 0)));
    let (acc, row, table) = (host.make(i32s(&[4, 5], 9)), host.make(i8s(&[6], 1)), host.make(i8s(&[256], 1)));
    let (q4, wide, short) =
        (host.make(constants(4, 1 << 30, 40, 0)), host.make(i8s(&[7, 5], 1)), host.make(i8s(&[255], 1)));
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
        (abi::REQUANT, vec![acc, q4], "constants"),
        (abi::REQUANT, vec![acc, w], "constants"),
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
        let (x, w) = (host.make(i8s(&[m, k], 1)), host.make(i8s(&[k, n], 1)));
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
    let (p, t) = (host.make(i8s(&[5, 128], 1)), host.make(i8s(&[5], 1)));
    let (wide, long) = (host.make(i8s(&[5, 129], 1)), host.make(i8s(&[6], 1)));
    let (flat, acc) = (host.make(i8s(&[1, 5, 128], 1)), host.make(i32s(&[5, 128], 3)));
    let metric = |kind, p: B256, t: B256| [word(kind), p.0, t.0].concat();
    for (kind, predictions, truth, name) in [
        (0, wide, t, "predictions"),
        (0, t, t, "predictions"),
        (0, flat, t, "predictions"),
        (0, p, long, "truth"),
        (0, p, p, "truth"),
        (0, p, acc, "truth"),
        (2, acc, p, "predictions"),
        (2, p, flat, "truth"),
        (1, acc, p, "predictions"),
        (1, p, flat, "truth"),
        (1, p, acc, "truth"),
    ] {
        let failure = host.failure(abi::METRIC, &metric(kind, predictions, truth));
        assert_eq!(failure, Failure::Operand(name), "{kind} {name}");
    }
    // Of equal predictions the first is the maximum.
    let labels = host.make(Tensor::from_i8(&[5], vec![0, 1, 2, 0, -1]).expect("a tensor"));
    assert_eq!(host.returned(abi::METRIC, &metric(0, acc, labels)).1[..], word(2));
}
