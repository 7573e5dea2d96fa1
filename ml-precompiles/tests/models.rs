//! Graphs: their bytes, their limits, and FORWARD on parts of them.

mod support;

use alloy_primitives::B256;
use autonet_ml_precompiles::{
    CallOutcome, Dtype, Failure, Graph, GraphBuilder, GraphError, MAX_GRAPH_BYTES, MAX_NODES, Node, Operation, Program,
    Tensor, Value, abi, forward, gas,
};
use proptest::prelude::*;
use std::sync::Arc;
use support::{MemoryHost, word};

const ID: B256 = B256::repeat_byte(0x42);

fn lut(input: u16) -> Node {
    Node { input: Value(input), operation: Operation::Lut8 { table: ID } }
}

fn chain(len: usize) -> Vec<Node> {
    (0..len as u16).map(lut).collect()
}

#[test]
fn nodes_that_form_no_graph_are_refused() {
    let new = |nodes| Graph::new(Dtype::I8, 8, nodes).map(|_| ());
    assert_eq!(new(chain(0)), Err(GraphError::Nodes(0)));
    assert_eq!(new(chain(MAX_NODES)), Ok(()));
    assert_eq!(new(chain(MAX_NODES + 1)), Err(GraphError::Nodes(257)));
    assert_eq!(new(vec![lut(0), lut(2)]), Err(GraphError::Input { node: 1, value: 2 }));
    assert_eq!(new(vec![lut(u16::MAX)]), Err(GraphError::Input { node: 0, value: u16::MAX }));
    assert_eq!(new(vec![lut(0), lut(0), lut(2)]), Err(GraphError::Unused { node: 0 }));
    let zero = Node { input: Value(0), operation: Operation::Lut8 { table: B256::ZERO } };
    assert_eq!(new(vec![zero]), Err(GraphError::Parameter { node: 0 }));
    let zero = Operation::MatmulI8 { weights: ID, bias: Some(B256::ZERO), requant: None };
    assert_eq!(new(vec![lut(0), Node { input: Value(1), operation: zero }]), Err(GraphError::Parameter { node: 1 }));
    for cols in [0, 65_537] {
        assert_eq!(Graph::new(Dtype::I8, cols, chain(1)), Err(GraphError::Columns(cols)));
    }
    assert!(Graph::new(Dtype::I8, 65_536, chain(1)).is_ok());
}

#[test]
fn the_longest_graph_fits_a_contract() {
    let dense = |len: u16| {
        let operation = Operation::MatmulI8 { weights: ID, bias: Some(ID), requant: Some(ID) };
        Graph::new(Dtype::I8, 8, (0..len).map(|input| Node { input: Value(input), operation }).collect())
    };
    let longest = dense(242).expect("a graph");
    assert_eq!(longest.encode().len(), 8 + 242 * 99);
    assert_eq!(dense(243), Err(GraphError::TooLong(8 + 243 * 99)));
    assert_eq!(Graph::decode(&[0; MAX_GRAPH_BYTES + 1]), Err(GraphError::TooLong(MAX_GRAPH_BYTES + 1)));
}

#[test]
fn bytes_that_are_no_graph_are_refused() {
    let good = Graph::new(Dtype::I32, 0x0203, chain(2)).expect("a graph").encode();
    assert_eq!(good[..11], [1, 1, 0, 0, 2, 3, 0, 2, 0x13, 0, 0]);
    assert_eq!(good[43..46], [0x13, 0, 1]);
    let with = |index: usize, value: u8| {
        let mut bytes = good.clone();
        bytes[index] = value;
        Graph::decode(&bytes).map(|_| ())
    };
    assert_eq!(with(0, 0), Err(GraphError::Version(0)));
    assert_eq!(with(1, 2), Err(GraphError::Dtype(2)));
    assert_eq!(with(3, 1), Err(GraphError::Columns(0x1_0203)));
    assert_eq!(with(6, 1), Err(GraphError::Nodes(258)));
    assert_eq!(with(7, 3), Err(GraphError::Truncated));
    assert_eq!(with(7, 1), Err(GraphError::Trailing(35)));
    assert_eq!(with(8, 0x11), Err(GraphError::Operation { node: 0, operation: 0x11 }));
    assert_eq!(with(43, 0), Err(GraphError::Operation { node: 1, operation: 0 }));
    assert_eq!(with(45, 2), Err(GraphError::Input { node: 1, value: 2 }));
    assert_eq!(with(45, 0), Err(GraphError::Unused { node: 0 }));
    for len in 0..good.len() {
        assert_eq!(Graph::decode(&good[..len]), Err(GraphError::Truncated));
    }
}

