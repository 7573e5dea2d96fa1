//! LAYERNORM_I8: by band of 16 rows, their sums and sums of squares, then the tiles.

use crate::{
    call::Call,
    error::Refusal,
    step::{Step, Stop},
    tile::{self, AREA, across},
};
use autonet_ml_precompiles::{
    MAX_DIM,
    arithmetic::{RowNorm, Scale},
    commitment::TILE,
};

/// Bytes carried for a row: its sum and its sum of squares.
const ROW: usize = 8 + 8;
/// The largest magnitude of a sum.
const MAX_SUM: u64 = MAX_DIM as u64 * 128;
/// The largest sum of squares.
const MAX_SQUARES: u64 = MAX_SUM * 128;

/// Two for each tile of the result.
pub(super) fn steps(call: &Call) -> Result<u64, Refusal> {
    Ok(2 * call.output()?.tiles() as u64)
}

pub(super) fn step(step: &mut Step<'_>) -> Result<(), Stop> {
    let output = *step.call.output()?;
    let along = across(&output);
    let (band, done) = (step.index as usize / (2 * along), step.index as usize % (2 * along));
    let (col, index) = (done % along, band * along + done % along);
    let mut state = read(step.carried(if done == 0 { 0 } else { TILE * ROW })?)?;
    let x = step.i8s(0, index)?;
    if done < along {
        // Zero outside of the matrix adds nothing.
        for ((sum, squares), x) in state.iter_mut().zip(x.chunks_exact(TILE)) {
            *sum += x.iter().map(|x| i64::from(*x)).sum::<i64>();
            *squares += x.iter().map(|x| u64::from(x.unsigned_abs()).pow(2)).sum::<u64>();
        }
        step.carry(write(&state));
        return Ok(());
    }
    // No row has such sums: the contract refuses them too.
    if state.iter().any(|(sum, squares)| output.cols() as u64 * squares < sum.unsigned_abs().pow(2)) {
        return Err(Refusal::Carried.into());
    }
    let constants = step.i32s(1, col)?;
    let [rows, cols] = tile::inside(&output, index);
    let norms: Vec<RowNorm> =
        state.iter().map(|(sum, squares)| RowNorm::new(output.cols() as u64, *sum, *squares)).collect();
    let mut tile = vec![0; AREA];
    for column in 0..cols {
        let [m, c, s] = [0, 1, 2].map(|row| constants[TILE * row + column]);
        let scale = Scale::new(m, c, s).ok_or(Stop::Failed)?;
        for (row, norm) in norms.iter().enumerate().take(rows) {
            let place = TILE * row + column;
            tile[place] = scale.apply(norm.normalise(x[place])) as u8;
        }
    }
    if col + 1 < along {
        step.carry(write(&state));
    }
    step.append(&tile, index, output.tiles())
}

/// Sum and sum of squares of each row; zero before the first tile.
fn read(carried: &[u8]) -> Result<Vec<(i64, u64)>, Stop> {
    let mut rows = vec![(0, 0); TILE];
    for (row, [sum, squares]) in rows.iter_mut().zip(carried.as_chunks::<8>().0.as_chunks::<2>().0) {
        *row = (i64::from_be_bytes(*sum), u64::from_be_bytes(*squares));
        if row.0.unsigned_abs() > MAX_SUM || row.1 > MAX_SQUARES {
            return Err(Refusal::Carried.into());
        }
    }
    Ok(rows)
}

fn write(rows: &[(i64, u64)]) -> Vec<u8> {
    rows.iter().flat_map(|(sum, squares)| [sum.to_be_bytes(), squares.to_be_bytes()].concat()).collect()
}
