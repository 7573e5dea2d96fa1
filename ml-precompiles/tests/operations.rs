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

/// Of each operation one that fits and, of that, everything that one operand can have wrong.
#[test]
fn operands_of_the_other_operations_fit_each_other() {
    let mut host = MemoryHost::default();
    let mut i8 = |dims: &[u32]| host.make(i8s(dims, 5));
    let (x, three, wide, row, square) = (i8(&[12, 6]), i8(&[3, 6]), i8(&[12, 7]), i8(&[6]), i8(&[5, 6]));
    let (p, taps, deep, half) = (i8(&[24, 6]), i8(&[24, 5]), i8(&[1, 12, 6]), i8(&[6, 6]));
    let mut i32 = |dims: &[u32]| host.make(i32s(dims, 20));
    let (acc, long, ids, column, pair) = (i32(&[12, 6]), i32(&[12, 7]), i32(&[6]), i32(&[6, 1]), i32(&[3, 2]));
    let (exps, norm, short, four, flat) = (i32(&[256]), i32(&[3, 6]), i32(&[3, 5]), i32(&[4]), i32(&[1, 4]));
    let q2 = host.make(constants(2, 1 << 30, 40, 0));
    let q6 = host.make(constants(6, 1 << 30, 40, 0));
    let window = [2, 3, 2, 2, 1, 1, 0, 0, 0, 0].map(word).concat();
    let none = B256::ZERO;
    let pool = [word(1).to_vec(), window.clone()].concat();
    let conv = [window, word(128).to_vec()].concat();
    let scores = [2, 6, 3, 0, 0].map(word).concat();
    let beyond = [2, 6, 3, 0, 1].map(word).concat();
    let mix = [2, 6, 3, 0].map(word).concat();
    let ratio = [1, 2].map(word).concat();
    let trim = word(0).to_vec();
    for (address, attributes, operands, name) in [
        (abi::CONV2D_I8, &conv, vec![x, taps, none, none], None),
        (abi::CONV2D_I8, &conv, vec![wide, taps, none, none], Some("weights")),
        (abi::CONV2D_I8, &conv, vec![square, taps, none, none], Some("x")),
        (abi::CONV2D_I8, &conv, vec![acc, taps, none, none], Some("x")),
        (abi::SOFTMAX_I8, &vec![], vec![x, exps], None),
        (abi::SOFTMAX_I8, &vec![], vec![acc, exps], Some("x")),
        (abi::SOFTMAX_I8, &vec![], vec![deep, exps], Some("x")),
        (abi::SOFTMAX_I8, &vec![], vec![x, norm], Some("table")),
        (abi::LAYERNORM_I8, &vec![], vec![x, norm], None),
        (abi::LAYERNORM_I8, &vec![], vec![row, norm], Some("x")),
        (abi::LAYERNORM_I8, &vec![], vec![x, short], Some("constants")),
        (abi::ADD_I8, &vec![], vec![x, three, four], None),
        (abi::ADD_I8, &vec![], vec![x, square, four], Some("b")),
        (abi::ADD_I8, &vec![], vec![three, x, four], Some("b")),
        (abi::ADD_I8, &vec![], vec![x, wide, four], Some("b")),
        (abi::ADD_I8, &vec![], vec![x, row, four], Some("b")),
        (abi::ADD_I8, &vec![], vec![acc, x, four], Some("a")),
        (abi::ADD_I8, &vec![], vec![x, x, flat], Some("constants")),
        (abi::POOL, &pool, vec![x], None),
        (abi::POOL, &pool, vec![square], Some("x")),
        (abi::POOL, &pool, vec![acc], Some("x")),
        (abi::GATHER, &vec![], vec![wide, pair], Some("indices")),
        (abi::GATHER, &vec![], vec![wide, row], Some("indices")),
        (abi::GATHER, &vec![], vec![row, ids], Some("table")),
        (abi::SCORES_I8, &scores, vec![x, x, q2], None),
        (abi::SCORES_I8, &scores, vec![x, half, q2], Some("k")),
        (abi::SCORES_I8, &scores, vec![square, x, q2], Some("q")),
        (abi::SCORES_I8, &scores, vec![x, acc, q2], Some("k")),
        (abi::SCORES_I8, &scores, vec![x, x, q6], Some("constants")),
        (abi::SCORES_I8, &beyond, vec![x, x, q2], Some("k")),
        (abi::MIX_I8, &mix, vec![p, x, q6], None),
        (abi::MIX_I8, &mix, vec![x, x, q6], Some("p")),
        (abi::MIX_I8, &mix, vec![taps, x, q6], Some("p")),
        (abi::MIX_I8, &mix, vec![p, square, q6], Some("v")),
        (abi::MIX_I8, &mix, vec![p, x, q2], Some("constants")),
        (abi::COSINE_GE, &ratio, vec![x, x], None),
        (abi::COSINE_GE, &ratio, vec![x, wide], Some("b")),
        (abi::COSINE_GE, &ratio, vec![acc, acc], Some("a")),
        (abi::COSINE_GE, &ratio, vec![row, row], Some("a")),
        (abi::FEDAVG, &ratio, vec![acc, acc], None),
        (abi::FEDAVG, &ratio, vec![acc, long], Some("updates")),
        (abi::FEDAVG, &ratio, vec![x, x], Some("updates")),
        (abi::TRIMMED_MEAN, &trim, vec![acc], None),
        (abi::TRIMMED_MEAN, &trim, vec![acc, column], Some("updates")),
        (abi::TRIMMED_MEAN, &trim, vec![x], Some("updates")),
        (abi::APPLY_DELTA, &ratio, vec![acc, acc], None),
        (abi::APPLY_DELTA, &ratio, vec![acc, long], Some("delta")),
        (abi::APPLY_DELTA, &ratio, vec![x, x], Some("base")),
    ] {
        let input = [attributes.clone(), words(&operands)].concat();
        match name {
            None => assert!(matches!(host.call(address, &input, u64::MAX), CallOutcome::Return { .. }), "{address}"),
            Some(name) => assert_eq!(host.failure(address, &input), Failure::Operand(name), "{address} {name}"),
        }
    }
}

