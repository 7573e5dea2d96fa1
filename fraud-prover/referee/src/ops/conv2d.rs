//! CONV2D_I8: first X', a row of a tile a step; then the product, as MATMUL_I8.

use super::matmul;
use crate::{
    call::{Asked, Call},
    error::Refusal,
    step::{Step, Stop},
    tile::across,
};
use alloy_primitives::B256;
use autonet_ml_precompiles::{Commitment, Dtype, Kind, Shape, Window, commitment::TILE};

/// What a convolution is made of.
struct Parts {
    window: Window,
    pad: i8,
    /// Of X'.
    taps: Shape,
    channels: usize,
}

impl Parts {
    fn of(call: &Call) -> Result<Self, Refusal> {
        let Asked::Tensor(Kind::Conv2dI8 { window, pad }, output) = &call.asked else { return Err(Refusal::Request) };
        let channels = call.operand(0)?.shape.cols();
        let dims = [output.rows() as u32, window.taps() as u32 * channels as u32];
        // The plan has checked that X' is a tensor.
        let taps = Shape::new(Dtype::I8, &dims).map_err(|_| Refusal::Operands)?;
        Ok(Self { window: *window, pad: *pad, taps, channels })
    }

    /// Steps of the first phase: each row of X', for each tile that it crosses.
    fn first_steps(&self) -> usize {
        self.taps.rows() * across(&self.taps)
    }
}

pub(super) fn steps(call: &Call) -> Result<u64, Refusal> {
    let parts = Parts::of(call)?;
    let product = call.output()?.tiles() * across(&parts.taps);
    Ok((parts.first_steps() + product) as u64)
}

pub(super) fn step(step: &mut Step<'_>) -> Result<(), Stop> {
    let parts = Parts::of(step.call)?;
    let (index, first) = (step.index as usize, parts.first_steps());
    if index < first {
        return gather(step, &parts, index);
    }
    // The root of X' comes first in what is carried.
    let root = step.carried.first_chunk::<32>().ok_or(Refusal::Carried)?;
    let taps = Commitment { shape: parts.taps, root: B256::new(*root) };
    matmul::advance(step, &taps, 32, index - first)
}

/// Row `index` of a tile of X', counted over all tiles.
fn gather(step: &mut Step<'_>, parts: &Parts, index: usize) -> Result<(), Stop> {
    let across = across(&parts.taps);
    let band = index / (TILE * across);
    let rows = (parts.taps.rows() - TILE * band).min(TILE);
    let (col, row) = (index % (TILE * across) / rows, index % (TILE * across) % rows);
    let mut tile = step.carried(TILE * row)?.to_vec();
    tile.extend(taps(step, parts, TILE * band + row, TILE * col)?);
    if row + 1 < rows {
        step.carry(tile);
        return Ok(());
    }
    tile.resize(TILE * TILE, 0);
    let (place, count) = (band * across + col, parts.taps.tiles());
    step.append(&tile, place, count)?;
    if place + 1 == count {
        let root = step.take_root();
        step.carry(root.to_vec());
    }
    Ok(())
}

/// Sixteen elements of row `row` of X', from column `first` on. A tile is read again only after another one.
fn taps(step: &mut Step<'_>, parts: &Parts, row: usize, first: usize) -> Result<[u8; TILE], Stop> {
    let across = across(&step.call.operand(0)?.shape);
    let kw = parts.window.kernel[1] as usize;
    let mut last: Option<(usize, Vec<u8>)> = None;
    let mut out = [0; TILE];
    for (out, col) in out.iter_mut().zip(first..parts.taps.cols()) {
        let (tap, channel) = (col / parts.channels, col % parts.channels);
        let Some(pixel) = parts.window.tap(row, [(tap / kw) as u32, (tap % kw) as u32]) else {
            *out = parts.pad as u8;
            continue;
        };
        let index = pixel / TILE * across + channel / TILE;
        let tile = match last.take() {
            Some((known, tile)) if known == index => tile,
            _ => step.tile(0, index)?,
        };
        *out = tile[pixel % TILE * TILE + channel % TILE];
        last = Some((index, tile));
    }
    Ok(out)
}
