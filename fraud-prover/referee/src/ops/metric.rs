//! METRIC: a tile of the predictions a step.

use crate::{
    call::{Asked, Call},
    error::Refusal,
    step::{Step, Stop},
    tile::{self, AREA, across},
};
use autonet_ml_precompiles::{Dtype, Metric, commitment::TILE};

/// One for each tile of the predictions.
pub(super) fn steps(call: &Call) -> Result<u64, Refusal> {
    Ok(call.operand(0)?.shape.tiles() as u64)
}

pub(super) fn step(step: &mut Step<'_>) -> Result<(), Stop> {
    let Asked::Number(metric) = step.call.asked else { return Err(Refusal::Request.into()) };
    let shape = step.call.operand(0)?.shape;
    let (index, along) = (step.index as usize, across(&shape));
    // Within a band the largest elements so far are carried too.
    let rows = if metric == Metric::ArgmaxHits && !index.is_multiple_of(along) { TILE } else { 0 };
    let carried = step.carried(if index == 0 { 0 } else { 8 + 8 * rows })?;
    let (number, rows) = carried.split_first_chunk::<8>().unwrap_or((&[0; 8], &[]));
    let mut number = u64::from_be_bytes(*number);
    let mut best = read(rows);
    match metric {
        Metric::ArgmaxHits => {
            let predictions = if shape.dtype() == Dtype::I32 {
                step.i32s(0, index)?
            } else {
                step.i8s(0, index)?.into_iter().map(i32::from).collect()
            };
            let inside = tile::inside(&shape, index);
            largest(&mut best, &predictions, inside[1], TILE * (index % along));
            if (index + 1).is_multiple_of(along) {
                // The truth is a row of its own.
                let truth = step.i8s(1, index / along)?;
                let hits = best.iter().zip(&truth).take(inside[0]);
                let hits = hits.filter(|((_, column), truth)| i64::from(*column) == i64::from(**truth)).count();
                number = number.wrapping_add(hits as u64);
                best.clear();
            }
        }
        Metric::MseQ32Floor | Metric::Matches => {
            let (predictions, truth) = (step.i8s(0, index)?, step.i8s(1, index)?);
            let pairs = predictions.iter().zip(&truth);
            number = number.wrapping_add(if metric == Metric::Matches {
                pairs.filter(|(p, t)| p == t && **t != 0).count() as u64
            } else {
                pairs.map(|(p, t)| u64::from(p.abs_diff(*t)).pow(2)).sum()
            });
        }
    }
    if index + 1 < shape.tiles() {
        step.carry([&number.to_be_bytes()[..], &write(&best)].concat());
        return Ok(());
    }
    step.answer(match metric {
        Metric::MseQ32Floor => ((u128::from(number) << 32) / shape.elements() as u128) as u64,
        Metric::ArgmaxHits | Metric::Matches => number,
    })
}

/// By row the largest element and its column, after a tile with `cols` columns from column `first` on.
fn largest(best: &mut Vec<(i32, u32)>, tile: &[i32], cols: usize, first: usize) {
    debug_assert_eq!(tile.len(), AREA);
    for (y, row) in tile.chunks_exact(TILE).enumerate() {
        for (x, value) in row.iter().take(cols).enumerate() {
            match best.get_mut(y) {
                None => best.push((*value, (first + x) as u32)),
                Some(known) if *value > known.0 => *known = (*value, (first + x) as u32),
                Some(_) => {}
            }
        }
    }
}

/// As they are carried: the element plus 2^31, then its column.
fn write(best: &[(i32, u32)]) -> Vec<u8> {
    best.iter().flat_map(|(value, column)| [*value as u32 ^ 1 << 31, *column]).flat_map(u32::to_be_bytes).collect()
}

fn read(carried: &[u8]) -> Vec<(i32, u32)> {
    let number = |bytes: [u8; 4]| u32::from_be_bytes(bytes);
    let pairs = carried.as_chunks::<8>().0.iter();
    pairs.map(|&[a, b, c, d, e, f, g, h]| ((number([a, b, c, d]) ^ 1 << 31) as i32, number([e, f, g, h]))).collect()
}
