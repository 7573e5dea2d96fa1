//! TRIMMED_MEAN: for each tile of the result, and each quarter of its elements, an update a step. Carried are the means of the quarters
//! that are done, then for each element of this quarter its values so far, sorted: 4 bytes each, plus 2^31.

use super::matmul::{read, write};
use crate::{
    call::{Asked, Call},
    error::Refusal,
    step::{Step, Stop},
    tile::AREA,
};
use autonet_ml_precompiles::Kind;

/// Quarters of a tile: four rows of it each.
const QUARTERS: usize = 4;
/// Elements of a quarter.
const PART: usize = AREA / QUARTERS;

/// One per tile of the result, quarter and update.
pub(super) fn steps(call: &Call) -> Result<u64, Refusal> {
    Ok((call.output()?.tiles() * QUARTERS * call.operands.len()) as u64)
}

pub(super) fn step(step: &mut Step<'_>) -> Result<(), Stop> {
    let call = step.call;
    let &Asked::Tensor(Kind::TrimmedMean { trim }, output) = &call.asked else {
        return Err(Refusal::Request.into());
    };
    let updates = call.operands.len();
    let (index, update) = (step.index as usize / updates, step.index as usize % updates);
    let (index, quarter) = (index / QUARTERS, index % QUARTERS);
    let done = PART * quarter;
    let carried = read(step.carried(4 * (done + PART * update))?);
    let (means, lists) = carried.split_at(done);
    let mut means = means.to_vec();
    let mut sorted = Vec::with_capacity(PART * (update + 1));
    for (element, value) in step.i32s(update, index)?[done..][..PART].iter().enumerate() {
        let mut list = lists[update * element..][..update].to_vec();
        list.insert(place(&list, *value), *value);
        sorted.extend(list);
    }
    if update + 1 < updates {
        means.extend(sorted);
    } else {
        let trim = trim as usize;
        means.extend(sorted.chunks_exact(updates).map(|list| mean(&list[trim..updates - trim])));
    }
    if update + 1 < updates || quarter + 1 < QUARTERS {
        step.carry(write(&means));
        return Ok(());
    }
    let tile: Vec<u8> = means.into_iter().flat_map(i32::to_le_bytes).collect();
    step.append(&tile, index, output.tiles())
}

/// Where the first larger value stands in a sorted list.
fn place(list: &[i32], value: i32) -> usize {
    let (mut low, mut high) = (0, list.len());
    while low < high {
        let middle = (low + high) / 2;
        if list[middle] > value {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}

/// Rounded down.
fn mean(values: &[i32]) -> i32 {
    let sum: i64 = values.iter().map(|value| i64::from(*value)).sum();
    sum.div_euclid(values.len().max(1) as i64) as i32
}
