//! What rollups cost the loader: the same batches through the same transaction, with and without.
//!
//! Without means: a rule of the database turns the notes into nothing, and nobody refreshes. With means: the notes, and
//! the refresher at work beside the loader. The readings are of a day long over, so that the refresher may take every
//! minute soon; they come in the order of time, as fast as they are taken.
//!
//! And what the catalogue costs it: the same with the catalogue kept beside, quality measured.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use catalogue::discover::GraphqlTypes;
use catalogue::quality::RuleSet;
use catalogue::{Annotations, Evaluator, Keeper};
use chrono::{DateTime, TimeDelta, Utc};
use entity::load::{self, LoadTransaction, NewReading, OnConflict};
use entity::{DatabaseConnection, QualityFlag};
use sea_orm::ConnectionTrait as _;

use crate::refreshing::{catch_up, keep_refreshing};
use crate::report::median;
use crate::server::{self, Server};

const READINGS: usize = 1_500_000;
/// As the loader takes them by default.
const BATCH: usize = 5_000;

/// Minutes of the time before now are measured, those of a day long over are not.
const HOURS_AGO: i64 = 3;

/// What works beside the loader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Beside {
    Nothing,
    Refresher,
    RefresherAndCatalogue,
}

struct Shape {
    name: &'static str,
    sensors: usize,
    interval: TimeDelta,
}

pub(crate) async fn run(runs: usize) -> anyhow::Result<()> {
    let shapes = [
        Shape {
            name: "1,000 sensors at 1 Hz",
            sensors: 1_000,
            interval: TimeDelta::seconds(1),
        },
        Shape {
            name: "100,000 sensors, one reading a minute",
            sensors: 100_000,
            interval: TimeDelta::minutes(1),
        },
    ];
    for shape in shapes {
        compare(&shape, runs).await?;
    }
    Ok(())
}

async fn compare(shape: &Shape, runs: usize) -> anyhow::Result<()> {
    let server = Server::start().await?;
    let (journal_id, sensors) = server::sensors(&server.db, shape.sensors).await?;
    let start = DateTime::from_timestamp(1_767_225_600, 0).context("a time")?;
    let readings = readings(shape, &sensors, start);
    let (mut without, mut with, mut behind) = (Vec::new(), Vec::new(), Vec::new());
    // The first pair warms up.
    for run in 0..=runs {
        for rolled in [run % 2 == 0, run % 2 == 1] {
            let beside = if rolled {
                Beside::Refresher
            } else {
                Beside::Nothing
            };
            let (rate, rest) = load_once(&server, journal_id, &readings, beside).await?;
            if run > 0 && rolled {
                with.push(rate);
                behind.push(rest.as_secs_f64());
            } else if run > 0 {
                without.push(rate);
            }
        }
    }
    server.stop().await?;
    let (without, with) = (median(without), median(with));
    println!(
        "loading, {}: {without} readings/s without rollups, {with} with: {:.2}; the refresher had {} s left to do",
        shape.name,
        with.middle / without.middle,
        median(behind),
    );
    Ok(())
}