#[test]
fn updates_are_one_to_sixty_four_and_their_weights_not_all_zero() {
    let mut host = MemoryHost::default();
    let update = host.make(i32s(&[3], -5));
    let fedavg = |weights: &[u64], count: usize| {
        [weights.iter().flat_map(|weight| word(*weight)).collect(), words(&vec![update; count])].concat()
    };
    let trimmed = |trim: u64, count: usize| [word(trim).to_vec(), words(&vec![update; count])].concat();
    for count in [1, 2, 64] {
        assert_eq!(host.made(abi::FEDAVG, &fedavg(&vec![u64::MAX; count], count)).as_i32(), Some(&[-5; 3][..]));
        let trim = (count as u64 - 1) / 2;
        assert_eq!(host.made(abi::TRIMMED_MEAN, &trimmed(trim, count)).as_i32(), Some(&[-5; 3][..]));
    }
    assert_eq!(host.failure(abi::FEDAVG, &fedavg(&[0; 3], 3)), Failure::Word(0));
    assert_eq!(host.failure(abi::FEDAVG, &fedavg(&[1; 65], 65)), Failure::Word(0));
    assert_eq!(host.failure(abi::FEDAVG, &[]), Failure::Word(0));
    for input in [fedavg(&[1, 2], 1), fedavg(&[1], 2), trimmed(0, 0), trimmed(0, 65)] {
        let address = if input[..32] == word(0) { abi::TRIMMED_MEAN } else { abi::FEDAVG };
        assert_eq!(host.failure(address, &input), Failure::InputLength(input.len()));
    }
    for (trim, count) in [(1, 1), (1, 2), (2, 4), (32, 64)] {
        assert_eq!(host.failure(abi::TRIMMED_MEAN, &trimmed(trim, count)), Failure::Word(0));
    }
}
