//! What a network does not need as nodes of their own.

use crate::{
    functions::Function,
    network::{Id, Network, Node, Op},
};

/// Makes a relu the clamp of the node before it, where nothing else reads that.
pub(crate) fn fuse(mut network: Network) -> Network {
    let mut readers = vec![0; network.nodes.len() + 1];
    for id in network.nodes.iter().flat_map(|node| node.op.reads()).flatten() {
        readers[id] += 1;
    }
    // Where each value has gone.
    let mut moved: Vec<Id> = vec![0];
    let mut nodes: Vec<Node> = Vec::with_capacity(network.nodes.len());
    for mut node in network.nodes {
        if let Op::Map { x, function: Function::Relu } = node.op
            && let Some(before) = moved[x].checked_sub(1)
            && readers[x] == 1
            && nodes[before].op.clamps()
        {
            nodes[before].relu = true;
            nodes[before].name = format!("{}+{}", nodes[before].name, node.name);
            moved.push(moved[x]);
            continue;
        }
        node.op.rewire(&moved);
        nodes.push(node);
        moved.push(nodes.len());
    }
    network.nodes = nodes;
    network
}

impl Op {
    fn rewire(&mut self, moved: &[Id]) {
        let mut to = |id: &mut Id| *id = moved[*id];
        match self {
            Self::Add { a, b } => [a, b].into_iter().for_each(&mut to),
            Self::Mix { p, qkv, .. } => [p, qkv].into_iter().for_each(&mut to),
            Self::Scores { qkv, .. } => to(qkv),
            Self::Product { x, .. }
            | Self::Map { x, .. }
            | Self::Softmax { x }
            | Self::Layernorm { x, .. }
            | Self::Position { x, .. }
            | Self::Pool { x, .. }
            | Self::Gather { x, .. } => to(x),
        }
    }
}
