//! Which kernels run, and on how many threads. The results are the same for all.

#[cfg(feature = "std")]
use super::threads::together;
use super::{Product, scalar};
#[cfg(all(feature = "std", target_arch = "x86_64"))]
use super::{avx2::Avx2, avx512::Vnni, blocks, softmax};
use crate::ops::{
    TABLE_LEN,
    arithmetic::{AddConstants, Requant, Scale},
};
use core::num::NonZeroUsize;

/// Work that is worth a thread, in multiplications of a product with AVX2: about 60 us. To wake a thread takes up to 50.
#[cfg(feature = "std")]
const THREAD_WORK: usize = 1 << 22;

/// How many times faster a product is with VNNI.
#[cfg(all(feature = "std", target_arch = "x86_64"))]
const VNNI_SPEED: usize = 4;

/// What packing an element of the right matrix takes, in multiplications.
#[cfg(all(feature = "std", target_arch = "x86_64"))]
const PACKING_WORK: usize = 8;

/// A processor's vector instructions.
#[derive(Clone, Copy, Debug)]
pub enum Simd {
    /// None: the specification.
    Scalar,
    /// 256 bits.
    #[cfg(all(feature = "std", target_arch = "x86_64"))]
    Avx2(Avx2),
    /// 512 bits for products, 256 for the rest.
    #[cfg(all(feature = "std", target_arch = "x86_64"))]
    Vnni(Vnni),
}

/// Kernels and threads.
#[derive(Clone, Copy, Debug)]
pub struct Engine {
    simd: Simd,
    threads: NonZeroUsize,
}

