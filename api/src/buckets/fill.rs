//! What each bucket of a sensor shows, empty ones filled as asked.

use async_graphql::Enum;
use entity::query::aggregates::Aggregate;

use super::SensorBuckets;

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
    /// before `from`, if there is one. `count` stays 0, `sum` and `stddev` null; buckets that begin in the future stay
    /// without values.
    Previous,
    /// Every bucket of the range is there; in those without readings `avg`, `min`, `max`, `first` and `last` lie on
    /// the straight line between the same fields of the buckets with readings before and behind them, from middle to
    /// middle. Without one on either side they stay null. `count` stays 0, `sum` and `stddev` null; buckets that begin
    /// in the future stay without values.
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

    /// Hands over each bucket in order. `interval` is the expected time between two readings, in seconds.
    pub(crate) fn each(&self, fill: Fill, interval: Option<f64>, mut show: impl FnMut(Bucket)) {
        if fill == Fill::None {
            for (number, aggregate) in &self.found {
                show(self.bucket(*number, Some(aggregate), interval));
            }
            return;
        }
        let mut found = self.found.iter().peekable();
        let mut filler = Filler::new(self, fill);
        for number in 0..self.grid.buckets() {
            let aggregate = found
                .next_if(|(at, _)| *at == number)
                .map(|(_, aggregate)| aggregate);
            let mut bucket = self.bucket(number, aggregate, interval);
            match bucket.levels {
                Some(levels) => filler.pass(number, levels),
                None if !self.grid.is_future(number) => bucket.levels = filler.at(number),
                None => {}
            }
            show(bucket);
        }
    }

    fn bucket(&self, number: usize, aggregate: Option<&Aggregate>, interval: Option<f64>) -> Bucket {
        let count = aggregate.map_or(0, |aggregate| aggregate.count);
        let held = aggregate.filter(|aggregate| aggregate.count > 0);
        Bucket {
            number,
            complete: self.grid.is_complete(number),
            count,
            count_suspect: aggregate.map_or(0, |aggregate| aggregate.count_suspect),
            count_fail: aggregate.map_or(0, |aggregate| aggregate.count_fail),
            completeness: interval.and_then(|interval| self.completeness(number, count, interval)),
            sum: held.map(|aggregate| aggregate.sum),
            stddev: held.and_then(Aggregate::stddev),
            levels: held.and_then(Levels::of),
        }
    }

    /// The readings that came of those that were to be expected; `None` where not even one was.
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
    fn completeness(&self, number: usize, count: u64, interval: f64) -> Option<f64> {
        let expected = self.grid.elapsed_seconds(number) / interval;
        (expected >= 1.0).then(|| (count as f64 / expected).min(1.0))
    }
}

impl Levels {
    fn of(aggregate: &Aggregate) -> Option<Self> {
        Some(Self {
            avg: aggregate.avg()?,
            min: aggregate.min,
            max: aggregate.max,
            first: aggregate.first,
            last: aggregate.last,
        })
    }

    fn all(value: f64) -> Self {
        Self {
            avg: value,
            min: value,
            max: value,
            first: value,
            last: value,
        }
    }

    /// On the way from `self` to `other`, `part` of it gone.
    fn towards(&self, other: &Self, part: f64) -> Self {
        let between = |from: f64, to: f64| from * (1.0 - part) + to * part;
        Self {
            avg: between(self.avg, other.avg),
            min: between(self.min, other.min),
            max: between(self.max, other.max),
            first: between(self.first, other.first),
            last: between(self.last, other.last),
        }
    }
}

/// Fills buckets in ascending order.
struct Filler<'a> {
    of: &'a SensorBuckets,
    fill: Fill,
    /// The last bucket with values so far.
    behind: Option<(usize, Levels)>,
    /// Where in `found` to look for the next one.
    next: usize,
}

impl<'a> Filler<'a> {
    fn new(of: &'a SensorBuckets, fill: Fill) -> Self {
        Self {
            of,
            fill,
            behind: None,
            next: 0,
        }
    }

    fn pass(&mut self, number: usize, levels: Levels) {
        self.behind = Some((number, levels));
    }

    fn at(&mut self, number: usize) -> Option<Levels> {
        match self.fill {
            Fill::None | Fill::Null => None,
            Fill::Previous => {
                let last = self.behind.map(|(_, levels)| levels.last);
                last.or(self.of.before).map(Levels::all)
            }
            Fill::Linear => {
                let (behind, from) = self.behind?;
                let (ahead, to) = self.ahead(number)?;
                let middle = |bucket| self.of.grid.middle(bucket);
                let part = (middle(number) - middle(behind)) / (middle(ahead) - middle(behind));
                Some(from.towards(&to, part))
            }
        }
    }

    /// The next bucket with values after `number`.
    fn ahead(&mut self, number: usize) -> Option<(usize, Levels)> {
        loop {
            let (at, aggregate) = self.of.found.get(self.next)?;
            match Levels::of(aggregate) {
                Some(levels) if *at > number => return Some((*at, levels)),
                _ => self.next += 1,
            }
        }
    }
}

#[cfg(test)]
mod tests;
