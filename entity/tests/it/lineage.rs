//! Lineage in numbers: everything is counted once, and what is missing is found where it is missing.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use entity::DatabaseConnection;
use entity::lineage::{self, Messages, Readings, Since, Window};
use entity::load::{ArchivedSegment, Counts, LoadTransaction, NewQuarantined, NewReading, NewSensorList};
use entity::load::{OnConflict, record_archived};
use entity::rollup::{Level, RefreshOptions, refresh};
use sea_orm::ConnectionTrait as _;

use crate::support::{at, journal, on_both, one, reading, sensors};

on_both!(
    each_reading_is_counted_once_however_far_it_is_rolled_up,
    what_is_missing_is_found_in_the_hour_of_its_receipt,
    what_waits_for_s3_tells_since_when,
    whatever_is_loaded_and_refreshed_adds_up,
);

/// What a message is.
#[derive(Clone, Copy)]
enum Said {
    Reading(NewReading),
    Nonsense,
    List,
}

/// Loads a piece of a journal as a loader does; gives its last position. `second` is that of its receipt.
async fn load(db: &DatabaseConnection, journal_id: i16, first_seq: i64, second: i64, said: &[Said]) -> i64 {
    let received_at = at(second);
    let mut transaction = LoadTransaction::begin(db, journal_id).await.unwrap();
    let mut counts = Counts::default();
    let (mut readings, mut quarantined) = (Vec::new(), Vec::new());
    for (seq, said) in (first_seq..).zip(said) {
        match said {
            Said::Reading(reading) => {
                let time = reading.time.timestamp_micros();
                counts.time_min_us = Some(counts.time_min_us.map_or(time, |min| min.min(time)));
                counts.time_max_us = Some(counts.time_max_us.map_or(time, |max| max.max(time)));
                readings.push(NewReading {
                    seq,
                    received_at,
                    ..*reading
                });
            }
            Said::Nonsense => quarantined.push(nonsense(seq, received_at)),
            Said::List => {
                let list = NewSensorList {
                    source: "plant".to_owned(),
                    received_at,
                    seq,
                    sha256: [0; 32],
                    sensors: Vec::new(),
                };
                transaction.apply_sensor_list(&list).await.unwrap();
            }
        }
    }
    let written = transaction.write_readings(&readings).await.unwrap();
    transaction.quarantine(&quarantined).await.unwrap();
    counts.quarantined = quarantined.len() as i64;
    counts.decoded = said.len() as i64 - counts.quarantined;
    counts.readings_new = written.new as i64;
    counts.readings_duplicate = written.duplicate as i64;
    counts.readings_conflicting = written.conflicting as i64;
    transaction.add_counts(first_seq, counts).await.unwrap();
    let last = first_seq + said.len() as i64 - 1;
    transaction.move_checkpoint(first_seq - 1, last).await.unwrap();
    transaction.commit().await.unwrap();
    last
}

fn nonsense(seq: i64, received_at: DateTime<Utc>) -> NewQuarantined {
    NewQuarantined {
        received_at,
        seq,
        item: 0,
        source: "plant".to_owned(),
        topic: "sensors".to_owned(),
        code: "not_json",
        reason: "It is no JSON.".to_owned(),
        sensor: None,
        payload: b"?".to_vec(),
        payload_size: 1,
        imported: false,
        counted: None,
    }
}

async fn archive(db: &DatabaseConnection, journal_id: i16, first_seq: i64, last_seq: i64, second: i64) {
    let segment = ArchivedSegment {
        first_seq,
        last_seq,
        messages: last_seq - first_seq + 1,
        object_key: format!("raw/{journal_id}-{first_seq}"),
        sha256: [0; 32],
        bytes: 1,
        bytes_compressed: 1,
        first_received_at: at(second),
        last_received_at: at(second),
        archived_at: at(second + 60),
    };
    record_archived(db, journal_id, &segment).await.unwrap();
}

fn patience(minute: u64, hour: u64, day: u64) -> RefreshOptions {
    RefreshOptions {
        minute_patience: Duration::from_secs(minute),
        hour_patience: Duration::from_secs(hour),
        day_patience: Duration::from_secs(day),
        ..RefreshOptions::default()
    }
}

/// Longer than any test.
const NEVER: u64 = 1_000_000;

/// Stored, in days, in hours, in minutes, in none.
async fn counted(db: &DatabaseConnection) -> [i64; 5] {
    let Readings {
        stored,
        in_days,
        in_hours,
        in_minutes,
        in_none,
        ..
    } = lineage::readings(db).await.unwrap().unwrap();
    [stored, in_days, in_hours, in_minutes, in_none]
}

