//! Writing readings: what the rows say depends on what was loaded, not on how.

use chrono::{DateTime, TimeDelta};
use entity::load::{BulkTransaction, LoadError, LoadTransaction, NewReading, OnConflict, Written};
use entity::{DatabaseConnection, QualityFlag};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use sea_orm::ConnectionTrait;

use super::readings_model::Tables;
use crate::support::{at, journal, on_both, one, postgres, reading, sensors, timescale, write};

on_both!(
    any_order_and_any_batches_give_the_same_rows,
    a_clean_batch_is_all_new_and_again_all_duplicate,
    the_served_row_takes_over_the_preferred_message,
    a_refused_row_is_found_and_the_rest_goes_in,
    a_refused_takeover_leaves_what_was_served,
    values_and_times_come_back_exactly,
    a_dropped_transaction_leaves_nothing,
    activity_begins_with_the_earliest_reading,
);

fn written(new: u64, duplicate: u64, conflicting: u64) -> Written {
    Written {
        new,
        duplicate,
        conflicting,
        refused: Vec::new(),
    }
}

/// Readings of few keys, values and messages, so that they meet in all ways.
fn readings_that_meet() -> impl Strategy<Value = Vec<(usize, NewReading)>> {
    let one = (
        0..2_usize,
        0..2_i32,
        0..2_i64,
        prop::sample::select(vec![0.0, -0.0, 1.0, 2.5]),
        1..7_i64,
    );
    prop::collection::vec(one, 1..14).prop_map(|all| {
        let reading = |(journal, sensor, second, value, seq): (usize, i32, i64, f64, i64)| {
            let received_at = at(100 + (seq * 7 + journal as i64) % 4);
            let flag = if value > 1.0 {
                QualityFlag::Fail
            } else {
                QualityFlag::Pass
            };
            (
                journal,
                NewReading {
                    flag,
                    received_at,
                    ..super::super::support::reading(sensor, second, value, seq)
                },
            )
        };
        all.into_iter().map(reading).collect()
    })
}

async fn any_order_and_any_batches_give_the_same_rows(db: &DatabaseConnection) {
    let known = sensors(db, &["a", "b"]).await;
    let journals = [journal(db).await, journal(db).await];
    let case = (
        readings_that_meet(),
        prop::bool::ANY,
        prop::collection::vec((any::<Index>(), any::<Index>()), 0..20),
        prop::collection::vec(1..6_usize, 1..8),
    );
    let runtime = tokio::runtime::Handle::current();
    let mut runner = TestRunner::new(Config {
        cases: 96,
        failure_persistence: None,
        ..Config::default()
    });
    runner
        .run(&case, |(readings, latest, swaps, cuts)| {
            let on_conflict = if latest {
                OnConflict::Latest
            } else {
                OnConflict::First
            };
            let mut readings: Vec<(i16, NewReading)> = readings
                .into_iter()
                .map(|(journal, reading)| {
                    let sensor_id = known[reading.sensor_id as usize].id;
                    (
                        journals[journal],
                        NewReading {
                            sensor_id,
                            on_conflict,
                            ..reading
                        },
                    )
                })
                .collect();
            for (a, b) in swaps {
                let (a, b) = (a.index(readings.len()), b.index(readings.len()));
                readings.swap(a, b);
            }
            tokio::task::block_in_place(|| runtime.block_on(load_and_compare(db, &readings, &cuts)))
        })
        .unwrap();
}

async fn load_and_compare(
    db: &DatabaseConnection,
    readings: &[(i16, NewReading)],
    cuts: &[usize],
) -> Result<(), TestCaseError> {
    db.execute_unprepared("DELETE FROM reading; DELETE FROM reading_conflict")
        .await
        .unwrap();
    let expected = Tables::expected(readings);
    let mut sum = written(0, 0, 0);
    let mut rest = readings;
    for cut in cuts.iter().cycle() {
        let (batch, after) = rest.split_at((*cut).min(rest.len()));
        // A batch is of one journal.
        for part in batch.chunk_by(|a, b| a.0 == b.0) {
            let part_readings: Vec<NewReading> = part.iter().map(|(_, reading)| *reading).collect();
            let written = write(db, part[0].0, &part_readings).await.unwrap();
            let size = written.new + written.duplicate + written.conflicting;
            prop_assert_eq!(size, part.len() as u64);
            sum.new += written.new;
            sum.conflicting += written.conflicting;
        }
        rest = after;
        if rest.is_empty() {
            break;
        }
    }
    let stored = Tables::stored(db).await;
    prop_assert_eq!(&stored, &expected);
    prop_assert_eq!(sum.new, stored.served.len() as u64);
    prop_assert_eq!(sum.conflicting, stored.conflicts.len() as u64);
    // Everything once more changes nothing.
    for (journal_id, reading) in readings {
        let again = write(db, *journal_id, &[*reading]).await.unwrap();
        prop_assert_eq!(again, written(0, 1, 0));
    }
    prop_assert_eq!(&Tables::stored(db).await, &expected);
    Ok(())
}

