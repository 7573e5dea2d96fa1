//! What a description and weights come to: the nodes of the graph, still with floats in them.

use crate::functions::Function;
use autonet_ml_precompiles::{Heads, Pooling, Window};

/// Values in order: 0 is the input, i + 1 the result of node i.
pub(crate) type Id = usize;

/// Rows and columns of one item of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ItemShape {
    pub(crate) rows: usize,
    pub(crate) cols: usize,
    /// Height and width, if the rows are an image's pixels.
    pub(crate) image: Option<[u32; 2]>,
}

impl ItemShape {
    pub(crate) const fn count(&self) -> usize {
        self.rows * self.cols
    }
}

#[derive(Clone, Debug)]
pub(crate) enum Op {
    /// `bias + x * weights`, weights `[k,n]` as the chain has them; of the window's taps if there is one. Columns are
    /// q, k and v of attention if `heads` says so.
    Product {
        x: Id,
        weights: Vec<f64>,
        bias: Vec<f64>,
        window: Option<Window>,
        heads: Option<Heads>,
    },
    Map {
        x: Id,
        function: Function,
    },
    Softmax {
        x: Id,
    },
    Layernorm {
        x: Id,
        weight: Vec<f64>,
        bias: Vec<f64>,
        eps: f64,
    },
    Add {
        a: Id,
        b: Id,
    },
    /// A parameter of an item's rows is added to every item.
    Position {
        x: Id,
        table: Vec<f64>,
    },
    Pool {
        x: Id,
        pooling: Pooling,
        window: Window,
    },
    /// From the product that has `heads`.
    Scores {
        qkv: Id,
        heads: Heads,
    },
    Mix {
        p: Id,
        qkv: Id,
        heads: Heads,
    },
    Gather {
        x: Id,
        table: Vec<f64>,
    },
}

impl Op {
    pub(crate) fn reads(&self) -> [Option<Id>; 2] {
        match *self {
            Self::Add { a, b } => [Some(a), Some(b)],
            Self::Mix { p, qkv, .. } => [Some(p), Some(qkv)],
            Self::Scores { qkv, .. } => [Some(qkv), None],
            Self::Product { x, .. }
            | Self::Map { x, .. }
            | Self::Softmax { x }
            | Self::Layernorm { x, .. }
            | Self::Position { x, .. }
            | Self::Pool { x, .. }
            | Self::Gather { x, .. } => [Some(x), None],
        }
    }

    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Product { window: None, .. } => "MATMUL_I8",
            Self::Product { .. } => "CONV2D_I8",
            Self::Map { .. } => "LUT8",
            Self::Softmax { .. } => "SOFTMAX_I8",
            Self::Layernorm { .. } => "LAYERNORM_I8",
            Self::Add { .. } | Self::Position { .. } => "ADD_I8",
            Self::Pool { .. } => "POOL",
            Self::Scores { .. } => "SCORES_I8",
            Self::Mix { .. } => "MIX_I8",
            Self::Gather { .. } => "GATHER",
        }
    }

    /// Whether the clamp of the result can be a relu.
    pub(crate) const fn clamps(&self) -> bool {
        matches!(
            self,
            Self::Product { heads: None, .. } | Self::Add { .. } | Self::Position { .. } | Self::Layernorm { .. }
        )
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Node {
    /// Of the layer that it comes from, and which part of it.
    pub(crate) name: String,
    pub(crate) op: Op,
    /// Whether a relu comes after, as the clamp.
    pub(crate) relu: bool,
    pub(crate) shape: ItemShape,
}

#[derive(Clone, Debug)]
pub(crate) struct Network {
    pub(crate) input: ItemShape,
    /// Whether the input is indices.
    pub(crate) indices: bool,
    pub(crate) nodes: Vec<Node>,
}

impl Network {
    pub(crate) fn shape(&self, id: Id) -> ItemShape {
        if id == 0 { self.input } else { self.nodes[id - 1].shape }
    }

    pub(crate) fn name(&self, id: Id) -> &str {
        if id == 0 { "input" } else { &self.nodes[id - 1].name }
    }
}
