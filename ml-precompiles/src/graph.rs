//! Models: a list of operations in canonical bytes.

use crate::{
    ops::Operation,
    tensor::{Dtype, MAX_DIM},
};
use alloc::vec::Vec;
use alloy_primitives::{B256, keccak256};

/// Nodes that a graph can have.
pub const MAX_NODES: usize = 256;
/// The longest encoding, in bytes: it has to fit a contract's code.
pub const MAX_GRAPH_BYTES: usize = 24_000;

/// First byte of an encoding.
const VERSION: u8 = 1;
/// Operation codes: the last byte of the precompile's address.
const MATMUL_I8: u8 = 0x10;
const REQUANT: u8 = 0x12;
const LUT8: u8 = 0x13;

/// Why bytes or nodes are not a graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GraphError {
    /// Longer than [`MAX_GRAPH_BYTES`].
    #[error("a graph of {0} bytes")]
    TooLong(usize),
    /// Another version than 1.
    #[error("unknown graph version {0}")]
    Version(u8),
    /// The input has no valid element type.
    #[error("unknown element type {0}")]
    Dtype(u8),
    /// The number of input columns is not between 1 and 65,536.
    #[error("{0} input columns")]
    Columns(u32),
    /// No nodes, or more than [`MAX_NODES`].
    #[error("a graph of {0} nodes")]
    Nodes(usize),
    /// The bytes end inside the graph.
    #[error("truncated")]
    Truncated,
    /// Bytes after the last node.
    #[error("{0} bytes after the last node")]
    Trailing(usize),
    /// An operation that does not exist.
    #[error("unknown operation {operation:#04x} in node {node}")]
    Operation {
        /// Which node, from 0.
        node: usize,
        /// The code.
        operation: u8,
    },
    /// A parameter that must be there is zero.
    #[error("node {node} lacks a parameter")]
    Parameter {
        /// Which node, from 0.
        node: usize,
    },
    /// A node reads a value that no earlier node has made.
    #[error("node {node} reads value {value}")]
    Input {
        /// Which node, from 0.
        node: usize,
        /// The value that it names.
        value: u16,
    },
    /// A node before the last that no node reads.
    #[error("nothing reads node {node}")]
    Unused {
        /// Which node, from 0.
        node: usize,
    },
}

/// What a node reads: 0 is the graph's input, i + 1 the result of node i.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Value(pub u16);

impl Value {
    /// The graph's input.
    pub const INPUT: Self = Self(0);
}

/// One step of a graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node {
    /// What it reads.
    pub input: Value,
    /// What it does; its parameters are tensor ids, none of them zero.
    pub operation: Operation<B256>,
}

/// A model: from a matrix of `input_cols` columns and any number of rows to the result of its last node. Nodes read
/// only what comes before them, and every node but the last is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Graph {
    input_dtype: Dtype,
    input_cols: u32,
    nodes: Vec<Node>,
}

impl Graph {
    /// Checks that the nodes form a graph that can be encoded.
    pub fn new(input_dtype: Dtype, input_cols: u32, nodes: Vec<Node>) -> Result<Self, GraphError> {
        if input_cols == 0 || input_cols > MAX_DIM {
            return Err(GraphError::Columns(input_cols));
        }
        if nodes.is_empty() || nodes.len() > MAX_NODES {
            return Err(GraphError::Nodes(nodes.len()));
        }
        let mut read = [false; MAX_NODES + 1];
        for (node, Node { input, operation }) in nodes.iter().enumerate() {
            if usize::from(input.0) > node {
                return Err(GraphError::Input { node, value: input.0 });
            }
            read[usize::from(input.0)] = true;
            operation.try_map(|id| if id.is_zero() { Err(GraphError::Parameter { node }) } else { Ok(()) })?;
        }
        if let Some(node) = (0..nodes.len() - 1).find(|node| !read[node + 1]) {
            return Err(GraphError::Unused { node });
        }
        let graph = Self { input_dtype, input_cols, nodes };
        match graph.encode().len() {
            len if len > MAX_GRAPH_BYTES => Err(GraphError::TooLong(len)),
            _ => Ok(graph),
        }
    }

    /// Element type of the input.
    pub const fn input_dtype(&self) -> Dtype {
        self.input_dtype
    }

    /// Columns of the input.
    pub const fn input_cols(&self) -> u32 {
        self.input_cols
    }

