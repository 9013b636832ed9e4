//! Journals, checkpoints, quarantine and the manifest.

use chrono::{DateTime, Utc};
use entity::DatabaseConnection;
use entity::load::{
    ArchivedSegment, Counts, LoadError, LoadTransaction, NewQuarantined, checkpoint, journal_id,
    record_archived,
};
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use crate::support::{at, journal, on_both, one, postgres, reading, rows, write};

on_both!(
    a_journal_keeps_its_number_and_uses_up_no_other,
    the_checkpoint_moves_only_from_where_it_is,
    a_message_is_quarantined_once_and_never_refused,
    counts_add_up_and_leave_the_archivers_part_alone,
    a_missing_table_halts,
    the_entities_read_every_table,
);

async fn a_journal_keeps_its_number_and_uses_up_no_other(db: &DatabaseConnection) {
    let (a, b) = (Uuid::new_v4(), Uuid::new_v4());
    let first = journal_id(db, a, at(0)).await.unwrap();
    for _ in 0..5 {
        assert_eq!(journal_id(db, a, at(1)).await.unwrap(), first);
    }
    assert_eq!(journal_id(db, b, at(2)).await.unwrap(), first + 1);
    assert_eq!(checkpoint(db, first).await.unwrap(), 0);
}

async fn the_checkpoint_moves_only_from_where_it_is(db: &DatabaseConnection) {
    let id = journal(db).await;
    let mut transaction = LoadTransaction::begin(db, id).await.unwrap();
    transaction.move_checkpoint(0, 10).await.unwrap();
    transaction.commit().await.unwrap();
    assert_eq!(checkpoint(db, id).await.unwrap(), 10);

    let mut transaction = LoadTransaction::begin(db, id).await.unwrap();
    let error = transaction.move_checkpoint(0, 20).await.unwrap_err();
    assert!(matches!(error, LoadError::CheckpointMoved { journal_id, expected: 0 } if journal_id == id));
    drop(transaction);
    assert_eq!(checkpoint(db, id).await.unwrap(), 10);
    assert_eq!(one::<i64>(db, "SELECT epoch FROM ingest_checkpoint").await, 1);
    assert!(
        matches!(checkpoint(db, id + 1).await, Err(LoadError::Halt(_))),
        "a journal that was never met"
    );
}

async fn a_message_is_quarantined_once_and_never_refused(db: &DatabaseConnection) {
    let id = journal(db).await;
    let message = |item| NewQuarantined {
        received_at: at(0),
        seq: 7,
        item,
        source: "plant".to_owned(),
        topic: "a/\0/b".to_owned(),
        code: "not_json",
        reason: "a NUL: \0".to_owned(),
        sensor: Some("\0".to_owned()),
        payload: vec![0, 255, 128],
        payload_size: 3,
        imported: false,
        counted: None,
    };
    for _ in 0..2 {
        let mut transaction = LoadTransaction::begin(db, id).await.unwrap();
        transaction.quarantine(&[message(0), message(1)]).await.unwrap();
        transaction.quarantine(&[]).await.unwrap();
        transaction.commit().await.unwrap();
    }
    let rows = rows(
        db,
        "SELECT payload, reason FROM quarantined_message ORDER BY item",
    )
    .await;
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0].try_get_by_index::<Vec<u8>>(0).unwrap(), [0, 255, 128]);
    assert_eq!(rows[0].try_get_by_index::<String>(1).unwrap(), "a NUL: \u{2400}");
}

