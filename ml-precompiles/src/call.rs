//! Dispatch: one call of one precompile.

use crate::{
    abi::{self, Words},
    commitment::{self, Commitment},
    error::Failure,
    gas::{self, Meter},
    graph::{Graph, MAX_GRAPH_BYTES, MAX_NODES},
    host::{Price, Residency, TensorHost},
    metric::Metric,
    operand::{Operand, Request, Shaped},
    ops::{Kind, MAX_MACS, Operation},
    program::Program,
    tensor::Tensor,
};
use alloc::sync::Arc;
use alloy_primitives::{Address, B256, Bytes, U256};

/// The most data that one COMMIT takes, in bytes.
pub const MAX_COMMIT_BYTES: usize = 128 * 1024;
/// The most bytes that one SLICE returns.
pub const MAX_SLICE_BYTES: u64 = 4_096;

/// How a call ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallOutcome {
    /// Success.
    Return {
        /// Gas used, at most the limit.
        gas_used: u64,
        /// The result.
        output: Bytes,
    },
    /// A tensor or model is not there: the caller gets back what it did not use.
    Revert {
        /// Gas used, at most the limit.
        gas_used: u64,
        /// [`abi::NOT_RESIDENT`].
        output: Bytes,
    },
    /// The input is wrong or the gas too little: all of the limit is burnt, nothing is returned.
    Fail(Failure),
}

/// Runs the precompile at `address`. An error is the host's; every property of the input is an outcome.
pub fn call<H: TensorHost>(
    address: Address,
    input: &[u8],
    gas_limit: u64,
    host: &mut H,
) -> Result<CallOutcome, H::Error> {
    let mut frame = Frame { gas: Meter::new(gas_limit), host };
    match frame.dispatch(address, input) {
        Ok(output) => Ok(CallOutcome::Return { gas_used: frame.gas.used(), output }),
        Err(Stop::NotResident) => {
            Ok(CallOutcome::Revert { gas_used: frame.gas.used(), output: Bytes::from_static(&abi::NOT_RESIDENT) })
        }
        Err(Stop::Fail(failure)) => Ok(CallOutcome::Fail(failure)),
        Err(Stop::Host(error)) => Err(error),
    }
}

/// Why a call ends early.
enum Stop<E> {
    Fail(Failure),
    NotResident,
    Host(E),
}

impl<E, F: Into<Failure>> From<F> for Stop<E> {
    fn from(failure: F) -> Self {
        Self::Fail(failure.into())
    }
}

type Step<T, H> = Result<T, Stop<<H as TensorHost>::Error>>;

struct Frame<'a, H> {
    gas: Meter,
    host: &'a mut H,
}

