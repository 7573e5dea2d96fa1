//! Tiles as bytes.

use autonet_ml_precompiles::{Elements, Shape, Tensor, commitment::TILE};

/// Elements of a tile.
pub(crate) const AREA: usize = TILE * TILE;

/// Number of tiles that cover `n` rows or columns.
pub(crate) const fn tiles(n: usize) -> usize {
    n.div_ceil(TILE)
}

/// Tiles of a matrix in one row of them.
pub(crate) const fn across(shape: &Shape) -> usize {
    tiles(shape.cols())
}

/// Rows and columns of tile `index` that are inside the matrix.
pub(crate) fn inside(shape: &Shape, index: usize) -> [usize; 2] {
    let (row, col) = (index / across(shape), index % across(shape));
    [shape.rows().saturating_sub(TILE * row).min(TILE), shape.cols().saturating_sub(TILE * col).min(TILE)]
}

/// Tile `index` of a tensor.
pub(crate) fn of(tensor: &Tensor, index: usize) -> Vec<u8> {
    let shape = tensor.shape();
    let (top, left) = (TILE * (index / across(shape)), TILE * (index % across(shape)));
    let [rows, cols] = inside(shape, index);
    let width = shape.dtype().width();
    let mut tile = vec![0; AREA * width];
    for y in 0..rows {
        let start = (top + y) * shape.cols() + left;
        let out = &mut tile[TILE * width * y..][..cols * width];
        match tensor.elements() {
            Elements::I8(data) => {
                out.iter_mut().zip(&data[start..start + cols]).for_each(|(out, value)| *out = *value as u8);
            }
            Elements::I32(data) => {
                let words = out.chunks_exact_mut(4).zip(&data[start..start + cols]);
                words.for_each(|(out, value)| out.copy_from_slice(&value.to_le_bytes()));
            }
        }
    }
    tile
}

/// The elements of an I8 tile.
pub(crate) fn i8s(tile: &[u8]) -> Vec<i8> {
    tile.iter().map(|byte| *byte as i8).collect()
}

/// The elements of an I32 tile.
pub(crate) fn i32s(tile: &[u8]) -> Vec<i32> {
    tile.as_chunks::<4>().0.iter().map(|bytes| i32::from_le_bytes(*bytes)).collect()
}
