#![doc = include_str!("../README.md")]

mod array;
mod attention;
mod calibrate;
mod constants;
mod description;
mod error;
mod evaluate;
mod float;
mod functions;
mod fuse;
mod lower;
mod manifest;
mod network;
mod quantise;
mod range;
mod report;

pub use array::{Array, Calibration, SafetensorsFile, Weights};
pub use constants::Quantisation;
pub use description::{Description, InputDescription, InputKind, Layer, Layout};
pub use error::{ConvertError, Reason};
pub use manifest::{Manifest, TensorManifest, ValueManifest};
pub use quantise::Parameter;
pub use report::{LayerLoss, OutputLoss, Report};

use autonet_ml_precompiles::{Dtype, Graph};
use quantise::Steps;

/// What can be chosen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// Share of the values that activations' ranges hold at each end, in per cent; 100: all.
    pub percentile: f64,
}

impl Default for Options {
    fn default() -> Self {
        Self { percentile: 100.0 }
    }
}

/// What takes long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The float model, for the ranges of its values.
    Ranges,
    /// Again, for their percentiles.
    Percentiles,
    /// Both models, for the difference.
    Loss,
}

/// How far a stage is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Which.
    pub stage: Stage,
    /// Items done.
    pub done: usize,
    /// Items in all.
    pub total: usize,
}

/// An integer model.
#[derive(Clone, Debug)]
pub struct Converted {
    /// What ModelRegistry stores; its hash is the model's id.
    pub graph: Graph,
    /// The tensors that it names.
    pub parameters: Vec<Parameter>,
    /// Ids, and what the integers stand for.
    pub manifest: Manifest,
    /// What was lost.
    pub report: Report,
    input: Steps,
}

impl Converted {
    /// How the input's numbers are made into integers; nothing if they are indices.
    pub const fn input(&self) -> Option<Quantisation> {
        if let Steps::Whole(steps) = &self.input { Some(*steps) } else { None }
    }
}

/// Makes an I8 model of a float model. The same arguments give the same bytes, on every machine.
pub fn convert(
    description: &Description,
    weights: &dyn Weights,
    calibration: &Calibration,
    options: &Options,
    progress: &mut dyn FnMut(Progress),
) -> Result<Converted, ConvertError> {
    let network = lower::lower(description, weights)?;
    let items = calibrate::Items::new(description, &network, calibration)?;
    let measured = calibrate::measure(&network, &items, options, progress)?;
    let built = quantise::build(&description.input, &network, &measured)?;
    let report = evaluate::evaluate(&network, &built, &items, calibration, progress)?;
    let value = |id: usize| {
        let shape = network.shape(id);
        let whole = if let Steps::Whole(steps) = &built.steps[id] { Some(*steps) } else { None };
        ValueManifest {
            dtype: if built.steps[id] == Steps::Indices { Dtype::I32 } else { Dtype::I8 },
            rows: shape.rows,
            columns: shape.cols,
            image: shape.image,
            scale: whole.map(|steps| steps.scale),
            zero_point: whole.map_or(0, |steps| steps.zero_point),
        }
    };
    let tensor = |parameter: &Parameter| {
        let (id, shape) = (parameter.id, parameter.tensor.shape());
        TensorManifest {
            id,
            file: format!("tensors/{id}.bin"),
            dtype: shape.dtype(),
            dims: shape.dims().to_vec(),
            layer: parameter.layer.clone(),
            operand: parameter.role,
        }
    };
    let manifest = Manifest {
        model_id: built.graph.model_id(),
        graph_bytes: built.graph.encode().len(),
        input: value(0),
        output: value(network.nodes.len()),
        tensors: built.parameters.iter().map(tensor).collect(),
    };
    let input = built.steps[0].clone();
    Ok(Converted { graph: built.graph, parameters: built.parameters, manifest, report, input })
}
