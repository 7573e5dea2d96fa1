//! Running the float model over the calibration data.

use crate::{
    Options, Progress, Stage,
    array::{Calibration, whole},
    description::{Description, Layout},
    error::{ConvertError, Reason},
    functions::moments,
    network::{Network, Op},
    range::Observer,
};

/// Numbers of one batch's largest value.
const BATCH: usize = 1 << 21;
/// Rows that an integer tensor can have.
const MAX_ROWS: usize = autonet_ml_precompiles::MAX_DIM as usize;

/// Calibration inputs as the network reads them.
#[derive(Debug)]
pub(crate) struct Items {
    values: Vec<f64>,
    size: usize,
    batch: usize,
}

impl Items {
    pub(crate) fn new(
        description: &Description,
        network: &Network,
        calibration: &Calibration,
    ) -> Result<Self, ConvertError> {
        let (size, array) = (network.input.count(), &calibration.inputs);
        let product = array.dims.iter().try_fold(1usize, |product, dim| product.checked_mul(*dim));
        if array.data.is_empty() || !array.data.len().is_multiple_of(size) || product != Some(array.data.len()) {
            let expected = vec![array.data.len() / size, network.input.rows, network.input.cols];
            let reason = Reason::Dims { tensor: "inputs".into(), dims: array.dims.clone(), expected };
            return Err(ConvertError::Calibration(reason));
        }
        let mut values = array.finite("inputs").map_err(ConvertError::Calibration)?;
        if network.indices {
            check_indices(network, &array.data)?;
        }
        if description.input.layout == Layout::Nchw {
            let (pixels, channels) = (network.input.rows, network.input.cols);
            for item in values.chunks_exact_mut(size) {
                let turned: Vec<f64> = (0..size).map(|to| item[(to % channels) * pixels + to / channels]).collect();
                item.copy_from_slice(&turned);
            }
        }
        Ok(Self { values, size, batch: batch(network) })
    }

    pub(crate) fn len(&self) -> usize {
        self.values.len() / self.size
    }

    /// Batch by batch, with the number of items done after each.
    pub(crate) fn batches(&self) -> impl Iterator<Item = (&[f64], usize)> {
        let batches = self.values.chunks(self.batch * self.size);
        batches.enumerate().map(|(index, batch)| (batch, index * self.batch + batch.len() / self.size))
    }
}

fn check_indices(network: &Network, values: &[f32]) -> Result<(), ConvertError> {
    let indices = whole("inputs", values).map_err(ConvertError::Calibration)?;
    let max = indices.into_iter().max().unwrap_or_default();
    for node in &network.nodes {
        if let Op::Gather { table, .. } = &node.op
            && max >= table.len() / node.shape.cols
        {
            return Err(Reason::Index(table.len() / node.shape.cols).of(&node.name));
        }
    }
    Ok(())
}

/// Items that fit a batch in memory, and in the limits of integer tensors.
fn batch(network: &Network) -> usize {
    let (mut numbers, mut rows) = (network.input.count(), network.input.rows);
    for node in &network.nodes {
        // The taps of a convolution are a tensor too.
        let taps = match &node.op {
            Op::Product { weights, window: Some(_), .. } => node.shape.rows * (weights.len() / node.shape.cols),
            _ => 0,
        };
        numbers = numbers.max(node.shape.count()).max(taps);
        rows = rows.max(node.shape.rows);
    }
    (BATCH / numbers).min(MAX_ROWS / rows).max(1)
}

/// What the float model does on the calibration data.
#[derive(Debug)]
pub(crate) struct Measured {
    /// By value, then by column where columns have scales of their own.
    pub(crate) ranges: Vec<Vec<[f64; 2]>>,
    /// By node: of a LAYERNORM the mean of `sqrt(variance / (variance + eps))`, which integers do not know.
    pub(crate) damping: Vec<f64>,
}

pub(crate) fn measure(
    network: &Network,
    items: &Items,
    options: &Options,
    progress: &mut dyn FnMut(Progress),
) -> Result<Measured, ConvertError> {
    let percentile = options.percentile;
    if !(percentile > 50.0 && percentile <= 100.0) {
        return Err(ConvertError::Percentile(percentile));
    }
    let columns = network.nodes.iter().map(|node| match node.op {
        Op::Product { heads: Some(_), .. } => node.shape.cols,
        _ => 1,
    });
    let mut observers: Vec<Observer> = std::iter::once(1).chain(columns).map(Observer::new).collect();
    let mut damping = vec![[0.0, 0.0]; network.nodes.len()];
    for (batch, done) in items.batches() {
        let values = network.run(batch.to_vec());
        for (id, (observer, values)) in observers.iter_mut().zip(&values).enumerate() {
            if !observer.widen(values) {
                return Err(Reason::Diverges.of(network.name(id)));
            }
        }
        for (node, sums) in network.nodes.iter().zip(&mut damping) {
            if let Op::Layernorm { x, eps, .. } = node.op {
                add_damping(&values[x], node.shape.cols, eps, sums);
            }
        }
        progress(Progress { stage: Stage::Ranges, done, total: items.len() });
    }
    if percentile < 100.0 {
        for (batch, done) in items.batches() {
            let values = network.run(batch.to_vec());
            observers.iter_mut().zip(&values).for_each(|(observer, values)| observer.count(values));
            progress(Progress { stage: Stage::Percentiles, done, total: items.len() });
        }
    }
    Ok(Measured {
        ranges: observers.iter().map(|observer| observer.ranges(percentile)).collect(),
        damping: damping.into_iter().map(|[sum, count]| if count > 0.0 { sum / count } else { 1.0 }).collect(),
    })
}

fn add_damping(x: &[f64], cols: usize, eps: f64, sums: &mut [f64; 2]) {
    for row in x.chunks_exact(cols) {
        let [_, variance] = moments(row);
        // A row without variance is normalised to zero, whatever it is multiplied with.
        if variance > 0.0 {
            sums[0] += (variance / (variance + eps)).sqrt();
            sums[1] += 1.0;
        }
    }
}
