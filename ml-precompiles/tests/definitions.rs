//! Whole operations against the letter of their definition: windows, draws, rows.

mod support;

use alloy_primitives::{B256, U256, keccak256};
use autonet_ml_precompiles::{Draw, Failure, Kind, Operation, Pooling, Tensor, Window, im2col_row};
use proptest::prelude::*;
use std::{collections::BTreeSet, sync::Arc};
use support::cases::{self, Rng};

/// Pixel (b, oy*sh + ky - top, ox*sw + kx - left) of tap (ky, kx), if it is one.
fn tap(window: &Window, [b, oy, ox]: [i64; 3], [ky, kx]: [i64; 2]) -> Option<usize> {
    let [h, w] = window.image.map(i64::from);
    let y = oy * i64::from(window.stride[0]) + ky - i64::from(window.before[0]);
    let x = ox * i64::from(window.stride[1]) + kx - i64::from(window.before[1]);
    ((0..h).contains(&y) && (0..w).contains(&x)).then_some(((b * h + y) * w + x) as usize)
}

/// Rows of the taps of all output pixels.
fn taps(window: &Window, rows: usize) -> Vec<Vec<Option<usize>>> {
    let [h, w] = window.image.map(i64::from);
    let side = |axis: usize| {
        let padded = i64::from(window.image[axis] + window.before[axis] + window.after[axis]);
        // Places at which the kernel fits.
        (0..padded)
            .filter(|at| at % i64::from(window.stride[axis]) == 0 && at + i64::from(window.kernel[axis]) <= padded)
            .count() as i64
    };
    let mut out = Vec::new();
    for b in 0..rows as i64 / (h * w) {
        for (oy, ox) in (0..side(0)).flat_map(|oy| (0..side(1)).map(move |ox| (oy, ox))) {
            let [kh, kw] = window.kernel.map(i64::from);
            let all = (0..kh).flat_map(|ky| (0..kw).map(move |kx| [ky, kx]));
            out.push(all.map(|place| tap(window, [b, oy, ox], place)).collect());
        }
    }
    out
}

fn block(draw: &Draw, index: u64) -> Vec<u32> {
    let hash = keccak256([draw.seed, draw.domain, B256::from(U256::from(index))].concat());
    hash.chunks(4).map(|word| u32::from_be_bytes(word.try_into().expect("four bytes"))).collect()
}

fn draw() -> impl Strategy<Value = Draw> {
    let counter = prop_oneof![0u64..100, Just((1 << 48) - 1), 0u64..1 << 48];
    (any::<[u8; 32]>(), any::<[u8; 32]>(), counter).prop_map(|(seed, domain, counter)| Draw {
        seed: seed.into(),
        domain: domain.into(),
        counter,
    })
}

