//! From images to an integer model on the chain: floats in [`train`()] and in the converter, integers everywhere else.

mod aggregate;
mod integer_model;
mod quantise;
mod train;
mod weights;

pub use aggregate::{VerifiedUpdate, merge_floor};
pub use integer_model::{IntegerModel, ground_truth, ground_truth_digits, hits, score_bp_down};
pub use quantise::quantise;
pub use train::{Training, float_hits, train};
pub use weights::{HIDDEN, PARAMETERS, Weights};

use autonet_ml_precompiles as precompiles;

/// Why something is no model, or cannot be trained, quantised, run or merged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MlError {
    /// Not a vector of [`PARAMETERS`] 32-bit numbers.
    #[error("weights and updates are I32 [{PARAMETERS}]")]
    WeightsShape,
    /// Not as many images as labels.
    #[error("ground truth is I8 [N,64] and I8 [N]")]
    GroundTruthShape,
    /// Weights of 128 or more in magnitude, or that are no numbers.
    #[error("weight {0} does not fit Q8.24")]
    WeightRange(usize),
    /// Weights of which no integer model can be made.
    #[error(transparent)]
    Convert(#[from] autonet_converter::ConvertError),
    /// A parameter that nobody has given.
    #[error("the model lacks tensor {0}")]
    MissingTensor(alloy::primitives::B256),
    /// Too much to read.
    #[error("the model's parameters take more than {limit} bytes")]
    TooLarge {
        /// What is still read.
        limit: usize,
    },
    /// Training was told to stop.
    #[error("training was stopped")]
    Stopped,
    /// No update passes its check.
    #[error("no update to merge")]
    NoUpdates,
    /// From libtorch.
    #[error("libtorch")]
    Torch(#[from] tch::TchError),
    /// From the integer operations.
    #[error(transparent)]
    Operation(#[from] precompiles::Failure),
    /// From the integer tensors.
    #[error(transparent)]
    Tensor(#[from] precompiles::TensorError),
    /// From the model's graph.
    #[error(transparent)]
    Graph(#[from] precompiles::GraphError),
    /// From the average.
    #[error(transparent)]
    Average(#[from] precompiles::AggregateError),
}
