//! The schema goes forward and back, explains itself, and is guarded, on PostgreSQL and on TimescaleDB.

#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

mod support;

use migration::timescaledb::Outcome;
use migration::{CheckError, MigrateError, check, down, known, status, up};
use sea_orm::{ConnectionTrait, DatabaseConnection};

use crate::support::{Server, postgres, timescale, words};

const TABLES: &str = "SELECT table_name::text FROM information_schema.tables \
                      WHERE table_schema = 'public' ORDER BY table_name";

macro_rules! on_both {
    ($($claim:ident),+ $(,)?) => {
        mod on_postgres {
            $(#[tokio::test]
            async fn $claim() {
                super::$claim(&super::postgres().await.db).await;
            })+
        }
        mod on_timescale {
            $(#[tokio::test]
            async fn $claim() {
                super::$claim(&super::timescale().await.db).await;
            })+
        }
    };
}

on_both!(
    goes_forward_back_and_forward_again,
    every_table_and_column_has_a_comment,
    a_program_works_only_on_its_own_schema,
    minutes_from_before_rollups_knew_of_time_are_noted,
);

async fn goes_forward_back_and_forward_again(db: &DatabaseConnection) {
    assert_eq!(up(db).await.unwrap().applied, known());
    let tables = words(db, TABLES).await;
    assert!(tables.len() >= 10, "{tables:?}");
    assert_eq!(up(db).await.unwrap().applied, Vec::<String>::new());
    assert!(status(db).await.unwrap().iter().all(|step| step.applied));

    let back: Vec<String> = known().into_iter().rev().collect();
    assert_eq!(down(db, None).await.unwrap(), back);
    assert_eq!(words(db, TABLES).await, ["seaql_migrations"]);
    assert!(status(db).await.unwrap().iter().all(|step| !step.applied));

    assert_eq!(up(db).await.unwrap().applied, known());
    assert_eq!(words(db, TABLES).await, tables);
    check(db).await.unwrap();
}

async fn every_table_and_column_has_a_comment(db: &DatabaseConnection) {
    up(db).await.unwrap();
    let silent = "SELECT class.relname || coalesce('.' || attname, '') \
                  FROM pg_class AS class \
                  LEFT JOIN pg_attribute ON attrelid = class.oid AND attnum > 0 AND NOT attisdropped \
                  WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace \
                    AND (obj_description(class.oid) IS NULL OR col_description(class.oid, attnum) IS NULL) \
                  ORDER BY 1";
    assert_eq!(words(db, silent).await, Vec::<String>::new());
}

async fn a_program_works_only_on_its_own_schema(db: &DatabaseConnection) {
    let behind = check(db).await.unwrap_err();
    assert!(matches!(&behind, CheckError::Behind { steps } if *steps == known()));
    assert!(behind.to_string().contains("fieldbook migrate"), "{behind}");
    assert!(words(db, TABLES).await.is_empty(), "a check changes nothing");
    assert!(status(db).await.unwrap().iter().all(|step| !step.applied));

    up(db).await.unwrap();
    check(db).await.unwrap();
    db.execute_unprepared(
        "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m99999999_000001_future', 0)",
    )
    .await
    .unwrap();
    let newer = check(db).await.unwrap_err();
    assert!(newer.to_string().contains("m99999999_000001_future"), "{newer}");
    assert!(matches!(up(db).await, Err(MigrateError::Newer(_))));
    assert!(matches!(down(db, None).await, Err(MigrateError::Newer(_))));
}

async fn minutes_from_before_rollups_knew_of_time_are_noted(db: &DatabaseConnection) {
    up(db).await.unwrap();
    let is_before = |step: &&String| step.as_str() < "m20261125_000004";
    let newer = known().len() - known().iter().filter(is_before).count();
    down(db, Some(newer.try_into().unwrap())).await.unwrap();
    db.execute_unprepared(
        "INSERT INTO reading (time, value, received_at, seq, sensor_id, flag, journal_id) \
         SELECT TIMESTAMPTZ '2026-06-01T00:00:00Z' + i * INTERVAL '30 seconds', 1, now(), i, sensor, 1, 1 \
         FROM generate_series(0, 3) AS i, generate_series(1, 401) AS sensor \
         WHERE i < 2 OR sensor < 401",
    )
    .await
    .unwrap();
    up(db).await.unwrap();
    // As the loader notes them: 400 sensors in a row, and wide where that is not all.
    let notes = "SELECT format('%s: %s from %s on, %s', to_char(bucket AT TIME ZONE 'UTC', 'HH24:MI'), cardinality(sensor_ids), \
                               sensor_ids[1], CASE WHEN wide THEN 'wide' ELSE 'narrow' END) \
                 FROM rollup_dirty ORDER BY bucket, sensor_ids";
    assert_eq!(
        words(db, notes).await,
        [
            "00:00: 400 from 1 on, wide",
            "00:00: 1 from 401 on, wide",
            "00:01: 400 from 1 on, narrow"
        ]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_may_migrate_at_once() {
    let Server { db, .. } = &postgres().await;
    let migrations: Vec<_> = (0..6)
        .map(|_| {
            let db = db.clone();
            tokio::spawn(async move { up(&db).await.unwrap().applied.len() })
        })
        .collect();
    let mut applied = 0;
    for migration in migrations {
        applied += migration.await.unwrap();
    }
    assert_eq!(applied, known().len(), "each step is taken by one of them");
}

#[tokio::test]
async fn a_failing_step_leaves_nothing() {
    let Server { db, .. } = &postgres().await;
    db.execute_unprepared("CREATE TABLE ingest_checkpoint (in_the_way int)")
        .await
        .unwrap();
    assert!(matches!(up(db).await, Err(MigrateError::Database(_))));
    assert_eq!(words(db, TABLES).await, ["ingest_checkpoint"]);
}

#[tokio::test]
async fn without_timescaledb_the_tables_are_ordinary() {
    let Server { db, .. } = &postgres().await;
    assert_eq!(up(db).await.unwrap().timescaledb, Outcome::NotAvailable);
}

#[tokio::test]
async fn with_timescaledb_readings_are_a_compressed_hypertable() {
    let Server { db, .. } = &timescale().await;
    let Outcome::Used(timescaledb) = up(db).await.unwrap().timescaledb else {
        panic!("TimescaleDB is there and is not used");
    };
    assert!(timescaledb.compresses());
    let dimension = "SELECT hypertable_name || ' by ' || column_name || ' in ' || time_interval \
                     FROM timescaledb_information.dimensions ORDER BY hypertable_name";
    let chunks = [
        "reading by time in 1 day",
        "reading_1d by bucket in 1825 days",
        "reading_1h by bucket in 90 days",
        "reading_1m by bucket in 7 days",
    ];
    assert_eq!(words(db, dimension).await, chunks);
    let settings = "SELECT attname::text || coalesce(' segment ' || segmentby_column_index, '') \
                    || coalesce(' order ' || orderby_column_index, '') \
                    FROM timescaledb_information.compression_settings ORDER BY 1";
    assert_eq!(words(db, settings).await, ["sensor_id segment 1", "time order 1"]);
    let policy = "SELECT proc_name || ' ' || (config->>'compress_after') FROM timescaledb_information.jobs \
                  WHERE hypertable_name = 'reading'";
    assert_eq!(words(db, policy).await, ["policy_compression 7 days"]);
    let indexes = "SELECT indexname::text FROM pg_indexes WHERE tablename = 'reading' ORDER BY 1";
    assert_eq!(words(db, indexes).await, ["reading_pkey", "reading_time"]);
}
