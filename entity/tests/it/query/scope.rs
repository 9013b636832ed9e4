//! Every query within a limited scope answers as one without limits does on a database that holds only those sensors.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use chrono::{DateTime, TimeDelta, Utc};
use entity::incidents::{self, IncidentFilter};
use entity::query::aggregates::{
    AggregatesOf, Fraction, Member, Numbers, PercentilesOf, aggregates, percentiles,
};
use entity::query::in_force::{Arrival, ranges_in_force};
use entity::query::page::PageAt;
use entity::query::readings::{
    self, Direction, Reading, ReadingFilter, ReadingKey, ReadingsOf, Scan, ScanOf, TimeRange, columns,
    columns_min_max, count_of_each, last_value, latest, page_of_each,
};
use entity::query::sensors::{self, SensorFilter, SensorOrder};
use entity::query::{Page, PageRequest, conflicts, doubts};
use entity::rollup::{RefreshOptions, Refreshed, refresh};
use entity::{DatabaseConnection, FlagSet, QualityFlag, Scope};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, TestRunner};
use sea_orm::ConnectionTrait as _;

use crate::support::{at, postgres, timescale};

/// Sensors 1 to so many.
const SENSORS: i32 = 24;

/// Readings of all of them: sensor, second, value, flag.
type Readings = Vec<(i32, i64, i64, i16)>;

#[derive(Debug, Clone)]
struct Case {
    readings: Readings,
    /// Those in scope.
    visible: Vec<i32>,
    /// Those asked for, some of which are not there or not in scope.
    asked: Vec<i32>,
    from: i64,
    length: i64,
    /// Whether rollups are up to date.
    is_refreshed: bool,
}

