//! Any input to any address: no panic, no more gas than the limit, nothing made unless the call returns.

mod support;

use alloy_primitives::{Address, B256};
use autonet_ml_precompiles::{CallOutcome, Dtype, Failure, GraphBuilder, Operation, Tensor, Value, abi, call};
use proptest::{prelude::*, sample::Index};
use support::{MAKERS, MemoryHost, commit_input, word};

/// A host with tensors that fit each other, some local and some resident, and the ids of all.
fn host() -> (MemoryHost, Vec<B256>) {
    let mut host = MemoryHost::default();
    let i8s = |dims: &[u32], seed: usize| {
        let len = dims.iter().product::<u32>() as usize;
        Tensor::from_i8(dims, (0..len).map(|i| ((i * 37 + seed) % 255) as i8).map(|v| v.max(-127)).collect())
            .expect("a tensor")
    };
    let i32s = |dims: &[u32], data: Vec<i32>| Tensor::from_i32(dims, data).expect("a tensor");
    let x = host.make(i8s(&[5, 6], 1));
    let w = host.pin(i8s(&[6, 6], 2), 99);
    let bias = host.pin(i32s(&[6], vec![-5, 0, 5, 1 << 30, -(1 << 30), 7]), 99);
    let q = host.make(i32s(&[3, 6], [[1 << 30; 6], [40; 6], [3; 6]].concat()));
    let table = host.pin(i8s(&[256], 3), 99);
    let acc = host.make(i32s(&[5, 6], vec![i32::MIN; 30]));
    let labels = host.make(i8s(&[5], 0));
    let bad = host.make(i8s(&[2, 3, 1, 2], 9));
    let mut builder = GraphBuilder::new(Dtype::I8, 6);
    let h = builder.dense(Value::INPUT, w, bias, q);
    let h = builder.lut8(h, table);
    let h = builder.node(h, Operation::MatmulI8 { weights: w, bias: None, requant: None });
    builder.node(h, Operation::Requant { constants: q });
    let model = host.register(builder.build().expect("a graph").encode());
    let garbage = host.register(vec![1, 0, 0, 0, 0, 6, 0, 1, 0x13, 0, 0]);
    (host, vec![x, w, bias, q, table, acc, labels, bad, model, garbage])
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
    (prop::collection::vec(one, 0..8), tail)
}

fn bytes((words, tail): (Vec<Word>, Vec<u8>), ids: &[B256]) -> Vec<u8> {
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

fn check(address: Address, input: &[u8], limit: u64) -> Result<CallOutcome, TestCaseError> {
    let (before, _) = host();
    let mut after = before.clone();
    let outcome = call(address, input, limit, &mut after).expect("the host works");
    match &outcome {
        CallOutcome::Return { gas_used, output } => {
            prop_assert!(*gas_used <= limit);
            if MAKERS.contains(&address) {
                prop_assert!(after.local.contains_key(&B256::from_slice(output)));
            } else {
                prop_assert_eq!(&after.local, &before.local);
            }
            let mut again = before.clone();
            prop_assert_eq!(call(address, input, *gas_used, &mut again).expect("works"), outcome.clone());
            let less = call(address, input, gas_used - 1, &mut before.clone()).expect("works");
            prop_assert_eq!(less, CallOutcome::Fail(Failure::OutOfGas));
        }
        CallOutcome::Revert { gas_used, output } => {
            prop_assert!(*gas_used <= limit);
            prop_assert_eq!(&output[..], abi::NOT_RESIDENT);
            prop_assert_eq!(&after.local, &before.local);
        }
        CallOutcome::Fail(_) => prop_assert_eq!(&after.local, &before.local),
    }
    // Whoever has commitments only, and asks for results, gets the same.
    let mut delegating = MemoryHost { delegates: true, ..before };
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
        let ids = host().1;
        check(address, &bytes(input, &ids), limit)?;
    }

    #[test]
    fn damaged_calls_are_safe(which in 0usize..12, at in any::<Index>(), value in any::<u8>(), limit in 0u64..40_000) {
        let ids = host().1;
        let (address, mut input) = valid(which, &ids);
        let sound = check(address, &input, u64::MAX)?;
        prop_assert!(matches!(sound, CallOutcome::Return { .. }), "{} {:?}", which, sound);
        let at = at.index(input.len());
        input[at] = value;
        check(address, &input, limit)?;
    }
}

/// Calls that return, of every precompile.
fn valid(which: usize, ids: &[B256]) -> (Address, Vec<u8>) {
    let &[x, w, bias, q, table, acc, labels, bad, model, _] = ids else { unreachable!() };
    let none = B256::ZERO;
    let cat = |ids: &[B256]| support::words(ids);
    match which {
        0 => (abi::META, cat(&[w])),
        1 => (abi::COMMIT, commit_input(&Tensor::from_i32(&[2, 2], vec![1, 2, 3, 4]).expect("a tensor"))),
        2 => (abi::SLICE, [bias.0, word(3), word(20)].concat()),
        3 => (abi::MATMUL_I8, cat(&[x, w, bias, q])),
        4 => (abi::MATMUL_I8, cat(&[x, w, none, none])),
        5 => (abi::REQUANT, cat(&[acc, q])),
        6 => (abi::LUT8, cat(&[bad, table])),
        7 => (abi::FORWARD, [model.0, x.0, word(0), word(0)].concat()),
        8 => (abi::FORWARD, [model.0, acc.0, word(3), word(4)].concat()),
        9 => (abi::METRIC, [word(0), acc.0, labels.0].concat()),
        10 => (abi::METRIC, [word(1), x.0, x.0].concat()),
        _ => (abi::META, cat(&[x])),
    }
}