fn i32s(operation: &Operation<Arc<Tensor>>) -> Vec<i32> {
    operation.apply().expect("sound").as_i32().expect("I32").to_vec()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn windows_read_the_taps_of_their_definition(seed: u64, pad: i8, channels in 1u32..4, batch in 1u32..4) {
        let mut rng = Rng::new(seed);
        let window = rng.window();
        let x = rng.i8s(&[batch * window.image[0] * window.image[1], channels], -128);
        let data = x.as_i8().expect("I8");
        let pixel = |row: usize| &data[row * channels as usize..][..channels as usize];
        let expected = taps(&window, x.shape().rows());
        prop_assert_eq!(window.output().iter().product::<u32>() as usize * batch as usize, expected.len());
        for (row, taps) in expected.iter().enumerate() {
            prop_assert_eq!(&window.iter_taps().map(|tap| window.tap(row, tap)).collect::<Vec<_>>(), taps);
            let mut out = vec![0; taps.len() * channels as usize];
            im2col_row(&window, pad, data, channels as usize, row, &mut out);
            let letter = taps.iter().map(|tap| match tap {
                Some(tap) => pixel(*tap).to_vec(),
                None => vec![pad; channels as usize],
            });
            prop_assert_eq!(out, letter.collect::<Vec<_>>().concat());
        }
        for pooling in [Pooling::Max, Pooling::Mean] {
            let got = Operation::pool(pooling, window, x.clone()).apply().expect("sound");
            for ((row, taps), c) in expected.iter().enumerate().flat_map(|row| (0..channels as usize).map(move |c| (row, c))) {
                let inside: Vec<i64> = taps.iter().flatten().map(|tap| pixel(*tap)[c].into()).collect();
                prop_assert!(!inside.is_empty());
                let n = inside.len() as i64;
                let expected = match pooling {
                    Pooling::Max => *inside.iter().max().expect("a tap"),
                    Pooling::Mean => (2 * inside.iter().sum::<i64>() + n).div_euclid(2 * n),
                };
                prop_assert_eq!(i64::from(got.as_i8().expect("I8")[row * channels as usize + c]), expected);
            }
        }
    }

    #[test]
    fn convolutions_are_products_with_their_taps(seed: u64) {
        let operation = cases::operation(0x11, seed);
        let Kind::Conv2dI8 { window, pad } = operation.kind() else { unreachable!() };
        let [x, weights, bias, requant] = operation.operands() else { unreachable!() };
        let x = x.as_ref().expect("x");
        let (data, channels) = (x.as_i8().expect("I8"), x.shape().cols());
        let rows = taps(window, x.shape().rows());
        let outside = vec![*pad; channels];
        let taps: Vec<i8> = rows.iter().flatten()
            .flat_map(|tap| tap.map_or(&outside[..], |row| &data[row * channels..][..channels])).copied().collect();
        let taps = Tensor::from_i8(&[rows.len() as u32, (taps.len() / rows.len()) as u32], taps).expect("a tensor");
        let product = Operation::matmul(Arc::new(taps), weights.clone().expect("weights"), bias.clone(), requant.clone());
        prop_assert_eq!(operation.apply(), product.apply());
    }

    #[test]
    fn words_are_those_of_the_blocks(draw in draw(), n in 1u32..40) {
        let words = i32s(&Operation::prng(draw, n));
        for (i, word) in words.iter().enumerate() {
            prop_assert_eq!(*word as u32, block(&draw, draw.counter + i as u64 / 8)[i % 8]);
        }
        prop_assert_eq!(words.len(), n as usize);
        prop_assert_eq!(&i32s(&Operation::prng(draw, 40))[..n as usize], &words[..]);
    }

    #[test]
    fn samples_are_the_start_of_one_shuffle(draw in draw(), population in 1u32..400, n in 1u32..400) {
        let n = n.min(population);
        let sample = i32s(&Operation::sample(draw, population, n));
        let mut pool: Vec<i32> = (0..population as i32).collect();
        for i in 0..n as usize {
            let range = (pool.len() - i) as u64;
            let word = block(&draw, draw.counter + i as u64).into_iter()
                .find(|word| u64::from(*word) < (1 << 32) - (1u64 << 32) % range).expect("a number");
            pool.swap(i, i + (u64::from(word) % range) as usize);
        }
        prop_assert_eq!(&sample, &pool[..n as usize]);
        prop_assert_eq!(sample.iter().copied().collect::<BTreeSet<_>>().len(), n as usize);
        let all = i32s(&Operation::sample(draw, population, population));
        prop_assert_eq!(&all[..n as usize], &sample[..]);
        prop_assert_eq!(all.into_iter().collect::<BTreeSet<_>>(), (0..population as i32).collect::<BTreeSet<_>>());
    }

    #[test]
    fn numbers_below_a_range_are_of_the_first_word_that_favours_none(draw in draw(), range in prop_oneof![1u32..100, any::<u32>()]) {
        let range = range.max(1);
        let fair = |word: &u32| u64::from(*word) / u64::from(range) < (1u64 << 32) / u64::from(range);
        let expected = block(&draw, 3).into_iter().find(fair).map(|word| word % range);
        prop_assert_eq!(draw.below(3, range), expected);
    }

    #[test]
    fn trimmed_means_drop_the_ends(updates in prop::collection::vec(prop::array::uniform2(-3i32..3), 1..12), trim in 0usize..6) {
        let tensors = updates.iter().map(|update| Arc::new(Tensor::from_i32(&[2], update.to_vec()).expect("a tensor")));
        let operation = Operation::trimmed_mean(trim as u32, tensors).expect("updates");
        if 2 * trim >= updates.len() {
            prop_assert_eq!(operation.apply(), Err(Failure::Word(0)));
            return Ok(());
        }
        for (element, got) in i32s(&operation).into_iter().enumerate() {
            let mut values: Vec<_> = updates.iter().map(|update| i64::from(update[element])).enumerate().map(|(i, v)| (v, i)).collect();
            values.sort();
            let kept = &values[trim..values.len() - trim];
            let sum: i64 = kept.iter().map(|(value, _)| value).sum();
            prop_assert_eq!(i64::from(got), sum.div_euclid(kept.len() as i64));
        }
    }

    #[test]
    fn attention_is_its_sums(seed: u64) {
        for code in [0x19, 0x1a] {
            let operation = cases::operation(code, seed);
            let got = operation.apply().expect("sound");
            let tensors: Vec<&Tensor> = operation.operands().iter().flatten().map(|tensor| &**tensor).collect();
            let [a, b, constants] = tensors[..] else { unreachable!() };
            let at = |tensor: &Tensor, row: usize, col: usize| {
                i32::from(tensor.as_i8().expect("I8")[row * tensor.shape().cols() + col])
            };
            let constants = constants.as_i32().expect("I32");
            let requant = |acc: i32, column: usize| {
                let [m, s, zp] = [0, 1, 2].map(|row| i128::from(constants[row * constants.len() / 3 + column]));
                ((i128::from(acc) * m + (1 << (s - 1))).div_euclid(1 << s) + zp).clamp(-128, 127) as i32
            };
            for row in 0..got.shape().rows() {
                for col in 0..got.shape().cols() {
                    let expected = match operation.kind() {
                        Kind::ScoresI8 { heads, first: [q0, k0] } => {
                            let (h, t, d) = (heads.heads as usize, heads.tokens as usize, heads.depth as usize);
                            let (seq, head, i) = (row / t / h, row / t % h, row % t);
                            let sum = (0..d).map(|e| {
                                at(a, seq * t + i, *q0 as usize + head * d + e) * at(b, seq * t + col, *k0 as usize + head * d + e)
                            });
                            requant(sum.sum(), head)
                        }
                        Kind::MixI8 { heads, first } => {
                            let (h, t, d) = (heads.heads as usize, heads.tokens as usize, heads.depth as usize);
                            let (seq, i, head, e) = (row / t, row % t, col / d, col % d);
                            let sum = (0..t).map(|j| {
                                at(a, (seq * h + head) * t + i, j) * at(b, seq * t + j, *first as usize + head * d + e)
                            });
                            requant(sum.sum(), col)
                        }
                        _ => unreachable!(),
                    };
                    prop_assert_eq!(at(&got, row, col), expected);
                }
            }
        }
    }
}

/// With 16 numbers of 16,000 draws each about a thousand times: 37.7 is beyond one in a thousand, and the seed is fixed.
#[test]
fn draws_favour_no_number() {
    let mut counts = [[0u32; 16]; 3];
    for seed in 0..16_000u64 {
        let draw = Draw { seed: B256::from(U256::from(seed)), domain: B256::ZERO, counter: seed % 7 };
        let sample = i32s(&Operation::sample(draw, 16, 3));
        for (counts, number) in counts.iter_mut().zip(sample) {
            counts[number as usize] += 1;
        }
    }
    for counts in counts {
        let squares: u32 = counts.iter().map(|count| count.abs_diff(1_000).pow(2)).sum();
        assert!(squares < 37_700, "{counts:?}");
    }
}
