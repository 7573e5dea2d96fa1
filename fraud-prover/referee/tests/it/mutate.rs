//! Ways to spoil a step, one bit each. The step's index chooses the place, so that over a call the places move over all that its
//! steps read.

use autonet_referee::{State, StepProof, Witness, reads};
use std::collections::BTreeSet;

/// Parts of a witness, in the contract's order.
pub(crate) const PARTS: [Part; 5] = [Part::Request, Part::Operands, Part::Carried, Part::Peaks, Part::Tiles];

/// A part of a witness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Request,
    Operands,
    Carried,
    Peaks,
    Tiles,
}

impl Part {
    /// Its bytes.
    pub(crate) const fn of(self, witness: &mut Witness) -> &mut alloy_primitives::Bytes {
        match self {
            Self::Request => &mut witness.request,
            Self::Operands => &mut witness.operands,
            Self::Carried => &mut witness.carried,
            Self::Peaks => &mut witness.peaks,
            Self::Tiles => &mut witness.tiles,
        }
    }
}

/// What is changed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Change {
    /// A bit of a byte of the witness. It is refused.
    Bit { part: Part, byte: usize, bit: u32 },
    /// The number of steps done. It is refused, or gives another state.
    Step(u64),
}

/// All ways to spoil a step, named.
pub(crate) fn mutations(proof: &StepProof) -> Vec<(&'static str, Change)> {
    let StepProof { before, witness, .. } = proof;
    let turn = before.step as usize;
    let bit = (turn % 8) as u32;
    let (next, last) = (before.step + 1, before.step.wrapping_sub(1));
    let mut all = vec![("index after", Change::Step(next)), ("index before", Change::Step(last))];
    let mut flip = |name, part, byte| all.push((name, Change::Bit { part, byte, bit }));
    // The code is the first word; attributes and operands' ids follow.
    flip("code", Part::Request, 31);
    let words = witness.request.len() / 32;
    flip("attribute or id", Part::Request, 32 * (1 + pick(turn, words - 1)) + 31 - turn / words % 4);
    let shapes = shapes(&witness.operands);
    if !shapes.is_empty() {
        let (start, rank) = shapes[pick(turn, shapes.len())];
        flip("shape", Part::Operands, start + pick(turn, 2 + 4 * rank));
        flip("root", Part::Operands, start + 2 + 4 * rank + pick(turn, 32));
    }
    if !witness.carried.is_empty() {
        flip("accumulator", Part::Carried, spread(turn, witness.carried.len()));
    }
    if !witness.peaks.is_empty() {
        flip("peaks", Part::Peaks, spread(turn, witness.peaks.len()));
    }
    let tiles = reads(before, witness).expect("an honest step");
    if !tiles.is_empty() {
        let tile = &tiles[pick(turn, tiles.len())];
        flip("input tile", Part::Tiles, tile.start + spread(turn, tile.len()));
    }
    let ends = tiles.iter().skip(1).map(|tile| tile.start).chain([witness.tiles.len()]);
    let siblings: Vec<_> = tiles.iter().zip(ends).map(|(tile, end)| tile.end..end).filter(|s| !s.is_empty()).collect();
    if !siblings.is_empty() {
        let proof = &siblings[pick(turn, siblings.len())];
        let level = pick(turn / siblings.len(), proof.len() / 32);
        flip("proof", Part::Tiles, proof.start + 32 * level + spread(turn, 32));
    }
    all
}

/// States that are not the one after a step: what would be claimed by someone who has another output.
pub(crate) fn claims(proof: &StepProof) -> [(&'static str, State); 5] {
    let StepProof { before, after, .. } = proof;
    let place = spread(before.step as usize, 32);
    let (mut frontier, mut carry, mut request) = (after.clone(), after.clone(), after.clone());
    frontier.frontier.0[place] ^= 1 << (before.step % 8);
    carry.carry.0[place] ^= 1 << (before.step % 8);
    request.request.0[place] ^= 1 << (before.step % 8);
    [
        ("frontier", frontier),
        ("carry", carry),
        ("request", request),
        ("failed", State { failed: !after.failed, ..after.clone() }),
        ("step", State { step: before.step, ..after.clone() }),
    ]
}

/// Goes through all of `count` in a row, then again from another one: a call whose steps read alike has each of them spoilt.
const fn pick(turn: usize, count: usize) -> usize {
    (turn + turn / count) % count
}

/// Somewhere.
const fn spread(turn: usize, length: usize) -> usize {
    (turn.wrapping_mul(0x9e37_79b1) >> 8) % length
}

/// Where type, rank and dimensions of each operand are, and the rank.
fn shapes(operands: &[u8]) -> Vec<(usize, usize)> {
    let (mut shapes, mut at) = (Vec::new(), 0);
    while at < operands.len() {
        let rank = usize::from(operands[at + 5]);
        shapes.push((at + 4, rank));
        at += 4 + 2 + 4 * rank + 32;
    }
    shapes
}

#[test]
fn each_way_is_tried_all_over() {
    // Sums of three steps, four tiles, an operand of each kind.
    let proofs = crate::harness::steps(&crate::product::whole(1, [17, 40, 17]));
    let all: Vec<_> = proofs.iter().flat_map(|proof| mutations(proof)).collect();
    let names: BTreeSet<_> = all.iter().map(|(name, _)| *name).collect();
    let known = ["accumulator", "attribute or id", "code", "index after", "index before"];
    assert_eq!(names, known.into_iter().chain(["input tile", "peaks", "proof", "root", "shape"]).collect());
    // Which tile of its step is spoilt: the first, the second, and, where there is one, the third.
    for wanted in ["input tile", "proof"] {
        let spoilt = proofs.iter().flat_map(|proof| {
            let tiles = reads(&proof.before, &proof.witness).expect("an honest step");
            let of = mutations(proof).into_iter().filter(move |(name, _)| *name == wanted);
            of.map(move |(_, change)| {
                let Change::Bit { byte, .. } = change else { panic!("{change:?}") };
                let place = tiles.iter().rposition(|tile| tile.start <= byte).expect("a tile");
                assert_eq!(tiles[place].contains(&byte), wanted == "input tile");
                place
            })
        });
        assert_eq!(spoilt.collect::<BTreeSet<_>>(), BTreeSet::from([0, 1, 2]));
    }
}