async fn a_clean_batch_is_all_new_and_again_all_duplicate(db: &DatabaseConnection) {
    let sensor = sensors(db, &["a"]).await[0].id;
    let journal_id = journal(db).await;
    let batch: Vec<NewReading> = (0..500).map(|i| reading(sensor, i, i as f64, i)).collect();
    assert_eq!(write(db, journal_id, &batch).await.unwrap(), written(500, 0, 0));
    assert_eq!(write(db, journal_id, &batch).await.unwrap(), written(0, 500, 0));
    assert_eq!(write(db, journal_id, &[]).await.unwrap(), written(0, 0, 0));
}

async fn the_served_row_takes_over_the_preferred_message(db: &DatabaseConnection) {
    let sensor = sensors(db, &["a"]).await[0].id;
    let journal_id = journal(db).await;
    let earlier = reading(sensor, 0, 1.0, 3);
    let later = NewReading {
        received_at: earlier.received_at + TimeDelta::seconds(9),
        seq: 8,
        ..earlier
    };
    write(db, journal_id, &[later]).await.unwrap();
    assert_eq!(write(db, journal_id, &[earlier]).await.unwrap(), written(0, 1, 0));
    assert_eq!(one::<i64>(db, "SELECT seq FROM reading").await, 3);
}

async fn a_refused_row_is_found_and_the_rest_goes_in(db: &DatabaseConnection) {
    db.execute_unprepared("ALTER TABLE reading ADD CONSTRAINT no_beast CHECK (value <> 666)")
        .await
        .unwrap();
    let sensor = sensors(db, &["a"]).await[0].id;
    let journal_id = journal(db).await;
    let mut batch: Vec<NewReading> = (0..100).map(|i| reading(sensor, i, i as f64, i)).collect();
    batch[17].value = 666.0;
    batch[71].value = f64::NAN;
    // The preferred of two with the same key is refused: the other goes in.
    batch.push(NewReading {
        value: 666.0,
        received_at: at(-5),
        ..batch[50]
    });
    let written = write(db, journal_id, &batch).await.unwrap();
    let refused: Vec<usize> = written.refused.iter().map(|refused| refused.index).collect();
    assert_eq!((written.new, written.duplicate, written.conflicting), (98, 0, 0));
    assert_eq!(refused, [17, 71, 100]);
    assert!(
        written.refused[0].reason.contains("no_beast"),
        "{}",
        written.refused[0].reason
    );
    assert_eq!(one::<i64>(db, "SELECT count(*) FROM reading").await, 98);
    assert_eq!(
        one::<f64>(db, "SELECT value FROM reading WHERE seq = 50").await,
        50.0
    );
}

async fn a_refused_takeover_leaves_what_was_served(db: &DatabaseConnection) {
    db.execute_unprepared("ALTER TABLE reading ADD CONSTRAINT no_beast CHECK (value <> 666)")
        .await
        .unwrap();
    let sensor = sensors(db, &["a"]).await[0].id;
    let journal_id = journal(db).await;
    let batch: Vec<NewReading> = (0..10).map(|i| reading(sensor, i, 1.0, i)).collect();
    write(db, journal_id, &batch).await.unwrap();
    let takeover = |reading: &NewReading| NewReading {
        value: if reading.seq == 4 { 666.0 } else { 2.0 },
        received_at: at(1000),
        seq: reading.seq + 100,
        on_conflict: OnConflict::Latest,
        ..*reading
    };
    let written = write(db, journal_id, &batch.iter().map(takeover).collect::<Vec<_>>())
        .await
        .unwrap();
    assert_eq!((written.new, written.duplicate, written.conflicting), (0, 0, 9));
    assert_eq!(
        written
            .refused
            .iter()
            .map(|refused| refused.index)
            .collect::<Vec<_>>(),
        [4]
    );
    assert_eq!(
        one::<i64>(db, "SELECT count(*) FROM reading WHERE value = 2").await,
        9
    );
    assert_eq!(
        one::<i64>(db, "SELECT count(*) FROM reading_conflict WHERE value = 1").await,
        9
    );
    assert_eq!(
        one::<f64>(db, "SELECT value FROM reading WHERE seq = 4").await,
        1.0
    );
}

