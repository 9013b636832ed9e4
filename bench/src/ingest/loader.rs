//! The loader, from a journal that is full into the database, beside a program that sends the same statements and nothing
//! else: no journal read, nothing decoded.
//!
//! Beside both the refresher is at work. The broker and S3 are away.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use chrono::{DateTime, TimeDelta, Utc};
use entity::QualityFlag;
use entity::load::{Counts, LoadTransaction, NewReading, OnConflict};
use ingestor::Ingestor;
use ingestor::clock::SystemClock;
use ingestor::loader::LoaderOptions;
use ingestor::message::{Kind, Record};
use journal::{AppendError, Journal};
use sea_orm::ConnectionTrait as _;

use super::{TOPIC, of_stream};
use crate::refreshing::keep_refreshing;
use crate::report::median;
use crate::server::{self, Server};

const READINGS: u64 = 1_000_000;
const SENSORS: u64 = 1_000;
/// Of the data, not of the loader: an hour of it takes 60 minutes of 1,000 sensors.
const RATE: f64 = 1_000.0;

/// How many readings a second went in, clean and then all of them again.
struct Rates {
    clean: f64,
    duplicates: f64,
}

pub(crate) async fn run(runs: usize) -> anyhow::Result<()> {
    let server = Server::start().await?;
    let room = tempfile::tempdir().context("make a directory")?;
    let start = DateTime::from_timestamp(1_767_225_600, 0).context("a time")?;
    let (mut clean, mut duplicates) = (
        [Vec::new(), Vec::new(), Vec::new()],
        [Vec::new(), Vec::new(), Vec::new()],
    );
    // The first pair warms up.
    for run in 0..=runs {
        let bare = bare(&server, start).await?;
        let ours = ours(&server, &room.path().join(run.to_string()), start).await?;
        if run > 0 {
            let figures = [
                (&mut clean, bare.clean, ours.clean),
                (&mut duplicates, bare.duplicates, ours.duplicates),
            ];
            for (into, bare, ours) in figures {
                into[0].push(bare);
                into[1].push(ours);
                into[2].push(ours / bare);
            }
        }
    }
    server.stop().await?;
    for (what, [bare, ours, ratio]) in [
        ("clean batches", clean),
        ("batches full of duplicates", duplicates),
    ] {
        println!(
            "loader, {what}, {SENSORS} sensors: {} readings/s from the journal beside {} of the statements alone: {:.2}",
            median(ours),
            median(bare),
            median(ratio).middle,
        );
    }
    Ok(())
}

async fn empty(server: &Server) -> anyhow::Result<()> {
    let tables = "TRUNCATE reading, reading_conflict, rollup_dirty, rollup_due, reading_1m, reading_1h, reading_1d, segment, \
                  quarantined_message, ingest_checkpoint, sensor_intake, sensor_version, sensor, journal \
                  RESTART IDENTITY CASCADE";
    for statement in [tables, "CHECKPOINT"] {
        // A checkpoint is the superuser's; where we may not, the server takes its own.
        let done = server.db.execute_unprepared(statement).await;
        if statement != "CHECKPOINT" {
            done.context("empty the tables")?;
        }
    }
    Ok(())
}

