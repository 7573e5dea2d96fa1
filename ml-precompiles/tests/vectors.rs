//! The calls that `vectors/generate.py` computed without this crate: outputs and gas.

mod support;

use alloy_primitives::{Address, Bytes};
use autonet_ml_precompiles::{CallOutcome, Failure, Graph, Price, Tensor, abi};
use std::collections::BTreeSet;
use support::MemoryHost;

struct Vector {
    address: Address,
    input: Bytes,
    expected: Expected,
}

enum Expected {
    Returns { gas: u64, output: Bytes },
    Reverts { gas: u64 },
    Fails,
}

fn read() -> (MemoryHost, Vec<Vector>) {
    let json: serde_json::Value = serde_json::from_str(include_str!("../vectors/calls.json")).expect("JSON");
    let mut host = MemoryHost::default();
    for graph in json["graphs"].as_array().expect("graphs") {
        let number = |name: &str| graph[name].as_u64().expect("a number");
        let price = Price { fixed: number("fixed"), per_item: number("perItem") };
        host.register_at(graph["graph"].as_str().expect("hex").parse().expect("bytes"), price);
    }
    for resident in json["residents"].as_array().expect("residents") {
        let stored: Bytes = resident["stored"].as_str().expect("hex").parse().expect("bytes");
        host.pin(Tensor::decode(&stored).expect("a tensor"), resident["paidUntil"].as_u64().expect("a number"));
    }
    (host, json["calls"].as_array().expect("calls").iter().map(vector).collect())
}

fn vector(call: &serde_json::Value) -> Vector {
    let output = call.get("output").map(|output| output.as_str().expect("hex").parse().expect("bytes"));
    let gas = call.get("gas").map(|gas| gas.as_u64().expect("a number"));
    Vector {
        address: call["address"].as_str().expect("hex").parse().expect("an address"),
        input: call["input"].as_str().expect("hex").parse().expect("bytes"),
        expected: match (gas, output) {
            (Some(gas), Some(output)) => Expected::Returns { gas, output },
            (Some(gas), None) => Expected::Reverts { gas },
            _ => Expected::Fails,
        },
    }
}

#[test]
fn outcomes_and_gas_equal_the_independent_implementation() {
    let (mut host, vectors) = read();
    for (index, Vector { address, input, expected }) in vectors.iter().enumerate() {
        let outcome = host.call(*address, input, u64::MAX);
        match expected {
            Expected::Returns { gas, output } => {
                let exact = CallOutcome::Return { gas_used: *gas, output: output.clone() };
                assert_eq!(outcome, exact, "call {index} to {address}");
            }
            Expected::Reverts { gas } => {
                let exact = CallOutcome::Revert { gas_used: *gas, output: abi::NOT_RESIDENT.into() };
                assert_eq!(outcome, exact, "call {index} to {address}");
            }
            Expected::Fails => {
                assert!(matches!(outcome, CallOutcome::Fail(_)), "call {index} to {address}: {outcome:?}");
            }
        }
    }
}

#[test]
fn vectors_reach_every_end_of_every_precompile() {
    let (_, vectors) = read();
    let reached = |end: fn(&Expected) -> bool| -> BTreeSet<_> {
        vectors.iter().filter(|vector| end(&vector.expected)).map(|vector| vector.address).collect()
    };
    assert_eq!(reached(|end| matches!(end, Expected::Returns { .. })), BTreeSet::from(abi::ADDRESSES));
    assert_eq!(reached(|end| matches!(end, Expected::Fails)), BTreeSet::from(abi::ADDRESSES));
}

#[test]
fn a_call_with_one_gas_less_than_its_price_fails_and_changes_nothing() {
    let (mut host, vectors) = read();
    for Vector { address, input, expected } in &vectors {
        let (gas, exact) = match expected {
            Expected::Returns { gas, output } => (*gas, CallOutcome::Return { gas_used: *gas, output: output.clone() }),
            Expected::Reverts { gas } => {
                (*gas, CallOutcome::Revert { gas_used: *gas, output: abi::NOT_RESIDENT.into() })
            }
            Expected::Fails => continue,
        };
        let before = host.clone();
        assert_eq!(host.call(*address, input, gas - 1), CallOutcome::Fail(Failure::OutOfGas));
        assert_eq!(host, before);
        assert_eq!(host.call(*address, input, gas), exact);
    }
}

#[test]
fn inputs_one_byte_longer_or_shorter_fail() {
    let (mut host, vectors) = read();
    for Vector { address, input, expected } in &vectors {
        if matches!(expected, Expected::Returns { .. }) {
            host.returned(*address, input);
            let shorter = &input[..input.len() - 1];
            let longer = [&input[..], &[0]].concat();
            host.failure(*address, shorter);
            host.failure(*address, &longer);
        }
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
