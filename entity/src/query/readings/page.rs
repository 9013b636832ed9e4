//! Pages of readings, of all sensors together or of each.
//!
//! Of one sensor or a few, and of each of many, a page is read along the primary key. Of many together, or all, it is
//! read by windows of time until it is full (`windows.rs`): there is no B-tree on time, because it would slow loading by a
//! quarter, and within a window the BRIN index and a sort are quick.

pub(super) mod windows;

use std::collections::HashMap;

use chrono::TimeDelta;
use sea_orm::{DatabaseConnection, DbErr, Value};

use self::windows::Windows;
use super::{Direction, Reading, ReadingFilter, ReadingKey, ReadingsOf, Receipt, TimeRange, read, within};
use crate::Scope;
use crate::query::{Page, PageRequest};
use crate::scope::Reach;
use crate::sql::{self, Row, packed};

/// Up to this many sensors are read along the primary key without windows: each costs a page of rows at most.
const FEW_SENSORS: usize = 16;

/// A window with this many readings is too long for a page: sorting them takes some 20 ms.
const WINDOW_READINGS_MAX: i64 = 20_000;

/// A page of readings.
pub async fn page(
    db: &DatabaseConnection,
    scope: &Scope,
    of: &ReadingsOf<'_>,
    request: &PageRequest<ReadingKey>,
) -> Result<Page<Reading>, DbErr> {
    let sensors = match scope.reach(of.sensors) {
        Reach::Nothing => return Ok(Page::empty()),
        Reach::Everything => None,
        Reach::Sensors(sensors) => Some(sensors),
    };
    let scan = Scan::new(of.range, of.filter, of.direction, request);
    if let Some(few) = sensors.as_ref().filter(|sensors| sensors.len() <= FEW_SENSORS) {
        let rows = scan.read_each(db, few, true, unpack).await?;
        return Ok(request.page(scan.merge(rows)));
    }
    let mut windows = Windows::growing(scan.range, scan.ascending);
    let mut rows = Vec::new();
    while let Some(window) = windows.current() {
        let wanted = scan.limit - rows.len() as u64;
        if wanted == 0 {
            break;
        }
        let found_max = windows.is_divisible().then_some(WINDOW_READINGS_MAX);
        let (page, found) = match &sensors {
            Some(sensors) => scan.read_of(db, sensors, window, wanted, found_max).await?,
            None => scan.read_all(db, window, wanted, found_max).await?,
        };
        if found_max.is_some_and(|max| found >= max) {
            windows.narrow();
        } else {
            windows.advance(page.is_empty());
            rows.extend(page);
        }
    }
    Ok(request.page(rows))
}

/// The first page of each of many sensors, in one statement, its readings with their receipts where these are wanted; a
/// sensor without readings has an empty page.
pub async fn page_of_each(
    db: &DatabaseConnection,
    scope: &Scope,
    sensors: &[i32],
    range: TimeRange,
    direction: Direction,
    request: &PageRequest<ReadingKey>,
    with_receipts: bool,
) -> Result<HashMap<i32, Page<Reading<Option<Receipt>>>>, DbErr> {
    let Some(sensors) = within(scope, sensors) else {
        return Ok(HashMap::new());
    };
    let filter = ReadingFilter::default();
    let scan = Scan::new(range, &filter, direction, request);
    let rows = scan
        .read_each(db, &sensors, with_receipts, |row, sensor_id| {
            if with_receipts {
                let readings = unpack(row, sensor_id)?;
                return Ok(readings.into_iter().map(Reading::from).collect());
            }
            unpack_with(row, sensor_id, std::iter::repeat(None))
        })
        .await?;
    Ok(rows
        .into_iter()
        .map(|(sensor, rows)| (sensor, request.page(rows)))
        .collect())
}

/// What a statement that counts is about: the parameters $1 to $5, range and filter, and as $6 the sensors, unless it is
/// about all of them; `None` when the asker can see none.
pub(super) fn restrictions(scope: &Scope, of: &ReadingsOf<'_>) -> Option<(Vec<Value>, Sensors)> {
    let mut values: Vec<Value> = vec![of.range.from.into(), of.range.to.into()];
    values.extend(filter_values(of.filter));
    match scope.reach(of.sensors) {
        Reach::Nothing => None,
        Reach::Everything => Some((values, Sensors::All)),
        Reach::Sensors(sensors) => {
            values.push(sensors.into());
            Some((values, Sensors::These))
        }
    }
}

/// Whether a statement is about all sensors or about some.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sensors {
    All,
    These,
}

