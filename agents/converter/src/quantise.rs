//! From a network and what was measured of it to the graph and its tensors.

use crate::{
    attention,
    calibrate::Measured,
    constants::{self, Column, FACTORS, Quantisation},
    description::InputDescription,
    error::{ConvertError, Reason},
    network::{Id, Network, Node, Op},
};
use alloy_primitives::B256;
use autonet_ml_precompiles::{Dtype, Graph, GraphBuilder, Heads, Input, Operation, Source, Tensor, Value, Window};
use std::sync::Arc;

/// What the integers of a value stand for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Steps {
    /// Themselves.
    Indices,
    Whole(Quantisation),
    /// Symmetric, a scale for each column.
    Columns(Vec<f64>),
}

impl Steps {
    pub(crate) fn dequantise(&self, index: usize, integer: i8) -> f64 {
        match self {
            Self::Indices => integer.into(),
            Self::Whole(quantisation) => quantisation.dequantise(integer),
            Self::Columns(scales) => f64::from(integer) * scales[index % scales.len()],
        }
    }
}

/// A tensor that the graph names.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// Its id.
    pub id: B256,
    /// The tensor.
    pub tensor: Arc<Tensor>,
    /// The layer that reads it first.
    pub layer: String,
    /// What it is there: the operand's name.
    pub role: &'static str,
}

#[derive(Debug)]
pub(crate) struct Built {
    pub(crate) graph: Graph,
    pub(crate) parameters: Vec<Parameter>,
    /// By value.
    pub(crate) steps: Vec<Steps>,
}

pub(crate) fn build(input: &InputDescription, network: &Network, measured: &Measured) -> Result<Built, ConvertError> {
    let steps = if network.indices { Steps::Indices } else { Steps::Whole(input_steps(input, measured)?) };
    let dtype = if network.indices { Dtype::I32 } else { Dtype::I8 };
    let shape = network.input;
    let mut builder = Builder {
        network,
        measured,
        graph: GraphBuilder::with_items(Input { dtype, rows_per_item: shape.rows as u32, cols: shape.cols as u32 }),
        parameters: Vec::new(),
        steps: vec![steps],
    };
    for (index, node) in network.nodes.iter().enumerate() {
        let (operation, steps) = builder.node(index + 1, node).map_err(|error| match error {
            Wrong::Reason(reason) => reason.of(&node.name),
            Wrong::Other(error) => error,
        })?;
        builder.graph.node(operation);
        builder.steps.push(steps);
    }
    let graph = builder.graph.build()?;
    // What is decoded is what a chain accepts.
    Graph::decode(&graph.encode())?;
    Ok(Built { graph, parameters: builder.parameters, steps: builder.steps })
}

fn input_steps(input: &InputDescription, measured: &Measured) -> Result<Quantisation, ConvertError> {
    match input.scale {
        Some(scale) if scale.is_normal() && scale > 0.0 => Ok(Quantisation { scale, zero_point: input.zero_point }),
        Some(_) => Err(ConvertError::Input("scale")),
        None => Quantisation::affine(measured.ranges[0][0], 0.0).ok_or(ConvertError::Calibration(Reason::Dead)),
    }
}

enum Wrong {
    Reason(Reason),
    Other(ConvertError),
}

impl From<Reason> for Wrong {
    fn from(reason: Reason) -> Self {
        Self::Reason(reason)
    }
}

type Made = (Operation<Source>, Steps);

struct Builder<'a> {
    network: &'a Network,
    measured: &'a Measured,
    graph: GraphBuilder,
    parameters: Vec<Parameter>,
    steps: Vec<Steps>,
}

