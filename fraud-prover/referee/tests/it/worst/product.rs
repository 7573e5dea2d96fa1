//! MATMUL_I8, CONV2D_I8, SCORES_I8 and MIX_I8.

use super::{NARROW, TALL, WIDE, Worst, busiest, bytes, i8, i32, lanes, narrow, of, part, sums};
use crate::{
    product::{biases, constants},
    sparse::Sparse,
};
use autonet_ml_precompiles::{Dtype, Heads, Operation, Window};

/// The last products of a tile, the first ones with a bias, and those of a sum that one step makes.
pub(super) fn matmul() -> Vec<Worst> {
    let (along, across) = (4_091, 65);
    let index = 4_095;
    let (row, col) = (index / across, index % across);
    let product = |name, k: usize| {
        let (x, weights) = (i8(&WIDE, row * along + k), i8(&NARROW, k * across + col));
        let bias = i32(&[1_025], col, lanes(&biases(1, 16)));
        let requant = i32(&[3, 1_025], col, lanes(&constants(2, 16)));
        let all = [&x, &weights, &bias, &requant].map(Sparse::commitment);
        let [a, b, c, d] = all;
        let worst = Worst::new(name, Operation::matmul(a, b, Some(c), Some(d)), index * along + k);
        let products = [(&x, row * along + k), (&weights, k * across + col)];
        if k == 0 {
            worst.reading([(&bias, col)].into_iter().chain(products))
        } else {
            worst.reading(products.into_iter().chain([(&requant, col)])).carrying(sums(3, 256)).appending(index)
        }
    };
    let (col, index) = (4_095, 65_535);
    let (x, weights) = (i8(&[256, 16], 15), i8(&[16, 65_536], col));
    let bias = i32(&[65_536], col, lanes(&biases(1, 16)));
    let requant = i32(&[3, 65_536], col, lanes(&constants(2, 16)));
    let [a, b, c, d] = [&x, &weights, &bias, &requant].map(Sparse::commitment);
    let only = Worst::new("MATMUL_I8, a sum of 16", Operation::matmul(a, b, Some(c), Some(d)), index);
    vec![
        product("MATMUL_I8, first of a sum", 0),
        product("MATMUL_I8, last of a sum", along - 1),
        only.reading([(&bias, col), (&x, 15), (&weights, col), (&requant, col)]).appending(index),
    ]
}

/// Sixteen taps in as many tiles, then the product.
pub(super) fn conv2d() -> Vec<Worst> {
    // X' is [65280, 1025]: one channel, a column of 1025 taps, each a row of the image and so in a tile of its own.
    let window = Window { image: [256, 255], kernel: [1_025, 1], stride: [1, 1], before: [512, 0], after: [512, 0] };
    let across = 65;
    let col = 32;
    let row = |index: usize| index / across * 16 + 15;
    let inside = |index: &usize| (0..16).all(|tap| window.tap(row(*index), [16 * col as u32 + tap, 0]).is_some());
    let index = busiest((0..4_080).map(|band| band * across + col).filter(inside));
    let pixels = (0..16).map(|tap| window.tap(row(index), [16 * col as u32 + tap, 0]).expect("inside") / 16);
    let pixels: Vec<usize> = pixels.collect();
    let x = Sparse::new(Dtype::I8, &[65_280, 1], pixels.iter().map(|index| (*index, narrow(*index as u64))));
    let weights = i8(&[1_025, 1], 0);
    let operation = Operation::conv2d(window, -3, x.commitment(), weights.commitment(), None, None);
    let step = index / across * 16 * across + col * 16 + 15;
    let taps = Worst::new("CONV2D_I8, taps", operation, step).carrying(bytes(1, 240)).appending(index);
    let taps = taps.reading(of(&x, &pixels));

    // X' is [1025, 65456]: an image of one channel, and a kernel as large.
    let window = Window { image: [16, 4_091], kernel: [16, 4_091], stride: [1, 1], before: [12, 20], after: [12, 20] };
    let (along, index) = (4_091, 4_095);
    let (row, col) = (index / across, index % across);
    let product = |name, k: usize| {
        let (taps, weights) = (i8(&WIDE, row * along + k), i8(&NARROW, k * across + col));
        let x = i8(&[65_456, 1], 0);
        let bias = i32(&[1_025], col, lanes(&biases(1, 16)));
        let requant = i32(&[3, 1_025], col, lanes(&constants(2, 16)));
        let [a, b, c, d] = [&x, &weights, &bias, &requant].map(Sparse::commitment);
        let operation = Operation::conv2d(window, 5, a, b, Some(c), Some(d));
        let root = taps.commitment().root.to_vec();
        let worst = Worst::new(name, operation, 1_025 * along + index * along + k);
        let products = [(&taps, row * along + k), (&weights, k * across + col)];
        if k == 0 {
            worst.reading([(&bias, col)].into_iter().chain(products)).carrying(root)
        } else {
            let carried = [root, sums(3, 256)].concat();
            worst.reading(products.into_iter().chain([(&requant, col)])).carrying(carried).appending(index)
        }
    };
    vec![taps, product("CONV2D_I8, first of a sum", 0), product("CONV2D_I8, last of a sum", along - 1)]
}

