//! The scales of queries, keys and values.

use crate::error::Reason;
use autonet_ml_precompiles::Heads;

/// Scales of q, k (one for each head) and v (one for each column), symmetric.
pub(crate) fn scales(ranges: &[[f64; 2]], least: &[f64], heads: &Heads) -> Result<Vec<f64>, Reason> {
    let depth = heads.depth as usize;
    let own: Vec<f64> =
        ranges.iter().zip(least).map(|([low, high], least)| (high.max(-low) / 127.0).max(*least)).collect();
    let third = own.len() / 3;
    let mut scales = Vec::with_capacity(own.len());
    for (part, size) in [(0, depth), (1, depth), (2, 1)] {
        let own = &own[part * third..(part + 1) * third];
        let largest = own.iter().copied().fold(0.0, f64::max);
        if !largest.is_normal() {
            return Err(Reason::Dead);
        }
        for group in own.chunks(size) {
            // A head or column that is almost zero beside the others does not need its own precision.
            let scale = group.iter().copied().fold(largest / 4096.0, f64::max);
            scales.extend(std::iter::repeat_n(scale, group.len()));
        }
    }
    Ok(scales)
}