/// The statements of the loader's transactions, with what is written made beforehand.
async fn bare(server: &Server, start: DateTime<Utc>) -> anyhow::Result<Rates> {
    empty(server).await?;
    let (journal_id, sensors) = server::sensors(&server.db, SENSORS as usize).await?;
    let mut rates = Vec::new();
    let mut seq = 0;
    for is_new in [true, false] {
        let readings: Vec<NewReading> = (0..READINGS)
            .map(|index| {
                let time = start + TimeDelta::microseconds((index as f64 / RATE * 1e6) as i64);
                NewReading {
                    sensor_id: sensors[(index % SENSORS) as usize],
                    time,
                    value: (index * 7_919 % 1_000) as f64 / 10.0,
                    flag: QualityFlag::Pass,
                    received_at: time + TimeDelta::seconds(1),
                    seq: seq + index as i64 + 1,
                    on_conflict: OnConflict::First,
                }
            })
            .collect();
        let db = server::connect(&server.url).await?;
        let refresher = tokio::spawn(keep_refreshing(server::connect(&server.url).await?));
        let first = seq + 1;
        let began = Instant::now();
        for batch in readings.chunks(LoaderOptions::default().batch_records_max) {
            let mut transaction = LoadTransaction::begin(&db, journal_id).await?;
            let written = transaction.write_readings(batch).await?;
            let expected = if is_new { written.new } else { written.duplicate };
            anyhow::ensure!(expected == batch.len() as u64, "{written:?}");
            let counts = Counts {
                decoded: batch.len() as i64,
                readings_new: written.new as i64,
                readings_duplicate: written.duplicate as i64,
                ..Counts::default()
            };
            transaction.add_counts(first, counts).await?;
            let to = seq + batch.len() as i64;
            transaction.move_checkpoint(seq, to).await?;
            transaction.commit().await?;
            seq = to;
        }
        rates.push(READINGS as f64 / began.elapsed().as_secs_f64());
        refresher.abort();
    }
    Ok(Rates {
        clean: rates[0],
        duplicates: rates[1],
    })
}

async fn ours(server: &Server, dir: &Path, start: DateTime<Utc>) -> anyhow::Result<Rates> {
    empty(server).await?;
    let mut rates = Vec::new();
    for name in ["clean", "again"] {
        let dir = dir.join(name);
        fill(&dir, start).await?;
        let ingestor = ingestor(server, &dir).await?;
        let began = Instant::now();
        ingestor
            .loaded()
            .wait_for(|loaded| *loaded >= READINGS)
            .await
            .context("the loader has ended")?;
        rates.push(READINGS as f64 / began.elapsed().as_secs_f64());
        // It would wait for S3.
        drop(ingestor);
        std::fs::remove_dir_all(&dir)?;
        let counts = "SELECT readings_new, readings_duplicate FROM segment ORDER BY journal_id DESC LIMIT 1";
        let pool = server.db.get_postgres_connection_pool();
        let (new, duplicate): (i64, i64) = sqlx::query_as(counts).fetch_one(pool).await?;
        anyhow::ensure!(
            (new > 0) != (duplicate > 0),
            "{name}: {new} new, {duplicate} duplicate"
        );
    }
    Ok(Rates {
        clean: rates[0],
        duplicates: rates[1],
    })
}

/// A journal of messages that nobody has loaded.
async fn fill(dir: &Path, start: DateTime<Utc>) -> anyhow::Result<()> {
    std::fs::create_dir_all(dir)?;
    let (journal, _) = Journal::open(dir, one_segment())?;
    let mut body = Vec::new();
    for index in 0..READINGS {
        let payload = of_stream(index, SENSORS, start, RATE);
        let received_at =
            start + TimeDelta::microseconds((index as f64 / RATE * 1e6) as i64) + TimeDelta::seconds(1);
        body.clear();
        let record = Record {
            kind: Kind::Message,
            qos: 1,
            retain: false,
            dup: false,
            received_at_us: received_at.timestamp_micros(),
            source: "bench",
            topic: TOPIC.as_bytes(),
            payload: payload.as_bytes(),
        };
        record.encode(&mut body);
        while let Err(error) = journal.try_append(&body) {
            match error {
                AppendError::Busy { .. } => journal.room().await?,
                other => return Err(other.into()),
            }
        }
    }
    Ok(journal.close().await?)
}

/// Nothing is sealed: the archiver, which is not measured here, would make an object of it.
fn one_segment() -> journal::Options {
    journal::Options {
        segment_bytes_max: 1 << 30,
        segment_age_max: Duration::from_hours(1),
        ..journal::Options::default()
    }
}

async fn ingestor(server: &Server, dir: &Path) -> anyhow::Result<Ingestor> {
    let mut options = super::options(super::NOBODY, dir);
    options.journal = one_segment();
    // It need not ask often.
    options.receiver.backoff_min = Duration::from_mins(1);
    let db = server::connect(&server.url).await?;
    Ok(Ingestor::start(
        options,
        db,
        super::no_store()?,
        Arc::new(SystemClock),
    )?)
}
