//! The reference for `contracts/src/lib/Yuma.sol`, written from the rules alone, and the vectors that both pass:
//! `contracts/test/vectors/yuma.jsonl`, one epoch a line. `AUTONET_WRITE_VECTORS=1` writes the file instead of comparing it.

use serde_json::{Value, json};
use std::{fmt::Write, fs, path::Path};

/// 1 in Q32.32.
const ONE: u128 = 1 << 32;
const KAPPA: u128 = ONE / 2;
const EPOCHS: u64 = 1_000;
/// Basis points of a full score.
const FULL: u128 = 10_000;

struct Epoch {
    /// In wei.
    stakes: Vec<u128>,
    alpha: u128,
    beta: u128,
    /// By row, then column: scores in basis points, and bonds in Q32.32.
    scores: Vec<Vec<u128>>,
    bonds: Vec<Vec<u128>>,
}

/// What comes of an epoch.
struct Outcome {
    consensus: Vec<u128>,
    ranks: Vec<u128>,
    bonds: Vec<Vec<u128>>,
    dividends: Vec<u128>,
}

/// `a b` in Q32.32, rounded down.
fn times(a: u128, b: u128) -> u128 {
    a * b / ONE
}

/// The parts of the sum, rounded down; all 0 if the sum is.
fn normalized(values: &[u128]) -> Vec<u128> {
    let sum: u128 = values.iter().sum();
    values.iter().map(|value| (value * ONE).checked_div(sum).unwrap_or(0)).collect()
}

fn settle(epoch: &Epoch) -> Outcome {
    let Epoch { stakes, alpha, beta, scores, bonds } = epoch;
    let (rows, columns) = (stakes.len(), scores[0].len());
    let stakes = normalized(stakes);
    let mut shares = vec![0; rows];
    let mut outcome = Outcome { consensus: vec![], ranks: vec![], bonds: bonds.clone(), dividends: vec![] };
    for j in 0..columns {
        let weights: Vec<u128> = scores.iter().map(|row| row[j] * ONE / FULL).collect();
        let support = |least: u128| -> u128 { (0..rows).filter(|&i| weights[i] >= least).map(|i| stakes[i]).sum() };
        let consensus = weights.iter().copied().filter(|&weight| support(weight) >= KAPPA).max().unwrap_or(0);
        let clipped: Vec<u128> = weights.iter().map(|&weight| weight.min(consensus)).collect();
        let rank = (0..rows).map(|i| times(stakes[i], clipped[i])).sum();
        let renewed: Vec<u128> = (0..rows)
            .map(|i| {
                let weight = weights[i] - times(*beta, weights[i] - clipped[i]);
                (alpha * weight + (ONE - alpha) * bonds[i][j]) / ONE
            })
            .collect();
        for (i, part) in normalized(&renewed).into_iter().enumerate() {
            shares[i] += times(part, rank);
            outcome.bonds[i][j] = renewed[i];
        }
        outcome.consensus.push(consensus);
        outcome.ranks.push(rank);
    }
    outcome.dividends = (0..rows).map(|i| times(stakes[i], shares[i])).collect();
    outcome
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
}

/// Of every kind: ties, nobody with stake, some without, one with nine tenths, and the largest epoch that is settled in one page.
fn epoch(number: u64) -> Epoch {
    let mut random = Random(number);
    let large = number % 250 == 249;
    let rows = if large { 32 } else { 1 + random.below(6) as usize };
    let columns = if large { 32 } else { 1 + random.below(4) as usize };
    let unit = 10_u128.pow(18);
    let mut stakes: Vec<u128> = (0..rows).map(|_| 500 * unit + u128::from(random.next()) * 1_000).collect();
    match number % 7 {
        0 => stakes.fill(500 * unit),
        1 => stakes.fill(0),
        2 => stakes[0] = 9 * stakes[1..].iter().sum::<u128>().max(unit),
        3 => stakes.iter_mut().step_by(2).for_each(|stake| *stake = 0),
        _ => {}
    }
    let few = [0, 2_500, 5_000, 10_000];
    let ties = number.is_multiple_of(3);
    let mut score = || if ties { few[random.below(4) as usize] } else { u128::from(random.below(10_001)) };
    let scores = (0..rows).map(|_| (0..columns).map(|_| score()).collect()).collect();
    let mut bond = || if number.is_multiple_of(5) { 0 } else { u128::from(random.below(ONE as u64 + 1)) };
    let bonds = (0..rows).map(|_| (0..columns).map(|_| bond()).collect()).collect();
    let (alpha, beta) =
        if number.is_multiple_of(2) { (ONE / 10, ONE) } else { (u128::from(number) << 22, u128::from(number) << 21) };
    Epoch { stakes, alpha, beta, scores, bonds }
}

/// As a line of the file; matrices column by column.
fn line(epoch: &Epoch) -> Value {
    let outcome = settle(epoch);
    let columns = |matrix: &[Vec<u128>]| -> Vec<u64> {
        (0..matrix[0].len()).flat_map(|j| matrix.iter().map(move |row| row[j] as u64)).collect()
    };
    let numbers = |values: &[u128]| -> Vec<u64> { values.iter().map(|&value| value as u64).collect() };
    json!({
        "alpha": epoch.alpha as u64,
        "beta": epoch.beta as u64,
        "stakes": epoch.stakes.iter().map(u128::to_string).collect::<Vec<_>>(),
        "scores": columns(&epoch.scores),
        "bonds": columns(&epoch.bonds),
        "consensus": numbers(&outcome.consensus),
        "ranks": numbers(&outcome.ranks),
        "newBonds": columns(&outcome.bonds),
        "dividends": numbers(&outcome.dividends),
    })
}

#[test]
fn the_vectors_are_what_the_reference_computes() {
    let mut text = String::new();
    for number in 0..EPOCHS {
        writeln!(text, "{}", line(&epoch(number))).expect("a string");
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../test/vectors/yuma.jsonl");
    if std::env::var_os("AUTONET_WRITE_VECTORS").is_some() {
        fs::write(&path, &text).expect("contracts/test/vectors");
    }
    let stored = fs::read_to_string(&path).expect("contracts/test/vectors/yuma.jsonl");
    let differing = stored.lines().zip(text.lines()).position(|(stored, computed)| stored != computed);
    assert_eq!(differing, None, "the first epoch that differs");
    assert_eq!(stored.lines().count() as u64, EPOCHS);
}

#[test]
fn half_of_the_stake_decides_and_an_outlier_does_not() {
    let epoch = |stakes: &[u128], scores: &[u128]| Epoch {
        stakes: stakes.to_vec(),
        alpha: ONE / 10,
        beta: ONE,
        scores: scores.iter().map(|&score| vec![score]).collect(),
        bonds: vec![vec![0]; stakes.len()],
    };
    let consensus = |stakes: &[u128], scores: &[u128]| settle(&epoch(stakes, scores)).consensus[0] * FULL;
    assert_eq!(consensus(&[1, 1, 2], &[0, 10_000, 5_000]), 5_000 * ONE);
    assert_eq!(consensus(&[1, 1], &[2_500, 10_000]), 10_000 * ONE);
    assert_eq!(consensus(&[9, 1], &[2_500, 10_000]), 2_500 * ONE);
    assert_eq!(consensus(&[0, 0], &[2_500, 10_000]), 0);
    // Who rates far above the others gets no more of a bond than they.
    let dividends = settle(&epoch(&[1, 1, 1], &[5_000, 5_000, 10_000])).dividends;
    assert!(dividends.iter().all(|dividend| *dividend == dividends[0]));
}
