//! SCORES_I8 and MIX_I8: row by row of a tile, 16 products a step for each element. What a step multiplies may lie across tiles.

use super::{
    matmul::{read, write},
    requant::requantise,
};
use crate::{
    call::{Asked, Call},
    error::Refusal,
    step::{Step, Stop},
    tile::{self, AREA, across},
};
use autonet_ml_precompiles::{Heads, Kind, arithmetic::Requant, commitment::TILE};

/// The operand with the constants.
const CONSTANTS: usize = 2;

/// Which of the two.
#[derive(Clone, Copy)]
enum Product {
    /// First columns of q and k.
    Scores([usize; 2]),
    /// First column of v.
    Mix(usize),
}

/// Where a step is.
struct Place {
    /// Row of the result.
    row: usize,
    /// First column of the tile.
    left: usize,
    /// Columns of the tile inside the result.
    cols: usize,
    /// First of the products.
    first: usize,
    /// Number of them.
    count: usize,
}

fn product(call: &Call) -> Result<(Product, Heads), Refusal> {
    match &call.asked {
        Asked::Tensor(Kind::ScoresI8 { heads, first }, _) => {
            Ok((Product::Scores(first.map(|first| first as usize)), *heads))
        }
        Asked::Tensor(Kind::MixI8 { heads, first }, _) => Ok((Product::Mix(*first as usize), *heads)),
        _ => Err(Refusal::Request),
    }
}

/// Number of products in a sum.
const fn sum(product: Product, heads: &Heads) -> usize {
    match product {
        Product::Scores(_) => heads.depth as usize,
        Product::Mix(_) => heads.tokens as usize,
    }
}

/// One per row of a tile inside the result, and 16 products of the sum.
pub(super) fn steps(call: &Call) -> Result<u64, Refusal> {
    let (product, heads) = product(call)?;
    let output = call.output()?;
    Ok((output.rows() * across(output) * tile::tiles(sum(product, &heads))) as u64)
}

pub(super) fn step(step: &mut Step<'_>) -> Result<(), Stop> {
    let (product, heads) = product(step.call)?;
    let output = *step.call.output()?;
    let (length, across) = (sum(product, &heads), across(&output));
    let along = tile::tiles(length);
    let band = step.index as usize / (across * TILE * along);
    let rest = step.index as usize % (across * TILE * along);
    let rows = tile::inside(&output, band * across)[0];
    let (col, within, k) = (rest / (rows * along), rest / along % rows, rest % along);
    let index = band * across + col;
    let place = Place {
        row: TILE * band + within,
        left: TILE * col,
        cols: tile::inside(&output, index)[1],
        first: TILE * k,
        count: TILE.min(length - TILE * k),
    };
    let carried = step.carried(TILE * within + if k == 0 { 0 } else { 4 * TILE })?;
    let (done, acc) = carried.split_at(TILE * within);
    let mut done = done.to_vec();
    let mut acc = if k == 0 { vec![0; TILE] } else { read(acc) };
    match product {
        Product::Scores(first) => scores(step, &heads, first, &place, &mut acc)?,
        Product::Mix(first) => mix(step, &heads, first, &place, &mut acc)?,
    }
    if k + 1 < along {
        done.extend(write(&acc));
        step.carry(done);
        return Ok(());
    }
    let row = match product {
        Product::Scores(_) => {
            let head = place.row / heads.tokens as usize % heads.heads as usize;
            by_one_column(step, head, &acc[..place.cols])?
        }
        Product::Mix(_) => requantise(step, CONSTANTS, col, &acc, [1, place.cols])?,
    };
    done.extend_from_slice(&row[..TILE]);
    if within + 1 < rows {
        step.carry(done);
        return Ok(());
    }
    done.resize(AREA, 0);
    step.append(&done, index, output.tiles())
}

/// A row of q with 16 rows of k.
fn scores(step: &mut Step<'_>, heads: &Heads, [q, k]: [usize; 2], place: &Place, acc: &mut [i32]) -> Result<(), Stop> {
    let (tokens, count) = (heads.tokens as usize, heads.heads as usize);
    let (block, token) = (place.row / tokens, place.row % tokens);
    let (sequence, head) = (block / count, block % count);
    let column = head * heads.depth as usize + place.first;
    let q = part(step, 0, [sequence * tokens + token, q + column], [1, place.count])?;
    let k = part(step, 1, [sequence * tokens + place.left, k + column], [place.cols, place.count])?;
    for (acc, k) in acc.iter_mut().zip(k.chunks_exact(TILE)) {
        for (q, k) in q.iter().zip(k) {
            *acc = acc.wrapping_add(i32::from(*q) * i32::from(*k));
        }
    }
    Ok(())
}

/// A row of p for each head that has columns in the tile, with 16 rows of v.
fn mix(step: &mut Step<'_>, heads: &Heads, first: usize, place: &Place, acc: &mut [i32]) -> Result<(), Stop> {
    let (tokens, depth) = (heads.tokens as usize, heads.depth as usize);
    let (sequence, token) = (place.row / tokens, place.row % tokens);
    let head = |column: usize| (place.left + column) / depth;
    let mut rows = Vec::new();
    for head in head(0)..=head(place.cols - 1) {
        let row = (sequence * heads.heads as usize + head) * tokens + token;
        rows.push(part(step, 0, [row, place.first], [1, place.count])?);
    }
    let v = part(step, 1, [sequence * tokens + place.first, first + place.left], [place.count, place.cols])?;
    for (column, acc) in acc.iter_mut().enumerate().take(place.cols) {
        for (p, v) in rows[head(column) - head(0)].iter().zip(v.chunks_exact(TILE)) {
            *acc = acc.wrapping_add(i32::from(*p) * i32::from(v[column]));
        }
    }
    Ok(())
}

/// Part of a matrix of at most 16 by 16, at the start of a tile that is zero elsewhere. Its tiles are read row by row.
fn part(
    step: &mut Step<'_>,
    operand: usize,
    [top, left]: [usize; 2],
    [rows, cols]: [usize; 2],
) -> Result<Vec<i8>, Stop> {
    let across = across(&step.call.operand(operand)?.shape);
    let mut part = vec![0; AREA];
    for band in top / TILE..=(top + rows - 1) / TILE {
        for col in left / TILE..=(left + cols - 1) / TILE {
            let tile = step.i8s(operand, band * across + col)?;
            for y in top.max(TILE * band)..(top + rows).min(TILE * (band + 1)) {
                for x in left.max(TILE * col)..(left + cols).min(TILE * (col + 1)) {
                    part[TILE * (y - top) + x - left] = tile[TILE * (y % TILE) + x % TILE];
                }
            }
        }
    }
    Ok(part)
}

/// A row of accumulators by the constants of one column.
fn by_one_column(step: &mut Step<'_>, column: usize, acc: &[i32]) -> Result<Vec<u8>, Stop> {
    let constants = step.i32s(CONSTANTS, column / TILE)?;
    let [m, s, zp] = [0, 1, 2].map(|row| constants[TILE * row + column % TILE]);
    let requant = Requant::new(m, s, zp).ok_or(Stop::Failed)?;
    let mut row: Vec<u8> = acc.iter().map(|acc| requant.apply(*acc) as u8).collect();
    row.resize(TILE, 0);
    Ok(row)
}
