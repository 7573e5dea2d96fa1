//! Tensor commitments: a Merkle tree over 16x16 tiles, and the id that binds it to type and dimensions.

use crate::tensor::{Elements, Tensor};
use alloc::vec::Vec;
use alloy_primitives::{B256, Keccak256};

/// Side of a tile.
pub const TILE: usize = 16;

/// First bytes of an id's preimage.
pub const ID_DOMAIN: &[u8; 4] = b"AUT1";

/// `keccak("AUT1" | dtype (1) | rank (1) | dims (rank * 4, big-endian) | root (32))`.
pub fn tensor_id(tensor: &Tensor) -> B256 {
    let mut head = ID_DOMAIN.to_vec();
    tensor.shape().encode_to(&mut head);
    let mut hasher = Keccak256::new();
    hasher.update(&head);
    hasher.update(tile_root(tensor));
    hasher.finalize()
}

/// Root over the tiles in row-major tile order. A leaf is `keccak(0x00 | tile)`, where the tile is its 256 elements
/// in row-major order (I32 little-endian), zero where it sticks out of the matrix. The leaves are padded to a power
/// of two with `B256::ZERO` itself; one tile is its own root.
pub fn tile_root(tensor: &Tensor) -> B256 {
    let (rows, cols) = (tensor.shape().rows(), tensor.shape().cols());
    match tensor.elements() {
        Elements::I8(data) => merkle_root(leaves(data, rows, cols, |value| [value as u8])),
        Elements::I32(data) => merkle_root(leaves(data, rows, cols, i32::to_le_bytes)),
    }
}

fn leaves<T: Copy, const W: usize>(data: &[T], rows: usize, cols: usize, bytes: impl Fn(T) -> [u8; W]) -> Vec<B256> {
    let mut leaves = Vec::with_capacity(rows.div_ceil(TILE) * cols.div_ceil(TILE));
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
            let mut hasher = Keccak256::new();
            hasher.update([0x00]);
            hasher.update(tile.as_flattened());
            leaves.push(hasher.finalize());
        }
    }
    leaves
}

/// `keccak(0x01 | left | right)`.
pub fn node_hash(left: &B256, right: &B256) -> B256 {
    let mut preimage = [0x01; 65];
    preimage[1..33].copy_from_slice(left.as_slice());
    preimage[33..].copy_from_slice(right.as_slice());
    alloy_primitives::keccak256(preimage)
}

/// Folds level by level; `padding` is the root of an all-padding subtree of the level's height.
fn merkle_root(mut level: Vec<B256>) -> B256 {
    let mut padding = B256::ZERO;
    while level.len() > 1 {
        let parents = level.len().div_ceil(2);
        for i in 0..parents {
            level[i] = node_hash(&level[2 * i], level.get(2 * i + 1).unwrap_or(&padding));
        }
        level.truncate(parents);
        padding = node_hash(&padding, &padding);
    }
    level[0]
}
