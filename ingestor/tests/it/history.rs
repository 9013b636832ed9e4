//! History from files comes in as messages do: checked, archived, once, and the same when the archive is replayed.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, RecordBatch, StringArray, TimestampMillisecondArray};
use chrono::{DateTime, TimeDelta, Utc};
use entity::load::OnConflict;
use ingestor::archiver::ArchiverOptions;
use ingestor::clock::SystemClock;
use ingestor::history::{
    FileError, HistoryError, HistoryImport, HistoryOptions, Imported, Layout, SensorFrom, StateError,
    TimeFormat,
};
use ingestor::loader::LoaderOptions;
use ingestor::restore::{Restore, RestoreOptions};
use parquet::arrow::ArrowWriter;
use sqlx::PgPool;
use testbed::{TestDatabase, TestObjectStore};
use tokio_util::sync::CancellationToken;

use crate::harness::{DEADLINE, options, pool, start, store, wait_number};

struct Rig {
    objects: TestObjectStore,
    database: TestDatabase,
    room: tempfile::TempDir,
}

impl Rig {
    async fn new() -> Self {
        Self {
            objects: testbed::object_store().await,
            database: testbed::postgres().await,
            room: tempfile::tempdir().expect("a directory"),
        }
    }

    fn store(&self) -> archive::Store {
        store(
            self.objects.endpoint(),
            self.objects.access_key_id(),
            self.objects.secret_access_key(),
        )
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.room.path().join(name);
        std::fs::write(&path, content).expect("a file");
        path
    }

    fn options(&self, files: &[&Path]) -> HistoryOptions {
        HistoryOptions {
            dir: self.room.path().join("import"),
            files: files.iter().map(|&file| file.to_owned()).collect(),
            layout: Layout::default(),
            source: "mqtt".to_owned(),
            on_conflict: OnConflict::First,
            journal: journal::Options::default(),
            loader: LoaderOptions {
                batch_records_max: 1_000,
                bulk: true,
                ..LoaderOptions::default()
            },
            archiver: ArchiverOptions::default(),
            again: false,
            abandon: false,
        }
    }

    async fn import(&self, options: HistoryOptions) -> Result<Imported, HistoryError> {
        self.import_until(options, u64::MAX).await
    }

    /// Imports, and is stopped when so many rows are taken.
    async fn import_until(&self, options: HistoryOptions, rows: u64) -> Result<Imported, HistoryError> {
        let stop = CancellationToken::new();
        let db = self.database.connect().await;
        let import = HistoryImport::new(options, db, self.store(), Arc::new(SystemClock), stop.clone());
        let mut progress = import.progress();
        let stopping = tokio::spawn(async move {
            if progress.wait_for(|now| now.rows >= rows).await.is_ok() {
                stop.cancel();
            }
        });
        let imported = tokio::time::timeout(DEADLINE, import.run()).await;
        stopping.abort();
        imported.expect("in time")
    }

    async fn pool(&self) -> PgPool {
        pool(&self.database).await
    }
}

async fn texts(pool: &PgPool, sql: &'static str) -> Vec<String> {
    sqlx::query_scalar(sql).fetch_all(pool).await.expect("rows")
}

async fn number(pool: &PgPool, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(pool).await.expect("a number")
}

const READINGS: &str = "SELECT concat_ws(' ', name, time, value, flag) FROM reading JOIN sensor ON sensor.id = sensor_id ORDER BY 1";
const CODES: &str =
    "SELECT code || ' ' || count(*) FROM quarantined_message WHERE imported GROUP BY code ORDER BY code";

fn hour(index: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(-1_000_000_000, 0).expect("a time") + TimeDelta::hours(index)
}

