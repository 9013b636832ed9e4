//! What each bucket of a sensor shows, empty ones filled as asked.

mod filler;

use async_graphql::Enum;
use entity::query::aggregates::Aggregate;
use entity::unit::Conversion;

use self::filler::Filler;
use super::SensorBuckets;
use crate::ask::units::Shown;

pub(crate) use self::filler::{Landmark, Outside};

/// What to show of buckets without readings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
pub(crate) enum Fill {
    /// Nothing: they are left out. A bucket all of whose readings are flagged `FAIL` stays, with `countFail` and
    /// without values.
    None,
    /// Every bucket of the range is there; those without readings have a `count` of 0 and no values.
    Null,
    /// Every bucket of the range is there; in those without readings `avg`, `min`, `max`, `first` and `last` carry the
    /// `last` of the bucket with readings before them, and before the first of those the last reading of the 7 days
    /// before `from`, if there is one. `count` stays 0, everything else null; buckets that begin in the future stay
    /// without values.
    Previous,
    /// Every bucket of the range is there; in those without readings `avg`, `min`, `max`, `first` and `last` lie on
    /// the straight line between the same fields of the buckets with readings before and behind them, from middle to
    /// middle. Without one on either side they stay null. `integral` and `timeWeightedAvg` are those of the straight
    /// line between two readings that crosses the bucket, so that the integrals of days add up to that of their month.
    /// `count` stays 0, `sum`, `stddev`, `increase` and percentiles null; buckets that begin in the future stay without
    /// values.
    Linear,
}

/// What one bucket shows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Bucket {
    pub(crate) number: usize,
    pub(crate) complete: bool,
    pub(crate) count: u64,
    pub(crate) count_suspect: u64,
    pub(crate) count_fail: u64,
    pub(crate) completeness: Option<f64>,
    pub(crate) sum: Option<f64>,
    pub(crate) stddev: Option<f64>,
    pub(crate) levels: Option<Levels>,
    /// Whether it shows values of readings of its own.
    pub(crate) has_values: bool,
    pub(crate) time_weighted_avg: Option<f64>,
    pub(crate) integral: Option<f64>,
    pub(crate) increase: Option<f64>,
}

/// How buckets are shown.
#[derive(Debug, Clone)]
pub(crate) struct View {
    pub(crate) fill: Fill,
    /// The expected time between two readings, in seconds; of a group, between two of any of its sensors.
    pub(crate) interval: Option<f64>,
    /// Buckets that are known to be less complete show no values.
    pub(crate) completeness_min: Option<f64>,
    /// In which unit.
    pub(crate) shown: Shown,
}

impl View {
    /// In the sensor's own unit, however few readings there are.
    pub(crate) fn own(fill: Fill, interval: Option<f64>) -> Self {
        Self {
            fill,
            interval,
            completeness_min: None,
            shown: Shown::default(),
        }
    }
}

/// The numbers of a bucket that are on the scale of its values, and so can be filled in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Levels {
    pub(crate) avg: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
    pub(crate) first: f64,
    pub(crate) last: f64,
}

impl SensorBuckets {
    /// How many buckets it shows.
    pub(crate) fn shown(&self, fill: Fill) -> usize {
        match fill {
            Fill::None => self.found.len(),
            _ => self.grid.buckets(),
        }
    }

    /// Hands over each bucket in order, in the sensor's own unit. `interval` is the expected time between two readings, in
    /// seconds.
    pub(crate) fn each(&self, fill: Fill, interval: Option<f64>, show: impl FnMut(Bucket)) {
        self.each_in(&View::own(fill, interval), show);
    }

