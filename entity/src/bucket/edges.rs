//! Where buckets begin and end.

use chrono::{DateTime, Datelike as _, Utc};
use jiff::civil::{Date, date};
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};
use jiff::{Span, Timestamp};

use super::size::Size;
use super::{BucketSize, Zone};

/// How time is cut into buckets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Bucketing {
    /// How long each bucket is.
    pub size: BucketSize,
    /// Whose clock and calendar the buckets follow.
    pub zone: Zone,
}

/// Why a range is not cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BucketError {
    /// It holds more buckets than may be.
    #[error("the range has about {asked} buckets, more than {max}")]
    TooMany {
        /// The most there may be.
        max: usize,
        /// As many as were counted, or reckoned from the size.
        asked: u64,
    },
    /// It ends before it begins.
    #[error("the range is empty")]
    Empty,
    /// A bucket would begin or end where years have no four digits.
    #[error("its buckets would reach beyond the years 1 to 9999")]
    OutOfCalendar,
}

const DAY: i64 = 86_400;
/// No zone's clock was ever put back by more than a day.
const SHIFT_MAX: i64 = DAY;

/// From which months, and elapsed seconds, are counted.
const ORIGIN: Date = date(2000, 1, 1);
/// From which weeks are counted.
const MONDAY: Date = date(2000, 1, 3);

impl Bucketing {
    /// The edges of the buckets that [from, to) lies in: bucket `i` goes from edge `i` up to, but not including, edge
    /// `i + 1`. They ascend strictly; the first is not after `from` and the last not before `to`, so outermost buckets may
    /// reach out of the range. More than `max` buckets are refused before room is made for them.
    pub fn edges(
        &self,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
        max: usize,
    ) -> Result<Vec<DateTime<Utc>>, BucketError> {
        if from >= to {
            return Err(BucketError::Empty);
        }
        let from = from.timestamp();
        let to = to.timestamp() + i64::from(to.timestamp_subsec_nanos() > 0);
        let reckoned = (to - from).cast_unsigned().div_ceil(self.size.usual_seconds());
        let too_many = |asked| BucketError::TooMany { max, asked };
        // Days of 25 hours make it fewer in the end, so what is near is counted.
        if reckoned > (max as u64).saturating_add(max as u64 / 8 + 8) {
            return Err(too_many(reckoned));
        }
        let edges = self.marks(from, to).ok_or(BucketError::OutOfCalendar)?;
        let buckets = edges.len() - 1;
        if buckets > max {
            return Err(too_many(buckets as u64));
        }
        edges
            .into_iter()
            .map(|edge| DateTime::from_timestamp(edge, 0).filter(|edge| (1..=9999).contains(&edge.year())))
            .collect::<Option<_>>()
            .ok_or(BucketError::OutOfCalendar)
    }

    /// The edges of the first buckets of [from, to): about `count` of them, or all when there are fewer. Buckets are
    /// reckoned with their usual length, so a change of the clock may bring one more or less.
    pub fn first(
        &self,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
        count: u64,
    ) -> Result<Vec<DateTime<Utc>>, BucketError> {
        let width = count.max(1).saturating_mul(self.size.usual_seconds());
        let near = i64::try_from(width)
            .ok()
            .and_then(chrono::TimeDelta::try_seconds)
            .and_then(|width| from.checked_add_signed(width))
            .map_or(to, |near| near.min(to));
        self.edges(from, near, usize::MAX / 2)
    }

    /// The edges of the last `count` buckets that ended by `now`.
    pub fn last(&self, now: DateTime<Utc>, count: usize) -> Result<Vec<DateTime<Utc>>, BucketError> {
        let count = count.max(1);
        let usual = i64::try_from(self.size.usual_seconds()).unwrap_or(i64::MAX);
        let width = i64::try_from(count + 1).unwrap_or(i64::MAX).saturating_mul(usual);
        // Buckets at a change of the clock may be longer than usual.
        for slack in [0, SHIFT_MAX, width.saturating_add(SHIFT_MAX)] {
            let from = width
                .checked_add(slack)
                .and_then(chrono::TimeDelta::try_seconds)
                .and_then(|width| now.checked_sub_signed(width))
                .ok_or(BucketError::OutOfCalendar)?;
            let mut edges = self.edges(from, now, usize::MAX / 2)?;
            edges.retain(|edge| *edge <= now);
            if edges.len() > count {
                return Ok(edges.split_off(edges.len() - count - 1));
            }
        }
        Err(BucketError::OutOfCalendar)
    }

