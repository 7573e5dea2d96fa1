//! FEDAVG: for each tile of the result, an update a step. Carried are the sums, two's complements of 16 bytes each.

use crate::{
    call::{Asked, Call},
    error::Refusal,
    step::{Step, Stop},
    tile::AREA,
};
use autonet_ml_precompiles::Kind;

/// Bytes of a sum.
const WIDTH: usize = 16;

/// One per tile of the result and update.
pub(super) fn steps(call: &Call) -> Result<u64, Refusal> {
    Ok((call.output()?.tiles() * call.operands.len()) as u64)
}

pub(super) fn step(step: &mut Step<'_>) -> Result<(), Stop> {
    let call = step.call;
    let Asked::Tensor(Kind::FedAvg { weights }, output) = &call.asked else { return Err(Refusal::Request.into()) };
    let (index, update) = (step.index as usize / weights.len(), step.index as usize % weights.len());
    let mut sums = vec![0i128; AREA];
    let carried = step.carried(if update == 0 { 0 } else { WIDTH * AREA })?;
    for (sum, bytes) in sums.iter_mut().zip(carried.as_chunks::<WIDTH>().0) {
        *sum = i128::from_be_bytes(*bytes);
    }
    let weight = weights.get(update).copied().ok_or(Refusal::Request)?;
    for (sum, value) in sums.iter_mut().zip(step.i32s(update, index)?) {
        *sum = sum.wrapping_add(i128::from(weight) * i128::from(value));
    }
    if update + 1 < weights.len() {
        step.carry(sums.into_iter().flat_map(i128::to_be_bytes).collect());
        return Ok(());
    }
    let total: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
    let tile: Vec<u8> = sums.into_iter().flat_map(|sum| (sum.div_euclid(total.max(1)) as i32).to_le_bytes()).collect();
    step.append(&tile, index, output.tiles())
}
