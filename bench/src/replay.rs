//! The archive into an empty database, and a file of the same rows, beside a bare COPY of them into the same table.
//!
//! Bare means: binary rows in the order of the key, batch by batch, each with its commit, into `reading` with its key and
//! index; nothing is read, decoded, noted or counted. A replay reads S3 (s3s-fs in a process of its own would take a core of
//! two; here it shares this one), decompresses, decodes, notes and counts. An import journals with fsync, compresses and
//! stores besides.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context as _;
use archive::{Kind, Line, ObjectBuilder, Qos, Store};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use entity::load::OnConflict;
use ingestor::archiver::ArchiverOptions;
use ingestor::clock::SystemClock;
use ingestor::history::{HistoryImport, HistoryOptions, Imported, Layout};
use ingestor::loader::LoaderOptions;
use ingestor::restore::{Restore, RestoreOptions};
use sea_orm::ConnectionTrait as _;
use tokio_util::sync::CancellationToken;

use crate::report::median;
use crate::server::{self, Server};

const READINGS: u64 = 1_500_000;
const SENSORS: u64 = 1_000;
/// About what a segment of 64 MB has.
const SEGMENT: u64 = 400_000;
const BATCH: usize = 20_000;

pub(crate) async fn run(runs: usize) -> anyhow::Result<()> {
    let server = Server::start().await?;
    let objects = testbed::object_store().await;
    let store = Store::new(archive::Config {
        endpoint_url: Some(objects.endpoint()),
        region: "us-east-1".to_owned(),
        access_key_id: objects.access_key_id().to_owned(),
        secret_access_key: archive::Secret::new(objects.secret_access_key()),
        bucket: objects.bucket().to_owned(),
        prefix: "replayed".to_owned(),
    })?;
    fill(&store).await?;
    let room = tempfile::tempdir().context("make a directory")?;
    let file = room.path().join("history.csv");
    std::fs::write(&file, csv()).context("write the file")?;
    let imports = Store::new(archive::Config {
        endpoint_url: Some(objects.endpoint()),
        region: "us-east-1".to_owned(),
        access_key_id: objects.access_key_id().to_owned(),
        secret_access_key: archive::Secret::new(objects.secret_access_key()),
        bucket: objects.bucket().to_owned(),
        prefix: "imported".to_owned(),
    })?;
    let (mut bare, mut replayed, mut imported) = (Vec::new(), Vec::new(), Vec::new());
    // The first round warms up.
    for run in 0..=runs {
        let figures = [
            copy(&server).await?,
            replay(&server, &store).await?,
            import(&server, &imports, &file, &room.path().join(run.to_string())).await?,
        ];
        if run > 0 {
            bare.push(figures[0]);
            replayed.push(figures[1]);
            imported.push(figures[2]);
        }
    }
    server.stop().await?;
    let (bare, replayed, imported) = (median(bare), median(replayed), median(imported));
    println!(
        "into an empty database, {READINGS} readings of {SENSORS} sensors: bare COPY {bare} readings/s; replay from S3 {replayed}: \
         {:.2}; import of CSV {imported}: {:.2}",
        replayed.middle / bare.middle,
        imported.middle / bare.middle,
    );
    Ok(())
}

/// The sensor, time and value of a reading.
fn reading(index: u64) -> (u64, DateTime<Utc>, f64) {
    let start = DateTime::from_timestamp(1_767_225_600, 0).unwrap_or_default();
    let (second, sensor) = (index / SENSORS, index % SENSORS);
    let time = start + TimeDelta::milliseconds((second * 1_000 + sensor) as i64);
    (sensor, time, 20.0 + (index * 7_919 % 1_000) as f64 / 100.0)
}

/// Writes the archive that an ingestor would have made.
async fn fill(store: &Store) -> anyhow::Result<()> {
    let journal = uuid::Uuid::new_v4();
    let mut begin = 0;
    while begin < READINGS {
        let end = (begin + SEGMENT).min(READINGS);
        let mut builder = ObjectBuilder::new(journal);
        for index in begin..end {
            let (sensor, time, value) = reading(index);
            let dt = time.to_rfc3339_opts(SecondsFormat::Micros, false);
            let payload = format!(
                "{{\"id\": \"Sensor {sensor}\", \"dt\": \"{}\", \"value\": {value}}}",
                &dt[..26]
            );
            builder.push(&Line {
                seq: index + 1,
                source: "bench",
                topic: b"sensors",
                received_at: time + TimeDelta::seconds(1),
                qos: Qos::AtLeastOnce,
                retain: false,
                dup: false,
                kind: Kind::Message,
                payload: payload.as_bytes(),
            })?;
        }
        store.put_once(&builder.finish()?).await?;
        begin = end;
    }
    Ok(())
}

fn csv() -> String {
    use std::fmt::Write as _;
    let mut csv = "sensor,time,value\n".to_owned();
    for index in 0..READINGS {
        let (sensor, time, value) = reading(index);
        let time = time.to_rfc3339_opts(SecondsFormat::Micros, true);
        let _ = writeln!(csv, "Sensor {sensor},{time},{value}");
    }
    csv
}

