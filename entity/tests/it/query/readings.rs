//! Readings: pages against a simple model, columns, the latest.

use chrono::{DateTime, TimeDelta, Utc};
use entity::load::NewReading;
use entity::query::page::PageAt;
use entity::query::readings::{
    Count, Direction, Reading, ReadingFilter, ReadingKey, ReadingsOf, Receipt, TimeRange, columns,
    columns_min_max, count, latest, page, page_of_each,
};
use entity::query::{Page, PageRequest};
use entity::{DatabaseConnection, QualityFlag, Scope};
use sea_orm::ConnectionTrait;

use crate::support::{at, journal, on_both, one, postgres, reading, rows, sensors, write};

on_both!(
    pages_read_the_same_from_both_ends_in_both_directions,
    filters_and_ranges_restrict,
    each_sensor_has_its_page,
    the_latest_reading_of_each_sensor,
    columns_hold_what_the_rows_hold,
    reduced_columns_keep_every_peak,
    counts_are_exact_up_to_their_bound,
    nothing_is_seen_without_scope,
);

const EVERYTHING: &Scope = &Scope::Everything;

fn range(from: i64, to: i64) -> TimeRange {
    TimeRange {
        from: at(from),
        to: at(to),
    }
}

/// Three sensors whose readings meet at the same times, dense at first and then days apart.
async fn fill(db: &DatabaseConnection) -> (Vec<i32>, Vec<Reading>) {
    let ids: Vec<i32> = sensors(db, &["a", "b", "c"])
        .await
        .iter()
        .map(|sensor| sensor.id)
        .collect();
    let journal_id = journal(db).await;
    let mut batch: Vec<NewReading> = Vec::new();
    for i in 0..40_i64 {
        let second = if i < 20 { i / 2 } else { i * 40_000 };
        for (k, &id) in (0_i64..).zip(&ids).filter(|(k, _)| (i + k) % 3 != 0) {
            let flag = if i % 5 == 0 {
                QualityFlag::Fail
            } else {
                QualityFlag::Pass
            };
            let time = at(second) + TimeDelta::microseconds(i % 2);
            batch.push(NewReading {
                time,
                flag,
                ..reading(id, second, (i * 10) as f64 + k as f64, i)
            });
        }
    }
    write(db, journal_id, &batch).await.unwrap();
    let mut expected: Vec<Reading> = batch
        .iter()
        .map(|new| Reading {
            sensor_id: new.sensor_id,
            time: new.time,
            value: new.value,
            flag: new.flag,
            receipt: Receipt {
                received_at: new.received_at,
                journal_id,
                seq: new.seq,
            },
        })
        .collect();
    expected.sort_by_key(|reading| (reading.time, reading.sensor_id));
    (ids, expected)
}

async fn walk(db: &DatabaseConnection, of: &ReadingsOf<'_>, limit: u64, from_end: bool) -> Vec<Reading> {
    let mut all = Vec::new();
    let mut edge: Option<ReadingKey> = None;
    loop {
        let at = if from_end {
            PageAt::Last(edge)
        } else {
            PageAt::First(edge)
        };
        let page = page(db, EVERYTHING, of, &PageRequest { limit, at })
            .await
            .unwrap();
        assert!(page.rows.len() as u64 <= limit);
        let (ahead, behind) = if from_end {
            (page.has_previous, page.has_next)
        } else {
            (page.has_next, page.has_previous)
        };
        assert_eq!(behind, edge.is_some());
        edge = if from_end {
            page.rows.first()
        } else {
            page.rows.last()
        }
        .map(Reading::key);
        all = if from_end {
            [page.rows, all].concat()
        } else {
            [all, page.rows].concat()
        };
        if !ahead {
            return all;
        }
    }
}

