//! Models and inputs for the tests.

#![allow(dead_code, reason = "each test takes what it needs")]

use autonet_converter::{Array, Calibration, ConvertError, Converted, Description, Options, convert};
use autonet_ml_precompiles::{Failure, Graph, Tensor, forward};
use serde_json::Value as Json;
use std::{collections::BTreeMap, sync::Arc};

/// Numbers that are the same in every run.
pub(crate) struct Numbers(u64);

impl Numbers {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// Between -1 and 1.
    fn next(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 40) as f32 / (1 << 23) as f32 - 1.0
    }

    /// About normal.
    fn normal(&mut self) -> f32 {
        (0..6).map(|_| self.next()).sum::<f32>() / 1.4
    }

    pub(crate) fn array(&mut self, dims: &[usize], scale: f32) -> Array {
        let data = (0..dims.iter().product()).map(|_| self.normal() * scale).collect();
        Array::new(dims, data).unwrap()
    }
}

pub(crate) type Weights = BTreeMap<String, Array>;

/// Normal weights, scaled by the root of what a row of them adds up; `bias` and `norm` in a name have their own.
pub(crate) fn weights(numbers: &mut Numbers, dims: &[(&str, &[usize])]) -> Weights {
    let one = |(name, dims): &(&str, &[usize])| {
        let fan_in: usize = dims.iter().skip(1).product();
        let mut array = numbers.array(dims, 1.0 / (fan_in as f32).sqrt());
        if name.contains("norm") && name.contains("weight") {
            array.data.iter_mut().for_each(|value| *value = 1.0 + 0.2 * *value);
        }
        ((*name).to_owned(), array)
    };
    dims.iter().map(one).collect()
}

pub(crate) fn description(json: Json) -> Description {
    Description::from_json(json.to_string().as_bytes()).unwrap()
}

pub(crate) fn calibration(inputs: Array) -> Calibration {
    Calibration { inputs, labels: None }
}

pub(crate) fn run(json: Json, weights: &Weights, inputs: Array) -> Result<Converted, ConvertError> {
    convert(&description(json), weights, &calibration(inputs), &Options::default(), &mut |_| ())
}

/// What the chain computes for float inputs, dequantised.
pub(crate) fn chain(converted: &Converted, inputs: &[f32]) -> Vec<f64> {
    let graph = Graph::decode(&converted.graph.encode()).unwrap();
    let manifest = &converted.manifest;
    let cols = manifest.input.columns;
    let dims = [(inputs.len() / cols) as u32, cols as u32];
    let x = match converted.input() {
        Some(steps) => {
            Tensor::from_i8(&dims, inputs.iter().map(|value| steps.quantise_nearest((*value).into())).collect())
        }
        None => Tensor::from_i32(&dims, inputs.iter().map(|value| *value as i32).collect()),
    };
    let fetch = |id| {
        let found = converted.parameters.iter().find(|parameter| parameter.tensor.id() == id);
        found.map(|parameter| Arc::clone(&parameter.tensor)).ok_or(Failure::NoData)
    };
    let y = forward(&graph, &x.unwrap(), fetch).unwrap();
    let (scale, zero) = (manifest.output.scale.unwrap(), f64::from(manifest.output.zero_point));
    y.as_i8().unwrap().iter().map(|integer| (f64::from(*integer) - zero) * scale).collect()
}

/// Largest difference, in steps of the output.
pub(crate) fn steps_off(converted: &Converted, got: &[f64], expected: &[f64]) -> f64 {
    assert_eq!(got.len(), expected.len());
    let scale = converted.manifest.output.scale.unwrap();
    got.iter().zip(expected).map(|(a, b)| (a - b).abs() / scale).fold(0.0, f64::max)
}

pub(crate) fn doubles(array: &Array) -> Vec<f64> {
    array.data.iter().copied().map(f64::from).collect()
}
