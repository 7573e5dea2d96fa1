//! Models: a list of operations in canonical bytes.

use crate::{
    error::Failure,
    ops::{Kind, Operation},
    tensor::{Dtype, MAX_DIM},
};
use alloc::{boxed::Box, vec::Vec};
use alloy_primitives::{B256, keccak256};

/// Nodes that a graph can have.
pub const MAX_NODES: usize = 256;
/// The longest encoding, in bytes: it has to fit a contract's code.
pub const MAX_GRAPH_BYTES: usize = 24_000;

/// First byte of an encoding.
const VERSION: u8 = 2;
/// First bytes of operands.
const ABSENT: u8 = 0;
const VALUE: u8 = 1;
const PARAMETER: u8 = 2;

/// Why bytes or nodes are not a graph.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GraphError {
    /// Longer than [`MAX_GRAPH_BYTES`].
    #[error("a graph of {0} bytes")]
    TooLong(usize),
    /// Another version than 2.
    #[error("unknown graph version {0}")]
    Version(u8),
    /// The input has no valid element type.
    #[error("unknown element type {0}")]
    Dtype(u8),
    /// The number of rows of an item is not between 1 and 65,536.
    #[error("{0} rows per item")]
    Rows(u32),
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
    /// An operation that does not exist, or not in graphs.
    #[error("unknown operation {operation:#04x} in node {node}")]
    Operation {
        /// Which node, from 0.
        node: usize,
        /// The code.
        operation: u8,
    },
    /// An attribute out of range.
    #[error("attribute {index} of node {node} is out of range")]
    Attribute {
        /// Which node, from 0.
        node: usize,
        /// Which attribute, from 0.
        index: usize,
    },
    /// An operand that is absent and must not be, a parameter of id zero, or a byte that starts no operand.
    #[error("operand {index} of node {node} is malformed")]
    Operand {
        /// Which node, from 0.
        node: usize,
        /// Which operand, from 0.
        index: usize,
    },
    /// A node reads a value that no earlier node has made.
    #[error("node {node} reads value {value}")]
    Input {
        /// Which node, from 0.
        node: usize,
        /// The value that it names.
        value: u16,
    },
    /// A node that reads no value.
    #[error("node {node} reads nothing")]
    Constant {
        /// Which node, from 0.
        node: usize,
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

/// An operand of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The input, or the result of an earlier node.
    Value(Value),
    /// A tensor, by its id, which is not zero.
    Parameter(B256),
}

impl From<Value> for Source {
    fn from(value: Value) -> Self {
        Self::Value(value)
    }
}

impl From<B256> for Source {
    fn from(id: B256) -> Self {
        Self::Parameter(id)
    }
}

/// One step of a graph.
pub type Node = Operation<Source>;

/// Type and size of what a graph reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Input {
    /// Element type.
    pub dtype: Dtype,
    /// Rows of one item: an image's pixels, a sequence's tokens.
    pub rows_per_item: u32,
    /// Columns.
    pub cols: u32,
}

/// A model: from a matrix of any number of items to the result of its last node. Nodes read only what comes before
/// them, and every node but the last is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Graph {
    input: Input,
    nodes: Vec<Node>,
}

impl Graph {
    /// Checks that the nodes form a graph that can be encoded.
    pub fn new(input: Input, nodes: Vec<Node>) -> Result<Self, GraphError> {
        let fits = |dim: u32| (1..=MAX_DIM).contains(&dim);
        if !fits(input.rows_per_item) {
            return Err(GraphError::Rows(input.rows_per_item));
        }
        if !fits(input.cols) {
            return Err(GraphError::Columns(input.cols));
        }
        if nodes.is_empty() || nodes.len() > MAX_NODES {
            return Err(GraphError::Nodes(nodes.len()));
        }
        let mut read = [false; MAX_NODES + 1];
        for (node, operation) in nodes.iter().enumerate() {
            check(node, operation, &mut read)?;
        }
        if let Some(node) = (0..nodes.len() - 1).find(|node| !read[node + 1]) {
            return Err(GraphError::Unused { node });
        }
        let graph = Self { input, nodes };
        match graph.encode().len() {
            len if len > MAX_GRAPH_BYTES => Err(GraphError::TooLong(len)),
            _ => Ok(graph),
        }
    }

    /// What it reads.
    pub const fn input(&self) -> &Input {
        &self.input
    }

    /// The nodes, in order of execution.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Ids of the parameters, in the order in which they are encoded; one that is used twice comes twice.
    pub fn parameters(&self) -> impl Iterator<Item = B256> {
        self.nodes.iter().flat_map(Operation::operands).filter_map(|operand| match operand {
            Some(Source::Parameter(id)) => Some(*id),
            _ => None,
        })
    }

    /// `keccak256` of the encoding.
    pub fn model_id(&self) -> B256 {
        keccak256(self.encode())
    }

