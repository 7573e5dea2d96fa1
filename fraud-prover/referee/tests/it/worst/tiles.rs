//! REQUANT, LUT8, SOFTMAX_I8, LAYERNORM_I8, ADD_I8, POOL and GATHER.

use super::{DEEPEST, TALL, TALL_I32, WIDE, WIDE_I32, Worst, busiest, bytes, i8, i32, lanes, narrow, of, wide};
use crate::{harness::numbers, product::constants, sparse::Sparse};
use autonet_ml_precompiles::{Dtype, Operation, Pooling, Window};

pub(super) fn requant() -> Vec<Worst> {
    let index = busiest((0..16 * 4_080).filter(|index| index % 4_080 < 4_079));
    let (x, requant) = (i32(&WIDE_I32, index, wide(1)), i32(&[3, 65_265], index % 4_080, lanes(&constants(2, 16))));
    let operation = Operation::requant(x.commitment(), requant.commitment());
    vec![Worst::new("REQUANT", operation, index).reading([(&x, index), (&requant, index % 4_080)]).appending(index)]
}

/// At the deepest tree there is, whose tiles have one column inside, and at the deepest of full tiles.
pub(super) fn lut8() -> Vec<Worst> {
    let tiles = (0..16).map(|part| {
        let mut tile = bytes(part as u64, 16);
        tile.resize(256, 0);
        (part, tile)
    });
    let table = Sparse::new(Dtype::I8, &[256], tiles);
    let worst = |name, dims: &[u32], index| {
        let x = i8(dims, index);
        let worst = Worst::new(name, Operation::lut8(x.commitment(), table.commitment()), index);
        worst.reading([(&x, index)].into_iter().chain((0..16).map(|part| (&table, part)))).appending(index)
    };
    vec![
        worst("LUT8, deepest", &DEEPEST, (1 << 22) - 1),
        // Two tiles in a row, the first of them full: 19 levels.
        worst("LUT8, full tiles", &[65_536, 60, 17], (1 << 18) - 2),
    ]
}

pub(super) fn softmax() -> Vec<Worst> {
    let along = 65;
    let index = busiest((0..4_091 * along).filter(|index| index % along < 64));
    let (band, col) = (index / along, index % along);
    let entry = |place: usize| 0x101 * (255 - place as i32).max(1);
    let tiles = (0..16).map(|part| (part, lanes(&std::array::from_fn::<_, 16, _>(|place| entry(16 * part + place)))));
    let (x, table) = (i8(&TALL, index), Sparse::new(Dtype::I32, &[256], tiles));
    let worst = |name, pass: usize, sum: u32| {
        let operation = Operation::softmax(x.commitment(), table.commitment());
        let worst = Worst::new(name, operation, (3 * band + pass) * along + col);
        let row = [&[255][..], &sum.to_be_bytes()].concat();
        worst.carrying(row.repeat(16)).reading([(&x, index)].into_iter().chain((0..16).map(|part| (&table, part))))
    };
    vec![worst("SOFTMAX_I8, sums", 1, 0x0101_0101), worst("SOFTMAX_I8, result", 2, 0xfeff_0101).appending(index)]
}

pub(super) fn layernorm() -> Vec<Worst> {
    let along = 4_091;
    let index = busiest(0..64 * along);
    let (band, col) = (index / along, index % along);
    let numbers = numbers(1, 48);
    let scale = |(place, number): (usize, &u32)| if place < 32 { *number as i32 } else { 17 + (*number % 30) as i32 };
    let scales: Vec<i32> = numbers.iter().enumerate().map(scale).collect();
    let (x, scales) = (i8(&WIDE, index), i32(&[3, WIDE[1]], col, lanes(&scales)));
    let row = [(-0x1_0101i64).to_be_bytes(), 0x3fff_0101u64.to_be_bytes()].concat();
    let operation = Operation::layernorm(x.commitment(), scales.commitment());
    let worst = Worst::new("LAYERNORM_I8, result", operation.clone(), (2 * band + 1) * along + col);
    let result = worst.carrying(row.repeat(16)).reading([(&x, index), (&scales, col)]).appending(index);
    let sums = Worst::new("LAYERNORM_I8, sums", operation, 2 * band * along + col);
    vec![sums.carrying(row.repeat(16)).reading([(&x, index)]), result]
}

/// Rows of b in its last two tiles, then in its first: there can be no more of them.
pub(super) fn add() -> Vec<Worst> {
    let (rows, period, across) = (65_427, 21_809, 65);
    let band = 2 * period / 16;
    let index = busiest((0..64).map(|col| band * across + col));
    let mut tiles: Vec<usize> = (0..16).map(|row| (16 * band + row) % period / 16 * across + index % across).collect();
    tiles.dedup();
    assert_eq!(tiles.len(), 3);
    let a = i8(&[rows, 1_025], index);
    let filled = tiles.iter().map(|index| (*index, narrow(*index as u64)));
    let b = Sparse::new(Dtype::I8, &[period as u32, 1_025], filled);
    let constants = i32(&[4], 0, lanes(&[-0x2f_0101, 0x2f_0101, -0x1001_0101, 30]));
    let operation = Operation::add(a.commitment(), b.commitment(), constants.commitment());
    let reads = [(&constants, 0), (&a, index)].into_iter().chain(of(&b, &tiles));
    vec![Worst::new("ADD_I8", operation, index).reading(reads).appending(index)]
}

/// Sixteen pixels in as many tiles.
pub(super) fn pool() -> Vec<Worst> {
    let window = Window { image: [1, TALL[0]], kernel: [1, 3], stride: [1, 17], before: [0, 1], after: [0, 0] };
    let across = 65;
    let index = busiest((0..240 * across).filter(|index| index % across < 64));
    let pixel = |row: usize| window.tap(16 * (index / across) + row, [0, 2]).expect("inside");
    let tiles: Vec<usize> = (0..16).map(|row| pixel(row) / 16 * across + index % across).collect();
    let x = Sparse::new(Dtype::I8, &TALL, tiles.iter().map(|index| (*index, narrow(*index as u64))));
    // Negative ones have no zero bytes.
    let carried: Vec<u8> = numbers(1, 256).into_iter().flat_map(|n| (0x7fff_ffff - n % 127).to_be_bytes()).collect();
    let worst = |name, pooling| {
        let worst = Worst::new(name, Operation::pool(pooling, window, x.commitment()), 3 * index + 2);
        worst.carrying(carried.clone()).reading(of(&x, &tiles)).appending(index)
    };
    vec![worst("POOL, maxima", Pooling::Max), worst("POOL, means", Pooling::Mean)]
}

/// Sixteen rows from as many tiles.
pub(super) fn gather() -> Vec<Worst> {
    let across = 17;
    let index = busiest((0..4_079 * across).filter(|index| index % across < 16));
    let (band, col) = (index / across, index % across);
    let rows: [i32; 16] = std::array::from_fn(|row| 65_263 - 4_003 * row as i32);
    let tiles: Vec<usize> = rows.iter().map(|row| *row as usize / 16 * across + col).collect();
    let table = Sparse::new(Dtype::I32, &TALL_I32, tiles.iter().map(|index| (*index, wide(*index as u64))));
    let indices = i32(&TALL_I32[..1], band, lanes(&rows));
    let operation = Operation::gather(table.commitment(), indices.commitment());
    let reads = [(&indices, band)].into_iter().chain(of(&table, &tiles));
    vec![Worst::new("GATHER", operation, index).reading(reads).appending(index)]
}
