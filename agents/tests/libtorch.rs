//! Models that libtorch trains, in the files that it writes: the integers say what the floats say.

use autonet_agents::data::{Digit, Digits};
use autonet_converter::{Calibration, Converted, Description, Options, SafetensorsFile, convert};
use autonet_ml_precompiles::{Failure, Tensor as Integers, forward};
use serde_json::{Value as Json, json};
use std::{
    fs,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tch::{
    Device, Kind, Tensor,
    nn::{self, ModuleT, OptimizerConfig},
};

/// Numbers from this seed, for one test at a time: libtorch has one generator.
fn seeded(seed: i64) -> MutexGuard<'static, ()> {
    static GENERATOR: Mutex<()> = Mutex::new(());
    let alone = GENERATOR.lock().unwrap_or_else(PoisonError::into_inner);
    tch::manual_seed(seed);
    alone
}

/// Images as PyTorch has them: item, channel, height, width.
fn images(digits: &[Digit]) -> Tensor {
    let pixels: Vec<f32> = digits.iter().flat_map(|digit| digit.pixels).map(|pixel| f32::from(pixel) / 16.0).collect();
    Tensor::from_slice(&pixels).reshape([-1, 1, 8, 8])
}

fn labels(digits: &[Digit]) -> Tensor {
    Tensor::from_slice(&digits.iter().map(|digit| i64::from(digit.label)).collect::<Vec<_>>())
}

/// Saves a model and inputs to calibrate it on, as its user would, and converts the files.
fn converted(store: &nn::VarStore, description: &Json, calibration: &[Digit]) -> Converted {
    let folder = tempfile::tempdir().unwrap();
    let [weights, inputs] = ["weights.safetensors", "calibration.safetensors"].map(|name| folder.path().join(name));
    store.save(&weights).unwrap();
    Tensor::write_safetensors(&[("inputs", images(calibration)), ("labels", labels(calibration))], &inputs).unwrap();
    let [weights, inputs] = [weights, inputs].map(|path| fs::read(path).unwrap());
    let calibration = Calibration::read(&SafetensorsFile::new(&inputs).unwrap()).unwrap();
    let weights = SafetensorsFile::new(&weights).unwrap();
    let description = Description::from_json(description.to_string().as_bytes()).unwrap();
    convert(&description, &weights, &calibration, &Options::default(), &mut |_| ()).unwrap()
}

/// What the chain computes, as numbers: a row for each image.
fn on_chain(model: &Converted, digits: &[Digit]) -> Tensor {
    let steps = model.input().unwrap();
    let pixels = digits.iter().flat_map(|digit| digit.pixels).map(|pixel| f64::from(pixel) / 16.0);
    let x = pixels.map(|pixel| steps.quantise_nearest(pixel)).collect();
    let x = Integers::from_i8(&[digits.len() as u32 * 64, 1], x).unwrap();
    let find = |id| {
        let parameter = model.parameters.iter().find(|parameter| parameter.tensor.id() == id);
        parameter.map(|parameter| Arc::clone(&parameter.tensor)).ok_or(Failure::NoData)
    };
    let y = forward(&model.graph, &x, find).unwrap();
    let (scale, zero) = (model.manifest.output.scale.unwrap(), f64::from(model.manifest.output.zero_point));
    let numbers: Vec<f32> = y.as_i8().unwrap().iter().map(|&y| ((f64::from(y) - zero) * scale) as f32).collect();
    Tensor::from_slice(&numbers).reshape([digits.len() as i64, -1])
}

/// Which part of the rows have their maximum in the same column.
fn agreement(a: &Tensor, b: &Tensor) -> f64 {
    a.argmax(1, false).eq_tensor(&b.argmax(1, false)).to_kind(Kind::Double).mean(None).double_value(&[])
}

/// The difference's root mean square, in that of what should be.
fn relative_rms(got: &Tensor, expected: &Tensor) -> f64 {
    let square = |tensor: Tensor| tensor.square().mean(None).double_value(&[]);
    (square(got - expected) / square(expected.shallow_clone())).sqrt()
}

