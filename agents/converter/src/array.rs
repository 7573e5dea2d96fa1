//! Float tensors, and where they come from.

use crate::error::{ConvertError, Reason};
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use std::collections::BTreeMap;

/// A float tensor in row-major order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Array {
    /// Its dimensions.
    pub dims: Vec<usize>,
    /// Its elements: as many as the dimensions' product.
    pub data: Vec<f32>,
}

impl Array {
    /// A tensor of these dimensions; `None` if there are more or fewer elements.
    pub fn new(dims: impl Into<Vec<usize>>, data: Vec<f32>) -> Option<Self> {
        let dims = dims.into();
        let count = dims.iter().try_fold(1usize, |product, dim| product.checked_mul(*dim))?;
        (count == data.len()).then_some(Self { dims, data })
    }

    /// The elements, if all are finite.
    pub(crate) fn finite(&self, tensor: &str) -> Result<Vec<f64>, Reason> {
        match self.data.iter().position(|value| !value.is_finite()) {
            Some(index) => Err(Reason::NotFinite { tensor: tensor.into(), index }),
            None => Ok(self.data.iter().copied().map(f64::from).collect()),
        }
    }
}

/// Tensors by name: a trained model's parameters, or calibration data.
pub trait Weights {
    /// The tensor called `name`; [`Reason::MissingTensor`] if there is none.
    fn get(&self, name: &str) -> Result<Array, Reason>;
}

impl Weights for BTreeMap<String, Array> {
    fn get(&self, name: &str) -> Result<Array, Reason> {
        Self::get(self, name).cloned().ok_or_else(|| Reason::MissingTensor(name.into()))
    }
}

/// A safetensors file of f64, f32, f16, bf16 or (for labels and indices) integers.
#[derive(Debug)]
pub struct SafetensorsFile<'a>(SafeTensors<'a>);

impl<'a> SafetensorsFile<'a> {
    /// Reads the header; tensors are read when they are asked for.
    pub fn new(bytes: &'a [u8]) -> Result<Self, ConvertError> {
        Ok(Self(SafeTensors::deserialize(bytes)?))
    }
}

impl Weights for SafetensorsFile<'_> {
    fn get(&self, name: &str) -> Result<Array, Reason> {
        // The header is checked; all that can be wrong is the name.
        let view = self.0.tensor(name).map_err(|_| Reason::MissingTensor(name.into()))?;
        read(name, &view)
    }
}

fn read(name: &str, view: &TensorView<'_>) -> Result<Array, Reason> {
    let bytes = view.data();
    let data: Vec<f32> = match view.dtype() {
        Dtype::F64 => each(bytes, |b| f64::from_le_bytes(b) as f32),
        Dtype::F32 => each(bytes, f32::from_le_bytes),
        Dtype::F16 => each(bytes, |b| half::f16::from_le_bytes(b).to_f32()),
        Dtype::BF16 => each(bytes, |b| half::bf16::from_le_bytes(b).to_f32()),
        Dtype::I64 => each(bytes, |b| i64::from_le_bytes(b) as f32),
        Dtype::I32 => each(bytes, |b| i32::from_le_bytes(b) as f32),
        Dtype::I16 => each(bytes, |b| i16::from_le_bytes(b).into()),
        Dtype::I8 => each(bytes, |b| i8::from_le_bytes(b).into()),
        Dtype::U8 => each(bytes, |[b]: [u8; 1]| b.into()),
        other => return Err(Reason::Dtype { tensor: name.into(), dtype: format!("{other:?}") }),
    };
    Ok(Array { dims: view.shape().to_vec(), data })
}

fn each<const N: usize>(bytes: &[u8], read: impl Fn([u8; N]) -> f32) -> Vec<f32> {
    bytes.as_chunks::<N>().0.iter().map(|chunk| read(*chunk)).collect()
}

/// Inputs to measure a model on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Calibration {
    /// Items in their order, each `rows * columns` numbers as the description's layout has them.
    pub inputs: Array,
    /// For each row of the output the column that should be its maximum.
    pub labels: Option<Vec<usize>>,
}

impl Calibration {
    /// From the tensors `inputs` and, if it is there, `labels`.
    pub fn read(tensors: &dyn Weights) -> Result<Self, ConvertError> {
        let inputs = tensors.get("inputs").map_err(ConvertError::Calibration)?;
        let labels = match tensors.get("labels") {
            Ok(labels) => Some(whole("labels", &labels.data).map_err(ConvertError::Calibration)?),
            Err(Reason::MissingTensor(_)) => None,
            Err(reason) => return Err(ConvertError::Calibration(reason)),
        };
        Ok(Self { inputs, labels })
    }
}

/// Indices, which floats hold exactly.
pub(crate) fn whole(tensor: &str, values: &[f32]) -> Result<Vec<usize>, Reason> {
    let index = |(index, &value): (usize, &f32)| {
        let whole = value.fract() == 0.0 && (0.0..65_536.0).contains(&value);
        whole.then_some(value as usize).ok_or(Reason::NotIndex { tensor: tensor.into(), index })
    };
    values.iter().enumerate().map(index).collect()
}
