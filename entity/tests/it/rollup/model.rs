//! What aggregates should say, in the simplest words: of the rows of `reading`, bucket by bucket.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
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

/// What a bucket should be, and how large the numbers are that its area and increase are made of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expected {
    aggregate: Aggregate,
    area_size: f64,
    increase_size: f64,
}

pub(super) fn expected(rows: &[Row], of: &AggregatesOf<'_>) -> BTreeMap<(i32, usize), Expected> {
    let (first, last) = (of.edges[0], of.edges[of.edges.len() - 1]);
    let (start, stop) = (first.max(of.range.from), last.min(of.range.to));
    let mut buckets = BTreeMap::new();
    for &sensor_id in of.sensors {
        let rows: Vec<Row> = rows
            .iter()
            .filter(|row| row.sensor_id == sensor_id)
            .copied()
            .collect();
        for bucket in 0..of.edges.len() - 1 {
            let (from, to) = (of.edges[bucket].max(start), of.edges[bucket + 1].min(stop));
            if from < to {
                let found = amount(&rows, from, to, of);
                buckets.extend(found.map(|found| ((sensor_id, bucket), found)));
            }
        }
    }
    buckets
}

/// What the readings of a sensor amount to in a bucket.
fn amount(rows: &[Row], from: DateTime<Utc>, to: DateTime<Utc>, of: &AggregatesOf<'_>) -> Option<Expected> {
    let counts = |row: &&Row| of.flags.numbers().contains(&row.flag);
    let inside: Vec<Row> = rows
        .iter()
        .filter(|row| from <= row.time && row.time < to)
        .copied()
        .collect();
    let counted: Vec<f64> = inside.iter().filter(counts).map(|row| row.value).collect();
    let times: Vec<_> = inside.iter().filter(counts).map(|row| row.time).collect();
    let addends: Vec<f64> = counted.iter().map(|value| addend(*value)).collect();
    let sum = addends.iter().sum::<f64>();
    let mean = sum / addends.len() as f64;
    let mut expected = Expected {
        aggregate: Aggregate {
            count: counted.len() as u64,
            count_suspect: inside.iter().filter(|row| row.flag == 3).count() as u64,
            count_fail: inside.iter().filter(|row| row.flag == 4).count() as u64,
            sum,
            m2: addends.iter().map(|value| (value - mean).powi(2)).sum(),
            min: counted.iter().copied().reduce(f64::min).unwrap_or(0.0),
            max: counted.iter().copied().reduce(f64::max).unwrap_or(0.0),
            first: counted.first().copied().unwrap_or(0.0),
            last: counted.last().copied().unwrap_or(0.0),
            first_at: times.first().copied().unwrap_or(from),
            last_at: times.last().copied().unwrap_or(from),
            area: 0.0,
            covered_seconds: 0.0,
            increase: None,
        },
        area_size: 0.0,
        increase_size: 0.0,
    };
    let all: Vec<Row> = rows.iter().filter(counts).copied().collect();
    if !counted.is_empty() || of.crossed {
        for pair in all.windows(2) {
            expected.add_line(pair[0], pair[1], from, to);
        }
    }
    let whole = &expected.aggregate;
    let is_there = !inside.is_empty() && whole.count + whole.count_suspect + whole.count_fail > 0;
    (is_there || (of.crossed && whole.covered_seconds > 0.0)).then_some(expected)
}

impl Expected {
    /// What the straight line from one reading to the next means for the bucket from `from` to `to`.
    fn add_line(&mut self, one: Row, next: Row, from: DateTime<Utc>, to: DateTime<Utc>) {
        if next.time - one.time > TimeDelta::days(35) {
            return;
        }
        let (a, b) = (addend(one.value), addend(next.value));
        let seconds = |from: DateTime<Utc>, to: DateTime<Utc>| (to - from).as_seconds_f64();
        let (begin, end) = (one.time.max(from), next.time.min(to));
        let whole = &mut self.aggregate;
        if begin < end {
            let value = |at| a + (b - a) * seconds(one.time, at) / seconds(one.time, next.time);
            whole.area += f64::midpoint(value(begin), value(end)) * seconds(begin, end);
            whole.covered_seconds += seconds(begin, end);
            self.area_size += (a.abs() + b.abs()) * seconds(begin, end);
        }
        if from <= next.time && next.time < to {
            let rise = if b < a { b } else { b - a };
            whole.increase = Some(whole.increase.unwrap_or(0.0) + rise);
            self.increase_size += a.abs() + b.abs();
        }
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
    expected: &BTreeMap<(i32, usize), Expected>,
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
fn is_equal(given: &Aggregate, wanted: &Expected) -> bool {
    let expected = &wanted.aggregate;
    let near = |a: f64, b: f64, by: f64| (a.is_nan() && b.is_nan()) || (a - b).abs() <= by;
    let plain = |one: &Aggregate| {
        (
            one.count,
            one.count_suspect,
            one.count_fail,
            one.increase.is_some(),
        )
    };
    let increase = |one: &Aggregate| one.increase.unwrap_or(0.0);
    let lines = near(given.area, expected.area, 1e-11 * wanted.area_size)
        && near(
            given.covered_seconds,
            expected.covered_seconds,
            1e-11 * expected.covered_seconds,
        )
        && near(increase(given), increase(expected), 1e-12 * wanted.increase_size);
    if plain(given) != plain(expected) || !lines || expected.count == 0 {
        return plain(given) == plain(expected) && lines;
    }
    let counted = |one: &Aggregate| [one.min, one.max, one.first, one.last];
    let times = |one: &Aggregate| [one.first_at, one.last_at];
    let count = expected.count as f64;
    let size = expected.min.abs().max(expected.max.abs());
    let rounding = 1e-14 * count * size;
    counted(given) == counted(expected)
        && times(given) == times(expected)
        && near(given.sum, expected.sum, rounding)
        && near(
            given.m2,
            expected.m2,
            1e-9 * expected.m2 + count * rounding * (expected.max - expected.min + rounding),
        )
}

/// Asks for the buckets and for all of them as one: areas and increases add up.
pub(super) async fn check_sums<C: ConnectionTrait>(db: &C, of: &AggregatesOf<'_>) -> Result<(), String> {
    let of = AggregatesOf { crossed: true, ..*of };
    let whole = AggregatesOf {
        edges: &[of.edges[0], of.edges[of.edges.len() - 1]],
        ..of
    };
    let parts = aggregates(db, &Scope::Everything, &of).await.unwrap();
    let whole = aggregates(db, &Scope::Everything, &whole).await.unwrap();
    for (sensor_id, whole) in &whole {
        let whole = &whole[0].1;
        let parts = || parts[sensor_id].iter().map(|(_, part)| part);
        let (area, covered, increase) = (
            parts().map(|part| part.area).sum::<f64>(),
            parts().map(|part| part.covered_seconds).sum::<f64>(),
            parts().filter_map(|part| part.increase).sum::<f64>(),
        );
        let near = |a: f64, b: f64, size: f64| (a.is_nan() && b.is_nan()) || (a - b).abs() <= 1e-9 * size;
        let size = 1.3e8 * whole.covered_seconds.max(1.0);
        if !(near(area, whole.area, size)
            && near(covered, whole.covered_seconds, covered)
            && near(
                increase,
                whole.increase.unwrap_or(0.0),
                1.3e8 * whole.count as f64,
            ))
        {
            return Err(format!(
                "sensor {sensor_id}: {area}, {covered} s and {increase} are not {whole:?}"
            ));
        }
    }
    Ok(())
}
