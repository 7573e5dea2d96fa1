//! Training in floats with libtorch: the only place that knows it.

use super::{HIDDEN, MlError, Weights};
use crate::{
    data::{CLASSES, Digit, PIXEL_MAX, PIXELS},
    draw::Draw,
};
use alloy::primitives::B256;
use tch::{
    Device, Kind, Tensor,
    nn::{self, OptimizerConfig},
};

/// How to train. On one thread, equal training gives equal weights (on one kind of CPU).
#[derive(Clone, Copy, Debug)]
pub struct Training {
    /// Passes over the images.
    pub epochs: u32,
    /// Images per step.
    pub batch: usize,
    /// Adam's learning rate at the start; it falls to 0 along half a cosine.
    pub learning_rate: f64,
    /// Orders the images.
    pub seed: B256,
}

impl Default for Training {
    fn default() -> Self {
        Self { epochs: 40, batch: 32, learning_rate: 3e-3, seed: B256::ZERO }
    }
}

/// Trains from `base` on `digits` and returns the weights, rounded to Q8.24. `stopped` is asked before every epoch.
pub fn train(
    base: &Weights,
    digits: &[Digit],
    training: &Training,
    stopped: impl Fn() -> bool,
) -> Result<Weights, MlError> {
    tch::set_num_threads(1);
    let (inputs, labels) = tensors(digits)?;
    let variables = nn::VarStore::new(Device::Cpu);
    let mlp = Mlp::variables(&variables.root(), &base.to_floats())?;
    let mut optimizer = nn::Adam::default().build(&variables, training.learning_rate)?;
    let mut draw = Draw::new(training.seed, "batches");
    for epoch in 0..training.epochs {
        if stopped() {
            return Err(MlError::Stopped);
        }
        let progress = f64::from(epoch) / f64::from(training.epochs);
        optimizer.set_lr(training.learning_rate * (1.0 + (std::f64::consts::PI * progress).cos()) / 2.0);
        let order: Vec<i64> = draw.permutation(digits.len()).into_iter().map(|index| index as i64).collect();
        for batch in order.chunks(training.batch.max(1)) {
            let rows = Tensor::f_from_slice(batch)?;
            let outputs = mlp.outputs(&inputs.f_index_select(0, &rows)?)?;
            let loss = outputs.cross_entropy_for_logits(&labels.f_index_select(0, &rows)?);
            optimizer.backward_step(&loss);
        }
    }
    Weights::from_floats_nearest(&mlp.flatten()?)
}

/// How many images the float model of `weights` puts into the right class.
pub fn float_hits(weights: &Weights, digits: &[Digit]) -> Result<u64, MlError> {
    tch::set_num_threads(1);
    let (inputs, labels) = tensors(digits)?;
    let outputs = Mlp::constants(&weights.to_floats())?.outputs(&inputs)?;
    let right = outputs.f_argmax(1, false)?.f_eq_tensor(&labels)?.f_sum(Kind::Int64)?;
    Ok(i64::try_from(right)?.unsigned_abs())
}

/// Inputs [N,64] as pixels / 16, labels [N].
fn tensors(digits: &[Digit]) -> Result<(Tensor, Tensor), MlError> {
    let pixels: Vec<f32> =
        digits.iter().flat_map(|digit| digit.pixels).map(|p| f32::from(p) / f32::from(PIXEL_MAX)).collect();
    let labels: Vec<i64> = digits.iter().map(|digit| digit.label.into()).collect();
    let inputs = Tensor::f_from_slice(&pixels)?.f_reshape([digits.len() as i64, PIXELS as i64])?;
    Ok((inputs, Tensor::f_from_slice(&labels)?))
}

/// w1, b1, w2, b2, as laid out in [`Weights`].
struct Mlp([Tensor; 4]);

impl Mlp {
    const SHAPES: [&[i64]; 4] =
        [&[PIXELS as i64, HIDDEN as i64], &[HIDDEN as i64], &[HIDDEN as i64, CLASSES as i64], &[CLASSES as i64]];

    fn constants(flat: &[f32]) -> Result<Self, MlError> {
        let flat = Tensor::f_from_slice(flat)?;
        let mut start = 0;
        let mut part = |shape: &[i64]| {
            let length = shape.iter().product::<i64>();
            let part = flat.f_narrow(0, start, length)?.f_reshape(shape);
            start += length;
            part
        };
        let [w1, b1, w2, b2] = Self::SHAPES;
        Ok(Self([part(w1)?, part(b1)?, part(w2)?, part(b2)?]))
    }

    fn variables(path: &nn::Path<'_>, flat: &[f32]) -> Result<Self, MlError> {
        let Self([w1, b1, w2, b2]) = Self::constants(flat)?;
        Ok(Self([
            path.var_copy("w1", &w1),
            path.var_copy("b1", &b1),
            path.var_copy("w2", &w2),
            path.var_copy("b2", &b2),
        ]))
    }

    fn outputs(&self, inputs: &Tensor) -> Result<Tensor, MlError> {
        let [w1, b1, w2, b2] = &self.0;
        let hidden = inputs.f_matmul(w1)?.f_add(b1)?.f_relu()?;
        Ok(hidden.f_matmul(w2)?.f_add(b2)?)
    }

    fn flatten(&self) -> Result<Vec<f32>, MlError> {
        let parts: Vec<_> = self.0.iter().map(|part| part.f_detach()?.f_reshape([-1])).collect::<Result<_, _>>()?;
        Ok(Vec::try_from(&Tensor::f_cat(&parts, 0)?)?)
    }
}
