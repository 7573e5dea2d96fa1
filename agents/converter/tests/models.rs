//! Whole models: trained on real digits, and a block of a vision transformer.

mod support;

use autonet_converter::{Array, Calibration, Converted, Options, convert};
use flate2::read::GzDecoder;
use serde_json::{Value as Json, json};
use std::{collections::BTreeMap, io::Read};
use support::{Numbers, Weights, chain, description, doubles, run, weights};

const DIGITS: &[u8] = include_bytes!("../../data/digits.csv.gz");

/// Pixels over 16, and labels.
fn digits() -> (Vec<[f32; 64]>, Vec<usize>) {
    let mut text = String::new();
    GzDecoder::new(DIGITS).read_to_string(&mut text).unwrap();
    let line = |line: &str| {
        let numbers: Vec<f32> = line.split(',').map(|number| number.parse().unwrap()).collect();
        (std::array::from_fn(|index| numbers[index] / 16.0), numbers[64] as usize)
    };
    text.lines().map(line).unzip()
}

/// Stochastic gradient descent on a layer of 32 and a layer of 10: enough to be a trained model.
fn train(images: &[[f32; 64]], labels: &[usize]) -> Weights {
    const HIDDEN: usize = 32;
    let mut w = weights(
        &mut Numbers::new(1),
        &[("0.weight", &[HIDDEN, 64]), ("0.bias", &[HIDDEN]), ("2.weight", &[10, HIDDEN]), ("2.bias", &[10])],
    );
    let mut take = |name: &str| w.remove(name).unwrap().data;
    let (mut w1, mut b1, mut w2, mut b2) = (take("0.weight"), take("0.bias"), take("2.weight"), take("2.bias"));
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    for step in 0..20 * images.len() {
        let (image, label) = (&images[step * 7 % images.len()], labels[step * 7 % images.len()]);
        let hidden: Vec<f32> = (0..HIDDEN).map(|i| (dot(&w1[i * 64..][..64], image) + b1[i]).max(0.0)).collect();
        let mut error: Vec<f32> = (0..10).map(|o| (dot(&w2[o * HIDDEN..][..HIDDEN], &hidden) + b2[o]).exp()).collect();
        let sum: f32 = error.iter().sum();
        error.iter_mut().enumerate().for_each(|(o, e)| *e = 0.03 * (*e / sum - f32::from(u8::from(o == label))));
        for i in (0..HIDDEN).filter(|i| hidden[*i] > 0.0) {
            let back: f32 = (0..10).map(|o| error[o] * w2[o * HIDDEN + i]).sum();
            w1[i * 64..][..64].iter_mut().zip(image).for_each(|(w, x)| *w -= back * x);
            b1[i] -= back;
        }
        for (o, error) in error.iter().enumerate() {
            w2[o * HIDDEN..][..HIDDEN].iter_mut().zip(&hidden).for_each(|(w, h)| *w -= error * h);
            b2[o] -= error;
        }
    }
    let array = |name: &str, dims: &[usize], data| (name.to_owned(), Array::new(dims, data).unwrap());
    BTreeMap::from([
        array("0.weight", &[HIDDEN, 64], w1),
        array("0.bias", &[HIDDEN], b1),
        array("2.weight", &[10, HIDDEN], w2),
        array("2.bias", &[10], b2),
    ])
}

fn mlp() -> Json {
    json!({
        "input": { "columns": 64 },
        "layers": [
            { "kind": "linear", "name": "hidden", "weight": "0.weight", "bias": "0.bias" },
            { "kind": "relu", "name": "relu" },
            { "kind": "linear", "name": "output", "weight": "2.weight", "bias": "2.bias" },
        ],
    })
}

fn batch(images: &[[f32; 64]]) -> Array {
    Array::new([images.len(), 64], images.concat()).unwrap()
}

/// The float model, once more.
fn floats(weights: &Weights, images: &[[f32; 64]]) -> Vec<f64> {
    let layer = |x: &[f64], name: &str| -> Vec<f64> {
        let (weight, bias) = (doubles(&weights[&format!("{name}.weight")]), doubles(&weights[&format!("{name}.bias")]));
        let dot = |row: &[f64]| row.iter().zip(x).map(|(w, x)| w * x).sum::<f64>();
        weight.chunks(x.len()).zip(bias).map(|(row, bias)| dot(row) + bias).collect()
    };
    let image = |image: &[f32; 64]| {
        let hidden = layer(&image.map(f64::from), "0");
        layer(&hidden.iter().map(|value| value.max(0.0)).collect::<Vec<_>>(), "2")
    };
    images.iter().flat_map(image).collect()
}

