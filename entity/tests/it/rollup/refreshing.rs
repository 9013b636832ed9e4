//! What the refresher computes, and what it leaves alone.

use std::time::Duration;

use chrono::{TimeDelta, Utc};
use entity::load::{LoadTransaction, NewReading, OnConflict};
use entity::query::aggregates::{AggregatesOf, Numbers, aggregates};
use entity::query::readings::TimeRange;
use entity::rollup::{RefreshOptions, Refreshed, refresh};
use entity::{DatabaseConnection, FlagSet, QualityFlag, Scope};
use sea_orm::{ConnectionTrait as _, TransactionTrait as _};

use super::{at_once, model};
use crate::support::{journal, on_both, one, postgres, rows, sensors, write};

on_both!(
    late_readings_of_one_sensor_compute_that_sensor_alone,
    a_step_keeps_to_its_bounds_and_says_that_there_is_more,
    notes_come_and_go_with_their_transactions,
    what_is_not_over_waits,
    readings_that_are_gone_leave_their_rollups,
    rollups_from_before_they_knew_of_time_are_computed_anew,
);

const NOTED: &str = "SELECT count(*) FROM rollup_dirty";

fn reading(sensor_id: i32, second: i64, seq: i64) -> NewReading {
    NewReading {
        sensor_id,
        time: super::second(second),
        value: seq as f64,
        flag: QualityFlag::Pass,
        received_at: super::second(second + 1),
        seq,
        on_conflict: OnConflict::First,
    }
}

async fn refresh_all(db: &DatabaseConnection) -> Refreshed {
    let mut sum = Refreshed::default();
    loop {
        let step = refresh(db, &at_once()).await.unwrap().unwrap();
        if step == Refreshed::default() {
            return sum;
        }
        sum.minutes += step.minutes;
        sum.hours += step.hours;
        sum.days += step.days;
    }
}

async fn late_readings_of_one_sensor_compute_that_sensor_alone(db: &DatabaseConnection) {
    let sensors = sensors(db, &["a", "b", "c"]).await;
    let journal = journal(db).await;
    let of_all: Vec<NewReading> = (0..300)
        .zip(sensors.iter().cycle())
        .map(|(step, sensor)| reading(sensor.id, step * 577, step + 1))
        .collect();
    write(db, journal, &of_all).await.unwrap();
    let all = refresh_all(db).await;
    assert_eq!(all.minutes, 300);

    let late: Vec<NewReading> = (0..40)
        .map(|step| reading(sensors[1].id, step * 3_600 + 1, step + 1_000))
        .collect();
    write(db, journal, &late).await.unwrap();
    let again = refresh_all(db).await;
    assert_eq!(
        again,
        Refreshed {
            minutes: 40,
            hours: 40,
            days: 2,
            more: false
        }
    );
    assert_eq!(
        one::<i64>(db, "SELECT sum(count)::int8 FROM reading_1d").await,
        340
    );
}

async fn a_step_keeps_to_its_bounds_and_says_that_there_is_more(db: &DatabaseConnection) {
    let sensors = sensors(db, &["a", "b"]).await;
    let journal = journal(db).await;
    let readings: Vec<NewReading> = (0..400)
        .map(|step| reading(sensors[0].id, step * 3_600, step + 1))
        .collect();
    write(db, journal, &readings).await.unwrap();
    let options = RefreshOptions {
        minutes_max: 100,
        coarse_max: 30,
        ..at_once()
    };
    let mut steps = 0;
    let mut minutes = 0;
    loop {
        let step = refresh(db, &options).await.unwrap().unwrap();
        assert!(
            step.minutes <= 500 && step.hours <= 30 && step.days <= 30,
            "{step:?}"
        );
        minutes += step.minutes;
        if step == Refreshed::default() {
            break;
        }
        assert!(step.more || step.days < 30, "{step:?}");
        steps += 1;
    }
    assert_eq!(minutes, 400);
    assert!(steps >= 400 / 30, "{steps}");
}

async fn notes_come_and_go_with_their_transactions(db: &DatabaseConnection) {
    let sensors = sensors(db, &["a"]).await;
    let journal = journal(db).await;
    let readings = [
        reading(sensors[0].id, 0, 1),
        reading(sensors[0].id, 1, 2),
        reading(sensors[0].id, 60, 3),
    ];
    let mut transaction = LoadTransaction::begin(db, journal).await.unwrap();
    transaction.write_readings(&readings).await.unwrap();
    drop(transaction);
    assert_eq!(one::<i64>(db, NOTED).await, 0, "rolled back");

    write(db, journal, &readings).await.unwrap();
    assert_eq!(one::<i64>(db, NOTED).await, 2, "two minutes");
    refresh_all(db).await;
    write(db, journal, &readings).await.unwrap();
    assert_eq!(one::<i64>(db, NOTED).await, 0, "duplicates change nothing");

    let latest = NewReading {
        value: 5.0,
        seq: 9,
        on_conflict: OnConflict::Latest,
        ..readings[0]
    };
    write(db, journal, &[latest]).await.unwrap();
    assert_eq!(one::<i64>(db, NOTED).await, 1, "another value is served");
    refresh_all(db).await;
    let minutes = rows(db, "SELECT sum FROM reading_1m ORDER BY bucket").await;
    let sums: Vec<f64> = minutes
        .iter()
        .map(|row| row.try_get_by_index(0).unwrap())
        .collect();
    assert_eq!(sums, [7.0, 3.0]);
}

