//! Loaders, refreshers that are killed, and readers, all at once: no reader ever sees anything but what the readings say.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use chrono::TimeDelta;
use entity::load::{NewReading, OnConflict};
use entity::query::aggregates::{AggregatesOf, Numbers};
use entity::query::readings::TimeRange;
use entity::rollup::{RefreshOptions, Refreshed, refresh};
use entity::{ConnectOptions, DatabaseConnection, FlagSet, QualityFlag};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use sea_orm::{ConnectionTrait as _, IsolationLevel, TransactionTrait as _};

use super::{at_once, model, second};
use crate::support::{journal, one, postgres, sensors, write};

const REFRESHER: &str = "fieldbook-test-refresher";
const BATCHES: usize = 80;

/// Random numbers of their own for each part; the same in every run.
fn runner(part: u8) -> TestRunner {
    TestRunner::new_with_rng(
        Config::default(),
        TestRng::from_seed(RngAlgorithm::ChaCha, &[part; 32]),
    )
}

fn draw<T: std::fmt::Debug>(runner: &mut TestRunner, strategy: &impl Strategy<Value = T>) -> T {
    use proptest::strategy::ValueTree as _;
    strategy.new_tree(runner).unwrap().current()
}

/// Minutes of two days, most of them in a few hours, so that loaders and refreshers meet.
fn batch() -> impl Strategy<Value = Vec<(usize, i64, i64, bool, bool)>> {
    let second = prop_oneof![4 => 0_i64..3_600, 1 => 0_i64..172_800];
    prop::collection::vec(
        (
            0..4_usize,
            second,
            0_i64..4,
            prop::bool::weighted(0.1),
            any::<bool>(),
        ),
        1..200,
    )
}

async fn load(db: &DatabaseConnection, part: u8, journal: i16, sensors: &[i32]) {
    let mut runner = runner(part);
    for number in 0..BATCHES {
        let batch = draw(&mut runner, &batch());
        let readings: Vec<NewReading> = batch
            .into_iter()
            .map(|(sensor, at, value, failed, latest)| NewReading {
                sensor_id: sensors[sensor],
                time: second(at) + TimeDelta::microseconds(at % 3),
                value: value as f64,
                flag: if failed {
                    QualityFlag::Fail
                } else {
                    QualityFlag::Pass
                },
                received_at: second(200_000 + at % 7),
                seq: number as i64 + 1,
                on_conflict: if latest {
                    OnConflict::Latest
                } else {
                    OnConflict::First
                },
            })
            .collect();
        // A deadlock or a lost race is tried again, as the loader does.
        while let Err(error) = write(db, journal, &readings).await {
            assert!(matches!(error, entity::load::LoadError::Retry(_)), "{error:?}");
        }
    }
}

/// Refreshes until `done`, whoever kills it.
async fn refresh_on(db: &DatabaseConnection, done: &AtomicBool, computed: &AtomicU64) {
    let options = RefreshOptions {
        minutes_max: 50,
        coarse_max: 5,
        ..at_once()
    };
    while !done.load(Ordering::Relaxed) {
        match refresh(db, &options).await {
            Ok(Some(step)) => {
                computed.fetch_add(step.minutes, Ordering::Relaxed);
            }
            Ok(None) | Err(_) => tokio::time::sleep(Duration::from_millis(1)).await,
        }
    }
}

