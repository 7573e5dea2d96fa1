//! Tensors: integer arrays identified by their commitment.

use crate::commitment;
use alloc::vec::Vec;
use alloy_primitives::B256;

/// Dimensions a tensor can have.
pub const MAX_RANK: usize = 4;
/// The largest dimension.
pub const MAX_DIM: u32 = 65_536;
/// The most data one tensor can hold, in bytes: 64 MiB.
pub const MAX_TENSOR_BYTES: u64 = 1 << 26;

/// Element type. The discriminant is the byte that commitments, encodings and the ABI use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Dtype {
    /// Signed 8-bit integers.
    I8 = 0,
    /// Signed 32-bit integers, little-endian wherever they are bytes.
    I32 = 1,
}

impl Dtype {
    /// The type named by `byte`, if any.
    pub const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            0 => Some(Self::I8),
            1 => Some(Self::I32),
            _ => None,
        }
    }

    /// Bytes per element.
    pub const fn width(self) -> usize {
        match self {
            Self::I8 => 1,
            Self::I32 => 4,
        }
    }
}

/// Why something is not a tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TensorError {
    /// The type byte is neither I8 nor I32.
    #[error("unknown element type {0}")]
    Dtype(u8),
    /// No dimension, or more than [`MAX_RANK`].
    #[error("rank {0} is not between 1 and 4")]
    Rank(usize),
    /// A dimension of zero or above [`MAX_DIM`].
    #[error("dimension {index} is {value}, not between 1 and 65536")]
    Dim {
        /// Which dimension, from 0.
        index: usize,
        /// Its value.
        value: u32,
    },
    /// More data than [`MAX_TENSOR_BYTES`].
    #[error("the shape needs more than 67108864 bytes")]
    TooLarge,
    /// The data does not fill the shape.
    #[error("the shape needs {expected} bytes of data, got {got}")]
    DataLength {
        /// Bytes that the shape needs.
        expected: usize,
        /// Bytes present.
        got: usize,
    },
    /// An encoding ends inside its header.
    #[error("the header is truncated")]
    Truncated,
}

/// Element type and dimensions, checked: rank 1 to 4, each dimension 1 to 65,536, at most 64 MiB of data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Shape {
    dtype: Dtype,
    rank: u8,
    dims: [u32; MAX_RANK],
}

impl Shape {
    /// Checks the limits.
    pub fn new(dtype: Dtype, dims: &[u32]) -> Result<Self, TensorError> {
        if dims.is_empty() || dims.len() > MAX_RANK {
            return Err(TensorError::Rank(dims.len()));
        }
        let mut bytes = dtype.width() as u64;
        let mut all = [1; MAX_RANK];
        for (index, &value) in dims.iter().enumerate() {
            if value == 0 || value > MAX_DIM {
                return Err(TensorError::Dim { index, value });
            }
            all[index] = value;
            bytes = bytes.saturating_mul(u64::from(value));
        }
        if bytes > MAX_TENSOR_BYTES {
            return Err(TensorError::TooLarge);
        }
        Ok(Self { dtype, rank: dims.len() as u8, dims: all })
    }

    /// The element type.
    pub const fn dtype(&self) -> Dtype {
        self.dtype
    }

    /// The dimensions, as many as the rank.
    pub fn dims(&self) -> &[u32] {
        &self.dims[..usize::from(self.rank)]
    }

    /// Four dimensions; those past the rank are 1.
    pub const fn padded_dims(&self) -> [u32; MAX_RANK] {
        self.dims
    }

    /// Columns of the tensor seen as a matrix: its last dimension.
    pub const fn cols(&self) -> usize {
        self.dims[self.rank as usize - 1] as usize
    }

    /// Rows of the tensor seen as a matrix: the product of the other dimensions.
    pub fn rows(&self) -> usize {
        self.elements() / self.cols()
    }

    /// Number of elements.
    pub fn elements(&self) -> usize {
        self.dims.iter().map(|&dim| dim as usize).product()
    }

    /// Bytes of data.
    pub fn size_bytes(&self) -> usize {
        self.elements() * self.dtype.width()
    }

    /// Number of 16x16 tiles that cover the matrix.
    pub fn tiles(&self) -> usize {
        self.rows().div_ceil(commitment::TILE) * self.cols().div_ceil(commitment::TILE)
    }

    /// Appends `dtype (1) | rank (1) | dims (rank * 4, big-endian)`.
    pub fn encode_to(&self, out: &mut Vec<u8>) {
        out.extend([self.dtype as u8, self.rank]);
        out.extend(self.dims().iter().flat_map(|dim| dim.to_be_bytes()));
    }

