//! The steps of each operation: how many there are, and what each does.

mod add;
mod apply_delta;
mod attention;
mod commit;
mod conv2d;
mod cosine_ge;
mod fedavg;
mod gather;
mod last;
mod layernorm;
mod lut8;
mod matmul;
mod metric;
mod pool;
mod prng;
mod requant;
mod sample;
mod softmax;
mod trimmed_mean;

use crate::{
    call::Call,
    error::Refusal,
    step::{Step, Stop},
};

/// How an operation is cut.
struct Rules {
    /// Number of steps.
    steps: fn(&Call) -> Result<u64, Refusal>,
    /// Makes one.
    step: fn(&mut Step<'_>) -> Result<(), Stop>,
}

const fn rules(code: u8) -> Result<Rules, Refusal> {
    Ok(match code {
        0x01 => Rules { steps: tile_by_tile, step: commit::step },
        0x10 => Rules { steps: matmul::steps, step: matmul::step },
        0x11 => Rules { steps: conv2d::steps, step: conv2d::step },
        0x12 => Rules { steps: tile_by_tile, step: requant::step },
        0x13 => Rules { steps: tile_by_tile, step: lut8::step },
        0x16 => Rules { steps: tile_by_tile, step: add::step },
        0x17 => Rules { steps: pool::steps, step: pool::step },
        0x18 => Rules { steps: tile_by_tile, step: gather::step },
        0x14 => Rules { steps: softmax::steps, step: softmax::step },
        0x15 => Rules { steps: layernorm::steps, step: layernorm::step },
        0x19 | 0x1a => Rules { steps: attention::steps, step: attention::step },
        0x30 => Rules { steps: metric::steps, step: metric::step },
        0x31 => Rules { steps: cosine_ge::steps, step: cosine_ge::step },
        0x40 => Rules { steps: fedavg::steps, step: fedavg::step },
        0x41 => Rules { steps: trimmed_mean::steps, step: trimmed_mean::step },
        0x42 => Rules { steps: tile_by_tile, step: apply_delta::step },
        0x50 => Rules { steps: tile_by_tile, step: prng::step },
        0x51 => Rules { steps: sample::steps, step: sample::step },
        _ => return Err(Refusal::Code(code)),
    })
}

/// Number of steps of a call.
pub(crate) fn steps(call: &Call) -> Result<u64, Refusal> {
    (rules(call.code())?.steps)(call)
}

/// Makes one.
pub(crate) fn step(step: &mut Step<'_>) -> Result<(), Stop> {
    (rules(step.call.code())?.step)(step)
}

/// One step for each tile of the result.
fn tile_by_tile(call: &Call) -> Result<u64, Refusal> {
    Ok(call.output()?.tiles() as u64)
}
