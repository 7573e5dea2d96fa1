//! The calls that `vectors/generate.py` computed without this crate: outputs and gas.

mod support;

use alloy_primitives::{Address, Bytes};
use autonet_ml_precompiles::{CallOutcome, Failure, Graph, Price, abi};
use std::collections::BTreeSet;
use support::MemoryHost;

struct Vector {
    address: Address,
    input: Bytes,
    gas: u64,
    output: Bytes,
}

fn read() -> (MemoryHost, Vec<Vector>) {
    let json: serde_json::Value = serde_json::from_str(include_str!("../vectors/calls.json")).expect("JSON");
    let mut host = MemoryHost::default();
    for graph in json["graphs"].as_array().expect("graphs") {
        let number = |name: &str| graph[name].as_u64().expect("a number");
        let price = Price { fixed: number("fixed"), per_item: number("perItem") };
        host.register_at(graph["graph"].as_str().expect("hex").parse().expect("bytes"), price);
    }
    let vector = |call: &serde_json::Value| Vector {
        address: call["address"].as_str().expect("hex").parse().expect("an address"),
        input: call["input"].as_str().expect("hex").parse().expect("bytes"),
        gas: call["gas"].as_u64().expect("a number"),
        output: call["output"].as_str().expect("hex").parse().expect("bytes"),
    };
    (host, json["calls"].as_array().expect("calls").iter().map(vector).collect())
}

#[test]
fn outputs_and_gas_equal_the_independent_implementation() {
    let (mut host, vectors) = read();
    for (index, vector) in vectors.iter().enumerate() {
        let (gas, output) = host.returned(vector.address, &vector.input);
        assert_eq!(output, vector.output, "output of call {index} to {}", vector.address);
        assert_eq!(gas, vector.gas, "gas of call {index} to {}", vector.address);
    }
}

#[test]
fn vectors_reach_every_precompile() {
    let reached: BTreeSet<_> = read().1.iter().map(|vector| vector.address).collect();
    assert_eq!(reached, BTreeSet::from(abi::ADDRESSES));
}

#[test]
fn a_call_with_one_gas_less_than_its_price_fails_and_changes_nothing() {
    let (mut host, vectors) = read();
    for vector in &vectors {
        let before = host.clone();
        let outcome = host.call(vector.address, &vector.input, vector.gas - 1);
        assert_eq!(outcome, CallOutcome::Fail(Failure::OutOfGas));
        assert_eq!(host, before);
        let exact = CallOutcome::Return { gas_used: vector.gas, output: vector.output.clone() };
        assert_eq!(host.call(vector.address, &vector.input, vector.gas), exact);
    }
}

#[test]
fn inputs_one_byte_longer_or_shorter_fail() {
    let (mut host, vectors) = read();
    for vector in &vectors {
        host.returned(vector.address, &vector.input);
        let shorter = &vector.input[..vector.input.len() - 1];
        let longer = [&vector.input[..], &[0]].concat();
        host.failure(vector.address, shorter);
        host.failure(vector.address, &longer);
    }
}

#[test]
fn graphs_decode_and_encode_to_the_same_bytes() {
    let (host, _) = read();
    for (id, registered) in &host.graphs {
        let graph = Graph::decode(&registered.graph).expect("a graph");
        assert_eq!(graph.encode(), registered.graph.to_vec());
        assert_eq!(graph.model_id(), *id);
    }
}
