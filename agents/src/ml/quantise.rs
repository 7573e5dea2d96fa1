//! Q8.24 weights to an I8 model, by the converter. Whoever has the same weights gets the same model, to its id: the converter's
//! sums have one order.

use super::{HIDDEN, IntegerModel, MlError, Weights};
use crate::data::{CLASSES, Digit, PIXELS};
use autonet_converter::{Array, Calibration, Description, Options, convert};
use std::collections::BTreeMap;

/// The network that weights are for. The chain's input is raw pixels, of which a float is a sixteenth.
const DESCRIPTION: &[u8] = br#"{
    "input": { "columns": 64, "scale": 0.0625, "zero_point": 0 },
    "layers": [
        { "kind": "linear", "name": "hidden", "weight": "w1", "bias": "b1" },
        { "kind": "relu", "name": "relu" },
        { "kind": "linear", "name": "output", "weight": "w2", "bias": "b2" }
    ]
}"#;
const PIXEL_STEPS: f32 = 16.0;

/// The I8 model of `weights`, with activations calibrated on `training`.
pub fn quantise(weights: &Weights, training: &[Digit]) -> Result<IntegerModel, MlError> {
    let (w1, b1) = weights.hidden();
    let (w2, b2) = weights.output();
    let tensors = BTreeMap::from([
        ("w1".to_owned(), transposed(w1, [PIXELS, HIDDEN])?),
        ("b1".to_owned(), array(&[HIDDEN], b1.iter().copied().map(float))?),
        ("w2".to_owned(), transposed(w2, [HIDDEN, CLASSES])?),
        ("b2".to_owned(), array(&[CLASSES], b2.iter().copied().map(float))?),
    ]);
    let pixels = training.iter().flat_map(|digit| digit.pixels).map(|pixel| f32::from(pixel) / PIXEL_STEPS);
    let calibration = Calibration { inputs: array(&[training.len(), PIXELS], pixels)?, labels: None };
    let description = Description::from_json(DESCRIPTION)?;
    let converted = convert(&description, &tensors, &calibration, &Options::default(), &mut |_| ())?;
    let parameters = converted.parameters.into_iter().map(|parameter| parameter.tensor).collect();
    Ok(IntegerModel { graph: converted.graph, parameters })
}

fn float(value: i32) -> f32 {
    value as f32 / (1 << 24) as f32
}

fn array(dims: &[usize], data: impl Iterator<Item = f32>) -> Result<Array, MlError> {
    Array::new(dims, data.collect()).ok_or(MlError::WeightsShape)
}

/// A matrix with one row per input, as one with one row per output.
fn transposed(matrix: &[i32], [inputs, outputs]: [usize; 2]) -> Result<Array, MlError> {
    let column = |output: usize| matrix.iter().skip(output).step_by(outputs).copied().map(float);
    array(&[outputs, inputs], (0..outputs).flat_map(column))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Digits;
    use alloy::primitives::B256;
    use autonet_converter::{ConvertError, Reason};

    #[test]
    fn the_same_weights_give_the_same_model() {
        let digits = Digits::load().unwrap();
        let model = |seed| quantise(&Weights::initial(B256::repeat_byte(seed)), &digits.training).unwrap();
        assert_eq!(model(1).graph.model_id(), model(1).graph.model_id());
        assert_ne!(model(1).graph.model_id(), model(2).graph.model_id());
        assert_eq!(model(1).parameters.len(), 6);
    }

    #[test]
    fn weights_that_never_fire_are_refused() {
        let digits = Digits::load().unwrap();
        let dead = Weights::new(vec![-1; super::super::PARAMETERS]).unwrap();
        let refused = quantise(&dead, &digits.training).unwrap_err();
        assert!(matches!(&refused, MlError::Convert(ConvertError::Layer { reason: Reason::Dead, .. })), "{refused}");
    }
}
