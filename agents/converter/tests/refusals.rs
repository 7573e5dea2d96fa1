//! What is wrong with descriptions, weights and calibration data is said, and nothing panics.

mod support;

use autonet_converter::{
    Array, Calibration, ConvertError, Description, Options, Reason, SafetensorsFile, Weights as _, convert,
};
use proptest::prelude::*;
use serde_json::{Value as Json, json};
use std::collections::HashMap;
use support::{Numbers, Weights, description, run, weights};

fn layer_error(json: Json, weights: &Weights, inputs: Array) -> (String, Reason) {
    match run(json, weights, inputs) {
        Err(ConvertError::Layer { layer, reason }) => (layer, reason),
        other => panic!("{other:?}"),
    }
}

/// A layer `l` after a linear layer `first` from 4 to 6 columns, on images of 3 by 3.
fn second(layer: Json) -> Reason {
    let w = weights(
        &mut Numbers::new(1),
        &[("w", &[6, 4]), ("v", &[6, 6]), ("odd", &[20, 6]), ("kernel", &[2, 6, 5, 5]), ("table", &[3, 3])],
    );
    let first = json!({ "kind": "linear", "name": "first", "weight": "w" });
    let json = json!({ "input": { "image": [3, 3], "columns": 4 }, "layers": [first, layer] });
    let (name, reason) = layer_error(json, &w, Numbers::new(2).array(&[5, 9, 4], 1.0));
    assert_eq!(name, "l");
    reason
}

#[test]
fn layers_that_do_not_fit_are_named_with_the_reason() {
    let dims = |tensor: &str, dims: &[usize], expected: &[usize]| Reason::Dims {
        tensor: tensor.into(),
        dims: dims.into(),
        expected: expected.into(),
    };
    let l = |extra: Json| {
        let mut layer = json!({ "kind": "linear", "name": "l", "weight": "v" });
        layer.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        second(layer)
    };
    assert_eq!(l(json!({ "weight": "w" })), dims("w", &[6, 4], &[6, 6]));
    assert_eq!(l(json!({ "weight": "none" })), Reason::MissingTensor("none".into()));
    assert_eq!(l(json!({ "bias": "table" })), dims("table", &[3, 3], &[6]));
    assert_eq!(l(json!({ "input": "nowhere" })), Reason::UnknownInput("nowhere".into()));
    assert_eq!(l(json!({ "flatten": true })), dims("v", &[6, 6], &[6, 54]));
    assert!(matches!(l(json!({ "weight": "kernel" })), Reason::Rank { rank: 2, .. }));
    let attention = json!({ "kind": "attention", "name": "l", "heads": 2, "weight": "odd" });
    assert_eq!(second(attention), Reason::Heads { columns: 6, heads: 2 });
    let conv = json!({ "kind": "conv2d", "name": "l", "weight": "kernel" });
    assert!(matches!(second(conv), Reason::Window { kernel: [5, 5], .. }));
    for (kernel, stride, padding) in [([0, 1], [1, 1], [0, 0]), ([2, 2], [0, 1], [0, 0]), ([2, 2], [1, 1], [2, 0])] {
        let pool = json!({ "kind": "max_pool", "name": "l", "kernel": kernel, "stride": stride, "padding": padding });
        assert!(matches!(second(pool), Reason::Window { .. }));
    }
    let add = json!({ "kind": "add", "name": "l", "inputs": ["input", "first"] });
    assert_eq!(second(add), Reason::Shapes { a: [9, 4], b: [9, 6] });
    assert_eq!(second(json!({ "kind": "embedding", "name": "l", "weight": "v" })), Reason::InputKind("numbers"));
    assert_eq!(
        second(json!({ "kind": "layernorm", "name": "l", "weight": "v", "eps": -1.0 })),
        Reason::Attribute("eps")
    );
}

#[test]
fn numbers_that_cannot_be_scaled_are_refused() {
    let json = || {
        json!({ "input": { "columns": 2 }, "layers": [
        { "kind": "linear", "name": "l", "weight": "w", "bias": "b" }, { "kind": "relu", "name": "r" } ] })
    };
    let x = Numbers::new(5).array(&[9, 2], 1.0);
    let model = |w: [f32; 2], b: f32| -> Weights {
        [("w", vec![1, 2], w.to_vec()), ("b", vec![1], vec![b])]
            .map(|(name, dims, data)| (name.to_owned(), Array::new(dims, data).unwrap()))
            .into()
    };
    let refused = |w, b| layer_error(json(), &model(w, b), x.clone());
    // A relu that never fires.
    assert_eq!(refused([0.0, 0.0], -1.0), ("l+r".into(), Reason::Dead));
    let nan = Reason::NotFinite { tensor: "w".into(), index: 1 };
    assert_eq!(refused([1.0, f32::NAN], 0.0), ("l".into(), nan));
    assert!(run(json(), &model([1e-30, 1e-30], 1.0), x.clone()).is_ok());
    assert!(run(json(), &model([1.0, 1.0], 1e-30), x.clone()).is_ok());
    assert!(run(json(), &model([1e30, 1e30], 1e-30), x.clone()).is_ok());

    // A residual that is nothing beside the other.
    let add = json!({ "input": { "columns": 2, "scale": 1e30 }, "layers": [
        { "kind": "tanh", "name": "t" }, { "kind": "add", "name": "a", "inputs": ["t", "input"] } ] });
    assert!(matches!(layer_error(add, &Weights::new(), x.clone()), (name, Reason::Constants("ADD_I8")) if name == "a"));
}