/// Ends refreshers wherever they are.
async fn kill_on(db: &DatabaseConnection, done: &AtomicBool, killed: &AtomicU64) {
    let kill = format!(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
         WHERE application_name = '{REFRESHER}' AND datname = current_database() AND xact_start IS NOT NULL"
    );
    while !done.load(Ordering::Relaxed) {
        let count: i64 = one(db, &kill).await;
        killed.fetch_add(count as u64, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
}

async fn read_on(db: &DatabaseConnection, part: u8, sensors: &[i32], done: &AtomicBool) -> u64 {
    let mut runner = runner(part);
    let widths = prop::sample::select(vec![1_i64, 60, 900, 3_600, 5_400, 86_400]);
    let question = (0_i64..7_000, widths, 1_i64..40, 0_i64..120);
    let mut asked = 0;
    while !done.load(Ordering::Relaxed) {
        let (start, width, count, cut) = draw(&mut runner, &question);
        let start = start - start % width.min(60);
        let edges: Vec<_> = (0..=count).map(|edge| second(start + edge * width)).collect();
        let range = TimeRange {
            from: second(start + cut),
            to: second(start + count * width - cut),
        };
        let of = AggregatesOf {
            sensors,
            edges: &edges,
            range,
            flags: FlagSet::SERVED,
            numbers: Numbers::ALL,
            crossed: asked % 2 == 0,
        };
        let snapshot = db
            .begin_with_config(Some(IsolationLevel::RepeatableRead), None)
            .await
            .unwrap();
        model::check(&snapshot, &of).await.unwrap();
        snapshot.commit().await.unwrap();
        asked += 1;
    }
    asked
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn readers_see_what_the_readings_say_while_all_work_and_refreshers_die() {
    let server = postgres().await;
    let db = &server.db;
    let refreshers = &entity::connect(&ConnectOptions {
        url: server.url.clone(),
        application_name: REFRESHER,
        connections_max: 2,
        statement_timeout: None,
    })
    .await
    .unwrap();
    let known: Vec<i32> = sensors(db, &["a", "b", "c", "d"])
        .await
        .iter()
        .map(|one| one.id)
        .collect();
    let journals = [journal(db).await, journal(db).await, journal(db).await];
    let done = &AtomicBool::new(false);
    let (computed, killed) = (&AtomicU64::new(0), &AtomicU64::new(0));

    let loaders = async {
        tokio::join!(
            load(db, 1, journals[0], &known),
            load(db, 2, journals[1], &known),
            load(db, 3, journals[2], &known),
        );
        done.store(true, Ordering::Relaxed);
    };
    let ((), asked, asked_too, ..) = tokio::join!(
        loaders,
        read_on(db, 4, &known, done),
        read_on(db, 5, &known[..1], done),
        refresh_on(refreshers, done, computed),
        refresh_on(refreshers, done, computed),
        kill_on(db, done, killed),
    );
    assert!(asked + asked_too > 0);
    assert!(killed.load(Ordering::Relaxed) > 0, "no refresher was killed");
    assert!(computed.load(Ordering::Relaxed) > 0, "no refresher came through");

    loop {
        match refresh(db, &at_once()).await.unwrap() {
            Some(step) if step == Refreshed::default() => break,
            _ => {}
        }
    }
    let edges: Vec<_> = (0..=48).map(|hour| second(hour * 3_600)).collect();
    let of = AggregatesOf {
        sensors: &known,
        edges: &edges,
        range: TimeRange {
            from: edges[0],
            to: edges[48],
        },
        flags: FlagSet::SERVED,
        numbers: Numbers::ALL,
        crossed: false,
    };
    model::check(db, &of).await.unwrap();
    // At rest the rollups alone say it.
    db.execute_unprepared(
        "ALTER TABLE reading RENAME TO reading_away; CREATE TABLE reading (LIKE reading_away)",
    )
    .await
    .unwrap();
    let rolled = entity::query::aggregates::aggregates(db, &entity::Scope::Everything, &of)
        .await
        .unwrap();
    db.execute_unprepared("DROP TABLE reading; ALTER TABLE reading_away RENAME TO reading")
        .await
        .unwrap();
    let count: u64 = rolled
        .values()
        .flatten()
        .map(|(_, aggregate)| aggregate.count)
        .sum();
    assert_eq!(
        count as i64,
        one::<i64>(db, "SELECT count(*) FROM reading WHERE flag <> 4").await
    );
}
