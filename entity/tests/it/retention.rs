//! What is no longer kept goes, and nothing else: rollups outlive what they are made from, and everything still adds up.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use entity::DatabaseConnection;
use entity::lineage;
use entity::load::{Counts, LoadTransaction, NewReading, Written};
use entity::retention::{self, Kept, RetentionError};
use entity::rollup::{Level, RefreshOptions, refresh};

use crate::support::{at, journal, on_both, one, postgres, reading, sensors};

on_both!(
    rollups_outlive_what_they_are_made_from,
    what_waits_for_its_rollups_is_not_deleted,
    policies_that_would_leave_holes_are_refused,
);

const DAY: i64 = 86_400;
const DAYS: i64 = 40;

/// When 40 days have passed.
fn now() -> DateTime<Utc> {
    at(DAYS * DAY)
}

fn midnight(days_ago: i64) -> DateTime<Utc> {
    Level::Day.floor(now() - TimeDelta::days(days_ago))
}

/// Loads as a loader does, with its books.
async fn load(db: &DatabaseConnection, journal_id: i16, first_seq: i64, readings: &[NewReading]) -> Written {
    let mut transaction = LoadTransaction::begin(db, journal_id).await.unwrap();
    let written = transaction.write_readings(readings).await.unwrap();
    let counts = Counts {
        decoded: readings.len() as i64,
        readings_new: written.new as i64,
        readings_duplicate: written.duplicate as i64,
        readings_refused: written.refused.len() as i64,
        ..Counts::default()
    };
    transaction.add_counts(first_seq, counts).await.unwrap();
    transaction.commit().await.unwrap();
    written
}

/// Hourly readings of two sensors over 40 days.
async fn forty_days(db: &DatabaseConnection) -> (i16, Vec<i32>) {
    let journal_id = journal(db).await;
    let ids: Vec<i32> = sensors(db, &["a", "b"])
        .await
        .iter()
        .map(|known| known.id)
        .collect();
    let readings: Vec<NewReading> = (0..DAYS * 24)
        .flat_map(|hour| ids.iter().map(move |id| (hour, *id)))
        .map(|(hour, id)| reading(id, hour * 3_600, hour as f64, hour + 1))
        .collect();
    load(db, journal_id, 1, &readings).await;
    (journal_id, ids)
}

async fn refresh_all(db: &DatabaseConnection) {
    let at_once = RefreshOptions {
        minute_patience: Duration::ZERO,
        hour_patience: Duration::ZERO,
        day_patience: Duration::ZERO,
        ..RefreshOptions::default()
    };
    while refresh(db, &at_once).await.unwrap().is_none_or(|step| step.more) {}
}

async fn balance(db: &DatabaseConnection) -> (i64, i64) {
    let counted = lineage::readings(db).await.unwrap().unwrap();
    let found = counted.in_days + counted.in_hours + counted.in_minutes + counted.in_none;
    (counted.stored, found)
}

async fn days_ago(db: &DatabaseConnection, table: &str, key: &str) -> i64 {
    let least: DateTime<Utc> = one(db, &format!("SELECT min({key}) FROM {table}")).await;
    (Level::Day.floor(now()) - Level::Day.floor(least)).num_days()
}

async fn rollups_outlive_what_they_are_made_from(db: &DatabaseConnection) {
    let (journal_id, ids) = forty_days(db).await;
    refresh_all(db).await;
    let all: i64 = one(db, "SELECT count(*) FROM reading").await;
    assert_eq!(balance(db).await, (all, all));
    let nothing = retention::sweep(db, now()).await.unwrap();
    assert_eq!((nothing.deleted, nothing.waits), (0, false), "kept for ever");

    let policy = [
        (Kept::Readings, Some(7)),
        (Kept::Minutes, Some(14)),
        (Kept::Hours, Some(21)),
    ];
    retention::keep(db, &policy, "a test").await.unwrap();
    assert!(retention::sweep(db, now()).await.unwrap().deleted > 0);
    assert_eq!(days_ago(db, "reading", "time").await, 7);
    // A hypertable lets whole chunks go: what reaches beyond stays a while.
    assert!(days_ago(db, "reading_1m", "bucket").await >= 14);
    assert!(days_ago(db, "reading_1h", "bucket").await >= 21);
    let kept: i64 = one(db, "SELECT count(*) FROM reading").await;
    assert_eq!(kept, (now() - midnight(7)).num_hours() * 2);
    let of_days: i64 = one(db, "SELECT sum(count)::int8 FROM reading_1d").await;
    assert_eq!((of_days, balance(db).await), (all, (all, all)));

    // Late ones: one from before is refused, and the day that it is of stays what it was; one from after is taken.
    let before = one::<f64>(db, "SELECT sum(sum) FROM reading_1d").await;
    let second = |time: DateTime<Utc>| (time - at(0)).num_seconds();
    let late = [
        reading(ids[0], second(midnight(7)) - 1, 1e6, 5_000),
        reading(ids[0], second(midnight(7)) + 1, 0.5, 5_001),
    ];
    let written = load(db, journal_id, 5_000, &late).await;
    assert_eq!((written.new, written.refused.len()), (1, 1));
    assert_eq!(written.refused[0].index, 0);
    assert!(
        written.refused[0].reason.contains("no longer kept"),
        "{}",
        written.refused[0].reason
    );
    refresh_all(db).await;
    let after = one::<f64>(db, "SELECT sum(sum) FROM reading_1d").await;
    assert!((after - before - 0.5).abs() < 1e-6, "{before} {after}");
    assert_eq!(balance(db).await, (all + 1, all + 1));

    // Days go too, and their readings are counted still.
    retention::keep(db, &[(Kept::Days, Some(28))], "a test")
        .await
        .unwrap();
    retention::sweep(db, now()).await.unwrap();
    assert_eq!(days_ago(db, "reading_1d", "bucket").await, 28);
    assert_eq!(balance(db).await, (all + 1, all + 1));
    let again = retention::sweep(db, now()).await.unwrap();
    assert_eq!((again.deleted, again.waits), (0, false), "nothing is left to do");
    let policies = retention::policies(db).await.unwrap();
    assert_eq!(policies[0].gone_before, Some(midnight(7)));
    assert!(policies[3].readings_gone > 0);

    // A longer policy brings nothing back, and takes nothing that is from before.
    retention::keep(
        db,
        &[
            (Kept::Readings, None),
            (Kept::Minutes, None),
            (Kept::Hours, None),
            (Kept::Days, None),
        ],
        "a test",
    )
    .await
    .unwrap();
    let written = load(db, journal_id, 6_000, &late[..1]).await;
    assert_eq!(written.refused.len(), 1);
}

