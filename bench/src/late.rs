//! One late reading among many sensors: our refresher beside TimescaleDB's continuous aggregates of the same three
//! levels, on the same server (TimescaleDB in WebAssembly, so the ratio counts, not the time).

use std::time::{Duration, Instant};

use anyhow::Context as _;
use entity::DatabaseConnection;
use sea_orm::{ConnectionTrait as _, DbBackend, Statement};

use crate::refreshing::catch_up;
use crate::report::milliseconds;

const SENSORS: usize = 1_600;
const MINUTES: usize = 60;

/// A level over the one below it, as their manual makes them.
const CONTINUOUS: [&str; 3] = [
    "CREATE MATERIALIZED VIEW continuous_1m WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
     SELECT sensor_id, time_bucket('1 minute', time) AS bucket, count(*) AS count, sum(value) AS sum, min(value) AS min,
            max(value) AS max, first(value, time) AS first, last(value, time) AS last
     FROM reading GROUP BY 1, 2 WITH NO DATA",
    "CREATE MATERIALIZED VIEW continuous_1h WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
     SELECT sensor_id, time_bucket('1 hour', bucket) AS bucket, sum(count) AS count, sum(sum) AS sum, min(min) AS min,
            max(max) AS max, first(first, bucket) AS first, last(last, bucket) AS last
     FROM continuous_1m GROUP BY 1, 2 WITH NO DATA",
    "CREATE MATERIALIZED VIEW continuous_1d WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
     SELECT sensor_id, time_bucket('1 day', bucket) AS bucket, sum(count) AS count, sum(sum) AS sum, min(min) AS min,
            max(max) AS max, first(first, bucket) AS first, last(last, bucket) AS last
     FROM continuous_1h GROUP BY 1, 2 WITH NO DATA",
];

pub(crate) async fn run(runs: usize) -> anyhow::Result<()> {
    let server = testbed::timescale().await;
    let db = server.connect().await;
    fill(&db).await?;
    let (mut ours, mut theirs, mut stale) = (Vec::new(), Vec::new(), 0);
    for run in 0..=runs {
        let minute = 10 + run * 5;
        insert_late(&db, minute).await?;
        stale += i64::from(!continuous_knows(&db, minute).await?);
        let took = timed(async { catch_up(&db).await.map(drop) }).await?;
        let took_theirs = timed(refresh_continuous(&db)).await?;
        anyhow::ensure!(continuous_knows(&db, minute).await?, "a refresh without effect");
        if run > 0 {
            ours.push(took);
            theirs.push(took_theirs);
        }
    }
    let (ours, theirs) = (milliseconds(&ours), milliseconds(&theirs));
    println!(
        "one late reading among {SENSORS} sensors: ours {ours} ms, continuous aggregates {theirs} ms: {:.1}; \
         before their refresh {stale} of {} answers of theirs lacked it, none of ours",
        theirs.middle / ours.middle,
        runs + 1,
    );
    Ok(())
}

async fn fill(db: &DatabaseConnection) -> anyhow::Result<()> {
    let notes = format!(
        "INSERT INTO rollup_dirty (bucket, wide, sensor_ids)
         SELECT timestamptz '2026-01-01 00:00:00+00' + minute * INTERVAL '1 minute', true,
                (SELECT array_agg(sensor) FROM generate_series(1 + part * 400, 400 + part * 400) AS sensor)
         FROM generate_series(0, {MINUTES} - 1) AS minute, generate_series(0, {SENSORS} / 400 - 1) AS part"
    );
    let readings = format!(
        "INSERT INTO reading (time, value, received_at, seq, sensor_id, flag, journal_id)
         SELECT timestamptz '2026-01-01 00:00:10+00' + minute * INTERVAL '1 minute', sensor, now(), minute, sensor, 1, 1
         FROM generate_series(0, {MINUTES} - 1) AS minute, generate_series(1, {SENSORS}) AS sensor"
    );
    for statement in [readings.as_str(), notes.as_str()].into_iter().chain(CONTINUOUS) {
        db.execute_unprepared(statement)
            .await
            .context("fill the tables")?;
    }
    refresh_continuous(db).await?;
    catch_up(db).await?;
    Ok(())
}

/// Of one sensor, with its note, as the loader does.
async fn insert_late(db: &DatabaseConnection, minute: usize) -> anyhow::Result<()> {
    let late = format!(
        "INSERT INTO reading (time, value, received_at, seq, sensor_id, flag, journal_id)
         SELECT timestamptz '2026-01-01 00:00:40+00' + {minute} * INTERVAL '1 minute', 0, now(), 0, 7, 1, 1;
         INSERT INTO rollup_dirty (bucket, wide, sensor_ids)
         SELECT timestamptz '2026-01-01 00:00:00+00' + {minute} * INTERVAL '1 minute', false, ARRAY[7]"
    );
    db.execute_unprepared(&late)
        .await
        .context("insert a late reading")?;
    Ok(())
}

/// Whether the real-time view shows the late reading.
async fn continuous_knows(db: &DatabaseConnection, minute: usize) -> anyhow::Result<bool> {
    let select = format!(
        "SELECT count = 2 FROM continuous_1m WHERE sensor_id = 7
         AND bucket = timestamptz '2026-01-01 00:00:00+00' + {minute} * INTERVAL '1 minute'"
    );
    let row = db
        .query_one_raw(Statement::from_string(DbBackend::Postgres, select))
        .await?;
    Ok(row.context("no bucket")?.try_get_by_index(0)?)
}

async fn refresh_continuous(db: &DatabaseConnection) -> anyhow::Result<()> {
    for level in ["continuous_1m", "continuous_1h", "continuous_1d"] {
        let refresh = format!("CALL refresh_continuous_aggregate('{level}', NULL, '2026-01-03')");
        db.execute_unprepared(&refresh)
            .await
            .with_context(|| format!("refresh {level}"))?;
    }
    Ok(())
}

async fn timed(work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<Duration> {
    let began = Instant::now();
    work.await?;
    Ok(began.elapsed())
}
