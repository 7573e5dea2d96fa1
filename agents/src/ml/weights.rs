//! Weights as the chain keeps them: Q8.24 numbers in one vector.

use super::MlError;
use crate::{
    data::{CLASSES, PIXELS},
    draw::Draw,
};
use alloy::primitives::B256;
use autonet_ml_precompiles::Tensor;

/// Units between the image and the ten outputs.
pub const HIDDEN: usize = 64;
/// Numbers in a vector of weights.
pub const PARAMETERS: usize = PIXELS * HIDDEN + HIDDEN + HIDDEN * CLASSES + CLASSES;

const HIDDEN_BIAS: usize = PIXELS * HIDDEN;
const OUTPUT: usize = HIDDEN_BIAS + HIDDEN;
const OUTPUT_BIAS: usize = OUTPUT + HIDDEN * CLASSES;
/// 1 in Q8.24.
const ONE: f64 = (1 << 24) as f64;

/// The weights of an MLP 64-64-10 in Q8.24, laid out as `w1 [64,64] | b1 [64] | w2 [64,10] | b2 [10]`, matrices row by
/// row with one row per input. The inputs that they are for are pixels / 16.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weights(Vec<i32>);

impl Weights {
    /// The start of a project: uniform in +-sqrt(6 / (inputs + outputs)) by layer, biases zero.
    pub fn initial(seed: B256) -> Self {
        let mut draw = Draw::new(seed, "initial weights");
        let mut layer = |inputs: usize, outputs: usize| -> Vec<i32> {
            let bound = ((6u64 << 48) / (inputs + outputs) as u64).isqrt() as u32;
            let mut weights: Vec<i32> = Vec::with_capacity(inputs * outputs + outputs);
            weights.extend((0..inputs * outputs).map(|_| draw.below(2 * bound + 1) as i32 - bound as i32));
            weights.resize(inputs * outputs + outputs, 0);
            weights
        };
        let mut weights = layer(PIXELS, HIDDEN);
        weights.extend(layer(HIDDEN, CLASSES));
        Self(weights)
    }

    /// Any numbers, if there are enough of them.
    pub fn new(values: Vec<i32>) -> Result<Self, MlError> {
        if values.len() == PARAMETERS { Ok(Self(values)) } else { Err(MlError::WeightsShape) }
    }

    /// From an I32 tensor of rank 1.
    pub fn from_tensor(tensor: &Tensor) -> Result<Self, MlError> {
        match tensor.as_i32() {
            Some(values) if tensor.shape().dims().len() == 1 => Self::new(values.to_vec()),
            _ => Err(MlError::WeightsShape),
        }
    }

    /// Each float to the nearest Q8.24 number, halves away from zero.
    pub fn from_floats_nearest(floats: &[f32]) -> Result<Self, MlError> {
        let quantise = |(index, &float): (usize, &f32)| {
            let scaled = (f64::from(float) * ONE).round();
            let fits = scaled >= f64::from(i32::MIN) && scaled <= f64::from(i32::MAX);
            if fits { Ok(scaled as i32) } else { Err(MlError::WeightRange(index)) }
        };
        Self::new(floats.iter().enumerate().map(quantise).collect::<Result<_, _>>()?)
    }

    /// As floats, rounded to their 24 bits.
    pub fn to_floats(&self) -> Vec<f32> {
        self.0.iter().map(|&weight| (f64::from(weight) / ONE) as f32).collect()
    }

    /// As the I32 tensor that contracts name by its id.
    pub fn to_tensor(&self) -> Result<Tensor, MlError> {
        Ok(Tensor::from_i32(&[PARAMETERS as u32], self.0.clone())?)
    }

    /// All numbers.
    pub fn values(&self) -> &[i32] {
        &self.0
    }

    /// `self - base`: the update that a solver submits. Exact.
    pub fn update_from(&self, base: &Self) -> Result<Self, MlError> {
        self.combine(base, i32::checked_sub)
    }

    /// `self + update`. Exact.
    pub fn updated(&self, update: &Self) -> Result<Self, MlError> {
        self.combine(update, i32::checked_add)
    }

    fn combine(&self, other: &Self, operation: fn(i32, i32) -> Option<i32>) -> Result<Self, MlError> {
        let pairs = self.0.iter().zip(&other.0).enumerate();
        let combined = pairs.map(|(index, (&a, &b))| operation(a, b).ok_or(MlError::WeightRange(index)));
        Ok(Self(combined.collect::<Result<_, _>>()?))
    }

    /// w1 [64,64], b1 [64].
    pub fn hidden(&self) -> (&[i32], &[i32]) {
        (&self.0[..HIDDEN_BIAS], &self.0[HIDDEN_BIAS..OUTPUT])
    }

    /// w2 [64,10], b2 [10].
    pub fn output(&self) -> (&[i32], &[i32]) {
        (&self.0[OUTPUT..OUTPUT_BIAS], &self.0[OUTPUT_BIAS..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_rounded_to_the_nearest() {
        let mut floats = vec![0.0; PARAMETERS];
        floats[..4].copy_from_slice(&[1.0, -0.5, 1.4 / (1 << 24) as f32, -127.5]);
        let weights = Weights::from_floats_nearest(&floats).unwrap();
        assert_eq!(weights.values()[..4], [1 << 24, -(1 << 23), 1, -255 << 23]);
        assert_eq!(Weights::from_floats_nearest(&weights.to_floats()).unwrap(), weights);
        for outside in [128.0, -128.1, f32::NAN, f32::INFINITY] {
            floats[7] = outside;
            assert!(matches!(Weights::from_floats_nearest(&floats), Err(MlError::WeightRange(7))));
        }
    }

    #[test]
    fn an_update_leads_from_the_base_to_the_weights() {
        let (base, trained) = (Weights::initial(B256::ZERO), Weights::initial(B256::repeat_byte(1)));
        let update = trained.update_from(&base).unwrap();
        assert_eq!(base.updated(&update).unwrap(), trained);
        let extreme = Weights::new(vec![i32::MIN; PARAMETERS]).unwrap();
        let one = Weights::new(vec![1; PARAMETERS]).unwrap();
        assert!(matches!(extreme.update_from(&one), Err(MlError::WeightRange(0))));
    }

    #[test]
    fn the_start_is_fixed_by_its_seed() {
        let weights = Weights::initial(B256::ZERO);
        assert_eq!(weights, Weights::initial(B256::ZERO));
        assert_ne!(weights, Weights::initial(B256::repeat_byte(1)));
        // sqrt(6 / 128) and sqrt(6 / 74) in Q8.24
        assert!(weights.hidden().0.iter().all(|weight| weight.abs() <= 3_632_379));
        assert!(weights.output().0.iter().all(|weight| weight.abs() <= 4_777_295));
        assert!(weights.hidden().1.iter().chain(weights.output().1).all(|&bias| bias == 0));
    }
}
