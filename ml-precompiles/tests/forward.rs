//! FORWARD and PRICE: whole graphs and parts of them, their limits and what they pay.

mod support;

use alloy_primitives::B256;
use autonet_ml_precompiles::{
    CallOutcome, Dtype, Failure, Graph, GraphBuilder, Input, MAX_NODES, Operation, Program, Source, Tensor, Value, abi,
    forward, gas,
};
use proptest::prelude::*;
use std::sync::Arc;
use support::{MemoryHost, word};

const ID: B256 = B256::repeat_byte(0x42);

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
    let reason = Box::new(Failure::Operand("x"));
    assert_eq!(run(wrong, 1), CallOutcome::Fail(Failure::Node { node: 1, reason }));
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
    let product = |value: Value| Operation::matmul(value.into(), weights.into(), None, Some(Source::from(q)));
    let mut builder = GraphBuilder::new(Dtype::I8, 2_048);
    (0..2).fold(Value::INPUT, |value, _| builder.node(product(value)));
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
    let input = Input { dtype: Dtype::I8, rows_per_item: 1, cols: 8 };
    let chain = (0..10).map(|value| Operation::lut8(Value(value).into(), ID.into())).collect();
    let graph = Graph::new(input, chain).expect("a graph").encode();
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
