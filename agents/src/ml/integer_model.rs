//! The I8 model as the chain runs it.

use super::MlError;
use crate::data::{Digit, PIXELS};
use alloy::primitives::B256;
use autonet_ml_precompiles::{Failure, Graph, Metric, Tensor, forward};
use std::sync::Arc;

/// A graph and the tensors that it names.
#[derive(Clone, Debug)]
pub struct IntegerModel {
    /// What ModelRegistry stores; its hash is the model's id.
    pub graph: Graph,
    /// What TensorStore must hold for the graph to run.
    pub parameters: Vec<Arc<Tensor>>,
}

impl IntegerModel {
    /// How many rows of `inputs` the model puts into the class that `labels` gives: what the chain measures.
    pub fn hits(&self, inputs: &Tensor, labels: &Tensor) -> Result<u64, MlError> {
        hits(&self.graph, inputs, labels, |id| {
            let found = self.parameters.iter().find(|tensor| tensor.id() == id);
            found.cloned().ok_or(MlError::MissingTensor(id))
        })
    }
}

/// FORWARD, then METRIC, off chain with the precompiles' own code. `fetch` finds parameters.
pub fn hits(
    graph: &Graph,
    inputs: &Tensor,
    labels: &Tensor,
    mut fetch: impl FnMut(B256) -> Result<Arc<Tensor>, MlError>,
) -> Result<u64, MlError> {
    let predictions =
        forward(graph, inputs, |id| fetch(id).map_err(FetchOrRun::Fetch)).map_err(|error| match error {
            FetchOrRun::Fetch(error) => error,
            FetchOrRun::Run(failure) => failure.into(),
        })?;
    Ok(Metric::ArgmaxHits.measure(&predictions, labels)?)
}

enum FetchOrRun {
    Fetch(MlError),
    Run(Failure),
}

impl From<Failure> for FetchOrRun {
    fn from(failure: Failure) -> Self {
        Self::Run(failure)
    }
}

/// `floor(hits * 10,000 / count)`, as ResultsRewards computes it; 0 without rows.
pub fn score_bp_down(hits: u64, count: u64) -> u16 {
    (hits * 10_000).checked_div(count).and_then(|score| u16::try_from(score).ok()).unwrap_or(0)
}

/// What [`ground_truth`] made: the images in inputs I8 [N,64] and labels I8 [N].
pub fn ground_truth_digits(inputs: &Tensor, labels: &Tensor) -> Result<Vec<Digit>, MlError> {
    let (Some(pixels), Some(labels)) = (inputs.as_i8(), labels.as_i8()) else { return Err(MlError::GroundTruthShape) };
    let (images, rest) = pixels.as_chunks::<PIXELS>();
    if images.len() != labels.len() || !rest.is_empty() {
        return Err(MlError::GroundTruthShape);
    }
    Ok(images.iter().zip(labels).map(|(&pixels, &label)| Digit { pixels, label }).collect())
}

/// Inputs I8 [N,64] (raw pixels) and labels I8 [N].
pub fn ground_truth(digits: &[Digit]) -> Result<(Tensor, Tensor), MlError> {
    let rows = digits.len() as u32;
    let pixels = digits.iter().flat_map(|digit| digit.pixels).collect();
    let labels = digits.iter().map(|digit| digit.label).collect();
    Ok((Tensor::from_i8(&[rows, PIXELS as u32], pixels)?, Tensor::from_i8(&[rows], labels)?))
}