async fn what_is_not_over_waits(db: &DatabaseConnection) {
    let sensors = sensors(db, &["a"]).await;
    let journal = journal(db).await;
    let ahead = NewReading {
        time: Utc::now() + TimeDelta::hours(48),
        ..reading(sensors[0].id, 0, 1)
    };
    write(db, journal, &[ahead, reading(sensors[0].id, 0, 2)])
        .await
        .unwrap();
    let patient = RefreshOptions {
        minute_patience: Duration::from_hours(1),
        ..at_once()
    };
    assert_eq!(refresh(db, &patient).await.unwrap(), Some(Refreshed::default()));
    assert_eq!(refresh_all(db).await.minutes, 1);
    assert_eq!(one::<i64>(db, NOTED).await, 1, "a minute to come");
}

async fn readings_that_are_gone_leave_their_rollups(db: &DatabaseConnection) {
    let sensors = sensors(db, &["a"]).await;
    let journal = journal(db).await;
    write(db, journal, &[reading(sensors[0].id, 0, 1)]).await.unwrap();
    refresh_all(db).await;
    db.execute_unprepared("DELETE FROM reading; INSERT INTO rollup_dirty (bucket, wide, sensor_ids) SELECT bucket, false, ARRAY[sensor_id] FROM reading_1m")
        .await
        .unwrap();
    refresh_all(db).await;
    for level in ["reading_1m", "reading_1h", "reading_1d"] {
        assert_eq!(
            one::<i64>(db, &format!("SELECT sum(count)::int8 FROM {level}")).await,
            1,
            "{level}"
        );
    }
}

async fn rollups_from_before_they_knew_of_time_are_computed_anew(db: &DatabaseConnection) {
    let sensors = sensors(db, &["a", "b"]).await;
    let journal = journal(db).await;
    let readings: Vec<NewReading> = (0..200)
        .zip(sensors.iter().cycle())
        .map(|(step, sensor)| reading(sensor.id, step * 1_117, step + 1))
        .collect();
    write(db, journal, &readings).await.unwrap();
    refresh_all(db).await;
    let edges = [super::second(0), super::second(86_400), super::second(3 * 86_400)];
    let ids = [sensors[0].id, sensors[1].id];
    let of = AggregatesOf {
        sensors: &ids,
        edges: &edges,
        range: TimeRange {
            from: edges[0],
            to: edges[2],
        },
        flags: FlagSet::SERVED,
        numbers: Numbers::ALL,
        crossed: true,
    };
    model::check(db, &of).await.unwrap();
    // As a database from before: its rollups are there, and nothing is noted.
    let known = migration::known();
    let step = known
        .iter()
        .position(|step| step == "m20261125_000004_time_weighted");
    let steps = known.len() - step.unwrap();
    migration::down(db, Some(u32::try_from(steps).unwrap()))
        .await
        .unwrap();
    assert_eq!(one::<i64>(db, NOTED).await, 0);
    migration::up(db).await.unwrap();
    assert!(one::<i64>(db, NOTED).await > 0);
    model::check(db, &of).await.unwrap();
    assert_eq!(refresh_all(db).await.minutes, 200);
    model::check(db, &of).await.unwrap();
    // What is gone stays counted, and its area is said to be unknown.
    migration::down(db, Some(u32::try_from(steps).unwrap()))
        .await
        .unwrap();
    db.execute_unprepared("DELETE FROM reading").await.unwrap();
    migration::up(db).await.unwrap();
    let found = aggregates(db, &Scope::Everything, &of).await.unwrap();
    for (_, bucket) in found.values().flatten() {
        assert!(bucket.count > 0 && bucket.area.is_nan() && bucket.increase.is_some_and(f64::is_nan));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_refresher_works_at_a_time() {
    let server = postgres().await;
    let other = server.db.begin().await.unwrap();
    other
        .execute_unprepared(include_str!("../../../src/rollup/try_lock.sql"))
        .await
        .unwrap();
    assert_eq!(refresh(&server.db, &at_once()).await.unwrap(), None);
    other.rollback().await.unwrap();
    assert_eq!(
        refresh(&server.db, &at_once()).await.unwrap(),
        Some(Refreshed::default())
    );
}