async fn each_reading_is_counted_once_however_far_it_is_rolled_up(db: &DatabaseConnection) {
    assert_eq!(counted(db).await, [0; 5], "nothing of nothing");
    let journal_id = journal(db).await;
    let ids: Vec<i32> = sensors(db, &["a", "b"])
        .await
        .iter()
        .map(|known| known.id)
        .collect();
    // Two days of two sensors; one reading fails, which counts as well, one comes twice and one with another value.
    let mut said: Vec<Said> = (0..48)
        .flat_map(|hour| {
            ids.iter()
                .map(move |id| Said::Reading(reading(*id, hour * 3_600, 1.0, 0)))
        })
        .collect();
    if let Said::Reading(first) = &mut said[0] {
        first.flag = entity::QualityFlag::Fail;
    }
    said.push(said[2]);
    said.push(Said::Reading(reading(ids[0], 0, 2.0, 0)));
    said.extend([Said::Nonsense, Said::List]);
    load(db, journal_id, 1, 0, &said).await;
    assert_eq!(counted(db).await, [96, 0, 0, 0, 96]);
    refresh(db, &patience(0, NEVER, NEVER)).await.unwrap();
    assert_eq!(counted(db).await, [96, 0, 0, 96, 0]);
    refresh(db, &patience(0, 0, NEVER)).await.unwrap();
    assert_eq!(counted(db).await, [96, 0, 96, 0, 0]);
    refresh(db, &patience(0, 0, 0)).await.unwrap();
    assert_eq!(counted(db).await, [96, 96, 0, 0, 0]);
    // Two come late: their minute, and the hour and the day around it, are counted further down for that sensor alone.
    let day = Level::Day.floor(at(24 * 3_600));
    let second = (day - at(0)).num_seconds() + 12 * 3_600 + 1;
    let late = [1, 2].map(|later| Said::Reading(reading(ids[0], second + later, 1.0, 0)));
    load(db, journal_id, 101, 0, &late).await;
    let of_day = 24;
    let found = counted(db).await;
    assert_eq!(
        found,
        [
            98,
            96 - of_day,
            of_day - found[3] - (found[4] - 2),
            found[3],
            found[4]
        ]
    );
    assert!(found[4] >= 2 && found[2] >= 22, "{found:?}");
    let sums = lineage::readings(db).await.unwrap().unwrap();
    assert_eq!((sums.quarantined, sums.refused, sums.kept_aside), (1, 0, 1));
    assert_eq!(sums.counted(), sums.stored);
    // What is lost shows, wherever it was lost.
    refresh(db, &patience(0, 0, 0)).await.unwrap();
    db.execute_unprepared("DELETE FROM quarantined_message")
        .await
        .unwrap();
    db.execute_unprepared(&format!("DELETE FROM reading_1d WHERE sensor_id = {}", ids[0]))
        .await
        .unwrap();
    let sums = lineage::readings(db).await.unwrap().unwrap();
    assert_eq!((sums.stored, sums.counted(), sums.kept_aside), (98, 48, 0));
}

fn hour(second: i64) -> DateTime<Utc> {
    Level::Hour.floor(at(second))
}

async fn messages(db: &DatabaseConnection, closed_before: i64) -> Messages {
    let since = Since {
        windows: at(0) - TimeDelta::days(30),
        all_windows: at(NEVER as i64),
        closed_before: at(closed_before),
    };
    lineage::messages(db, &since).await.unwrap()
}

/// The hours that do not balance, with what is skipped, astray and unstored.
fn wrong(messages: &Messages) -> Vec<(DateTime<Utc>, i64, i64, i64)> {
    let wrong = |window: &Window| (window.hour, window.skipped, window.astray, window.unstored);
    messages.windows.iter().map(wrong).collect()
}

