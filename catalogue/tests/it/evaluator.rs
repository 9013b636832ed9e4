//! What is kept of quality: hour by hour, day by day, and again when late data comes.

use catalogue::Evaluator;
use catalogue::evaluator::{Stepped, from_row};
use catalogue::model::Dimension;
use catalogue::quality::{Expectation, Measurement, RuleSet, Sample, Setting, Window, evaluate};
use chrono::{DateTime, TimeDelta, Utc};
use entity::DatabaseConnection;
use entity::measurements::{self, HistoryRequest, KeptFlag, Measured, history, progress};
use entity::rollup::{Level, RefreshOptions, refresh};
use entity::{QualityFlag, Scope};
use sea_orm::{ConnectionTrait as _, DbBackend, Statement, Value};
use testbed::TestDatabase;

use crate::support::{at, count, one, sensor};

const HOUR: i64 = 3_600;

/// The hour, readings, those present and missing, and the revision of a window.
type Counted = (i64, i64, Option<i64>, Option<i64>, i32);

async fn run(db: &DatabaseConnection, statement: &str, values: impl IntoIterator<Item = Value>) {
    db.execute_raw(Statement::from_sql_and_values(
        DbBackend::Postgres,
        statement,
        values,
    ))
    .await
    .unwrap();
}

/// Readings at these seconds, received at once (or when said), with what the loader notes of them, and the refresher behind.
async fn load(db: &DatabaseConnection, sensor: i32, readings: &[(i64, f64)], received_at: Option<i64>) {
    let times: Vec<DateTime<Utc>> = readings.iter().map(|(second, _)| at(*second)).collect();
    let received: Vec<DateTime<Utc>> = times.iter().map(|time| received_at.map_or(*time, at)).collect();
    let values: Vec<f64> = readings.iter().map(|(_, value)| *value).collect();
    run(
        db,
        "INSERT INTO reading (time, value, received_at, seq, sensor_id, flag, journal_id) \
         SELECT time, value, received_at, 1, $4, CASE WHEN value > 1000 THEN 4 ELSE 1 END, 1 \
         FROM unnest($1::timestamptz[], $2::float8[], $3::timestamptz[]) AS new (time, value, received_at) \
         ON CONFLICT DO NOTHING",
        [
            times.clone().into(),
            values.into(),
            received.into(),
            sensor.into(),
        ],
    )
    .await;
    run(
        db,
        "INSERT INTO rollup_dirty (bucket, wide, sensor_ids) \
         SELECT DISTINCT date_trunc('minute', time), false, ARRAY[$2::int4] FROM unnest($1::timestamptz[]) AS new (time)",
        [times.into(), sensor.into()],
    )
    .await;
    run(
        db,
        "UPDATE sensor SET active_since = least(active_since, (SELECT min(time) FROM reading WHERE sensor_id = $1)) \
         WHERE id = $1",
        [sensor.into()],
    )
    .await;
    let at_once = RefreshOptions {
        minute_patience: std::time::Duration::ZERO,
        hour_patience: std::time::Duration::ZERO,
        day_patience: std::time::Duration::ZERO,
        ..RefreshOptions::default()
    };
    while refresh(db, &at_once).await.unwrap().unwrap().more {}
}

/// Measures all that is due at that second; gives what was measured and written.
async fn measure(evaluator: &mut Evaluator, second: i64) -> (u64, u64) {
    let mut sum = (0, 0);
    // Neighbours are due in the step behind.
    loop {
        let Stepped {
            measured, written, ..
        } = evaluator.step(at(second)).await.unwrap();
        if measured == 0 {
            return sum;
        }
        sum = (sum.0 + measured, sum.1 + written);
    }
}

fn evaluator(db: &DatabaseConnection) -> Evaluator {
    Evaluator::new(db, RuleSet::default())
}

async fn in_force(db: &DatabaseConnection, sensor: i32, level: Level) -> Vec<Measured> {
    let request = HistoryRequest {
        level,
        sensors: vec![sensor],
        from: at(-100 * 24 * HOUR),
        to: at(100 * 24 * HOUR),
        max: 10_000,
    };
    history(db, &Scope::Everything, &request).await.unwrap()
}

