//! METRIC, COSINE_GE, FEDAVG, TRIMMED_MEAN, APPLY_DELTA, PRNG and SAMPLE.

use super::{DEEPEST, DEEPEST_I32, TALL, Worst, bytes, i8, i32, lanes, narrow, wide};
use crate::{harness::numbers, sparse::Sparse};
use alloy_primitives::keccak256;
use autonet_ml_precompiles::{Draw, Dtype, Metric, Operation, Ratio, Request};

pub(super) fn metric() -> Vec<Worst> {
    let worst = |name, metric, predictions: &Sparse, truth: &Sparse, [step, label]: [usize; 2], carried: Vec<u8>| {
        let (p, t) = (predictions.commitment(), truth.commitment());
        let request = Request::Measure { metric, predictions: p, truth: t };
        let tiles = [predictions.read(step), truth.read(label)].concat();
        Worst { name, request, step, carried, done: 0, tiles }
    };
    let last = (1 << 15) - 1;
    // Each column is larger than the one before, and the last one is true.
    let rising: Vec<i32> = (0..256).map(|place| 0x0101_0101 * (1 + place % 16)).collect();
    let truth = Sparse::new(Dtype::I8, &[65_536], [(4_095, vec![127; 256])]);
    let predictions = i32(&[65_536, 128], last, lanes(&rising));
    let best = [&0x0101_0101_0101_0101u64.to_be_bytes()[..], &[&[1; 4][..], &111u32.to_be_bytes()].concat().repeat(16)];
    let hits = worst("METRIC, hits", Metric::ArgmaxHits, &predictions, &truth, [last, 4_095], best.concat());
    let last = (1 << 22) - 1;
    let (p, t) = (i8(&DEEPEST, last), Sparse::new(Dtype::I8, &DEEPEST, [(last, narrow(7))]));
    // No more squares than a tensor's.
    let sum = 0x0301_0101_0101u64.to_be_bytes().to_vec();
    vec![
        hits,
        worst("METRIC, mean squared error", Metric::MseQ32Floor, &p, &t, [last; 2], sum.clone()),
        worst("METRIC, matches", Metric::Matches, &p, &t, [last; 2], sum),
    ]
}

pub(super) fn cosine_ge() -> Vec<Worst> {
    let (along, band) = (65, 2_047);
    let step = band * along + along - 1;
    let (a, b) = (i8(&TALL, step), Sparse::new(Dtype::I8, &TALL, [(step, narrow(1))]));
    let operation = Operation::cosine_ge(Ratio { n: u32::MAX - 1, d: u32::MAX }, a.commitment(), b.commitment());
    let carried = 0x3f01_0101u64.to_be_bytes().repeat(3 * 16);
    let worst = Worst::new("COSINE_GE", operation, step).carrying(carried);
    vec![worst.reading([(&a, step), (&b, step)]).appending(band)]
}

/// The last of 64 updates, on the last tile. Negative numbers are rounded with some gas more.
pub(super) fn updates() -> Vec<Worst> {
    let index = (1 << 20) - 1;
    let mut negative = wide(1);
    negative.iter_mut().skip(3).step_by(4).for_each(|byte| *byte |= 0x80);
    let last = i32(&DEEPEST_I32, index, negative);
    let other = Sparse::new(Dtype::I32, &DEEPEST_I32, []).commitment();
    let all = || std::iter::repeat_n(other, 63).chain([last.commitment()]);
    let sum = |number: u32| (-(i128::from(number | 1 << 31) << 68 | 0x0101_0101_0101_0101)).to_be_bytes();
    let sums: Vec<u8> = numbers(2, 256).into_iter().flat_map(sum).collect();
    let fedavg = Operation::fedavg(all().map(|update| (u64::MAX, update))).expect("weights");
    let fedavg = Worst::new("FEDAVG of 64", fedavg, 64 * index + 63).carrying(sums);
    let mut lists = bytes(3, 4 * 3 * 64);
    for list in 0..64 {
        let mut values = numbers(4 + list, 63);
        values.iter_mut().for_each(|value| *value |= 0x0101_0101);
        values.sort_unstable();
        lists.extend(values.into_iter().flat_map(u32::to_be_bytes));
    }
    let mean = Operation::trimmed_mean(0, all()).expect("updates");
    let mean = Worst::new("TRIMMED_MEAN of 64", mean, (4 * index + 3) * 64 + 63).carrying(lists);
    let base = i32(&DEEPEST_I32, index, wide(5));
    let ratio = Ratio { n: i32::MAX as u32, d: 7 };
    let delta = Operation::apply_delta(ratio, base.commitment(), last.commitment());
    vec![
        fedavg.reading([(&last, index)]).appending(index),
        mean.reading([(&last, index)]).appending(index),
        Worst::new("APPLY_DELTA", delta, index).reading([(&base, index), (&last, index)]).appending(index),
    ]
}

pub(super) fn draws() -> Vec<Worst> {
    let draw = Draw { seed: keccak256([1]), domain: keccak256([2]), counter: (1 << 48) - 1 };
    let (n, i) = (65_536, 32_767);
    let (own, place) = (i / 16, i + draw.below(draw.counter + i as u64, n - i as u32).expect("a word") as usize);
    assert_ne!(own, place / 16);
    let tile = |index: usize| (index, lanes(&std::array::from_fn::<_, 16, _>(|at| (16 * index + at) as i32)));
    let numbers = Sparse::new(Dtype::I32, &[n], [tile(own), tile(place / 16)]);
    let carried = [numbers.commitment().root.to_vec(), bytes(1, 60)].concat();
    let sample = || Operation::sample(draw, n, n);
    let drawn = Worst::new("SAMPLE, a draw", sample(), 4_096 + i).carrying(carried);
    vec![
        Worst::new("PRNG", Operation::prng(draw, n), 4_095).appending(4_095),
        Worst::new("SAMPLE, numbers", sample(), 4_095).appending(4_095),
        drawn.reading([(&numbers, own), (&numbers, place / 16)]).appending(own),
    ]
}
