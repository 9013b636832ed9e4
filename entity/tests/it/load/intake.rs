//! What came of sensors and is no reading: counted once, whatever dies and however batches are cut.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use entity::DatabaseConnection;
use entity::keeping::Keeping;
use entity::load::{LoadTransaction, NewReading, OnConflict};
use entity::quality::{Came, CameRequest, came, prune_intake};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use sea_orm::ConnectionTrait;

use crate::support::{at, journal, on_both, one, reading, rows, sensors, write};

on_both!(
    any_order_and_any_batches_count_the_same,
    what_is_refused_counts_in_its_hour,
    what_is_taken_back_or_loaded_again_does_not_count,
    whole_hours_say_what_came_unless_nobody_counted,
);

/// When the hour of the tests' beginning of time begins: 800 seconds before.
fn hour(number: i64) -> DateTime<Utc> {
    assert_eq!(at(-800).timestamp() % 3600, 0);
    at(-800 + number * 3600)
}

type Counts = BTreeMap<(i32, DateTime<Utc>), Came>;

async fn stored(db: &DatabaseConnection) -> Counts {
    let select = "SELECT sensor_id, hour, duplicates, conflicting, refused FROM sensor_intake";
    let count = |row: &sea_orm::QueryResult, at| row.try_get_by_index::<i64>(at).unwrap().unsigned_abs();
    rows(db, select)
        .await
        .iter()
        .map(|row| {
            let key = (row.try_get_by_index(0).unwrap(), row.try_get_by_index(1).unwrap());
            let came = Came {
                duplicates: count(row, 2),
                conflicting: count(row, 3),
                refused: count(row, 4),
            };
            (key, came)
        })
        .collect()
}

/// By definition: what came, less what is a reading; of that what contradicts.
async fn expected(db: &DatabaseConnection, loaded: &[NewReading]) -> Counts {
    let mut counts = Counts::new();
    for reading in loaded {
        let seconds = reading.time.timestamp();
        let hour = DateTime::from_timestamp(seconds - seconds.rem_euclid(3600), 0).unwrap();
        counts.entry((reading.sensor_id, hour)).or_default().duplicates += 1;
    }
    for (table, conflicts) in [("reading", 0), ("reading_conflict", 1)] {
        let select =
            format!("SELECT sensor_id, date_trunc('hour', time, 'UTC'), count(*) FROM {table} GROUP BY 1, 2");
        for row in rows(db, &select).await {
            let key = (row.try_get_by_index(0).unwrap(), row.try_get_by_index(1).unwrap());
            let rows = row.try_get_by_index::<i64>(2).unwrap().unsigned_abs();
            let came = counts.get_mut(&key).unwrap();
            came.duplicates -= rows;
            came.conflicting += conflicts * rows;
        }
    }
    counts.retain(|_, came| *came != Came::default());
    counts
}

async fn any_order_and_any_batches_count_the_same(db: &DatabaseConnection) {
    let known = sensors(db, &["a", "b"]).await;
    let journal_id = journal(db).await;
    let one_of_them = (
        0..2_usize,
        0..3_i64,
        prop::sample::select(vec![0.0, -0.0, 1.0, 2.5]),
        0..3_i64,
    );
    let case = (
        prop::collection::vec(one_of_them, 1..30),
        prop::bool::ANY,
        prop::collection::vec(1..9_usize, 1..8),
    );
    let runtime = tokio::runtime::Handle::current();
    let mut runner = TestRunner::new(Config {
        cases: 64,
        failure_persistence: None,
        ..Config::default()
    });
    runner
        .run(&case, |(readings, latest, cuts)| {
            // The keys lie in two hours.
            let readings: Vec<NewReading> = (1..)
                .zip(readings)
                .map(|(seq, (sensor, second, value, later))| NewReading {
                    received_at: at(3000 - later),
                    on_conflict: if latest {
                        OnConflict::Latest
                    } else {
                        OnConflict::First
                    },
                    ..reading(known[sensor].id, second * 1000, value, seq)
                })
                .collect();
            tokio::task::block_in_place(|| {
                runtime.block_on(async {
                    let clear =
                        "DELETE FROM reading; DELETE FROM reading_conflict; DELETE FROM sensor_intake";
                    db.execute_unprepared(clear).await.unwrap();
                    let mut rest = &readings[..];
                    for cut in cuts.iter().cycle() {
                        let (batch, after) = rest.split_at((*cut).min(rest.len()));
                        write(db, journal_id, batch).await.unwrap();
                        rest = after;
                        if rest.is_empty() {
                            break;
                        }
                    }
                    prop_assert_eq!(stored(db).await, expected(db, &readings).await);
                    Ok::<_, TestCaseError>(())
                })
            })
        })
        .unwrap();
}

