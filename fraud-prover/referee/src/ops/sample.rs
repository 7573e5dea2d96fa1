//! SAMPLE: first a tile a step of the I32 [R] tensor 0 .. R-1, then a draw a step.
//!
//! Draw i gives the number at its place, and the number at i is left there: nothing reads place i again, so it stays as it is. Carried
//! are the root of that tensor, and the numbers of the result's current tile, 4 bytes each.

use super::prng::row;
use crate::{
    call::{Asked, Call},
    error::Refusal,
    step::{Step, Stop},
    tile::{self, tiles},
};
use alloy_primitives::B256;
use autonet_ml_precompiles::{Commitment, Draw, Dtype, Kind, Shape, commitment::TILE};

/// One per tile of the numbers, then one per draw.
pub(super) fn steps(call: &Call) -> Result<u64, Refusal> {
    let (_, population, n) = sample(call)?;
    Ok((tiles(population) + n) as u64)
}

/// What is drawn, of how many, and how many.
const fn sample(call: &Call) -> Result<(Draw, usize, usize), Refusal> {
    match call.asked {
        Asked::Tensor(Kind::Sample { draw, population, n }, _) => Ok((draw, population as usize, n as usize)),
        _ => Err(Refusal::Request),
    }
}

pub(super) fn step(step: &mut Step<'_>) -> Result<(), Stop> {
    let (draw, population, n) = sample(step.call)?;
    let (index, first) = (step.index as usize, tiles(population));
    if index < first {
        return number(step, index, population);
    }
    let i = index - first;
    let carried = step.carried(32 + 4 * (i % TILE))?;
    let (root, words) = carried.split_first_chunk::<32>().ok_or(Refusal::Carried)?;
    let mut drawn: Vec<u32> = words.as_chunks::<4>().0.iter().map(|bytes| u32::from_be_bytes(*bytes)).collect();
    let shape = Shape::new(Dtype::I32, &[population as u32]).map_err(|_| Refusal::Request)?;
    let numbers = Commitment { shape, root: B256::new(*root) };
    let offset = draw.below(draw.counter + i as u64, (population - i) as u32).ok_or(Stop::Failed)?;
    let place = i + offset as usize;
    let left = tile::i32s(&step.tile_of(&numbers, i / TILE)?)[i % TILE];
    let mut taken = 0;
    let root = step.change(&numbers, place / TILE, &mut |tile| {
        let at = 4 * (place % TILE)..4 * (place % TILE) + 4;
        taken = tile::i32s(&tile[at.clone()])[0];
        tile[at].copy_from_slice(&left.to_le_bytes());
    })?;
    drawn.push(taken as u32);
    let last = i + 1 == n;
    if last || drawn.len() == TILE {
        step.append(&row(&drawn), i / TILE, tiles(n))?;
        drawn.clear();
    }
    if !last {
        let words = drawn.into_iter().flat_map(u32::to_be_bytes);
        step.carry(root.0.into_iter().chain(words).collect());
    }
    Ok(())
}

/// Appends tile `index` of 0 .. R-1; after the last one, its root is carried.
fn number(step: &mut Step<'_>, index: usize, population: usize) -> Result<(), Stop> {
    step.carried(0)?;
    let numbers = TILE * index..population.min(TILE * (index + 1));
    let words: Vec<u32> = numbers.map(|number| number as u32).collect();
    step.append(&row(&words), index, tiles(population))?;
    if index + 1 == tiles(population) {
        let root = step.take_root();
        step.carry(root.to_vec());
    }
    Ok(())
}