/// A row across two tiles of q and four of k, with the constants.
pub(super) fn scores() -> Vec<Worst> {
    let (tokens, depth, first) = (21, 32, [9, 9]);
    let (across, along) = (2, 2);
    let row = |band: usize| 16 * band + 15;
    let top = |band: usize| row(band) / tokens * tokens;
    let band = busiest((0..4_091).filter(|band| top(*band) % 16 != 0));
    let column = 9 + 16;
    let filled = |tiles: &[usize]| {
        Sparse::new(Dtype::I8, &TALL, tiles.iter().map(|index| (*index, narrow(*index as u64))).collect::<Vec<_>>())
    };
    let empty = filled(&[]);
    let left = part(&empty, [row(band), column], [1, 16]);
    let right = part(&empty, [top(band), column], [16, 16]);
    assert_eq!((left.len(), right.len()), (2, 4));
    let (q, k) = (filled(&left), filled(&right));
    // A column of three.
    let column = constants(1, 1).iter().flat_map(|constant| [&[*constant][..], &[0; 15]].concat()).collect::<Vec<_>>();
    let requant = i32(&[3, 1], 0, lanes(&column));
    let heads = Heads { heads: 1, tokens: tokens as u32, depth };
    let operation = Operation::scores(heads, first, q.commitment(), k.commitment(), requant.commitment());
    let step = band * across * 16 * along + 15 * along + 1;
    let carried = [bytes(2, 240), sums(3, 16)].concat();
    let reads = of(&q, &left).chain(of(&k, &right)).chain([(&requant, 0)]);
    vec![Worst::new("SCORES_I8", operation, step).carrying(carried).reading(reads).appending(band * across)]
}

/// Rows of sixteen heads, each in a tile of its own, with four tiles of v; the last products with the constants.
pub(super) fn mix() -> Vec<Worst> {
    let (tokens, count, first) = (1_030, 21, 9);
    let (across, along) = (2, 65);
    let rows = [0, 1].map(|more| 2 * tokens + 16 * more);
    let band = busiest(rows[1] / 16..3 * tokens / 16);
    let row = 16 * band + 15;
    let worst = |name, k: usize| {
        let products = 16.min(tokens - 16 * k);
        let head = |head: usize| (2 * count + head) * tokens + row - 2 * tokens;
        let left: Vec<usize> = (0..16).map(|column| head(column) / 16 * along + k).collect();
        let [p, v] = [[3 * count as u32 * 1_030, 1_030], [3 * 1_030, 21_713]];
        let right = part(&i8(&v, 0), [2 * tokens + 16 * k, first], [products, 16]);
        assert_eq!(right.len(), 4);
        let p = Sparse::new(Dtype::I8, &p, left.iter().map(|index| (*index, narrow(*index as u64))));
        let v = Sparse::new(Dtype::I8, &v, right.iter().map(|index| (*index, narrow(*index as u64))));
        let requant = i32(&[3, count as u32], 0, lanes(&constants(1, 16)));
        let heads = Heads { heads: count as u32, tokens: tokens as u32, depth: 1 };
        let operation = Operation::mix(heads, first as u32, p.commitment(), v.commitment(), requant.commitment());
        let step = band * across * 16 * along + 15 * along + k;
        let worst = Worst::new(name, operation, step).carrying([bytes(2, 240), sums(3, 16)].concat());
        let products = of(&p, &left).chain(of(&v, &right));
        if k + 1 < along {
            worst.reading(products)
        } else {
            worst.reading(products.chain([(&requant, 0)])).appending(band * across)
        }
    };
    vec![worst("MIX_I8", along - 2), worst("MIX_I8, last of a sum", along - 1)]
}
