//! What the integers lose.

use crate::{
    Progress, Stage,
    array::Calibration,
    calibrate::Items,
    error::ConvertError,
    network::Network,
    quantise::{Built, Steps},
    report::{LayerLoss, OutputLoss, Report},
};
use alloy_primitives::B256;
use autonet_ml_precompiles::{Elements, Engine, Failure, Source, Tensor};
use std::{collections::BTreeMap, sync::Arc};

/// Runs both models on `items`.
pub(crate) fn evaluate(
    network: &Network,
    built: &Built,
    items: &Items,
    calibration: &Calibration,
    progress: &mut dyn FnMut(Progress),
) -> Result<Report, ConvertError> {
    let output = network.shape(network.nodes.len());
    let rows = items.len() * output.rows;
    if let Some(labels) = &calibration.labels
        && (labels.len() != rows || labels.iter().any(|label| *label >= output.cols))
    {
        return Err(ConvertError::Labels { labels: labels.len(), rows, columns: output.cols });
    }
    let tensors: BTreeMap<B256, Arc<Tensor>> =
        built.parameters.iter().map(|parameter| (parameter.id, parameter.tensor.clone())).collect();
    let mut sums = vec![Sums::default(); network.nodes.len() + 1];
    let mut classes = Classes::default();
    for (batch, done) in items.batches() {
        let floats = network.run(batch.to_vec());
        let integers = run(network, built, &tensors, batch)?;
        for ((sums, steps), (floats, integers)) in sums.iter_mut().zip(&built.steps).zip(floats.iter().zip(&integers)) {
            sums.add(steps, floats, integers);
        }
        if let (Some(floats), Some(integers)) = (floats.last(), integers.last().and_then(Tensor::as_i8)) {
            classes.add(output.cols, floats, integers, calibration.labels.as_deref());
        }
        progress(Progress { stage: Stage::Loss, done, total: items.len() });
    }
    let layer = |(id, sums): (usize, &Sums)| LayerLoss {
        layer: network.name(id).into(),
        operation: id.checked_sub(1).map_or("", |node| network.nodes[node].op.name()).into(),
        rows: network.shape(id).rows,
        columns: network.shape(id).cols,
        scale: if let Steps::Whole(steps) = &built.steps[id] { Some(steps.scale) } else { None },
        zero_point: if let Steps::Whole(steps) = &built.steps[id] { steps.zero_point } else { 0 },
        relative_rms: sums.relative_rms(),
    };
    let last = sums.last().cloned().unwrap_or_default();
    let share = |hits: u64| hits as f64 / rows as f64;
    let labelled = calibration.labels.is_some();
    Ok(Report {
        layers: sums.iter().enumerate().map(layer).collect(),
        output: OutputLoss {
            items: items.len(),
            max_error: last.max,
            mean_error: last.absolute / last.count.max(1) as f64,
            argmax_agreement: share(classes.agreeing),
            float_accuracy: labelled.then(|| share(classes.float_hits)),
            integer_accuracy: labelled.then(|| share(classes.integer_hits)),
        },
    })
}

/// All values of the integer model: the operations that the chain runs.
fn run(
    network: &Network,
    built: &Built,
    tensors: &BTreeMap<B256, Arc<Tensor>>,
    input: &[f64],
) -> Result<Vec<Tensor>, ConvertError> {
    let shape = network.input;
    let dims = [input.len() / shape.cols, shape.cols].map(|dim| dim as u32);
    let input = match &built.steps[0] {
        Steps::Whole(steps) => {
            Tensor::from_i8(&dims, input.iter().map(|value| steps.quantise_nearest(*value)).collect())?
        }
        _ => Tensor::from_i32(&dims, input.iter().map(|value| *value as i32).collect())?,
    };
    let engine = Engine::detect();
    let mut values = vec![input];
    for node in built.graph.nodes() {
        let operation = node.try_map(|source| match source {
            Source::Value(value) => values.get(usize::from(value.0)).ok_or(Failure::Operand("value")),
            Source::Parameter(id) => tensors.get(id).map(Arc::as_ref).ok_or(Failure::NoData),
        })?;
        let result = operation.apply_on(&engine)?;
        values.push(result);
    }
    Ok(values)
}

#[derive(Clone, Debug, Default)]
struct Sums {
    squared_error: f64,
    squared: f64,
    absolute: f64,
    max: f64,
    count: u64,
}

impl Sums {
    fn add(&mut self, steps: &Steps, floats: &[f64], integers: &Tensor) {
        let Elements::I8(integers) = integers.elements() else { return };
        for (index, (value, integer)) in floats.iter().zip(integers.iter()).enumerate() {
            let error = (steps.dequantise(index, *integer) - value).abs();
            self.squared_error += error * error;
            self.squared += value * value;
            self.absolute += error;
            self.max = self.max.max(error);
            self.count += 1;
        }
    }

    fn relative_rms(&self) -> f64 {
        if self.squared > 0.0 { (self.squared_error / self.squared).sqrt() } else { self.squared_error.sqrt() }
    }
}

#[derive(Debug, Default)]
struct Classes {
    rows: usize,
    agreeing: u64,
    float_hits: u64,
    integer_hits: u64,
}

impl Classes {
    fn add(&mut self, cols: usize, floats: &[f64], integers: &[i8], labels: Option<&[usize]>) {
        for (float, integer) in floats.chunks_exact(cols).zip(integers.chunks_exact(cols)) {
            let (float, integer) = (first_maximum(float), first_maximum(integer));
            self.agreeing += u64::from(float == integer);
            let label = labels.and_then(|labels| labels.get(self.rows).copied());
            self.float_hits += u64::from(Some(float) == label);
            self.integer_hits += u64::from(Some(integer) == label);
            self.rows += 1;
        }
    }
}

fn first_maximum<T: PartialOrd>(row: &[T]) -> usize {
    let later = |best: usize, index: usize| if row[index] > row[best] { index } else { best };
    (0..row.len()).fold(0, later)
}
