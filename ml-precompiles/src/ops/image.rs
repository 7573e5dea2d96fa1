//! POOL.

use super::{Pooling, Window, arithmetic::mean_half_up};
use crate::kernel::Engine;
use alloc::{vec, vec::Vec};

/// Pools `x` of `channels` columns into `rows` rows.
pub(super) fn pool(
    engine: &Engine,
    pooling: Pooling,
    window: &Window,
    x: &[i8],
    channels: usize,
    rows: usize,
) -> Vec<i8> {
    let mut out = vec![0; rows * channels];
    engine.rows(&mut out, channels, channels * window.taps() as usize, |first, out| {
        let mut sums = vec![0i32; channels];
        for (row, out) in out.chunks_exact_mut(channels).enumerate() {
            let taps = window.iter_taps().filter_map(|tap| window.tap(first + row, tap));
            let pixels = taps.map(|pixel| &x[pixel * channels..][..channels]);
            match pooling {
                Pooling::Max => {
                    out.fill(i8::MIN);
                    pixels.for_each(|pixel| max(out, pixel));
                }
                Pooling::Mean => {
                    sums.fill(0);
                    let mut count = 0;
                    for pixel in pixels {
                        add(&mut sums, pixel);
                        count += 1;
                    }
                    for (out, sum) in out.iter_mut().zip(&sums) {
                        *out = mean_half_up((*sum).into(), count);
                    }
                }
            }
        }
    });
    out
}

fn max(out: &mut [i8], pixel: &[i8]) {
    for (out, &value) in out.iter_mut().zip(pixel) {
        *out = (*out).max(value);
    }
}

/// A window has at most 2^26 taps inside an image: as many as a tensor has elements.
fn add(sums: &mut [i32], pixel: &[i8]) {
    for (sum, &value) in sums.iter_mut().zip(pixel) {
        *sum = sum.wrapping_add(value.into());
    }
}
