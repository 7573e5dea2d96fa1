//! Each kind of layer alone, against its definition written out once more: as PyTorch defines it, on PyTorch's layouts.

mod support;

use autonet_converter::Array;
use serde_json::{Value as Json, json};
use support::{Numbers, Weights, chain, doubles, run, steps_off, weights};

/// One layer on `[items, rows * columns]` inputs; the result has to be this many steps close.
fn check(input: Json, layer: Json, weights: &Weights, inputs: Array, expected: &[f64], steps: f64) {
    let kind = layer["kind"].clone();
    let converted = run(json!({ "input": input, "layers": [layer] }), weights, inputs.clone()).unwrap();
    let off = steps_off(&converted, &chain(&converted, &inputs.data), expected);
    assert!(off <= steps, "{kind}: {off} steps off");
    // What the converter says of itself is what the chain computes.
    let report = &converted.report.output;
    let scale = converted.manifest.output.scale.unwrap();
    assert!((report.max_error / scale - off).abs() < 1e-3, "{kind}: {} or {off}", report.max_error / scale);
}

fn linear(x: &[f64], weight: &[f64], bias: &[f64]) -> Vec<f64> {
    let k = weight.len() / bias.len();
    let row = |x: &[f64]| -> Vec<f64> {
        let dot = |row: &[f64]| row.iter().zip(x).map(|(w, x)| w * x).sum::<f64>();
        weight.chunks(k).zip(bias).map(|(row, bias)| dot(row) + bias).collect()
    };
    x.chunks(k).flat_map(row).collect()
}

#[test]
fn linear_layers_of_any_input_range() {
    let mut numbers = Numbers::new(1);
    for (inputs, outputs, offset) in [(16, 7, 0.0), (3, 20, 2.0), (64, 33, -5.0), (1, 1, 0.3)] {
        let w = weights(&mut numbers, &[("w", &[outputs, inputs]), ("b", &[outputs])]);
        let mut x = numbers.array(&[40, inputs], 1.0);
        x.data.iter_mut().for_each(|value| *value += offset);
        let expected = linear(&doubles(&x), &doubles(&w["w"]), &doubles(&w["b"]));
        let layer = json!({ "kind": "linear", "name": "l", "weight": "w", "bias": "b" });
        check(json!({ "columns": inputs }), layer, &w, x, &expected, 5.0);
    }
}

#[test]
fn a_relu_after_a_layer_is_its_clamp() {
    let mut numbers = Numbers::new(2);
    let w = weights(&mut numbers, &[("w", &[9, 12]), ("b", &[9])]);
    let x = numbers.array(&[50, 12], 1.0);
    let expected: Vec<f64> =
        linear(&doubles(&x), &doubles(&w["w"]), &doubles(&w["b"])).iter().map(|v| v.max(0.0)).collect();
    let layers = json!([
        { "kind": "linear", "name": "l", "weight": "w", "bias": "b" },
        { "kind": "relu", "name": "r" },
    ]);
    let converted = run(json!({ "input": { "columns": 12 }, "layers": layers }), &w, x.clone()).unwrap();
    assert_eq!(converted.graph.nodes().len(), 1);
    assert_eq!(converted.manifest.output.zero_point, -128);
    assert!(steps_off(&converted, &chain(&converted, &x.data), &expected) <= 5.0);
}

