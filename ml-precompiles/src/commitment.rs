//! Tensor commitments: a Merkle tree over 16x16 tiles, and the id that binds it to type and dimensions.

use crate::tensor::{Elements, Shape, Tensor, TensorError};
use alloc::vec::Vec;
use alloy_primitives::{B256, Bytes, Keccak256, keccak256};

/// Side of a tile.
pub const TILE: usize = 16;

/// Levels that a tree over the tiles can have: 2^26 bytes in one column are 2^22 tiles.
pub const MAX_LEVELS: usize = 26;

/// First bytes of an id's preimage.
pub const ID_DOMAIN: &[u8; 4] = b"AUT1";

/// `keccak("AUT1" | dtype (1) | rank (1) | dims (rank * 4, big-endian) | root (32))`.
pub fn tensor_id(tensor: &Tensor) -> B256 {
    Commitment::of(tensor).id()
}

/// What an id is the hash of: all that can be said of a tensor without its data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Commitment {
    /// Type and dimensions.
    pub shape: Shape,
    /// Root over the tiles: see [`tile_root`].
    pub root: B256,
}

impl Commitment {
    /// The commitment to a tensor.
    pub fn of(tensor: &Tensor) -> Self {
        Self { shape: *tensor.shape(), root: tile_root(tensor) }
    }

    /// The tensor's id.
    pub fn id(&self) -> B256 {
        keccak256(self.encode())
    }

    /// The preimage of the id.
    pub fn encode(&self) -> Vec<u8> {
        let mut preimage = ID_DOMAIN.to_vec();
        self.shape.encode_to(&mut preimage);
        preimage.extend_from_slice(self.root.as_slice());
        preimage
    }

    /// Reads what [`Self::encode`] wrote; none for anything else.
    pub fn decode(preimage: &[u8]) -> Option<Self> {
        let (shape, root) = Shape::decode(preimage.strip_prefix(ID_DOMAIN)?).ok()?;
        Some(Self { shape, root: B256::try_from(root).ok()? })
    }

    /// The data bytes `offset .. offset + length`, as [`Tensor::slice_bytes`] has them, from the preimages of the nodes
    /// and tiles on the way; `None` if not all of them exist.
    ///
    /// `preimage` gives what a hash is the hash of.
    pub fn slice_bytes<E>(
        &self,
        offset: usize,
        length: usize,
        preimage: impl FnMut(B256) -> Result<Bytes, E>,
    ) -> Result<Option<Vec<u8>>, E> {
        let Some(end) = offset.checked_add(length).filter(|end| *end <= self.shape.size_bytes()) else {
            return Ok(None);
        };
        let mut tiles = Tiles { commitment: self, preimage, last: None };
        let (width, cols) = (self.shape.dtype().width(), self.shape.cols());
        let mut out = Vec::with_capacity(length);
        for byte in offset..end {
            let (element, byte) = (byte / width, byte % width);
            let (row, col) = (element / cols, element % cols);
            let tile = tiles.at(row / TILE, col / TILE)?;
            let index = (row % TILE * TILE + col % TILE) * width + byte;
            // A preimage of another length is not the committed tensor's; it is what it is for every node alike.
            out.push(tile.get(1 + index).copied().unwrap_or_default());
        }
        Ok(Some(out))
    }
}

/// Finds tiles below a root.
struct Tiles<'a, F> {
    commitment: &'a Commitment,
    preimage: F,
    /// The last tile found, with its prefix, by its position in tile order.
    last: Option<(usize, Bytes)>,
}

impl<F: FnMut(B256) -> Result<Bytes, E>, E> Tiles<'_, F> {
    fn at(&mut self, row: usize, col: usize) -> Result<&[u8], E> {
        let position = row * self.commitment.shape.cols().div_ceil(TILE) + col;
        let known = self.last.as_ref().is_some_and(|(last, _)| *last == position);
        if !known {
            let tile = self.find(position)?;
            self.last = Some((position, tile));
        }
        Ok(self.last.as_ref().map_or(&[], |(_, tile)| tile))
    }

    fn find(&mut self, position: usize) -> Result<Bytes, E> {
        let height = self.commitment.shape.tiles().next_power_of_two().trailing_zeros();
        let mut hash = self.commitment.root;
        for level in (0..height).rev() {
            let node = (self.preimage)(hash)?;
            let start = 1 + 32 * (position >> level & 1);
            hash = node.get(start..start + 32).map(B256::from_slice).unwrap_or_default();
        }
        (self.preimage)(hash)
    }
}