    /// The only encoding of this graph.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::from([VERSION, self.input.dtype as u8]);
        out.extend(self.input.rows_per_item.to_be_bytes());
        out.extend(self.input.cols.to_be_bytes());
        out.extend((self.nodes.len() as u16).to_be_bytes());
        for operation in &self.nodes {
            out.push(operation.kind().code());
            // Attributes of graphs' operations have 32 bits.
            out.extend(operation.kind().attributes().iter().flat_map(|word| &word[28..]));
            for operand in operation.operands() {
                match operand {
                    None => out.push(ABSENT),
                    Some(Source::Value(Value(value))) => {
                        out.push(VALUE);
                        out.extend(value.to_be_bytes());
                    }
                    Some(Source::Parameter(id)) => {
                        out.push(PARAMETER);
                        out.extend(id);
                    }
                }
            }
        }
        out
    }

    /// How many nodes [`Self::decode`] will read at most: what the header says, up to [`MAX_NODES`].
    pub fn claimed_nodes(bytes: &[u8]) -> u64 {
        // After version, dtype, rows and columns.
        let count = bytes.get(10..12).map_or(0, |count| u16::from_be_bytes([count[0], count[1]]));
        u64::from(count).min(MAX_NODES as u64)
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
        let rows_per_item = u32::from_be_bytes(reader.take()?);
        let cols = u32::from_be_bytes(reader.take()?);
        let count = usize::from(u16::from_be_bytes(reader.take()?));
        if count > MAX_NODES {
            return Err(GraphError::Nodes(count));
        }
        let nodes = (0..count).map(|node| reader.node(node)).collect::<Result<_, _>>()?;
        if !reader.0.is_empty() {
            return Err(GraphError::Trailing(reader.0.len()));
        }
        Self::new(Input { dtype, rows_per_item, cols }, nodes)
    }
}

/// Checks what node `node` reads, and marks it.
fn check(node: usize, operation: &Node, read: &mut [bool; MAX_NODES + 1]) -> Result<(), GraphError> {
    if !operation.kind().in_graphs() {
        return Err(GraphError::Operation { node, operation: operation.kind().code() });
    }
    operation.kind().check().map_err(|index| GraphError::Attribute { node, index })?;
    let mut reads = false;
    for (index, operand) in operation.operands().iter().enumerate() {
        match operand {
            Some(Source::Value(Value(value))) => {
                if usize::from(*value) > node {
                    return Err(GraphError::Input { node, value: *value });
                }
                read[usize::from(*value)] = true;
                reads = true;
            }
            Some(Source::Parameter(id)) if id.is_zero() => return Err(GraphError::Operand { node, index }),
            Some(Source::Parameter(_)) | None => {}
        }
    }
    if reads { Ok(()) } else { Err(GraphError::Constant { node }) }
}

impl GraphError {
    fn operand(node: usize, operation: &Kind, failure: &Failure) -> Self {
        let slots = operation.slots().unwrap_or_default();
        let index = slots.iter().position(|(name, _)| *failure == Failure::Operand(name));
        Self::Operand { node, index: index.unwrap_or_default() }
    }
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], GraphError> {
        let (head, rest) = self.0.split_first_chunk().ok_or(GraphError::Truncated)?;
        self.0 = rest;
        Ok(*head)
    }

    fn node(&mut self, node: usize) -> Result<Node, GraphError> {
        let [code] = self.take()?;
        let unknown = GraphError::Operation { node, operation: code };
        let count = Kind::attributes_of(code, 0).filter(|_| code < 0x20).ok_or(unknown.clone())?;
        let attributes = (0..count).map(|_| Ok(B256::left_padding_from(&self.take::<4>()?)));
        let attributes = attributes.collect::<Result<Vec<_>, GraphError>>()?;
        let kind = Kind::read(code, &attributes).ok_or(unknown)?;
        let kind = kind.map_err(|index| GraphError::Attribute { node, index })?;
        let slots = kind.slots().unwrap_or_default();
        let operands = (0..slots.len()).map(|index| self.operand(node, index)).collect::<Result<_, _>>()?;
        Operation::new(kind.clone(), operands).map_err(|failure| GraphError::operand(node, &kind, &failure))
    }

    fn operand(&mut self, node: usize, index: usize) -> Result<Option<Source>, GraphError> {
        Ok(match self.take()? {
            [ABSENT] => None,
            [VALUE] => Some(Source::Value(Value(u16::from_be_bytes(self.take()?)))),
            [PARAMETER] => Some(Source::Parameter(B256::new(self.take()?))),
            _ => return Err(GraphError::Operand { node, index }),
        })
    }
}

/// Puts a graph together node by node. The node added last is the output.
#[derive(Clone, Debug)]
pub struct GraphBuilder {
    input: Input,
    nodes: Vec<Node>,
}

impl GraphBuilder {
    /// A graph over rows of `cols` columns, each an item.
    pub const fn new(dtype: Dtype, cols: u32) -> Self {
        Self::with_items(Input { dtype, rows_per_item: 1, cols })
    }

    /// A graph over items of several rows.
    pub const fn with_items(input: Input) -> Self {
        Self { input, nodes: Vec::new() }
    }

    /// Adds `operation` and returns its result.
    pub fn node(&mut self, operation: Node) -> Value {
        self.nodes.push(operation);
        Value(u16::try_from(self.nodes.len()).unwrap_or(u16::MAX))
    }

    /// Adds MATMUL_I8 with a bias and a requantisation: one dense layer.
    pub fn dense(&mut self, input: Value, weights: B256, bias: B256, requant: B256) -> Value {
        self.node(Operation::matmul(input.into(), weights.into(), Some(bias.into()), Some(requant.into())))
    }

    /// Adds a look-up in a table of 256 entries.
    pub fn lut8(&mut self, input: Value, table: B256) -> Value {
        self.node(Operation::lut8(input.into(), table.into()))
    }

    /// Checks the whole.
    pub fn build(self) -> Result<Graph, GraphError> {
        Graph::new(self.input, self.nodes)
    }
}

/// `failure`, of node `node`.
pub(crate) fn in_node(node: usize) -> impl FnOnce(Failure) -> Failure {
    move |failure| Failure::Node { node, reason: Box::new(failure) }
}