#[test]
fn calibration_data_is_checked() {
    let json = json!({ "input": { "columns": 2 }, "layers": [{ "kind": "relu", "name": "r" }] });
    let convert = |inputs: Array, labels: Option<Vec<usize>>, percentile: f64| {
        let calibration = Calibration { inputs, labels };
        convert(&description(json.clone()), &Weights::new(), &calibration, &Options { percentile }, &mut |_| ())
    };
    let x = || Array::new([2, 2], vec![1.0, 2.0, 3.0, 4.0]).unwrap();
    assert!(convert(x(), Some(vec![0, 1]), 100.0).is_ok());
    assert!(matches!(convert(x(), Some(vec![0]), 100.0), Err(ConvertError::Labels { labels: 1, rows: 2, columns: 2 })));
    assert!(matches!(convert(x(), Some(vec![0, 2]), 100.0), Err(ConvertError::Labels { .. })));
    assert!(matches!(convert(x(), None, 20.0), Err(ConvertError::Percentile(_))));
    assert!(matches!(convert(x(), None, f64::NAN), Err(ConvertError::Percentile(_))));
    for data in [vec![], vec![1.0; 3], vec![f32::INFINITY, 0.0], vec![0.0, 0.0]] {
        let inputs = Array::new([data.len()], data).unwrap();
        assert!(matches!(convert(inputs, None, 100.0), Err(ConvertError::Calibration(_))));
    }
    let lie = Array { dims: vec![usize::MAX, 2], data: vec![0.5; 4] };
    assert!(matches!(convert(lie, None, 100.0), Err(ConvertError::Calibration(Reason::Dims { .. }))));
}

#[test]
fn indices_are_below_the_table() {
    let w = weights(&mut Numbers::new(1), &[("t", &[3, 2])]);
    let json = json!({ "input": { "columns": 1, "kind": "indices" }, "layers": [
        { "kind": "embedding", "name": "e", "weight": "t" } ] });
    let (layer, reason) = layer_error(json.clone(), &w, Array::new([2], vec![0.0, 3.0]).unwrap());
    assert_eq!((layer.as_str(), reason), ("e", Reason::Index(3)));
    for bad in [-1.0, 0.5] {
        let inputs = Array::new([1], vec![bad]).unwrap();
        assert!(matches!(run(json.clone(), &w, inputs), Err(ConvertError::Calibration(Reason::NotIndex { .. }))));
    }
}

#[test]
fn the_documented_description_is_one() {
    let readme = include_str!("../README.md");
    let json = readme.split("```json").nth(1).unwrap().split("```").next().unwrap();
    assert_eq!(Description::from_json(json.as_bytes()).unwrap().layers.len(), 8);
}

#[test]
fn descriptions_are_read_strictly() {
    let good = r#"{"input":{"columns":2},"layers":[{"kind":"relu","name":"r"}]}"#;
    assert!(Description::from_json(good.as_bytes()).is_ok());
    for (from, to) in [
        ("relu", "prelu"),
        ("\"name\"", "\"nam\""),
        ("\"r\"", "\"r\",\"weight\":\"w\""),
        ("2", "-2"),
        ("\"columns\"", "\"channels\""),
        ("}]}", "}]"),
    ] {
        let bad = good.replacen(from, to, 1);
        assert!(matches!(Description::from_json(bad.as_bytes()), Err(ConvertError::Description(_))), "{bad}");
    }
    let x = || Array::new([1, 2], vec![1.0, 2.0]).unwrap();
    let twice = json!({ "input": { "columns": 2 }, "layers": [{ "kind": "relu", "name": "r" }, { "kind": "relu", "name": "r" }] });
    assert_eq!(layer_error(twice, &Weights::new(), x()), ("r".into(), Reason::Duplicate));
    for input in [
        json!({ "columns": 0 }),
        json!({ "columns": 2, "rows": 0 }),
        json!({ "columns": 2, "image": [70000, 70000] }),
        json!({ "columns": 2, "scale": -1.0 }),
        json!({ "columns": 2, "kind": "indices" }),
    ] {
        let json = json!({ "input": input, "layers": [{ "kind": "relu", "name": "r" }] });
        assert!(matches!(run(json, &Weights::new(), x()), Err(ConvertError::Input(_))), "{input}");
    }
    let empty = json!({ "input": { "columns": 2 }, "layers": [] });
    assert!(matches!(run(empty, &Weights::new(), x()), Err(ConvertError::Empty)));
    // What nothing reads is no part of a graph.
    let unread = json!({ "input": { "columns": 2 }, "layers": [{ "kind": "tanh", "name": "a" }, { "kind": "relu", "name": "b", "input": "input" }] });
    assert!(matches!(run(unread, &Weights::new(), x()), Err(ConvertError::Graph(_))));
}

