//! Readings by position: what a look and a subscriber that catches up are given.

use std::time::Duration;

use chrono::{DateTime, Utc};
use entity::load::{CHANNEL, Counts, LoadTransaction, Loaded, NewReading, NewSensor};
use entity::query::loaded::{
    Heard, Listener, Of, Piece, pieces, positions, readings, sensors_version, visible,
};
use entity::{DatabaseConnection, Scope};
use sea_orm::ConnectionTrait as _;
use sqlx::Connection as _;

use crate::support::{at, journal, on_both, postgres, reading, sensors};

on_both!(
    readings_are_found_by_position_by_key_and_by_time,
    nobody_else_s_readings_are_read_for_a_limited_asker,
    pieces_are_the_segments_between_two_positions,
    sensors_that_change_change_their_version,
);

/// Loads readings as the loader does, the first of a segment at `first_seq`; gives the position reached.
async fn load(db: &DatabaseConnection, journal_id: i16, first_seq: i64, new: &[NewReading]) -> i64 {
    let before = new[0].seq - 1;
    let last = new[new.len() - 1].seq;
    let times = || new.iter().map(|reading| reading.time.timestamp_micros());
    let counts = Counts {
        decoded: new.len() as i64,
        time_min_us: times().min(),
        time_max_us: times().max(),
        ..Counts::default()
    };
    let mut transaction = LoadTransaction::begin(db, journal_id).await.unwrap();
    transaction.write_readings(new).await.unwrap();
    transaction.add_counts(first_seq, counts).await.unwrap();
    transaction.move_checkpoint(before, last).await.unwrap();
    transaction.commit().await.unwrap();
    last
}

fn piece(journal_id: i16, after: i64, upto: i64, spans: &[(i64, i64)]) -> Piece {
    let spans: Vec<(DateTime<Utc>, DateTime<Utc>)> =
        spans.iter().map(|(from, to)| (at(*from), at(*to))).collect();
    Piece {
        journal_id,
        after,
        upto,
        spans,
    }
}

async fn readings_are_found_by_position_by_key_and_by_time(db: &DatabaseConnection) {
    let ids: Vec<i32> = sensors(db, &["a", "b"])
        .await
        .iter()
        .map(|sensor| sensor.id)
        .collect();
    let (one, other) = (journal(db).await, journal(db).await);
    // A late one among them, and another journal's at the same positions and times.
    let seconds = [0, 1, -5_000, 2];
    for (journal_id, sensor) in [(one, ids[0]), (other, ids[1])] {
        let new: Vec<_> = (1..)
            .zip(seconds)
            .map(|(seq, second)| reading(sensor, second, seq as f64, seq))
            .collect();
        load(db, journal_id, 1, &new).await;
    }
    let seqs = async |scope: &Scope, of: Of<'_>, asked: &[Piece]| -> Vec<(i16, i64)> {
        let found = readings(db, scope, of, asked).await.unwrap();
        found
            .iter()
            .map(|reading| (reading.receipt.journal_id, reading.receipt.seq))
            .collect()
    };
    let asked = [
        piece(one, 1, 4, &[(-5_000, -5_000), (0, 2)]),
        piece(other, 0, 2, &[(0, 1)]),
    ];
    let all = [(one, 2), (one, 3), (one, 4), (other, 1), (other, 2)];
    // By key, by time, and of some sensors.
    let everything = Scope::Everything;
    assert_eq!(seqs(&everything, Of::Everybody { sensors: 2 }, &asked).await, all);
    assert_eq!(
        seqs(&everything, Of::Everybody { sensors: 1_000_000 }, &asked).await,
        all
    );
    assert_eq!(seqs(&everything, Of::Sensors(&ids[1..]), &asked).await, all[3..]);
    assert_eq!(seqs(&everything, Of::Sensors(&[]), &asked).await, []);
    assert_eq!(seqs(&everything, Of::Everybody { sensors: 2 }, &[]).await, []);
    assert_eq!(
        seqs(
            &everything,
            Of::Everybody { sensors: 2 },
            &[piece(one, 0, 4, &[])]
        )
        .await,
        []
    );
    assert_eq!(
        seqs(&Scope::Nothing, Of::Everybody { sensors: 2 }, &asked).await,
        []
    );
    assert_eq!(seqs(&Scope::Nothing, Of::Sensors(&ids), &asked).await, []);
    assert_eq!(visible(&everything, &[2, 1, 2]), [1, 2]);
    assert!(visible(&Scope::Nothing, &[2, 1, 2]).is_empty());
    let reached: Vec<_> = positions(db)
        .await
        .unwrap()
        .iter()
        .map(|one| (one.journal_id, one.seq))
        .collect();
    assert!(
        reached.contains(&(one, 4)) && reached.contains(&(other, 4)),
        "{reached:?}"
    );
}

