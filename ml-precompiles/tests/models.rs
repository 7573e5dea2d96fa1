//! Graphs: their bytes and their limits.

mod support;

use alloy_primitives::B256;
use autonet_ml_precompiles::{
    Dtype, Graph, GraphBuilder, GraphError, Input, Kind, MAX_GRAPH_BYTES, MAX_NODES, Node, Operation, Source, Tensor,
    Value,
};
use proptest::prelude::*;
use std::sync::Arc;
use support::cases::{self, Rng};

const ID: B256 = B256::repeat_byte(0x42);

const fn input(dtype: Dtype, cols: u32) -> Input {
    Input { dtype, rows_per_item: 1, cols }
}

fn lut(input: u16) -> Node {
    Operation::lut8(Value(input).into(), ID.into())
}

fn chain(len: usize) -> Vec<Node> {
    (0..len as u16).map(lut).collect()
}

#[test]
fn nodes_that_form_no_graph_are_refused() {
    let new = |nodes| Graph::new(input(Dtype::I8, 8), nodes).map(|_| ());
    assert_eq!(new(chain(0)), Err(GraphError::Nodes(0)));
    assert_eq!(new(chain(MAX_NODES)), Ok(()));
    assert_eq!(new(chain(MAX_NODES + 1)), Err(GraphError::Nodes(257)));
    assert_eq!(new(vec![lut(0), lut(2)]), Err(GraphError::Input { node: 1, value: 2 }));
    assert_eq!(new(vec![lut(u16::MAX)]), Err(GraphError::Input { node: 0, value: u16::MAX }));
    assert_eq!(new(vec![lut(0), lut(0), lut(2)]), Err(GraphError::Unused { node: 0 }));
    let zero: Source = B256::ZERO.into();
    assert_eq!(new(vec![Operation::lut8(Value(0).into(), zero)]), Err(GraphError::Operand { node: 0, index: 1 }));
    let product = Operation::matmul(Value(1).into(), ID.into(), Some(zero), None);
    assert_eq!(new(vec![lut(0), product]), Err(GraphError::Operand { node: 1, index: 2 }));
    let constant = Operation::lut8(ID.into(), ID.into());
    assert_eq!(new(vec![lut(0), constant]), Err(GraphError::Constant { node: 1 }));
    let unfit = Operation::trimmed_mean(0, [Value(0).into()]).expect("an update");
    assert_eq!(new(vec![unfit]), Err(GraphError::Operation { node: 0, operation: 0x41 }));
    // Values may stand in the place of parameters.
    assert_eq!(new(vec![lut(0), Operation::matmul(ID.into(), Value(1).into(), None, None)]), Ok(()));
    for outside in [0, 65_537] {
        let cols = Graph::new(input(Dtype::I8, outside), chain(1));
        assert_eq!(cols, Err(GraphError::Columns(outside)));
        let rows = Graph::new(Input { rows_per_item: outside, ..input(Dtype::I8, 8) }, chain(1));
        assert_eq!(rows, Err(GraphError::Rows(outside)));
    }
    assert!(Graph::new(Input { dtype: Dtype::I8, rows_per_item: 65_536, cols: 65_536 }, chain(1)).is_ok());
}

#[test]
fn attributes_out_of_range_are_in_no_graph() {
    let kinds = cases::unsound().into_iter().filter(Kind::in_graphs);
    let mut refused = 0;
    for kind in kinds {
        let count = match kind {
            Kind::Conv2dI8 { .. } => 4,
            Kind::Pool { .. } => 1,
            _ => 3,
        };
        let operands = vec![Some(Value::INPUT.into()); count];
        let node = Operation::new(kind.clone(), operands).expect("operands");
        let error = Graph::new(input(Dtype::I8, 8), vec![node]).map(|_| ());
        assert!(matches!(error, Err(GraphError::Attribute { node: 0, .. })), "{kind:?} {error:?}");
        refused += 1;
    }
    assert_eq!(refused, 17);
}

