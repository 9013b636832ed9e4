//! Looking at real tables: sensors that die, come back, lie about the time, never sent.

use catalogue::freshness::{CheckError, Checker, Follows, FreshnessOptions, WatchedDataset};
use catalogue::model::FreshnessStatus::{Fresh, Late, NoData, NoExpectation, Stale, Unknown};
use catalogue::model::Promise;
use chrono::TimeDelta;
use entity::freshness::Subject;
use entity::keeping::Keeping;
use entity::load::{self, Counts, LoadTransaction, NewReading, OnConflict};
use entity::rollup::{RefreshOptions, refresh};
use entity::{DatabaseConnection, QualityFlag};
use sea_orm::ConnectionTrait as _;
use testbed::TestDatabase;

use crate::support::{at, checker, count, datasets, look, reading, sensor, status};

/// A reading of that second, as a loader brings it: the only one of its journal.
async fn load_one(db: &DatabaseConnection, journal_id: i16, sensor_id: i32, second: i64) {
    let mut transaction = LoadTransaction::begin(db, journal_id).await.unwrap();
    let reading = NewReading {
        sensor_id,
        time: at(second),
        value: 1.0,
        flag: QualityFlag::Pass,
        received_at: at(0),
        seq: 1,
        on_conflict: OnConflict::First,
    };
    transaction.write_readings(&[reading]).await.unwrap();
    let time = Some(at(second).timestamp_micros());
    let counts = Counts {
        decoded: 1,
        readings_new: 1,
        time_min_us: time,
        time_max_us: time,
        ..Counts::default()
    };
    transaction.add_counts(1, counts).await.unwrap();
    transaction.move_checkpoint(0, 1).await.unwrap();
    transaction.commit().await.unwrap();
}