/// What the engine says of an hour, of all readings there are.
async fn judged(db: &DatabaseConnection, sensor: i32, row: &Measured, now: i64) -> Measurement {
    let statement = Statement::from_sql_and_values(
        DbBackend::Postgres,
        "SELECT time, value, received_at, flag FROM reading WHERE sensor_id = $1 ORDER BY time",
        [sensor.into()],
    );
    let rows = db.query_all_raw(statement).await.unwrap();
    let samples = rows.iter().map(|row| Sample {
        time: row.try_get_by_index(0).unwrap(),
        value: row.try_get_by_index(1).unwrap(),
        received_at: row.try_get_by_index(2).unwrap(),
        flag: QualityFlag::try_from(row.try_get_by_index::<i16>(3).unwrap()).unwrap(),
    });
    let since: Option<DateTime<Utc>> = one(
        db,
        "SELECT active_since FROM sensor WHERE id = $1",
        [sensor.into()],
    )
    .await;
    let rules = RuleSet::default().rules(None, &[]).unwrap();
    let to = row.window_start + TimeDelta::seconds(row.window_seconds.into());
    let setting = Setting {
        window: Window::new(row.window_start, to).unwrap(),
        now: at(now),
        rules: &rules,
        expectation: Expectation::declared(60.0),
        since,
        intake: from_row(row).unwrap().intake,
    };
    evaluate(setting, samples).unwrap().measurement
}

/// A reading each minute from a second to before another, of values that move.
fn minutes(from: i64, to: i64) -> Vec<(i64, f64)> {
    (from..to)
        .step_by(60)
        .map(|second| (second, (second % 420) as f64))
        .collect()
}

