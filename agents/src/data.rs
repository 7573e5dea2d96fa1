//! The digits: real images, split once and for all into what solvers train on and what hidden sets are drawn from.

use crate::draw::Draw;
use alloy::primitives::{B256, b256, keccak256};
use std::io::Read;

/// Pixels of an image.
pub const PIXELS: usize = 64;
/// The largest pixel value.
pub const PIXEL_MAX: i8 = 16;
/// Different labels.
pub const CLASSES: usize = 10;
/// Images that solvers may train on; the rest is held out.
pub const TRAINING_COUNT: usize = 1_297;

const FILE: &[u8] = include_bytes!("../data/digits.csv.gz");

/// `keccak256` of the committed file: what a task's spec names as its data.
pub fn dataset_id() -> B256 {
    keccak256(FILE)
}

/// Why the committed file cannot be read; only a broken build sees it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// It does not unpack.
    #[error("the digits do not unpack")]
    Unpack(#[from] std::io::Error),
    /// A line that is not 64 pixels and a label.
    #[error("line {0} of the digits is not 64 pixels and a label")]
    Line(usize),
    /// More images were asked for than there are.
    #[error("{asked} images asked for, {available} available")]
    TooFew {
        /// Images asked for.
        asked: usize,
        /// Images there are.
        available: usize,
    },
}

/// One image and what it shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digit {
    /// 0 (blank) to 16 (ink), row by row.
    pub pixels: [i8; PIXELS],
    /// 0 to 9.
    pub label: i8,
}

/// All images, split.
#[derive(Clone, Debug)]
pub struct Digits {
    /// What solvers train on, and what activations are calibrated on.
    pub training: Vec<Digit>,
    /// What only hidden sets are drawn from.
    pub held_out: Vec<Digit>,
}

impl Digits {
    /// Reads and splits the committed file: the images in the order of a fixed permutation, the first
    /// [`TRAINING_COUNT`] of them for training.
    pub fn load() -> Result<Self, DataError> {
        /// keccak256("autonet digits split 1")
        const SPLIT: B256 = b256!("f0d291970c90f63f8775ee1d967ef8ba6f6f61608e048a148e2702216c6c599f");
        let all = parse()?;
        let order = Draw::new(SPLIT, "split").permutation(all.len());
        let mut training: Vec<_> = order.iter().map(|&index| all[index]).collect();
        let held_out = training.split_off(TRAINING_COUNT.min(training.len()));
        Ok(Self { training, held_out })
    }

    /// `count` different held-out images, drawn by a secret seed.
    pub fn hidden_set(&self, seed: B256, count: usize) -> Result<Vec<Digit>, DataError> {
        sample(&self.held_out, Draw::new(seed, "hidden set"), count)
    }

    /// The part of the training images that one solver has: `percent` of them, by the solver's seed. That solvers
    /// have seen different images is what makes the average of their updates better than each.
    pub fn share(&self, seed: B256, percent: u8) -> Result<Vec<Digit>, DataError> {
        let count = self.training.len() * usize::from(percent.min(100)) / 100;
        sample(&self.training, Draw::new(seed, "share"), count)
    }
}

fn sample(digits: &[Digit], mut draw: Draw, count: usize) -> Result<Vec<Digit>, DataError> {
    if count == 0 || count > digits.len() {
        return Err(DataError::TooFew { asked: count, available: digits.len() });
    }
    Ok(draw.permutation(digits.len())[..count].iter().map(|&index| digits[index]).collect())
}

fn parse() -> Result<Vec<Digit>, DataError> {
    let mut text = String::new();
    flate2::read::GzDecoder::new(FILE).read_to_string(&mut text)?;
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    reader
        .deserialize::<Vec<i8>>()
        .enumerate()
        .map(|(line, values)| {
            let values = values.map_err(|_| DataError::Line(line))?;
            let (label, pixels) = values.split_last().ok_or(DataError::Line(line))?;
            let pixels: [i8; PIXELS] = pixels.try_into().map_err(|_| DataError::Line(line))?;
            let valid = (0..CLASSES as i8).contains(label) && pixels.iter().all(|p| (0..=PIXEL_MAX).contains(p));
            if valid { Ok(Digit { pixels, label: *label }) } else { Err(DataError::Line(line)) }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn images(digits: &[Digit]) -> BTreeSet<[i8; PIXELS]> {
        digits.iter().map(|digit| digit.pixels).collect()
    }

    #[test]
    fn the_file_is_the_published_one() {
        assert_eq!(dataset_id(), b256!("762941069406b4182b250d8df0b06bf4c9feb5f2bac0ca40e805684cf5a4e223"));
    }

    #[test]
    fn no_image_is_in_both_parts() {
        let digits = Digits::load().unwrap();
        assert_eq!((digits.training.len(), digits.held_out.len()), (1_297, 500));
        assert!(images(&digits.training).is_disjoint(&images(&digits.held_out)));
        assert_eq!(images(&digits.held_out).len(), 500);
    }

    #[test]
    fn every_digit_is_in_both_parts() {
        let digits = Digits::load().unwrap();
        for label in 0..10 {
            assert!(digits.training.iter().filter(|digit| digit.label == label).count() > 100);
            assert!(digits.held_out.iter().filter(|digit| digit.label == label).count() > 30);
        }
    }

    #[test]
    fn a_hidden_set_is_fixed_by_its_seed_and_has_no_image_twice() {
        let digits = Digits::load().unwrap();
        let set = digits.hidden_set(B256::repeat_byte(1), 256).unwrap();
        assert_eq!(images(&set).len(), 256);
        assert_eq!(set, digits.hidden_set(B256::repeat_byte(1), 256).unwrap());
        assert_ne!(set, digits.hidden_set(B256::repeat_byte(2), 256).unwrap());
        assert!(matches!(digits.hidden_set(B256::ZERO, 501), Err(DataError::TooFew { asked: 501, available: 500 })));
    }
}