#[test]
fn a_trained_convolutional_network_keeps_its_predictions() {
    let _alone = seeded(1);
    let digits = Digits::load().unwrap();
    let store = nn::VarStore::new(Device::Cpu);
    let root = store.root();
    let padded = nn::ConvConfig { padding: 1, ..Default::default() };
    let network = nn::seq_t()
        .add(nn::conv2d(&root / "c1", 1, 6, 3, padded))
        .add_fn(|x| x.relu().max_pool2d_default(2))
        .add(nn::conv2d(&root / "c2", 6, 12, 3, padded))
        .add_fn(|x| x.relu().flatten(1, -1))
        .add(nn::linear(&root / "out", 12 * 16, 10, Default::default()));
    let (x, y) = (images(&digits.training), labels(&digits.training));
    let mut optimizer = nn::Adam::default().build(&store, 1e-2).unwrap();
    for _ in 0..60 {
        optimizer.backward_step(&network.forward_t(&x, true).cross_entropy_for_logits(&y));
    }
    let description = json!({
        "input": { "image": [8, 8], "columns": 1, "layout": "nchw" },
        "layers": [
            { "kind": "conv2d", "name": "c1", "weight": "c1.weight", "bias": "c1.bias", "padding": [1, 1] },
            { "kind": "relu", "name": "r1" },
            { "kind": "max_pool", "name": "p1", "kernel": [2, 2] },
            { "kind": "conv2d", "name": "c2", "weight": "c2.weight", "bias": "c2.bias", "padding": [1, 1] },
            { "kind": "relu", "name": "r2" },
            { "kind": "linear", "name": "out", "weight": "out.weight", "bias": "out.bias", "flatten": true },
        ],
    });
    let model = converted(&store, &description, &digits.training[..200]);
    let floats = tch::no_grad(|| network.forward_t(&images(&digits.held_out), false));
    let integers = on_chain(&model, &digits.held_out);
    let [float_hits, hits] = [&floats, &integers].map(|scores| {
        scores.argmax(1, false).eq_tensor(&labels(&digits.held_out)).to_kind(Kind::Double).mean(None).double_value(&[])
    });
    let (agree, off) = (agreement(&integers, &floats), relative_rms(&integers, &floats));
    println!("right: {float_hits:.3} in floats, {hits:.3} in integers; {agree:.3} agree, off by {off:.4}");
    assert!(float_hits > 0.9, "{float_hits}");
    assert!(agree > 0.98 && hits > float_hits - 0.01 && off < 0.03, "{agree} {hits} {off}");
}

#[test]
fn an_encoder_block_computes_what_libtorch_does() {
    let _alone = seeded(2);
    let digits = Digits::load().unwrap();
    let store = nn::VarStore::new(Device::Cpu);
    let root = store.root();
    let (width, heads, tokens) = (24, 3, 16);
    let strides = nn::ConvConfig { stride: 2, ..Default::default() };
    let patch = nn::conv2d(&root / "patch", 1, width, 2, strides);
    let place = root.randn("place", &[1, tokens, width], 0.0, 0.5);
    let norm = |name: &str| {
        let init = nn::LayerNormConfig { ws_init: nn::Init::Randn { mean: 1.0, stdev: 0.2 }, ..Default::default() };
        nn::layer_norm(&root / name, vec![width], init)
    };
    let (norm1, norm2) = (norm("norm1"), norm("norm2"));
    let linear = |name: &str, from, to| nn::linear(&root / name, from, to, Default::default());
    let (qkv, proj) = (linear("qkv", width, 3 * width), linear("proj", width, width));
    let (fc1, fc2, head) =
        (linear("fc1", width, 4 * width), linear("fc2", 4 * width, width), linear("head", width, 10));
    let run = |x: &Tensor| {
        let x = x.apply(&patch).flatten(2, 3).transpose(1, 2) + &place;
        let split = x.apply(&norm1).apply(&qkv).reshape([-1, tokens, 3, heads, width / heads]).permute([2, 0, 3, 1, 4]);
        let [q, k, v] = [0, 1, 2].map(|part| split.get(part));
        let mixed = Tensor::scaled_dot_product_attention(&q, &k, &v, None::<&Tensor>, 0.0, false, None, false);
        let x = x + mixed.transpose(1, 2).reshape([-1, tokens, width]).apply(&proj);
        let x = &x + x.apply(&norm2).apply(&fc1).gelu("none").apply(&fc2);
        x.mean_dim(1, false, Kind::Float).apply(&head)
    };
    let layer = |kind: &str, name: &str| json!({ "kind": kind, "name": name, "weight": format!("{name}.weight"), "bias": format!("{name}.bias") });
    let description = json!({
        "input": { "image": [8, 8], "columns": 1, "layout": "nchw" },
        "layers": [
            { "kind": "conv2d", "name": "patch", "weight": "patch.weight", "bias": "patch.bias", "stride": [2, 2] },
            { "kind": "position", "name": "at", "table": "place" },
            layer("layernorm", "norm1"),
            { "kind": "attention", "name": "attn", "heads": heads, "weight": "qkv.weight", "bias": "qkv.bias" },
            layer("linear", "proj"),
            { "kind": "add", "name": "res1", "inputs": ["at", "proj"] },
            layer("layernorm", "norm2"),
            layer("linear", "fc1"),
            { "kind": "gelu", "name": "gelu" },
            layer("linear", "fc2"),
            { "kind": "add", "name": "res2", "inputs": ["res1", "fc2"] },
            { "kind": "global_avg_pool", "name": "pool" },
            layer("linear", "head"),
        ],
    });
    let model = converted(&store, &description, &digits.training[..150]);
    let floats = tch::no_grad(|| run(&images(&digits.held_out[..100])));
    let off = relative_rms(&on_chain(&model, &digits.held_out[..100]), &floats);
    println!("off by {off:.4}");
    assert!(off < 0.06, "{off}");
}