fn cases() -> impl Strategy<Value = Case> {
    let reading = (
        1..=SENSORS,
        0_i64..400_000,
        -5_i64..100,
        prop::sample::select(vec![1_i16, 3, 4]),
    );
    (
        prop::collection::vec(reading, 0..400),
        prop::collection::vec(1..=SENSORS, 0..20),
        prop::collection::vec(-1..=SENSORS + 2, 0..30),
        0_i64..200_000,
        1_i64..400_000,
        any::<bool>(),
    )
        .prop_map(|(readings, visible, asked, from, length, is_refreshed)| Case {
            readings,
            visible,
            asked,
            from,
            length,
            is_refreshed,
        })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn limited_answers_are_those_of_a_database_with_those_sensors_alone_postgres() {
    let (whole, part) = (postgres().await, postgres().await);
    check(&whole.db, &part.db, 24).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn limited_answers_are_those_of_a_database_with_those_sensors_alone_timescale() {
    let (whole, part) = (timescale().await, timescale().await);
    check(&whole.db, &part.db, 4).await;
}

async fn check(whole: &DatabaseConnection, part: &DatabaseConnection, count: u32) {
    let mut runner = TestRunner::new(Config::default());
    for number in 0..count {
        let case = cases().new_tree(&mut runner).unwrap().current();
        let scope = Scope::of_sensors(case.visible.clone());
        fill(whole, &case, |_| true).await;
        fill(part, &case, |sensor| case.visible.contains(&sensor)).await;
        let limited = Answers::of(whole, &scope, &case).await;
        let alone = Answers::of(part, &Scope::Everything, &case).await;
        assert_eq!(limited, alone, "case {number}: {case:?}");
        // The test can fail: without the limit it is another answer.
        if !case
            .readings
            .iter()
            .all(|reading| case.visible.contains(&reading.0))
        {
            let unlimited = Answers::of(whole, &Scope::Everything, &case).await;
            assert_ne!(unlimited, alone, "case {number}: {case:?}");
        }
    }
}

/// Empties the database and fills it with what a case says of some sensors, each under the same number.
async fn fill(db: &DatabaseConnection, case: &Case, is_there: impl Fn(i32) -> bool) {
    let mut sql = "TRUNCATE sensor, sensor_version, journal, reading, reading_1m, reading_1h, reading_1d, rollup_dirty, \
                   rollup_due, sensor_list, quarantined_message, reading_conflict, reading_flag, ingest_checkpoint, segment, \
                   incident; \
                   INSERT INTO quality_rules (version, first_used_at, rules) VALUES (7, now(), '{}') ON CONFLICT DO NOTHING; \
                   INSERT INTO journal (id, uuid, first_seen_at) OVERRIDING SYSTEM VALUE \
                   VALUES (1, gen_random_uuid(), now());"
        .to_owned();
    for sensor in (1..=SENSORS).filter(|&sensor| is_there(sensor)) {
        let kind = ["'flow'", "'temperature'", "NULL"][sensor as usize % 3];
        let source = ["one", "two"][sensor as usize % 2];
        write!(
            sql,
            "INSERT INTO sensor (id, uuid, source, name, type, labels, declared, active_since) \
             OVERRIDING SYSTEM VALUE VALUES ({sensor}, '00000000-0000-0000-0000-0000000000{sensor:02}', '{source}', \
             'S{}', {kind}, '{{\"site\": \"{}\"}}', {}, '2026-01-01'::timestamptz + INTERVAL '{} h');",
            sensor / 2,
            sensor % 4,
            sensor % 5 == 0,
            sensor % 6,
        )
        .unwrap();
        write!(
            sql,
            "INSERT INTO sensor_version (sensor_id, valid_from, metadata) \
             VALUES ({sensor}, '2026-01-01', '{{\"range_max\": {sensor}}}');"
        )
        .unwrap();
    }
    let mut readings = BTreeMap::new();
    for (seq, &(sensor, second, value, flag)) in case.readings.iter().enumerate() {
        if is_there(sensor) {
            readings.insert((sensor, second), (seq, value, flag));
        }
    }
    for ((sensor, second), (seq, value, flag)) in readings {
        let time = at(second);
        write!(
            sql,
            "INSERT INTO reading (time, value, received_at, seq, sensor_id, flag, journal_id) \
             VALUES ('{time}', {value}, '{time}', {seq}, {sensor}, {flag}, 1); \
             INSERT INTO rollup_dirty (bucket, wide, sensor_ids) \
             VALUES (date_bin('1 minute', '{time}'::timestamptz, '2000-01-01 00:00:00+00'), false, ARRAY[{sensor}]); \
             INSERT INTO incident (id, started_at, ended_at, sensor_id, kind, dataset, detail) \
             VALUES ('00000000-0000-0000-{sensor:04}-{second:012}', '{time}', '{time}', {sensor}, 'late', 'readings', 'old'); \
             INSERT INTO reading_conflict (time, value, received_at, seq, sensor_id, flag, journal_id) \
             VALUES ('{time}', {value} + 0.5, '{time}', {seq}, {sensor}, 4, 1), ('{time}', {value} - 0.5, '{time}', 0, {sensor}, 1, 1); \
             INSERT INTO reading_flag (time, rule_version, sensor_id, flag, test) VALUES ('{time}', 7, {sensor}, 3, 'spike');"
        )
        .unwrap();
    }
    db.execute_unprepared(&sql).await.unwrap();
    if case.is_refreshed {
        let options = RefreshOptions {
            minute_patience: std::time::Duration::ZERO,
            hour_patience: std::time::Duration::ZERO,
            day_patience: std::time::Duration::ZERO,
            ..RefreshOptions::default()
        };
        while refresh(db, &options).await.unwrap() != Some(Refreshed::default()) {}
    }
}

/// What every query answers, in words that can be compared.
#[derive(Debug, PartialEq)]
struct Answers(Vec<(&'static str, String)>);

impl Answers {
    async fn of(db: &DatabaseConnection, scope: &Scope, case: &Case) -> Self {
        let mut answers = Vec::new();
        sensor_lists(db, scope, case, &mut answers).await;
        reading_pages(db, scope, case, &mut answers).await;
        of_each(db, scope, case, &mut answers).await;
        incident_pages(db, scope, case, &mut answers).await;
        beside_readings(db, scope, case, &mut answers).await;
        Self(answers)
    }
}

/// What stands beside readings that somebody names, of whichever sensor.
async fn beside_readings(
    db: &DatabaseConnection,
    scope: &Scope,
    case: &Case,
    answers: &mut Vec<(&'static str, String)>,
) {
    let mut keys: Vec<ReadingKey> = case
        .readings
        .iter()
        .map(|&(sensor_id, second, ..)| ReadingKey {
            time: at(second),
            sensor_id,
        })
        .collect();
    keys.sort_by_key(|key| (key.sensor_id, key.time));
    keys.dedup();
    let others = conflicts::of_each(db, scope, &keys).await.unwrap();
    let doubts = doubts::of_each(db, scope, &keys).await.unwrap();
    let arrivals: Vec<Arrival> = keys
        .iter()
        .map(|key| Arrival {
            sensor_id: key.sensor_id,
            journal_id: 1,
            seq: 1,
            received_at: key.time,
        })
        .collect();
    let ranges = ranges_in_force(db, scope, &arrivals).await.unwrap();
    for (key, range) in keys.iter().zip(ranges) {
        answers.push(("conflicts", format!("{:?}", others.get(key))));
        answers.push(("doubts", format!("{:?}", doubts.get(key))));
        answers.push(("ranges_in_force", format!("{range:?}")));
    }
}

async fn incident_pages(
    db: &DatabaseConnection,
    scope: &Scope,
    case: &Case,
    answers: &mut Vec<(&'static str, String)>,
) {
    let of_asked = IncidentFilter {
        sensors: Some(case.asked.clone()),
        from: Some(at(case.from)),
        ..IncidentFilter::default()
    };
    for filter in [IncidentFilter::default(), of_asked] {
        for at in [PageAt::First(None), PageAt::Last(None)] {
            let request = PageRequest { limit: 7, at };
            let page = incidents::page(db, scope, &filter, &request).await.unwrap();
            answers.push(("incidents", format!("{page:?}")));
        }
    }
}

async fn sensor_lists(
    db: &DatabaseConnection,
    scope: &Scope,
    case: &Case,
    answers: &mut Vec<(&'static str, String)>,
) {
    let filters = [
        SensorFilter::default(),
        SensorFilter {
            kinds: Some(vec!["flow".to_owned()]),
            ..SensorFilter::default()
        },
        SensorFilter {
            labels: vec![("site".to_owned(), Some("1".to_owned()))],
            text: Some("s".to_owned()),
            ..SensorFilter::default()
        },
    ];
    for filter in &filters {
        answers.push((
            "sensors::count",
            sensors::count(db, scope, filter).await.unwrap().to_string(),
        ));
        for order in [
            SensorOrder::NameAsc,
            SensorOrder::TypeDesc,
            SensorOrder::ActiveSinceAsc,
        ] {
            let mut at = PageAt::First(None);
            // By pages of three to the end: no page may be short, or say that there is more where there is none.
            loop {
                let request = PageRequest { limit: 3, at };
                let page = sensors::page(db, scope, filter, order, &request).await.unwrap();
                let last = page.rows.last().map(|sensor| sensor.key(order));
                let more = page.has_next;
                answers.push(("sensors::page", format!("{page:?}")));
                if !more {
                    break;
                }
                at = PageAt::First(last);
            }
            let from_end = PageRequest {
                limit: 3,
                at: PageAt::Last(None),
            };
            let page = sensors::page(db, scope, filter, order, &from_end).await.unwrap();
            answers.push(("sensors::page from the end", format!("{page:?}")));
        }
    }
    let mut by_ids = sensors::by_ids(db, scope, &case.asked).await.unwrap();
    by_ids.sort_by_key(|sensor| sensor.id);
    answers.push(("sensors::by_ids", format!("{by_ids:?}")));
    let names: Vec<String> = case
        .asked
        .iter()
        .flat_map(|id| {
            [
                format!("S{id}"),
                format!("00000000-0000-0000-0000-0000000000{id:02}"),
            ]
        })
        .collect();
    let mut by_names = sensors::by_names(db, scope, &names).await.unwrap();
    by_names.sort_by_key(|sensor| sensor.id);
    answers.push(("sensors::by_names", format!("{by_names:?}")));
}

fn range(case: &Case) -> TimeRange {
    TimeRange {
        from: at(case.from),
        to: at(case.from + case.length),
    }
}

async fn reading_pages(
    db: &DatabaseConnection,
    scope: &Scope,
    case: &Case,
    answers: &mut Vec<(&'static str, String)>,
) {
    let passed = ReadingFilter {
        flags: Some(vec![QualityFlag::Pass, QualityFlag::Suspect]),
        value_min: Some(3.0),
        value_max: None,
    };
    for sensors in [None, Some(case.asked.as_slice())] {
        for (filter, direction) in [
            (&ReadingFilter::default(), Direction::Asc),
            (&passed, Direction::Desc),
        ] {
            let of = ReadingsOf {
                sensors,
                range: range(case),
                filter,
                direction,
            };
            let count = readings::count(db, scope, &of, 10_000).await.unwrap();
            answers.push(("readings::count", format!("{count:?}")));
            // Beyond the bound it is an estimate of the planner's: no less than what was counted.
            let bounded = readings::count(db, scope, &of, 5).await.unwrap();
            assert!(bounded.exact == (count.value <= 5) && (bounded.exact || bounded.value > 5));
            let mut after: Option<ReadingKey> = None;
            loop {
                let request = PageRequest {
                    limit: 50,
                    at: PageAt::First(after),
                };
                let page = readings::page(db, scope, &of, &request).await.unwrap();
                answers.push(("readings::page", format!("{page:?}")));
                after = page.rows.last().map(Reading::key);
                if !page.has_next {
                    break;
                }
            }
            let from_end = PageRequest {
                limit: 7,
                at: PageAt::Last(None),
            };
            let page: Page<_> = readings::page(db, scope, &of, &from_end).await.unwrap();
            answers.push(("readings::page from the end", format!("{page:?}")));
            let of = ScanOf {
                sensors: sensors.map(<[i32]>::to_vec),
                range: range(case),
                filter: filter.clone(),
                with_received: true,
            };
            let mut scan = Scan::new(db, scope, of);
            let mut read = 0;
            while let Some(batch) = scan.next().await.unwrap() {
                read += batch.times.len();
                // Where a batch ends is a matter of time.
                for at in 0..batch.times.len() {
                    let row = (
                        batch.times[at],
                        batch.sensors[at],
                        batch.values[at],
                        batch.flags[at],
                        batch.received[at],
                    );
                    answers.push(("readings::Scan", format!("{row:?}")));
                }
            }
            assert_eq!(read as u64, count.value, "a scan reads what is counted");
        }
    }
}

/// What a map says of its sensors that are there: of those that are not, an empty answer and none are alike.
fn sorted<T: std::fmt::Debug>(map: HashMap<i32, T>, is_empty: impl Fn(&T) -> bool) -> String {
    let map: BTreeMap<i32, T> = map.into_iter().filter(|(_, answer)| !is_empty(answer)).collect();
    format!("{map:?}")
}

async fn of_each(
    db: &DatabaseConnection,
    scope: &Scope,
    case: &Case,
    answers: &mut Vec<(&'static str, String)>,
) {
    let (asked, range) = (case.asked.as_slice(), range(case));
    let mut latest = latest(db, scope, asked, Some(range.from)).await.unwrap();
    latest.sort_by_key(|reading| reading.sensor_id);
    answers.push(("readings::latest", format!("{latest:?}")));
    let whole = columns(db, scope, asked, range, 100).await.unwrap();
    answers.push((
        "readings::columns",
        sorted(whole, |columns| columns.times.is_empty()),
    ));
    let reduced = columns_min_max(db, scope, asked, range, 4).await.unwrap();
    answers.push((
        "readings::columns_min_max",
        sorted(reduced, |(columns, _)| columns.times.is_empty()),
    ));
    let counts = count_of_each(db, scope, asked, range, 5).await.unwrap();
    answers.push((
        "readings::count_of_each",
        sorted(counts, |count| count.value == 0),
    ));
    let last = last_value(db, scope, asked, range, FlagSet::SERVED)
        .await
        .unwrap();
    answers.push(("readings::last_value", sorted(last, |_| false)));
    let request = PageRequest {
        limit: 3,
        at: PageAt::First(None),
    };
    let pages = page_of_each(db, scope, asked, range, Direction::Desc, &request, true)
        .await
        .unwrap();
    answers.push((
        "readings::page_of_each",
        sorted(pages, |page| page.rows.is_empty()),
    ));
    let edges: Vec<DateTime<Utc>> = (0..6).map(|hour| at(0) + TimeDelta::hours(hour * 20)).collect();
    for flags in [FlagSet::SERVED, FlagSet::ALL] {
        let of = AggregatesOf {
            sensors: asked,
            edges: &edges,
            range,
            flags,
            numbers: Numbers::ALL,
            crossed: true,
        };
        let mut buckets = aggregates(db, scope, &of).await.unwrap();
        for (_, bucket) in buckets.values_mut().flatten() {
            // The order of adding is the planner's; everything else is exact in whole numbers.
            bucket.m2 = (bucket.m2 * 1e6).round();
            bucket.area = (bucket.area * 1e6).round();
        }
        answers.push(("aggregates", sorted(buckets, Vec::is_empty)));
        let members: Vec<Member> = asked.iter().map(|sensor| Member::alone(*sensor)).collect();
        let of = PercentilesOf {
            members: &members,
            edges: &edges,
            range,
            flags,
            fractions: &[Fraction::new(0.5).unwrap()],
        };
        let medians = percentiles(db, scope, &of).await.unwrap();
        answers.push((
            "percentiles",
            format!("{:?}", medians.into_iter().collect::<BTreeMap<_, _>>()),
        ));
    }
}
