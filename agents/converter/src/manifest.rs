//! What whoever uses the model has to know of it, and its files.

use crate::{Converted, error::ConvertError};
use alloy_primitives::B256;
use autonet_ml_precompiles::Dtype;
use serde::{Serialize, Serializer};
use std::path::Path;

/// A model's manifest.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Manifest {
    /// `keccak256` of the graph.
    pub model_id: B256,
    /// Length of the graph, in bytes.
    pub graph_bytes: usize,
    /// How inputs are made into integers.
    pub input: ValueManifest,
    /// What integers of the output stand for.
    pub output: ValueManifest,
    /// The tensors that the graph names, in the order of the layers.
    pub tensors: Vec<TensorManifest>,
}

/// A value: `number = (integer - zero_point) * scale`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ValueManifest {
    /// Element type.
    #[serde(serialize_with = "dtype")]
    pub dtype: Dtype,
    /// Rows of an item.
    pub rows: usize,
    /// Columns.
    pub columns: usize,
    /// Height and width, if an item is an image: its rows are the pixels, its columns the channels.
    pub image: Option<[u32; 2]>,
    /// A step; none for indices.
    pub scale: Option<f64>,
    /// What stands for 0.
    pub zero_point: i8,
}

/// A tensor and where it belongs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TensorManifest {
    /// Its id.
    pub id: B256,
    /// The file in storage encoding, beside the manifest.
    pub file: String,
    /// Element type.
    #[serde(serialize_with = "dtype")]
    pub dtype: Dtype,
    /// Dimensions.
    pub dims: Vec<u32>,
    /// The layer that reads it first.
    pub layer: String,
    /// The operand that it is.
    pub operand: &'static str,
}

fn dtype<S: Serializer>(dtype: &Dtype, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(match dtype {
        Dtype::I8 => "i8",
        Dtype::I32 => "i32",
    })
}

impl Converted {
    /// Writes `graph.bin`, `manifest.json`, `report.json`, `report.txt` and `tensors/<id>.bin` into `folder`, which is
    /// made if need be.
    pub fn write(&self, folder: &Path) -> Result<(), ConvertError> {
        let create = |path: &Path| std::fs::create_dir_all(path).map_err(|source| in_file(path, source));
        create(&folder.join("tensors"))?;
        write(&folder.join("graph.bin"), &self.graph.encode())?;
        for (tensor, parameter) in self.manifest.tensors.iter().zip(&self.parameters) {
            write(&folder.join(&tensor.file), &parameter.tensor.encode())?;
        }
        write(&folder.join("report.txt"), self.report.to_string().as_bytes())?;
        write_json(&folder.join("report.json"), &self.report)?;
        // The last, so that a manifest stands for a whole folder.
        write_json(&folder.join("manifest.json"), &self.manifest)
    }
}

fn write_json(path: &Path, value: &impl Serialize) -> Result<(), ConvertError> {
    let mut json = serde_json::to_vec_pretty(value).map_err(|error| in_file(path, error.into()))?;
    json.push(b'\n');
    write(path, &json)
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), ConvertError> {
    std::fs::write(path, bytes).map_err(|source| in_file(path, source))
}

fn in_file(path: &Path, source: std::io::Error) -> ConvertError {
    ConvertError::File { path: path.into(), source }
}
