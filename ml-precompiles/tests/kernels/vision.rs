//! Two graphs of the usual kinds, of any size: an image transformer and a convolutional network. Their parameters have
//! no meaning, but all values of all activations occur.

#![allow(dead_code, unreachable_pub, reason = "a test and a bench each use a part")]

use alloy_primitives::B256;
use autonet_ml_precompiles::{
    Dtype, Failure, Graph, GraphBuilder, Heads, Input, Operation, Pooling, Program, Source, Tensor, Value, Window,
};
use std::{collections::BTreeMap, sync::Arc};

/// Widths of a transformer.
#[derive(Clone, Copy, Debug)]
pub struct Transformer {
    pub tokens: u32,
    /// Columns of a patch.
    pub patch: u32,
    pub width: u32,
    pub heads: u32,
    pub hidden: u32,
    pub blocks: u32,
    pub classes: u32,
}

/// Makes parameters and remembers them.
struct Builder {
    graph: GraphBuilder,
    parameters: BTreeMap<B256, Arc<Tensor>>,
    salt: u32,
}

/// A graph with its parameters at hand.
pub struct Model {
    pub program: Program,
    /// Weights, biases and constants.
    pub parameters: usize,
}

impl Transformer {
    /// The graph: a patch embedding, positions, blocks, a mean over the tokens and a classifier.
    pub fn model(self) -> Model {
        let Self { tokens, patch, width, heads, hidden, blocks, classes } = self;
        let mut b = Builder::new(Input { dtype: Dtype::I8, rows_per_item: tokens, cols: patch });
        let embedded = b.dense(Value::INPUT, patch, width);
        let positions = b.i8s(&[tokens, width]);
        let mut x = b.add(embedded, positions);
        let shape = Heads { heads, tokens, depth: width / heads };
        for _ in 0..blocks {
            let normal = b.layernorm(x, width);
            let qkv = b.dense(normal, width, 3 * width);
            let constants = b.requant(heads, width / heads);
            let scores = b.graph.node(Operation::scores(shape, [0, width], qkv.into(), qkv.into(), constants));
            let table = b.keep(Tensor::from_i32(&[256], (0..256).map(|d| 65_535 >> (d / 12)).collect()));
            let p = b.graph.node(Operation::softmax(scores.into(), table));
            let constants = b.requant(width, 64);
            let mixed = b.graph.node(Operation::mix(shape, 2 * width, p.into(), qkv.into(), constants));
            let projected = b.dense(mixed, width, width);
            x = b.add(x, projected.into());
            let normal = b.layernorm(x, width);
            let wide = b.dense(normal, width, hidden);
            let wide = b.curve(wide);
            let narrow = b.dense(wide, hidden, width);
            x = b.add(x, narrow.into());
        }
        let pooled = b.graph.node(Operation::pool(Pooling::Mean, Window::whole([1, tokens]), x.into()));
        b.dense(pooled, width, classes);
        b.build()
    }
}

/// A network of five convolutions of 3x3 on images of `side * side * 3`.
pub fn convolutional(side: u32, width: u32, classes: u32) -> Model {
    let mut b = Builder::new(Input { dtype: Dtype::I8, rows_per_item: side * side, cols: 3 });
    let same = |side: u32, stride: u32| Window {
        image: [side; 2],
        kernel: [3; 2],
        stride: [stride; 2],
        before: [1; 2],
        after: [1; 2],
    };
    let first = b.convolution(same(side, 1), Value::INPUT, 3, width);
    let second = b.convolution(same(side, 1), first, width, width);
    let halves = Window { image: [side; 2], kernel: [2; 2], stride: [2; 2], before: [0; 2], after: [0; 2] };
    let half = b.graph.node(Operation::pool(Pooling::Max, halves, second.into()));
    let third = b.convolution(same(side / 2, 1), half, width, 2 * width);
    let fourth = b.convolution(same(side / 2, 1), third, 2 * width, 2 * width);
    let sum = b.add(third, fourth.into());
    let quarter = b.convolution(same(side / 2, 2), sum, 2 * width, 4 * width);
    let quarter_side = same(side / 2, 2).output();
    let pooled = b.graph.node(Operation::pool(Pooling::Mean, Window::whole(quarter_side), quarter.into()));
    b.dense(pooled, 4 * width, classes);
    b.build()
}

