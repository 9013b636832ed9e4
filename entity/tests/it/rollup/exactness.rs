//! Every answer equals GROUP BY on the readings, whatever was loaded and however much of it is refreshed.

use chrono::{DateTime, TimeDelta, Utc};
use entity::load::{NewReading, OnConflict};
use entity::query::aggregates::{AggregatesOf, Numbers};
use entity::query::readings::TimeRange;
use entity::rollup::{RefreshOptions, Refreshed, refresh};
use entity::{DatabaseConnection, FlagSet, QualityFlag};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use sea_orm::ConnectionTrait;

use super::model;
use super::{at_once, second};
use crate::support::{journal, on_both, one, sensors, write};

on_both!(every_answer_is_what_the_readings_say);

#[derive(Debug, Clone)]
enum Action {
    /// A batch of one transaction.
    Load(Vec<NewReading>),
    /// A step of the refresher, which may stop half-way for its bounds or its patience.
    Refresh(RefreshOptions),
}

#[derive(Debug, Clone)]
struct Question {
    edges: Vec<DateTime<Utc>>,
    range: TimeRange,
    flags: FlagSet,
    crossed: bool,
}

/// Few sensors; times around the edges of minutes, hours and days, so that batches meet; values of all sizes.
fn reading() -> impl Strategy<Value = NewReading> {
    // The last three are as far from others as lines go, and further.
    let edges = vec![
        0, 30, 60, 3_600, 7_200, 86_400, 90_000, 100_020, 172_800, 3_024_000, 3_110_400, 6_300_000,
    ];
    let values = vec![
        0.0,
        -0.0,
        1.0,
        2.5,
        -17.25,
        1.2e8,
        120_000_000.01,
        1e-200,
        3e-131,
        1e130,
        -1.7e308,
        1.7e308,
    ];
    let flags = vec![
        QualityFlag::Pass,
        QualityFlag::Pass,
        QualityFlag::NotEvaluated,
        QualityFlag::Suspect,
        QualityFlag::Fail,
        QualityFlag::Missing,
    ];
    (
        0..3_i32,
        prop::sample::select(edges),
        -2_i64..3,
        prop::sample::select(vec![0, 1, 999_999]),
        prop::sample::select(values),
        prop::sample::select(flags),
        1..50_i64,
        any::<bool>(),
    )
        .prop_map(|(sensor_id, edge, by, micros, value, flag, seq, latest)| {
            let time = second(edge + by) + TimeDelta::microseconds(micros);
            NewReading {
                sensor_id,
                time,
                value,
                flag,
                received_at: second(200_000 + seq % 4),
                seq,
                on_conflict: if latest {
                    OnConflict::Latest
                } else {
                    OnConflict::First
                },
            }
        })
}

fn action() -> impl Strategy<Value = Action> {
    let never = std::time::Duration::from_hours(1);
    let patience = move || prop::sample::select(vec![std::time::Duration::ZERO, never]);
    let step = (1..5_u32, 1..4_u32, patience(), patience(), patience()).prop_map(
        |(minutes_max, coarse_max, minute_patience, hour_patience, day_patience)| RefreshOptions {
            minutes_max,
            coarse_max,
            minute_patience,
            hour_patience,
            day_patience,
        },
    );
    prop_oneof![
        prop::collection::vec(reading(), 1..25).prop_map(Action::Load),
        step.prop_map(Action::Refresh),
        Just(Action::Refresh(at_once())),
    ]
}

fn question() -> impl Strategy<Value = Question> {
    let widths = vec![
        1, 7, 60, 90, 900, 3_600, 5_400, 82_800, 86_400, 90_000, 200_000, 2_678_400,
    ];
    let starts = vec![
        -86_400, -3_600, -60, 0, 1, 3_570, 3_600, 82_800, 86_400, 3_000_000,
    ];
    let flags = vec![
        FlagSet::SERVED,
        FlagSet::SERVED,
        FlagSet::ALL,
        FlagSet::NONE.with(QualityFlag::Pass).with(QualityFlag::Fail),
    ];
    (
        prop::sample::select(starts),
        prop::sample::select(widths),
        1_i64..60,
        -100_i64..4_000,
        -100_i64..4_000,
        prop::sample::select(flags),
        any::<bool>(),
    )
        .prop_map(
            |(start, width, count, cut_from, cut_to, flags, crossed)| Question {
                edges: (0..=count).map(|edge| second(start + edge * width)).collect(),
                range: TimeRange {
                    from: second(start + cut_from),
                    to: second(start + count * width - cut_to),
                },
                flags,
                crossed,
            },
        )
}

async fn every_answer_is_what_the_readings_say(db: &DatabaseConnection) {
    let known: Vec<i32> = sensors(db, &["a", "b", "c"])
        .await
        .iter()
        .map(|one| one.id)
        .collect();
    let journal = journal(db).await;
    let case = prop::collection::vec((action(), question()), 3..10);
    let runtime = tokio::runtime::Handle::current();
    let mut runner = TestRunner::new(Config {
        cases: 64,
        failure_persistence: None,
        max_shrink_iters: 200,
        ..Config::default()
    });
    runner
        .run(&case, |steps| {
            tokio::task::block_in_place(|| runtime.block_on(play(db, journal, &known, steps)))
        })
        .unwrap();
}

async fn play(
    db: &DatabaseConnection,
    journal: i16,
    sensors: &[i32],
    steps: Vec<(Action, Question)>,
) -> Result<(), TestCaseError> {
    db.execute_unprepared(
        "DELETE FROM reading; DELETE FROM reading_conflict; DELETE FROM rollup_dirty; DELETE FROM rollup_due; \
         DELETE FROM reading_1m; DELETE FROM reading_1h; DELETE FROM reading_1d",
    )
    .await
    .unwrap();
    let mut questions = Vec::new();
    for (action, question) in steps {
        match action {
            Action::Load(mut readings) => {
                for reading in &mut readings {
                    reading.sensor_id = sensors[reading.sensor_id as usize];
                }
                write(db, journal, &readings).await.unwrap();
            }
            Action::Refresh(options) => {
                refresh(db, &options).await.unwrap().unwrap();
            }
        }
        ask(db, sensors, &question).await?;
        questions.push(question);
    }
    while refresh(db, &at_once()).await.unwrap().unwrap() != Refreshed::default() {}
    let notes = "SELECT (SELECT count(*) FROM rollup_dirty) + (SELECT count(*) FROM rollup_due)";
    prop_assert_eq!(one::<i64>(db, notes).await, 0);
    for question in &questions {
        ask(db, sensors, question).await?;
    }
    Ok(())
}

async fn ask(db: &DatabaseConnection, sensors: &[i32], question: &Question) -> Result<(), TestCaseError> {
    let of = AggregatesOf {
        sensors,
        edges: &question.edges,
        range: question.range,
        flags: question.flags,
        numbers: Numbers::ALL,
        crossed: question.crossed,
    };
    model::check(db, &of).await.map_err(TestCaseError::fail)?;
    model::check_sums(db, &of).await.map_err(TestCaseError::fail)
}
