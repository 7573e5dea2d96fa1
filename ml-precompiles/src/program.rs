//! FORWARD: a range of a graph's nodes, with their parameters at hand.

use crate::{
    error::Failure,
    graph::{Graph, Value},
    operand::Shaped,
    ops::{MAX_MACS, Operation, Plan},
    tensor::{Dtype, Shape, Tensor},
};
use alloc::{sync::Arc, vec::Vec};
use alloy_primitives::B256;
use core::{borrow::Borrow, ops::Range};

/// The most that all nodes' results of one FORWARD take together, in bytes: 256 MiB.
pub const MAX_FORWARD_BYTES: u64 = 1 << 28;

/// Nodes that can run: `inputs` count from the program's own input, which is 0.
#[derive(Clone, Debug)]
pub struct Program<P = Arc<Tensor>> {
    /// What the graph says of its input, if the program starts there.
    declared: Option<(Dtype, u32)>,
    steps: Vec<(usize, Operation<P>)>,
}

/// The whole of `graph` on `x`, off chain: the same steps as the precompile, without gas. `fetch` finds parameters.
pub fn forward<E: From<Failure>>(
    graph: &Graph,
    x: &Tensor,
    fetch: impl FnMut(B256) -> Result<Arc<Tensor>, E>,
) -> Result<Tensor, E> {
    Ok(Program::bind(graph, 0..graph.nodes().len(), fetch)?.run(x)?)
}

impl<P: Shaped> Program<P> {
    /// Nodes `range` of `graph`. The program's input takes the place of the value before the range: the graph's input,
    /// or the result of node `range.start - 1`. The nodes may read that and each other. `fetch` is asked for the
    /// parameters of one node after the other, in the order in which they are encoded.
    pub fn bind<E: From<Failure>>(
        graph: &Graph,
        range: Range<usize>,
        mut fetch: impl FnMut(B256) -> Result<P, E>,
    ) -> Result<Self, E> {
        let (from, to) = (range.start, range.end);
        let unfit = || Failure::Range { from, to };
        let nodes = graph.nodes().get(range).filter(|nodes| !nodes.is_empty()).ok_or_else(unfit)?;
        let mut steps = Vec::with_capacity(nodes.len());
        for node in nodes {
            let Value(input) = node.input;
            let input = usize::from(input).checked_sub(from).ok_or_else(unfit)?;
            steps.push((input, node.operation.try_map(|&id| fetch(id))?));
        }
        let declared = (from == 0).then_some((graph.input_dtype(), graph.input_cols()));
        Ok(Self { declared, steps })
    }

    /// Checks the types and shapes of everything on an input of shape `x`, and the limits; sums the prices of the
    /// operations. The output is the last node's.
    pub fn plan(&self, x: &Shape) -> Result<Plan, Failure> {
        if self.declared.is_some_and(|(dtype, cols)| dtype != x.dtype() || cols as usize != x.cols()) {
            return Err(Failure::Operand("x"));
        }
        let mut values = Vec::from([*x]);
        let mut total = Plan { output: *x, macs: 0, gas: 0 };
        let mut bytes = 0;
        for (input, operation) in &self.steps {
            let plan = operation.plan(&values[*input])?;
            values.push(plan.output);
            bytes += plan.output.size_bytes() as u64;
            total = Plan { output: plan.output, macs: total.macs + plan.macs, gas: total.gas + plan.gas };
        }
        if total.macs > MAX_MACS {
            return Err(Failure::Macs(total.macs));
        }
        if bytes > MAX_FORWARD_BYTES {
            return Err(Failure::ForwardBytes(bytes));
        }
        Ok(total)
    }

    /// The last node's result. `compute` works one operation out: on the result of an earlier one, or on the program's
    /// input (`None`). [`Self::plan`] comes first.
    pub(crate) fn evaluate<V, E: From<Failure>>(
        &self,
        mut compute: impl FnMut(&Operation<P>, Option<&V>) -> Result<V, E>,
    ) -> Result<V, E> {
        let mut values = Vec::with_capacity(self.steps.len());
        for (input, operation) in &self.steps {
            let value = compute(operation, input.checked_sub(1).map(|index| &values[index]))?;
            values.push(value);
        }
        // A program has at least one step.
        values.pop().ok_or_else(|| Failure::Range { from: 0, to: 0 }.into())
    }
}

impl<P: Borrow<Tensor> + Shaped> Program<P> {
    /// The last node's result for `x`.
    pub fn run(&self, x: &Tensor) -> Result<Tensor, Failure> {
        self.plan(x.shape())?;
        self.evaluate(|operation, value| operation.apply(value.unwrap_or(x)))
    }
}
