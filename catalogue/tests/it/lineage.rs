//! Lineage with counts, and the alarm when something does not add up, as the keeper has them.

use std::cell::Cell;

use catalogue::discover::GraphqlTypes;
use catalogue::keeper::Snapshot;
use catalogue::model::{Became, Carried, Dimension, Item, Measured, Verdict};
use catalogue::{Annotations, Keeper};
use chrono::{DateTime, TimeDelta, Utc};
use entity::DatabaseConnection;
use entity::load::{self, ArchivedSegment, Counts, LoadTransaction, NewReading, OnConflict};
use entity::rollup::{RefreshOptions, refresh};
use entity::webhooks::{self, EventKind, NewWebhook, Secret};
use sea_orm::ConnectionTrait as _;
use testbed::TestDatabase;
use uuid::Uuid;

use crate::support::{at, count, one, sensor};

thread_local! {
    /// The second of the service's clock, each test's own.
    static SECOND: Cell<i64> = const { Cell::new(0) };
}

fn now() -> DateTime<Utc> {
    at(SECOND.get())
}

fn keeper(db: &DatabaseConnection) -> Keeper {
    Keeper::new(db, Annotations::default(), GraphqlTypes::default(), now)
}

/// What the keeper finds at that second.
async fn look(keeper: &Keeper, second: i64) -> std::sync::Arc<Snapshot> {
    SECOND.set(second);
    keeper.renew().await.unwrap()
}

/// Ten readings, one of them twice, in a segment from `first_seq` on; loaded, and archived as received at `second`.
async fn segment(db: &DatabaseConnection, journal_id: i16, sensor_id: i32, first_seq: i64, second: i64) {
    let mut transaction = LoadTransaction::begin(db, journal_id).await.unwrap();
    let readings: Vec<NewReading> = (0..11)
        .map(|i| NewReading {
            sensor_id,
            time: at(second + i % 10),
            value: 1.0,
            flag: entity::QualityFlag::Pass,
            received_at: at(second),
            seq: first_seq + i,
            on_conflict: OnConflict::First,
        })
        .collect();
    let written = transaction.write_readings(&readings).await.unwrap();
    let time = |second| Some(at(second).timestamp_micros());
    let counts = Counts {
        decoded: 11,
        readings_new: written.new.cast_signed(),
        readings_duplicate: written.duplicate.cast_signed(),
        time_min_us: time(second),
        time_max_us: time(second + 9),
        ..Counts::default()
    };
    transaction.add_counts(first_seq, counts).await.unwrap();
    transaction
        .move_checkpoint(first_seq - 1, first_seq + 10)
        .await
        .unwrap();
    transaction.commit().await.unwrap();
    let archived = ArchivedSegment {
        first_seq,
        last_seq: first_seq + 10,
        messages: 11,
        object_key: format!("raw/{first_seq}"),
        sha256: [0; 32],
        bytes: 1,
        bytes_compressed: 1,
        first_received_at: at(second),
        last_received_at: at(second + 9),
        archived_at: at(second + 60),
    };
    load::record_archived(db, journal_id, &archived).await.unwrap();
}

/// Three segments within three hours.
async fn three_segments(db: &DatabaseConnection) -> (i16, i32) {
    let journal_id = load::journal_id(db, Uuid::from_u128(7), at(0)).await.unwrap();
    let sensor_id = sensor(db, "a", Some(3_600.0)).await;
    for (first_seq, second) in [(1, 0), (12, 3_600), (23, 7_200)] {
        segment(db, journal_id, sensor_id, first_seq, second).await;
    }
    (journal_id, sensor_id)
}

async fn run(db: &DatabaseConnection, statement: &str) {
    db.execute_unprepared(statement).await.unwrap();
}

#[track_caller]
fn carried(snapshot: &Snapshot, from: &str, to: &str) -> Carried {
    let edge = snapshot.lineage.edge(from, to).unwrap();
    edge.carried.clone().unwrap()
}

const RAW: &str = "dataset:raw-messages";
const READINGS: &str = "dataset:readings";
const MINUTES: &str = "dataset:readings-1m";
const HOURS: &str = "dataset:readings-1h";
const DAYS: &str = "dataset:readings-1d";

