//! What values are seen on the calibration data.

/// Bins of a histogram.
const BINS: usize = 4096;

/// Smallest and largest of a value's elements, zero included: by column where columns have scales of their own.
#[derive(Clone, Debug)]
pub(crate) struct Observer {
    bounds: Vec<[f64; 2]>,
    /// By column; empty while the bounds are being found.
    histograms: Vec<Vec<u64>>,
}

impl Observer {
    /// `columns` is 1 for one range over everything.
    pub(crate) fn new(columns: usize) -> Self {
        Self { bounds: vec![[0.0, 0.0]; columns], histograms: Vec::new() }
    }

    /// Widens the bounds. `false` if a number is not finite.
    pub(crate) fn widen(&mut self, values: &[f64]) -> bool {
        let columns = self.bounds.len();
        for row in values.chunks_exact(columns) {
            for (bounds, value) in self.bounds.iter_mut().zip(row) {
                *bounds = [bounds[0].min(*value), bounds[1].max(*value)];
            }
        }
        values.iter().all(|value| value.is_finite())
    }

    /// Counts values, after all bounds are known.
    pub(crate) fn count(&mut self, values: &[f64]) {
        let columns = self.bounds.len();
        self.histograms.resize_with(columns, || vec![0; BINS]);
        for (index, value) in values.iter().enumerate() {
            let [low, high] = self.bounds[index % columns];
            let bin = ((value - low) / (high - low) * BINS as f64) as usize;
            self.histograms[index % columns][bin.min(BINS - 1)] += 1;
        }
    }

    /// The range of each column, without the share of `1 - percentile / 100` at each end if values were counted. Zero
    /// stays inside: it has an integer of its own.
    pub(crate) fn ranges(&self, percentile: f64) -> Vec<[f64; 2]> {
        let mut ranges = self.bounds.clone();
        for (range, histogram) in ranges.iter_mut().zip(&self.histograms) {
            let total: u64 = histogram.iter().sum();
            let cut = (total as f64 * (1.0 - percentile / 100.0)) as u64;
            let width = (range[1] - range[0]) / BINS as f64;
            let dropped = |bins: &mut dyn Iterator<Item = &u64>| {
                let mut sum = 0;
                bins.take_while(|bin| {
                    sum += **bin;
                    sum <= cut
                })
                .count() as f64
            };
            let low = range[0] + width * dropped(&mut histogram.iter());
            let high = range[1] - width * dropped(&mut histogram.iter().rev());
            *range = [low.min(0.0), high.max(0.0)];
        }
        ranges
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_leaves_out_the_tails_and_keeps_zero() {
        let mut values: Vec<f64> = (0..10_000).map(|n| f64::from(n) / 10_000.0).collect();
        values.push(1000.0);
        let mut observer = Observer::new(1);
        assert!(observer.widen(&values));
        assert_eq!(observer.ranges(100.0), [[0.0, 1000.0]]);
        observer.count(&values);
        let [low, high] = observer.ranges(99.9)[0];
        assert_eq!(low, 0.0);
        assert!((0.5..2.0).contains(&high), "{high}");
    }

    #[test]
    fn columns_are_kept_apart_and_infinities_are_seen() {
        let mut observer = Observer::new(2);
        assert!(observer.widen(&[1.0, -3.0, 2.0, -1.0]));
        assert_eq!(observer.ranges(100.0), [[0.0, 2.0], [-3.0, 0.0]]);
        assert!(!observer.widen(&[f64::NAN, 0.0]));
    }
}