#[test]
fn functions_are_tables() {
    let mut numbers = Numbers::new(3);
    let x = numbers.array(&[60, 10], 1.5);
    let gelu = |x: f64| {
        // By its integral: the mean of a step function over the normal distribution.
        let n = 20_000;
        let width = (x + 12.0) / f64::from(n);
        let density = |t: f64| (-t * t / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt();
        x * (0..n).map(|i| density(-12.0 + (f64::from(i) + 0.5) * width) * width).sum::<f64>()
    };
    let functions: [(&str, &dyn Fn(f64) -> f64); 4] =
        [("relu", &|x| x.max(0.0)), ("gelu", &gelu), ("tanh", &f64::tanh), ("sigmoid", &|x| 1.0 / (1.0 + (-x).exp()))];
    for (kind, function) in functions {
        let expected: Vec<f64> = doubles(&x).into_iter().map(function).collect();
        let layer = json!({ "kind": kind, "name": "f" });
        check(json!({ "columns": 10 }), layer, &Weights::new(), x.clone(), &expected, 3.0);
    }
}

#[test]
fn softmax_and_layernorm_work_on_rows() {
    let mut numbers = Numbers::new(4);
    let x = numbers.array(&[40, 12], 1.5);
    let softmax = |row: &[f64]| -> Vec<f64> {
        let sum: f64 = row.iter().map(|x| x.exp()).sum();
        row.iter().map(|x| x.exp() / sum).collect()
    };
    let expected: Vec<f64> = doubles(&x).chunks(12).flat_map(softmax).collect();
    let layer = json!({ "kind": "softmax", "name": "s" });
    check(json!({ "columns": 12 }), layer, &Weights::new(), x.clone(), &expected, 2.0);

    let w = weights(&mut numbers, &[("norm.weight", &[12]), ("norm.bias", &[12])]);
    for eps in [1e-5, 0.2] {
        let norm = |row: &[f64]| -> Vec<f64> {
            let mean = row.iter().sum::<f64>() / 12.0;
            let variance = row.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 12.0;
            let scaled = row.iter().zip(doubles(&w["norm.weight"])).zip(doubles(&w["norm.bias"]));
            scaled.map(|((x, w), b)| (x - mean) / (variance + eps).sqrt() * w + b).collect()
        };
        let expected: Vec<f64> = doubles(&x).chunks(12).flat_map(norm).collect();
        let layer =
            json!({ "kind": "layernorm", "name": "n", "weight": "norm.weight", "bias": "norm.bias", "eps": eps });
        // An eps that counts is known by its mean effect only.
        let steps = if eps > 0.1 { 8.0 } else { 3.0 };
        check(json!({ "columns": 12 }), layer, &w, x.clone(), &expected, steps);
    }
}

#[test]
fn convolutions_of_every_stride_and_padding() {
    let mut numbers = Numbers::new(5);
    for (stride, padding, kernel) in [([1, 1], [0, 0], [3, 3]), ([2, 1], [1, 2], [3, 4]), ([2, 2], [0, 0], [2, 2])] {
        let ([kh, kw], [h, w], c, n) = (kernel, [7, 6], 3, 5);
        let weights = weights(&mut numbers, &[("w", &[n, c, kh, kw]), ("b", &[n])]);
        // As PyTorch has them: channels first. The range is not symmetric, so that padding with zero counts.
        let mut x = numbers.array(&[4, c, h, w], 1.0);
        x.data.iter_mut().for_each(|value| *value += 1.5);
        let (weight, bias, data) = (doubles(&weights["w"]), doubles(&weights["b"]), doubles(&x));
        let out = |axis: usize| ([h, w][axis] + 2 * padding[axis] - kernel[axis]) / stride[axis] + 1;
        let mut expected = Vec::new();
        for image in data.chunks(c * h * w) {
            for (oy, ox) in (0..out(0)).flat_map(|oy| (0..out(1)).map(move |ox| (oy, ox))) {
                for o in 0..n {
                    let mut sum = bias[o];
                    for (i, ky, kx) in (0..c * kh * kw).map(|t| (t / (kh * kw), t / kw % kh, t % kw)) {
                        let (y, z) = ((oy * stride[0] + ky), (ox * stride[1] + kx));
                        let inside = y >= padding[0] && y - padding[0] < h && z >= padding[1] && z - padding[1] < w;
                        if inside {
                            let pixel = image[(i * h + y - padding[0]) * w + z - padding[1]];
                            sum += pixel * weight[((o * c + i) * kh + ky) * kw + kx];
                        }
                    }
                    expected.push(sum);
                }
            }
        }
        let input = json!({ "image": [h, w], "columns": c, "layout": "nchw" });
        let layer =
            json!({ "kind": "conv2d", "name": "c", "weight": "w", "bias": "b", "stride": stride, "padding": padding });
        let converted = run(json!({ "input": input, "layers": [layer] }), &weights, x.clone()).unwrap();
        let rows: Vec<f32> = x
            .data
            .chunks(c * h * w)
            .flat_map(|image| (0..c * h * w).map(|to| image[to % c * h * w + to / c]))
            .collect();
        let off = steps_off(&converted, &chain(&converted, &rows), &expected);
        assert!(off <= 5.0, "{stride:?} {padding:?}: {off}");
    }
}

#[test]
fn pools_and_flattening_see_the_right_pixels() {
    let mut numbers = Numbers::new(6);
    let ([h, w], c) = ([4, 6], 2);
    let x = numbers.array(&[5, h * w, c], 1.0);
    let data = doubles(&x);
    let input = json!({ "image": [h, w], "columns": c });
    let at = |image: &[f64], y: usize, x: usize, channel: usize| image[(y * w + x) * c + channel];
    let mut expected = [Vec::new(), Vec::new(), Vec::new()];
    for image in data.chunks(h * w * c) {
        for (oy, ox, channel) in (0..12).map(|i| (i / 6, i / 2 % 3, i % 2)) {
            let taps = [(0, 0), (0, 1), (1, 0), (1, 1)].map(|(y, x)| at(image, 2 * oy + y, 2 * ox + x, channel));
            expected[0].push(taps.into_iter().fold(f64::MIN, f64::max));
            expected[1].push(taps.iter().sum::<f64>() / 4.0);
        }
        for channel in 0..c {
            expected[2].push((0..h * w).map(|i| at(image, i / w, i % w, channel)).sum::<f64>() / (h * w) as f64);
        }
    }
    let none = Weights::new();
    let layer = |kind: &str| json!({ "kind": kind, "name": "p", "kernel": [2, 2] });
    check(input.clone(), layer("max_pool"), &none, x.clone(), &expected[0], 1.0);
    check(input.clone(), layer("avg_pool"), &none, x.clone(), &expected[1], 1.5);
    let global = json!({ "kind": "global_avg_pool", "name": "p" });
    check(input.clone(), global, &none, x.clone(), &expected[2], 1.5);

    // Flattened as PyTorch does it: channel by channel.
    let weights = weights(&mut numbers, &[("w", &[3, c * h * w]), ("b", &[3])]);
    let flat: Vec<f64> = data
        .chunks(h * w * c)
        .flat_map(|image| (0..c * h * w).map(|i| at(image, i / w % h, i % w, i / (h * w))).collect::<Vec<_>>())
        .collect();
    let expected = linear(&flat, &doubles(&weights["w"]), &doubles(&weights["b"]));
    let layer = json!({ "kind": "linear", "name": "l", "weight": "w", "bias": "b", "flatten": true });
    check(input, layer, &weights, x, &expected, 4.0);
}

#[test]
fn additions_of_values_and_of_positions() {
    let mut numbers = Numbers::new(7);
    let w = weights(&mut numbers, &[("w", &[8, 8]), ("b", &[8]), ("pos", &[1, 5, 8])]);
    let mut x = numbers.array(&[20, 5, 8], 1.0);
    x.data.iter_mut().for_each(|value| *value += 0.7);
    let data = doubles(&x);
    let input = json!({ "rows": 5, "columns": 8 });
    let expected: Vec<f64> = data.iter().zip(doubles(&w["pos"]).iter().cycle()).map(|(a, b)| a + b).collect();
    let layer = json!({ "kind": "position", "name": "p", "table": "pos" });
    check(input.clone(), layer, &w, x.clone(), &expected, 2.5);

    let sum = linear(&data, &doubles(&w["w"]), &doubles(&w["b"]));
    let expected: Vec<f64> = data.iter().zip(sum).map(|(a, b)| a + b).collect();
    let layers = json!([
        { "kind": "linear", "name": "l", "weight": "w", "bias": "b" },
        { "kind": "add", "name": "a", "inputs": ["input", "l"] },
    ]);
    let converted = run(json!({ "input": input, "layers": layers }), &w, x.clone()).unwrap();
    assert!(steps_off(&converted, &chain(&converted, &x.data), &expected) <= 4.0);
}

#[test]
fn embeddings_are_rows_of_their_table() {
    let mut numbers = Numbers::new(8);
    let w = weights(&mut numbers, &[("table", &[11, 6])]);
    let x = Array::new([30, 4], (0..120).map(|i| (i * 7 % 11) as f32).collect()).unwrap();
    let table = doubles(&w["table"]);
    let expected: Vec<f64> = x.data.iter().flat_map(|i| table[*i as usize * 6..][..6].to_vec()).collect();
    let layer = json!({ "kind": "embedding", "name": "e", "weight": "table" });
    check(json!({ "rows": 4, "columns": 1, "kind": "indices" }), layer, &w, x, &expected, 0.6);
}

#[test]
fn attention_is_scaled_dot_products_by_head() {
    let mut numbers = Numbers::new(9);
    let (tokens, d, heads) = (5, 8, 2);
    let depth = d / heads;
    let w = weights(&mut numbers, &[("w", &[3 * d, d]), ("b", &[3 * d])]);
    let x = numbers.array(&[12, tokens, d], 1.0);
    let mut expected = Vec::new();
    for sequence in linear(&doubles(&x), &doubles(&w["w"]), &doubles(&w["b"])).chunks(tokens * 3 * d) {
        let at = |token: usize, part: usize, column: usize| sequence[token * 3 * d + part * d + column];
        for (i, column) in (0..tokens * d).map(|n| (n / d, n % d)) {
            let head = column / depth * depth;
            let score = |j: usize| {
                let dot: f64 = (head..head + depth).map(|e| at(i, 0, e) * at(j, 1, e)).sum();
                (dot / (depth as f64).sqrt()).exp()
            };
            let total: f64 = (0..tokens).map(score).sum();
            expected.push((0..tokens).map(|j| score(j) / total * at(j, 2, column)).sum());
        }
    }
    let layer = json!({ "kind": "attention", "name": "a", "heads": heads, "weight": "w", "bias": "b" });
    check(json!({ "rows": tokens, "columns": d }), layer, &w, x, &expected, 5.0);
}
