//! METRIC: one number from predictions and the truth.

use crate::{
    error::Failure,
    gas,
    ops::{expect, i8s},
    tensor::{Dtype, Elements, Shape, Tensor},
};

/// Classes that I8 labels can name.
pub const MAX_CLASSES: usize = 128;

/// What is measured. The discriminant is the ABI's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Metric {
    /// Rows of predictions I8 or I32 [N,C], C <= 128, whose first maximum is at the index in the truth I8 [N].
    ArgmaxHits = 0,
    /// Mean squared error of I8 tensors of equal shapes in Q32.32, rounded down.
    MseQ32Floor = 1,
    /// Elements with `p = t` and t not zero, of I8 tensors of equal shapes.
    Matches = 2,
}

impl Metric {
    /// The metric numbered `kind`, if any.
    pub const fn from_kind(kind: u64) -> Option<Self> {
        match kind {
            0 => Some(Self::ArgmaxHits),
            1 => Some(Self::MseQ32Floor),
            2 => Some(Self::Matches),
            _ => None,
        }
    }

    /// Gas without the base and the loading of operands; checks types and shapes of predictions and truth.
    pub fn price(self, shape: &Shape, truth: &Shape) -> Result<u64, Failure> {
        expect(truth.dtype() == Dtype::I8, "truth")?;
        match self {
            Self::ArgmaxHits => {
                expect(shape.dims().len() == 2 && shape.cols() <= MAX_CLASSES, "predictions")?;
                expect(truth.dims() == &shape.dims()[..1], "truth")?;
            }
            Self::MseQ32Floor | Self::Matches => {
                expect(shape.dtype() == Dtype::I8, "predictions")?;
                expect(truth == shape, "truth")?;
            }
        }
        Ok(gas::metric(shape.elements() as u64))
    }

    /// The value.
    pub fn measure(self, predictions: &Tensor, truth: &Tensor) -> Result<u64, Failure> {
        self.price(predictions.shape(), truth.shape())?;
        let truth = i8s(truth, "truth")?;
        match self {
            Self::ArgmaxHits => {
                let cols = predictions.shape().cols();
                Ok(match predictions.elements() {
                    Elements::I8(data) => argmax_hits(data, cols, truth),
                    Elements::I32(data) => argmax_hits(data, cols, truth),
                })
            }
            Self::MseQ32Floor => {
                let squares = i8s(predictions, "predictions")?.iter().zip(truth);
                let sum: u64 = squares.map(|(&p, &t)| u64::from(p.abs_diff(t)).pow(2)).sum();
                // The mean is at most 255^2.
                Ok(((u128::from(sum) << 32) / truth.len() as u128) as u64)
            }
            Self::Matches => {
                let pairs = i8s(predictions, "predictions")?.iter().zip(truth);
                Ok(pairs.filter(|(p, t)| p == t && **t != 0).count() as u64)
            }
        }
    }
}

fn argmax_hits<T: Copy + Ord>(predictions: &[T], cols: usize, truth: &[i8]) -> u64 {
    let rows = predictions.chunks_exact(cols).zip(truth);
    rows.filter(|(row, truth)| argmax(row) as i64 == i64::from(**truth)).count() as u64
}

/// Index of the first maximum.
fn argmax<T: Copy + Ord>(row: &[T]) -> usize {
    let mut best = 0;
    for (index, value) in row.iter().enumerate() {
        if *value > row[best] {
            best = index;
        }
    }
    best
}