async fn empty(server: &Server) -> anyhow::Result<()> {
    let tables = "TRUNCATE reading, reading_conflict, rollup_dirty, rollup_due, segment, quarantined_message, archive_replay, \
                  ingest_checkpoint, sensor_intake, sensor_list, sensor_version, sensor, journal RESTART IDENTITY CASCADE";
    for statement in [tables, "CHECKPOINT"] {
        // A checkpoint is the superuser's; where we may not, the server takes its own.
        let done = server.db.execute_unprepared(statement).await;
        if statement != "CHECKPOINT" {
            done.context("empty the tables")?;
        }
    }
    Ok(())
}

/// Readings a second, of those that are there in the end.
async fn rate(server: &Server, began: Instant) -> anyhow::Result<f64> {
    let took = began.elapsed();
    let there: i64 = sqlx::query_scalar("SELECT count(*) FROM reading")
        .fetch_one(server.db.get_postgres_connection_pool())
        .await?;
    anyhow::ensure!(there == READINGS as i64, "{there} readings are there");
    Ok(there as f64 / took.as_secs_f64())
}

async fn copy(server: &Server) -> anyhow::Result<f64> {
    empty(server).await?;
    let (journal_id, sensors) = server::sensors(&server.db, SENSORS as usize).await?;
    let mut batches = Vec::new();
    for begin in (0..READINGS).step_by(BATCH) {
        let mut rows: Vec<(i32, i64, f64, u64)> = (begin..(begin + BATCH as u64).min(READINGS))
            .map(|index| {
                let (sensor, time, value) = reading(index);
                let micros = time.timestamp_micros() - 946_684_800_000_000;
                (sensors[sensor as usize], micros, value, index + 1)
            })
            .collect();
        rows.sort_unstable_by_key(|row| (row.0, row.1));
        batches.push(binary(&rows, journal_id));
    }
    let began = Instant::now();
    let pool = server.db.get_postgres_connection_pool();
    for batch in batches {
        let mut connection = pool.acquire().await?;
        let statement = "COPY reading (time, value, received_at, seq, sensor_id, flag, journal_id) FROM STDIN (FORMAT binary)";
        let mut copy = connection.copy_in_raw(statement).await?;
        copy.send(batch).await?;
        copy.finish().await?;
    }
    rate(server, began).await
}

fn binary(rows: &[(i32, i64, f64, u64)], journal_id: i16) -> Vec<u8> {
    let mut bytes = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0".to_vec();
    let field = |bytes: &mut Vec<u8>, value: &[u8]| {
        bytes.extend_from_slice(&(value.len() as i32).to_be_bytes());
        bytes.extend_from_slice(value);
    };
    for (sensor_id, micros, value, seq) in rows {
        bytes.extend_from_slice(&7_i16.to_be_bytes());
        field(&mut bytes, &micros.to_be_bytes());
        field(&mut bytes, &value.to_be_bytes());
        field(&mut bytes, &(micros + 1_000_000).to_be_bytes());
        field(&mut bytes, &(*seq as i64).to_be_bytes());
        field(&mut bytes, &sensor_id.to_be_bytes());
        field(&mut bytes, &2_i16.to_be_bytes());
        field(&mut bytes, &journal_id.to_be_bytes());
    }
    bytes.extend_from_slice(&(-1_i16).to_be_bytes());
    bytes
}

async fn replay(server: &Server, store: &Store) -> anyhow::Result<f64> {
    empty(server).await?;
    let db = server::connect(&server.url).await?;
    let restore = Restore::new(
        RestoreOptions::default(),
        db,
        store.clone(),
        Arc::new(SystemClock),
        CancellationToken::new(),
    );
    let began = Instant::now();
    let survey = restore.survey().await?;
    restore.run(&survey).await?;
    rate(server, began).await
}

async fn import(server: &Server, store: &Store, file: &Path, dir: &Path) -> anyhow::Result<f64> {
    empty(server).await?;
    let db = server::connect(&server.url).await?;
    let options = HistoryOptions {
        dir: dir.to_owned(),
        files: vec![file.to_owned()],
        layout: Layout::default(),
        source: "bench".to_owned(),
        on_conflict: OnConflict::First,
        journal: journal::Options::default(),
        loader: LoaderOptions {
            batch_records_max: BATCH,
            bulk: true,
            ..LoaderOptions::default()
        },
        archiver: ArchiverOptions::default(),
        again: false,
        abandon: false,
    };
    let stop = CancellationToken::new();
    let import = HistoryImport::new(options, db, store.clone(), Arc::new(SystemClock), stop);
    let began = Instant::now();
    let imported = import.run().await?;
    anyhow::ensure!(matches!(imported, Imported::Done(_)), "{imported:?}");
    rate(server, began).await
}