impl Builder {
    fn new(input: Input) -> Self {
        Self { graph: GraphBuilder::with_items(input), parameters: BTreeMap::new(), salt: 0 }
    }

    fn keep(&mut self, tensor: Result<Tensor, autonet_ml_precompiles::TensorError>) -> Source {
        let tensor = tensor.expect("a tensor");
        let id = tensor.id();
        self.parameters.insert(id, Arc::new(tensor));
        id.into()
    }

    /// In -127..=127.
    fn i8s(&mut self, dims: &[u32]) -> Source {
        self.salt = self.salt.wrapping_mul(747_796_405).wrapping_add(2_891_336_453);
        let (salt, len) = (self.salt, dims.iter().product());
        let byte = |i: u32| (((i ^ salt).wrapping_mul(2_654_435_761) >> 24) as i8).max(-127);
        self.keep(Tensor::from_i8(dims, (0..len).map(byte).collect()))
    }

    /// Such that sums of `depth` products of bytes spread over all of 8 bits.
    fn requant(&mut self, cols: u32, depth: u32) -> Source {
        // A sum's deviation is about 74^2 * sqrt(depth).
        let shift = 37 + depth.ilog2() as i32 / 2;
        let rows = [vec![1_600_000_000; cols as usize], vec![shift; cols as usize], vec![1; cols as usize]];
        self.keep(Tensor::from_i32(&[3, cols], rows.concat()))
    }

    fn dense(&mut self, x: Value, k: u32, n: u32) -> Value {
        let (weights, requant) = (self.i8s(&[k, n]), self.requant(n, k));
        let bias = self.keep(Tensor::from_i32(&[n], (0..n as i32).map(|j| (j % 7 - 3) * 1_000).collect()));
        self.graph.node(Operation::matmul(x.into(), weights, Some(bias), Some(requant)))
    }

    fn convolution(&mut self, window: Window, x: Value, channels: u32, n: u32) -> Value {
        let k = 9 * channels;
        let (weights, requant) = (self.i8s(&[k, n]), self.requant(n, k));
        let y = self.graph.node(Operation::conv2d(window, 0, x.into(), weights, None, Some(requant)));
        self.curve(y)
    }

    /// A table that is no line.
    fn curve(&mut self, x: Value) -> Value {
        let table = (-128i32..128).map(|x| if x < 0 { (x / 8) as i8 } else { x as i8 }).collect();
        let table = self.keep(Tensor::from_i8(&[256], table));
        self.graph.node(Operation::lut8(x.into(), table))
    }

    fn add(&mut self, a: Value, b: Source) -> Value {
        let constants = self.keep(Tensor::from_i32(&[4], vec![3 << 18, 3 << 18, 1_000, 20]));
        self.graph.node(Operation::add(a.into(), b, constants))
    }

    fn layernorm(&mut self, x: Value, cols: u32) -> Value {
        let n = cols as usize;
        let rows = [vec![1 << 24; n], vec![1_000; n], vec![35; n]];
        let constants = self.keep(Tensor::from_i32(&[3, cols], rows.concat()));
        self.graph.node(Operation::layernorm(x.into(), constants))
    }

    fn build(self) -> Model {
        let graph: Graph = self.graph.build().expect("a graph");
        let find = |id| self.parameters.get(&id).cloned().ok_or(Failure::Operand("parameter"));
        let program = Program::bind(&graph, 0..graph.nodes().len(), find).expect("a program");
        Model { program, parameters: self.parameters.values().map(|tensor| tensor.shape().elements()).sum() }
    }
}
