//! What it costs to measure quality in the background: an hour of readings each second, and the look at what is published,
//! as shares of the time in which it has to be done.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use catalogue::Evaluator;
use catalogue::evaluator::{GRACE, Stepped};
use catalogue::quality::RuleSet;
use chrono::{DateTime, TimeDelta, Timelike as _, Utc};
use entity::DatabaseConnection;
use entity::measurements;
use entity::rollup::Level;
use sea_orm::ConnectionTrait as _;

use crate::report::{median, milliseconds};
use crate::server::Server;

/// An hour of so many sensors that send each second fits on a small disk; the cost of a reading is the same for more.
const SENSORS: usize = 1_000;

/// The sensors of the aim.
const AIM_SENSORS: f64 = 10_000.0;

pub(crate) async fn run(runs: usize) -> anyhow::Result<()> {
    let server = Server::start().await?;
    let (_, ids) = crate::server::sensors(&server.db, SENSORS).await?;
    let now = Utc::now();
    let end = now
        .with_minute(0)
        .and_then(|now| now.with_second(0))
        .and_then(|now| now.with_nanosecond(0));
    let end = end.context("the beginning of the hour")?;
    fill(&server.db, end - TimeDelta::hours(1), ids.len()).await?;
    let (mut hours, mut reads) = (Vec::new(), Vec::new());
    for _ in 0..runs {
        hours.push(measure(&server.db, end).await?);
        let began = Instant::now();
        let sums = measurements::sums(&server.db, Level::Hour, end - TimeDelta::hours(24), end).await?;
        anyhow::ensure!(sums.len() == SENSORS, "{} sensors have an hour", sums.len());
        reads.push(began.elapsed());
    }
    let readings = SENSORS as f64 * 3_600.0;
    let each = median(hours.iter().map(|took| took.as_secs_f64() * 1e6 / readings));
    // An hour's readings are read twice: for the hour, and for the day.
    println!(
        "quality of {SENSORS} sensors each second: an hour takes {} ms, {each} µs a reading, of server and evaluator in turn; with \
         {AIM_SENSORS} sensors hours take {:.2} % of a core, and days as much again",
        milliseconds(&hours),
        each.middle * AIM_SENSORS / 1e6 * 100.0,
    );
    println!("what is published of them is read in {} ms", milliseconds(&reads));
    server.stop().await
}

async fn measure(db: &DatabaseConnection, end: DateTime<Utc>) -> anyhow::Result<Duration> {
    db.execute_unprepared("TRUNCATE quality_measurement, quality_progress, quality_due, reading_flag")
        .await?;
    db.execute_unprepared("INSERT INTO quality_progress (window_seconds, closed_until) VALUES (3600, date_trunc('hour', now()) - INTERVAL '1 hour')")
        .await?;
    let mut evaluator = Evaluator::new(db, RuleSet::default());
    let began = Instant::now();
    let mut measured = 0;
    loop {
        let Stepped { written, more, .. } = evaluator.step(end + GRACE).await?;
        measured += written;
        if !more {
            break;
        }
    }
    let took = began.elapsed();
    anyhow::ensure!(measured >= SENSORS as u64, "{measured} windows were measured");
    Ok(took)
}

/// Readings as the loader leaves them: in batches of a second or so, each by sensor.
async fn fill(db: &DatabaseConnection, from: DateTime<Utc>, sensors: usize) -> anyhow::Result<()> {
    for statement in [
        "UPDATE sensor SET expected_interval_seconds = 1, range_min = -100, range_max = 100",
        &format!(
            "INSERT INTO reading (time, value, received_at, seq, sensor_id, flag, journal_id)
             SELECT at.time, 20 + (id * 7 + second * 13) % 50 * 0.1, at.time + INTERVAL '30 milliseconds', second, id, 1, 1
             FROM generate_series(0, 3599) AS second, sensor,
                  LATERAL (SELECT timestamptz '{}' + second * INTERVAL '1 second' AS time) AS at
             ORDER BY second, id",
            from.to_rfc3339()
        ),
        &format!("UPDATE sensor SET active_since = '{}'", from.to_rfc3339()),
        "VACUUM ANALYZE reading",
    ] {
        db.execute_unprepared(statement).await.context("fill the tables")?;
    }
    anyhow::ensure!(sensors == SENSORS, "{sensors} sensors");
    Ok(())
}
