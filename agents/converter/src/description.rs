//! What a model's weights are for: the layers in order.

use crate::error::ConvertError;
use serde::{Deserialize, Serialize};

/// A model's layers, as JSON has them: see the crate's documentation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Description {
    /// What the model reads.
    pub input: InputDescription,
    /// In the order of execution. The last is the output.
    pub layers: Vec<Layer>,
}

impl Description {
    /// Reads the JSON.
    pub fn from_json(json: &[u8]) -> Result<Self, ConvertError> {
        serde_json::from_slice(json).map_err(ConvertError::Description)
    }
}

/// What an item of a model's input is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputDescription {
    /// Rows of an item: tokens of a sequence. An image has as many as pixels.
    #[serde(default = "one")]
    pub rows: u32,
    /// Height and width, if an item is an image.
    #[serde(default)]
    pub image: Option<[u32; 2]>,
    /// Numbers of a row; channels of a pixel.
    pub columns: u32,
    /// Numbers, or indices of an embedding.
    #[serde(default)]
    pub kind: InputKind,
    /// How the calibration data lies.
    #[serde(default)]
    pub layout: Layout,
    /// What a step of the integer input stands for; measured if it is not given.
    #[serde(default)]
    pub scale: Option<f64>,
    /// The integer that stands for 0, where a scale is given.
    #[serde(default)]
    pub zero_point: i8,
}

const fn one() -> u32 {
    1
}

const fn ones() -> [u32; 2] {
    [1, 1]
}

/// What a model reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InputKind {
    /// Numbers, quantised to I8.
    #[default]
    Numbers,
    /// I32 indices of an embedding, one a row.
    Indices,
}

/// How an item's numbers lie in the calibration data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layout {
    /// Row by row, as on the chain: for images height, width, channels.
    #[default]
    Rows,
    /// Images as PyTorch has them: channels, height, width.
    Nchw,
}

/// One layer. `input` names an earlier layer, or `input`; without it, the layer reads the one before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[expect(missing_docs, reason = "fields are documented once, in the README")]
pub enum Layer {
    Linear {
        name: String,
        input: Option<String>,
        weight: String,
        bias: Option<String>,
        #[serde(default)]
        flatten: bool,
    },
    Conv2d {
        name: String,
        input: Option<String>,
        weight: String,
        bias: Option<String>,
        #[serde(default = "ones")]
        stride: [u32; 2],
        #[serde(default)]
        padding: [u32; 2],
    },
    Relu {
        name: String,
        input: Option<String>,
    },
    Gelu {
        name: String,
        input: Option<String>,
    },
    Tanh {
        name: String,
        input: Option<String>,
    },
    Sigmoid {
        name: String,
        input: Option<String>,
    },
    Softmax {
        name: String,
        input: Option<String>,
    },
    Layernorm {
        name: String,
        input: Option<String>,
        weight: String,
        bias: Option<String>,
        #[serde(default = "default_eps")]
        eps: f64,
    },
    Add {
        name: String,
        inputs: [String; 2],
    },
    Position {
        name: String,
        input: Option<String>,
        table: String,
    },
    MaxPool {
        name: String,
        input: Option<String>,
        kernel: [u32; 2],
        stride: Option<[u32; 2]>,
        #[serde(default)]
        padding: [u32; 2],
    },
    AvgPool {
        name: String,
        input: Option<String>,
        kernel: [u32; 2],
        stride: Option<[u32; 2]>,
        #[serde(default)]
        padding: [u32; 2],
    },
    GlobalAvgPool {
        name: String,
        input: Option<String>,
    },
    GlobalMaxPool {
        name: String,
        input: Option<String>,
    },
    Attention {
        name: String,
        input: Option<String>,
        heads: u32,
        weight: String,
        bias: Option<String>,
    },
    Embedding {
        name: String,
        input: Option<String>,
        weight: String,
    },
}

const fn default_eps() -> f64 {
    1e-5
}

impl Layer {
    /// Its name.
    pub fn name(&self) -> &str {
        match self {
            Self::Linear { name, .. }
            | Self::Conv2d { name, .. }
            | Self::Relu { name, .. }
            | Self::Gelu { name, .. }
            | Self::Tanh { name, .. }
            | Self::Sigmoid { name, .. }
            | Self::Softmax { name, .. }
            | Self::Layernorm { name, .. }
            | Self::Add { name, .. }
            | Self::Position { name, .. }
            | Self::MaxPool { name, .. }
            | Self::AvgPool { name, .. }
            | Self::GlobalAvgPool { name, .. }
            | Self::GlobalMaxPool { name, .. }
            | Self::Attention { name, .. }
            | Self::Embedding { name, .. } => name,
        }
    }

    /// What it says that it reads.
    pub(crate) fn input(&self) -> Option<&str> {
        match self {
            Self::Add { inputs, .. } => Some(&inputs[0]),
            Self::Linear { input, .. }
            | Self::Conv2d { input, .. }
            | Self::Relu { input, .. }
            | Self::Gelu { input, .. }
            | Self::Tanh { input, .. }
            | Self::Sigmoid { input, .. }
            | Self::Softmax { input, .. }
            | Self::Layernorm { input, .. }
            | Self::Position { input, .. }
            | Self::MaxPool { input, .. }
            | Self::AvgPool { input, .. }
            | Self::GlobalAvgPool { input, .. }
            | Self::GlobalMaxPool { input, .. }
            | Self::Attention { input, .. }
            | Self::Embedding { input, .. } => input.as_deref(),
        }
    }
}