impl<H: TensorHost> Frame<'_, H> {
    fn dispatch(&mut self, address: Address, input: &[u8]) -> Step<Bytes, H> {
        self.gas.charge(gas::BASE)?;
        match address {
            abi::META => self.meta(input),
            abi::COMMIT => self.commit(input),
            abi::SLICE => self.slice(input),
            abi::VERIFY => self.verify(input),
            abi::FORWARD => self.forward(input),
            abi::PRICE => self.price(input),
            abi::METRIC => self.metric(input),
            _ if abi::is_precompile(&address) => self.operate(address.0[19], input),
            _ => Err(Failure::UnknownPrecompile.into()),
        }
    }

    fn meta(&mut self, input: &[u8]) -> Step<Bytes, H> {
        let id = Words::exactly(input, 1)?.id()?;
        self.gas.charge(gas::META)?;
        let (tensor, residency) = self.fetch(id)?;
        let residency = match residency {
            Some(residency) => Some(residency),
            None => {
                self.gas.charge(gas::LOOKUP)?;
                self.host.resident(id).map_err(Stop::Host)?
            }
        };
        let shape = tensor.shape();
        let [d0, d1, d2, d3] = shape.padded_dims().map(u64::from);
        let (dtype, rank, size) = (shape.dtype() as u64, shape.dims().len() as u64, shape.size_bytes() as u64);
        let paid_until = residency.map_or(0, |residency| residency.paid_until);
        Ok(abi::encode_words(&[dtype, rank, d0, d1, d2, d3, size, paid_until]))
    }

    fn commit(&mut self, input: &[u8]) -> Step<Bytes, H> {
        let (mut words, data) = Words::with_data(input, abi::SHAPE_WORDS)?;
        let shape = words.shape()?;
        if data.len() > MAX_COMMIT_BYTES {
            return Err(Failure::InputLength(input.len()).into());
        }
        self.gas.charge(gas::commit(&shape))?;
        self.make(Arc::new(Tensor::from_bytes(shape, data)?).into())
    }

    fn slice(&mut self, input: &[u8]) -> Step<Bytes, H> {
        let mut words = Words::exactly(input, 3)?;
        let id = words.id()?;
        let offset = words.number(u64::from(u32::MAX))?;
        let length = words.number(MAX_SLICE_BYTES)?;
        self.gas.charge(gas::slice(length))?;
        let (tensor, _) = self.fetch(id)?;
        let size = tensor.shape().size_bytes() as u64;
        let bytes = match tensor.data() {
            Some(data) => data.slice_bytes(offset as usize, length as usize),
            None => tensor
                .commitment()
                .slice_bytes(offset as usize, length as usize, |hash| self.host.preimage(hash))
                .map_err(Stop::Host)?,
        };
        Ok(bytes.ok_or(Failure::Slice { offset, length, size })?.into())
    }

    fn verify(&mut self, input: &[u8]) -> Step<Bytes, H> {
        let (mut words, siblings) = Words::with_data(input, 3)?;
        let (root, index, leaf) = (words.id()?, words.number(u64::from(u32::MAX))?, words.id()?);
        let (siblings, rest) = siblings.as_chunks::<32>();
        if !rest.is_empty() || siblings.len() > commitment::MAX_LEVELS {
            return Err(Failure::InputLength(input.len()).into());
        }
        self.gas.charge(gas::VERIFY_LEVEL * siblings.len() as u64)?;
        let siblings = siblings.iter().map(|sibling| B256::new(*sibling));
        Ok(abi::encode_words(&[commitment::proves(root, index, leaf, siblings).into()]))
    }

    /// A precompile that is an operation.
    fn operate(&mut self, code: u8, input: &[u8]) -> Step<Bytes, H> {
        let operation = Operation::decode(code, input).ok_or(Failure::UnknownPrecompile)??;
        let operation = operation.try_map(|&id| Step::<_, H>::Ok(self.fetch(id)?.0))?;
        let plan = operation.plan()?;
        if plan.macs > MAX_MACS {
            return Err(Failure::Macs(plan.macs).into());
        }
        self.gas.charge(plan.fixed + plan.gas + gas::commit(&plan.output))?;
        let cosine = matches!(operation.kind(), Kind::CosineGe(_));
        let (id, result) = self.compute(operation)?.committed();
        let mut output = Bytes::from(id.0);
        if cosine {
            // The matches of the mask with itself are its ones.
            let ones = self.measure(Metric::Matches, &result, &result)?;
            output = [&abi::encode_words(&[ones])[..], id.as_slice()].concat().into();
        }
        self.host.insert_local(id, result).map_err(Stop::Host)?;
        Ok(output)
    }

    /// Works an operation out, here or by the host. Types, shapes and limits have been checked, and it is paid for.
    fn compute(&mut self, operation: Operation<Operand>) -> Step<Operand, H> {
        let shape = operation.plan()?.output;
        let request = Request::Operate(operation);
        if let Some(root) = self.host.request(&request).map_err(Stop::Host)? {
            if root.is_zero() {
                return Err(Failure::Refused.into());
            }
            return Ok(Commitment { shape, root }.into());
        }
        let Request::Operate(operation) = request else { return Err(Failure::NoData.into()) };
        let operation = operation.try_map(|operand| operand.require_data().cloned())?;
        Ok(Arc::new(operation.apply()?).into())
    }

    fn forward(&mut self, input: &[u8]) -> Step<Bytes, H> {
        let mut words = Words::exactly(input, 4)?;
        let (model, x) = (words.id()?, words.id()?);
        let from = words.number(MAX_NODES as u64)? as usize;
        let to = words.number(MAX_NODES as u64)? as usize;
        let (graph, price) = self.graph(model)?;
        let count = graph.nodes().len();
        let range = if (from, to) == (0, 0) { 0..count } else { from..to };
        let x = self.fetch(x)?.0;
        let whole = range == (0..count);
        let program = Program::bind(&graph, range, |id| Step::<_, H>::Ok(self.fetch(id)?.0))?;
        let plan = program.plan(x.shape())?;
        let gas = if whole {
            let items = x.shape().rows() as u64 / u64::from(graph.input().rows_per_item);
            // The nodes are paid for.
            let fixed = price.fixed.saturating_sub(gas::NODE * count as u64);
            price.per_item.saturating_mul(items).saturating_add(fixed)
        } else {
            plan.fixed + plan.gas
        };
        self.gas.charge(gas.saturating_add(gas::commit(&plan.output)))?;
        let result = program.evaluate(x, |operation| self.compute(operation))?;
        self.make(result)
    }

    fn price(&mut self, input: &[u8]) -> Step<Bytes, H> {
        if input.len() > MAX_GRAPH_BYTES {
            return Err(Failure::InputLength(input.len()).into());
        }
        self.gas.charge(gas::load(input.len() as u64))?;
        let graph = self.decode(input)?;
        let nodes = graph.nodes().len();
        let program = Program::bind(&graph, 0..nodes, |id| Step::<_, H>::Ok(self.fetch(id)?.0))?;
        let (Price { fixed, per_item }, output) = program.price()?;
        let [rows, cols] = [output.rows() as u64, output.cols() as u64];
        let more = abi::encode_words(&[fixed, per_item, rows, cols, output.dtype() as u64]);
        Ok([graph.model_id().as_slice(), &more].concat().into())
    }

    fn metric(&mut self, input: &[u8]) -> Step<Bytes, H> {
        let mut words = Words::exactly(input, 3)?;
        let metric = Metric::from_kind(words.number(u64::MAX)?).ok_or(Failure::Word(0))?;
        let (predictions, truth) = (words.id()?, words.id()?);
        let (predictions, truth) = (self.fetch(predictions)?.0, self.fetch(truth)?.0);
        self.gas.charge(metric.price(predictions.shape(), truth.shape())?)?;
        let number = self.measure(metric, &predictions, &truth)?;
        Ok(abi::encode_words(&[number]))
    }

    /// A metric that is paid for, here or by the host.
    fn measure(&mut self, metric: Metric, predictions: &Operand, truth: &Operand) -> Step<u64, H> {
        let request = Request::Measure { metric, predictions: predictions.clone(), truth: truth.clone() };
        Ok(match self.host.request(&request).map_err(Stop::Host)? {
            Some(answer) => number(answer).ok_or(Failure::Refused)?,
            None => metric.measure(predictions.require_data()?, truth.require_data()?)?,
        })
    }

    /// A registered model, whose first use in the transaction pays for looking it up and loading it.
    fn graph(&mut self, model: B256) -> Step<(Graph, Price), H> {
        let first = self.host.first_use(model).map_err(Stop::Host)?;
        if first {
            self.gas.charge(gas::LOOKUP)?;
        }
        let registered = self.host.graph(model).map_err(Stop::Host)?.ok_or(Stop::NotResident)?;
        if first {
            self.gas.charge(gas::load(registered.graph.len() as u64))?;
        }
        Ok((self.decode(&registered.graph)?, registered.price))
    }

    /// Every node of a graph is decoded, however few of them run, and paid for before.
    fn decode(&mut self, graph: &[u8]) -> Step<Graph, H> {
        self.gas.charge(gas::NODE * Graph::claimed_nodes(graph))?;
        Ok(Graph::decode(graph).map_err(Failure::from)?)
    }

    /// A local tensor, or else a resident one, whose first use in the transaction pays for looking it up and loading it.
    fn fetch(&mut self, id: B256) -> Step<(Operand, Option<Residency>), H> {
        if let Some(tensor) = self.host.local(id).map_err(Stop::Host)? {
            return Ok((tensor, None));
        }
        let first = self.host.first_use(id).map_err(Stop::Host)?;
        if first {
            self.gas.charge(gas::LOOKUP)?;
        }
        let residency = self.host.resident(id).map_err(Stop::Host)?.ok_or(Stop::NotResident)?;
        if first {
            self.gas.charge(gas::load(residency.size_bytes))?;
        }
        Ok((self.host.load(id).map_err(Stop::Host)?, Some(residency)))
    }

    /// Ends a call whose result is a tensor; its commitment has been paid for.
    fn make(&mut self, tensor: Operand) -> Step<Bytes, H> {
        let (id, tensor) = tensor.committed();
        self.host.insert_local(id, tensor).map_err(Stop::Host)?;
        Ok(id.0.into())
    }
}

/// The number that an answer stands for: see [`crate::Answer::word`].
fn number(answer: B256) -> Option<u64> {
    U256::from_be_bytes(answer.0).checked_sub(U256::ONE)?.try_into().ok()
}
