//! How long readings took from the sensor's clock to ours.

use super::number::{SECOND, count, float, whole};
use super::rules::Rules;

/// How long the readings of a window took, in seconds; negative where the sensor's clock is ahead.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Latency {
    /// Of how many readings.
    pub readings: u64,
    /// Half of them took no longer. Between two readings on a straight line, as PostgreSQL's `percentile_cont`.
    pub p50_seconds: f64,
    /// 95 % of them took no longer.
    pub p95_seconds: f64,
    /// 99 % of them took no longer.
    pub p99_seconds: f64,
    /// The longest that one took.
    pub max_seconds: f64,
    /// How many took longer than `late_after_seconds`.
    pub late: u64,
    /// How many came from a clock that is ahead by more than `clock_lead_seconds`.
    pub negative: u64,
}

/// Collects what readings took: exact percentiles need all of them, 8 bytes each.
#[derive(Debug)]
pub(super) struct Latencies {
    micros: Vec<i64>,
    late_after: i64,
    clock_lead: i64,
    late: u64,
    negative: u64,
}

impl Latencies {
    pub(super) fn new(rules: &Rules) -> Self {
        Self {
            micros: Vec::new(),
            late_after: whole((rules.late_after_seconds * SECOND).round()),
            clock_lead: whole((rules.clock_lead_seconds * SECOND).round()),
            late: 0,
            negative: 0,
        }
    }

    pub(super) fn push(&mut self, micros: i64) {
        self.late += u64::from(micros > self.late_after);
        self.negative += u64::from(micros < -self.clock_lead);
        self.micros.push(micros);
    }

    /// `None` without readings.
    pub(super) fn finish(mut self) -> Option<Latency> {
        let max = *self.micros.iter().max()?;
        Some(Latency {
            readings: u64::try_from(self.micros.len()).unwrap_or(u64::MAX),
            p50_seconds: percentile(&mut self.micros, 0.5) / SECOND,
            p95_seconds: percentile(&mut self.micros, 0.95) / SECOND,
            p99_seconds: percentile(&mut self.micros, 0.99) / SECOND,
            max_seconds: float(max) / SECOND,
            late: self.late,
            negative: self.negative,
        })
    }
}

/// The value at `share · (n - 1)` in the order of size, between two of them on a straight line. There must be any.
fn percentile(values: &mut [i64], share: f64) -> f64 {
    let last = float(i64::try_from(values.len() - 1).unwrap_or(i64::MAX));
    let place = share * last;
    let below = usize::try_from(count(whole(place.floor()))).unwrap_or(usize::MAX);
    let (_, low, greater) = values.select_nth_unstable(below);
    let low = float(*low);
    // The next one in order is the least of those behind it.
    let high = greater.iter().min().map_or(low, |high| float(*high));
    low + (high - low) * place.fract()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(latencies: &[i64]) -> Latency {
        let mut collected = Latencies::new(&Rules::default());
        for latency in latencies {
            collected.push(latency * 1_000_000);
        }
        collected.finish().unwrap()
    }

    #[test]
    fn percentiles_are_those_of_percentile_cont() {
        // SELECT percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY x)
        // FROM unnest(ARRAY[4, 1, 3, 2]) x: 2.5, 3.85, 3.97. By hand: 0.95 · 3 = 2.85, so 3 + 0.85 · (4 - 3).
        let of_four = seconds(&[4, 1, 3, 2]);
        assert!((of_four.p50_seconds - 2.5).abs() < 1e-9);
        assert!((of_four.p95_seconds - 3.85).abs() < 1e-9);
        assert!((of_four.p99_seconds - 3.97).abs() < 1e-9);
        let of_one = seconds(&[7]);
        assert_eq!(
            (of_one.p50_seconds, of_one.p99_seconds, of_one.max_seconds),
            (7.0, 7.0, 7.0)
        );
    }

    #[test]
    fn bounds_are_neither_late_nor_negative() {
        // 60 s late and 1 s ahead are tolerated by default; -30 s and 61 s are not.
        let latency = seconds(&[60, -1, 61, -30, 0]);
        assert_eq!((latency.late, latency.negative, latency.readings), (1, 1, 5));
        assert!((latency.max_seconds - 61.0).abs() < 1e-9);
    }

    #[test]
    fn without_readings_there_is_no_latency() {
        assert_eq!(Latencies::new(&Rules::default()).finish(), None);
    }
}
