//! What was set aside and is replayed after the cause is mended is as if it had come well in the first place.

pub(crate) mod journal_of;
pub(crate) mod state;

use std::path::Path;
use std::time::Duration;

use chrono::{TimeDelta, Utc};
use entity::load::OnConflict;
use entity::quarantine::{NewReplay, QuarantineFilter, Replay, ReplayState, replay, request_replay};
use ingestor::{Ingestor, IngestorOptions};
use sqlx::PgPool;
use testbed::{TestBroker, TestDatabase, TestObjectStore};

use self::journal_of::{Message, copy, journal_of, messages};
use self::state::{state, wait_settled};
use crate::harness::{DEADLINE, options, pool, publish, start, store, wait_number};

/// What is not understood for want of settings: half of what `messages` has.
fn tight(journal: &Path, broker: &TestBroker, on_conflict: OnConflict) -> IngestorOptions {
    let mut options = loose(journal, broker, on_conflict);
    options.loader.auto_sensors_max = 2;
    options.loader.quarantine_payload_bytes_max = 48;
    options.loader.bounds.payload_bytes_max = 200;
    options.loader.bounds.name_bytes_max = 20;
    options.loader.bounds.time_past_max = TimeDelta::days(1);
    options
}

fn loose(journal: &Path, broker: &TestBroker, on_conflict: OnConflict) -> IngestorOptions {
    let mut options = options(journal, broker.address());
    options.sources[0].manner.on_conflict = on_conflict;
    options.replayer.batch_messages_max = 7;
    options
}

fn target(objects: &TestObjectStore) -> archive::Store {
    store(
        objects.endpoint(),
        objects.access_key_id(),
        objects.secret_access_key(),
    )
}

/// Loads a whole journal.
async fn load(options: IngestorOptions, database: &TestDatabase, objects: &TestObjectStore, last_seq: u64) {
    let ingestor = start(options, database, target(objects)).await;
    wait_loaded(&ingestor, last_seq).await;
    ingestor.stop().await.expect("it stops");
}

async fn wait_loaded(ingestor: &Ingestor, last_seq: u64) {
    let mut loaded = ingestor.loaded();
    let reached = loaded.wait_for(|loaded| *loaded >= last_seq);
    tokio::time::timeout(DEADLINE, reached)
        .await
        .expect("loaded in time")
        .expect("a loader");
}

async fn request(database: &TestDatabase, of: QuarantineFilter) -> Replay {
    let new = NewReplay {
        of,
        requested_by: "ada".to_owned(),
        requested_at: Utc::now(),
    };
    let db = database.connect().await;
    request_replay(&db, &new)
        .await
        .expect("it is written")
        .expect("room")
}