async fn what_is_missing_is_found_in_the_hour_of_its_receipt(db: &DatabaseConnection) {
    let journal_id = journal(db).await;
    let id = sensors(db, &["a"]).await[0].id;
    let said = |minute: i64| -> Vec<Said> {
        let reading = |second| Said::Reading(reading(id, minute * 60 + second, 1.0, 0));
        vec![reading(0), reading(1), Said::Nonsense, Said::List, reading(2)]
    };
    let mut firsts = Vec::new();
    for minute in (0..240).step_by(30) {
        let first = 1 + firsts.len() as i64 * 5;
        let last = load(db, journal_id, first, minute * 60, &said(minute)).await;
        archive(db, journal_id, first, last, minute * 60).await;
        firsts.push(first);
    }
    let run = async |statement: String| {
        db.execute_unprepared(&statement).await.unwrap();
    };
    let of = |place: usize| {
        format!(
            "WHERE journal_id = {journal_id} AND first_seq = {}",
            firsts[place]
        )
    };
    let found = messages(db, 100_000).await;
    assert_eq!(wrong(&found), []);
    assert_eq!(
        (
            found.lists,
            found
                .journals
                .iter()
                .map(|one| one.skipped() + one.astray)
                .sum::<i64>()
        ),
        (8, 0)
    );
    let all = Since {
        all_windows: at(0) - TimeDelta::hours(1),
        closed_before: at(100_000),
        windows: at(0) - TimeDelta::hours(1),
    };
    let all = lineage::messages(db, &all).await.unwrap().windows;
    assert_eq!(
        all.iter()
            .map(|window| [window.messages, window.loaded, window.decoded, window.expected])
            .fold([0; 4], |sum, one| { std::array::from_fn(|i| sum[i] + one[i]) }),
        [40, 40, 32, 24]
    );

    // A segment that S3 has lost, as far as its row says; one that is loaded in part; one whose reading was never stored.
    run(format!(
        "UPDATE segment SET last_seq = NULL, messages = NULL, bytes = NULL, bytes_compressed = NULL, first_received_at = NULL, \
         last_received_at = NULL, archived_at = NULL, object_key = NULL, sha256 = NULL {}",
        of(1)
    ))
    .await;
    run(format!(
        "UPDATE segment SET decoded = decoded - 2, readings_new = readings_new - 2 {}",
        of(4)
    ))
    .await;
    run(format!(
        "UPDATE segment SET readings_new = readings_new - 1 {}",
        of(6)
    ))
    .await;
    let found = messages(db, 100_000).await;
    let mut expected = vec![
        (hour(2 * 1_800), 5, 0, 0),
        (hour(4 * 1_800), 0, 2, 0),
        (hour(6 * 1_800), 0, 0, 1),
    ];
    expected.dedup();
    assert_eq!(wrong(&found), expected);
    let journal = found.journals.iter().find(|one| one.id == journal_id).unwrap();
    assert_eq!(
        (
            journal.skipped(),
            journal.astray,
            journal.archived,
            journal.waiting()
        ),
        (5, 2, 35, 0)
    );
    // Hours that are not closed are not looked at.
    let open = (hour(4 * 1_800) - at(0)).num_seconds();
    assert_eq!(wrong(&messages(db, open).await), expected[..1]);
    assert_eq!(wrong(&messages(db, open + 3_600).await), expected[..2]);
}

async fn what_waits_for_s3_tells_since_when(db: &DatabaseConnection) {
    let journal_id = journal(db).await;
    let id = sensors(db, &["a"]).await[0].id;
    let reading = |second| Said::Reading(reading(id, second, 1.0, 0));
    let last = load(db, journal_id, 1, 0, &[reading(0)]).await;
    archive(db, journal_id, 1, last, 0).await;
    let of = |messages: Messages| {
        let journal = messages
            .journals
            .into_iter()
            .find(|one| one.id == journal_id)
            .unwrap();
        (journal.waiting(), journal.waiting_received_at)
    };
    assert_eq!(of(messages(db, 10_000).await), (0, None));
    // By a reading of it, one hour late.
    load(db, journal_id, 2, 5_000, &[reading(1_400), reading(1_500)]).await;
    assert_eq!(of(messages(db, 10_000).await), (2, Some(at(5_000))));
    // Received lately, as far as is known without looking.
    assert_eq!(of(messages(db, 0).await), (2, None));
    archive(db, journal_id, 2, 3, 5_000).await;
    // The same reading again shows nowhere, but for what comes with it.
    load(db, journal_id, 4, 6_000, &[reading(1_500)]).await;
    assert_eq!(of(messages(db, 10_000).await), (1, None));
    load(db, journal_id, 5, 7_000, &[Said::List]).await;
    load(db, journal_id, 6, 6_500, &[Said::Nonsense]).await;
    assert_eq!(of(messages(db, 10_000).await), (3, Some(at(6_500))));
}

async fn whatever_is_loaded_and_refreshed_adds_up(db: &DatabaseConnection) {
    let journal_id = journal(db).await;
    let ids: Vec<i32> = sensors(db, &["a", "b", "c"])
        .await
        .iter()
        .map(|known| known.id)
        .collect();
    let mut state = 20_261_126_u64;
    let mut random = move |below: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    let mut first = 1;
    for round in 0..60 {
        let said: Vec<Said> = (0..=random(20))
            .map(|_| {
                let mut reading = reading(
                    ids[random(3)],
                    random(3 * 86_400) as i64 / 30 * 30,
                    random(2) as f64,
                    0,
                );
                reading.on_conflict = [OnConflict::First, OnConflict::Latest][random(2)];
                Said::Reading(reading)
            })
            .collect();
        first = load(db, journal_id, first, 0, &said).await + 1;
        let wait = |random: usize| if random == 0 { NEVER } else { 0 };
        let options = patience(wait(random(2)), wait(random(2)), wait(random(2)));
        refresh(db, &options).await.unwrap();
        let sums = lineage::readings(db).await.unwrap().unwrap();
        let readings: i64 = one(db, "SELECT count(*) FROM reading").await;
        assert_eq!(
            (sums.stored, sums.counted()),
            (readings, readings),
            "round {round}: {sums:?}"
        );
    }
}
