//! From a description and weights to the nodes of a network: names resolved, shapes checked, weights turned around.

use crate::{
    array::{Array, Weights},
    description::{Description, InputKind, Layer},
    error::{ConvertError, Reason},
    functions::Function,
    fuse::fuse,
    network::{Id, ItemShape, Network, Node, Op},
};
use autonet_ml_precompiles::{Heads, MAX_DIM, Pooling, Window};
use std::collections::BTreeMap;

pub(crate) fn lower(description: &Description, weights: &dyn Weights) -> Result<Network, ConvertError> {
    let input = &description.input;
    let fits = |dim: u32| (1..=MAX_DIM).contains(&dim);
    let rows = match input.image {
        Some([h, w]) if fits(h) && fits(w) => h.saturating_mul(w),
        Some(_) => return Err(ConvertError::Input("image")),
        None => input.rows,
    };
    if !fits(rows) || (input.image.is_some() && ![1, rows].contains(&input.rows)) {
        return Err(ConvertError::Input("rows"));
    }
    let indices = input.kind == InputKind::Indices;
    if !fits(input.columns) || (indices && input.columns != 1) {
        return Err(ConvertError::Input("columns"));
    }
    let shape = ItemShape { rows: rows as usize, cols: input.columns as usize, image: input.image };
    let mut lowering = Lowering {
        weights,
        network: Network { input: shape, indices, nodes: Vec::new() },
        names: BTreeMap::from([("input", 0)]),
    };
    for layer in &description.layers {
        let id = lowering.layer(layer).map_err(|reason| reason.of(layer.name()))?;
        if lowering.names.insert(layer.name(), id).is_some() {
            return Err(Reason::Duplicate.of(layer.name()));
        }
    }
    if lowering.network.nodes.is_empty() {
        return Err(ConvertError::Empty);
    }
    Ok(fuse(lowering.network))
}

struct Lowering<'a> {
    weights: &'a dyn Weights,
    network: Network,
    names: BTreeMap<&'a str, Id>,
}

impl<'a> Lowering<'a> {
    fn find(&self, name: &str) -> Result<Id, Reason> {
        self.names.get(name).copied().ok_or_else(|| Reason::UnknownInput(name.into()))
    }

    fn push(&mut self, name: String, op: Op, shape: ItemShape) -> Result<Id, Reason> {
        let largest = shape.rows.max(shape.cols);
        if largest > MAX_DIM as usize {
            return Err(Reason::TooLarge(largest));
        }
        self.network.nodes.push(Node { name, op, relu: false, shape });
        Ok(self.network.nodes.len())
    }

    fn layer(&mut self, layer: &'a Layer) -> Result<Id, Reason> {
        let x = layer.input().map_or(Ok(self.network.nodes.len()), |name| self.find(name))?;
        let shape = self.network.shape(x);
        let name = layer.name().to_owned();
        if (x == 0 && self.network.indices) != matches!(layer, Layer::Embedding { .. }) {
            return Err(Reason::InputKind(if x == 0 && self.network.indices { "indices" } else { "numbers" }));
        }
        let map = |function| (Op::Map { x, function }, shape);
        let (op, shape) = match layer {
            Layer::Linear { weight, bias, flatten, .. } => self.linear(x, weight, bias.as_deref(), *flatten)?,
            Layer::Conv2d { weight, bias, stride, padding, .. } => {
                self.conv2d(x, weight, bias.as_deref(), *stride, *padding)?
            }
            Layer::Relu { .. } => map(Function::Relu),
            Layer::Gelu { .. } => map(Function::Gelu),
            Layer::Tanh { .. } => map(Function::Tanh),
            Layer::Sigmoid { .. } => map(Function::Sigmoid),
            Layer::Softmax { .. } => (Op::Softmax { x }, shape),
            Layer::Layernorm { weight, bias, eps, .. } => {
                if !(0.0..1.0).contains(eps) {
                    return Err(Reason::Attribute("eps"));
                }
                let weight = self.tensor(weight, &[shape.cols])?;
                let bias = self.bias(bias.as_deref(), shape.cols)?;
                (Op::Layernorm { x, weight, bias, eps: *eps }, shape)
            }
            Layer::Add { inputs: [_, b], .. } => {
                let b = self.find(b)?;
                let dims = |shape: ItemShape| [shape.rows, shape.cols];
                let (a, other) = (dims(shape), dims(self.network.shape(b)));
                if a != other || (b == 0 && self.network.indices) {
                    return Err(Reason::Shapes { a, b: other });
                }
                (Op::Add { a: x, b }, shape)
            }
            Layer::Position { table, .. } => {
                (Op::Position { x, table: self.tensor(table, &[shape.rows, shape.cols])? }, shape)
            }
            Layer::MaxPool { kernel, stride, padding, .. } => {
                pool(x, shape, Pooling::Max, *kernel, stride.unwrap_or(*kernel), *padding)?
            }
            Layer::AvgPool { kernel, stride, padding, .. } => {
                pool(x, shape, Pooling::Mean, *kernel, stride.unwrap_or(*kernel), *padding)?
            }
            Layer::GlobalAvgPool { .. } => global(x, shape, Pooling::Mean),
            Layer::GlobalMaxPool { .. } => global(x, shape, Pooling::Max),
            Layer::Embedding { weight, .. } => self.embedding(x, weight)?,
            Layer::Attention { heads, weight, bias, .. } => {
                return self.attention(x, &name, *heads, weight, bias.as_deref());
            }
        };
        self.push(name, op, shape)
    }

