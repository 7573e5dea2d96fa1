//! Functions of one number. All are computed in software (`libm`), so that every machine gets the same bits.

/// What a look-up table holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Function {
    Relu,
    Gelu,
    Tanh,
    Sigmoid,
}

impl Function {
    pub(crate) fn apply(self, x: f64) -> f64 {
        match self {
            Self::Relu => x.max(0.0),
            // The exact one, PyTorch's default.
            Self::Gelu => 0.5 * x * (1.0 + libm::erf(x * core::f64::consts::FRAC_1_SQRT_2)),
            Self::Tanh => libm::tanh(x),
            Self::Sigmoid => 1.0 / (1.0 + libm::exp(-x)),
        }
    }
}

/// In place, by row.
pub(crate) fn softmax(row: &mut [f64]) {
    let max = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut sum = 0.0;
    for value in row.iter_mut() {
        *value = libm::exp(*value - max);
        sum += *value;
    }
    for value in row {
        *value /= sum;
    }
}

/// Mean and variance of a row.
pub(crate) fn moments(row: &[f64]) -> [f64; 2] {
    let n = row.len() as f64;
    let mean = row.iter().sum::<f64>() / n;
    [mean, row.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / n]
}
