//! What readings amount to, and how parts make a whole.

use chrono::{DateTime, Utc};

use super::line::{self, Point};
use crate::unit::Conversion;

/// What the readings of a bucket amount to. Whether readings flagged fail belong to it is the question's choice; those
/// flagged suspect do.
///
/// `sum`, `m2`, `area` and `increase`, and what follows from them, take values below 1e-130 in size for 0, and are NaN
/// where a value is 1e130 or larger.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Aggregate {
    /// Readings in it; the numbers below are about them.
    pub count: u64,
    /// Those of them that are flagged suspect.
    pub count_suspect: u64,
    /// Readings of the bucket flagged fail, whether they belong to it or not.
    pub count_fail: u64,
    /// Sum of the values.
    pub sum: f64,
    /// Sum of the squared distances from the mean.
    pub m2: f64,
    /// Lowest value; without meaning, like all below, where `count` is 0.
    pub min: f64,
    /// Highest value.
    pub max: f64,
    /// Value of the earliest reading.
    pub first: f64,
    /// Value of the latest reading.
    pub last: f64,
    /// When the earliest reading was measured.
    pub first_at: DateTime<Utc>,
    /// When the latest reading was measured.
    pub last_at: DateTime<Utc>,
    /// The area under the straight lines between neighbouring readings, as far as they lie in the bucket: value times
    /// seconds. With meaning, like what it covers, where a line crosses the bucket, even if `count` is 0.
    pub area: f64,
    /// The time of the bucket below those lines, in seconds.
    pub covered_seconds: f64,
    /// The sum of the rises that end in the bucket, from each reading to the next: where the value falls, the counter
    /// began again, and rose to its new value. `None` where none ends in it.
    pub increase: Option<f64>,
}

impl Aggregate {
    /// Nothing, at an instant.
    pub(super) fn empty(at: DateTime<Utc>) -> Self {
        Self {
            count: 0,
            count_suspect: 0,
            count_fail: 0,
            sum: 0.0,
            m2: 0.0,
            min: 0.0,
            max: 0.0,
            first: 0.0,
            last: 0.0,
            first_at: at,
            last_at: at,
            area: 0.0,
            covered_seconds: 0.0,
            increase: None,
        }
    }

    /// The mean; `None` without readings.
    pub fn avg(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum / number(self.count))
    }

    /// The standard deviation of a sample, as SQL's `stddev`: the root of `m2 / (count - 1)`; `None` with fewer than two
    /// readings.
    pub fn stddev(&self) -> Option<f64> {
        (self.count > 1).then(|| (self.m2 / number(self.count - 1)).sqrt())
    }

    /// The mean over the time that is covered, each value counting as long as it lasted; `None` where nothing is covered.
    pub fn time_weighted_avg(&self) -> Option<f64> {
        (self.covered_seconds > 0.0).then(|| self.area / self.covered_seconds)
    }

    /// The same in another unit.
    #[must_use]
    pub fn converted(&self, to: &Conversion) -> Self {
        let scale = to.scaled(1.0);
        Self {
            sum: to.sum(self.sum, number(self.count)),
            m2: self.m2 * scale * scale,
            min: to.value(self.min),
            max: to.value(self.max),
            first: to.value(self.first),
            last: to.value(self.last),
            area: to.sum(self.area, self.covered_seconds),
            increase: self.increase.map(|increase| to.scaled(increase)),
            ..*self
        }
    }

    /// Adds what another sensor has in the same bucket: sums of everything, and the earliest and the latest reading of
    /// both by their times.
    pub fn join(&mut self, other: &Self) {
        let begin = if other.first_at < self.first_at {
            other.begin()
        } else {
            self.begin()
        };
        let end = if other.last_at > self.last_at {
            other.end()
        } else {
            self.end()
        };
        let both = self.count > 0 && other.count > 0;
        let (area, covered_seconds, increase) = (
            self.area + other.area,
            self.covered_seconds + other.covered_seconds,
            add(self.increase, other.increase),
        );
        self.merge(other);
        if both {
            (self.first, self.first_at) = (begin.value, begin.at);
            (self.last, self.last_at) = (end.value, end.at);
        }
        (self.area, self.covered_seconds, self.increase) = (area, covered_seconds, increase);
    }

    /// Adds a part that lies behind all that is in it already.
    ///
    /// `m2` grows by the part's own and by what the two means are apart, so that a meter near 1.2e8 keeps its variance
    /// (Chan and others 1979).
    pub(super) fn append(&mut self, part: &Self) {
        if self.count > 0 && part.count > 0 {
            self.area += part.area;
            self.covered_seconds += part.covered_seconds;
            self.increase = add(self.increase, part.increase);
            if let Some(line) = line::between(self.end(), part.begin()) {
                self.area += line.area();
                self.covered_seconds += line.seconds();
                self.increase = add(self.increase, Some(line.rise()));
            }
        }
        self.merge(part);
    }

    /// Its first reading.
    pub(super) fn begin(&self) -> Point {
        Point {
            at: self.first_at,
            value: self.first,
        }
    }

    /// Its last reading.
    pub(super) fn end(&self) -> Point {
        Point {
            at: self.last_at,
            value: self.last,
        }
    }

    /// Adds the readings of `part`, whose last becomes the last.
    fn merge(&mut self, part: &Self) {
        self.count_suspect += part.count_suspect;
        self.count_fail += part.count_fail;
        if part.count == 0 {
            return;
        }
        if self.count == 0 {
            *self = Self {
                count_suspect: self.count_suspect,
                count_fail: self.count_fail,
                ..*part
            };
            return;
        }
        let (ours, theirs) = (number(self.count), number(part.count));
        let apart = part.sum / theirs - self.sum / ours;
        self.m2 += part.m2 + apart * apart * ours * theirs / (ours + theirs);
        self.sum += part.sum;
        self.count += part.count;
        self.min = self.min.min(part.min);
        self.max = self.max.max(part.max);
        (self.last, self.last_at) = (part.last, part.last_at);
    }
}

