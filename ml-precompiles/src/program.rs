//! FORWARD: a range of a graph's nodes, with their parameters at hand.

use crate::{
    error::Failure,
    gas,
    graph::{Graph, Input, Source, Value, in_node},
    host::Price,
    kernel::Engine,
    operand::Shaped,
    ops::{MAX_MACS, Operation, Plan},
    tensor::{Shape, Tensor},
};
use alloc::{sync::Arc, vec::Vec};
use alloy_primitives::B256;
use core::{borrow::Borrow, ops::Range};

/// The most that all nodes' results of one FORWARD take together, in bytes: 256 MiB.
pub const MAX_FORWARD_BYTES: u64 = 1 << 28;

/// Nodes that can run: values count from the program's own input, which is 0.
#[derive(Clone, Debug)]
pub struct Program<P = Arc<Tensor>> {
    /// The first node's number in the graph.
    from: usize,
    /// What the graph says of its input, if the program starts there.
    declared: Option<Input>,
    steps: Vec<Operation<Bound<P>>>,
}

#[derive(Clone, Debug)]
enum Bound<P> {
    Value(usize),
    Parameter(P),
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
            let step = node.try_map(|source| match *source {
                Source::Value(Value(value)) => {
                    usize::from(value).checked_sub(from).map(Bound::Value).ok_or_else(|| unfit().into())
                }
                Source::Parameter(id) => fetch(id).map(Bound::Parameter),
            });
            steps.push(step?);
        }
        Ok(Self { from, declared: (from == 0).then_some(*graph.input()), steps })
    }

    /// Checks the types and shapes of everything on an input of shape `x`, and the limits; sums the prices of the
    /// operations. The output is the last node's.
    pub fn plan(&self, x: &Shape) -> Result<Plan, Failure> {
        if let Some(input) = self.declared {
            let fits = x.dtype() == input.dtype
                && x.cols() == input.cols as usize
                && x.rows().is_multiple_of(input.rows_per_item as usize);
            if !fits {
                return Err(Failure::Operand("x"));
            }
        }
        let mut values = Vec::from([*x]);
        let mut total = Plan { output: *x, macs: 0, gas: 0, fixed: 0 };
        let mut bytes = 0;
        for (index, step) in self.steps.iter().enumerate() {
            let step = step.try_map(|operand| match operand {
                Bound::Value(value) => values.get(*value).copied().ok_or(Failure::Operand("value")),
                Bound::Parameter(parameter) => Ok(*parameter.shape()),
            })?;
            let plan = step.plan().map_err(in_node(self.from + index))?;
            values.push(plan.output);
            bytes += plan.output.size_bytes() as u64;
            // A node by itself can ask for 2^58, before the limit refuses the sum.
            total = Plan {
                output: plan.output,
                macs: total.macs.saturating_add(plan.macs),
                gas: total.gas.saturating_add(plan.gas),
                fixed: total.fixed.saturating_add(plan.fixed),
            };
        }
        if total.macs > MAX_MACS {
            return Err(Failure::Macs(total.macs));
        }
        if bytes > MAX_FORWARD_BYTES {
            return Err(Failure::ForwardBytes(bytes));
        }
        Ok(total)
    }

    /// What a whole graph costs from now on, and the shape of its result for one item. What grows with the rows of a
    /// node grows with the items, or not at all; so `fixed + items * per_item` is never less than the sum of the nodes.
    pub(crate) fn price(&self) -> Result<(Price, Shape), Failure> {
        let input = self.declared.ok_or(Failure::Range { from: self.from, to: self.from + self.steps.len() })?;
        let plan = self.plan(&Shape::new(input.dtype, &[input.rows_per_item, input.cols])?)?;
        let nodes = self.steps.len() as u64;
        Ok((Price { fixed: gas::NODE * nodes + plan.fixed, per_item: plan.gas }, plan.output))
    }

    /// The last node's result on `x`. `compute` works one operation out. [`Self::plan`] comes first.
    pub(crate) fn evaluate<E: From<Failure>>(
        &self,
        x: P,
        mut compute: impl FnMut(Operation<P>) -> Result<P, E>,
    ) -> Result<P, E>
    where
        P: Clone,
    {
        let mut values = Vec::from([x]);
        for step in &self.steps {
            let step = step.try_map(|operand| match operand {
                Bound::Value(value) => values.get(*value).cloned().ok_or(Failure::Operand("value")),
                Bound::Parameter(parameter) => Ok(parameter.clone()),
            })?;
            values.push(compute(step)?);
        }
        // The input, at least, is there.
        values.pop().ok_or_else(|| Failure::Operand("x").into())
    }
}

impl<P: Borrow<Tensor> + Shaped> Program<P> {
    /// The last node's result for `x`.
    pub fn run(&self, x: &Tensor) -> Result<Tensor, Failure> {
        self.run_on(&Engine::detect(), x)
    }

    /// The same with given kernels and threads.
    pub fn run_on(&self, engine: &Engine, x: &Tensor) -> Result<Tensor, Failure> {
        self.plan(x.shape())?;
        let mut values: Vec<Tensor> = Vec::with_capacity(self.steps.len());
        for (index, step) in self.steps.iter().enumerate() {
            let step = step.as_ref().try_map(|operand| {
                Ok::<&Tensor, Failure>(match *operand {
                    Bound::Value(0) => x,
                    Bound::Value(value) => values.get(value - 1).ok_or(Failure::Operand("value"))?,
                    Bound::Parameter(parameter) => parameter.borrow(),
                })
            })?;
            values.push(step.apply_on(engine).map_err(in_node(self.from + index))?);
        }
        values.pop().ok_or(Failure::Operand("x"))
    }
}