async fn what_is_refused_counts_in_its_hour(db: &DatabaseConnection) {
    db.execute_unprepared("ALTER TABLE reading ADD CONSTRAINT no_beast CHECK (value <> 666)")
        .await
        .unwrap();
    let sensor = sensors(db, &["a"]).await[0].id;
    let journal_id = journal(db).await;
    let mut batch: Vec<NewReading> = (0..40).map(|i| reading(sensor, i * 100, i as f64, i)).collect();
    for refused in [3, 20, 21] {
        batch[refused].value = 666.0;
    }
    // Halves are written again and again: duplicates among them are counted once.
    batch.extend([30, 31, 31].map(|twice: usize| NewReading {
        seq: batch[twice].seq + 100,
        ..batch[twice]
    }));
    // A time that no table holds has its hour by its receipt.
    batch.push(NewReading {
        time: DateTime::<Utc>::MIN_UTC,
        received_at: at(7000),
        ..reading(sensor, 0, 1.0, 200)
    });
    let mut transaction = LoadTransaction::begin(db, journal_id).await.unwrap();
    let written = transaction.write_readings(&batch).await.unwrap();
    transaction.count_refused([(sensor, at(100)), (sensor, at(7000)), (sensor, at(7001))]);
    transaction.commit().await.unwrap();
    assert_eq!((written.refused.len(), written.duplicate), (4, 3));
    let came = |duplicates, refused| Came {
        duplicates,
        conflicting: 0,
        refused,
    };
    let counts = Counts::from([
        ((sensor, hour(0)), came(0, 4)),
        ((sensor, hour(1)), came(3, 0)),
        ((sensor, hour(2)), came(0, 3)),
    ]);
    assert_eq!(stored(db).await, counts);
}

async fn what_is_taken_back_or_loaded_again_does_not_count(db: &DatabaseConnection) {
    let sensor = sensors(db, &["a"]).await[0].id;
    let journal_id = journal(db).await;
    let batch: Vec<NewReading> = (0..50).map(|i| reading(sensor, i, i as f64, i)).collect();
    write(db, journal_id, &batch).await.unwrap();
    assert_eq!(stored(db).await, Counts::new(), "all was new");
    // The very same records: nobody sent anything twice.
    write(db, journal_id, &batch).await.unwrap();
    assert_eq!(stored(db).await, Counts::new());
    let again: Vec<NewReading> = batch
        .iter()
        .map(|reading| NewReading {
            seq: reading.seq + 100,
            received_at: reading.received_at + TimeDelta::hours(5),
            ..*reading
        })
        .collect();
    let mut dropped = LoadTransaction::begin(db, journal_id).await.unwrap();
    dropped.write_readings(&again).await.unwrap();
    drop(dropped);
    assert_eq!(stored(db).await, Counts::new());
    write(db, journal_id, &again).await.unwrap();
    let twice = Came {
        duplicates: 50,
        ..Came::default()
    };
    assert_eq!(stored(db).await, Counts::from([((sensor, hour(0)), twice)]));
}

async fn whole_hours_say_what_came_unless_nobody_counted(db: &DatabaseConnection) {
    let sensor = sensors(db, &["a"]).await[0].id;
    let journal_id = journal(db).await;
    let mut transaction = LoadTransaction::begin(db, journal_id).await.unwrap();
    transaction.count_refused([0, 10, 3600, 7200, 7300, 7400].map(|second| (sensor, at(second))));
    transaction.commit().await.unwrap();
    let asked = [
        (sensor, 0, 1),
        (sensor, 1, 3),
        (sensor, 0, 100),
        (sensor, 3, 4),
        (sensor + 1, 0, 1),
    ]
    .map(|(sensor, from, to)| CameRequest::of_hours(sensor, hour(from), hour(to)).unwrap());
    let refused = async || -> Vec<Option<u64>> {
        let found = came(db, &asked).await.unwrap();
        found
            .into_iter()
            .map(|came| came.map(|came| came.refused))
            .collect()
    };
    assert_eq!(refused().await, [Some(2), Some(4), Some(6), Some(0), Some(0)]);
    let keeping = Keeping::begin(db).await.unwrap().unwrap();
    assert_eq!(prune_intake(keeping.transaction(), hour(1)).await.unwrap(), 1);
    // Who prunes less later does not make known what is forgotten.
    assert_eq!(prune_intake(keeping.transaction(), hour(0)).await.unwrap(), 0);
    keeping.commit().await.unwrap();
    assert_eq!(refused().await, [None, Some(4), None, Some(0), None]);
    assert_eq!(one::<i64>(db, "SELECT count(*) FROM sensor_intake").await, 2);
    assert_eq!(CameRequest::of_hours(sensor, at(0), hour(1)), None);
    assert_eq!(CameRequest::of_hours(sensor, hour(0), at(0)), None);
    assert_eq!(came(db, &[]).await.unwrap(), []);
}
