//! Why something cannot be converted.

use autonet_ml_precompiles::{Failure, GraphError, TensorError};
use std::path::PathBuf;

/// Why there is no integer model.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConvertError {
    /// The description is not the JSON that it should be.
    #[error("the description cannot be read")]
    Description(#[source] serde_json::Error),
    /// A number of the description's input is out of range.
    #[error("the description's input: {0} is out of range")]
    Input(&'static str),
    /// No layers.
    #[error("the description has no layers")]
    Empty,
    /// Something about one layer.
    #[error("layer `{layer}`: {reason}")]
    Layer {
        /// Its name.
        layer: String,
        /// What.
        reason: Reason,
    },
    /// A tensor outside of layers (the calibration) is not what it should be.
    #[error("calibration: {0}")]
    Calibration(Reason),
    /// Not as many labels as inputs, or a label that is no index of an output column.
    #[error("calibration: {labels} labels for {rows} rows of output, or one that is not below {columns}")]
    Labels {
        /// Labels given.
        labels: usize,
        /// Rows of the output.
        rows: usize,
        /// Columns of the output.
        columns: usize,
    },
    /// A percentile outside of (50, 100].
    #[error("a percentile of {0}: it has to be above 50 and at most 100")]
    Percentile(f64),
    /// Not a safetensors file.
    #[error("not a safetensors file")]
    Safetensors(#[from] safetensors::SafeTensorError),
    /// A file cannot be read or written.
    #[error("{path}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The graph is too large, say, or a layer is not read.
    #[error("the graph cannot be encoded")]
    Graph(#[from] GraphError),
    /// A tensor is too large.
    #[error("a tensor is out of limits")]
    Tensor(#[from] TensorError),
    /// The integer model does not run: a limit of the operations.
    #[error("the integer model does not run")]
    Operation(#[from] Failure),
}

/// What is wrong with a layer or a tensor.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// It names an input that is none of the earlier layers, nor `input`.
    #[error("there is no earlier layer `{0}`")]
    UnknownInput(String),
    /// Two layers have this name.
    #[error("the name is taken")]
    Duplicate,
    /// The weights lack a tensor.
    #[error("there is no tensor `{0}`")]
    MissingTensor(String),
    /// A tensor of other dimensions than the layer needs.
    #[error("tensor `{tensor}` is {dims:?}, not {expected:?}")]
    Dims {
        /// Its name.
        tensor: String,
        /// Its dimensions.
        dims: Vec<usize>,
        /// What it should have.
        expected: Vec<usize>,
    },
    /// A tensor with another number of dimensions than the layer needs.
    #[error("tensor `{tensor}` is {dims:?}, it should have {rank} dimensions")]
    Rank {
        /// Its name.
        tensor: String,
        /// Its dimensions.
        dims: Vec<usize>,
        /// What it should have.
        rank: usize,
    },
    /// Infinite, or not a number.
    #[error("element {index} of tensor `{tensor}` is not a finite number")]
    NotFinite {
        /// Its name.
        tensor: String,
        /// The first such element.
        index: usize,
    },
    /// Not an index: a whole number from 0 to 65,535.
    #[error("element {index} of tensor `{tensor}` is not an index")]
    NotIndex {
        /// Its name.
        tensor: String,
        /// The first such element.
        index: usize,
    },
    /// An element type that cannot be read here.
    #[error("tensor `{tensor}` has elements of type {dtype}")]
    Dtype {
        /// Its name.
        tensor: String,
        /// The type.
        dtype: String,
    },
    /// The layer needs an image: an input with `image`, or the result of a convolution or pool.
    #[error("its input is not an image")]
    NoImage,
    /// The layer needs numbers, and its input is indices; or the other way round.
    #[error("it cannot read {0}")]
    InputKind(&'static str),
    /// The kernel does not fit: zero, larger than the padded image, or not above its padding.
    #[error("kernel {kernel:?} with stride {stride:?} and padding {padding:?} does not fit an image of {image:?}")]
    Window {
        /// Height and width.
        kernel: [u32; 2],
        /// Vertical and horizontal.
        stride: [u32; 2],
        /// Vertical and horizontal.
        padding: [u32; 2],
        /// Height and width.
        image: [u32; 2],
    },
    /// Columns that do not split into heads.
    #[error("{columns} columns do not split into {heads} heads")]
    Heads {
        /// Columns of q, k and v each.
        columns: usize,
        /// Heads asked for.
        heads: u32,
    },
    /// An addition of values of different shapes.
    #[error("its inputs have {a:?} and {b:?} rows and columns")]
    Shapes {
        /// Of the first.
        a: [usize; 2],
        /// Of the second.
        b: [usize; 2],
    },
    /// A value with too many rows or columns.
    #[error("its result would have {0} rows or columns, above 65,536")]
    TooLarge(usize),
    /// An attribute that is not a usable number.
    #[error("`{0}` is out of range")]
    Attribute(&'static str),
    /// The bias in units of the accumulator.
    #[error("the bias of column {column} is {value}, above 2^30: its weights are too small beside it, or too many")]
    Bias {
        /// Which column.
        column: usize,
        /// Rounded, with what the input's zero point adds.
        value: i64,
    },
    /// No constants of a requantisation come close.
    #[error("column {column} would be scaled by {factor:e}, which has no constants (2^-32 to 1)")]
    Factor {
        /// Which column.
        column: usize,
        /// The factor.
        factor: f64,
    },
    /// Scales so far apart that no constants have enough bits.
    #[error("its scales are too far apart for the constants of {0}")]
    Constants(&'static str),
    /// A value that is 0 on all calibration data, so that nothing says how to scale it.
    #[error("its result is zero on all calibration inputs")]
    Dead,
    /// The float model itself gives infinities or no numbers.
    #[error("the float model's result is not finite")]
    Diverges,
    /// An index outside of an embedding.
    #[error("an index of the calibration inputs is not below {0}")]
    Index(usize),
}

impl Reason {
    pub(crate) fn of(self, layer: &str) -> ConvertError {
        ConvertError::Layer { layer: layer.into(), reason: self }
    }
}