/// What the hashes of a tensor's commitment are hashes of: the id's preimage, the nodes and the tiles, with their prefixes.
/// It is what someone needs who has the id only.
pub fn nodes(tensor: &Tensor) -> Vec<Bytes> {
    let mut preimages: Vec<Bytes> = tiles(tensor, |tile| [&[0x00], tile].concat().into());
    let mut level: Vec<B256> = preimages.iter().map(keccak256).collect();
    level.resize(level.len().next_power_of_two(), B256::ZERO);
    while level.len() > 1 {
        let (pairs, _) = level.as_chunks::<2>();
        let parents: Vec<Bytes> = pairs.iter().map(|[left, right]| node_preimage(left, right).into()).collect();
        level = parents.iter().map(keccak256).collect();
        preimages.extend(parents);
    }
    let root = level.first().copied().unwrap_or_default();
    preimages.push(Commitment { shape: *tensor.shape(), root }.encode().into());
    preimages
}

/// Root over the tiles in row-major tile order. A leaf is `keccak(0x00 | tile)`, where the tile is its 256 elements
/// in row-major order (I32 little-endian), zero where it sticks out of the matrix. The leaves are padded to a power
/// of two with `B256::ZERO` itself; one tile is its own root.
pub fn tile_root(tensor: &Tensor) -> B256 {
    let mut frontier = Frontier::default();
    tiles(tensor, |tile| frontier.push(leaf_hash(tile)));
    frontier.root()
}

/// `keccak(0x00 | tile)`.
pub fn leaf_hash(tile: &[u8]) -> B256 {
    let mut hasher = Keccak256::new();
    hasher.update([0x00]);
    hasher.update(tile);
    hasher.finalize()
}

/// The leaves of a tensor's tree, without those that fill it up.
pub fn leaves(tensor: &Tensor) -> Vec<B256> {
    tiles(tensor, leaf_hash)
}

/// All levels of a tree over `leaves`, from the leaves, filled up to a power of two, to the root.
pub fn levels(mut leaves: Vec<B256>) -> Vec<Vec<B256>> {
    leaves.resize(leaves.len().next_power_of_two(), B256::ZERO);
    let mut levels = Vec::from([leaves]);
    while let Some([left, right, rest @ ..]) = levels.last().map(Vec::as_slice) {
        let mut parents = Vec::from([node_hash(left, right)]);
        parents.extend(rest.as_chunks::<2>().0.iter().map(|[left, right]| node_hash(left, right)));
        levels.push(parents);
    }
    levels
}

/// The siblings of leaf `index` in a tree of these [`levels`], from the leaf on.
pub fn siblings(levels: &[Vec<B256>], index: usize) -> Vec<B256> {
    let below_root = levels.iter().take(levels.len().saturating_sub(1)).enumerate();
    below_root.map(|(height, level)| level.get(index >> height ^ 1).copied().unwrap_or_default()).collect()
}

/// Whether `leaf` is at `index` below `root`, by its siblings from the leaf on. An index beyond the tree is nowhere.
pub fn proves(root: B256, index: u64, leaf: B256, siblings: impl ExactSizeIterator<Item = B256>) -> bool {
    if siblings.len() < 64 && index >> siblings.len() != 0 {
        return false;
    }
    let (mut hash, mut index) = (leaf, index);
    for sibling in siblings {
        hash = if index & 1 == 0 { node_hash(&hash, &sibling) } else { node_hash(&sibling, &hash) };
        index >>= 1;
    }
    hash == root
}

/// Appends leaves one by one and keeps what the root needs: a hash for each set bit of their number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    count: u64,
    /// Roots of full subtrees, the largest first.
    peaks: Vec<B256>,
}

impl Frontier {
    /// What [`Self::peaks`] of so many leaves stand for; none if they are not one for each set bit.
    pub fn from_peaks(count: u64, peaks: Vec<B256>) -> Option<Self> {
        (peaks.len() == count.count_ones() as usize).then_some(Self { count, peaks })
    }

    /// Appends a leaf.
    pub fn push(&mut self, leaf: B256) {
        let mut hash = leaf;
        for _ in 0..self.count.trailing_ones() {
            // There is a peak for each set bit.
            hash = node_hash(&self.peaks.pop().unwrap_or_default(), &hash);
        }
        self.peaks.push(hash);
        self.count += 1;
    }

    /// Leaves so far.
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// Roots of full subtrees, the largest first.
    pub fn peaks(&self) -> &[B256] {
        &self.peaks
    }

    /// The root, with zero leaves up to a power of two; zero without any leaf.
    pub fn root(&self) -> B256 {
        let height = self.count.next_power_of_two().trailing_zeros();
        let mut peaks = self.peaks.iter().rev();
        let (mut hash, mut padding) = (None, B256::ZERO);
        for level in 0..=height {
            let peak = if self.count >> level & 1 == 1 { peaks.next() } else { None };
            hash = match (peak, hash) {
                (Some(peak), Some(right)) => Some(node_hash(peak, &right)),
                // A subtree of this height whose right part is not there at all.
                (Some(peak), None) if level == height => return *peak,
                (Some(peak), None) => Some(node_hash(peak, &padding)),
                (None, Some(left)) if level < height => Some(node_hash(&left, &padding)),
                (None, hash) => hash,
            };
            padding = node_hash(&padding, &padding);
        }
        hash.unwrap_or_default()
    }
}