testbed::both! {
    async fn a_sensor_dies_and_comes_back(database: TestDatabase) {
        let db = &database.connect().await;
        let (dies, lives) = (sensor(db, "dies", Some(10.0)).await, sensor(db, "lives", Some(10.0)).await);
        let mut checker = checker();
        for second in (0..=600).step_by(15) {
            reading(db, lives, second, 0).await;
            // Late after 30 s, stale after 100.
            if second <= 150 || second > 400 {
                reading(db, dies, second, 0).await;
            }
            let checked = look(&mut checker, db, second).await;
            let silent_for = if second <= 150 || second > 400 { 0 } else { second - 150 };
            let expected = match silent_for {
                0..=30 => Fresh,
                31..=100 => Late,
                _ => Stale,
            };
            let found = checked.sensor(dies).unwrap();
            assert_eq!(found.status, expected, "at {second}");
            assert_eq!(status(&checked, lives), Fresh);
            // It crosses its thresholds between two looks, and is dated there.
            let since = match expected {
                Late => 180,
                Stale => 250,
                _ if second > 400 => 405,
                _ => 0,
            };
            assert_eq!(found.changed_at, Some(at(since)), "at {second}");
            let readings = checked.dataset("readings").unwrap();
            let counts = readings.sensors.unwrap();
            assert_eq!(counts.expected, 2);
            assert_eq!(readings.status, if expected == Fresh { Fresh } else { Late }, "at {second}");
            assert_eq!(counts.fresh, if expected == Fresh { 2 } else { 1 });
            assert!(checked.kept.is_some());
        }
        // Stale from 250 to 405 of 600 seconds.
        let checked = look(&mut checker, db, 600).await;
        let share = checked.sensor(dies).unwrap().not_stale_share_30d.unwrap();
        assert!((share - 445.0 / 600.0).abs() < 1e-9, "{share}");
        assert_eq!(checked.sensor(lives).unwrap().not_stale_share_30d, Some(1.0));
        let statuses: Vec<_> = checker.history(&Subject::Sensor(dies)).unwrap().changes().collect();
        assert_eq!(statuses, [(at(0), Fresh), (at(180), Late), (at(250), Stale), (at(405), Fresh)]);
        // Whoever may see one of them sees that one's readings.
        assert_eq!(checked.readings_of(|id| id == lives).sensors.unwrap().expected, 1);
    }

    async fn a_clock_from_the_future_keeps_nothing_fresh(database: TestDatabase) {
        let db = &database.connect().await;
        // One leap ahead, of a sensor that has been dead since.
        let leapt = sensor(db, "leapt", Some(10.0)).await;
        reading(db, leapt, -3_600, 0).await;
        reading(db, leapt, 1_800, -1_800).await;
        // Always ahead by half an hour; dead for half an hour.
        let ahead = sensor(db, "ahead", Some(10.0)).await;
        for second in (-60..=0).step_by(10) {
            reading(db, ahead, second, -1_800).await;
        }
        // Only ever ahead.
        let never = sensor(db, "never", Some(10.0)).await;
        reading(db, never, 900, -900).await;
        // Ahead by a little, as clocks are.
        let little = sensor(db, "little", Some(10.0)).await;
        reading(db, little, 5, -5).await;
        let checked = look(&mut checker(), db, 0).await;
        for (sensor, expected, age) in
            [(leapt, Stale, Some(3_600.0)), (ahead, Stale, Some(1_800.0)), (never, NoData, None), (little, Fresh, Some(0.0))]
        {
            let found = checked.sensor(sensor).unwrap();
            assert_eq!((found.status, found.age_seconds), (expected, age));
        }
        assert_eq!(checked.dataset("readings").unwrap().newest_at, Some(at(0)));
    }

    async fn silence_has_three_names(database: TestDatabase) {
        let db = &database.connect().await;
        let checked = look(&mut checker(), db, 0).await;
        assert_eq!(checked.dataset("readings").unwrap().status, NoData, "no sensors");
        let (never, unasked) = (sensor(db, "never", Some(10.0)).await, sensor(db, "unasked", None).await);
        reading(db, unasked, -100_000, 0).await;
        let mut checker = checker();
        let checked = look(&mut checker, db, 0).await;
        assert_eq!((status(&checked, never), status(&checked, unasked)), (NoData, NoExpectation));
        let found = checked.sensor(unasked).unwrap();
        assert_eq!((found.age_seconds, found.late_after_seconds), (Some(100_000.0), None));
        assert_eq!(found.not_stale_share_30d, None, "there was nothing to judge");
        // Its interval is learnt.
        db.execute_unprepared(&format!(
            "INSERT INTO learnt_interval (interval_seconds, learnt_at, sensor_id, readings) VALUES (60, now(), {unasked}, 100)"
        ))
        .await
        .unwrap();
        let checked = look(&mut checker, db, 15).await;
        let found = checked.sensor(unasked).unwrap();
        assert_eq!((found.status, found.is_learnt, found.expected_interval_seconds), (Stale, true, Some(60.0)));
    }

    async fn sensors_are_as_new_as_the_newest_of_them(database: TestDatabase) {
        let db = &database.connect().await;
        let sensors = [WatchedDataset::new("sensors", Follows::KnownSensors, &Promise::default()).unwrap()];
        let mut checker = checker();
        let checked = checker.check(db, at(0), &sensors, None).await;
        assert_eq!(checked.dataset("sensors").unwrap().status, NoData);
        for (name, since) in [("old", -900), ("new", -60), ("ahead", 1_800)] {
            let id = sensor(db, name, None).await;
            let update = format!("UPDATE sensor SET active_since = '{}' WHERE id = {id}", at(since));
            db.execute_unprepared(&update).await.unwrap();
        }
        let checked = checker.check(db, at(0), &sensors, None).await;
        let found = checked.dataset("sensors").unwrap();
        assert_eq!((found.status, found.newest_at), (NoExpectation, Some(at(-60))), "the time of one has not come");
    }

    async fn readings_of_long_ago_are_found_by_the_next_whole_look(database: TestDatabase) {
        let db = &database.connect().await;
        let buffered = sensor(db, "buffered", Some(10.0)).await;
        reading(db, buffered, -80_000, 0).await;
        let mut checker = checker();
        let mut ages = Vec::new();
        for second in [0, 300, 599, 600, 900] {
            let checked = look(&mut checker, db, second).await;
            ages.push(checked.sensor(buffered).unwrap().newest_at.unwrap());
            if second == 0 {
                // What it kept back, two hours old.
                reading(db, buffered, -7_200, 7_200).await;
            }
        }
        assert_eq!(ages, [at(-80_000), at(-80_000), at(-80_000), at(-7_200), at(-7_200)]);
    }

    async fn what_a_loader_brings_of_long_ago_is_seen_soon(database: TestDatabase) {
        let db = &database.connect().await;
        let buffered = sensor(db, "buffered", Some(10.0)).await;
        let journal_id = load::journal_id(db, uuid::Uuid::new_v4(), at(0)).await.unwrap();
        load::checkpoint(db, journal_id).await.unwrap();
        let mut checker = checker();
        let mut found = Vec::new();
        for second in [0, 15, 30, 45, 60] {
            let checked = look(&mut checker, db, second).await;
            found.push(checked.sensor(buffered).unwrap().newest_at);
            if second == 15 {
                // Its first reading, two hours old.
                load_one(db, journal_id, buffered, -7_200).await;
            }
        }
        // Not before half a minute after the look at all of them.
        assert_eq!(found, [None, None, Some(at(-7_200)), Some(at(-7_200)), Some(at(-7_200))]);
    }

    async fn a_restart_changes_nothing(database: TestDatabase) {
        let db = &database.connect().await;
        let (dead, alive) = (sensor(db, "dead", Some(10.0)).await, sensor(db, "alive", Some(10.0)).await);
        reading(db, dead, 0, 0).await;
        let mut before = checker();
        for second in (0..=300).step_by(15) {
            reading(db, alive, second, 0).await;
            look(&mut before, db, second).await;
        }
        let kept = "SELECT count(*) FROM freshness_change";
        let changes = count(db, kept).await;
        let last = look(&mut before, db, 301).await;
        drop(before);
        // Ten minutes later.
        reading(db, alive, 900, 0).await;
        let mut after = checker();
        let first = look(&mut after, db, 900).await;
        assert_eq!(count(db, kept).await, changes);
        for sensor in [dead, alive] {
            assert_eq!(first.sensor(sensor).unwrap().changed_at, last.sensor(sensor).unwrap().changed_at);
            assert_eq!(
                first.sensor(sensor).unwrap().not_stale_share_30d,
                last.sensor(sensor).unwrap().not_stale_share_30d,
                "nobody looked in between"
            );
        }
        assert_eq!(count(db, "SELECT count(*) FROM freshness_watch").await, 2);
        assert_eq!(count(db, "SELECT count(*) FROM incident WHERE ended_at IS NULL").await, 3, "the sensor, its readings and minutes");
    }

    async fn what_can_not_be_found_out_is_unknown(database: TestDatabase) {
        let db = &database.connect().await;
        let alive = sensor(db, "alive", Some(10.0)).await;
        reading(db, alive, 0, 0).await;
        let mut checker = checker();
        look(&mut checker, db, 0).await;
        look(&mut checker, db, 15).await;
        let changes = count(db, "SELECT count(*) FROM freshness_change").await;
        db.execute_unprepared("ALTER TABLE segment RENAME TO elsewhere").await.unwrap();
        for second in [30, 45] {
            let checked = checker.check(db, at(second), &datasets(), None).await;
            assert!(matches!(checked.error, Some(CheckError::Look(_))));
            let found = checked.sensor(alive).unwrap();
            assert_eq!((found.status, found.changed_at, found.checked_at), (Unknown, Some(at(30)), at(second)));
            assert_eq!(found.not_stale_share_30d, Some(1.0));
            let readings = checked.dataset("readings").unwrap();
            assert_eq!((readings.status, readings.sensors.unwrap().unknown), (Unknown, 1));
        }
        db.execute_unprepared("ALTER TABLE elsewhere RENAME TO segment").await.unwrap();
        reading(db, alive, 60, 0).await;
        let checked = look(&mut checker, db, 60).await;
        assert_eq!((status(&checked, alive), checked.sensor(alive).unwrap().changed_at), (Fresh, Some(at(0))));
        assert_eq!(count(db, "SELECT count(*) FROM freshness_change").await, changes);
    }

    async fn what_is_found_is_kept_as_a_whole_or_not_at_all(database: TestDatabase) {
        let db = &database.connect().await;
        let dies = sensor(db, "dies", Some(10.0)).await;
        reading(db, dies, 0, 0).await;
        let mut checker = checker();
        look(&mut checker, db, 0).await;
        look(&mut checker, db, 50).await;
        let all = "SELECT (SELECT count(*) FROM freshness_change) * 1000 + (SELECT count(*) FROM incident) * 100 \
                          + (SELECT count(*) FROM freshness_watch WHERE ended_at > '2020-11-26T10:01:00Z')";
        let kept = count(db, all).await;
        db.execute_unprepared("ALTER TABLE incident ADD CONSTRAINT away CHECK (kind <> 'late' OR id IS NULL)")
            .await
            .unwrap();
        let checked = checker.check(db, at(65), &datasets(), None).await;
        assert!(matches!(checked.error, Some(CheckError::Keep(_))), "{:?}", checked.error);
        assert_eq!(status(&checked, dies), Late, "it is told anyway");
        assert!(checked.kept.is_none());
        assert_eq!(count(db, all).await, kept, "nothing is half written");
        db.execute_unprepared("ALTER TABLE incident DROP CONSTRAINT away").await.unwrap();
        let checked = look(&mut checker, db, 70).await;
        assert_eq!(checked.kept.unwrap().started.len(), 2);
    }

    async fn minutes_are_late_when_nobody_computes_them(database: TestDatabase) {
        let db = &database.connect().await;
        let alive = sensor(db, "alive", Some(10.0)).await;
        // Rollups are noted and refreshed by the database's own clock.
        let now = chrono::Utc::now();
        for (ago, noted) in [(600, 300), (0, 0)] {
            db.execute_unprepared(&format!(
                "INSERT INTO reading (time, value, received_at, seq, sensor_id, flag, journal_id) \
                 SELECT now() - INTERVAL '{ago} seconds', 1, now() - INTERVAL '{ago} seconds', 1, {alive}, 1, 1; \
                 INSERT INTO rollup_dirty (bucket, noted_at, wide, sensor_ids) \
                 SELECT date_bin('1 minute', now() - INTERVAL '{ago} seconds', '2000-01-01 00:00:00+00'), \
                        now() - INTERVAL '{noted} seconds', false, ARRAY[{alive}]"
            ))
            .await
            .unwrap();
        }
        let mut checker = checker();
        let checked = checker.check(db, now, &datasets(), None).await;
        assert_eq!(checked.dataset("readings").unwrap().status, Fresh);
        let minutes = checked.dataset("readings-1m").unwrap();
        let age = minutes.age_seconds.unwrap();
        assert!((295.0..305.0).contains(&age), "since it was noted: {age}");
        assert_eq!((minutes.status, minutes.late_after_seconds), (Stale, Some(63.0)));
        refresh(db, &RefreshOptions::default()).await.unwrap().unwrap();
        let checked = checker.check(db, now, &datasets(), None).await;
        assert_eq!(checked.dataset("readings-1m").unwrap().status, Fresh, "{checked:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_processes_one_keeps_and_both_know() {
    let database = testbed::postgres().await;
    let db = &database.connect().await;
    let sensors = [
        sensor(db, "a", Some(10.0)).await,
        sensor(db, "b", Some(10.0)).await,
    ];
    let (mut one, mut other) = (checker(), checker());
    for second in (0..600).step_by(15) {
        for (number, sensor) in (0_i64..).zip(sensors) {
            if (second / 120 + number) % 2 == 0 {
                reading(db, sensor, second, 0).await;
            }
        }
        // Their clocks differ by a second.
        let all = datasets();
        let (first, second) = tokio::join!(
            one.check(db, at(second), &all, None),
            other.check(db, at(second + 1), &all, None)
        );
        assert!(first.error.is_none() && second.error.is_none());
    }
    let twice = "SELECT count(*) FROM (SELECT status, lag(status) OVER (PARTITION BY sensor_id, dataset ORDER BY id) AS before \
                 FROM freshness_change) AS change WHERE status = before";
    assert_eq!(count(db, twice).await, 0, "a change is kept once");
    let overlapping = "SELECT count(*) FROM incident AS a JOIN incident AS b ON a.kind = b.kind AND a.dataset = b.dataset \
                       AND a.sensor_id IS NOT DISTINCT FROM b.sensor_id AND a.id < b.id \
                       AND a.started_at < coalesce(b.ended_at, 'infinity') AND b.started_at < coalesce(a.ended_at, 'infinity')";
    assert_eq!(count(db, overlapping).await, 0);
    assert!(count(db, "SELECT count(*) FROM incident").await > 4);

    // While one has the lock, the other writes nothing, and still tells.
    let keeping = Keeping::begin(db).await.unwrap().unwrap();
    let before = count(db, "SELECT count(*) FROM freshness_change").await;
    let checked = other.check(db, at(2_000), &datasets(), None).await;
    assert!(checked.kept.is_none() && checked.error.is_none());
    assert_eq!(status(&checked, sensors[0]), Stale);
    assert_eq!(count(db, "SELECT count(*) FROM freshness_change").await, before);
    // A process that dies lets the lock go, and nothing of what it did stays.
    one.keep(&keeping, &one_look(&mut checker(), db).await)
        .await
        .unwrap();
    drop(keeping);
    // The server takes the transaction back in its own time.
    let mut looks = (2_015..3_000).map(at);
    let kept = loop {
        let now = looks.next().expect("the lock is let go");
        if let Some(kept) = other.check(db, now, &datasets(), None).await.kept {
            break kept;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    };
    assert!(kept.changes > 0);
}

async fn one_look(checker: &mut Checker, db: &entity::DatabaseConnection) -> catalogue::freshness::Look {
    checker.look(db, at(2_000), &datasets(), None).await.unwrap()
}

#[tokio::test]
async fn what_is_kept_is_bounded() {
    let database = testbed::postgres().await;
    let db = &database.connect().await;
    let flaps = sensor(db, "flaps", Some(10.0)).await;
    let rests = sensor(db, "rests", Some(10.0)).await;
    db.execute_unprepared(&format!(
        "INSERT INTO freshness_change (changed_at, sensor_id, status) VALUES ('2020-01-01Z', {rests}, 'FRESH'), ('2020-02-01Z', {rests}, 'STALE'); \
         INSERT INTO freshness_change (changed_at, sensor_id, status) \
         SELECT TIMESTAMPTZ '2020-11-26T09:00:00Z' + i * INTERVAL '1 second', {flaps}, CASE WHEN i % 2 = 0 THEN 'FRESH' ELSE 'STALE' END \
         FROM generate_series(1, 1000) AS i; \
         INSERT INTO freshness_watch (started_at, ended_at) \
         SELECT at, at + INTERVAL '1 second' \
         FROM (SELECT TIMESTAMPTZ '2020-11-01Z' + i * INTERVAL '10 seconds' AS at FROM generate_series(1, 3000) AS i) AS looks; \
         INSERT INTO incident (id, started_at, ended_at, kind, dataset, detail) \
         SELECT gen_random_uuid(), TIMESTAMPTZ '2020-11-26Z' - i * INTERVAL '1 day', TIMESTAMPTZ '2020-11-26Z' - i * INTERVAL '1 day', 'late', 'readings', 'x' \
         FROM generate_series(1, 200) AS i"
    ))
    .await
    .unwrap();
    let mut checker = Checker::new(FreshnessOptions {
        unbroken: TimeDelta::seconds(60),
        ..FreshnessOptions::default()
    });
    let checked = look(&mut checker, db, 0).await;
    assert!(checked.error.is_none());
    let of = |sensor: i32| format!("SELECT count(*) FROM freshness_change WHERE sensor_id = {sensor}");
    assert_eq!(count(db, &of(flaps)).await, 256);
    // Stale and, now, without data: what was in force thirty days ago stays.
    assert_eq!(count(db, &of(rests)).await, 2);
    assert_eq!(count(db, "SELECT count(*) FROM freshness_watch").await, 1_024);
    assert_eq!(count(db, "SELECT count(*) FROM incident").await, 89);
}