async fn nobody_else_s_readings_are_read_for_a_limited_asker(db: &DatabaseConnection) {
    let known = sensors(db, &["a", "b"]).await;
    let (mine, other) = (known[0].id, known[1].id);
    let journal_id = journal(db).await;
    load(
        db,
        journal_id,
        1,
        &[reading(mine, 0, 0.0, 1), reading(other, 0, 0.0, 2)],
    )
    .await;
    // From now on it is an error to read a row of the other.
    for statement in [
        "ALTER TABLE reading RENAME TO reading_all".to_owned(),
        format!(
            "CREATE FUNCTION is_mine(sensor_id int4) RETURNS bool LANGUAGE plpgsql COST 100000 AS \
             $$ BEGIN IF sensor_id = {other} THEN RAISE 'read for nothing'; END IF; RETURN true; END $$"
        ),
        "CREATE VIEW reading AS SELECT * FROM reading_all WHERE is_mine(sensor_id)".to_owned(),
    ] {
        db.execute_unprepared(&statement).await.unwrap();
    }
    let asked = [piece(journal_id, 0, 2, &[(0, 0)])];
    let everybody = Of::Everybody { sensors: 2 };
    assert!(readings(db, &Scope::Everything, everybody, &asked).await.is_err());
    // By key, and by time.
    let few = Scope::of_sensors(vec![mine]);
    let many = Scope::of_sensors((1..50_000).filter(|sensor| *sensor != other).collect());
    for scope in [few, many] {
        let found = readings(db, &scope, everybody, &asked).await.unwrap();
        let found: Vec<_> = found
            .iter()
            .map(|reading| (reading.sensor_id, reading.receipt.seq))
            .collect();
        assert_eq!(found, [(mine, 1)]);
    }
}

async fn pieces_are_the_segments_between_two_positions(db: &DatabaseConnection) {
    let id = sensors(db, &["a"]).await[0].id;
    let journal_id = journal(db).await;
    for (first_seq, seqs) in [(1, 1..=3), (4, 4..=6), (7, 7..=9)] {
        let new: Vec<_> = seqs.map(|seq| reading(id, seq, 0.0, seq)).collect();
        load(db, journal_id, first_seq, &new).await;
    }
    let found = async |after, upto, pieces_max, positions_max| {
        let (found, reached) = pieces(db, journal_id, after, upto, pieces_max, positions_max)
            .await
            .unwrap();
        let found = found
            .into_iter()
            .map(|piece| (piece.after, piece.upto, piece.spans))
            .collect::<Vec<_>>();
        (found, reached)
    };
    let span = |from, to| vec![(at(from), at(to))];
    let three = vec![(0, 3, span(1, 3)), (3, 6, span(4, 6)), (6, 9, span(7, 9))];
    assert_eq!(found(0, 9, 9, 99).await, (three, 9));
    let cut = vec![(4, 6, span(4, 6)), (6, 8, span(7, 9))];
    assert_eq!(found(4, 8, 9, 99).await, (cut, 8));
    assert_eq!(found(3, 9, 1, 99).await, (vec![(3, 6, span(4, 6))], 6));
    let short = vec![(4, 6, span(4, 6)), (6, 7, span(7, 9))];
    assert_eq!(found(4, 9, 9, 3).await, (short, 7));
    assert_eq!(found(9, 9, 9, 99).await.0.len(), 1);
    assert_eq!(pieces(db, i16::MAX, 0, 9, 9, 99).await.unwrap(), (Vec::new(), 9));
}

async fn sensors_that_change_change_their_version(db: &DatabaseConnection) {
    let before = sensors_version(db).await.unwrap();
    sensors(db, &["a"]).await;
    assert_ne!(sensors_version(db).await.unwrap(), before);
}

