//! What aggregates should say, in the simplest words: of the rows of `reading`, bucket by bucket.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use entity::Scope;
use entity::query::aggregates::{Aggregate, AggregatesOf, aggregates};
use sea_orm::{ConnectionTrait, DbBackend, Statement};

#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    sensor_id: i32,
    time: DateTime<Utc>,
    value: f64,
    flag: i16,
}

/// The readings of these sensors, by sensor and time.
pub(super) async fn readings<C: ConnectionTrait>(db: &C, sensors: &[i32]) -> Vec<Row> {
    let select = "SELECT sensor_id, time, value, flag FROM reading WHERE sensor_id = ANY ($1) ORDER BY sensor_id, time";
    let statement = Statement::from_sql_and_values(DbBackend::Postgres, select, [sensors.to_vec().into()]);
    let rows = db.query_all_raw(statement).await.unwrap();
    rows.iter()
        .map(|row| Row {
            sensor_id: row.try_get_by_index(0).unwrap(),
            time: row.try_get_by_index(1).unwrap(),
            value: row.try_get_by_index(2).unwrap(),
            flag: row.try_get_by_index(3).unwrap(),
        })
        .collect()
}

pub(super) fn expected(rows: &[Row], of: &AggregatesOf<'_>) -> BTreeMap<(i32, usize), Aggregate> {
    let mut buckets: BTreeMap<(i32, usize), Vec<Row>> = BTreeMap::new();
    for row in rows {
        let within = of.range.from <= row.time && row.time < of.range.to;
        let bucket = of.edges.iter().rposition(|edge| *edge <= row.time);
        if let (true, Some(bucket)) = (within, bucket.filter(|bucket| bucket + 1 < of.edges.len())) {
            buckets.entry((row.sensor_id, bucket)).or_default().push(*row);
        }
    }
    buckets
        .into_iter()
        .map(|(key, rows)| (key, amount(&rows, of.include_failed)))
        .collect()
}

fn amount(rows: &[Row], include_failed: bool) -> Aggregate {
    let counted: Vec<f64> = rows
        .iter()
        .filter(|row| row.flag != 4 || include_failed)
        .map(|row| row.value)
        .collect();
    let addends: Vec<f64> = counted.iter().map(|value| addend(*value)).collect();
    let sum = addends.iter().sum::<f64>();
    let mean = sum / addends.len() as f64;
    Aggregate {
        count: counted.len() as u64,
        count_suspect: rows.iter().filter(|row| row.flag == 3).count() as u64,
        count_fail: rows.iter().filter(|row| row.flag == 4).count() as u64,
        sum,
        m2: addends.iter().map(|value| (value - mean).powi(2)).sum(),
        min: counted.iter().copied().reduce(f64::min).unwrap_or(0.0),
        max: counted.iter().copied().reduce(f64::max).unwrap_or(0.0),
        first: counted.first().copied().unwrap_or(0.0),
        last: counted.last().copied().unwrap_or(0.0),
    }
}

fn addend(value: f64) -> f64 {
    match value.abs() {
        huge if huge >= 1e130 => f64::NAN,
        tiny if tiny < 1e-130 => 0.0,
        _ => value,
    }
}

/// Asks, and compares; `db` shows one snapshot, or nobody writes.
pub(super) async fn check<C: ConnectionTrait>(db: &C, of: &AggregatesOf<'_>) -> Result<(), String> {
    let rows = readings(db, of.sensors).await;
    let answer = aggregates(db, &Scope::Everything, of).await.unwrap();
    compare(&answer, &expected(&rows, of))
}

fn compare(
    answer: &HashMap<i32, Vec<(usize, Aggregate)>>,
    expected: &BTreeMap<(i32, usize), Aggregate>,
) -> Result<(), String> {
    let mut given = BTreeMap::new();
    for (sensor_id, buckets) in answer {
        if !buckets.is_sorted_by_key(|(bucket, _)| *bucket) {
            return Err(format!("sensor {sensor_id}: buckets are not in order"));
        }
        for (bucket, aggregate) in buckets {
            if given.insert((*sensor_id, *bucket), *aggregate).is_some() {
                return Err(format!("sensor {sensor_id}: bucket {bucket} is there twice"));
            }
        }
    }
    for key in given.keys().chain(expected.keys()) {
        let (given, expected) = (given.get(key), expected.get(key));
        if !matches!((given, expected), (Some(given), Some(expected)) if is_equal(given, expected)) {
            return Err(format!(
                "(sensor, bucket) {key:?}: {given:?}, but readings say {expected:?}"
            ));
        }
    }
    Ok(())
}

/// Sums depend on the order of adding in their last digits; all else is equal.
fn is_equal(given: &Aggregate, expected: &Aggregate) -> bool {
    let plain = |one: &Aggregate| (one.count, one.count_suspect, one.count_fail);
    if plain(given) != plain(expected) || expected.count == 0 {
        return plain(given) == plain(expected);
    }
    let counted = |one: &Aggregate| [one.min, one.max, one.first, one.last];
    let count = expected.count as f64;
    let size = expected.min.abs().max(expected.max.abs());
    let rounding = 1e-14 * count * size;
    let near = |a: f64, b: f64, by: f64| (a.is_nan() && b.is_nan()) || (a - b).abs() <= by;
    counted(given) == counted(expected)
        && near(given.sum, expected.sum, rounding)
        && near(
            given.m2,
            expected.m2,
            1e-9 * expected.m2 + count * rounding * (expected.max - expected.min + rounding),
        )
}
