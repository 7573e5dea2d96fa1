//! Sound operations of every kind, small, from a seed.

use super::{bytes, constants};
use alloy_primitives::{Address, B256};
use autonet_ml_precompiles::{Draw, Heads, Kind, Operation, Pooling, Ratio, Tensor, Window};
use std::{ops::RangeInclusive, sync::Arc};

/// Codes of all operations.
pub const CODES: [u8; 17] =
    [0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x31, 0x40, 0x41, 0x42, 0x50, 0x51];

/// Where the operation with this code is.
pub fn address(code: u8) -> Address {
    let mut address = Address::ZERO;
    address.0[18..].copy_from_slice(&[0xa1, code]);
    address
}

/// Pseudo-random numbers.
#[derive(Debug)]
pub struct Rng(u64);

impl Rng {
    pub const fn new(seed: u64) -> Self {
        Self(seed ^ 0x2545_f491_4f6c_dd1d)
    }

    pub const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    /// A number in `range`; the ends are likely.
    pub fn of(&mut self, range: RangeInclusive<i64>) -> i64 {
        match self.next() % 8 {
            0 => *range.start(),
            1 => *range.end(),
            _ => range.start() + (self.next() % (range.end().abs_diff(*range.start()) + 1)) as i64,
        }
    }

    pub fn size(&mut self, max: u32) -> u32 {
        self.of(1..=max.into()) as u32
    }

    pub fn flag(&mut self) -> bool {
        self.next() & 1 == 0
    }

    pub fn i8s(&mut self, dims: &[u32], least: i8) -> Arc<Tensor> {
        let len = dims.iter().product::<u32>() as usize;
        Tensor::from_i8(dims, bytes(len, least, self.next())).expect("a tensor").into()
    }

    pub fn i32s(&mut self, dims: &[u32], range: RangeInclusive<i64>) -> Arc<Tensor> {
        let len = dims.iter().product::<u32>();
        let data = (0..len).map(|_| self.of(range.clone()) as i32).collect();
        Tensor::from_i32(dims, data).expect("a tensor").into()
    }

    pub fn any(&mut self, dims: &[u32]) -> Arc<Tensor> {
        self.i32s(dims, i32::MIN.into()..=i32::MAX.into())
    }

    /// Constants of a requantisation that leave something of products of `k` elements.
    pub fn requant(&mut self, n: u32) -> Arc<Tensor> {
        let columns: Vec<_> =
            (0..n).map(|_| [self.of(1 << 30..=i32::MAX.into()), self.of(31..=46), self.of(-128..=127)]).collect();
        let rows = [0, 1, 2].map(|row| columns.iter().map(|column| column[row] as i32).collect::<Vec<_>>());
        Tensor::from_i32(&[3, n], rows.concat()).expect("a tensor").into()
    }

    pub fn window(&mut self) -> Window {
        loop {
            let [image, kernel, stride] = [6, 5, 3].map(|max| [self.size(max), self.size(max)]);
            let mut pad = || kernel.map(|side| self.of(0..=i64::from(side) - 1) as u32);
            let window = Window { image, kernel, stride, before: pad(), after: pad() };
            if [0, 1].iter().all(|&axis| image[axis] + window.before[axis] + window.after[axis] >= kernel[axis]) {
                return window;
            }
        }
    }

    fn draw(&mut self) -> Draw {
        let counter = self.of(0..=(1 << 48) - 1) as u64;
        Draw { seed: B256::left_padding_from(&self.next().to_be_bytes()), domain: B256::repeat_byte(7), counter }
    }

    fn optional(&mut self, tensor: Arc<Tensor>) -> Option<Arc<Tensor>> {
        self.flag().then_some(tensor)
    }

    /// Parameters of a product: weights, bias, requantisation.
    fn product(&mut self, k: u32) -> (Arc<Tensor>, Option<Arc<Tensor>>, Option<Arc<Tensor>>) {
        let n = self.size(20);
        let bias = self.i32s(&[n], -(1 << 30)..=1 << 30);
        let (weights, requant) = (self.i8s(&[k, n], -127), self.requant(n));
        (weights, self.optional(bias), self.optional(requant))
    }
}