fn any_graph() -> impl Strategy<Value = Graph> {
    let id = || any::<[u8; 32]>().prop_map(B256::new).prop_filter("zero", |id| !id.is_zero());
    let operation = prop_oneof![
        (id(), prop::option::of(id()), prop::option::of(id()))
            .prop_map(|(weights, bias, requant)| Operation::MatmulI8 { weights, bias, requant }),
        id().prop_map(|constants| Operation::Requant { constants }),
        id().prop_map(|table| Operation::Lut8 { table }),
    ];
    let dtype = prop_oneof![Just(Dtype::I8), Just(Dtype::I32)];
    (dtype, 1u32..=65_536, prop::collection::vec(operation, 1..20)).prop_map(|(dtype, cols, operations)| {
        let mut builder = GraphBuilder::new(dtype, cols);
        operations.into_iter().fold(Value::INPUT, |value, operation| builder.node(value, operation));
        builder.build().expect("a chain")
    })
}

/// A model of dense layers, and an input.
#[derive(Clone, Debug)]
struct Model {
    graph: Graph,
    tensors: Vec<Tensor>,
    x: Tensor,
}

impl Model {
    fn find(&self, id: B256) -> Result<Arc<Tensor>, Failure> {
        let found = self.tensors.iter().find(|tensor| tensor.id() == id);
        Ok(Arc::new(found.expect("a parameter").clone()))
    }

    fn part(&self, from: usize, to: usize, x: &Tensor) -> Result<Tensor, Failure> {
        Program::bind(&self.graph, from..to, |id| self.find(id))?.run(x)
    }
}

fn matrix(rows: usize, cols: usize) -> impl Strategy<Value = Tensor> {
    prop::collection::vec(-127i8..=127, rows * cols)
        .prop_map(move |data| Tensor::from_i8(&[rows as u32, cols as u32], data).expect("a tensor"))
}

fn model() -> impl Strategy<Value = Model> {
    (1usize..6, prop::collection::vec(1usize..24, 2..5)).prop_flat_map(|(rows, sizes)| {
        let layers: Vec<_> = sizes.windows(2).map(|size| (matrix(size[0], size[1]), 38i32..46)).collect();
        let table = prop::collection::vec(any::<i8>(), 256);
        (layers, table, matrix(rows, sizes[0])).prop_map(|(layers, table, x)| {
            let table = Tensor::from_i8(&[256], table).expect("a tensor");
            let mut builder = GraphBuilder::new(Dtype::I8, x.shape().cols() as u32);
            let (mut value, mut tensors) = (Value::INPUT, vec![table.clone()]);
            for (weights, shift) in layers {
                let n = weights.shape().cols();
                let bias = Tensor::from_i32(&[n as u32], (0..n as i32).map(|j| j * 999 - 5_000).collect());
                let q = Tensor::from_i32(&[3, n as u32], [vec![1 << 30; n], vec![shift; n], vec![3; n]].concat());
                let (bias, q) = (bias.expect("a tensor"), q.expect("a tensor"));
                value = builder.dense(value, weights.id(), bias.id(), q.id());
                value = builder.lut8(value, table.id());
                tensors.extend([weights, bias, q]);
            }
            Model { graph: builder.build().expect("a graph"), tensors, x }
        })
    })
}

proptest! {
    #[test]
    fn decoding_an_encoding_gives_the_graph_back(graph in any_graph()) {
        prop_assert_eq!(Graph::decode(&graph.encode()), Ok(graph));
    }

    #[test]
    fn what_decodes_is_the_encoding_of_what_it_decodes_to(graph in any_graph(), at in any::<prop::sample::Index>(), value: u8) {
        let mut bytes = graph.encode();
        let at = at.index(bytes.len());
        bytes[at] = value;
        if let Ok(graph) = Graph::decode(&bytes) {
            prop_assert_eq!(graph.encode(), bytes);
        }
    }

    #[test]
    fn parts_compose_to_the_whole_on_and_off_chain(model in model(), cut in any::<prop::sample::Index>()) {
        let len = model.graph.nodes().len();
        let whole = forward(&model.graph, &model.x, |id| model.find(id)).expect("runs");
        let cut = 1 + cut.index(len - 1);
        let middle = model.part(0, cut, &model.x).expect("runs");
        prop_assert_eq!(&model.part(cut, len, &middle).expect("runs"), &whole);

        let mut host = MemoryHost::default();
        for tensor in &model.tensors {
            host.pin(tensor.clone(), 1);
        }
        let (id, x) = (host.register(model.graph.encode()), host.make(model.x.clone()));
        let run = |from: usize, to: usize, x: B256| [id.0, x.0, word(from as u64), word(to as u64)].concat();
        prop_assert_eq!(&*host.made(abi::FORWARD, &run(0, 0, x)), &whole);
        prop_assert_eq!(host.local.len(), 2);
        prop_assert_eq!(&*host.made(abi::FORWARD, &run(0, len, x)), &whole);
        let half = host.made(abi::FORWARD, &run(0, cut, x));
        prop_assert_eq!(&*half, &middle);
        prop_assert_eq!(&*host.made(abi::FORWARD, &run(cut, len, half.id())), &whole);
    }
}

