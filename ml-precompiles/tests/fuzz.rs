//! Any input to any address: no panic, no more gas than the limit, nothing made unless the call returns.

mod support;

use alloy_primitives::{Address, B256};
use autonet_ml_precompiles::{CallOutcome, Dtype, Failure, GraphBuilder, Operation, Tensor, Value, abi, call};
use proptest::{prelude::*, sample::Index};
use support::{MemoryHost, bytes, cases, commit_input, made_id, word};

/// A host with tensors that fit each other, some local and some resident, and the ids of all; and a graph.
fn host() -> (MemoryHost, Vec<B256>, Vec<u8>) {
    let mut host = MemoryHost::default();
    let i8s = |dims: &[u32], seed: u64| {
        let len = dims.iter().product::<u32>() as usize;
        Tensor::from_i8(dims, bytes(len, -127, seed)).expect("a tensor")
    };
    let i32s = |dims: &[u32], data: Vec<i32>| Tensor::from_i32(dims, data).expect("a tensor");
    let x = host.make(i8s(&[5, 6], 1));
    let w = host.pin(i8s(&[6, 6], 2), 99);
    let bias = host.pin(i32s(&[6], vec![-5, 0, 5, 1 << 30, -(1 << 30), 7]), 99);
    let q = host.make(i32s(&[3, 6], [[1 << 30; 6], [40; 6], [3; 6]].concat()));
    let table = host.pin(i8s(&[256], 3), 99);
    let acc = host.make(i32s(&[5, 6], vec![i32::MIN; 30]));
    let labels = host.make(i8s(&[5], 4));
    let bad = host.make(i8s(&[2, 3, 1, 2], 9));
    let exps = host.pin(i32s(&[256], (0..256).map(|i| 65_535 >> (i / 9)).collect()), 99);
    let add = host.make(i32s(&[4], vec![1_000, -1_000, 5, 10]));
    let indices = host.make(i32s(&[5, 1], vec![0, 4, 4, 1, 2]));
    let norm = host.make(i32s(&[3, 6], [[1 << 20; 6], [-9; 6], [40; 6]].concat()));
    let wide = host.make(i8s(&[5, 6], 8));
    let q2 = host.make(i32s(&[3, 2], vec![1 << 30, i32::MAX, 34, 40, 3, -3]));
    let scores = host.pin(i8s(&[10, 5], 12), 99);
    let pixels = host.make(i8s(&[12, 6], 13));
    let mut builder = GraphBuilder::new(Dtype::I8, 6);
    let h = builder.dense(Value::INPUT, w, bias, q);
    let h = builder.lut8(h, table);
    let h = builder.node(Operation::matmul(h.into(), w.into(), None, None));
    builder.node(Operation::requant(h.into(), q.into()));
    let graph = builder.build().expect("a graph").encode();
    let model = host.register(graph.clone());
    let garbage = host.register(vec![2, 0, 0, 0, 0, 1, 0, 0, 0, 6, 0, 1, 0x13, 1, 0, 0]);
    let ids =
        [x, w, bias, q, table, acc, labels, bad, exps, add, indices, norm, wide, q2, scores, pixels, model, garbage];
    (host, ids.to_vec(), graph)
}

#[derive(Clone, Debug)]
enum Word {
    Id(Index),
    Small(u64),
    Any([u8; 32]),
}

fn input() -> impl Strategy<Value = (Vec<Word>, Vec<u8>)> {
    let one = prop_oneof![
        8 => any::<Index>().prop_map(Word::Id),
        4 => (0u64..8).prop_map(Word::Small),
        1 => prop_oneof![Just(4_096), Just(65_536), Just(u64::MAX)].prop_map(Word::Small),
        1 => any::<[u8; 32]>().prop_map(Word::Any),
    ];
    let tail = prop_oneof![3 => Just(vec![]), 1 => prop::collection::vec(any::<u8>(), 0..70)];
    (prop::collection::vec(one, 0..17), tail)
}