/// An operation with this code whose operands fit it, in types, shapes and values.
pub fn operation(code: u8, seed: u64) -> Operation<Arc<Tensor>> {
    let rng = &mut Rng::new(seed);
    let [m, n] = [rng.size(36), rng.size(36)];
    match code {
        0x10 => {
            let (weights, bias, requant) = rng.product(n);
            Operation::matmul(rng.i8s(&[m, n], -128), weights, bias, requant)
        }
        0x11 => {
            let (window, batch, channels) = (rng.window(), rng.size(3), rng.size(4));
            let x = rng.i8s(&[batch * window.image[0] * window.image[1], channels], -128);
            let (weights, bias, requant) = rng.product(window.taps() as u32 * channels);
            Operation::conv2d(window, rng.of(-128..=127) as i8, x, weights, bias, requant)
        }
        0x12 => Operation::requant(rng.any(&[m, n]), rng.requant(n)),
        0x13 => {
            let (dims, rank) = ([m, n, 3, 2], rng.size(4) as usize);
            Operation::lut8(rng.i8s(&dims[..rank], -128), rng.i8s(&[256], -128))
        }
        0x14 => {
            let mut table = (0..256).map(|_| rng.of(0..=65_535) as i32).collect::<Vec<_>>();
            table[0] = table[0].max(1);
            let table = Tensor::from_i32(&[256], table).expect("a tensor").into();
            Operation::softmax(rng.i8s(&[m, n], -128), table)
        }
        0x15 => {
            let rows = [i32::MIN.into()..=i32::MAX.into(), i32::MIN.into()..=i32::MAX.into(), 17..=46];
            let data = rows.map(|row| (0..n).map(|_| rng.of(row.clone()) as i32).collect::<Vec<_>>()).concat();
            Operation::layernorm(rng.i8s(&[m, n], -128), Tensor::from_i32(&[3, n], data).expect("a tensor").into())
        }
        0x16 => {
            let ranges = [1 - (1 << 22)..=(1 << 22) - 1, 1 - (1 << 22)..=(1 << 22) - 1, -(1 << 29)..=1 << 29, 1..=30];
            let values = ranges.map(|range| rng.of(range) as i32);
            let repeats = rng.size(3);
            let constants = Tensor::from_i32(&[4], values.to_vec()).expect("a tensor").into();
            Operation::add(rng.i8s(&[m * repeats, n], -128), rng.i8s(&[m, n], -128), constants)
        }
        0x17 => {
            let (window, batch) = (rng.window(), rng.size(3));
            let pooling = if rng.flag() { Pooling::Max } else { Pooling::Mean };
            let x = rng.i8s(&[batch * window.image[0] * window.image[1], n], -128);
            Operation::pool(pooling, window, x)
        }
        0x18 => {
            let table = if rng.flag() { rng.i8s(&[m, n], -128) } else { rng.any(&[m, n]) };
            let (dims, rank) = ([rng.size(40), 1], rng.size(2) as usize);
            let indices = rng.i32s(&dims[..rank], 0..=i64::from(m) - 1);
            Operation::gather(table, indices)
        }
        0x19 | 0x1a => attention(code, rng),
        0x31 => {
            let d = rng.of(1..=u32::MAX.into());
            let ratio = Ratio { n: rng.of(1..=d) as u32, d: d as u32 };
            let a = rng.i8s(&[m, n], -128);
            let b = if rng.flag() { a.clone() } else { rng.i8s(&[m, n], -128) };
            Operation::cosine_ge(ratio, a, b)
        }
        0x40 => {
            let count = rng.size(64);
            let updates =
                (0..count).map(|index| ((rng.next() >> (rng.next() % 64)) | u64::from(index == 0), rng.any(&[n])));
            Operation::fedavg(updates.collect::<Vec<_>>()).expect("updates")
        }
        0x41 => {
            let count = rng.size(64);
            let trim = rng.of(0..=i64::from(count - 1) / 2) as u32;
            let updates = (0..count).map(|_| rng.any(&[2, n]));
            Operation::trimmed_mean(trim, updates.collect::<Vec<_>>()).expect("updates")
        }
        0x42 => {
            let ratio = Ratio { n: rng.of(1..=i32::MAX.into()) as u32, d: rng.of(1..=i32::MAX.into()) as u32 };
            Operation::apply_delta(ratio, rng.any(&[m, n]), rng.any(&[m, n]))
        }
        0x50 => Operation::prng(rng.draw(), rng.size(70)),
        0x51 => {
            let population = rng.size(300);
            Operation::sample(rng.draw(), population, rng.size(population))
        }
        _ => unreachable!("an operation's code"),
    }
}

