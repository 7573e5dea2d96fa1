//! AVX-512 with VNNI: products only, all else is AVX2's.

mod matmul;

use super::avx2::Avx2;

/// Proof that the processor has AVX-512 F, BW and VNNI, beside AVX2.
#[derive(Clone, Copy, Debug)]
pub struct Vnni(Avx2);

impl Vnni {
    /// Asks the processor.
    pub fn detect() -> Option<Self> {
        let found = std::arch::is_x86_feature_detected!("avx512f")
            && std::arch::is_x86_feature_detected!("avx512bw")
            && std::arch::is_x86_feature_detected!("avx512vnni");
        Avx2::detect().filter(|_| found).map(Self)
    }

    /// What it has as well.
    pub const fn avx2(self) -> Avx2 {
        self.0
    }
}
