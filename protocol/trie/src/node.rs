//! Nodes in memory and their RLP. `alloy_trie::nodes` has no branch values and does not know where a node is stored, so
//! branches and decoding are ours.

use crate::NodeError;
use alloc::{boxed::Box, sync::Arc, vec::Vec};
use alloy_primitives::{B256, Bytes};
use alloy_rlp::{EMPTY_STRING_CODE, Encodable, Header};
use alloy_trie::{
    Nibbles,
    nodes::{ExtensionNode, ExtensionNodeRef, LeafNode, LeafNodeRef, RlpNode},
};

/// The longest path from the root, in nibbles.
const MAX_DEPTH: usize = 64;

/// A reference to a child, or to the root.
#[derive(Debug, Clone, Default)]
pub(crate) enum Link {
    #[default]
    Empty,
    /// Known by its hash only; stored at the path where this link is.
    Hash(B256),
    Node(Arc<Node>),
}

#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) body: Body,
    /// How the parent refers to this node: its hash, or its RLP if that is under 32 bytes. `None` while it is dirty.
    pub(crate) reference: Option<RlpNode>,
    /// The node store (with the updates not yet taken applied) has an entry at the path of this node.
    pub(crate) stored: bool,
}

#[derive(Debug, Clone)]
pub(crate) enum Body {
    Leaf {
        key: Nibbles,
        value: Bytes,
    },
    /// `key` is not empty and `child`, once loaded, is a branch.
    Extension {
        key: Nibbles,
        child: Link,
    },
    /// At least two entries.
    Branch(Box<Branch>),
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Branch {
    pub(crate) children: [Link; 16],
    pub(crate) value: Option<Bytes>,
}

impl Link {
    pub(crate) fn new(body: Body) -> Self {
        Self::Node(Arc::new(Node { body, reference: None, stored: false }))
    }

    pub(crate) const fn is_empty(&self) -> bool {
        matches!(self, Self::Empty)
    }

    fn rlp_length(&self) -> usize {
        match self {
            Self::Empty => 1,
            Self::Hash(_) => 33,
            Self::Node(node) => node.reference.as_ref().map_or(0, |reference| reference.len()),
        }
    }

    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Empty => out.push(EMPTY_STRING_CODE),
            Self::Hash(hash) => hash.encode(out),
            Self::Node(node) => {
                debug_assert!(node.reference.is_some(), "children are sealed first");
                out.extend_from_slice(node.reference.as_deref().unwrap_or_default());
            }
        }
    }
}

impl Branch {
    /// The position of the only child other than `except`, if there is no further entry than these two.
    pub(crate) fn lone_sibling(&self, except: Option<u8>) -> Option<u8> {
        if except.is_some() && self.value.is_some() {
            return None;
        }
        let mut others = (0..16u8).filter(|&i| Some(i) != except && !self.children[usize::from(i)].is_empty());
        others.next().filter(|_| others.next().is_none())
    }

    fn encode(&self, out: &mut Vec<u8>) {
        let value = self.value.as_ref().map_or(&[][..], |value| value);
        let payload_length = self.children.iter().map(Link::rlp_length).sum::<usize>() + value.length();
        out.reserve_exact(payload_length + 4);
        Header { list: true, payload_length }.encode(out);
        self.children.iter().for_each(|child| child.encode(out));
        value.encode(out);
    }
}

impl Node {
    /// The RLP of this node. Its children must not be dirty.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        match &self.body {
            Body::Leaf { key, value } => {
                let leaf = LeafNodeRef::new(key, value);
                out.reserve_exact(leaf.length());
                leaf.encode(&mut out);
            }
            Body::Extension { key, child } => {
                let mut reference = Vec::with_capacity(33);
                child.encode(&mut reference);
                ExtensionNodeRef::new(key, &reference).encode(&mut out);
            }
            Body::Branch(branch) => branch.encode(&mut out),
        }
        out
    }

    /// Decodes a node stored at a path of `depth` nibbles under `hash` (which the caller has checked).
    pub(crate) fn decode(rlp: &Bytes, depth: usize, hash: &B256) -> Result<Self, NodeError> {
        let mut rest = &rlp[..];
        let body = Body::decode(rlp, &mut rest, depth)?;
        if !rest.is_empty() {
            return Err(NodeError::Trailing(rest.len()));
        }
        let reference = match rlp.len() {
            0..32 if depth != 0 => return Err(NodeError::NotEmbedded(rlp.len())),
            0..32 => RlpNode::from_raw(rlp),
            _ => Some(RlpNode::word_rlp(hash)),
        };
        Ok(Self { body, reference, stored: true })
    }
}

