//! Pages of readings, of all sensors together or of each.
//!
//! Of one sensor or a few, a page is read along the primary key. Of many, or all, it is read by windows of time, each
//! eight times as long as the one before, until it is full: there is no B-tree on time, because it would slow loading by
//! a quarter, and within a window the BRIN index and a sort are quick.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{DatabaseConnection, DbErr, Value};

use super::{Direction, Reading, ReadingFilter, ReadingKey, ReadingsOf, TimeRange, read, within};
use crate::Scope;
use crate::query::{Page, PageRequest};
use crate::sql;

/// Up to this many sensors are read along the primary key without windows: each costs a page of rows at most.
const FEW_SENSORS: usize = 16;

/// The first window: as long as the densest data needs.
const WINDOW_MIN: TimeDelta = TimeDelta::seconds(1);

/// How much longer each window is than the one before: a page of the sparsest data then takes a dozen windows.
const WINDOW_GROWTH: i32 = 8;

/// A page of readings.
pub async fn page(
    db: &DatabaseConnection,
    scope: &Scope,
    of: &ReadingsOf<'_>,
    request: &PageRequest<ReadingKey>,
) -> Result<Page<Reading>, DbErr> {
    let sensors = match (scope, of.sensors) {
        (Scope::Nothing, _) => return Ok(Page::empty()),
        (Scope::Everything, None) => None,
        (Scope::Everything, Some(sensors)) => match within(scope, sensors) {
            None => return Ok(Page::empty()),
            sensors => sensors,
        },
    };
    let scan = Scan::new(of.range, of.filter, of.direction, request);
    let is_few = sensors.as_ref().is_some_and(|sensors| sensors.len() <= FEW_SENSORS);
    let mut windows = Windows { rest: scan.range, ascending: scan.ascending, length: (!is_few).then_some(WINDOW_MIN) };
    let mut rows = Vec::new();
    while let Some(window) = windows.next() {
        let wanted = scan.limit - rows.len() as u64;
        if wanted == 0 {
            break;
        }
        rows.extend(match &sensors {
            Some(sensors) => scan.read_of(db, sensors, window, wanted, Some(wanted)).await?,
            None => scan.read_all(db, window, wanted).await?,
        });
    }
    Ok(request.page(rows))
}

/// The first page of each of many sensors, in one statement; a sensor without readings has an empty page.
pub async fn page_of_each(
    db: &DatabaseConnection,
    scope: &Scope,
    sensors: &[i32],
    range: TimeRange,
    direction: Direction,
    request: &PageRequest<ReadingKey>,
) -> Result<HashMap<i32, Page<Reading>>, DbErr> {
    let Some(sensors) = within(scope, sensors) else {
        return Ok(HashMap::new());
    };
    let filter = ReadingFilter::default();
    let scan = Scan::new(range, &filter, direction, request);
    let mut rows: HashMap<i32, Vec<Reading>> = sensors.iter().map(|&sensor| (sensor, Vec::new())).collect();
    for reading in scan.read_of(db, &sensors, scan.range, scan.limit, None).await? {
        rows.entry(reading.sensor_id).or_default().push(reading);
    }
    Ok(rows.into_iter().map(|(sensor, rows)| (sensor, request.page(rows))).collect())
}

/// The parameters $1 to $6 of a statement that counts: the range, the filter and, where some are asked for, the sensors;
/// `None` when the asker can see none.
pub(super) fn restrictions(scope: &Scope, of: &ReadingsOf<'_>) -> Option<Vec<Value>> {
    let mut values: Vec<Value> = vec![of.range.from.into(), of.range.to.into()];
    values.extend(filter_values(of.filter));
    match (scope, of.sensors) {
        (Scope::Nothing, _) => return None,
        (Scope::Everything, None) => {}
        (Scope::Everything, Some(sensors)) => values.push(within(scope, sensors)?.into()),
    }
    Some(values)
}

fn filter_values(filter: &ReadingFilter) -> [Value; 3] {
    let flags: Option<Vec<i16>> =
        filter.flags.as_ref().map(|flags| flags.iter().map(|flag| flag.number()).collect());
    [flags.into(), filter.value_min.into(), filter.value_max.into()]
}

