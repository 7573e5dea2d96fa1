//! MATMUL_I8: 16 products a step for each element of a tile.

use super::requant::requantise;
use crate::{
    call::Call,
    error::Refusal,
    step::{Step, Stop},
    tile::{self, AREA, across},
};
use autonet_ml_precompiles::{Commitment, MAX_BIAS, Shape, commitment::TILE};

/// One per tile of the result and tile of the sum.
pub(super) fn steps(call: &Call) -> Result<u64, Refusal> {
    Ok((call.output()?.tiles() * across(&call.operand(0)?.shape)) as u64)
}

pub(super) fn step(step: &mut Step<'_>) -> Result<(), Stop> {
    let x = *step.call.operand(0)?;
    advance(step, &x, 0, step.index as usize)
}

/// Step `index` of the product of x and the weights. The first `kept` of the carried bytes are carried on to the end.
pub(super) fn advance(step: &mut Step<'_>, x: &Commitment, kept: usize, index: usize) -> Result<(), Stop> {
    let (along, output) = (across(&x.shape), *step.call.output()?);
    let (index, k) = (index / along, index % along);
    let across = across(&output);
    let (row, col) = (index / across, index % across);
    let carried = step.carried(if k == 0 { kept } else { kept + 4 * AREA })?;
    let (kept, acc) = carried.split_at(kept);
    let (kept, mut acc) = (kept.to_vec(), read(acc));
    if k == 0 {
        acc = first(step, col)?;
    }
    let x = tile::i8s(&step.tile_of(x, row * along + k)?);
    product(step, &x, k * across + col, &mut acc)?;
    if k + 1 < along {
        step.carry([kept, write(&acc)].concat());
        return Ok(());
    }
    finish(step, &acc, &output, index)?;
    if index + 1 < output.tiles() {
        step.carry(kept);
    }
    Ok(())
}

/// The accumulators before the first product: the bias of each column, whatever the row.
fn first(step: &mut Step<'_>, col: usize) -> Result<Vec<i32>, Stop> {
    if step.call.optional(2).is_none() {
        return Ok(vec![0; AREA]);
    }
    let bias = step.i32s(2, col)?;
    let bias = &bias[..TILE];
    if bias.iter().any(|bias| bias.unsigned_abs() > MAX_BIAS) {
        return Err(Stop::Failed);
    }
    Ok(bias.repeat(TILE))
}

/// Adds the product of a tile and a tile of the weights.
fn product(step: &mut Step<'_>, x: &[i8], weights: usize, acc: &mut [i32]) -> Result<(), Stop> {
    let weights = step.i8s(1, weights)?;
    if weights.contains(&i8::MIN) {
        return Err(Stop::Failed);
    }
    for (acc, x) in acc.chunks_exact_mut(TILE).zip(x.chunks_exact(TILE)) {
        for (x, weights) in x.iter().zip(weights.chunks_exact(TILE)) {
            for (acc, weight) in acc.iter_mut().zip(weights) {
                *acc = acc.wrapping_add(i32::from(*x) * i32::from(*weight));
            }
        }
    }
    Ok(())
}

/// Appends the tile that the accumulators make.
fn finish(step: &mut Step<'_>, acc: &[i32], output: &Shape, index: usize) -> Result<(), Stop> {
    let inside = tile::inside(output, index);
    let tile = match step.call.optional(3) {
        Some(_) => requantise(step, 3, index % across(output), acc, inside)?,
        None => {
            let element = |place: usize| {
                let kept = place / TILE < inside[0] && place % TILE < inside[1];
                if kept { acc.get(place).copied().unwrap_or_default() } else { 0 }
            };
            (0..AREA).flat_map(|place| element(place).to_le_bytes()).collect()
        }
    };
    step.append(&tile, index, output.tiles())
}

/// Accumulators as they are carried: plus 2^31.
pub(super) fn write(acc: &[i32]) -> Vec<u8> {
    acc.iter().flat_map(|acc| (*acc as u32 ^ 1 << 31).to_be_bytes()).collect()
}

/// Reads what [`write`] wrote.
pub(super) fn read(carried: &[u8]) -> Vec<i32> {
    carried.as_chunks::<4>().0.iter().map(|bytes| (u32::from_be_bytes(*bytes) ^ 1 << 31) as i32).collect()
}