    fn linear(&self, x: Id, weight: &str, bias: Option<&str>, flatten: bool) -> Result<(Op, ItemShape), Reason> {
        let shape = self.network.shape(x);
        // All of an item as one row is a convolution with a kernel of an item's size.
        let (taps, window) = match (flatten && shape.rows > 1, shape.image) {
            (false, _) => (1, None),
            (true, Some(image)) => (shape.rows, Some(Window::whole(image))),
            (true, None) => (shape.rows, Some(Window::whole([shape.rows as u32, 1]))),
        };
        let k = taps * shape.cols;
        let array = self.rank(weight, 2)?;
        let n = array.dims[0];
        let data = checked(weight, &array, &[n, k])?;
        let mut weights = vec![0.0; n * k];
        for (row, values) in data.chunks_exact(k).enumerate() {
            for (column, value) in values.iter().enumerate() {
                // PyTorch flattens images channel by channel; here a tap's channels are together.
                let to = match (&window, shape.image) {
                    (Some(_), Some(_)) => (column % taps) * shape.cols + column / taps,
                    _ => column,
                };
                weights[to * n + row] = *value;
            }
        }
        let bias = self.bias(bias, n)?;
        let rows = shape.rows / taps;
        let image = if taps > 1 { None } else { shape.image };
        Ok((Op::Product { x, weights, bias, window, heads: None }, ItemShape { rows, cols: n, image }))
    }

    fn conv2d(
        &self,
        x: Id,
        weight: &str,
        bias: Option<&str>,
        stride: [u32; 2],
        padding: [u32; 2],
    ) -> Result<(Op, ItemShape), Reason> {
        let shape = self.network.shape(x);
        let array = self.rank(weight, 4)?;
        let &[n, channels, kh, kw] = array.dims.as_slice() else { return Err(Reason::Attribute("weight")) };
        let data = checked(weight, &array, &[n, shape.cols, kh, kw])?;
        let kernel = [kh, kw].map(|side| u32::try_from(side).unwrap_or(u32::MAX));
        let window = window(shape, kernel, stride, padding)?;
        let mut weights = vec![0.0; data.len()];
        for (index, value) in data.iter().enumerate() {
            let (tap, rest) = (index % (kh * kw), index / (kh * kw));
            weights[(tap * channels + rest % channels) * n + rest / channels] = *value;
        }
        let [h, w] = window.output();
        let shape = ItemShape { rows: (h as usize) * (w as usize), cols: n, image: Some([h, w]) };
        Ok((Op::Product { x, weights, bias: self.bias(bias, n)?, window: Some(window), heads: None }, shape))
    }

    fn embedding(&self, x: Id, weight: &str) -> Result<(Op, ItemShape), Reason> {
        let array = self.rank(weight, 2)?;
        let table = checked(weight, &array, &array.dims)?;
        let shape = ItemShape { cols: array.dims[1], ..self.network.shape(x) };
        if array.dims[0] > MAX_DIM as usize {
            return Err(Reason::TooLarge(array.dims[0]));
        }
        Ok((Op::Gather { x, table }, shape))
    }

