//! The float model itself, in f64 and in a fixed order of sums: what the integers are measured by.

use crate::{
    functions::{moments, softmax},
    network::{ItemShape, Network, Node, Op},
};
use autonet_ml_precompiles::{Heads, Pooling, Window};

impl Network {
    /// All values on some items: `values[0]` is the input, which is `items` times as long as an item.
    pub(crate) fn run(&self, input: Vec<f64>) -> Vec<Vec<f64>> {
        let mut values = vec![input];
        for node in &self.nodes {
            let mut result = self.node(node, &values);
            if node.relu {
                result.iter_mut().for_each(|value| *value = value.max(0.0));
            }
            values.push(result);
        }
        values
    }

    fn node(&self, node: &Node, values: &[Vec<f64>]) -> Vec<f64> {
        match &node.op {
            Op::Product { x, weights, bias, window, .. } => {
                let shape = self.shape(*x);
                match window {
                    None => product(&values[*x], shape.cols, weights, bias),
                    Some(window) => convolution(&values[*x], shape, window, weights, bias),
                }
            }
            Op::Map { x, function } => values[*x].iter().map(|value| function.apply(*value)).collect(),
            Op::Softmax { x } => {
                let mut y = values[*x].clone();
                y.chunks_exact_mut(node.shape.cols).for_each(softmax);
                y
            }
            Op::Layernorm { x, weight, bias, eps } => {
                let rows = values[*x].chunks_exact(node.shape.cols);
                rows.flat_map(|row| {
                    let [mean, variance] = moments(row);
                    let inverse = 1.0 / (variance + eps).sqrt();
                    let scaled = row.iter().zip(weight).zip(bias);
                    scaled.map(move |((value, weight), bias)| (value - mean) * inverse * weight + bias)
                })
                .collect()
            }
            Op::Add { a, b } => values[*a].iter().zip(&values[*b]).map(|(a, b)| a + b).collect(),
            Op::Position { x, table } => values[*x].iter().zip(table.iter().cycle()).map(|(a, b)| a + b).collect(),
            Op::Pool { x, pooling, window } => pool(&values[*x], self.shape(*x), *pooling, window),
            Op::Scores { qkv, heads } => scores(&values[*qkv], heads),
            Op::Mix { p, qkv, heads } => mix(&values[*p], &values[*qkv], heads),
            Op::Gather { x, table } => {
                let cols = node.shape.cols;
                let rows = values[*x].iter().map(|&index| index as usize * cols);
                rows.flat_map(|start| table[start..start + cols].iter().copied()).collect()
            }
        }
    }
}

fn product(x: &[f64], k: usize, weights: &[f64], bias: &[f64]) -> Vec<f64> {
    let mut y = Vec::with_capacity(x.len() / k * bias.len());
    for row in x.chunks_exact(k) {
        let start = y.len();
        y.extend_from_slice(bias);
        accumulate(row, weights, &mut y[start..]);
    }
    y
}

/// `sums += row * weights`.
fn accumulate(row: &[f64], weights: &[f64], sums: &mut [f64]) {
    for (value, weights) in row.iter().zip(weights.chunks_exact(sums.len())).filter(|(value, _)| **value != 0.0) {
        for (sum, weight) in sums.iter_mut().zip(weights) {
            *sum += value * weight;
        }
    }
}

fn convolution(x: &[f64], shape: ItemShape, window: &Window, weights: &[f64], bias: &[f64]) -> Vec<f64> {
    let mut y = Vec::new();
    for row in 0..output_rows(x, shape, window) {
        let start = y.len();
        y.extend_from_slice(bias);
        for (tap, weights) in window.iter_taps().zip(weights.chunks_exact(shape.cols * bias.len())) {
            if let Some(pixel) = window.tap(row, tap) {
                accumulate(&x[pixel * shape.cols..(pixel + 1) * shape.cols], weights, &mut y[start..]);
            }
        }
    }
    y
}

fn output_rows(x: &[f64], shape: ItemShape, window: &Window) -> usize {
    let [h, w] = window.output().map(|side| side as usize);
    x.len() / shape.count() * h * w
}

fn pool(x: &[f64], shape: ItemShape, pooling: Pooling, window: &Window) -> Vec<f64> {
    let mut y = Vec::new();
    for row in 0..output_rows(x, shape, window) {
        let taps: Vec<usize> = window.iter_taps().filter_map(|tap| window.tap(row, tap)).collect();
        for column in 0..shape.cols {
            let values = taps.iter().map(|pixel| x[pixel * shape.cols + column]);
            y.push(match pooling {
                Pooling::Max => values.fold(f64::NEG_INFINITY, f64::max),
                Pooling::Mean => values.sum::<f64>() / taps.len() as f64,
            });
        }
    }
    y
}

/// `q * k / sqrt(depth)`, rows by sequence, head and token of q.
fn scores(qkv: &[f64], heads: &Heads) -> Vec<f64> {
    let [h, tokens, depth] = [heads.heads, heads.tokens, heads.depth].map(|n| n as usize);
    let cols = 3 * h * depth;
    let scale = 1.0 / (depth as f64).sqrt();
    let mut y = Vec::new();
    for sequence in qkv.chunks_exact(tokens * cols) {
        for head in 0..h {
            let part = |token: usize, of: usize| &sequence[token * cols + (of * h + head) * depth..][..depth];
            for i in 0..tokens {
                for j in 0..tokens {
                    let products = part(i, 0).iter().zip(part(j, 1)).map(|(q, k)| q * k);
                    y.push(products.sum::<f64>() * scale);
                }
            }
        }
    }
    y
}

fn mix(p: &[f64], qkv: &[f64], heads: &Heads) -> Vec<f64> {
    let [h, tokens, depth] = [heads.heads, heads.tokens, heads.depth].map(|n| n as usize);
    let cols = 3 * h * depth;
    let mut y = vec![0.0; qkv.len() / 3];
    for (index, probabilities) in p.chunks_exact(tokens).enumerate() {
        let (sequence, head, token) = (index / tokens / h, index / tokens % h, index % tokens);
        let to = (sequence * tokens + token) * h * depth + head * depth;
        for (j, probability) in probabilities.iter().enumerate() {
            let from = (sequence * tokens + j) * cols + (2 * h + head) * depth;
            for (sum, v) in y[to..to + depth].iter_mut().zip(&qkv[from..from + depth]) {
                *sum += probability * v;
            }
        }
    }
    y
}
