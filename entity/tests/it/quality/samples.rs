//! The readings of windows with their neighbours, against what a walk over all readings finds.

use entity::load::NewReading;
use entity::quality::{SampleRequest, Samples, samples};
use entity::{DatabaseConnection, QualityFlag};
use sea_orm::TransactionTrait;

use crate::support::{at, journal, on_both, reading, sensors, write};

on_both!(
    each_window_comes_with_the_neighbours_that_it_takes,
    pieces_make_up_the_whole,
    a_transaction_sees_what_it_wrote,
);

/// Two sensors that send every other second; of the first one runs of readings are not sound, longer and longer ones.
async fn fill(db: &DatabaseConnection) -> Vec<NewReading> {
    let ids: Vec<i32> = sensors(db, &["a", "b"])
        .await
        .iter()
        .map(|sensor| sensor.id)
        .collect();
    let mut readings = Vec::new();
    for second in (0..400).step_by(2) {
        let run = second % 80;
        let flag = match run {
            0..24 if run < second / 10 => QualityFlag::Fail,
            30 => QualityFlag::Missing,
            40 => QualityFlag::Suspect,
            _ => QualityFlag::Pass,
        };
        readings.push(NewReading {
            flag,
            ..reading(ids[0], second, second as f64, second)
        });
        if second % 50 == 0 {
            readings.push(reading(ids[1], second, -1.0, second));
        }
    }
    write(db, journal(db).await, &readings).await.unwrap();
    readings
}

fn request(sensor_id: i32, from: i64, to: i64, context: u32) -> SampleRequest {
    SampleRequest {
        sensor_id,
        from: at(from),
        to: at(to),
        context,
        behind: None,
    }
}

fn is_sound(reading: &NewReading) -> bool {
    !matches!(reading.flag, QualityFlag::Fail | QualityFlag::Missing)
}

/// By the words of [`Samples`].
fn expected(readings: &[NewReading], asked: &SampleRequest) -> Samples {
    let context = asked.context as usize;
    let of_sensor = readings.iter().filter(|one| one.sensor_id == asked.sensor_id);
    let (before, rest): (Vec<&NewReading>, Vec<&NewReading>) =
        of_sensor.partition(|one| one.time < asked.from);
    let (inside, behind): (Vec<&NewReading>, Vec<&NewReading>) =
        rest.into_iter().partition(|one| one.time < asked.to);
    let mut found: Vec<&NewReading> = before.iter().rev().take(context).copied().collect();
    found.extend(
        before
            .iter()
            .rev()
            .copied()
            .filter(|reading| is_sound(reading))
            .take(context),
    );
    found.extend(inside);
    found.extend(behind.first());
    found.extend(behind.iter().copied().find(|reading| is_sound(reading)));
    found.sort_unstable_by_key(|one| one.time);
    found.dedup_by_key(|one| one.time);
    Samples {
        times: found.iter().map(|one| one.time).collect(),
        received: found.iter().map(|one| one.received_at).collect(),
        values: found.iter().map(|one| one.value).collect(),
        flags: found.iter().map(|one| one.flag).collect(),
        has_more: false,
    }
}

/// Windows of both sensors, and one of a sensor that is not there.
fn windows(readings: &[NewReading]) -> Vec<SampleRequest> {
    let mut asked = Vec::new();
    for sensor_id in [readings[0].sensor_id, readings[1].sensor_id] {
        for from in (-20..420).step_by(13) {
            for (length, context) in [(1, 1), (30, 4), (77, 20), (1000, 500)] {
                asked.push(request(sensor_id, from, from + length, context));
            }
        }
    }
    asked.push(request(1_000_000, 0, 400, 10));
    asked
}

async fn each_window_comes_with_the_neighbours_that_it_takes(db: &DatabaseConnection) {
    let readings = fill(db).await;
    let asked = windows(&readings);
    let found = samples(db, &asked, 10_000).await.unwrap();
    assert_eq!(found.len(), asked.len());
    for (asked, found) in asked.iter().zip(&found) {
        assert_eq!(*found, expected(&readings, asked), "{asked:?}");
    }
    // The model itself is no empty word: runs that are not sound are passed over, before a window and behind it.
    let beside_runs = expected(&readings, &request(readings[0].sensor_id, 340, 342, 4));
    assert!(beside_runs.times[0] < at(320) && beside_runs.len() < 12);
    assert_eq!(samples(db, &[], 10).await.unwrap(), Vec::new());
}

async fn pieces_make_up_the_whole(db: &DatabaseConnection) {
    let readings = fill(db).await;
    for whole in windows(&readings).into_iter().step_by(7) {
        let mut asked = whole;
        let mut all = Samples::default();
        loop {
            let piece = samples(db, &[asked], 5).await.unwrap().remove(0);
            assert!(piece.len() <= 5);
            assert_eq!(piece.has_more, piece.len() == 5);
            asked.behind = piece.times.last().copied();
            all.times.extend(piece.times);
            all.received.extend(piece.received);
            all.values.extend(piece.values);
            all.flags.extend(piece.flags);
            if !piece.has_more {
                break;
            }
        }
        assert_eq!(all, expected(&readings, &whole), "{whole:?}");
    }
}

async fn a_transaction_sees_what_it_wrote(db: &DatabaseConnection) {
    let readings = fill(db).await;
    let sensor_id = readings[0].sensor_id;
    let transaction = db.begin().await.unwrap();
    let insert = format!(
        "INSERT INTO reading (time, value, received_at, seq, sensor_id, flag, journal_id) \
         VALUES ('{}', 7, now(), 1, {sensor_id}, 1, 1)",
        at(1001).to_rfc3339(),
    );
    sea_orm::ConnectionTrait::execute_unprepared(&transaction, &insert)
        .await
        .unwrap();
    let found = samples(&transaction, &[request(sensor_id, 1000, 1010, 1)], 10)
        .await
        .unwrap();
    assert_eq!(found[0].times, [at(398), at(1001)]);
    transaction.rollback().await.unwrap();
    let found = samples(db, &[request(sensor_id, 1000, 1010, 1)], 10)
        .await
        .unwrap();
    assert_eq!(found[0].times, [at(398)]);
}
