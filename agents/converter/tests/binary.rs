//! The binary, from files to files.

use autonet_ml_precompiles::{Graph, Tensor};
use serde_json::Value as Json;
use std::{collections::HashMap, fs, path::Path, process::Command};

const DESCRIPTION: &str = r#"{
    "input": { "columns": 3 },
    "layers": [{ "kind": "linear", "name": "fc", "weight": "fc.weight", "bias": "fc.bias" }]
}"#;

fn save(path: &Path, tensors: &[(&str, &[usize], &[f32])]) {
    let bytes: Vec<Vec<u8>> =
        tensors.iter().map(|(_, _, data)| data.iter().flat_map(|value| value.to_le_bytes()).collect()).collect();
    let views = tensors.iter().zip(&bytes).map(|((name, dims, _), bytes)| {
        (*name, safetensors::tensor::TensorView::new(safetensors::Dtype::F32, dims.to_vec(), bytes).unwrap())
    });
    fs::write(path, safetensors::serialize(views, None::<HashMap<String, String>>).unwrap()).unwrap();
}

fn convert(folder: &Path, output: &str) -> std::process::Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_autonet-convert"));
    for file in ["weights", "description", "calibration"] {
        command.arg(format!("--{file}")).arg(folder.join(file));
    }
    command.arg("--output").arg(folder.join(output)).output().unwrap()
}

#[test]
fn files_become_a_model_and_its_manifest() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("description"), DESCRIPTION).unwrap();
    let weight: &[f32] = &[0.5, -0.25, 1.0, 0.125, 0.75, -1.0];
    save(&folder.join("weights"), &[("fc.weight", &[2, 3], weight), ("fc.bias", &[2], &[0.1, -0.2])]);
    let inputs: &[f32] = &[1.0, 0.0, -1.0, 0.5, 0.5, 2.0];
    save(&folder.join("calibration"), &[("inputs", &[2, 3], inputs), ("labels", &[2], &[1.0, 0.0])]);

    let done = convert(folder, "model");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let report = String::from_utf8(done.stdout).unwrap();
    assert!(report.contains("accuracy in integers 100.00 %"), "{report}");

    let model = folder.join("model");
    let graph = Graph::decode(&fs::read(model.join("graph.bin")).unwrap()).unwrap();
    let manifest: Json = serde_json::from_slice(&fs::read(model.join("manifest.json")).unwrap()).unwrap();
    assert_eq!(manifest["model_id"], graph.model_id().to_string());
    assert_eq!(manifest["input"]["columns"], 3);
    for tensor in manifest["tensors"].as_array().unwrap() {
        let bytes = fs::read(model.join(tensor["file"].as_str().unwrap())).unwrap();
        assert_eq!(tensor["id"], Tensor::decode(&bytes).unwrap().id().to_string());
    }
    assert!(model.join("report.json").exists() && model.join("report.txt").exists());

    // Again, into another folder: the same bytes.
    assert!(convert(folder, "again").status.success());
    for file in ["graph.bin", "manifest.json", "report.json", "report.txt"] {
        assert_eq!(fs::read(model.join(file)).unwrap(), fs::read(folder.join("again").join(file)).unwrap(), "{file}");
    }
}

#[test]
fn what_is_wrong_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let fails = |with: &str| {
        let done = convert(folder, "model");
        let told = String::from_utf8(done.stderr).unwrap();
        assert!(!done.status.success() && told.contains(with), "{told}");
        assert!(!folder.join("model").exists());
    };
    fails("description: No such file");
    fs::write(folder.join("description"), DESCRIPTION).unwrap();
    fs::write(folder.join("weights"), b"pickle").unwrap();
    save(&folder.join("calibration"), &[("inputs", &[1, 3], &[1.0, 2.0, 3.0])]);
    fails("not a safetensors file");
    save(&folder.join("weights"), &[("fc.weight", &[2, 4], &[0.0; 8])]);
    fails("layer `fc`: tensor `fc.weight` is [2, 4], not [2, 3]");
}