    /// The nodes, in order of execution.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// `keccak256` of the encoding.
    pub fn model_id(&self) -> B256 {
        keccak256(self.encode())
    }

    /// The only encoding of this graph.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::from([VERSION, self.input_dtype as u8]);
        out.extend(self.input_cols.to_be_bytes());
        out.extend((self.nodes.len() as u16).to_be_bytes());
        for Node { input, operation } in &self.nodes {
            let (code, ids) = match *operation {
                Operation::MatmulI8 { weights, bias, requant } => {
                    (MATMUL_I8, [Some(weights), Some(bias.unwrap_or_default()), Some(requant.unwrap_or_default())])
                }
                Operation::Requant { constants } => (REQUANT, [Some(constants), None, None]),
                Operation::Lut8 { table } => (LUT8, [Some(table), None, None]),
            };
            out.push(code);
            out.extend(input.0.to_be_bytes());
            out.extend(ids.iter().flatten().flat_map(|id| id.0));
        }
        out
    }

    /// Reads an encoding, and nothing else.
    pub fn decode(bytes: &[u8]) -> Result<Self, GraphError> {
        if bytes.len() > MAX_GRAPH_BYTES {
            return Err(GraphError::TooLong(bytes.len()));
        }
        let mut reader = Reader(bytes);
        let [version] = reader.take()?;
        if version != VERSION {
            return Err(GraphError::Version(version));
        }
        let [dtype] = reader.take()?;
        let dtype = Dtype::from_byte(dtype).ok_or(GraphError::Dtype(dtype))?;
        let cols = u32::from_be_bytes(reader.take()?);
        let count = usize::from(u16::from_be_bytes(reader.take()?));
        if count > MAX_NODES {
            return Err(GraphError::Nodes(count));
        }
        let nodes = (0..count).map(|node| reader.node(node)).collect::<Result<_, _>>()?;
        if !reader.0.is_empty() {
            return Err(GraphError::Trailing(reader.0.len()));
        }
        Self::new(dtype, cols, nodes)
    }
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], GraphError> {
        let (head, rest) = self.0.split_first_chunk().ok_or(GraphError::Truncated)?;
        self.0 = rest;
        Ok(*head)
    }

    fn id(&mut self) -> Result<B256, GraphError> {
        self.take().map(B256::new)
    }

    fn optional_id(&mut self) -> Result<Option<B256>, GraphError> {
        Ok(Some(self.id()?).filter(|id| !id.is_zero()))
    }

    fn node(&mut self, node: usize) -> Result<Node, GraphError> {
        let [code] = self.take()?;
        let input = Value(u16::from_be_bytes(self.take()?));
        let operation = match code {
            MATMUL_I8 => {
                Operation::MatmulI8 { weights: self.id()?, bias: self.optional_id()?, requant: self.optional_id()? }
            }
            REQUANT => Operation::Requant { constants: self.id()? },
            LUT8 => Operation::Lut8 { table: self.id()? },
            operation => return Err(GraphError::Operation { node, operation }),
        };
        Ok(Node { input, operation })
    }
}

/// Puts a graph together node by node. The node added last is the output.
#[derive(Clone, Debug)]
pub struct GraphBuilder {
    input_dtype: Dtype,
    input_cols: u32,
    nodes: Vec<Node>,
}

impl GraphBuilder {
    /// A graph over matrices of `cols` columns.
    pub const fn new(input_dtype: Dtype, cols: u32) -> Self {
        Self { input_dtype, input_cols: cols, nodes: Vec::new() }
    }

    /// Adds `operation` on `input` and returns its result.
    pub fn node(&mut self, input: Value, operation: Operation<B256>) -> Value {
        self.nodes.push(Node { input, operation });
        Value(u16::try_from(self.nodes.len()).unwrap_or(u16::MAX))
    }

    /// Adds MATMUL_I8 with a bias and a requantisation: one dense layer.
    pub fn dense(&mut self, input: Value, weights: B256, bias: B256, requant: B256) -> Value {
        self.node(input, Operation::MatmulI8 { weights, bias: Some(bias), requant: Some(requant) })
    }

    /// Adds a look-up in a table of 256 entries.
    pub fn lut8(&mut self, input: Value, table: B256) -> Value {
        self.node(input, Operation::Lut8 { table })
    }

    /// Checks the whole.
    pub fn build(self) -> Result<Graph, GraphError> {
        Graph::new(self.input_dtype, self.input_cols, self.nodes)
    }
}