async fn values_and_times_come_back_exactly(db: &DatabaseConnection) {
    let sensor = sensors(db, &["a"]).await[0].id;
    let journal_id = journal(db).await;
    let values = [
        0.1,
        1.0 / 3.0,
        f64::MAX,
        f64::MIN_POSITIVE,
        5e-324,
        -1.2e8,
        123_456_789.123_456_78,
    ];
    let batch: Vec<NewReading> = values
        .iter()
        .enumerate()
        .map(|(i, &value)| NewReading {
            time: DateTime::from_timestamp_micros(-999_999_999_999_999 + i as i64 * 1_000_000_000_000_001)
                .unwrap(),
            ..reading(sensor, 0, value, 1)
        })
        .collect();
    write(db, journal_id, &batch).await.unwrap();
    let expected: Vec<_> = batch.iter().map(|reading| (journal_id, *reading)).collect();
    assert_eq!(Tables::stored(db).await, Tables::expected(&expected));
}

/// On PostgreSQL alone: the tests' TimescaleDB cannot take parameters of this size.
#[tokio::test]
async fn a_large_batch_goes_in_pieces() {
    let server = postgres().await;
    let db = &server.db;
    let sensor = sensors(db, &["a"]).await[0].id;
    let journal_id = journal(db).await;
    let mut batch: Vec<NewReading> = (0..25_000).map(|i| reading(sensor, i % 24_000, 1.0, i)).collect();
    batch.reverse();
    assert_eq!(
        write(db, journal_id, &batch).await.unwrap(),
        written(24_000, 1_000, 0)
    );
    let first = "SELECT count(*) FROM reading WHERE seq < 24000";
    assert_eq!(
        one::<i64>(db, first).await,
        24_000,
        "the first message of each key is the one it leads to"
    );
}

async fn a_dropped_transaction_leaves_nothing(db: &DatabaseConnection) {
    let sensor = sensors(db, &["a"]).await[0].id;
    let journal_id = journal(db).await;
    let mut transaction = LoadTransaction::begin(db, journal_id).await.unwrap();
    transaction
        .write_readings(&[reading(sensor, 0, 1.0, 1)])
        .await
        .unwrap();
    drop(transaction);
    assert_eq!(one::<i64>(db, "SELECT count(*) FROM reading").await, 0);
}

async fn activity_begins_with_the_earliest_reading(db: &DatabaseConnection) {
    let sensor = sensors(db, &["a"]).await[0].id;
    let journal_id = journal(db).await;
    let since = "SELECT active_since FROM sensor";
    write(db, journal_id, &[reading(sensor, 50, 1.0, 1)])
        .await
        .unwrap();
    assert_eq!(
        one::<DateTime<chrono::Utc>>(db, since).await,
        at(0),
        "registered before"
    );
    write(
        db,
        journal_id,
        &[reading(sensor, -50, 1.0, 2), reading(sensor, -70, f64::NAN, 3)],
    )
    .await
    .unwrap();
    assert_eq!(
        one::<DateTime<chrono::Utc>>(db, since).await,
        at(-50),
        "a refused reading does not count"
    );
}

/// Two loaders with the same keys in opposite policies of arrival: whoever loses a race tries again.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn loaders_that_race_for_the_same_keys_end_with_the_same_rows() {
    let server = postgres().await;
    let db = &server.db;
    let known = sensors(db, &["a", "b"]).await;
    let mut loaders = Vec::new();
    let mut all = Vec::new();
    for loader in 0..4_i64 {
        let journal_id = journal(db).await;
        let readings: Vec<NewReading> = (0..600_i64)
            .map(|i| {
                let place = (i * 7 + loader * 13) % 60;
                let value = ((i + loader) % 5) as f64;
                NewReading {
                    received_at: at(1000 - i),
                    ..reading(known[(i % 2) as usize].id, place, value, 600 - i)
                }
            })
            .collect();
        all.extend(readings.iter().map(|reading| (journal_id, *reading)));
        let db = db.clone();
        loaders.push(tokio::spawn(async move {
            for batch in readings.chunks(20) {
                loop {
                    match write(&db, journal_id, batch).await {
                        Ok(_) => break,
                        Err(LoadError::Retry(_)) => {}
                        Err(error) => panic!("{error:?}"),
                    }
                }
            }
        }));
    }
    for loader in loaders {
        loader.await.unwrap();
    }
    assert_eq!(Tables::stored(db).await, Tables::expected(&all));
}