    /// Reads what [`Self::encode_to`] wrote; also returns the bytes after it.
    pub fn decode(bytes: &[u8]) -> Result<(Self, &[u8]), TensorError> {
        let [dtype, rank, rest @ ..] = bytes else { return Err(TensorError::Truncated) };
        let dtype = Dtype::from_byte(*dtype).ok_or(TensorError::Dtype(*dtype))?;
        let rank = usize::from(*rank);
        if rank == 0 || rank > MAX_RANK {
            return Err(TensorError::Rank(rank));
        }
        let (head, data) = rest.split_at_checked(rank * 4).ok_or(TensorError::Truncated)?;
        let mut dims = [0; MAX_RANK];
        for (dim, word) in dims.iter_mut().zip(head.chunks_exact(4)) {
            *dim = u32::from_be_bytes([word[0], word[1], word[2], word[3]]);
        }
        Ok((Self::new(dtype, &dims[..rank])?, data))
    }
}

/// The elements, in row-major order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Elements {
    /// Of an I8 tensor.
    I8(Vec<i8>),
    /// Of an I32 tensor.
    I32(Vec<i32>),
}

/// An integer array: a shape and exactly the elements it asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tensor {
    shape: Shape,
    elements: Elements,
}

impl Tensor {
    /// An I8 tensor.
    pub fn from_i8(dims: &[u32], data: Vec<i8>) -> Result<Self, TensorError> {
        Self::checked(Shape::new(Dtype::I8, dims)?, Elements::I8(data))
    }

    /// An I32 tensor.
    pub fn from_i32(dims: &[u32], data: Vec<i32>) -> Result<Self, TensorError> {
        Self::checked(Shape::new(Dtype::I32, dims)?, Elements::I32(data))
    }

    /// A tensor of `shape` from its data bytes (I32 elements little-endian).
    pub fn from_bytes(shape: Shape, bytes: &[u8]) -> Result<Self, TensorError> {
        if bytes.len() != shape.size_bytes() {
            return Err(TensorError::DataLength { expected: shape.size_bytes(), got: bytes.len() });
        }
        let elements = match shape.dtype {
            Dtype::I8 => Elements::I8(bytes.iter().map(|&byte| byte as i8).collect()),
            Dtype::I32 => Elements::I32(
                bytes.chunks_exact(4).map(|word| i32::from_le_bytes([word[0], word[1], word[2], word[3]])).collect(),
            ),
        };
        Ok(Self { shape, elements })
    }

    fn checked(shape: Shape, elements: Elements) -> Result<Self, TensorError> {
        let got = match &elements {
            Elements::I8(data) => data.len(),
            Elements::I32(data) => data.len() * 4,
        };
        if got != shape.size_bytes() {
            return Err(TensorError::DataLength { expected: shape.size_bytes(), got });
        }
        Ok(Self { shape, elements })
    }

    /// Type and dimensions.
    pub const fn shape(&self) -> &Shape {
        &self.shape
    }

    /// The elements, typed.
    pub const fn elements(&self) -> &Elements {
        &self.elements
    }

    /// The elements of an I8 tensor.
    pub fn as_i8(&self) -> Option<&[i8]> {
        match &self.elements {
            Elements::I8(data) => Some(data),
            Elements::I32(_) => None,
        }
    }

    /// The elements of an I32 tensor.
    pub fn as_i32(&self) -> Option<&[i32]> {
        match &self.elements {
            Elements::I32(data) => Some(data),
            Elements::I8(_) => None,
        }
    }

    /// The data bytes `offset .. offset + length` (I32 elements little-endian), if all of them exist.
    pub fn slice_bytes(&self, offset: usize, length: usize) -> Option<Vec<u8>> {
        let end = offset.checked_add(length)?;
        match &self.elements {
            Elements::I8(data) => Some(data.get(offset..end)?.iter().map(|&value| value as u8).collect()),
            Elements::I32(data) => {
                if end > data.len() * 4 {
                    return None;
                }
                let words = data[offset / 4..end.div_ceil(4)].iter().flat_map(|value| value.to_le_bytes());
                Some(words.skip(offset % 4).take(length).collect())
            }
        }
    }

    /// The commitment that names this tensor: see [`commitment::tensor_id`].
    pub fn id(&self) -> B256 {
        commitment::tensor_id(self)
    }

    /// Storage encoding: the shape's encoding, then the data bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(2 + 4 * MAX_RANK + self.shape.size_bytes());
        self.shape.encode_to(&mut out);
        match &self.elements {
            Elements::I8(data) => out.extend(data.iter().map(|&value| value as u8)),
            Elements::I32(data) => out.extend(data.iter().flat_map(|value| value.to_le_bytes())),
        }
        out
    }

    /// Reads what [`Self::encode`] wrote. It does not check any id: see [`Self::id`].
    pub fn decode(bytes: &[u8]) -> Result<Self, TensorError> {
        let (shape, data) = Shape::decode(bytes)?;
        Self::from_bytes(shape, data)
    }
}
