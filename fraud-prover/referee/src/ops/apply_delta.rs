//! APPLY_DELTA: a tile a step. Padding gives padding.

use crate::{
    call::Asked,
    error::Refusal,
    step::{Step, Stop},
};
use autonet_ml_precompiles::{Kind, arithmetic::apply_delta};

pub(super) fn step(step: &mut Step<'_>) -> Result<(), Stop> {
    let Asked::Tensor(Kind::ApplyDelta(ratio), output) = step.call.asked else { return Err(Refusal::Request.into()) };
    step.carried(0)?;
    let index = step.index as usize;
    let (base, delta) = (step.i32s(0, index)?, step.i32s(1, index)?);
    let pairs = base.into_iter().zip(delta);
    let tile: Vec<u8> = pairs
        .flat_map(|(base, delta)| apply_delta(base, delta, ratio.n.into(), ratio.d.into()).to_le_bytes())
        .collect();
    step.append(&tile, index, output.tiles())
}