/// On PostgreSQL alone: PGlite has one connection, and this takes two.
#[tokio::test]
async fn a_sensor_that_is_committed_late_changes_the_version_too() {
    let db = &postgres().await.db;
    let journal_id = journal(db).await;
    let new = NewSensor {
        source: "plant".to_owned(),
        name: "first".to_owned(),
        registered_at: at(0),
    };
    let mut late = LoadTransaction::begin(db, journal_id).await.unwrap();
    let first = late.register_sensors(&[new]).await.unwrap()[0].id;
    let second = sensors(db, &["second"]).await[0].id;
    assert!(first < second);
    let before = sensors_version(db).await.unwrap();
    late.commit().await.unwrap();
    assert_ne!(sensors_version(db).await.unwrap(), before);
}

/// On PostgreSQL alone: PGlite has one connection, and who listens on it keeps it from everybody else.
#[tokio::test]
async fn all_that_is_heard_is_taken_at_once() {
    let db = &postgres().await.db;
    let id = sensors(db, &["a"]).await[0].id;
    let journal_id = journal(db).await;
    let mut listener = Listener::listen(db).await.unwrap();
    assert_eq!(listener.heard_already().await.unwrap(), None);
    for seq in 1..=3 {
        load(db, journal_id, 1, &[reading(id, seq, 0.0, seq)]).await;
    }
    let mut heard = vec![listener.hear().await.unwrap()];
    let others = async {
        while heard.len() < 3 {
            match listener.heard_already().await.unwrap() {
                Some(one) => heard.push(one),
                None => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        }
    };
    tokio::time::timeout(Duration::from_mins(1), others)
        .await
        .expect("the other two have arrived");
    let positions: Vec<_> = heard
        .iter()
        .map(|heard| match heard {
            Heard::Loaded(loaded) => (loaded.after, loaded.upto),
            Heard::Something => panic!("{heard:?}"),
        })
        .collect();
    assert_eq!(positions, [(0, 1), (1, 2), (2, 3)]);
    assert_eq!(listener.heard_already().await.unwrap(), None);
}

/// On PostgreSQL alone: PGlite has one connection, and who listens on it keeps it from everybody else.
#[tokio::test]
async fn a_commit_is_heard_and_what_is_taken_back_is_not() {
    let server = postgres().await;
    let db = &server.db;
    let id = sensors(db, &["a"]).await[0].id;
    let journal_id = journal(db).await;
    let mut listener = Listener::listen(db).await.unwrap();
    let mut transaction = LoadTransaction::begin(db, journal_id).await.unwrap();
    transaction
        .write_readings(&[reading(id, 0, 0.0, 1)])
        .await
        .unwrap();
    transaction.move_checkpoint(0, 1).await.unwrap();
    drop(transaction);
    load(
        db,
        journal_id,
        1,
        &[reading(id, 0, 0.0, 1), reading(id, 7_000, 0.0, 2)],
    )
    .await;
    let expected = Loaded {
        journal_id,
        after: 0,
        upto: 2,
        sensors: false,
        spans: vec![(at(0), at(0)), (at(7_000), at(7_000))],
    };
    assert_eq!(listener.hear().await.unwrap(), Heard::Loaded(expected));
    // Somebody else on the channel says nothing that can be used.
    let mut stranger = sqlx::PgConnection::connect(&server.url).await.unwrap();
    sqlx::query("SELECT pg_notify($1, 'hello')")
        .bind(CHANNEL)
        .execute(&mut stranger)
        .await
        .unwrap();
    assert_eq!(listener.hear().await.unwrap(), Heard::Something);
    // A connection that is lost says that something may be, and goes on.
    let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                WHERE datname = current_database() AND query LIKE 'LISTEN%'";
    sqlx::query(kill).execute(&mut stranger).await.unwrap();
    assert_eq!(listener.hear().await.unwrap(), Heard::Something);
    let loading = async {
        // Until the new connection listens, nothing is heard; so it is loaded again and again.
        for seq in 3.. {
            load(db, journal_id, 1, &[reading(id, seq, 0.0, seq)]).await;
        }
    };
    let heard = tokio::select! {
        heard = listener.hear() => heard.unwrap(),
        () = loading => Heard::Something,
    };
    assert!(matches!(heard, Heard::Loaded(_)), "{heard:?}");
}