testbed::both! {
    async fn what_is_over_is_measured_of_all_sensors_that_were_there(database: TestDatabase) {
        let db = &database.connect().await;
        let (sends, dies) = (sensor(db, "sends", Some(60.0)).await, sensor(db, "dies", Some(60.0)).await);
        let later = sensor(db, "later", Some(60.0)).await;
        load(db, sends, &minutes(0, 3 * HOUR), None).await;
        load(db, dies, &minutes(0, HOUR / 2), None).await;
        load(db, later, &minutes(2 * HOUR, 3 * HOUR), None).await;
        let mut evaluator = evaluator(db);
        // Nothing is over; the first hour is, but for the grace; then it is.
        assert_eq!(measure(&mut evaluator, HOUR - 1).await, (0, 0));
        assert_eq!(measure(&mut evaluator, HOUR + 119).await, (0, 0));
        assert_eq!(measure(&mut evaluator, HOUR + 120).await, (2, 2));
        assert_eq!(measure(&mut evaluator, HOUR + 120).await, (0, 0));
        measure(&mut evaluator, 3 * HOUR + 120).await;
        let counted = |rows: &[Measured]| -> Vec<Counted> {
            rows.iter()
                .map(|row| {
                    let hour = (row.window_start - at(0)).num_hours();
                    (hour, row.readings, row.present, row.missing, row.revision)
                })
                .collect()
        };
        let hours = in_force(db, sends, Level::Hour).await;
        assert_eq!(
            counted(&hours),
            [(0, 60, Some(60), Some(0), 1), (1, 60, Some(60), Some(0), 1), (2, 60, Some(60), Some(0), 1)]
        );
        // A silent sensor is measured, and is not complete.
        assert_eq!(
            counted(&in_force(db, dies, Level::Hour).await),
            [(0, 30, Some(30), Some(30), 1), (1, 0, Some(0), Some(60), 1), (2, 0, Some(0), Some(60), 1)]
        );
        assert_eq!(counted(&in_force(db, later, Level::Hour).await), [(2, 60, Some(60), Some(0), 1)]);
        for row in &hours {
            assert_eq!(from_row(row).unwrap(), judged(db, sends, row, 3 * HOUR + 120).await);
        }
        let known = progress(db, Level::Hour).await.unwrap().unwrap();
        assert_eq!((known.closed_until, known.measured_until), (at(3 * HOUR), Some(at(3 * HOUR))));
        // The day that these hours begin.
        assert!(in_force(db, sends, Level::Day).await.is_empty());
        measure(&mut evaluator, 14 * HOUR + 120).await;
        let days = in_force(db, sends, Level::Day).await;
        assert_eq!(counted(&days).iter().map(|day| day.1).sum::<i64>(), 180);
        assert_eq!(days[0].missing, Some(11 * 60));
        assert_eq!(from_row(&days[0]).unwrap(), judged(db, sends, &days[0], 14 * HOUR + 120).await);
    }

    async fn late_data_makes_a_revision_of_every_window_that_looks_at_it(database: TestDatabase) {
        let db = &database.connect().await;
        let sensor = sensor(db, "buffers", Some(60.0)).await;
        load(db, sensor, &minutes(0, HOUR), None).await;
        load(db, sensor, &minutes(4 * HOUR, 5 * HOUR), None).await;
        let mut evaluator = evaluator(db);
        measure(&mut evaluator, 5 * HOUR + 120).await;
        let revisions = async || -> Vec<(i32, Option<i64>)> {
            let rows = in_force(db, sensor, Level::Hour).await;
            rows.iter().map(|row| (row.revision, row.missing)).collect()
        };
        assert_eq!(revisions().await, [(1, Some(0)), (1, Some(60)), (1, Some(60)), (1, Some(60)), (1, Some(0))]);
        // What it had kept back comes: one long gap becomes two short ones. The hours around stay as they were.
        load(db, sensor, &minutes(2 * HOUR, 3 * HOUR), Some(5 * HOUR + 600)).await;
        measure(&mut evaluator, 5 * HOUR + 900).await;
        assert_eq!(revisions().await, [(1, Some(0)), (2, Some(60)), (2, Some(0)), (2, Some(60)), (1, Some(0))]);
        let before = "SELECT count(*) FROM quality_measurement WHERE revision = 1 AND superseded_at IS NOT NULL";
        assert_eq!(count(db, before).await, 3);
        // The same again changes nothing.
        load(db, sensor, &minutes(2 * HOUR, 3 * HOUR), Some(5 * HOUR + 1_000)).await;
        let (measured, written) = measure(&mut evaluator, 5 * HOUR + 1_200).await;
        assert!(measured > 0);
        assert_eq!(written, 0);
        // However often it is revised, five revisions are kept.
        for minute in 0..7 {
            load(db, sensor, &[(3 * HOUR + minute * 60, 1.0)], Some(5 * HOUR + 2_000 + minute)).await;
            measure(&mut evaluator, 5 * HOUR + 2_100 + minute).await;
        }
        let row = &in_force(db, sensor, Level::Hour).await[3];
        assert_eq!((row.revision, row.readings), (9, 7));
        let kept = "SELECT count(*) FROM quality_measurement WHERE window_start = $1 AND window_seconds = 3600";
        assert_eq!(one::<i64>(db, kept, [at(3 * HOUR).into()]).await, 5);
    }

    async fn in_whatever_order_readings_come_what_is_kept_is_the_same(database: TestDatabase) {
        let db = &database.connect().await;
        let sensor = sensor(db, "shuffled", Some(60.0)).await;
        // Spikes, flat lines, failed readings, gaps of minutes and of hours, all in pieces that come in disorder.
        let mut seed = 7_u64;
        let mut random = move |below: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % below
        };
        let mut readings: Vec<(i64, f64)> = Vec::new();
        for minute in 0..12 * 60 {
            let is_silent = (200..360).contains(&minute) || random(10) == 0;
            if !is_silent {
                let value = match random(40) {
                    0 => 5_000.0,
                    1..=15 => 3.0,
                    other => other as f64,
                };
                readings.push((minute * 60 + i64::try_from(random(5)).unwrap(), value));
            }
        }
        // What is said of a gap that is open still depends on when it is said.
        readings.push((16 * HOUR, 1.0));
        let mut pieces: Vec<Vec<(i64, f64)>> = readings.chunks(37).map(<[_]>::to_vec).collect();
        for place in (1..pieces.len()).rev() {
            pieces.swap(place, usize::try_from(random(place as u64 + 1)).unwrap());
        }
        let now = |piece: usize| 17 * HOUR + 600 * i64::try_from(piece).unwrap();
        let mut kept = evaluator(db);
        for (place, piece) in pieces.iter().enumerate() {
            load(db, sensor, piece, Some(now(place))).await;
            measure(&mut kept, now(place) + 300).await;
        }
        let end = now(pieces.len());
        measure(&mut kept, end).await;
        let bare = |rows: Vec<Measured>| -> Vec<Measured> {
            rows.into_iter()
                .map(|row| Measured { revision: 1, computed_at: at(0), ..row })
                .collect()
        };
        let flags = async || -> String {
            one(db, "SELECT coalesce(string_agg(f::text, E'\\n' ORDER BY f.time, f.test), '') FROM reading_flag f", []).await
        };
        let closed = async || -> Vec<Measured> {
            bare(in_force(db, sensor, Level::Hour).await.into_iter().take(16).collect())
        };
        let in_pieces = closed().await;
        let flags_in_pieces = flags().await;
        assert_eq!(in_pieces.len(), 16);
        for row in &in_pieces {
            assert_eq!(from_row(row).unwrap(), judged(db, sensor, row, end).await);
        }
        run(db, "DELETE FROM quality_measurement", []).await;
        run(db, "DELETE FROM quality_progress", []).await;
        run(db, "DELETE FROM reading_flag", []).await;
        measure(&mut evaluator(db), end).await;
        assert_eq!(closed().await, in_pieces);
        assert_eq!(flags().await, flags_in_pieces);
        let windows = [(sensor, at(0), at(12 * HOUR)), (sensor, at(14 * HOUR), at(15 * HOUR))];
        let read = measurements::flags(db, &windows, 10).await.unwrap();
        assert_eq!((read[0].len(), read[1].len()), (10, 0));
        assert!(read[0].is_sorted_by_key(|flag| flag.time));
        let flat = |flag: &KeptFlag| flag.test == "flat_line" && flag.flag == QualityFlag::Suspect;
        assert!(read[0].iter().any(flat), "{read:?}");
    }

    async fn what_came_twice_is_counted_with_the_next_hour(database: TestDatabase) {
        let db = &database.connect().await;
        let sensor = sensor(db, "repeats", Some(60.0)).await;
        load(db, sensor, &minutes(0, HOUR), None).await;
        let mut evaluator = evaluator(db);
        measure(&mut evaluator, HOUR + 120).await;
        let came = "INSERT INTO sensor_intake (sensor_id, hour, duplicates, conflicting, refused) VALUES ($1, $2, 20, 10, 0)";
        run(db, came, [sensor.into(), at(0).into()]).await;
        measure(&mut evaluator, 2 * HOUR + 120).await;
        let row = in_force(db, sensor, Level::Hour).await[0].clone();
        assert_eq!((row.revision, row.duplicates, row.conflicting), (2, Some(20), Some(10)));
        let figures = from_row(&row).unwrap().figures(&RuleSet::default().rules(None, &[]).unwrap().thresholds);
        let uniqueness = figures.iter().find(|figure| figure.dimension == Dimension::Uniqueness).unwrap();
        assert_eq!((uniqueness.ratio.numerator, uniqueness.ratio.denominator), (60, 90));
    }

    async fn what_is_old_is_forgotten_and_what_is_on_its_way_is_waited_for(database: TestDatabase) {
        let db = &database.connect().await;
        let patient = sensor(db, "patient", Some(60.0)).await;
        load(db, patient, &minutes(0, 2 * HOUR), None).await;
        let rules = RuleSet::from_toml("[by_sensor.patient]\nlate_after_seconds = 7200").unwrap();
        let mut kept = Evaluator::new(db, rules);
        // Both hours are over, and may still get readings for two hours.
        assert_eq!(measure(&mut kept, 2 * HOUR + 120).await, (0, 0));
        assert_eq!(measure(&mut kept, 3 * HOUR + 120).await, (1, 1));
        assert_eq!(measure(&mut kept, 4 * HOUR + 120).await.1, 1);
        let rules = "SELECT count(*) FROM quality_rules WHERE (rules ->> 'late_after_seconds')::float8 = 7200";
        assert_eq!(count(db, rules).await, 1);
        // Hours for a week, days for ninety days.
        let mut kept = evaluator(db);
        measure(&mut kept, 8 * 24 * HOUR).await;
        let hours = "SELECT count(*) FROM quality_measurement WHERE window_seconds = 3600 AND window_start < $1";
        assert_eq!(one::<i64>(db, hours, [at(24 * HOUR).into()]).await, 0);
        assert!(!in_force(db, patient, Level::Day).await.is_empty());
        // Late data of a time whose hours are gone makes its day again.
        let day = in_force(db, patient, Level::Day).await[0].clone();
        load(db, patient, &minutes(2 * HOUR, 3 * HOUR), Some(8 * 24 * HOUR + 60)).await;
        measure(&mut kept, 8 * 24 * HOUR + 600).await;
        let again = in_force(db, patient, Level::Day).await[0].clone();
        assert_eq!((again.revision, again.readings), (day.revision + 1, day.readings + 60));
        measure(&mut kept, 100 * 24 * HOUR).await;
        assert_eq!(one::<i64>(db, "SELECT count(*) FROM quality_measurement WHERE window_start < $1", [at(9 * 24 * HOUR).into()]).await, 0);
    }
}