async fn counts_add_up_and_leave_the_archivers_part_alone(db: &DatabaseConnection) {
    let id = journal(db).await;
    let archived = ArchivedSegment {
        first_seq: 1,
        last_seq: 5,
        messages: 5,
        object_key: "raw/x.jsonl.zst".to_owned(),
        sha256: [7; 32],
        bytes: 100,
        bytes_compressed: 10,
        first_received_at: at(0),
        last_received_at: at(5),
        archived_at: at(60),
    };
    let counts = Counts {
        decoded: 2,
        quarantined: 1,
        readings_new: 3,
        time_min_us: Some(at(3).timestamp_micros()),
        time_max_us: Some(at(4).timestamp_micros()),
        ..Counts::default()
    };
    let wider = Counts {
        time_min_us: Some(at(1).timestamp_micros()),
        time_max_us: None,
        decoded: 1,
        ..counts
    };
    for (first_seq, archive_first) in [(1, false), (100, true)] {
        let archived = ArchivedSegment {
            first_seq,
            last_seq: first_seq + 4,
            object_key: format!("raw/{first_seq}"),
            ..archived.clone()
        };
        if archive_first {
            record_archived(db, id, &archived).await.unwrap();
        }
        let mut transaction = LoadTransaction::begin(db, id).await.unwrap();
        transaction.add_counts(first_seq, counts).await.unwrap();
        transaction.add_counts(first_seq, wider).await.unwrap();
        transaction.commit().await.unwrap();
        record_archived(db, id, &archived).await.unwrap();
        record_archived(db, id, &archived).await.unwrap();
        let select = format!(
            "SELECT decoded, readings_new, time_min, time_max, messages FROM segment WHERE first_seq = {first_seq}"
        );
        let row = &rows(db, &select).await[0];
        assert_eq!(row.try_get_by_index::<i64>(0).unwrap(), 3);
        assert_eq!(row.try_get_by_index::<i64>(1).unwrap(), 6);
        assert_eq!(row.try_get_by_index::<DateTime<Utc>>(2).unwrap(), at(1));
        assert_eq!(row.try_get_by_index::<DateTime<Utc>>(3).unwrap(), at(4));
        assert_eq!(row.try_get_by_index::<i64>(4).unwrap(), 5);
    }
}

async fn a_missing_table_halts(db: &DatabaseConnection) {
    let id = journal(db).await;
    db.execute_unprepared("DROP TABLE quarantined_message; DROP TABLE reading")
        .await
        .unwrap();
    assert!(matches!(
        write(db, id, &[reading(1, 0, 1.0, 1)]).await,
        Err(LoadError::Halt(_))
    ));
}

async fn the_entities_read_every_table(db: &DatabaseConnection) {
    use entity::table::{
        ingest_checkpoint, journal as journals, quarantined_message, reading as readings, reading_conflict,
        segment, sensor, sensor_list, sensor_version,
    };
    use sea_orm::EntityTrait;
    let id = journal(db).await;
    assert_eq!(
        journals::Entity::find_by_id(id)
            .one(db)
            .await
            .unwrap()
            .unwrap()
            .first_seen_at,
        at(0)
    );
    assert_eq!(ingest_checkpoint::Entity::find().all(db).await.unwrap().len(), 1);
    let known = crate::support::sensors(db, &["a"]).await;
    assert_eq!(
        sensor::Entity::find_by_id(known[0].id)
            .one(db)
            .await
            .unwrap()
            .unwrap()
            .name,
        "a"
    );
    write(db, id, &[reading(known[0].id, 0, 1.5, 1)]).await.unwrap();
    assert_eq!(
        readings::Entity::find()
            .one(db)
            .await
            .unwrap()
            .unwrap()
            .value
            .to_bits(),
        1.5_f64.to_bits()
    );
    assert!(reading_conflict::Entity::find().all(db).await.unwrap().is_empty());
    assert!(
        quarantined_message::Entity::find()
            .all(db)
            .await
            .unwrap()
            .is_empty()
    );
    assert!(segment::Entity::find().all(db).await.unwrap().is_empty());
    assert!(sensor_list::Entity::find().all(db).await.unwrap().is_empty());
    assert!(sensor_version::Entity::find().all(db).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_lost_connection_is_tried_again() {
    let server = postgres().await;
    let id = journal(&server.db).await;
    let mut transaction = LoadTransaction::begin(&server.db, id).await.unwrap();
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
               WHERE datname = current_database() AND state = 'idle in transaction'";
    rows(&server.db, end).await;
    assert!(matches!(
        transaction.move_checkpoint(0, 1).await,
        Err(LoadError::Retry(_))
    ));
    drop(transaction);
    let mut transaction = LoadTransaction::begin(&server.db, id).await.unwrap();
    transaction.move_checkpoint(0, 1).await.unwrap();
    transaction.commit().await.unwrap();
}
