//! What graphs are priced at when they are registered, against what they cost when they run.

mod support;

use alloy_primitives::B256;
use autonet_ml_precompiles::{
    CallOutcome, Dtype, Failure, Graph, GraphBuilder, Heads, Input, Node, Operation, Pooling, Program, Tensor, Value,
    Window, abi, gas,
};
use proptest::prelude::*;
use std::sync::Arc;
use support::{MemoryHost, cases::Rng, i8s, word};

/// A chain of nodes that fit each other, whatever the number of items.
fn chain(seed: u64, host: &mut MemoryHost) -> (Input, Vec<Node>) {
    let mut rng = Rng::new(seed);
    let [h, w] = [rng.size(4), rng.size(4)];
    let input = Input { dtype: Dtype::I8, rows_per_item: h * w, cols: rng.size(20) };
    // Rows of an item, or of all of them once they are gathered.
    let (mut rows, mut cols, mut image, mut nodes) = (h * w, input.cols, [h, w], Vec::new());
    let mut alone = false;
    for index in 0..rng.size(8) {
        let x = Value(index as u16).into();
        let mut make = |tensor: Arc<Tensor>| host.make((*tensor).clone()).into();
        match rng.next() % 10 {
            0 => nodes.push(Operation::lut8(x, make(rng.i8s(&[256], -128)))),
            1 => nodes.push(Operation::softmax(x, make(rng.i32s(&[256], 1..=9)))),
            2 => nodes.push(Operation::layernorm(x, make(rng.i32s(&[3, cols], 20..=30)))),
            3 => {
                let constants = make(rng.i32s(&[4], 1..=9));
                let b = match rng.next() % 3 {
                    0 => make(rng.i8s(&[1, cols], -128)),
                    1 => make(rng.i8s(&[rows, cols], -128)),
                    _ => x,
                };
                nodes.push(Operation::add(x, b, constants));
            }
            4 => {
                let n = rng.size(20);
                let (weights, requant) = (make(rng.i8s(&[cols, n], -127)), make(rng.requant(n)));
                nodes.push(Operation::matmul(x, weights, None, Some(requant)));
                cols = n;
            }
            5 | 6 if !alone => {
                let kernel = image.map(|side| rng.size(side));
                let stride = [rng.size(2), rng.size(2)];
                let pad = kernel.map(|side| rng.size(side) - 1);
                let window = Window { image, kernel, stride, before: pad, after: [0, 0] };
                if rng.flag() {
                    nodes.push(Operation::pool(Pooling::Mean, window, x));
                } else {
                    let n = rng.size(9);
                    let weights = make(rng.i8s(&[kernel[0] * kernel[1] * cols, n], -127));
                    nodes.push(Operation::conv2d(window, 3, x, weights, None, Some(make(rng.requant(n)))));
                    cols = n;
                }
                image = window.output();
                rows = image[0] * image[1];
            }
            7 => {
                // As many rows as there are indices, however many items there are.
                let count = rng.size(30);
                nodes.push(Operation::gather(x, make(rng.i32s(&[count], 0..=i64::from(rows) - 1))));
                (rows, image, alone) = (count, [count, 1], true);
            }
            // Up to three times as many rows each time: they end long before a dimension does.
            8 | 9 if rows <= 300 => {
                let heads = Heads { heads: rng.size(3).min(cols), tokens: rows, depth: 1 };
                let constants = make(rng.requant(heads.heads));
                nodes.push(Operation::scores(heads, [0, 0], x, x, constants));
                (rows, cols) = (rows * heads.heads, rows);
                image = [rows, 1];
            }
            _ => nodes.push(Operation::lut8(x, make(rng.i8s(&[256], -128)))),
        }
    }
    (input, nodes)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn no_graph_runs_for_less_than_its_nodes_cost(seed: u64, items in 1u32..6) {
        let mut host = MemoryHost::default();
        let (input, nodes) = chain(seed, &mut host);
        let graph = Graph::new(input, nodes).expect("a graph");
        let model = host.register(graph.encode());
        let price = host.graphs[&model].price;
        prop_assert!(price.fixed >= gas::NODE && price.fixed.max(price.per_item) < 1 << 48);
        let x = Arc::new(i8s(&[items * input.rows_per_item, input.cols], seed));
        let fetch = |id: B256| Ok::<_, Failure>(host.local[&id].clone());
        let program = Program::bind(&graph, 0..graph.nodes().len(), fetch).expect("bound");
        let plan = program.plan(x.shape()).expect("fits");
        let nodes = gas::NODE * graph.nodes().len() as u64;
        let (least, paid) = (nodes + plan.fixed + plan.gas, price.fixed + u64::from(items) * price.per_item);
        prop_assert!(least <= paid, "{least} {paid}");
        if items == 1 {
            prop_assert_eq!(least, paid);
        }
        let id = host.make((*x).clone());
        let load = gas::LOOKUP + gas::load(graph.encode().len() as u64);
        let (gas_used, _) = host.returned(abi::FORWARD, &[model.0, id.0, word(0), word(0)].concat());
        prop_assert_eq!(gas_used, gas::BASE + load + paid + gas::commit(&plan.output));
    }
}

#[test]
fn an_input_of_any_rank_is_a_failure_or_pays_by_its_items() {
    let mut host = MemoryHost::default();
    let (table, weights) = (host.make(i8s(&[256], 1)), host.make(i8s(&[8, 3], 2)));
    let mut lut = GraphBuilder::new(Dtype::I8, 8);
    lut.lut8(Value::INPUT, table);
    let lut = host.register(lut.build().expect("a graph").encode());
    let mut product = GraphBuilder::new(Dtype::I8, 8);
    product.node(Operation::matmul(Value::INPUT.into(), weights.into(), None, None));
    let product = host.register(product.build().expect("a graph").encode());
    for dims in [&[8][..], &[5, 8], &[2, 3, 8], &[7, 2, 3, 8]] {
        let tensor = i8s(dims, 3);
        let (rows, commit) = (tensor.shape().rows() as u64, gas::commit(tensor.shape()));
        let x = host.make(tensor);
        let mut run = |model: B256| host.call(abi::FORWARD, &[model.0, x.0, word(0), word(0)].concat(), u64::MAX);
        let CallOutcome::Return { gas_used, .. } = run(lut) else { panic!("{dims:?}") };
        assert!(gas_used >= gas::BASE + gas::NODE + rows * gas::lut8(8) + commit);
        assert_eq!(matches!(run(product), CallOutcome::Return { .. }), dims.len() == 2);
    }
}
