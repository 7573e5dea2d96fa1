//! The bytes of a COMMIT as a tensor, for whoever knows no more of them than its root.
//!
//! Sixteen bytes are a row of it, and 256 that follow one another are a tile: a piece.

use crate::{
    call::MAX_COMMIT_BYTES,
    commitment::TILE,
    error::Failure,
    ops::{expect, i8s},
    tensor::{Dtype, Shape, Tensor},
};

/// Shape of the pieces of so many bytes: I8 `[ceil(bytes / 16), 16]`. At most [`MAX_COMMIT_BYTES`] have one.
pub fn shape(bytes: usize) -> Result<Shape, Failure> {
    if bytes > MAX_COMMIT_BYTES {
        return Err(Failure::InputLength(bytes));
    }
    Ok(Shape::new(Dtype::I8, &[bytes.div_ceil(TILE) as u32, TILE as u32])?)
}

/// The pieces of `bytes`. The last row is filled up with zeros.
pub fn of(bytes: &[u8]) -> Result<Tensor, Failure> {
    let shape = shape(bytes.len())?;
    let mut data = bytes.to_vec();
    data.resize(shape.size_bytes(), 0);
    Ok(Tensor::from_bytes(shape, &data)?)
}

/// Whether a tensor of this shape can be the pieces of so many bytes: as a matrix it has theirs.
pub fn fit(pieces: &Shape, bytes: usize) -> bool {
    shape(bytes).is_ok_and(|right| {
        pieces.dtype() == right.dtype() && (pieces.rows(), pieces.cols()) == (right.rows(), right.cols())
    })
}

/// The tensor of a shape whose bytes have these pieces. What fills up the last row is not read.
pub(crate) fn join(to: Shape, pieces: &Tensor) -> Result<Tensor, Failure> {
    let bytes = to.size_bytes();
    expect(fit(pieces.shape(), bytes), "pieces")?;
    let data = i8s(pieces, "pieces")?[..bytes].iter().map(|&byte| byte as u8).collect::<alloc::vec::Vec<_>>();
    Ok(Tensor::from_bytes(to, &data)?)
}
