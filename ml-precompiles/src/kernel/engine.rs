//! Which kernels run, and on how many threads. The results are the same for all.

#[cfg(all(feature = "std", target_arch = "x86_64"))]
use super::avx2::Avx2;
use super::{Product, scalar};
use crate::ops::{
    TABLE_LEN,
    arithmetic::{AddConstants, Requant, Scale},
};
use core::num::NonZeroUsize;

/// Work of a thread that is worth starting it: about as many multiplications.
#[cfg(feature = "std")]
const THREAD_WORK: usize = 1 << 20;

/// A processor's vector instructions.
#[derive(Clone, Copy, Debug)]
pub enum Simd {
    /// None: the specification.
    Scalar,
    /// 256 bits.
    #[cfg(all(feature = "std", target_arch = "x86_64"))]
    Avx2(Avx2),
}

/// Kernels and threads.
#[derive(Clone, Copy, Debug)]
pub struct Engine {
    simd: Simd,
    threads: NonZeroUsize,
}

impl Engine {
    /// The specification, on one thread.
    pub const SCALAR: Self = Self::new(Simd::Scalar, NonZeroUsize::MIN);

    /// These kernels on so many threads.
    pub const fn new(simd: Simd, threads: NonZeroUsize) -> Self {
        Self { simd, threads }
    }

    /// The fastest kernels of this processor, on all of its cores where the work is large.
    pub fn detect() -> Self {
        #[cfg(feature = "std")]
        {
            static DETECTED: std::sync::OnceLock<Engine> = std::sync::OnceLock::new();
            return *DETECTED.get_or_init(|| {
                Self::new(Simd::detect(), std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN))
            });
        }
        #[cfg(not(feature = "std"))]
        Self::SCALAR
    }

    /// The same kernels on one thread.
    pub const fn one_thread(self) -> Self {
        Self { threads: NonZeroUsize::MIN, ..self }
    }

    /// Fills `out`, rows of `row` elements: `fill` gets the number of its first row and some whole rows. `work` is how
    /// much a row takes, in multiplications or so; small work stays on this thread.
    pub(crate) fn rows<T: Send>(&self, out: &mut [T], row: usize, work: usize, fill: impl Fn(usize, &mut [T]) + Sync) {
        #[cfg(feature = "std")]
        {
            let rows = out.len() / row.max(1);
            let threads = self.threads.get().min(rows.saturating_mul(work) / THREAD_WORK).min(rows);
            if threads > 1 {
                let share = rows.div_ceil(threads);
                std::thread::scope(|scope| {
                    let mut parts = out.chunks_mut(share * row).enumerate();
                    let own = parts.next();
                    for (index, part) in parts {
                        let fill = &fill;
                        scope.spawn(move || fill(index * share, part));
                    }
                    if let Some((_, part)) = own {
                        fill(0, part);
                    }
                });
                return;
            }
        }
        let _ = (self.threads, row, work);
        fill(0, out);
    }

    /// See [`scalar::matmul`].
    pub fn matmul(&self, product: &Product<'_>, out: &mut [i32]) {
        let &Product { a, k, n, .. } = product;
        self.rows(out, n, n * k, |first, out| {
            let product = Product { a: &a[first * k..][..out.len() / n * k], ..*product };
            self.matmul_on_this_thread(&product, out);
        });
    }

    fn matmul_on_this_thread(&self, product: &Product<'_>, out: &mut [i32]) {
        match self.simd {
            #[cfg(all(feature = "std", target_arch = "x86_64"))]
            Simd::Avx2(avx2) if Avx2::pays(product.k) => avx2.matmul(product, out),
            _ => scalar::matmul(product, out),
        }
    }

    /// See [`scalar::has_min`].
    pub fn has_min(&self, values: &[i8]) -> bool {
        scalar::has_min(values)
    }

    /// See [`scalar::requant`].
    pub fn requant(&self, acc: &[i32], columns: &[Requant], out: &mut [i8]) {
        scalar::requant(acc, columns, out);
    }

    /// See [`scalar::lut8`].
    pub fn lut8(&self, x: &[i8], by_byte: &[i8; TABLE_LEN], out: &mut [i8]) {
        scalar::lut8(x, by_byte, out);
    }

    /// See [`scalar::softmax_row`].
    pub fn softmax_row(&self, x: &[i8], exps: &[u32; TABLE_LEN], out: &mut [i8]) {
        scalar::softmax_row(x, exps, out);
    }

    /// See [`scalar::layernorm_row`].
    pub fn layernorm_row(&self, x: &[i8], scales: &[Scale], out: &mut [i8]) {
        scalar::layernorm_row(x, scales, out);
    }

    /// See [`scalar::add`].
    pub fn add(&self, a: &[i8], b: &[i8], constants: AddConstants, out: &mut [i8]) {
        scalar::add(a, b, constants, out);
    }

    /// See [`scalar::products`].
    pub fn products(&self, a: &[i8], b: &[i8]) -> [i64; 3] {
        scalar::products(a, b)
    }
}

impl Simd {
    /// The best of this processor.
    pub fn detect() -> Self {
        #[cfg(all(feature = "std", target_arch = "x86_64"))]
        if let Some(avx2) = Avx2::detect() {
            return Self::Avx2(avx2);
        }
        Self::Scalar
    }
}