fn join((words, tail): (Vec<Word>, Vec<u8>), ids: &[B256]) -> Vec<u8> {
    let one = |each: Word| match each {
        Word::Id(index) => index.get(ids).0,
        Word::Small(value) => word(value),
        Word::Any(bytes) => bytes,
    };
    words.into_iter().flat_map(one).chain(tail).collect()
}

fn addresses() -> impl Strategy<Value = Address> {
    prop_oneof![20 => prop::sample::select(abi::ADDRESSES.to_vec()), 1 => any::<[u8; 20]>().prop_map(Address::new)]
}

fn check(before: &MemoryHost, address: Address, input: &[u8], limit: u64) -> Result<CallOutcome, TestCaseError> {
    let mut after = before.clone();
    let outcome = call(address, input, limit, &mut after).expect("the host works");
    match &outcome {
        CallOutcome::Return { gas_used, output } => {
            prop_assert!(*gas_used <= limit);
            match made_id(address, output) {
                Some(id) => prop_assert!(after.local.contains_key(&id)),
                None => prop_assert_eq!(&after.local, &before.local),
            }
            let mut again = before.clone();
            prop_assert_eq!(call(address, input, *gas_used, &mut again).expect("works"), outcome.clone());
            let mut spent = before.clone();
            let less = call(address, input, gas_used - 1, &mut spent).expect("works");
            prop_assert_eq!(less, CallOutcome::Fail(Failure::OutOfGas));
            prop_assert_eq!(&spent.local, &before.local);
        }
        CallOutcome::Revert { gas_used, output } => {
            prop_assert!(*gas_used <= limit);
            prop_assert_eq!(&output[..], abi::NOT_RESIDENT);
            prop_assert_eq!(&after.local, &before.local);
        }
        CallOutcome::Fail(_) => prop_assert_eq!(&after.local, &before.local),
    }
    // Whoever has commitments only, and asks for results, gets the same.
    let mut delegating = MemoryHost { delegates: true, ..before.clone() };
    let other = call(address, input, limit, &mut delegating).expect("the host works");
    let both_fail = matches!((&outcome, &other), (CallOutcome::Fail(_), CallOutcome::Fail(_)));
    prop_assert!(both_fail || outcome == other, "{:?} {:?}", outcome, other);
    prop_assert_eq!(&after.local, &delegating.local);
    Ok(outcome)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn arbitrary_calls_are_safe(address in addresses(), input in input(), limit in prop_oneof![0u64..20_000, Just(u64::MAX)]) {
        let (host, ids, _) = host();
        check(&host, address, &join(input, &ids), limit)?;
    }

    #[test]
    fn damaged_calls_are_safe(which in 0..CALLS, at in any::<Index>(), value in any::<u8>(), limit in 0u64..40_000) {
        let (host, ids, graph) = host();
        let (address, mut input) = valid(which, &ids, &graph);
        let at = at.index(input.len());
        input[at] = value;
        check(&host, address, &input, limit)?;
    }

    #[test]
    fn sound_operations_return_and_are_safe_when_damaged(
        code in prop::sample::select(&cases::CODES),
        seed: u64,
        at in any::<Index>(),
        value in prop_oneof![2 => 0u8..5, 1 => any::<u8>()],
        limit in 0u64..40_000,
    ) {
        let mut host = MemoryHost::default();
        let operation = cases::operation(code, seed);
        let operation = operation.try_map(|tensor| {
            let tensor = (**tensor).clone();
            Ok::<_, TestCaseError>(if seed & 1 == 0 { host.make(tensor) } else { host.pin(tensor, 9) })
        })?;
        let mut input = operation.encode();
        let outcome = check(&host, cases::address(code), &input, u64::MAX)?;
        prop_assert!(matches!(outcome, CallOutcome::Return { .. }), "{outcome:?}");
        // The last bytes of words are where numbers are.
        let at = at.index(input.len() / 32) * 32 + 31 - usize::from(value == 255);
        input[at] = value;
        check(&host, cases::address(code), &input, limit)?;
    }
}