/// The sum of what is known.
fn add(one: Option<f64>, other: Option<f64>) -> Option<f64> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one + other),
        (one, other) => one.or(other),
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
fn number(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(values: &[f64]) -> Aggregate {
        let mean = values.iter().sum::<f64>() / number(values.len() as u64);
        Aggregate {
            count: values.len() as u64,
            count_suspect: 0,
            count_fail: 0,
            sum: values.iter().sum(),
            m2: values.iter().map(|value| (value - mean).powi(2)).sum(),
            min: values.iter().copied().fold(f64::INFINITY, f64::min),
            max: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            first: values[0],
            last: values[values.len() - 1],
            first_at: DateTime::UNIX_EPOCH,
            last_at: DateTime::UNIX_EPOCH,
            area: 0.0,
            covered_seconds: 0.0,
            increase: None,
        }
    }

    #[test]
    fn a_meter_far_from_zero_keeps_its_variance() {
        let values: Vec<f64> = (0..10_000)
            .map(|step| 1.2e8 + f64::from(step % 7) * 0.01)
            .collect();
        let mut whole = of(&values[..1]);
        for part in values[1..].chunks(60) {
            whole.append(&of(part));
        }
        let wanted = of(&values.iter().map(|value| value - 1.2e8).collect::<Vec<_>>())
            .stddev()
            .unwrap();
        let stddev = whole.stddev().unwrap();
        assert!((stddev - wanted).abs() < 1e-6 * wanted, "{stddev} and {wanted}");
    }

    #[test]
    fn a_part_of_failed_readings_brings_their_count_alone() {
        let failed = Aggregate {
            count: 0,
            count_fail: 3,
            min: 0.0,
            ..of(&[9.0])
        };
        let mut whole = of(&[1.0, 2.0]);
        whole.append(&failed);
        assert_eq!(
            whole,
            Aggregate {
                count_fail: 3,
                ..of(&[1.0, 2.0])
            }
        );
        let mut whole = failed;
        whole.append(&of(&[1.0, 2.0]));
        assert_eq!(
            whole,
            Aggregate {
                count_fail: 3,
                ..of(&[1.0, 2.0])
            }
        );
    }

    proptest! {
        #[test]
        fn parts_make_the_whole(values in prop::collection::vec(-1e6_f64..1e6, 2..200), at in 1_usize..199) {
            let at = at.min(values.len() - 1);
            let mut parts = of(&values[..at]);
            parts.append(&of(&values[at..]));
            let whole = of(&values);
            prop_assert_eq!((parts.count, parts.min, parts.max), (whole.count, whole.min, whole.max));
            prop_assert_eq!((parts.first, parts.last), (whole.first, whole.last));
            prop_assert!((parts.sum - whole.sum).abs() <= 1e-9 * 1e6 * number(whole.count));
            prop_assert!((parts.m2 - whole.m2).abs() <= 1e-9 * (whole.m2 + 1.0));
        }
    }
}