impl Builder<'_> {
    fn node(&mut self, id: Id, node: &Node) -> Result<Made, Wrong> {
        match &node.op {
            Op::Product { x, weights, bias, window, heads } => {
                self.product(id, node, *x, weights, bias, window.as_ref(), heads.as_ref())
            }
            Op::Map { x, function } => {
                let (from, to) = (self.whole(*x), self.range(id, 0.0)?);
                let entry = |x: i8| to.quantise_nearest(function.apply(from.dequantise(x)));
                let table = self.i8(node, "table", &[256], (i8::MIN..=i8::MAX).map(entry).collect())?;
                Ok((Operation::lut8(value(*x), table), Steps::Whole(to)))
            }
            Op::Softmax { x } => {
                let table = constants::softmax_table(self.whole(*x).scale);
                let table = self.i32(node, "table", &[256], table)?;
                let steps = Quantisation { scale: 1.0 / 127.0, zero_point: 0 };
                Ok((Operation::softmax(value(*x), table), Steps::Whole(steps)))
            }
            Op::Layernorm { x, weight, bias, .. } => {
                let to = self.range(id, 0.0)?;
                let damping = self.measured.damping[id - 1];
                let factors: Vec<f64> = weight.iter().map(|weight| weight * damping / to.scale).collect();
                let offsets: Vec<f64> = bias.iter().map(|bias| bias / to.scale + f64::from(to.zero_point)).collect();
                let rows = constants::layernorm(&factors, &offsets)?;
                let rows = self.i32(node, "constants", &[3, weight.len()], rows)?;
                Ok((Operation::layernorm(value(*x), rows), Steps::Whole(to)))
            }
            Op::Add { a, b } => self.add(id, node, *a, value(*b), self.whole(*b)),
            Op::Position { x, table } => {
                let range = table.iter().fold([0.0f64, 0.0f64], |[low, high], v| [low.min(*v), high.max(*v)]);
                let steps = Quantisation::affine(range, 0.0).ok_or(Reason::Dead)?;
                let table = table.iter().map(|value| steps.quantise_nearest(*value)).collect();
                let table = self.i8(node, "b", &[node.shape.rows, node.shape.cols], table)?;
                self.add(id, node, *x, table, steps)
            }
            Op::Pool { x, pooling, window } => {
                Ok((Operation::pool(*pooling, *window, value(*x)), self.steps[*x].clone()))
            }
            Op::Scores { qkv, heads } => self.scores(id, node, *qkv, heads),
            Op::Mix { p, qkv, heads } => self.mix(id, node, *p, *qkv, heads),
            Op::Gather { x, table } => {
                let range = table.iter().fold([0.0f64, 0.0f64], |[low, high], v| [low.min(*v), high.max(*v)]);
                let steps = Quantisation::affine(range, 0.0).ok_or(Reason::Dead)?;
                let cols = node.shape.cols;
                let rows = table.iter().map(|value| steps.quantise_nearest(*value)).collect();
                let table = self.i8(node, "table", &[table.len() / cols, cols], rows)?;
                Ok((Operation::gather(table, value(*x)), Steps::Whole(steps)))
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of the node")]
    fn product(
        &mut self,
        id: Id,
        node: &Node,
        x: Id,
        weights: &[f64],
        bias: &[f64],
        window: Option<&Window>,
        heads: Option<&Heads>,
    ) -> Result<Made, Wrong> {
        let (from, n) = (self.whole(x), bias.len());
        let k = weights.len() / n;
        let column = |j: usize| weights.iter().skip(j).step_by(n).copied().collect::<Vec<f64>>();
        let least: Vec<f64> = (0..n).map(|j| constants::least_scale(&column(j), bias[j], from)).collect();
        let steps = match heads {
            None => Steps::Whole(self.range(id, least.iter().copied().fold(0.0, f64::max))?),
            Some(heads) => Steps::Columns(attention::scales(&self.measured.ranges[id], &least, heads)?),
        };
        let (mut data, mut biases, mut factors) = (vec![0; k * n], Vec::new(), Vec::new());
        for (j, &bias) in bias.iter().enumerate() {
            let scale = match &steps {
                Steps::Columns(scales) => scales[j],
                Steps::Whole(steps) => steps.scale,
                Steps::Indices => 1.0,
            };
            let Column { weights, bias, factor } = constants::column(j, &column(j), bias, from, scale)?;
            weights.into_iter().enumerate().for_each(|(row, weight)| data[row * n + j] = weight);
            biases.push(bias);
            factors.push(factor);
        }
        let zero_point = if let Steps::Whole(steps) = &steps { steps.zero_point } else { 0 };
        let rows = constants::requant_rows(&factors, zero_point)?;
        let weights = self.i8(node, "weights", &[k, n], data)?;
        let bias = Some(self.i32(node, "bias", &[n], biases)?);
        let requant = Some(self.i32(node, "requant", &[3, n], rows)?);
        let operation = match window {
            None => Operation::matmul(value(x), weights, bias, requant),
            Some(window) => Operation::conv2d(*window, from.zero_point, value(x), weights, bias, requant),
        };
        Ok((operation, steps))
    }

    fn add(&mut self, id: Id, node: &Node, a: Id, b: Source, of_b: Quantisation) -> Result<Made, Wrong> {
        let (of_a, to) = (self.whole(a), self.range(id, 0.0)?);
        let [fa, fb] = [of_a, of_b].map(|steps| steps.scale / to.scale);
        let [za, zb, zy] = [of_a, of_b, to].map(|steps| f64::from(steps.zero_point));
        let constants = constants::add(fa, fb, zy - za * fa - zb * fb)?;
        let constants = self.i32(node, "constants", &[4], constants)?;
        Ok((Operation::add(value(a), b, constants), Steps::Whole(to)))
    }

    fn scores(&mut self, id: Id, node: &Node, qkv: Id, heads: &Heads) -> Result<Made, Wrong> {
        let columns = self.columns(qkv);
        let [h, depth] = [heads.heads, heads.depth].map(|n| n as usize);
        let scale = |head: usize| columns[head * depth] * columns[(h + head) * depth] / (depth as f64).sqrt();
        let scales: Vec<f64> = (0..h).map(scale).collect();
        let to = self.range(id, scales.iter().copied().fold(0.0, f64::max) / FACTORS[1])?;
        let factors: Vec<f64> = scales.iter().map(|scale| scale / to.scale).collect();
        let rows = constants::requant_rows(&factors, to.zero_point)?;
        let constants = self.i32(node, "constants", &[3, h], rows)?;
        let first = [0, heads.heads * heads.depth];
        Ok((Operation::scores(*heads, first, value(qkv), value(qkv), constants), Steps::Whole(to)))
    }

    fn mix(&mut self, id: Id, node: &Node, p: Id, qkv: Id, heads: &Heads) -> Result<Made, Wrong> {
        let (probability, columns) = (self.whole(p).scale, self.columns(qkv));
        let cols = node.shape.cols;
        let scales: Vec<f64> = columns[2 * cols..].iter().map(|scale| scale * probability).collect();
        let to = self.range(id, scales.iter().copied().fold(0.0, f64::max) / FACTORS[1])?;
        let factors: Vec<f64> = scales.iter().map(|scale| scale / to.scale).collect();
        let rows = constants::requant_rows(&factors, to.zero_point)?;
        let constants = self.i32(node, "constants", &[3, cols], rows)?;
        Ok((Operation::mix(*heads, 2 * cols as u32, value(p), value(qkv), constants), Steps::Whole(to)))
    }

    /// For the result of a node: affine, but symmetric for an output with both signs, whose readers then need no zero.
    fn range(&self, id: Id, least: f64) -> Result<Quantisation, Reason> {
        let range = self.measured.ranges[id][0];
        let last = id == self.network.nodes.len();
        if range == [0.0, 0.0] {
            return Err(Reason::Dead);
        }
        let steps = if last && range[0] < 0.0 {
            Quantisation::symmetric(range, least)
        } else {
            Quantisation::affine(range, least)
        };
        steps.ok_or(Reason::Dead)
    }

    fn whole(&self, id: Id) -> Quantisation {
        match &self.steps[id] {
            Steps::Whole(steps) => *steps,
            // Only attention reads columns, and only an embedding indices.
            Steps::Columns(_) | Steps::Indices => Quantisation { scale: 1.0, zero_point: 0 },
        }
    }

    fn columns(&self, id: Id) -> Vec<f64> {
        if let Steps::Columns(scales) = &self.steps[id] { scales.clone() } else { Vec::new() }
    }

    fn i8(&mut self, node: &Node, role: &'static str, dims: &[usize], data: Vec<i8>) -> Result<Source, Wrong> {
        self.tensor(node, role, Tensor::from_i8(&to_u32(dims), data))
    }

    fn i32(&mut self, node: &Node, role: &'static str, dims: &[usize], data: Vec<i32>) -> Result<Source, Wrong> {
        self.tensor(node, role, Tensor::from_i32(&to_u32(dims), data))
    }

    /// Keeps each tensor once.
    fn tensor(
        &mut self,
        node: &Node,
        role: &'static str,
        tensor: Result<Tensor, autonet_ml_precompiles::TensorError>,
    ) -> Result<Source, Wrong> {
        let tensor = tensor.map_err(|error| Wrong::Other(error.into()))?;
        let id: B256 = tensor.id();
        if self.parameters.iter().all(|parameter| parameter.id != id) {
            self.parameters.push(Parameter { id, tensor: Arc::new(tensor), layer: node.name.clone(), role });
        }
        Ok(id.into())
    }
}

const fn value(id: Id) -> Source {
    // A graph of more nodes than 16 bits count is refused when it is put together.
    Source::Value(Value(if id > u16::MAX as usize { u16::MAX } else { id as u16 }))
}

fn to_u32(dims: &[usize]) -> Vec<u32> {
    dims.iter().map(|dim| u32::try_from(*dim).unwrap_or(u32::MAX)).collect()
}