/// Commits to a tensor whose bytes come in pieces: it holds sixteen rows and a few hashes at a time.
#[derive(Clone, Debug)]
pub struct Committer {
    shape: Shape,
    /// Rows of the current band, as bytes.
    band: Vec<u8>,
    written: usize,
    frontier: Frontier,
}

impl Committer {
    /// For a tensor of this shape.
    pub fn new(shape: Shape) -> Self {
        let band = (TILE * shape.cols() * shape.dtype().width()).min(shape.size_bytes());
        Self { shape, band: Vec::with_capacity(band), written: 0, frontier: Frontier::default() }
    }

    /// The next data bytes (I32 elements little-endian), of any number.
    pub fn write(&mut self, mut bytes: &[u8]) -> Result<(), TensorError> {
        let expected = self.shape.size_bytes();
        if bytes.len() > expected - self.written {
            return Err(TensorError::DataLength { expected, got: self.written.saturating_add(bytes.len()) });
        }
        let full = TILE * self.shape.cols() * self.shape.dtype().width();
        while !bytes.is_empty() {
            let (head, rest) = bytes.split_at(bytes.len().min(full - self.band.len()));
            self.band.extend_from_slice(head);
            self.written += head.len();
            bytes = rest;
            if self.band.len() == full {
                self.finish_band();
            }
        }
        Ok(())
    }

    /// Bytes held back now, for tiles that are not complete and for the root.
    pub fn held_bytes(&self) -> usize {
        self.band.capacity() + size_of_val(self.frontier.peaks())
    }

    /// The commitment, once all bytes are there.
    pub fn finish(mut self) -> Result<Commitment, TensorError> {
        let expected = self.shape.size_bytes();
        if self.written != expected {
            return Err(TensorError::DataLength { expected, got: self.written });
        }
        if !self.band.is_empty() {
            self.finish_band();
        }
        Ok(Commitment { shape: self.shape, root: self.frontier.root() })
    }

    /// Hashes the tiles of the rows at hand.
    fn finish_band(&mut self) {
        let (cols, width) = (self.shape.cols(), self.shape.dtype().width());
        let mut tile = [0; TILE * TILE * 4];
        for left in (0..cols).step_by(TILE) {
            let tile = &mut tile[..TILE * TILE * width];
            tile.fill(0);
            let part = TILE.min(cols - left) * width;
            for (out, row) in tile.chunks_exact_mut(TILE * width).zip(self.band.chunks_exact(cols * width)) {
                out[..part].copy_from_slice(&row[left * width..][..part]);
            }
            self.frontier.push(leaf_hash(tile));
        }
        self.band.clear();
    }
}

/// What `leaf` makes of the bytes of each tile, in tile order.
fn tiles<R>(tensor: &Tensor, leaf: impl FnMut(&[u8]) -> R) -> Vec<R> {
    match tensor.elements() {
        Elements::I8(data) => tiles_of(tensor.shape(), data, |value| [value as u8], leaf),
        Elements::I32(data) => tiles_of(tensor.shape(), data, i32::to_le_bytes, leaf),
    }
}

fn tiles_of<T: Copy, R, const W: usize>(
    shape: &Shape,
    data: &[T],
    bytes: impl Fn(T) -> [u8; W],
    mut leaf: impl FnMut(&[u8]) -> R,
) -> Vec<R> {
    let (rows, cols) = (shape.rows(), shape.cols());
    let mut leaves = Vec::with_capacity(shape.tiles());
    let mut tile = [[0u8; W]; TILE * TILE];
    for top in (0..rows).step_by(TILE) {
        for left in (0..cols).step_by(TILE) {
            let (height, width) = (TILE.min(rows - top), TILE.min(cols - left));
            if height < TILE || width < TILE {
                tile = [[0; W]; TILE * TILE];
            }
            for y in 0..height {
                let start = (top + y) * cols + left;
                let row = &data[start..start + width];
                for (out, &value) in tile[y * TILE..].iter_mut().zip(row) {
                    *out = bytes(value);
                }
            }
            leaves.push(leaf(tile.as_flattened()));
        }
    }
    leaves
}

/// `keccak(0x01 | left | right)`.
pub fn node_hash(left: &B256, right: &B256) -> B256 {
    keccak256(node_preimage(left, right))
}

fn node_preimage(left: &B256, right: &B256) -> [u8; 65] {
    let mut preimage = [0x01; 65];
    preimage[1..33].copy_from_slice(left.as_slice());
    preimage[33..].copy_from_slice(right.as_slice());
    preimage
}