    /// Hands over each bucket in order.
    pub(crate) fn each_in(&self, view: &View, mut show: impl FnMut(Bucket)) {
        if view.fill == Fill::None {
            for place in 0..self.found.len() {
                show(
                    self.bucket(self.found[place].0, Some(place), view)
                        .shown(&view.shown),
                );
            }
            return;
        }
        let mut places = 0..self.found.len();
        let mut next = places.next();
        let mut filler = Filler::new(self, view);
        for number in 0..self.grid.buckets() {
            let place = next.filter(|place| self.found[*place].0 == number);
            if place.is_some() {
                next = places.next();
            }
            let mut bucket = self.bucket(number, place, view);
            match bucket.levels {
                Some(levels) => filler.pass(number, levels),
                None if !self.grid.is_future(number) => bucket.levels = filler.at(number),
                None => {}
            }
            show(bucket.shown(&view.shown));
        }
    }

    /// The bucket with this number, which is that at `place` in `found`, in the sensor's own unit.
    fn bucket(&self, number: usize, place: Option<usize>, view: &View) -> Bucket {
        let aggregate = place.map(|place| &self.found[place].1);
        let count = aggregate.map_or(0, |aggregate| aggregate.count);
        let completeness = self.completeness(number, place, view);
        let is_enough = enough(completeness, view);
        let held = aggregate.filter(|aggregate| aggregate.count > 0 && is_enough);
        // What crosses a bucket without readings is not withheld, but it is nothing that is known of the future.
        let crossed = aggregate
            .filter(|aggregate| aggregate.count == 0 && view.fill == Fill::Linear)
            .filter(|_| !self.grid.is_future(number));
        let lined = held
            .or(crossed)
            .filter(|aggregate| aggregate.covered_seconds > 0.0);
        Bucket {
            number,
            complete: self.grid.is_complete(number),
            count,
            count_suspect: aggregate.map_or(0, |aggregate| aggregate.count_suspect),
            count_fail: aggregate.map_or(0, |aggregate| aggregate.count_fail),
            completeness,
            sum: held.map(|aggregate| aggregate.sum),
            stddev: held.and_then(Aggregate::stddev),
            levels: held.and_then(Levels::of),
            has_values: held.is_some(),
            time_weighted_avg: lined.and_then(Aggregate::time_weighted_avg),
            integral: lined.map(|aggregate| view.shown.integral(aggregate)),
            increase: held.and_then(|aggregate| aggregate.increase),
        }
    }

    /// The readings that came of those that were to be expected; `None` where not even one was.
    fn completeness(&self, number: usize, place: Option<usize>, view: &View) -> Option<f64> {
        let count = match (&self.paced, place) {
            (Some(paced), Some(place)) => paced[place],
            (None, Some(place)) => self.found[place].1.count,
            (_, None) => 0,
        };
        let expected = self.grid.elapsed_seconds(number) / view.interval?;
        (expected >= 1.0).then(|| (float(count) / expected).min(1.0))
    }
}

/// Whether a bucket is complete enough to show values: where nothing was to be expected, it is.
fn enough(completeness: Option<f64>, view: &View) -> bool {
    match (completeness, view.completeness_min) {
        (Some(completeness), Some(min)) => completeness >= min,
        _ => true,
    }
}

impl Bucket {
    /// In the unit that is asked for; the integral is in its own already.
    fn shown(self, shown: &Shown) -> Self {
        let to = &shown.conversion;
        Self {
            sum: self.sum.map(|sum| to.sum(sum, float(self.count))),
            stddev: self.stddev.map(|stddev| to.scaled(stddev)),
            levels: self.levels.map(|levels| levels.converted(to)),
            time_weighted_avg: self.time_weighted_avg.map(|avg| to.value(avg)),
            increase: self.increase.map(|increase| to.scaled(increase)),
            ..self
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
fn float(count: u64) -> f64 {
    count as f64
}

impl Levels {
    fn converted(self, to: &Conversion) -> Self {
        Self {
            avg: to.value(self.avg),
            min: to.value(self.min),
            max: to.value(self.max),
            first: to.value(self.first),
            last: to.value(self.last),
        }
    }

    fn of(aggregate: &Aggregate) -> Option<Self> {
        Some(Self {
            avg: aggregate.avg()?,
            min: aggregate.min,
            max: aggregate.max,
            first: aggregate.first,
            last: aggregate.last,
        })
    }
}

#[cfg(test)]
mod tests;