/// How a page's rows are read: from its end of the list, one more than asked for.
struct Scan<'a> {
    range: TimeRange,
    filter: &'a ReadingFilter,
    ascending: bool,
    key: Option<ReadingKey>,
    limit: u64,
}

impl<'a> Scan<'a> {
    fn new(
        mut range: TimeRange,
        filter: &'a ReadingFilter,
        direction: Direction,
        request: &PageRequest<ReadingKey>,
    ) -> Self {
        let ascending = (direction == Direction::Asc) != request.is_from_end();
        let key = request.key().copied();
        // Other sensors may have readings at the key's very time.
        if let Some(key) = key {
            if ascending {
                range.from = range.from.max(key.time);
            } else if let Some(after) = key.time.checked_add_signed(TimeDelta::microseconds(1)) {
                range.to = range.to.min(after);
            }
        }
        Self { range, filter, ascending, key, limit: request.rows_to_read() }
    }

    fn values(&self, window: TimeRange, limit: u64) -> Vec<Value> {
        let mut values: Vec<Value> = vec![window.from.into(), window.to.into()];
        values.extend(filter_values(self.filter));
        values.push(self.key.map(|key| key.time).into());
        values.push(self.key.map(|key| key.sensor_id).into());
        values.push(limit.cast_signed().into());
        values
    }

    async fn read_all(&self, db: &DatabaseConnection, window: TimeRange, limit: u64) -> Result<Vec<Reading>, DbErr> {
        let select = if self.ascending {
            include_str!("select_page_asc.sql")
        } else {
            include_str!("select_page_desc.sql")
        };
        sql::query(db, select, self.values(window, limit), read).await
    }

    async fn read_of(
        &self,
        db: &DatabaseConnection,
        sensors: &[i32],
        window: TimeRange,
        limit_of_each: u64,
        limit: Option<u64>,
    ) -> Result<Vec<Reading>, DbErr> {
        let select = if self.ascending {
            include_str!("select_page_of_asc.sql")
        } else {
            include_str!("select_page_of_desc.sql")
        };
        let mut values = self.values(window, limit_of_each);
        values.push(sensors.to_vec().into());
        values.push(limit.map(u64::cast_signed).into());
        sql::query(db, select, values, read).await
    }
}

/// A range of time cut into windows, from its beginning or its end; without a length it is one.
struct Windows {
    rest: TimeRange,
    ascending: bool,
    length: Option<TimeDelta>,
}

impl Iterator for Windows {
    type Item = TimeRange;

    fn next(&mut self) -> Option<TimeRange> {
        if self.rest.from >= self.rest.to {
            return None;
        }
        let length = self.length.unwrap_or(TimeDelta::MAX);
        self.length = self.length.and_then(|length| length.checked_mul(WINDOW_GROWTH));
        let window = if self.ascending {
            let end = later(self.rest.from, length).min(self.rest.to);
            TimeRange { from: self.rest.from, to: end }
        } else {
            let start = earlier(self.rest.to, length).max(self.rest.from);
            TimeRange { from: start, to: self.rest.to }
        };
        if self.ascending {
            self.rest.from = window.to;
        } else {
            self.rest.to = window.from;
        }
        Some(window)
    }
}

fn later(time: DateTime<Utc>, by: TimeDelta) -> DateTime<Utc> {
    time.checked_add_signed(by).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

fn earlier(time: DateTime<Utc>, by: TimeDelta) -> DateTime<Utc> {
    time.checked_sub_signed(by).unwrap_or(DateTime::<Utc>::MIN_UTC)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_cover_the_range_without_gap_or_overlap_from_either_end() {
        let from = DateTime::from_timestamp_micros(0).unwrap();
        let to = DateTime::from_timestamp_micros(315_360_000_000_001).unwrap();
        for ascending in [true, false] {
            let windows = Windows { rest: TimeRange { from, to }, ascending, length: Some(WINDOW_MIN) };
            let mut windows: Vec<TimeRange> = windows.collect();
            assert!(windows.len() < 12, "{} windows for ten years", windows.len());
            windows.sort_by_key(|window| window.from);
            assert_eq!((windows[0].from, windows[windows.len() - 1].to), (from, to));
            assert!(windows.windows(2).all(|pair| pair[0].to == pair[1].from));
        }
    }
}