    /// The edges in seconds since 1970; `None` beyond the calendar.
    fn marks(&self, from: i64, to: i64) -> Option<Vec<i64>> {
        let clock = Clock(self.zone.rules());
        let first = clock.date(from)?;
        let edges = match self.size.0 {
            Size::Months(months) => {
                let months = i64::from(months);
                let month = (i64::from(first.year()) - 2000) * 12 + i64::from(first.month()) - 1;
                let begins = |bucket: i64| {
                    let month = bucket.checked_mul(months)?;
                    let year = i16::try_from(2000 + month.div_euclid(12)).ok()?;
                    let month = i8::try_from(month.rem_euclid(12) + 1).ok()?;
                    clock.begins(Date::new(year, month, 1).ok()?)
                };
                walk(month.div_euclid(months), to, begins)?
            }
            Size::Weeks(weeks) => clock.days(MONDAY, i64::from(weeks) * 7, first, to)?,
            Size::Days(days) => clock.days(ORIGIN, days.into(), first, to)?,
            Size::Seconds(seconds) if DAY % i64::from(seconds) == 0 => {
                let step = i64::from(seconds);
                let near = clock.marks(step, from.checked_sub(step)?, to)?;
                // The bucket of `from` may be longer than usual.
                match near.first() {
                    Some(edge) if *edge <= from => near,
                    _ => clock.marks(step, from.checked_sub(step + SHIFT_MAX)?, to)?,
                }
            }
            Size::Seconds(seconds) => {
                let seconds = i64::from(seconds);
                let origin = clock.begins(ORIGIN)?;
                let begins = |bucket: i64| origin.checked_add(bucket.checked_mul(seconds)?);
                walk((from - origin).div_euclid(seconds), to, begins)?
            }
        };
        cut(edges, from, to)
    }
}

/// The beginnings of buckets from the one before `bucket` up to the first that is not before `to`.
fn walk(bucket: i64, to: i64, begins: impl Fn(i64) -> Option<i64>) -> Option<Vec<i64>> {
    let mut edges = Vec::new();
    // The one before is needed where days that the calendar skips begin together; the calendar need not have it.
    edges.extend(begins(bucket - 1));
    for bucket in bucket.. {
        let edge = begins(bucket)?;
        edges.push(edge);
        if edge >= to {
            break;
        }
    }
    Some(edges)
}

/// Ascending marks, each once, from the last that is not after `from` to the first that is not before `to`.
fn cut(mut edges: Vec<i64>, from: i64, to: i64) -> Option<Vec<i64>> {
    edges.sort_unstable();
    edges.dedup();
    let first = edges.partition_point(|edge| *edge <= from).checked_sub(1)?;
    let last = edges.partition_point(|edge| *edge < to);
    edges.truncate(last + 1);
    edges.drain(..first);
    (edges.len() > 1).then_some(edges)
}

/// A zone's clock and calendar. Instants are seconds since 1970.
struct Clock(TimeZone);

impl Clock {
    /// The date that it shows.
    fn date(&self, instant: i64) -> Option<Date> {
        Some(self.0.to_datetime(Timestamp::from_second(instant).ok()?).date())
    }

    /// The first instant of a day.
    fn begins(&self, day: Date) -> Option<i64> {
        let midnight = day.at(0, 0, 0, 0);
        // As if the clock ran in UTC, which is what offsets are taken from.
        let shown = TimeZone::UTC.to_timestamp(midnight).ok()?.as_second();
        let at = |offset: Offset| shown - i64::from(offset.seconds());
        Some(match self.0.to_ambiguous_timestamp(midnight).offset() {
            AmbiguousOffset::Unambiguous { offset } => at(offset),
            AmbiguousOffset::Fold { before, .. } => at(before),
            // Never shown: the change that skips it is the last one by then.
            AmbiguousOffset::Gap { before, .. } => {
                let after = Timestamp::from_second(at(before).checked_add(1)?).ok()?;
                self.0.preceding(after).next()?.timestamp().as_second()
            }
        })
    }

    /// The beginnings of every `step`-th day counted from `origin`.
    fn days(&self, origin: Date, step: i64, first: Date, to: i64) -> Option<Vec<i64>> {
        let since = i64::from(origin.until(first).ok()?.get_days());
        let begins = |bucket: i64| {
            let days = bucket.checked_mul(step)?;
            self.begins(origin.checked_add(Span::new().try_days(days).ok()?).ok()?)
        };
        walk(since.div_euclid(step), to, begins)
    }

    /// Every instant at which it comes to a multiple of `step` seconds since midnight, from `from` until `to` has passed:
    /// the marks of one offset after the other. `step` divides a day, so midnights are among them.
    fn marks(&self, step: i64, from: i64, to: i64) -> Option<Vec<i64>> {
        let mut edges = Vec::new();
        let start = Timestamp::from_second(from).ok()?;
        let mut offset = i64::from(self.0.to_offset(start).seconds());
        let mut begin = from;
        let mut changes = self.0.following(start);
        loop {
            let change = changes.next();
            let end = change.as_ref().map(|change| change.timestamp().as_second());
            let mut mark = next_multiple(begin + offset, step) - offset;
            while end.is_none_or(|end| mark < end) {
                edges.push(mark);
                if mark >= to {
                    return Some(edges);
                }
                mark += step;
            }
            // Here the clock would have come to `mark`, had it not been put forward to or over it.
            let (Some(change), Some(end)) = (change, end) else {
                return None;
            };
            let missed = mark + offset;
            offset = i64::from(change.offset().seconds());
            if missed < end + offset {
                edges.push(end);
                if end >= to {
                    return Some(edges);
                }
            }
            begin = end;
        }
    }
}

/// The least multiple of `step` that is not below `number`.
fn next_multiple(number: i64, step: i64) -> i64 {
    number + (-number).rem_euclid(step)
}

#[cfg(test)]
mod tests;