impl Body {
    /// Decodes the node at the head of `buf`, which is a part of `rlp`: values share its memory.
    fn decode(rlp: &Bytes, buf: &mut &[u8], depth: usize) -> Result<Self, NodeError> {
        let header = Header::decode(buf).map_err(NodeError::Rlp)?;
        if !header.list {
            return Err(NodeError::Rlp(alloy_rlp::Error::UnexpectedString));
        }
        let (mut payload, rest) = buf.split_at_checked(header.payload_length).ok_or(SHORT)?;
        *buf = rest;
        let mut items = [&[][..]; 17];
        let mut count = 0;
        while !payload.is_empty() {
            let item = raw_item(&mut payload)?;
            *items.get_mut(count).ok_or(NodeError::Items(count + 1))? = item;
            count += 1;
        }
        match count {
            2 => Self::decode_short(rlp, items[0], items[1], depth),
            17 => Self::decode_branch(rlp, &items, depth),
            _ => Err(NodeError::Items(count)),
        }
    }

    fn decode_short(rlp: &Bytes, path: &[u8], item: &[u8], depth: usize) -> Result<Self, NodeError> {
        let (key, is_leaf) = decode_path(string(path)?)?;
        let end = depth + key.len();
        if end > MAX_DEPTH {
            return Err(NodeError::TooDeep);
        }
        if is_leaf {
            let value = rlp.slice_ref(string(item)?);
            return if value.is_empty() { Err(NodeError::EmptyValue) } else { Ok(Self::Leaf { key, value }) };
        }
        let child = decode_link(rlp, item, end)?;
        match &child {
            _ if key.is_empty() => Err(NodeError::Path),
            Link::Empty => Err(NodeError::NotBranch),
            Link::Node(node) if !node.is_branch() => Err(NodeError::NotBranch),
            _ => Ok(Self::Extension { key, child }),
        }
    }

    fn decode_branch(rlp: &Bytes, items: &[&[u8]; 17], depth: usize) -> Result<Self, NodeError> {
        let mut branch = Box::<Branch>::default();
        let mut entries = 0;
        for (child, item) in branch.children.iter_mut().zip(items) {
            *child = decode_link(rlp, item, depth + 1)?;
            entries += usize::from(!child.is_empty());
        }
        if entries > 0 && depth >= MAX_DEPTH {
            return Err(NodeError::TooDeep);
        }
        let value = string(items[16])?;
        if !value.is_empty() {
            branch.value = Some(rlp.slice_ref(value));
            entries += 1;
        }
        if entries < 2 { Err(NodeError::FewEntries) } else { Ok(Self::Branch(branch)) }
    }
}

impl Node {
    pub(crate) const fn is_branch(&self) -> bool {
        matches!(self.body, Body::Branch(_))
    }
}

const SHORT: NodeError = NodeError::Rlp(alloy_rlp::Error::InputTooShort);

/// Takes one item with its header off `buf`.
fn raw_item<'a>(buf: &mut &'a [u8]) -> Result<&'a [u8], NodeError> {
    let start = *buf;
    let header = Header::decode(buf).map_err(NodeError::Rlp)?;
    let header_length = start.len() - buf.len();
    let (item, rest) = start.split_at_checked(header_length + header.payload_length).ok_or(SHORT)?;
    *buf = rest;
    Ok(item)
}

fn string(mut item: &[u8]) -> Result<&[u8], NodeError> {
    Header::decode_bytes(&mut item, false).map_err(NodeError::Rlp)
}

/// Decodes the reference to the child at a path of `depth` nibbles.
fn decode_link(rlp: &Bytes, mut item: &[u8], depth: usize) -> Result<Link, NodeError> {
    match item {
        [EMPTY_STRING_CODE] => Ok(Link::Empty),
        [0xa0, hash @ ..] if hash.len() == 32 => Ok(Link::Hash(B256::from_slice(hash))),
        [0xc0..=0xff, ..] if item.len() < 32 => {
            let reference = RlpNode::from_raw(item);
            let body = Body::decode(rlp, &mut item, depth)?;
            Ok(Link::Node(Arc::new(Node { body, reference, stored: false })))
        }
        _ => Err(NodeError::Child(item.len())),
    }
}

/// Decodes a hex-prefix path; the flag says whether it is a leaf's.
fn decode_path(encoded: &[u8]) -> Result<(Nibbles, bool), NodeError> {
    let (&flag, packed) = encoded.split_first().ok_or(NodeError::Path)?;
    if packed.len() > MAX_DEPTH / 2 {
        return Err(NodeError::TooDeep);
    }
    let is_leaf = match flag & 0xf0 {
        LeafNode::EVEN_FLAG | LeafNode::ODD_FLAG => true,
        ExtensionNode::EVEN_FLAG | ExtensionNode::ODD_FLAG => false,
        _ => return Err(NodeError::Path),
    };
    let rest = Nibbles::unpack(packed);
    if flag & 0x10 == 0 {
        return if flag & 0x0f == 0 { Ok((rest, is_leaf)) } else { Err(NodeError::Path) };
    }
    if rest.len() == MAX_DEPTH {
        return Err(NodeError::TooDeep);
    }
    Ok((Nibbles::from_nibbles([flag & 0x0f]).join(&rest), is_leaf))
}