async fn pages_read_the_same_from_both_ends_in_both_directions(db: &DatabaseConnection) {
    let (ids, expected) = fill(db).await;
    // Many sensors, most of which do not exist, are read by windows as all of them are.
    let many: Vec<i32> = ids.iter().copied().chain(100_000..100_030).collect();
    let filter = ReadingFilter::default();
    for direction in [Direction::Asc, Direction::Desc] {
        let mut expected = expected.clone();
        if direction == Direction::Desc {
            expected.reverse();
        }
        for sensors in [None, Some(ids.as_slice()), Some(many.as_slice())] {
            let of = ReadingsOf {
                sensors,
                range: range(-1_000_000, 10_000_000),
                filter: &filter,
                direction,
            };
            for limit in [1, 7, 1000] {
                for from_end in [false, true] {
                    let walked = walk(db, &of, limit, from_end).await;
                    assert_eq!(
                        walked, expected,
                        "{direction:?} by {limit}, from the end: {from_end}"
                    );
                }
            }
        }
    }
}

async fn filters_and_ranges_restrict(db: &DatabaseConnection) {
    let (ids, expected) = fill(db).await;
    let filter = ReadingFilter {
        flags: Some(vec![QualityFlag::Pass, QualityFlag::Missing]),
        value_min: Some(21.0),
        value_max: Some(300.0),
    };
    // Half-open: the first instant belongs to it, the last does not.
    let range = TimeRange {
        from: expected[6].time,
        to: expected[expected.len() - 4].time,
    };
    let matches = |one: &&Reading| {
        one.flag == QualityFlag::Pass
            && (21.0..=300.0).contains(&one.value)
            && range.from <= one.time
            && one.time < range.to
    };
    for sensors in [None, Some(&ids[1..])] {
        let of = ReadingsOf {
            sensors,
            range,
            filter: &filter,
            direction: Direction::Asc,
        };
        let expected: Vec<Reading> = expected
            .iter()
            .filter(matches)
            .filter(|one| sensors.is_none_or(|sensors| sensors.contains(&one.sensor_id)))
            .copied()
            .collect();
        assert!(!expected.is_empty());
        assert_eq!(walk(db, &of, 4, false).await, expected);
        let counted = count(db, EVERYTHING, &of, 1000).await.unwrap();
        assert_eq!(
            counted,
            Count {
                value: expected.len() as u64,
                exact: true
            }
        );
    }
    let upside_down = TimeRange {
        from: at(10),
        to: at(0),
    };
    let of = ReadingsOf {
        sensors: None,
        range: upside_down,
        filter: &filter,
        direction: Direction::Asc,
    };
    assert!(walk(db, &of, 4, false).await.is_empty());
    let of = ReadingsOf {
        sensors: Some(&[]),
        range,
        ..of
    };
    assert!(walk(db, &of, 4, true).await.is_empty());
}

async fn each_sensor_has_its_page(db: &DatabaseConnection) {
    let (ids, expected) = fill(db).await;
    let asked = [ids[0], ids[2], ids[2], 100_000];
    for (direction, from_end) in [
        (Direction::Asc, false),
        (Direction::Asc, true),
        (Direction::Desc, false),
        (Direction::Desc, true),
    ] {
        let key = ReadingKey {
            time: at(8),
            sensor_id: ids[0],
        };
        for key in [None, Some(key)] {
            let at = if from_end {
                PageAt::Last(key)
            } else {
                PageAt::First(key)
            };
            let request = PageRequest { limit: 4, at };
            let range = range(-100, 10_000_000);
            let pages = page_of_each(db, EVERYTHING, &asked, range, direction, &request, true)
                .await
                .unwrap();
            let without = page_of_each(db, EVERYTHING, &asked, range, direction, &request, false)
                .await
                .unwrap();
            assert_eq!(pages.len(), 3);
            assert!(pages[&100_000].rows.is_empty());
            for &id in &asked[..3] {
                let filter = ReadingFilter::default();
                let of = ReadingsOf {
                    sensors: Some(&[id]),
                    range,
                    filter: &filter,
                    direction,
                };
                let expected = page(db, EVERYTHING, &of, &request).await.unwrap();
                assert_eq!(pages[&id], expected.clone().map(Reading::from));
                let stripped = expected.map(|reading| Reading {
                    receipt: None,
                    ..Reading::from(reading)
                });
                assert_eq!(without[&id], stripped);
                assert!(pages[&id].rows.iter().all(|reading| reading.sensor_id == id));
            }
        }
    }
    assert_eq!(expected.len(), 80, "the data that the pages are taken from");
}