fn hits(outputs: &[f64], labels: &[usize]) -> usize {
    let best = |row: &[f64]| (0..10).rev().max_by(|a, b| row[*a].total_cmp(&row[*b])).unwrap();
    outputs.chunks(10).zip(labels).filter(|(row, label)| best(row) == **label).count()
}

#[test]
fn a_trained_classifier_keeps_its_accuracy_on_images_that_it_has_not_seen() {
    let (images, labels) = digits();
    let (train_images, test_images) = images.split_at(1297);
    let (train_labels, test_labels) = labels.split_at(1297);
    let weights = train(train_images, train_labels);
    let calibration = Calibration { inputs: batch(train_images), labels: Some(train_labels.to_vec()) };
    let convert = |percentile| -> Converted {
        convert(&description(mlp()), &weights, &calibration, &Options { percentile }, &mut |_| ()).unwrap()
    };
    let model = convert(100.0);
    let report = &model.report.output;
    let (float, integer) = (report.float_accuracy.unwrap(), report.integer_accuracy.unwrap());
    assert!(float > 0.97, "not trained: {float}");
    assert!((float - integer).abs() < 0.005 && report.argmax_agreement > 0.995, "{}", model.report);
    assert!(model.report.layers.iter().all(|layer| layer.relative_rms < 0.02), "{}", model.report);
    let flat: Vec<f32> = test_images.concat();
    let kept = hits(&chain(&model, &flat), test_labels);
    let floats = hits(&floats(&weights, test_images), test_labels);
    assert!(floats > 450 && kept.abs_diff(floats) <= 2, "{kept} of {floats}");
    println!("{}\nnot seen: {kept} of 500, in floats {floats}", model.report);
    // Clipping a thousandth at each end is another model, about as good.
    let clipped = convert(99.9);
    assert_ne!(clipped.manifest.model_id, model.manifest.model_id);
    assert!(clipped.report.output.integer_accuracy.unwrap() > 0.96, "{}", clipped.report);
}

#[test]
fn the_same_model_comes_out_twice_and_another_of_other_weights() {
    let mut numbers = Numbers::new(3);
    let dims: &[(&str, &[usize])] =
        &[("0.weight", &[32, 64]), ("0.bias", &[32]), ("2.weight", &[10, 32]), ("2.bias", &[10])];
    let mut weights = weights(&mut numbers, dims);
    let x = numbers.array(&[20, 64], 1.0);
    let id = |weights: &Weights| run(mlp(), weights, x.clone()).unwrap().manifest.model_id;
    let first = id(&weights);
    assert_eq!(first, id(&weights));
    // Frozen: another machine, or another version of a dependency, gives this too.
    assert_eq!(first.to_string(), FROZEN);
    weights.get_mut("2.bias").unwrap().data[0] += 1.0;
    assert_ne!(first, id(&weights));
}

const FROZEN: &str = "0x90435553891fd0ab3dd793e562ab7bf21e034fc2180c441b003e8421a9417766";

#[test]
fn an_input_scale_given_from_outside_is_kept() {
    let (images, _) = digits();
    let w = train(&images[..100], &digits().1[..100]);
    let mut json = mlp();
    // Raw pixels, 0 to 16.
    json["input"] = json!({ "columns": 64, "scale": 0.0625, "zero_point": 0 });
    let model = run(json, &w, batch(&images[..100])).unwrap();
    assert_eq!(model.input().unwrap().quantise_nearest(images[0][10].into()), (images[0][10] * 16.0) as i8);
    assert_eq!(model.report.layers[0].relative_rms, 0.0);
    assert!(model.report.output.argmax_agreement > 0.98, "{}", model.report);
}