#[test]
fn ranges_that_are_no_part_of_the_graph_fail() {
    let mut host = MemoryHost::default();
    let table = host.make(Tensor::from_i8(&[256], vec![0; 256]).expect("a tensor"));
    let x = host.make(Tensor::from_i8(&[2, 8], vec![0; 16]).expect("a tensor"));
    let mut builder = GraphBuilder::new(Dtype::I8, 8);
    (0..3).fold(Value::INPUT, |value, _| builder.lut8(value, table));
    let model = host.register(builder.build().expect("a graph").encode());
    let run = |from: usize, to: usize| [model.0, x.0, word(from as u64), word(to as u64)].concat();
    for (from, to) in [(1, 1), (2, 1), (3, 3), (3, 0), (0, 4), (3, 4), (256, 256)] {
        assert_eq!(host.failure(abi::FORWARD, &run(from, to)), Failure::Range { from, to });
    }
    for (from, to) in [(0, 0), (0, 3), (2, 3)] {
        host.made(abi::FORWARD, &run(from, to));
    }
}

#[test]
fn an_input_that_the_graph_does_not_declare_fails() {
    let mut host = MemoryHost::default();
    let table = host.make(Tensor::from_i8(&[256], vec![0; 256]).expect("a tensor"));
    let mut builder = GraphBuilder::new(Dtype::I8, 8);
    let value = builder.lut8(Value::INPUT, table);
    builder.lut8(value, table);
    let model = host.register(builder.build().expect("a graph").encode());
    let narrow = host.make(Tensor::from_i8(&[2, 7], vec![0; 14]).expect("a tensor"));
    let wrong = host.make(Tensor::from_i32(&[2, 8], vec![0; 16]).expect("a tensor"));
    let mut run = |x: B256, from| host.call(abi::FORWARD, &[model.0, x.0, word(from), word(2)].concat(), u64::MAX);
    assert_eq!(run(narrow, 0), CallOutcome::Fail(Failure::Operand("x")));
    assert_eq!(run(wrong, 0), CallOutcome::Fail(Failure::Operand("x")));
    assert_eq!(run(wrong, 1), CallOutcome::Fail(Failure::Operand("x")));
    assert!(matches!(run(narrow, 1), CallOutcome::Return { .. }));
}

#[test]
fn limits_of_a_forward_hold_for_the_sum_and_before_any_work() {
    let mut host = MemoryHost::default();
    let table = host.make(Tensor::from_i8(&[256], vec![0; 256]).expect("a tensor"));
    let mut builder = GraphBuilder::new(Dtype::I8, 1_024);
    (0..MAX_NODES).fold(Value::INPUT, |value, _| builder.lut8(value, table));
    let model = host.register(builder.build().expect("a graph").encode());
    let mut run = |rows: u32| {
        let x = host.make(Tensor::from_i8(&[rows, 1_024], vec![0; rows as usize * 1_024]).expect("a tensor"));
        host.call(abi::FORWARD, &[model.0, x.0, word(0), word(0)].concat(), 100_000)
    };
    assert_eq!(run(1_024), CallOutcome::Fail(Failure::OutOfGas));
    assert_eq!(run(1_025), CallOutcome::Fail(Failure::ForwardBytes(256 * 1_025 * 1_024)));

    let weights = host.make(Tensor::from_i8(&[2_048, 2_048], vec![1; 1 << 22]).expect("a tensor"));
    let q = [vec![1 << 30; 2_048], vec![62; 2_048], vec![0; 2_048]].concat();
    let q = host.make(Tensor::from_i32(&[3, 2_048], q).expect("a tensor"));
    let product = Operation::MatmulI8 { weights, bias: None, requant: Some(q) };
    let mut builder = GraphBuilder::new(Dtype::I8, 2_048);
    (0..2).fold(Value::INPUT, |value, _| builder.node(value, product));
    let model = host.register(builder.build().expect("a graph").encode());
    let mut run = |rows: u32| {
        let x = host.make(Tensor::from_i8(&[rows, 2_048], vec![0; rows as usize * 2_048]).expect("a tensor"));
        host.call(abi::FORWARD, &[model.0, x.0, word(0), word(0)].concat(), 100_000)
    };
    assert_eq!(run(2_048), CallOutcome::Fail(Failure::OutOfGas));
    assert_eq!(run(2_049), CallOutcome::Fail(Failure::Macs((2 * 2_049) << 22)));
}

#[test]
fn nodes_are_paid_before_any_tensor_is_looked_up() {
    let mut host = MemoryHost::default();
    let x = host.make(Tensor::from_i8(&[1, 8], vec![0; 8]).expect("a tensor"));
    let graph = Graph::new(Dtype::I8, 8, chain(10)).expect("a graph").encode();
    let load = gas::LOOKUP + gas::load(graph.len() as u64);
    let model = host.register(graph);
    let input = [model.0, x.0, word(0), word(0)].concat();
    let reached = gas::BASE + load + 10 * gas::NODE + gas::LOOKUP;
    let not_resident = CallOutcome::Revert { gas_used: reached, output: abi::NOT_RESIDENT.into() };
    let no_input = [model.0, ID.0, word(0), word(0)].concat();
    for input in [input, no_input] {
        assert_eq!(host.call(abi::FORWARD, &input, u64::MAX), not_resident);
        assert_eq!(host.call(abi::FORWARD, &input, reached - 1), CallOutcome::Fail(Failure::OutOfGas));
    }
}