fn file() -> Vec<u8> {
    let half: Vec<u8> = [1.5f32, -2.0].iter().flat_map(|value| half::f16::from_f32(*value).to_le_bytes()).collect();
    let brain: Vec<u8> = [1.5f32, -2.0].iter().flat_map(|value| half::bf16::from_f32(*value).to_le_bytes()).collect();
    let single: Vec<u8> = [1.5f32, -2.0].iter().flat_map(|value| value.to_le_bytes()).collect();
    let view = |dtype, data| safetensors::tensor::TensorView::new(dtype, vec![2], data).unwrap();
    use safetensors::Dtype;
    let tensors = [
        ("f16", view(Dtype::F16, &half)),
        ("bf16", view(Dtype::BF16, &brain)),
        ("f32", view(Dtype::F32, &single)),
        ("bool", view(Dtype::BOOL, &[0, 1])),
    ];
    safetensors::serialize(tensors, None::<HashMap<String, String>>).unwrap()
}

#[test]
fn safetensors_of_all_float_types_are_read() {
    let bytes = file();
    let file = SafetensorsFile::new(&bytes).unwrap();
    for name in ["f16", "bf16", "f32"] {
        assert_eq!(file.get(name).unwrap(), Array::new([2], vec![1.5, -2.0]).unwrap());
    }
    assert!(matches!(file.get("bool"), Err(Reason::Dtype { .. })));
    assert_eq!(file.get("none"), Err(Reason::MissingTensor("none".into())));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_file_panics(cut in 0..400usize, at in 0..400usize, byte in any::<u8>()) {
        let mut bytes = file();
        bytes.truncate(cut);
        if let Some(place) = bytes.get_mut(at) {
            *place = byte;
        }
        if let Ok(file) = SafetensorsFile::new(&bytes) {
            for name in ["f16", "bf16", "f32", "bool"] {
                let _ = file.get(name);
            }
            let _ = Calibration::read(&file);
        }
    }

    #[test]
    fn no_description_panics(
        kinds in prop::collection::vec((0..16usize, 0..4usize, 0..70_000u32, 0..5u32), 1..5),
        rows in 0..12u32,
        columns in 0..7u32,
        image in any::<bool>(),
    ) {
        const KINDS: [&str; 16] = ["linear", "conv2d", "relu", "gelu", "tanh", "sigmoid", "softmax", "layernorm", "add",
            "position", "max_pool", "avg_pool", "global_avg_pool", "global_max_pool", "attention", "embedding"];
        const TENSORS: [&str; 4] = ["a", "b", "c", "d"];
        let w = weights(&mut Numbers::new(1), &[("a", &[6, 6]), ("b", &[6]), ("c", &[2, 6, 2, 2]), ("d", &[18, 6])]);
        let layers: Vec<Json> = kinds.iter().enumerate().map(|(n, &(kind, tensor, wild, small))| {
            let (name, tensor) = (format!("l{n}"), TENSORS[tensor]);
            match KINDS[kind] {
                kind @ ("linear" | "conv2d" | "layernorm" | "embedding") => json!({ "kind": kind, "name": name, "weight": tensor }),
                kind @ "attention" => json!({ "kind": kind, "name": name, "weight": tensor, "heads": small }),
                kind @ "position" => json!({ "kind": kind, "name": name, "table": tensor }),
                kind @ "add" => json!({ "kind": kind, "name": name, "inputs": ["input", format!("l{small}")] }),
                kind @ ("max_pool" | "avg_pool") => {
                    json!({ "kind": kind, "name": name, "kernel": [small, 2], "stride": [wild, small], "padding": [small / 2, 0] })
                }
                kind => json!({ "kind": kind, "name": name }),
            }
        }).collect();
        let input = if image { json!({ "image": [rows, 2], "columns": columns }) } else { json!({ "rows": rows, "columns": columns }) };
        let size = (rows * columns * if image { 2 } else { 1 }) as usize;
        let _ = run(json!({ "input": input, "layers": layers }), &w, Numbers::new(2).array(&[3 * size], 1.0));
    }
}