#[test]
fn the_longest_graph_fits_a_contract() {
    let dense = |len: u16| {
        let node = |value| {
            let id = Source::Parameter(ID);
            Operation::matmul(Value(value).into(), id, Some(id), Some(id))
        };
        Graph::new(input(Dtype::I8, 8), (0..len).map(node).collect())
    };
    let longest = dense(232).expect("a graph");
    assert_eq!(longest.encode().len(), 12 + 232 * 103);
    assert_eq!(dense(233), Err(GraphError::TooLong(12 + 233 * 103)));
    assert_eq!(Graph::decode(&[0; MAX_GRAPH_BYTES + 1]), Err(GraphError::TooLong(MAX_GRAPH_BYTES + 1)));
}

#[test]
fn bytes_that_are_no_graph_are_refused() {
    let good = Graph::new(input(Dtype::I32, 0x0203), chain(2)).expect("a graph").encode();
    assert_eq!(good[..17], [2, 1, 0, 0, 0, 1, 0, 0, 2, 3, 0, 2, 0x13, 1, 0, 0, 2]);
    assert_eq!(good[49..54], [0x13, 1, 0, 1, 2]);
    let with = |index: usize, value: u8| {
        let mut bytes = good.clone();
        bytes[index] = value;
        Graph::decode(&bytes).map(|_| ())
    };
    assert_eq!(with(0, 1), Err(GraphError::Version(1)));
    assert_eq!(with(1, 2), Err(GraphError::Dtype(2)));
    assert_eq!(with(5, 0), Err(GraphError::Rows(0)));
    assert_eq!(with(3, 1), Err(GraphError::Rows(0x1_0001)));
    assert_eq!(with(7, 1), Err(GraphError::Columns(0x1_0203)));
    assert_eq!(with(10, 1), Err(GraphError::Nodes(258)));
    assert_eq!(with(11, 3), Err(GraphError::Truncated));
    assert_eq!(with(11, 1), Err(GraphError::Trailing(37)));
    assert_eq!(with(12, 0x31), Err(GraphError::Operation { node: 0, operation: 0x31 }));
    assert_eq!(with(49, 0), Err(GraphError::Operation { node: 1, operation: 0 }));
    assert_eq!(with(13, 3), Err(GraphError::Operand { node: 0, index: 0 }));
    assert_eq!(with(52, 2), Err(GraphError::Input { node: 1, value: 2 }));
    assert_eq!(with(52, 0), Err(GraphError::Unused { node: 0 }));
    for len in 0..good.len() {
        assert_eq!(Graph::decode(&good[..len]), Err(GraphError::Truncated));
    }
    // An operand that has to be there is not absent, whatever follows.
    let absent = [&good[..13], &[0], &good[16..]].concat();
    assert_eq!(Graph::decode(&absent), Err(GraphError::Operand { node: 0, index: 0 }));
}

/// Nodes of any kind: each reads the one before it, and others.
fn any_graph() -> impl Strategy<Value = Graph> {
    let codes = prop::collection::vec((prop::sample::select(&cases::CODES[..11]), any::<u64>()), 1..20);
    (any::<bool>(), 1u32..=65_536, 1u32..=65_536, codes).prop_map(|(wide, rows_per_item, cols, codes)| {
        let dtype = if wide { Dtype::I32 } else { Dtype::I8 };
        let mut builder = GraphBuilder::with_items(Input { dtype, rows_per_item, cols });
        for (index, (code, seed)) in codes.into_iter().enumerate() {
            let (mut rng, mut first) = (Rng::new(!seed), true);
            let source = |_: &Arc<Tensor>| {
                let earlier = Value(rng.of(0..=index as i64) as u16);
                let own = core::mem::take(&mut first);
                let id = B256::left_padding_from(&rng.next().max(1).to_be_bytes());
                Ok::<_, GraphError>(match rng.flag() {
                    _ if own => Value(index as u16).into(),
                    true => earlier.into(),
                    false => id.into(),
                })
            };
            builder.node(cases::operation(code, seed).try_map(source).expect("no error"));
        }
        builder.build().expect("a graph")
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
    fn bytes_of_any_kind_are_a_graph_or_none(bytes in prop::collection::vec(0u8..27, 0..200)) {
        let bytes = [&[2, 0, 0, 0, 0, 1, 0, 0, 0, 8, 0, 1][..], &bytes].concat();
        if let Ok(graph) = Graph::decode(&bytes) {
            prop_assert_eq!(graph.encode(), bytes);
        }
    }
}
