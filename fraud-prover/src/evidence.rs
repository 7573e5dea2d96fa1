use crate::ProverError;
use alloy_primitives::{B256, Bytes, hex, keccak256};
use autonet_guest::LocalInput;
use autonet_ml_precompiles::Tensor;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

/// All that a run of the guest is answered with: local inputs, preimages, tensors.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// By number.
    pub locals: [B256; LocalInput::COUNT],
    /// By hash.
    pub preimages: BTreeMap<B256, Bytes>,
    /// Tensors that the chain has, by id.
    pub tensors: BTreeMap<B256, Arc<Tensor>>,
}

const LOCALS: &str = "locals.json";
const PREIMAGES: &str = "preimages";
const TENSORS: &str = "tensors";

impl Evidence {
    /// Sets a local input.
    pub fn set_local(&mut self, input: LocalInput, value: impl Into<B256>) {
        self.locals[input as usize] = value.into();
    }

    /// Adds a preimage; returns its hash.
    pub fn insert(&mut self, preimage: impl Into<Bytes>) -> B256 {
        let preimage = preimage.into();
        let hash = keccak256(&preimage);
        self.preimages.insert(hash, preimage);
        hash
    }

    /// Writes `locals.json`, `preimages/<hash>` and `tensors/<id>` to a folder, which is made if it does not exist.
    pub fn save(&self, folder: &Path) -> Result<(), ProverError> {
        for part in [PREIMAGES, TENSORS] {
            let path = folder.join(part);
            fs::create_dir_all(&path).map_err(|source| ProverError::File { path, source })?;
        }
        write(folder.join(LOCALS), &serde_json::to_vec_pretty(&self.locals).unwrap_or_default())?;
        for (hash, preimage) in &self.preimages {
            write(folder.join(PREIMAGES).join(hex::encode(hash)), preimage)?;
        }
        for (id, tensor) in &self.tensors {
            write(folder.join(TENSORS).join(hex::encode(id)), &tensor.encode())?;
        }
        Ok(())
    }

    /// Reads what [`Self::save`] wrote. Files may have been added; every one is checked against its name.
    pub fn load(folder: &Path) -> Result<Self, ProverError> {
        let path = folder.join(LOCALS);
        let locals = serde_json::from_slice(&read(&path)?).map_err(|_| ProverError::Malformed { path })?;
        let mut evidence = Self { locals, ..Self::default() };
        for (name, path) in files(folder, PREIMAGES)? {
            let preimage = read(&path)?;
            if evidence.insert(preimage) != name {
                return Err(ProverError::Malformed { path });
            }
        }
        for (id, path) in files(folder, TENSORS)? {
            let tensor = Tensor::decode(&read(&path)?).ok().filter(|tensor| tensor.id() == id);
            let tensor = tensor.ok_or(ProverError::Malformed { path })?;
            evidence.tensors.insert(id, Arc::new(tensor));
        }
        Ok(evidence)
    }
}

fn files(folder: &Path, part: &str) -> Result<Vec<(B256, PathBuf)>, ProverError> {
    let path = folder.join(part);
    let failed = |source| ProverError::File { path: path.clone(), source };
    let mut files = Vec::new();
    for entry in fs::read_dir(&path).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let name = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.parse().ok());
        files.push((name.ok_or_else(|| ProverError::Malformed { path: path.clone() })?, path));
    }
    Ok(files)
}

fn read(path: &Path) -> Result<Vec<u8>, ProverError> {
    fs::read(path).map_err(|source| ProverError::File { path: path.into(), source })
}

fn write(path: PathBuf, bytes: &[u8]) -> Result<(), ProverError> {
    fs::write(&path, bytes).map_err(|source| ProverError::File { path, source })
}