async fn the_latest_reading_of_each_sensor(db: &DatabaseConnection) {
    let (ids, expected) = fill(db).await;
    let asked = [ids[0], ids[0], ids[1], 100_000];
    let mut found = latest(db, EVERYTHING, &asked, None).await.unwrap();
    found.sort_by_key(|reading| reading.sensor_id);
    let last = |id: i32| *expected.iter().rfind(|reading| reading.sensor_id == id).unwrap();
    assert_eq!(found, [last(ids[0]), last(ids[1])]);

    let newest = found.iter().map(|reading| reading.time).max().unwrap();
    let since = latest(db, EVERYTHING, &asked, Some(newest)).await.unwrap();
    assert!(!since.is_empty() && since.iter().all(|reading| reading.time == newest));
    assert!(
        latest(db, EVERYTHING, &asked, Some(newest + TimeDelta::microseconds(1)))
            .await
            .unwrap()
            .is_empty()
    );
    assert!(latest(db, EVERYTHING, &[], None).await.unwrap().is_empty());
}

async fn columns_hold_what_the_rows_hold(db: &DatabaseConnection) {
    let (ids, expected) = fill(db).await;
    let asked = [ids[1], 100_000];
    let found = columns(db, EVERYTHING, &asked, range(0, 10_000_000), 10)
        .await
        .unwrap();
    let of_sensor: Vec<&Reading> = expected
        .iter()
        .filter(|reading| reading.sensor_id == ids[1])
        .take(10)
        .collect();
    assert_eq!(
        found[&ids[1]].times,
        of_sensor.iter().map(|reading| reading.time).collect::<Vec<_>>()
    );
    assert_eq!(
        found[&ids[1]].values,
        of_sensor.iter().map(|reading| reading.value).collect::<Vec<_>>()
    );
    assert_eq!(
        found[&ids[1]].flags,
        of_sensor.iter().map(|reading| reading.flag).collect::<Vec<_>>()
    );
    assert!(found[&100_000].times.is_empty());
}

async fn reduced_columns_keep_every_peak(db: &DatabaseConnection) {
    let ids: Vec<i32> = sensors(db, &["a", "b"])
        .await
        .iter()
        .map(|sensor| sensor.id)
        .collect();
    let journal_id = journal(db).await;
    // Ten slices of a hundred readings, microseconds apart in places; each has one peak and one trough.
    let value = |i: i64| match i % 100 {
        37 => 1000.0 + i as f64,
        62 => -1000.0 - i as f64,
        rest => (rest % 7) as f64,
    };
    let batch: Vec<NewReading> = (0..1000)
        .map(|i| {
            let time = at(i) + TimeDelta::microseconds(i * 13 % 1_000_000);
            let flag = if i % 100 == 37 {
                QualityFlag::Suspect
            } else {
                QualityFlag::Pass
            };
            NewReading {
                time,
                flag,
                ..reading(ids[0], i, value(i), i)
            }
        })
        .chain((0..20).map(|i| reading(ids[1], i, i as f64, i)))
        .collect();
    write(db, journal_id, &batch).await.unwrap();
    let range = range(0, 1000);
    let found = columns_min_max(db, EVERYTHING, &[ids[0], ids[1], 100_000], range, 20)
        .await
        .unwrap();

    let (reduced, left_out) = &found[&ids[0]];
    let kept: Vec<(DateTime<Utc>, f64, QualityFlag)> = batch[..1000]
        .iter()
        .enumerate()
        .filter(|(i, _)| matches!(i % 100, 37 | 62))
        .map(|(_, reading)| (reading.time, reading.value, reading.flag))
        .collect();
    let points: Vec<(DateTime<Utc>, f64, QualityFlag)> = reduced
        .times
        .iter()
        .zip(&reduced.values)
        .zip(&reduced.flags)
        .map(|((time, value), flag)| (*time, *value, *flag))
        .collect();
    assert_eq!(points, kept);
    assert!(left_out);

    let (whole, left_out) = &found[&ids[1]];
    assert_eq!((whole.times.len(), *left_out), (20, false));
    assert_eq!((found[&100_000].0.times.len(), found[&100_000].1), (0, false));
    for points_max in [0, 1, 2, 3, 999] {
        let found = columns_min_max(db, EVERYTHING, &ids, range, points_max)
            .await
            .unwrap();
        let (reduced, left_out) = &found[&ids[0]];
        assert!(
            reduced.times.len() <= points_max as usize && *left_out,
            "{points_max}"
        );
        assert!(reduced.times.is_sorted());
    }
    // A flat line: of equal readings the earliest stays, once.
    let flat: Vec<NewReading> = (0..100).map(|i| reading(ids[1], 2000 + i, 5.0, i)).collect();
    write(db, journal_id, &flat).await.unwrap();
    let range = TimeRange {
        from: at(2000),
        to: at(2100),
    };
    let found = columns_min_max(db, EVERYTHING, &ids[1..], range, 20)
        .await
        .unwrap();
    assert_eq!(
        found[&ids[1]].0.times,
        (0..10).map(|i| at(2000 + i * 10)).collect::<Vec<_>>()
    );
}