fn attention(code: u8, rng: &mut Rng) -> Operation<Arc<Tensor>> {
    let heads = Heads { heads: rng.size(4), tokens: rng.size(18), depth: rng.size(9) };
    let Heads { heads: h, tokens, depth } = heads;
    let (batch, first, more) = (rng.size(3), [rng.size(5) - 1, rng.size(5) - 1], rng.size(3) - 1);
    let mut tokens_of = |first: u32| rng.i8s(&[batch * tokens, first + h * depth + more], -128);
    let (q, k) = (tokens_of(first[0]), tokens_of(first[1]));
    match code {
        0x19 => Operation::scores(heads, first, q, k, rng.requant(h)),
        _ => {
            let constants: Arc<Tensor> = constants(h * depth, 1 << 30, 36, 3).into();
            Operation::mix(heads, first[1], rng.i8s(&[batch * h * tokens, tokens], -128), k, constants)
        }
    }
}

/// Something else than sound attributes of each kind: what a caller of the library could write down.
pub fn unsound() -> Vec<Kind> {
    let window = Window { image: [4, 4], kernel: [2, 2], stride: [1, 1], before: [0, 0], after: [0, 0] };
    let wrong = [
        Window { stride: [1, 0], ..window },
        Window { kernel: [5, 2], ..window },
        Window { kernel: [0, 2], ..window },
        Window { before: [2, 0], ..window },
        Window { after: [0, 2], ..window },
        Window { image: [u32::MAX, 4], before: [1, 1], ..window },
        Window { image: [0, 4], ..window },
    ];
    let draw = Draw { seed: B256::ZERO, domain: B256::ZERO, counter: 0 };
    let late = Draw { counter: u64::MAX, ..draw };
    let heads = Heads { heads: 1, tokens: 1, depth: 1 };
    let mut kinds = vec![
        Kind::ScoresI8 { heads: Heads { tokens: 0, ..heads }, first: [0, 0] },
        Kind::ScoresI8 { heads, first: [u32::MAX, 0] },
        Kind::MixI8 { heads: Heads { heads: u32::MAX, depth: u32::MAX, ..heads }, first: u32::MAX },
        Kind::CosineGe(Ratio { n: 2, d: 1 }),
        Kind::CosineGe(Ratio { n: 0, d: 0 }),
        Kind::ApplyDelta(Ratio { n: u32::MAX, d: 1 }),
        Kind::ApplyDelta(Ratio { n: 1, d: 0 }),
        Kind::FedAvg { weights: vec![0, 0] },
        Kind::TrimmedMean { trim: u32::MAX },
        Kind::Prng { draw: late, n: 9 },
        Kind::Prng { draw, n: 0 },
        Kind::Prng { draw, n: u32::MAX },
        Kind::Sample { draw: late, population: 3, n: 3 },
        Kind::Sample { draw, population: 3, n: 4 },
        Kind::Sample { draw, population: 0, n: 0 },
        Kind::Sample { draw, population: u32::MAX, n: 1 },
    ];
    kinds.extend(wrong.map(|window| Kind::Conv2dI8 { window, pad: 0 }));
    kinds.extend(wrong.map(|window| Kind::Pool { pooling: Pooling::Mean, window }));
    kinds
}