#[test]
fn a_convolutional_network_of_every_kind_of_layer_for_images() {
    let mut numbers = Numbers::new(11);
    let w = weights(
        &mut numbers,
        &[
            ("c1", &[8, 1, 3, 3]),
            ("b1", &[8]),
            ("c2", &[8, 8, 3, 3]),
            ("b2", &[8]),
            ("c3", &[8, 8, 1, 1]),
            ("b3", &[8]),
            ("fc", &[10, 8 * 2 * 2]),
            ("fb", &[10]),
        ],
    );
    let (images, _) = digits();
    let x = batch(&images[..200]);
    let json = json!({
        "input": { "image": [8, 8], "columns": 1 },
        "layers": [
            { "kind": "conv2d", "name": "c1", "weight": "c1", "bias": "b1", "padding": [1, 1] },
            { "kind": "relu", "name": "r1" },
            { "kind": "max_pool", "name": "p1", "kernel": [2, 2] },
            { "kind": "conv2d", "name": "c2", "weight": "c2", "bias": "b2", "padding": [1, 1] },
            { "kind": "conv2d", "name": "c3", "input": "p1", "weight": "c3", "bias": "b3" },
            { "kind": "add", "name": "add", "inputs": ["c2", "c3"] },
            { "kind": "relu", "name": "r2" },
            { "kind": "avg_pool", "name": "p2", "kernel": [3, 3], "stride": [2, 2], "padding": [1, 1] },
            { "kind": "linear", "name": "fc", "weight": "fc", "bias": "fb", "flatten": true },
        ],
    });
    let model = run(json, &w, x.clone()).unwrap();
    assert!(model.report.layers.iter().all(|layer| layer.relative_rms < 0.03), "{}", model.report);
    println!("{}", model.report);
    assert_eq!(model.graph.nodes().len(), 7);
    assert_eq!(chain(&model, &x.data).len(), 2000);
}

const FROZEN_BLOCK: &str = "0x811157c5c0c0c86ad9362d85dac902cdbef8804adc8289d6e16d1a93543d3e1e";

#[test]
fn a_transformer_block() {
    let mut numbers = Numbers::new(12);
    let d = 24;
    let w = weights(
        &mut numbers,
        &[
            ("patch.weight", &[d, 1, 2, 2]),
            ("patch.bias", &[d]),
            ("pos", &[1, 16, d]),
            ("norm1.weight", &[d]),
            ("norm1.bias", &[d]),
            ("qkv.weight", &[3 * d, d]),
            ("qkv.bias", &[3 * d]),
            ("proj.weight", &[d, d]),
            ("proj.bias", &[d]),
            ("norm2.weight", &[d]),
            ("norm2.bias", &[d]),
            ("fc1.weight", &[4 * d, d]),
            ("fc1.bias", &[4 * d]),
            ("fc2.weight", &[d, 4 * d]),
            ("fc2.bias", &[d]),
            ("head.weight", &[10, d]),
            ("head.bias", &[10]),
        ],
    );
    let (images, _) = digits();
    let x = batch(&images[..150]);
    let layer = |kind: &str, name: &str| json!({ "kind": kind, "name": name, "weight": format!("{name}.weight"), "bias": format!("{name}.bias") });
    let json = json!({
        "input": { "image": [8, 8], "columns": 1 },
        "layers": [
            { "kind": "conv2d", "name": "patch", "weight": "patch.weight", "bias": "patch.bias", "stride": [2, 2] },
            { "kind": "position", "name": "place", "table": "pos" },
            layer("layernorm", "norm1"),
            { "kind": "attention", "name": "attn", "heads": 3, "weight": "qkv.weight", "bias": "qkv.bias" },
            layer("linear", "proj"),
            { "kind": "add", "name": "res1", "inputs": ["place", "proj"] },
            layer("layernorm", "norm2"),
            layer("linear", "fc1"),
            { "kind": "gelu", "name": "gelu" },
            layer("linear", "fc2"),
            { "kind": "add", "name": "res2", "inputs": ["res1", "fc2"] },
            { "kind": "global_avg_pool", "name": "pool" },
            layer("linear", "head"),
        ],
    });
    let model = run(json, &w, x.clone()).unwrap();
    assert!(model.report.layers.iter().all(|layer| layer.relative_rms < 0.05), "{}", model.report);
    assert!(model.report.output.argmax_agreement > 0.9, "{}", model.report);
    assert_eq!(chain(&model, &x.data).len(), 1500);
    // Frozen as well: here are the tables of exponentials and of gelu.
    assert_eq!(model.manifest.model_id.to_string(), FROZEN_BLOCK);
    println!("{}", model.report);
}