/// This kernel in the longest vectors that have it.
macro_rules! dispatch {
    ($engine:ident, $kernel:ident($($operand:ident),+)) => {{
        #[cfg(all(feature = "std", target_arch = "x86_64"))]
        if let Some(avx2) = $engine.simd.avx2() {
            return avx2.$kernel($($operand),+);
        }
        scalar::$kernel($($operand),+)
    }};
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
        let engine = {
            static DETECTED: std::sync::OnceLock<Engine> = std::sync::OnceLock::new();
            *DETECTED.get_or_init(|| {
                Self::new(Simd::detect(), std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN))
            })
        };
        #[cfg(not(feature = "std"))]
        let engine = Self::SCALAR;
        engine
    }

    /// The same kernels on one thread.
    pub const fn one_thread(self) -> Self {
        self.with_threads(NonZeroUsize::MIN)
    }

    /// The same kernels on so many threads.
    pub const fn with_threads(self, threads: NonZeroUsize) -> Self {
        Self { threads, ..self }
    }

    /// The same kernels on so many threads or fewer, at least one.
    pub(crate) fn at_most(self, threads: usize) -> Self {
        self.with_threads(NonZeroUsize::new(threads).unwrap_or(NonZeroUsize::MIN).min(self.threads))
    }

    /// Fills `out`, rows of `row` elements: `fill` gets the number of its first row and some whole rows. `work` is how
    /// much a row takes, in multiplications or so; small work stays on this thread.
    pub(crate) fn rows<T: Send>(&self, out: &mut [T], row: usize, work: usize, fill: impl Fn(usize, &mut [T]) + Sync) {
        #[cfg(feature = "std")]
        {
            let rows = out.len() / row.max(1);
            let threads = self.threads_for(rows.saturating_mul(work)).min(rows);
            if threads > 1 {
                let share = rows.div_ceil(threads);
                let parts = out.chunks_mut(share * row).enumerate();
                return together(threads, parts, |parts| {
                    parts.for_each(|(index, part)| fill(index * share, part));
                });
            }
        }
        let _ = (self.threads, row, work);
        fill(0, out);
    }

    /// How many threads so much work is worth.
    #[cfg(feature = "std")]
    fn threads_for(&self, work: usize) -> usize {
        self.threads.get().min(work / THREAD_WORK).max(1)
    }

    /// What so many multiplications of a product are, as work of [`Self::rows`].
    pub(crate) const fn product_work(&self, multiplications: usize) -> usize {
        match self.simd {
            #[cfg(all(feature = "std", target_arch = "x86_64"))]
            Simd::Vnni(_) => multiplications.div_ceil(VNNI_SPEED),
            _ => multiplications,
        }
    }

    /// See [`scalar::matmul`].
    pub fn matmul(&self, product: &Product<'_>, out: &mut [i32]) {
        let &Product { a, k, n, .. } = product;
        match self.simd {
            #[cfg(all(feature = "std", target_arch = "x86_64"))]
            Simd::Vnni(vnni) if Avx2::pays(k) => blocks::matmul(vnni, self.threads_of(product), product, out),
            #[cfg(all(feature = "std", target_arch = "x86_64"))]
            Simd::Avx2(avx2) if Avx2::pays(k) => blocks::matmul(avx2, self.threads_of(product), product, out),
            _ => self.rows(out, n, n * k, |first, out| {
                scalar::matmul(&Product { a: &a[first * k..][..out.len() / n * k], ..*product }, out);
            }),
        }
    }

    /// How many threads a product is worth, to pack it included.
    #[cfg(all(feature = "std", target_arch = "x86_64"))]
    fn threads_of(&self, product: &Product<'_>) -> usize {
        let rows = product.a.len() / product.k;
        self.threads_for(self.product_work((rows + PACKING_WORK) * product.b.len()))
    }

    /// Whether this is the specification itself.
    pub(crate) const fn is_scalar(&self) -> bool {
        matches!(self.simd, Simd::Scalar)
    }

    /// See [`scalar::has_min`].
    pub fn has_min(&self, values: &[i8]) -> bool {
        dispatch!(self, has_min(values))
    }

    /// See [`scalar::requant`].
    pub fn requant(&self, acc: &[i32], columns: &[Requant], out: &mut [i8]) {
        dispatch!(self, requant(acc, columns, out))
    }

    /// See [`scalar::lut8`].
    pub fn lut8(&self, x: &[i8], by_byte: &[i8; TABLE_LEN], out: &mut [i8]) {
        dispatch!(self, lut8(x, by_byte, out))
    }

    /// See [`scalar::softmax_row`].
    pub fn softmax_row(&self, x: &[i8], exps: &[u32; TABLE_LEN], out: &mut [i8]) {
        #[cfg(all(feature = "std", target_arch = "x86_64"))]
        if let Some(avx2) = self.simd.avx2() {
            return softmax::row(x, avx2.max(x), exps, out);
        }
        scalar::softmax_row(x, exps, out);
    }

    /// See [`scalar::layernorm`].
    pub fn layernorm(&self, x: &[i8], scales: &[Scale], out: &mut [i8]) {
        dispatch!(self, layernorm(x, scales, out))
    }

    /// See [`scalar::add`].
    pub fn add(&self, a: &[i8], b: &[i8], constants: AddConstants, out: &mut [i8]) {
        dispatch!(self, add(a, b, constants, out))
    }

    /// See [`scalar::products`].
    pub fn products(&self, a: &[i8], b: &[i8]) -> [i64; 3] {
        dispatch!(self, products(a, b))
    }

    /// See [`scalar::max_into`].
    pub fn max_into(&self, x: &[i8], out: &mut [i8]) {
        dispatch!(self, max_into(x, out))
    }

    /// See [`scalar::add_into`].
    pub fn add_into(&self, x: &[i8], sums: &mut [i32]) {
        dispatch!(self, add_into(x, sums))
    }

    /// See [`scalar::order`].
    pub fn order(&self, low: &mut [i32], high: &mut [i32]) {
        dispatch!(self, order(low, high))
    }

    /// See [`scalar::add_scaled`].
    pub fn add_scaled(&self, weight: i32, values: &[i32], sums: &mut [i64]) {
        dispatch!(self, add_scaled(weight, values, sums))
    }
}

impl Simd {
    /// The best of this processor.
    pub fn detect() -> Self {
        #[cfg(all(feature = "std", target_arch = "x86_64"))]
        {
            if let Some(vnni) = Vnni::detect() {
                return Self::Vnni(vnni);
            }
            if let Some(avx2) = Avx2::detect() {
                return Self::Avx2(avx2);
            }
        }
        Self::Scalar
    }

    /// The kernels of 256 bits, which longer ones come with.
    #[cfg(all(feature = "std", target_arch = "x86_64"))]
    const fn avx2(self) -> Option<Avx2> {
        match self {
            Self::Scalar => None,
            Self::Avx2(avx2) => Some(avx2),
            Self::Vnni(vnni) => Some(vnni.avx2()),
        }
    }
}
