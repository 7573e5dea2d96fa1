//! POOL: a tap a step, for each element of a tile.

use super::{
    last::Last,
    matmul::{read, write},
};
use crate::{
    call::{Asked, Call},
    error::Refusal,
    step::{Step, Stop},
    tile::{self, AREA, across},
};
use autonet_ml_precompiles::{Kind, Pooling, Window, arithmetic::mean_half_up, commitment::TILE};

fn attributes(call: &Call) -> Result<(Pooling, Window), Refusal> {
    match call.asked {
        Asked::Tensor(Kind::Pool { pooling, window }, _) => Ok((pooling, window)),
        _ => Err(Refusal::Request),
    }
}

/// One per tile of the result and tap.
pub(super) fn steps(call: &Call) -> Result<u64, Refusal> {
    let (_, window) = attributes(call)?;
    Ok(call.output()?.tiles() as u64 * window.taps())
}

pub(super) fn step(step: &mut Step<'_>) -> Result<(), Stop> {
    let (pooling, window) = attributes(step.call)?;
    let (index, tap) = ((step.index / window.taps()) as usize, step.index % window.taps());
    let output = *step.call.output()?;
    let (first, col) = (TILE * (index / across(&output)), index % across(&output));
    let [rows, cols] = tile::inside(&output, index);
    let mut acc = if tap > 0 {
        read(step.carried(4 * AREA)?)
    } else {
        step.carried(0)?;
        let none = match pooling {
            Pooling::Max => i8::MIN.into(),
            Pooling::Mean => 0,
        };
        vec![none; AREA]
    };
    let kw = u64::from(window.kernel[1]);
    let mut last = Last::default();
    for (row, acc) in acc.chunks_exact_mut(TILE).take(rows).enumerate() {
        let Some(pixel) = window.tap(first + row, [(tap / kw) as u32, (tap % kw) as u32]) else { continue };
        for (acc, value) in acc.iter_mut().zip(last.row(step, 0, pixel, col)?) {
            let value = i32::from(*value as i8);
            *acc = match pooling {
                Pooling::Max => value.max(*acc),
                Pooling::Mean => acc.wrapping_add(value),
            };
        }
    }
    if tap + 1 < window.taps() {
        step.carry(write(&acc));
        return Ok(());
    }
    let mut tile = vec![0; AREA];
    for row in 0..rows {
        let count = inside(&window, first + row);
        for place in TILE * row..TILE * row + cols {
            tile[place] = match pooling {
                Pooling::Max => acc[place] as u8,
                Pooling::Mean => mean_half_up(acc[place].into(), count) as u8,
            };
        }
    }
    step.append(&tile, index, output.tiles())
}

/// How many taps of a row of the result are inside of the image.
fn inside(window: &Window, row: usize) -> i64 {
    let [oh, ow] = window.output().map(|side| side as usize);
    let axis = |axis: usize, place: usize| {
        let [before, image, kernel] = [window.before, window.image, window.kernel].map(|sides| i64::from(sides[axis]));
        // The first pixel that the kernel covers.
        let start = place as i64 * i64::from(window.stride[axis]) - before;
        (start + kernel).min(image) - start.max(0)
    };
    axis(0, row % (oh * ow) / ow) * axis(1, row % ow)
}