fn filter_values(filter: &ReadingFilter) -> [Value; 3] {
    let flags: Option<Vec<i16>> = filter
        .flags
        .as_ref()
        .map(|flags| flags.iter().map(|flag| flag.number()).collect());
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
        Self {
            range,
            filter,
            ascending,
            key,
            limit: request.rows_to_read(),
        }
    }

    fn values(&self, window: TimeRange, limit: u64) -> Vec<Value> {
        let mut values: Vec<Value> = vec![window.from.into(), window.to.into()];
        values.extend(filter_values(self.filter));
        values.push(self.key.map(|key| key.time).into());
        values.push(self.key.map(|key| key.sensor_id).into());
        values.push(limit.cast_signed().into());
        values
    }

    /// Rows of a window, and how many it has, counted up to `found_max`: that many are too many, and the rows mean nothing.
    async fn read_all(
        &self,
        db: &DatabaseConnection,
        window: TimeRange,
        limit: u64,
        found_max: Option<i64>,
    ) -> Result<(Vec<Reading>, i64), DbErr> {
        let select = if self.ascending {
            include_str!("select_page_asc.sql")
        } else {
            include_str!("select_page_desc.sql")
        };
        let mut values = self.values(window, limit);
        values.push(found_max.into());
        rows_and_found(db, select, values).await
    }

    /// As [`read_all`](Self::read_all), of some sensors.
    async fn read_of(
        &self,
        db: &DatabaseConnection,
        sensors: &[i32],
        window: TimeRange,
        limit: u64,
        found_max: Option<i64>,
    ) -> Result<(Vec<Reading>, i64), DbErr> {
        let select = if self.ascending {
            include_str!("select_page_of_asc.sql")
        } else {
            include_str!("select_page_of_desc.sql")
        };
        let mut values = self.values(window, limit);
        values.push(found_max.into());
        values.push(sensors.to_vec().into());
        rows_and_found(db, select, values).await
    }

    /// The first rows of each of some sensors.
    async fn read_each<R>(
        &self,
        db: &DatabaseConnection,
        sensors: &[i32],
        with_receipts: bool,
        unpack: impl Fn(&Row<'_>, i32) -> Result<Vec<Reading<R>>, DbErr>,
    ) -> Result<Vec<(i32, Vec<Reading<R>>)>, DbErr> {
        let select = if self.ascending {
            include_str!("select_page_of_each_asc.sql")
        } else {
            include_str!("select_page_of_each_desc.sql")
        };
        let mut values = self.values(self.range, self.limit);
        values.push(sensors.to_vec().into());
        values.push(with_receipts.into());
        sql::query(db, select, values, |row| {
            let sensor_id = row.get(0)?;
            Ok((sensor_id, unpack(row, sensor_id)?))
        })
        .await
    }

    /// The first rows of all of them together.
    fn merge(&self, mut of_each: Vec<(i32, Vec<Reading>)>) -> Vec<Reading> {
        if of_each.len() == 1 {
            return of_each.swap_remove(0).1;
        }
        let mut rows: Vec<Reading> = of_each.into_iter().flat_map(|(_, rows)| rows).collect();
        rows.sort_unstable_by_key(|row| (row.time, row.sensor_id));
        if !self.ascending {
            rows.reverse();
        }
        rows.truncate(usize::try_from(self.limit).unwrap_or(usize::MAX));
        rows
    }
}

/// The readings of a sensor, from the packed columns behind its key.
fn unpack(row: &Row<'_>, sensor_id: i32) -> Result<Vec<Reading>, DbErr> {
    let received = packed::times(row, 4)?;
    let (journals, seqs) = (packed::small_numbers(row, 5)?, packed::numbers(row, 6)?);
    let receipts = received.into_iter().zip(journals).zip(seqs);
    let receipts = receipts.map(|((received_at, journal_id), seq)| Receipt {
        received_at,
        journal_id,
        seq,
    });
    unpack_with(row, sensor_id, receipts)
}

/// The same, each reading with the next of `receipts`.
fn unpack_with<R>(
    row: &Row<'_>,
    sensor_id: i32,
    receipts: impl Iterator<Item = R>,
) -> Result<Vec<Reading<R>>, DbErr> {
    let (times, values, flags) = (
        packed::times(row, 1)?,
        packed::floats(row, 2)?,
        packed::flags(row, 3)?,
    );
    let readings = times.into_iter().zip(values).zip(flags).zip(receipts);
    let readings = readings.map(|(((time, value), flag), receipt)| Reading {
        sensor_id,
        time,
        value,
        flag,
        receipt,
    });
    Ok(readings.collect())
}

async fn rows_and_found(
    db: &DatabaseConnection,
    select: &'static str,
    values: Vec<Value>,
) -> Result<(Vec<Reading>, i64), DbErr> {
    let mut found = 0;
    let rows = sql::query(db, select, values, |row| Ok((read(row)?, row.get::<i64>(7)?))).await?;
    let rows = rows
        .into_iter()
        .map(|(reading, count)| {
            found = count;
            reading
        })
        .collect();
    Ok((rows, found))
}
