//! Kernels: a scalar specification, and faster ones that equal it bit for bit.

#[cfg(all(feature = "std", target_arch = "x86_64"))]
pub mod avx2;
#[cfg(all(feature = "std", target_arch = "x86_64"))]
pub mod avx512;
#[cfg(all(feature = "std", target_arch = "x86_64"))]
mod blocks;
mod divide;
mod engine;
pub mod scalar;
#[cfg(all(feature = "std", target_arch = "x86_64"))]
mod softmax;
#[cfg(feature = "std")]
mod threads;

pub use divide::Divisor;
pub use engine::{Engine, Simd};

/// Row-major operands of `out[i,j] = bias[j] + sum_k a[i,k] * b[k,j]`: `a` is [m,k], `b` is [k,n], `out` is [m,n].
///
/// With k <= 65,536, no -128 in `b` or no bias, and |bias| <= 2^30, every partial sum in any order fits 32 bits, so all
/// kernels agree. Outside these bounds they wrap, still without undefined behaviour. Slices of other lengths panic.
#[derive(Clone, Copy, Debug)]
pub struct Product<'a> {
    /// Left matrix.
    pub a: &'a [i8],
    /// Right matrix.
    pub b: &'a [i8],
    /// What each row starts from, zero if absent.
    pub bias: Option<&'a [i32]>,
    /// Length of the sums.
    pub k: usize,
    /// Columns of the result.
    pub n: usize,
}

impl Product<'_> {
    /// `out`, with the bias in every row.
    fn start(&self, out: &mut [i32]) {
        match self.bias {
            Some(bias) => out.chunks_exact_mut(self.n).for_each(|row| row.copy_from_slice(bias)),
            None => out.fill(0),
        }
    }
}
