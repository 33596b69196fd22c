//! Shares with the interval in which the truth lies, and percentiles.

/// So many of so many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    pub part: u64,
    pub of: u64,
}

impl Share {
    /// 0 to 1; `None` of nothing.
    #[allow(clippy::cast_precision_loss, reason = "counts")]
    pub fn value(self) -> Option<f64> {
        (self.of > 0).then(|| self.part as f64 / self.of as f64)
    }

    /// The interval of 95 % (Wilson 1927), which keeps within 0 and 1 and says
    /// something of few too.
    #[allow(clippy::cast_precision_loss, reason = "counts")]
    pub fn interval(self) -> Option<(f64, f64)> {
        /// Two-sided 95 % of the normal distribution.
        const Z: f64 = 1.959_963_984_540_054;
        let share = self.value()?;
        let n = self.of as f64;
        let z2 = Z * Z / n;
        let middle = (share + z2 / 2.0) / (1.0 + z2);
        let half = Z * (share * (1.0 - share) / n + z2 / (4.0 * n)).sqrt() / (1.0 + z2);
        Some(((middle - half).max(0.0), (middle + half).min(1.0)))
    }
}

/// The least of `values` that at least `percent` of a hundred do not exceed; `None`
/// of nothing. Sorts them.
pub fn percentile(values: &mut [u32], percent: usize) -> Option<u32> {
    values.sort_unstable();
    let rank = (values.len() * percent.min(100)).div_ceil(100);
    values.get(rank.saturating_sub(1)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_is_wilsons() {
        // Newcombe 1998, table I, method 3: 81/263, 15/148, 0/20, 1/29.
        for (part, of, low, high) in [
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0, 0.1611),
            (1, 29, 0.0061, 0.1718),
        ] {
            let (found_low, found_high) = Share { part, of }.interval().expect("some");
            assert!((found_low - low).abs() < 5e-5, "{part}/{of}: {found_low}");
            assert!((found_high - high).abs() < 5e-5, "{part}/{of}: {found_high}");
        }
        assert_eq!(Share::default().interval(), None);
    }

    #[test]
    fn a_percentile_is_one_of_the_values() {
        assert_eq!(percentile(&mut [30, 10, 20], 50), Some(20));
        assert_eq!(percentile(&mut [30, 10, 20], 90), Some(30));
        assert_eq!(percentile(&mut [7], 0), Some(7));
        assert_eq!(percentile(&mut [], 50), None);
    }
}