/// Compresses every chunk of readings, of which there is at least one.
async fn compress(db: &DatabaseConnection) {
    let compressed =
        "SELECT count(*) FROM (SELECT compress_chunk(chunk) FROM show_chunks('reading') AS chunk) AS done";
    assert!(one::<i64>(db, compressed).await > 0);
}

#[tokio::test]
async fn late_readings_meet_compressed_chunks_as_any_other() {
    let server = timescale().await;
    let db = &server.db;
    let known = sensors(db, &["a", "b"]).await;
    let journal_id = journal(db).await;
    let first: Vec<NewReading> = (0..4000)
        .map(|i| reading(known[(i % 2) as usize].id, i / 2, i as f64, i))
        .collect();
    for batch in first.chunks(500) {
        write(db, journal_id, batch).await.unwrap();
    }
    compress(db).await;

    let mut later: Vec<NewReading> = first.iter().step_by(3).copied().collect();
    for (i, reading) in later.iter_mut().enumerate() {
        reading.value += (i % 2) as f64;
        reading.seq += 10_000;
        reading.received_at += TimeDelta::seconds(10);
        reading.on_conflict = OnConflict::Latest;
    }
    let conflicting = later.len() as u64 / 2;
    let duplicate = later.len() as u64 - conflicting;
    let mut sum = written(0, 0, 0);
    for batch in later.chunks(500) {
        let written = write(db, journal_id, batch).await.unwrap();
        sum.duplicate += written.duplicate;
        sum.conflicting += written.conflicting;
    }
    assert_eq!(sum, written(0, duplicate, conflicting));
    // And with the bound on what a statement may decompress as low as can be.
    db.execute_unprepared("SELECT decompress_chunk(chunk) FROM show_chunks('reading') AS chunk")
        .await
        .unwrap();
    compress(db).await;
    db.execute_unprepared("SET timescaledb.max_tuples_decompressed_per_dml_transaction = 1000")
        .await
        .unwrap();
    let latest: Vec<NewReading> = later
        .iter()
        .take(50)
        .map(|reading| NewReading {
            value: -1.0,
            seq: reading.seq + 10_000,
            received_at: at(90_000),
            ..*reading
        })
        .collect();
    assert_eq!(write(db, journal_id, &latest).await.unwrap(), written(0, 0, 50));

    let all: Vec<(i16, NewReading)> = [first, later, latest]
        .concat()
        .into_iter()
        .map(|reading| {
            (
                journal_id,
                NewReading {
                    on_conflict: OnConflict::Latest,
                    ..reading
                },
            )
        })
        .collect();
    assert_eq!(Tables::stored(db).await, Tables::expected(&all));
}

#[tokio::test]
async fn new_readings_are_copied_into_compressed_chunks_and_none_when_one_is_there() {
    let server = timescale().await;
    let db = &server.db;
    let known = sensors(db, &["a", "b"]).await;
    let journal_id = journal(db).await;
    let of = |second, seq| reading(known[(seq % 2) as usize].id, second, seq as f64, seq);
    let first: Vec<NewReading> = (0..2000).map(|i| of(i * 2, i)).collect();
    for batch in first.chunks(500) {
        write(db, journal_id, batch).await.unwrap();
    }
    compress(db).await;
    // As little as can be may be decompressed by a statement.
    db.execute_unprepared("SET timescaledb.max_tuples_decompressed_per_dml_transaction = 1")
        .await
        .unwrap();

    let between: Vec<NewReading> = (0..2000).map(|i| of(i * 2 + 1, 2000 + i)).collect();
    let mut transaction = BulkTransaction::begin(db, journal_id).await.unwrap();
    assert!(transaction.copy_readings(&between).await.unwrap());
    transaction.commit().await.unwrap();
    let mut last: Vec<NewReading> = (0..100).map(|i| of(10_000 + i, 4000 + i)).collect();
    last.push(first[1000]);
    let mut transaction = BulkTransaction::begin(db, journal_id).await.unwrap();
    assert!(!transaction.copy_readings(&last).await.unwrap());
    drop(transaction);

    let all: Vec<(i16, NewReading)> = [first, between]
        .concat()
        .into_iter()
        .map(|reading| (journal_id, reading))
        .collect();
    assert_eq!(Tables::stored(db).await, Tables::expected(&all));
}