    /// Four nodes: q, k and v, their scores, softmax, and the mix of v.
    fn attention(&mut self, x: Id, name: &str, heads: u32, weight: &str, bias: Option<&str>) -> Result<Id, Reason> {
        let shape = self.network.shape(x);
        let (Op::Product { x, weights, bias, window, .. }, qkv) = self.linear(x, weight, bias, false)? else {
            return Err(Reason::Attribute("weight"));
        };
        let columns = qkv.cols / 3;
        if heads == 0 || !qkv.cols.is_multiple_of(3) || !columns.is_multiple_of(heads as usize) {
            return Err(Reason::Heads { columns, heads });
        }
        let split = Heads { heads, tokens: shape.rows as u32, depth: (columns / heads as usize) as u32 };
        let product = Op::Product { x, weights, bias, window, heads: Some(split) };
        let qkv = self.push(format!("{name}.qkv"), product, qkv)?;
        let scores = ItemShape { rows: shape.rows * heads as usize, cols: shape.rows, image: None };
        let s = self.push(format!("{name}.scores"), Op::Scores { qkv, heads: split }, scores)?;
        let p = self.push(format!("{name}.softmax"), Op::Softmax { x: s }, scores)?;
        self.push(format!("{name}.mix"), Op::Mix { p, qkv, heads: split }, ItemShape { cols: columns, ..shape })
    }

    fn rank(&self, name: &str, rank: usize) -> Result<Array, Reason> {
        let array = self.weights.get(name)?;
        let product = array.dims.iter().try_fold(1usize, |product, dim| product.checked_mul(*dim));
        if array.dims.len() != rank || array.data.is_empty() || product != Some(array.data.len()) {
            return Err(Reason::Rank { tensor: name.into(), dims: array.dims, rank });
        }
        Ok(array)
    }

    /// A tensor of these dimensions; others of 1 before them are allowed, as PyTorch's positions have them.
    fn tensor(&self, name: &str, expected: &[usize]) -> Result<Vec<f64>, Reason> {
        let mut array = self.weights.get(name)?;
        while array.dims.len() > expected.len() && array.dims[0] == 1 {
            array.dims.remove(0);
        }
        checked(name, &array, expected)
    }

    /// Zeros without a name.
    fn bias(&self, name: Option<&str>, n: usize) -> Result<Vec<f64>, Reason> {
        name.map_or_else(|| Ok(vec![0.0; n]), |name| self.tensor(name, &[n]))
    }
}

fn checked(name: &str, array: &Array, expected: &[usize]) -> Result<Vec<f64>, Reason> {
    if array.dims != expected || array.data.len() != expected.iter().product::<usize>() {
        return Err(Reason::Dims { tensor: name.into(), dims: array.dims.clone(), expected: expected.into() });
    }
    array.finite(name)
}

fn window(shape: ItemShape, kernel: [u32; 2], stride: [u32; 2], padding: [u32; 2]) -> Result<Window, Reason> {
    let image = shape.image.ok_or(Reason::NoImage)?;
    let fits = |axis: usize| {
        let (k, s, p) = (kernel[axis], stride[axis], padding[axis]);
        (1..=MAX_DIM).contains(&k) && (1..=MAX_DIM).contains(&s) && p < k && k <= image[axis] + 2 * p
    };
    if fits(0) && fits(1) {
        Ok(Window { image, kernel, stride, before: padding, after: padding })
    } else {
        Err(Reason::Window { kernel, stride, padding, image })
    }
}

fn pool(
    x: Id,
    shape: ItemShape,
    pooling: Pooling,
    kernel: [u32; 2],
    stride: [u32; 2],
    padding: [u32; 2],
) -> Result<(Op, ItemShape), Reason> {
    let window = window(shape, kernel, stride, padding)?;
    let [h, w] = window.output();
    let shape = ItemShape { rows: (h as usize) * (w as usize), image: Some([h, w]), ..shape };
    Ok((Op::Pool { x, pooling, window }, shape))
}

/// Over all rows of an item, be they pixels or tokens.
fn global(x: Id, shape: ItemShape, pooling: Pooling) -> (Op, ItemShape) {
    let image = shape.image.unwrap_or([shape.rows as u32, 1]);
    let shape = ItemShape { rows: 1, cols: shape.cols, image: None };
    (Op::Pool { x, pooling, window: Window::whole(image) }, shape)
}