#[test]
fn sound_calls_return() {
    let (host, ids, graph) = host();
    for which in 0..CALLS {
        let (address, input) = valid(which, &ids, &graph);
        let outcome = check(&host, address, &input, u64::MAX).expect("safe");
        assert!(matches!(outcome, CallOutcome::Return { .. }), "{which} {outcome:?}");
    }
    let reached: std::collections::BTreeSet<_> = (0..CALLS).map(|which| valid(which, &ids, &graph).0).collect();
    assert_eq!(reached, abi::ADDRESSES.into());
}

const CALLS: usize = 30;

/// Calls that return, of every precompile.
fn valid(which: usize, ids: &[B256], graph: &[u8]) -> (Address, Vec<u8>) {
    let &[x, w, bias, q, table, acc, labels, bad, exps, add, indices, norm, wide, q2, scores, pixels, model, _] = ids
    else {
        unreachable!()
    };
    let none = B256::ZERO;
    let cat = |numbers: &[u64], ids: &[B256]| {
        let numbers = numbers.iter().flat_map(|number| word(*number));
        numbers.chain(ids.iter().flat_map(|id| id.0)).collect::<Vec<u8>>()
    };
    match which {
        0 => (abi::META, cat(&[], &[w])),
        1 => (abi::COMMIT, commit_input(&Tensor::from_i32(&[2, 2], vec![1, 2, 3, 4]).expect("a tensor"))),
        2 => (abi::SLICE, [bias.0, word(3), word(20)].concat()),
        3 => (abi::MATMUL_I8, cat(&[], &[x, w, bias, q])),
        4 => (abi::MATMUL_I8, cat(&[], &[x, w, none, none])),
        5 => (abi::REQUANT, cat(&[], &[acc, q])),
        6 => (abi::LUT8, cat(&[], &[bad, table])),
        7 => (abi::FORWARD, [model.0, x.0, word(0), word(0)].concat()),
        8 => (abi::FORWARD, [model.0, acc.0, word(3), word(4)].concat()),
        9 => (abi::METRIC, cat(&[0], &[acc, labels])),
        10 => (abi::METRIC, cat(&[1], &[x, x])),
        11 => (abi::META, cat(&[], &[x])),
        12 => (abi::VERIFY, [x.0, word(1), w.0, bias.0].concat()),
        13 => (abi::CONV2D_I8, cat(&[3, 2, 1, 1, 2, 1, 0, 0, 0, 0, 5], &[pixels, w, bias, q])),
        14 => (abi::SOFTMAX_I8, cat(&[], &[x, exps])),
        15 => (abi::LAYERNORM_I8, cat(&[], &[x, norm])),
        16 => (abi::ADD_I8, cat(&[], &[x, wide, add])),
        17 => (abi::POOL, cat(&[0, 3, 2, 2, 2, 1, 1, 1, 1, 1, 1], &[pixels])),
        18 => (abi::POOL, cat(&[1, 3, 2, 3, 2, 2, 1, 0, 0, 0, 0], &[pixels])),
        19 => (abi::GATHER, cat(&[], &[acc, indices])),
        20 => (abi::SCORES_I8, cat(&[2, 5, 2, 0, 2], &[x, wide, q2])),
        21 => (abi::MIX_I8, cat(&[2, 5, 3, 0], &[scores, x, q])),
        22 => (abi::COSINE_GE, cat(&[1, 2], &[x, wide])),
        23 => (abi::FEDAVG, cat(&[3, 4], &[acc, acc])),
        24 => (abi::TRIMMED_MEAN, cat(&[1], &[acc, acc, acc])),
        25 => (abi::APPLY_DELTA, cat(&[7, 9], &[acc, acc])),
        26 => (abi::PRNG, [x.0, w.0, word(7), word(19)].concat()),
        27 => (abi::SAMPLE, [x.0, w.0, word(7), word(19), word(3)].concat()),
        28 => (abi::PRICE, graph.to_vec()),
        _ => (abi::METRIC, cat(&[2], &[x, wide])),
    }
}
