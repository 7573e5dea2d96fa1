//! POOL.

use super::{Pooling, Window, arithmetic::mean_half_up};
use crate::kernel::{Divisor, Engine};
use alloc::{vec, vec::Vec};

/// What a tap takes, in multiplications of a product.
const TAP_WORK: usize = 8;

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
    engine.rows(&mut out, channels, TAP_WORK * channels * window.taps() as usize, |first, out| {
        let mut mean = Mean { sums: vec![0; channels], count: 1, divisor: Divisor::new(2) };
        for (row, out) in out.chunks_exact_mut(channels).enumerate() {
            let place = window.place(first + row);
            let [height, width] = [place.inside(0), place.inside(1)];
            let count = (height.len() * width.len()) as u32;
            let lines = height.filter_map(|ky| place.pixel(ky, width.start));
            // The taps of a row of the kernel are pixels that follow each other.
            let lines = lines.map(|pixel| &x[pixel * channels..][..width.len() * channels]);
            match pooling {
                Pooling::Max => {
                    out.fill(i8::MIN);
                    lines.for_each(|line| engine.max_into(line, out));
                }
                Pooling::Mean => {
                    mean.sums.fill(0);
                    lines.for_each(|line| engine.add_into(line, &mut mean.sums));
                    mean.write(engine, count, out);
                }
            }
        }
    });
    out
}

/// Sums by channel, and what their number divides with.
struct Mean {
    sums: Vec<i32>,
    count: u32,
    divisor: Divisor,
}

impl Mean {
    /// The means of `count` elements, at most 2^24: see [`super::kind::MAX_POOL_TAPS`].
    fn write(&mut self, engine: &Engine, count: u32, out: &mut [i8]) {
        if count != self.count {
            (self.count, self.divisor) = (count, Divisor::new(2 * count));
        }
        for (out, &sum) in out.iter_mut().zip(&self.sums) {
            *out = match engine.is_scalar() {
                true => mean_half_up(sum.into(), count.into()),
                false => self.divisor.floor(2 * i64::from(sum) + i64::from(count)) as i8,
            };
        }
    }
}
