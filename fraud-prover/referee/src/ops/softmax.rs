//! SOFTMAX_I8: by band of 16 rows, the maxima, then the sums, then the tiles.

use crate::{
    call::Call,
    error::Refusal,
    step::{Step, Stop},
    tile::{self, AREA, across},
};
use autonet_ml_precompiles::{MAX_EXP, TABLE_LEN, arithmetic::softmax_round, commitment::TILE};

/// Bytes carried for a row: its maximum, plus 128, and its sum.
const ROW: usize = 1 + 4;

/// Three for each tile of the result.
pub(super) fn steps(call: &Call) -> Result<u64, Refusal> {
    Ok(3 * call.output()?.tiles() as u64)
}

pub(super) fn step(step: &mut Step<'_>) -> Result<(), Stop> {
    let output = *step.call.output()?;
    let along = across(&output);
    let (band, done) = (step.index as usize / (3 * along), step.index as usize % (3 * along));
    let (phase, index) = (done / along, band * along + done % along);
    let mut state = read(step.carried(if done == 0 { 0 } else { TILE * ROW })?);
    let x = step.i8s(0, index)?;
    let table = if phase == 0 { Vec::new() } else { table(step)? };
    let [rows, cols] = tile::inside(&output, index);
    let mut tile = vec![0; AREA];
    for (y, (most, sum)) in state.iter_mut().enumerate().take(rows) {
        for place in TILE * y..TILE * y + cols {
            let x = (x[place] as u8) ^ 0x80;
            if phase == 0 {
                *most = x.max(*most);
                continue;
            }
            // No element is above the maximum, unless the maximum is invented.
            let exp = most.checked_sub(x).and_then(|below| table.get(usize::from(below)));
            let exp = *exp.ok_or(Refusal::Carried)?;
            match phase {
                1 => *sum = sum.checked_add(exp).ok_or(Refusal::Carried)?,
                _ if *sum == 0 => return Err(Refusal::Carried.into()),
                _ => tile[place] = softmax_round(exp, *sum) as u8,
            }
        }
    }
    if done + 1 < 3 * along {
        step.carry(state.iter().flat_map(|(most, sum)| [&[*most][..], &sum.to_be_bytes()].concat()).collect());
    }
    if phase == 2 { step.append(&tile, index, output.tiles()) } else { Ok(()) }
}

/// Maximum, plus 128, and sum of each row; zero before the first tile.
fn read(carried: &[u8]) -> Vec<(u8, u32)> {
    if carried.is_empty() {
        return vec![(0, 0); TILE];
    }
    let rows = carried.as_chunks::<ROW>().0.iter();
    rows.map(|&[most, a, b, c, d]| (most, u32::from_be_bytes([a, b, c, d]))).collect()
}

/// The table, which is 16 tiles of one row each.
fn table(step: &mut Step<'_>) -> Result<Vec<u32>, Stop> {
    let mut table = Vec::with_capacity(TABLE_LEN);
    for part in 0..TABLE_LEN / TILE {
        for &entry in &step.i32s(1, part)?[..TILE] {
            let least = i32::from(table.is_empty());
            if !(least..=MAX_EXP).contains(&entry) {
                return Err(Stop::Failed);
            }
            table.push(entry as u32);
        }
    }
    Ok(table)
}