async fn what_waits_for_its_rollups_is_not_deleted(db: &DatabaseConnection) {
    forty_days(db).await;
    let all: i64 = one(db, "SELECT count(*) FROM reading").await;
    retention::keep(db, &[(Kept::Readings, Some(7))], "a test")
        .await
        .unwrap();
    let swept = retention::sweep(db, now()).await.unwrap();
    assert_eq!((swept.deleted, swept.waits), (0, true));
    assert_eq!(one::<i64>(db, "SELECT count(*) FROM reading").await, all);
    refresh_all(db).await;
    let swept = retention::sweep(db, now()).await.unwrap();
    assert!(swept.deleted > 0 && !swept.waits);
    assert_eq!(
        one::<i64>(db, "SELECT sum(count)::int8 FROM reading_1d").await,
        all
    );
}

async fn policies_that_would_leave_holes_are_refused(db: &DatabaseConnection) {
    let keep = async |changes: &[(Kept, Option<u16>)]| retention::keep(db, changes, "a test").await;
    let short = keep(&[(Kept::Readings, Some(6))]).await.unwrap_err();
    assert!(matches!(short, RetentionError::Days { days: 6, .. }), "{short}");
    let hole = keep(&[(Kept::Minutes, Some(30))]).await.unwrap_err();
    assert!(matches!(hole, RetentionError::Order { .. }), "{hole}");
    let hole = keep(&[(Kept::Readings, Some(31)), (Kept::Minutes, Some(30))])
        .await
        .unwrap_err();
    assert!(hole.to_string().contains("31 days"), "{hole}");
    keep(&[(Kept::Readings, Some(30)), (Kept::Minutes, Some(30))])
        .await
        .unwrap();
    let hole = keep(&[(Kept::Readings, None)]).await.unwrap_err();
    assert!(hole.to_string().contains("for ever"), "{hole}");
    let policies = retention::policies(db).await.unwrap();
    let days: Vec<Option<u16>> = policies.iter().map(|policy| policy.keep_days).collect();
    assert_eq!(
        days,
        [Some(30), Some(30), None, None],
        "what was refused changed nothing"
    );
    assert_eq!(policies[0].changed_by, "a test");
}

/// A loader that began before the floor moved commits first, and its notes are waited for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_floor_waits_for_the_transactions_that_did_not_see_it() {
    let server = postgres().await;
    let db = &server.db;
    let (journal_id, ids) = forty_days(db).await;
    refresh_all(db).await;
    retention::keep(db, &[(Kept::Readings, Some(7))], "a test")
        .await
        .unwrap();
    let mut loading = LoadTransaction::begin(db, journal_id).await.unwrap();
    let written = loading
        .write_readings(&[reading(ids[0], 61, 0.5, 9_000)])
        .await
        .unwrap();
    assert_eq!(written.new, 1);
    let sweeping = {
        let db = db.clone();
        tokio::spawn(async move { retention::sweep(&db, now()).await.unwrap() })
    };
    // Until it stands at the lock that the loader holds.
    let stands = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while one::<i64>(db, stands).await == 0 {
        assert!(!sweeping.is_finished(), "it went past a loader");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    loading.commit().await.unwrap();
    let swept = sweeping.await.unwrap();
    assert_eq!(
        (swept.deleted, swept.waits),
        (0, true),
        "the late reading waits for its rollup"
    );
    refresh_all(db).await;
    assert!(retention::sweep(db, now()).await.unwrap().deleted > 0);
    let first: f64 = one(
        db,
        "SELECT sum(sum) FROM reading_1m WHERE bucket < '2026-09-21 14:15+00'",
    )
    .await;
    let whole: f64 = one(db, "SELECT sum(sum) FROM reading_1d").await;
    assert!(first >= 0.5 && whole > 0.0);
}
