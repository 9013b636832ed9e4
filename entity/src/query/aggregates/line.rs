//! The straight lines between neighbouring readings, and what of them lies in which bucket.
//!
//! ```text
//! readings    •───────────────•─•                        •
//! bucket      ┆   1   ┆   2   ┆   3   ┆   4   ┆ … more than GAP_MAX … ┆
//! ```
//!
//! The line from the first to the second reading gives an area to buckets 1 and 2; its rise is bucket 2's, in which it
//! ends. Behind the third reading there is no line, and bucket 4 has nothing.

use chrono::{DateTime, Utc};

use super::{Aggregate, GAP_MAX};

/// A reading.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Point {
    pub(super) at: DateTime<Utc>,
    pub(super) value: f64,
}

/// The line from a reading to its next neighbour.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Line {
    from: Point,
    to: Point,
}

/// The line between neighbours; `None` where they are too far apart.
pub(super) fn between(from: Point, to: Point) -> Option<Line> {
    let addend = |point: Point| Point {
        value: addend(point.value),
        ..point
    };
    (to.at - from.at <= GAP_MAX).then(|| Line {
        from: addend(from),
        to: addend(to),
    })
}

/// What can be added up without overflow or underflow, as in the statements.
fn addend(value: f64) -> f64 {
    match value.abs() {
        huge if huge >= 1e130 => f64::NAN,
        tiny if tiny < 1e-130 => 0.0,
        _ => value,
    }
}

impl Line {
    pub(super) fn seconds(&self) -> f64 {
        (self.to.at - self.from.at).as_seconds_f64()
    }

    /// The area below it (a trapezoid).
    pub(super) fn area(&self) -> f64 {
        self.seconds() * (self.from.value + self.to.value) / 2.0
    }

    /// What a counter rose; one that fell began again.
    pub(super) fn rise(&self) -> f64 {
        if self.to.value < self.from.value {
            self.to.value
        } else {
            self.to.value - self.from.value
        }
    }

    /// What of it lies between two instants; `None` where nothing does.
    fn cut(&self, start: DateTime<Utc>, stop: DateTime<Utc>) -> Option<Self> {
        let at = |at: DateTime<Utc>| Point {
            at,
            value: self.at(at),
        };
        let (from, to) = (self.from.at.max(start), self.to.at.min(stop));
        (from < to).then(|| Self {
            from: at(from),
            to: at(to),
        })
    }

    fn at(&self, at: DateTime<Utc>) -> f64 {
        let Self { from, to } = self;
        if at == from.at {
            return from.value;
        }
        if at == to.at {
            return to.value;
        }
        from.value + (to.value - from.value) * ((at - from.at).as_seconds_f64() / self.seconds())
    }
}

/// A row of buckets: from `start` up to `stop`, which may cut the first and the last of them.
#[derive(Debug)]
pub(super) struct Strip<'a> {
    pub(super) edges: &'a [DateTime<Utc>],
    pub(super) start: DateTime<Utc>,
    pub(super) stop: DateTime<Utc>,
    /// Whether buckets without readings get what crosses them.
    pub(super) crossed: bool,
}

impl Strip<'_> {
    /// Lays the lines between the buckets, and from and to the neighbours of them all, into the buckets.
    pub(super) fn join(
        &self,
        buckets: &mut Vec<(usize, Aggregate)>,
        before: Option<Point>,
        behind: Option<Point>,
    ) {
        let mut last = before;
        let mut crossings = Vec::new();
        // Where in `buckets` the line begins: the bucket of its first reading, or the first one of all.
        let mut begin = 0;
        for place in 0..buckets.len() {
            let bucket = buckets[place].1;
            if bucket.count == 0 {
                continue;
            }
            if let Some(line) = last.and_then(|last| between(last, bucket.begin())) {
                self.lay(&line, &mut buckets[begin..=place], &mut crossings);
                let rises = &mut buckets[place].1.increase;
                *rises = Some(rises.unwrap_or(0.0) + line.rise());
            }
            last = Some(bucket.end());
            begin = place;
        }
        if let Some(line) = last.zip(behind).and_then(|(last, behind)| between(last, behind)) {
            self.lay(&line, &mut buckets[begin..], &mut crossings);
        }
        if !crossings.is_empty() {
            buckets.append(&mut crossings);
            buckets.sort_by_key(|(number, _)| *number);
        }
    }

    /// Gives each bucket what of the line lies in it. `found` are those along the line.
    fn lay(&self, line: &Line, found: &mut [(usize, Aggregate)], crossings: &mut Vec<(usize, Aggregate)>) {
        let lay = |number: usize, bucket: &mut Aggregate| {
            let (start, stop) = (
                self.edges[number].max(self.start),
                self.edges[number + 1].min(self.stop),
            );
            if let Some(piece) = line.cut(start, stop) {
                bucket.area += piece.area();
                bucket.covered_seconds += piece.seconds();
            }
        };
        for (number, bucket) in &mut *found {
            if bucket.count > 0 || self.crossed {
                lay(*number, bucket);
            }
        }
        if !self.crossed {
            return;
        }
        let (from, to) = (line.from.at.max(self.start), line.to.at.min(self.stop));
        let first = self.edges.partition_point(|edge| *edge <= from).saturating_sub(1);
        for number in first..self.edges.len() - 1 {
            if self.edges[number] >= to {
                break;
            }
            if found
                .binary_search_by_key(&number, |(number, _)| *number)
                .is_err()
            {
                let mut bucket = Aggregate::empty(self.edges[number]);
                lay(number, &mut bucket);
                crossings.push((number, bucket));
            }
        }
    }
}

#[cfg(test)]
mod tests;