testbed::both! {
    async fn the_way_has_counts_from_broker_to_api(database: TestDatabase) {
        let db = &database.connect().await;
        let keeper = &keeper(db);
        let nothing = look(keeper, -10_000).await;
        assert_eq!(carried(&nothing, "broker", "journal").records, 0);
        assert_eq!(carried(&nothing, "journal", RAW).is_balanced(), None, "nothing to hold it against");
        three_segments(db).await;
        let found = look(keeper, 20_000).await;
        let counts = |from, to| {
            let carried = carried(&found, from, to);
            (carried.item, carried.records, carried.waiting, carried.is_balanced())
        };
        assert_eq!(counts("broker", "journal"), (Item::Messages, 33, 0, None));
        assert_eq!(counts("journal", RAW), (Item::Messages, 33, 0, Some(true)));
        assert_eq!(counts(RAW, READINGS), (Item::Readings, 33, 0, Some(true)));
        let parts: Vec<_> = carried(&found, RAW, READINGS).parts.iter().map(|part| (part.became, part.records)).collect();
        assert_eq!(parts, [(Became::New, 30), (Became::Duplicate, 3)]);
        assert_eq!(counts(RAW, "dataset:quarantined-messages"), (Item::Messages, 0, 0, Some(true)));
        assert_eq!(counts(RAW, "dataset:reading-conflicts"), (Item::Readings, 0, 0, None));
        assert_eq!(counts(RAW, "dataset:sensors"), (Item::SensorLists, 0, 0, None));
        assert_eq!(counts(READINGS, MINUTES), (Item::Readings, 0, 30, Some(true)));
        assert_eq!(counts(MINUTES, HOURS), (Item::Readings, 0, 0, Some(true)));
        assert_eq!(counts(READINGS, "api"), (Item::Readings, 30, 0, None));
        // What was counted stays for five minutes.
        let options = RefreshOptions { minute_patience: std::time::Duration::ZERO, ..RefreshOptions::default() };
        refresh(db, &options).await.unwrap().unwrap();
        let found = look(keeper, 20_200).await;
        assert_eq!(carried(&found, READINGS, MINUTES).waiting, 30);
        let found = look(keeper, 20_300).await;
        let counts = |from, to| {
            let carried = carried(&found, from, to);
            (carried.records, carried.waiting, carried.is_balanced())
        };
        assert_eq!(counts(READINGS, MINUTES), (30, 0, Some(true)));
        assert_eq!(counts(MINUTES, HOURS), (0, 30, Some(true)));
        assert_eq!(counts(HOURS, DAYS), (0, 0, Some(true)));
        assert_eq!((counts(MINUTES, "api").0, counts(HOURS, "api").0), (30, 0));
        let around = found.lineage.around("readings-1h", |slug| slug != "readings-1m").unwrap();
        let ids: Vec<String> = around.nodes.iter().map(catalogue::model::LineageNode::id).collect();
        assert_eq!(ids, [HOURS, DAYS, "api"], "the way ends at what is hidden");
        assert_eq!(found.lineage.around("readings", |slug| slug != "readings"), None);
        assert_eq!(found.lineage.around("nothing", |_| true), None);
    }

    async fn what_does_not_add_up_makes_an_incident_until_it_does(database: TestDatabase) {
        let db = &database.connect().await;
        let keeper = &keeper(db);
        let hook = NewWebhook {
            id: Uuid::from_u128(1),
            url: "https://example.org/".to_owned(),
            secret: Secret::of_stored("whsec_x".to_owned()),
            events: vec![EventKind::Incident],
            dataset: None,
            created_at: at(0),
        };
        assert!(webhooks::insert(db, &hook).await.unwrap());
        let (journal_id, sensor_id) = three_segments(db).await;
        let open = async || -> String {
            let select = "SELECT coalesce(string_agg(dataset || ' since ' || extract(epoch FROM started_at)::int8, ', ' \
                          ORDER BY dataset), '') FROM incident WHERE kind = 'unbalanced_window' AND ended_at IS NULL";
            one(db, select, []).await
        };
        let messages = async |event: &str| {
            let select = format!(
                "SELECT count(*) FROM webhook_delivery WHERE event = '{event}' AND payload LIKE '%unbalanced_window%'"
            );
            count(db, &select).await
        };
        let since = |dataset: &str, second: i64| format!("{dataset} since {}", at(second).timestamp());
        let segment_2 = format!("WHERE journal_id = {journal_id} AND first_seq = 12");
        look(keeper, 20_000).await;
        look(keeper, 20_100).await;
        assert_eq!(open().await, "");

        // One message of the second hour is not in the database.
        run(db, &format!("UPDATE segment SET messages = messages + 1 {segment_2}")).await;
        look(keeper, 20_200).await;
        assert_eq!(open().await, "", "one look is none");
        let found = look(keeper, 20_300).await;
        assert_eq!(open().await, since("raw-messages", 3_600));
        assert_eq!(messages("incident.started").await, 1);
        let edge = carried(&found, RAW, READINGS);
        assert_eq!((edge.is_balanced(), edge.difference), (Some(false), Some(1)));
        assert!(edge.detail.unwrap().starts_with("By 1 messages, what is on S3 and what was loaded differ."));
        let consistency = |snapshot: &Snapshot, slug: &str| -> Measured {
            let dataset = snapshot.catalogue.dataset(slug).unwrap();
            let mut figures = dataset.quality.iter();
            figures.find(|one| one.dimension == Dimension::Consistency).unwrap().clone()
        };
        let figure = consistency(&found, "raw-messages");
        assert_eq!((figure.numerator, figure.denominator, figure.verdict), (33, 34, Verdict::Fail));
        assert_eq!(figure.fail_below, Some(1.0));
        run(db, &format!("UPDATE segment SET messages = messages - 1 {segment_2}")).await;
        look(keeper, 20_400).await;
        assert_ne!(open().await, "", "one look is none");
        let found = look(keeper, 20_500).await;
        assert_eq!(open().await, "");
        assert_eq!(messages("incident.ended").await, 1);
        assert_eq!(consistency(&found, "raw-messages").verdict, Verdict::Pass);
        assert_eq!(consistency(&found, "readings").denominator, 33);

        // Readings that are gone.
        run(db, &format!("DELETE FROM reading WHERE sensor_id = {sensor_id} AND time < '2020-11-26T10:00:03Z'")).await;
        look(keeper, 21_000).await;
        let found = look(keeper, 21_100).await;
        assert_eq!(open().await, since("readings", 21_000));
        assert_eq!(carried(&found, READINGS, MINUTES).difference, Some(3));

        // What cannot be counted leaves incidents as they are.
        run(db, "ALTER TABLE reading_1d RENAME TO reading_elsewhere").await;
        for second in [21_400, 21_500, 21_600] {
            SECOND.set(second);
            let _ = keeper.renew().await;
        }
        assert_eq!(open().await, since("readings", 21_000));
        run(db, "ALTER TABLE reading_elsewhere RENAME TO reading_1d").await;
        run(db, &format!(
            "INSERT INTO reading (time, value, received_at, seq, sensor_id, flag, journal_id) \
             SELECT TIMESTAMPTZ '2020-11-26T10:00:00Z' + i * INTERVAL '1 second', 1, now(), 1 + i, {sensor_id}, 1, {journal_id} \
             FROM generate_series(0, 2) AS i"
        ))
        .await;
        look(keeper, 22_000).await;
        look(keeper, 22_100).await;
        assert_eq!(open().await, "");
    }

    async fn messages_that_never_reach_s3_make_an_incident(database: TestDatabase) {
        let db = &database.connect().await;
        let keeper = &keeper(db);
        let (journal_id, sensor_id) = three_segments(db).await;
        let mut transaction = LoadTransaction::begin(db, journal_id).await.unwrap();
        let reading = NewReading {
            sensor_id,
            time: at(10_900),
            value: 1.0,
            flag: entity::QualityFlag::Pass,
            received_at: at(10_900),
            seq: 34,
            on_conflict: OnConflict::First,
        };
        transaction.write_readings(&[reading]).await.unwrap();
        let time = Some(at(10_900).timestamp_micros());
        let counts = Counts { decoded: 1, readings_new: 1, time_min_us: time, time_max_us: time, ..Counts::default() };
        transaction.add_counts(34, counts).await.unwrap();
        transaction.move_checkpoint(33, 34).await.unwrap();
        transaction.commit().await.unwrap();
        let open = "SELECT count(*) FROM incident WHERE kind = 'unbalanced_window' AND ended_at IS NULL AND started_at = '2020-11-26T13:01:40Z'";
        // Its hour ends at 14,400, and is closed a quarter of an hour later.
        for (second, expected) in [(11_000, 0), (15_200, 0), (15_300, 0), (15_400, 1)] {
            let found = look(keeper, second).await;
            assert_eq!(count(db, open).await, expected, "at {second}");
            let archived = carried(&found, "journal", RAW);
            assert_eq!((archived.waiting, archived.is_balanced()), (1, Some(second < 15_300)), "at {second}");
        }
    }
}

#[tokio::test]
async fn what_no_loader_brought_is_not_held_against_anything() {
    let database = testbed::postgres().await;
    let db = &database.connect().await;
    let sensor_id = sensor(db, "a", Some(60.0)).await;
    crate::support::reading(db, sensor_id, 0, 1).await;
    let keeper = &keeper(db);
    for second in [100, 200, 300] {
        let found = look(keeper, second).await;
        assert_eq!(carried(&found, READINGS, MINUTES).is_balanced(), None);
        let quality = &found.catalogue.dataset("readings").unwrap().quality;
        assert!(quality.is_empty(), "{quality:?}");
    }
    let unbalanced = "SELECT count(*) FROM incident WHERE kind = 'unbalanced_window'";
    assert_eq!(count(db, unbalanced).await, 0);
    assert_eq!(now() - at(0), TimeDelta::seconds(300));
}