/// Interleaved pairs of loading with the catalogue kept beside and without.
pub(crate) async fn beside_catalogue(runs: usize) -> anyhow::Result<()> {
    let server = Server::start().await?;
    let shape = Shape {
        name: "1,000 sensors at 1 Hz",
        sensors: 1_000,
        interval: TimeDelta::seconds(1),
    };
    let (journal_id, sensors) = server::sensors(&server.db, shape.sensors).await?;
    let readings = readings(&shape, &sensors, Utc::now() - TimeDelta::hours(HOURS_AGO));
    let (mut without, mut with, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    // The first pair warms up.
    for run in 0..=runs {
        let mut rates = [0.0; 2];
        for kept in [run % 2 == 0, run % 2 == 1] {
            let beside = if kept {
                Beside::RefresherAndCatalogue
            } else {
                Beside::Refresher
            };
            rates[usize::from(kept)] = load_once(&server, journal_id, &readings, beside).await?.0;
        }
        if run > 0 {
            without.push(rates[0]);
            with.push(rates[1]);
            ratios.push(rates[1] / rates[0]);
        }
    }
    server.stop().await?;
    let ratio = median(ratios);
    println!(
        "loading, {}, in {runs} pairs: {} readings/s without the catalogue beside, {} with it; of each pair {:.3} ({:.3} to {:.3})",
        shape.name,
        median(without),
        median(with),
        ratio.middle,
        ratio.lowest,
        ratio.highest,
    );
    Ok(())
}

/// The catalogue as the API keeps it.
async fn keep_catalogue(db: DatabaseConnection) {
    let keeper = Keeper::new(&db, Annotations::default(), GraphqlTypes::default(), Utc::now);
    let mut evaluator = Evaluator::new(&db, RuleSet::default());
    tokio::select! {
        never = keeper.run() => match never {},
        never = evaluator.run(Utc::now) => match never {},
    }
}

/// Loads all of it into empty tables; gives the rate, and how long the refresher then takes to have everything.
async fn load_once(
    server: &Server,
    journal_id: i16,
    readings: &[NewReading],
    beside: Beside,
) -> anyhow::Result<(f64, Duration)> {
    let rolled = beside != Beside::Nothing;
    let rule = if rolled {
        "DROP RULE IF EXISTS no_notes ON rollup_dirty"
    } else {
        "CREATE OR REPLACE RULE no_notes AS ON INSERT TO rollup_dirty DO INSTEAD NOTHING"
    };
    let empty = "TRUNCATE reading, reading_conflict, rollup_dirty, rollup_due, reading_1m, reading_1h, reading_1d, segment, \
                 quality_measurement, quality_due, quality_progress, reading_flag";
    for statement in [rule, empty, "CHECKPOINT"] {
        // A checkpoint is the superuser's; where we may not, the server takes its own.
        let done = server.db.execute_unprepared(statement).await;
        if statement != "CHECKPOINT" {
            done.context("prepare the tables")?;
        }
    }
    let refresher = if rolled {
        Some(tokio::spawn(keep_refreshing(server::connect(&server.url).await?)))
    } else {
        None
    };
    let catalogue = if beside == Beside::RefresherAndCatalogue {
        Some(tokio::spawn(keep_catalogue(server::connect(&server.url).await?)))
    } else {
        None
    };
    // Statements prepared under the rule stay nothing when it is gone, so each run has connections of its own.
    let db = server::connect(&server.url).await?;
    let mut checkpoint = load::checkpoint(&db, journal_id).await?;
    let began = Instant::now();
    for batch in readings.chunks(BATCH) {
        let mut transaction = LoadTransaction::begin(&db, journal_id).await?;
        let written = transaction.write_readings(batch).await?;
        anyhow::ensure!(
            written.new == batch.len() as u64,
            "not all readings are new: {written:?}"
        );
        transaction.move_checkpoint(checkpoint, checkpoint + 1).await?;
        transaction.commit().await?;
        checkpoint += 1;
    }
    let rate = readings.len() as f64 / began.elapsed().as_secs_f64();
    if let Some(catalogue) = catalogue {
        catalogue.abort();
    }
    let Some(refresher) = refresher else {
        return Ok((rate, Duration::ZERO));
    };
    refresher.abort();
    let began = Instant::now();
    catch_up(&server.db).await?;
    let rest = began.elapsed();
    let rolled: i64 = sqlx::query_scalar("SELECT coalesce(sum(count), 0)::int8 FROM reading_1m")
        .fetch_one(server.db.get_postgres_connection_pool())
        .await?;
    anyhow::ensure!(
        rolled == readings.len() as i64,
        "only {rolled} readings are rolled up"
    );
    Ok((rate, rest))
}

fn readings(shape: &Shape, sensors: &[i32], start: DateTime<Utc>) -> Vec<NewReading> {
    (0..READINGS)
        .map(|index| {
            let (tick, sensor) = (index / sensors.len(), index % sensors.len());
            let within = shape.interval * (sensor as i32) / (sensors.len() as i32);
            let time = start
                + shape.interval * (tick as i32)
                + TimeDelta::microseconds(within.num_microseconds().unwrap_or(0));
            NewReading {
                sensor_id: sensors[sensor],
                time,
                value: 20.0 + ((index * 7_919) % 1_000) as f64 / 100.0,
                flag: QualityFlag::Pass,
                received_at: time + TimeDelta::seconds(1),
                seq: index as i64 + 1,
                on_conflict: OnConflict::First,
            }
        })
        .collect()
}