async fn counts_are_exact_up_to_their_bound(db: &DatabaseConnection) {
    let (ids, expected) = fill(db).await;
    let filter = ReadingFilter::default();
    for sensors in [None, Some(ids.as_slice())] {
        let range = range(-100, 10_000_000);
        let of = ReadingsOf {
            sensors,
            range,
            filter: &filter,
            direction: Direction::Asc,
        };
        let all = expected.len() as u64;
        assert_eq!(
            count(db, EVERYTHING, &of, all).await.unwrap(),
            Count {
                value: all,
                exact: true
            }
        );
        let estimated = count(db, EVERYTHING, &of, all - 1).await.unwrap();
        assert!(!estimated.exact && estimated.value >= all, "{estimated:?}");
    }
}

async fn nothing_is_seen_without_scope(db: &DatabaseConnection) {
    let (ids, _) = fill(db).await;
    let nothing = &Scope::Nothing;
    let range = range(-100, 10_000_000);
    let request = PageRequest {
        limit: 10,
        at: PageAt::First(None),
    };
    let filter = ReadingFilter::default();
    for sensors in [None, Some(ids.as_slice())] {
        let of = ReadingsOf {
            sensors,
            range,
            filter: &filter,
            direction: Direction::Asc,
        };
        assert_eq!(page(db, nothing, &of, &request).await.unwrap(), Page::empty());
        assert_eq!(
            count(db, nothing, &of, 10).await.unwrap(),
            Count {
                value: 0,
                exact: true
            }
        );
    }
    assert!(
        page_of_each(db, nothing, &ids, range, Direction::Asc, &request, true)
            .await
            .unwrap()
            .is_empty()
    );
    assert!(latest(db, nothing, &ids, None).await.unwrap().is_empty());
    assert!(columns(db, nothing, &ids, range, 10).await.unwrap().is_empty());
    assert!(
        columns_min_max(db, nothing, &ids, range, 10)
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn the_latest_are_found_through_the_primary_key() {
    let server = postgres().await;
    let db = &server.db;
    let known = sensors(db, &["a", "b", "c"]).await;
    let journal_id = journal(db).await;
    let batch: Vec<NewReading> = (0..15_000)
        .map(|i| reading(known[(i % 3) as usize].id, i / 3, 1.0, i))
        .collect();
    write(db, journal_id, &batch).await.unwrap();
    db.execute_unprepared("ANALYZE reading").await.unwrap();
    let select = include_str!("../../../src/query/readings/select_latest.sql");
    let select = select.replace("$1", "ARRAY[1, 2, 3]").replace("$2", "NULL");
    let plan: Vec<String> = rows(db, &format!("EXPLAIN {select}"))
        .await
        .iter()
        .map(|row| row.try_get_by_index(0).unwrap())
        .collect();
    let plan = plan.join("\n");
    assert!(plan.contains("Index Scan Backward using reading_pkey"), "{plan}");
    assert!(!plan.contains("Seq Scan on reading"), "{plan}");
    assert_eq!(one::<i64>(db, "SELECT count(*) FROM reading").await, 15_000);
}