/// Waits until a request is done.
async fn wait_done(database: &TestDatabase, id: i64) -> Replay {
    let db = database.connect().await;
    let done = async {
        loop {
            let now = replay(&db, id).await.expect("an answer").expect("it is there");
            if now.state() == ReplayState::Done {
                return now;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(DEADLINE, done).await.expect("done in time")
}

fn with_code(code: &str) -> QuarantineFilter {
    QuarantineFilter {
        code: Some(code.to_owned()),
        ..QuarantineFilter::default()
    }
}

async fn run(pool: &PgPool, sql: &'static str) {
    sqlx::query(sql).execute(pool).await.expect("it is run");
}

async fn number(pool: &PgPool, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(pool).await.expect("a number")
}

const FORBID: &str = "ALTER TABLE reading ADD CONSTRAINT no_beast CHECK (value <> 666)";
const ALLOW: &str = "ALTER TABLE reading DROP CONSTRAINT no_beast";
const QUARANTINED: &str = "SELECT count(*) FROM quarantined_message";

/// Loads these messages with tight settings, replays what was set aside with loose ones as `replay_all` does it, and compares
/// with a database to which they came with loose ones.
async fn is_as_if_well<F>(messages: &[Message], on_conflict: OnConflict, replay_all: impl FnOnce(Mended) -> F)
where
    F: Future<Output = Mended>,
{
    let (broker, objects) = (testbed::broker().await, testbed::object_store().await);
    let (mended, well) = (testbed::postgres().await, testbed::postgres().await);
    let room = tempfile::tempdir().expect("a directory");
    let written = room.path().join("written");
    let last_seq = journal_of(&written, messages).await;
    for name in ["mended", "well"] {
        copy(&written, &room.path().join(name));
    }
    let mended_pool = pool(&mended).await;
    run(&mended_pool, FORBID).await;
    let dir = room.path().join("mended");
    load(tight(&dir, &broker, on_conflict), &mended, &objects, last_seq).await;
    let aside = number(&mended_pool, QUARANTINED).await;
    run(&mended_pool, ALLOW).await;

    let Mended {
        database: mended,
        broker,
        objects,
        ..
    } = replay_all(Mended {
        database: mended,
        broker,
        objects,
        room: room.path().to_owned(),
        on_conflict,
    })
    .await;
    // Its own bucket: the same objects would be found there.
    let others = testbed::object_store().await;
    let dir = room.path().join("well");
    load(loose(&dir, &broker, on_conflict), &well, &others, last_seq).await;
    let well_pool = pool(&well).await;
    // Both have their rollups computed.
    for (database, objects, name) in [(&mended, &objects, "mended"), (&well, &others, "well")] {
        let options = loose(&room.path().join(name), &broker, on_conflict);
        let ingestor = start(options, database, target(objects)).await;
        wait_settled(&pool(database).await).await;
        ingestor.stop().await.expect("it stops");
    }
    let left = number(&well_pool, QUARANTINED).await;
    assert!(
        left > 0 && aside > 2 * left,
        "{aside} were set aside, {left} are bad"
    );
    assert_eq!(number(&mended_pool, QUARANTINED).await, left);
    let (mended, well) = (state(&mended_pool).await, state(&well_pool).await);
    for (table, expected) in &well {
        assert!(!expected.is_empty(), "{table} is empty");
        assert_eq!(&mended[table], expected, "{table}");
    }
}

/// A database whose causes are mended.
struct Mended {
    database: TestDatabase,
    broker: TestBroker,
    objects: TestObjectStore,
    room: std::path::PathBuf,
    on_conflict: OnConflict,
}

impl Mended {
    async fn ingestor(&self, broker: &TestBroker, journal: &str) -> Ingestor {
        let options = loose(&self.room.join(journal), broker, self.on_conflict);
        start(options, &self.database, target(&self.objects)).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_gives_the_rows_of_messages_that_came_well() {
    for (seed, on_conflict) in [(1, OnConflict::First), (2, OnConflict::Latest)] {
        is_as_if_well(&messages(seed), on_conflict, async |mended| {
            let ingestor = mended.ingestor(&mended.broker, "mended").await;
            // One kind first, then the rest: in another order than they came.
            for of in [
                with_code("time_too_old"),
                with_code("refused_by_database"),
                QuarantineFilter::default(),
            ] {
                let asked = request(&mended.database, of).await;
                assert!(asked.requested > 0, "{asked:?}");
                let done = wait_done(&mended.database, asked.id).await;
                assert_eq!(done.replayed + done.failed, asked.requested, "{done:?}");
                assert!(done.taken_at.is_some() && done.waiting() == 0, "{done:?}");
            }
            ingestor.stop().await.expect("it stops");
            mended
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_ingestors_and_connections_that_break_change_nothing() {
    is_as_if_well(&messages(3), OnConflict::First, async |mended| {
        let other = testbed::broker().await;
        let first = mended.ingestor(&mended.broker, "mended").await;
        let second = mended.ingestor(&other, "another").await;
        let pool = pool(&mended.database).await;
        let all = request(&mended.database, QuarantineFilter::default()).await;
        let old = request(&mended.database, with_code("time_too_old")).await;
        // Every few milliseconds whoever writes is cut off.
        let breaking = async {
            loop {
                let cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
                           WHERE pid <> pg_backend_pid() AND datname = current_database() AND xact_start IS NOT NULL";
                let _ = sqlx::query(cut).execute(&pool).await;
                tokio::time::sleep(Duration::from_millis(15)).await;
            }
        };
        let broken = tokio::time::timeout(Duration::from_secs(2), breaking).await;
        assert!(broken.is_err());
        let (all, old) = (
            wait_done(&mended.database, all.id).await,
            wait_done(&mended.database, old.id).await,
        );
        // Each message was tried once for one of them.
        let replayed = all.replayed + old.replayed;
        assert!(all.failed + replayed >= all.requested, "{all:?} {old:?}");
        first.stop().await.expect("it stops");
        second.stop().await.expect("it stops");
        mended
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_payload_is_read_from_the_journal_until_it_is_archived_and_a_lost_one_says_so() {
    let (broker, objects, database) = (
        testbed::broker().await,
        testbed::object_store().await,
        testbed::postgres().await,
    );
    let room = tempfile::tempdir().expect("a directory");
    let pool = pool(&database).await;
    run(&pool, FORBID).await;
    let mut options = loose(room.path(), &broker, OnConflict::First);
    options.loader.quarantine_payload_bytes_max = 48;
    let ingestor = start(options, &database, target(&objects)).await;
    let now = Utc::now().to_rfc3339();
    let beast = |id: &str| {
        format!(
            r#"{{"note": "{}", "id": "{id}", "dt": "{now}", "value": 666}}"#,
            "x".repeat(300)
        )
        .into_bytes()
    };
    publish(broker.address(), [beast("a"), beast("b"), b"nonsense".to_vec()]).await;
    wait_number(&pool, QUARANTINED, 3).await;

    // Nothing is mended: they stay, with the time of the trial, and are not tried for ever.
    let asked = request(&database, QuarantineFilter::default()).await;
    let done = wait_done(&database, asked.id).await;
    assert_eq!((done.requested, done.replayed, done.failed), (3, 0, 3));
    let tried = "SELECT count(*) FROM quarantined_message WHERE tried_at IS NOT NULL AND tried_by = 1";
    assert_eq!(number(&pool, tried).await, 3);

    run(&pool, ALLOW).await;
    // Its segment is not sealed: the journal alone has the payload.
    assert_eq!(
        number(&pool, "SELECT count(*) FROM segment WHERE object_key IS NOT NULL").await,
        0
    );
    let of_a = QuarantineFilter {
        sensor: Some("a".to_owned()),
        ..QuarantineFilter::default()
    };
    let asked = request(&database, of_a).await;
    let done = wait_done(&database, asked.id).await;
    assert_eq!((done.requested, done.replayed), (1, 1), "{done:?}");
    assert_eq!(
        number(&pool, "SELECT count(*) FROM reading WHERE value = 666").await,
        1
    );
    ingestor.stop().await.expect("it stops");

    // Archived by now, and in the manifest; the objects of another store are not there.
    let options = loose(room.path(), &broker, OnConflict::First);
    let ingestor = start(options, &database, target(&objects)).await;
    wait_number(&pool, "SELECT count(*) FROM segment WHERE object_key IS NULL", 0).await;
    ingestor.stop().await.expect("it stops");
    let empty = testbed::object_store().await;
    let options = loose(room.path(), &broker, OnConflict::First);
    let ingestor = start(options, &database, target(&empty)).await;
    let asked = request(&database, with_code("refused_by_database")).await;
    let done = wait_done(&database, asked.id).await;
    assert_eq!((done.replayed, done.failed), (0, 1), "{done:?}");
    let reason: String =
        sqlx::query_scalar("SELECT reason FROM quarantined_message WHERE code = 'payload_lost'")
            .fetch_one(&pool)
            .await
            .expect("a reason");
    assert!(reason.contains("does not exist"), "{reason}");
    ingestor.stop().await.expect("it stops");

    let options = loose(room.path(), &broker, OnConflict::First);
    let ingestor = start(options, &database, target(&objects)).await;
    let asked = request(&database, with_code("payload_lost")).await;
    assert_eq!(wait_done(&database, asked.id).await.replayed, 1);
    ingestor.stop().await.expect("it stops");
    the_books_have(&pool, 210).await;
}

/// The books balance; understood messages count a hundred, set aside ones ten, refused readings one.
async fn the_books_have(pool: &PgPool, expected: i64) {
    let unbalanced = "SELECT count(*) FROM segment WHERE messages <> decoded + quarantined
                      OR decoded <> readings_new + readings_duplicate + readings_conflicting + readings_refused";
    assert_eq!(number(pool, unbalanced).await, 0);
    let sums =
        "SELECT (sum(decoded) * 100 + sum(quarantined) * 10 + sum(readings_refused))::int8 FROM segment";
    assert_eq!(number(pool, sums).await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_of_a_source_wait_for_an_ingestor_that_has_it() {
    let (broker, objects, database) = (
        testbed::broker().await,
        testbed::object_store().await,
        testbed::postgres().await,
    );
    let room = tempfile::tempdir().expect("a directory");
    let pool = pool(&database).await;
    let ingestor = start(
        loose(&room.path().join("one"), &broker, OnConflict::First),
        &database,
        target(&objects),
    )
    .await;
    publish(broker.address(), [b"nonsense".to_vec()]).await;
    wait_number(&pool, QUARANTINED, 1).await;
    ingestor.stop().await.expect("it stops");

    let of_mqtt = QuarantineFilter {
        source: Some("mqtt".to_owned()),
        ..QuarantineFilter::default()
    };
    let asked = request(&database, of_mqtt).await;
    let mut others = loose(&room.path().join("two"), &broker, OnConflict::First);
    others.sources[0].name = "others".to_owned();
    others.sources[0].topics = vec!["others".to_owned()];
    let ingestor = start(others, &database, target(&objects)).await;
    let nothing = request(&database, with_code("no_such_code")).await;
    assert_eq!(nothing.state(), ReplayState::Done);
    // It has looked when a request of its own source is done.
    run(
        &pool,
        "INSERT INTO quarantined_message (received_at, seq, payload_size, journal_id, item, source, topic, code, reason, payload) \
         SELECT now(), 0, 1, journal_id, 0, 'others', 't', 'not_json', 'r', 'x' FROM ingest_checkpoint WHERE seq > 0",
    )
    .await;
    let own = request(
        &database,
        QuarantineFilter {
            source: Some("others".to_owned()),
            ..QuarantineFilter::default()
        },
    )
    .await;
    assert_eq!(wait_done(&database, own.id).await.failed, 1);
    let waits = replay(&database.connect().await, asked.id)
        .await
        .expect("an answer")
        .expect("it is there");
    assert_eq!((waits.state(), waits.waiting()), (ReplayState::Waiting, 1));
    ingestor.stop().await.expect("it stops");

    let ingestor = start(
        loose(&room.path().join("one"), &broker, OnConflict::First),
        &database,
        target(&objects),
    )
    .await;
    assert_eq!(wait_done(&database, asked.id).await.failed, 1);
    ingestor.stop().await.expect("it stops");
}