fn sums(imported: Imported) -> entity::load::SegmentSums {
    match imported {
        Imported::Done(sums) => sums,
        Imported::Before(at) => panic!("imported at {at}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_format_gives_the_same_readings_and_bad_rows_their_reasons() {
    let rows: Vec<(String, DateTime<Utc>, f64)> = (0_i32..300)
        .map(|index| {
            let name = format!("Sensor {}", index % 3);
            (name, hour(i64::from(index)), f64::from(index) / 8.0)
        })
        .collect();
    let csv: String = std::iter::once("sensor,note,time,value\n".to_owned())
        .chain(
            rows.iter()
                .map(|(name, time, value)| format!("{name},\"a, b\",{},{value}\n", time.to_rfc3339())),
        )
        .chain([
            "Sensor 0,x,yesterday,1\n".to_owned(),
            "Sensor 0,x\n".to_owned(),
            ",x,2000-01-01T00:00:00Z,1\n".to_owned(),
            "Sensor 0,x,2000-01-01T00:00:00Z,n/a\n".to_owned(),
            "Sensor 0,x,2999-01-01T00:00:00Z,1\n".to_owned(),
        ])
        .collect();
    let ndjson: String = rows
        .iter()
        .map(|(name, time, value)| {
            format!(
                "{{\"ts\": {}, \"value\": {value}, \"id\": \"{name}\"}}\n",
                time.timestamp()
            )
        })
        .chain(["no JSON\n".to_owned(), "\n".to_owned()])
        .collect();
    let columns: [(&str, ArrayRef); 3] = [
        (
            "Sensor",
            Arc::new(StringArray::from_iter_values(rows.iter().map(|row| &row.0))),
        ),
        (
            "When",
            Arc::new(TimestampMillisecondArray::from_iter_values(
                rows.iter().map(|row| row.1.timestamp_millis()),
            )),
        ),
        (
            "Celsius",
            Arc::new(Float64Array::from_iter_values(rows.iter().map(|row| row.2))),
        ),
    ];
    let batch = RecordBatch::try_from_iter(columns).expect("a batch");
    let mut parquet = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut parquet, batch.schema(), None).expect("a writer");
    writer.write(&batch).expect("it is written");
    writer.close().expect("it ends");

    let named = Layout {
        sensor: SensorFrom::Column(Some("Sensor".to_owned())),
        time_column: Some("When".to_owned()),
        value_column: Some("Celsius".to_owned()),
        ..Layout::default()
    };
    let seconds = Layout {
        time: TimeFormat::Epoch { per_second: 1 },
        ..Layout::default()
    };
    let mut all = Vec::new();
    for (name, content, layout, codes) in [
        (
            "a.csv",
            csv.into_bytes(),
            Layout::default(),
            vec![
                "sensor_empty 1",
                "time_malformed 1",
                "time_missing 1",
                "time_too_new 1",
                "value_not_number 1",
            ],
        ),
        ("b.ndjson", ndjson.into_bytes(), seconds, vec!["not_json 1"]),
        ("c.parquet", parquet, named, vec![]),
    ] {
        let rig = Rig::new().await;
        let file = rig.file(name, content);
        let options = HistoryOptions {
            layout,
            ..rig.options(&[&file])
        };
        let sums = sums(rig.import(options).await.expect("an import"));
        assert_eq!(sums.readings_new, 300, "{name}");
        assert_eq!(
            sums.quarantined,
            i64::try_from(codes.len()).expect("small"),
            "{name}"
        );
        let pool = rig.pool().await;
        assert_eq!(texts(&pool, CODES).await, codes, "{name}");
        all.push(texts(&pool, READINGS).await);
        // All of it is on S3, and in the manifest.
        let archived = "SELECT sum(messages)::int8 FROM segment WHERE messages = decoded + quarantined";
        assert_eq!(number(&pool, archived).await, 300 + sums.quarantined, "{name}");
        is_replayed(&rig).await;
    }
    assert_eq!(all[0].len(), 300);
    assert_eq!((&all[1], &all[2]), (&all[0], &all[0]));
}

/// The archive alone gives the same rows, whatever bounds messages have.
async fn is_replayed(rig: &Rig) {
    let empty = testbed::postgres().await;
    let restore = Restore::new(
        RestoreOptions::default(),
        empty.connect().await,
        rig.store(),
        Arc::new(SystemClock),
        CancellationToken::new(),
    );
    let survey = restore.survey().await.expect("a survey");
    restore.run(&survey).await.expect("a replay");
    let (original, empty) = (rig.pool().await, pool(&empty).await);
    for sql in [READINGS, CODES] {
        assert_eq!(texts(&empty, sql).await, texts(&original, sql).await);
    }
}

fn many(rows: i64) -> String {
    std::iter::once("id,time,value\n".to_owned())
        .chain((0..rows).map(|index| format!("{},{},{index}\n", index % 7, hour(index).to_rfc3339())))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_off_it_goes_on_and_takes_each_row_once() {
    let rig = Rig::new().await;
    let (first, second) = (
        rig.file("a.csv", many(9_000)),
        rig.file("b.csv", "sensor,time,value\nx,2000-01-01T00:00:00Z,1\n"),
    );
    let files = [first.as_path(), second.as_path()];
    let mut stops = 0_u32;
    let done = loop {
        let taken = u64::from(stops) * 2_500 + 1;
        match rig.import_until(rig.options(&files), taken).await {
            Err(HistoryError::Stopped) => stops += 1,
            done => break sums(done.expect("an import")),
        }
    };
    assert!(stops > 2, "{stops} stops");
    assert_eq!((done.decoded, done.readings_new), (9_001, 9_001));
    let pool = rig.pool().await;
    assert_eq!(number(&pool, "SELECT count(*) FROM reading").await, 9_001);

    // The same files again are known, unless they are wanted again; then nothing is new.
    let known = rig.import(rig.options(&files)).await.expect("an answer");
    assert!(matches!(known, Imported::Before(_)), "{known:?}");
    let again = HistoryOptions {
        again: true,
        ..rig.options(&files)
    };
    let again = sums(rig.import(again).await.expect("an import"));
    assert_eq!((again.readings_new, again.readings_duplicate), (0, 9_001));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_import_does_not_begin_over_one_that_was_broken_off() {
    let rig = Rig::new().await;
    let (first, second) = (rig.file("a.csv", many(9_000)), rig.file("b.csv", many(5)));
    let stopped = rig.import_until(rig.options(&[&first]), 1).await;
    assert!(matches!(stopped, Err(HistoryError::Stopped)), "{stopped:?}");
    let refused = rig.import(rig.options(&[&second])).await.expect_err("unfinished");
    assert!(
        matches!(&refused, HistoryError::State(StateError::Unfinished { files }) if files.contains("a.csv")),
        "{refused}"
    );
    let abandon = HistoryOptions {
        abandon: true,
        ..rig.options(&[&second])
    };
    let done = sums(rig.import(abandon).await.expect("an import"));
    assert_eq!(done.decoded, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_t_be_read_is_told_before_anything_is_taken() {
    let rig = Rig::new().await;
    let cases = [
        ("a.csv", "when,what,value\n", "find the sensor"),
        ("b.csv", "sensor,when,value\n", "find the time"),
        (
            "c.csv",
            "sensor,time,value\na,23.11.2026,1\nb,24.11.2026,2\n",
            "none of the first 2 rows",
        ),
        ("d.txt", "sensor,time,value\n", "know the format"),
        ("e.parquet", "PAR1 or not", "read"),
    ];
    for (name, content, expected) in cases {
        let file = rig.file(name, content);
        let error = rig.import(rig.options(&[&file])).await.expect_err(name);
        let told = format!(
            "{error} {:?}",
            std::error::Error::source(&error).map(ToString::to_string)
        );
        assert!(told.contains(expected), "{name}: {told}");
    }
    let long = format!(
        "sensor,time,value\na,2000-01-01T00:00:00Z,1\n\"{}\n",
        "x".repeat(3 << 20)
    );
    let file = rig.file("f.csv", long);
    let error = rig.import(rig.options(&[&file])).await.expect_err("too long");
    assert!(
        matches!(error, HistoryError::File(FileError::TooLong { .. })),
        "{error}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_was_set_aside_is_replayed_by_the_rule_of_imports() {
    let rig = Rig::new().await;
    let file = rig.file(
        "a.csv",
        "sensor,time,value\na,1850-01-01T00:00:00Z,1\nb,1850-01-01T00:00:00Z,2\n",
    );
    let mut tight = rig.options(&[&file]);
    tight.loader.auto_sensors_max = 1;
    let done = sums(rig.import(tight).await.expect("an import"));
    assert_eq!((done.readings_new, done.quarantined), (1, 1));

    let broker = testbed::broker().await;
    let dir = rig.room.path().join("journal");
    let ingestor = start(options(&dir, broker.address()), &rig.database, rig.store()).await;
    let new = entity::quarantine::NewReplay {
        of: entity::quarantine::QuarantineFilter::default(),
        requested_by: "ada".to_owned(),
        requested_at: Utc::now(),
    };
    let db = rig.database.connect().await;
    entity::quarantine::request_replay(&db, &new)
        .await
        .expect("it is written")
        .expect("room");
    let pool = rig.pool().await;
    wait_number(&pool, "SELECT count(*) FROM reading WHERE time < '1900-01-01'", 2).await;
    ingestor.stop().await.expect("it stops");
}
