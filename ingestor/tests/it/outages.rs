//! Database and object store go away and come back; the journal fills and empties. Nothing is lost.

use std::time::Duration;

use parts::object_store::{ObjectStore, Options};

use crate::harness::{message, options, pool, publish, start, store, wait_number};

const READINGS: &str = "SELECT count(*) FROM reading";
const ARCHIVED: &str = "SELECT coalesce(sum(messages), 0)::int8 FROM segment WHERE object_key IS NOT NULL";

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_while_the_database_is_away_is_in_it_afterwards() {
    let (broker, objects, database) = (
        testbed::broker().await,
        testbed::object_store().await,
        testbed::postgres().await,
    );
    let journal = tempfile::tempdir().expect("a directory");
    let target = store(
        objects.endpoint(),
        objects.access_key_id(),
        objects.secret_access_key(),
    );
    let ingestor = start(options(journal.path(), broker.address()), &database, target).await;
    publish(broker.address(), (0..100).map(message)).await;
    let readings = pool(&database).await;
    wait_number(&readings, READINGS, 100).await;

    let (admin, name) = lock_out(&database, readings).await;
    // Acknowledged while the database refuses everybody.
    publish(broker.address(), (100..300).map(message)).await;
    allow(&admin, &name, true).await;

    wait_number(&pool(&database).await, READINGS, 300).await;
    ingestor.stop().await.expect("it stops");
    wait_number(
        &pool(&database).await,
        "SELECT sum(decoded)::int8 FROM segment",
        300,
    )
    .await;
}

/// The same server, as its superuser in another database.
fn administrator(url: &str, name: &str) -> String {
    let (head, tail) = url
        .split_once(&format!("/{name}"))
        .expect("the database's name in its URL");
    let (_, place) = head.split_once('@').expect("a role in the URL");
    format!("postgres://postgres@{place}/postgres{tail}")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_while_s3_is_away_is_on_it_afterwards() {
    let (broker, database) = (testbed::broker().await, testbed::postgres().await);
    let room = tempfile::tempdir().expect("a directory");
    // Its address and keys, before it serves.
    let place = Options::new(room.path().join("s3"), "fieldbook");
    let early = ObjectStore::start(&place).await.expect("an object store");
    let (endpoint, address) = (early.endpoint(), early.address());
    let target = store(endpoint, early.access_key_id(), early.secret_access_key());
    early.stop().await;

    let mut options = options(&room.path().join("journal"), broker.address());
    options.journal.segment_age_max = Duration::from_millis(200);
    let ingestor = start(options, &database, target).await;
    publish(broker.address(), (0..500).map(message)).await;
    let readings = pool(&database).await;
    wait_number(&readings, READINGS, 500).await;
    wait_number(&readings, ARCHIVED, 0).await;

    let objects = ObjectStore::start(&Options {
        preferred: address,
        ..place
    })
    .await
    .expect("an object store");
    wait_number(&readings, ARCHIVED, 500).await;
    let unbalanced = "SELECT count(*) FROM segment WHERE messages <> decoded + quarantined
                      OR decoded <> readings_new + readings_duplicate + readings_conflicting + readings_refused";
    wait_number(&readings, unbalanced, 0).await;
    ingestor.stop().await.expect("it stops");
    objects.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_journal_stops_acknowledging_and_goes_on_when_there_is_room() {
    const MESSAGES: usize = 12_000;
    let (broker, database) = (testbed::broker().await, testbed::postgres().await);
    let room = tempfile::tempdir().expect("a directory");
    let place = Options::new(room.path().join("s3"), "fieldbook");
    let early = ObjectStore::start(&place).await.expect("an object store");
    let (endpoint, address) = (early.endpoint(), early.address());
    let target = store(endpoint, early.access_key_id(), early.secret_access_key());
    early.stop().await;

    let mut options = options(&room.path().join("journal"), broker.address());
    options.journal.record_bytes_max = 64 * 1024;
    options.journal.pending_bytes_max = 256 * 1024;
    options.journal.segment_bytes_max = 256 * 1024;
    // Room for a part of the messages; S3 is away, so no segment may go.
    options.journal.budget_bytes = 768 * 1024;
    let ingestor = start(options, &database, target).await;
    publish(broker.address(), (0..MESSAGES).map(message)).await;
    // The broker has all of them, the journal is full, and what it took is in the database.
    let readings = pool(&database).await;
    let full = async {
        while !ingestor.is_full() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(crate::harness::DEADLINE, full)
        .await
        .expect("it fills up");
    let taken: i64 = sqlx::query_scalar(READINGS)
        .fetch_one(&readings)
        .await
        .expect("a number");
    assert!(
        taken < i64::try_from(MESSAGES).expect("small"),
        "{taken} readings"
    );

    let objects = ObjectStore::start(&Options {
        preferred: address,
        ..place
    })
    .await
    .expect("an object store");
    wait_number(&readings, READINGS, i64::try_from(MESSAGES).expect("small")).await;
    ingestor.stop().await.expect("it stops");
    let lost = "SELECT count(*) FROM quarantined_message";
    wait_number(&readings, lost, 0).await;
    objects.stop().await;
}

/// The database is away for long, the journal is small, S3 is up: nothing stops, and nothing is lost.
#[tokio::test(flavor = "multi_thread")]
async fn a_small_journal_goes_on_over_what_s3_has_and_the_database_gets_it_back_in_order() {
    const MESSAGES: usize = 12_000;
    let (broker, objects, database) = (
        testbed::broker().await,
        testbed::object_store().await,
        testbed::postgres().await,
    );
    let room = tempfile::tempdir().expect("a directory");
    let target = || {
        store(
            objects.endpoint(),
            objects.access_key_id(),
            objects.secret_access_key(),
        )
    };
    let small = || {
        let mut options = options(&room.path().join("journal"), broker.address());
        options.journal.record_bytes_max = 64 * 1024;
        options.journal.pending_bytes_max = 256 * 1024;
        options.journal.segment_bytes_max = 256 * 1024;
        // A third of the messages.
        options.journal.budget_bytes = 768 * 1024;
        options
    };
    let ingestor = start(small(), &database, target()).await;
    // The first value of each time is served; those behind contradict it.
    publish(broker.address(), (0..100).map(message)).await;
    let readings = pool(&database).await;
    wait_number(&readings, READINGS, 100).await;
    let (admin, name) = lock_out(&database, readings).await;

    let contradiction = |index: usize| {
        let text = String::from_utf8(message(index)).expect("text");
        let later = format!("\"value\":{}", index + 1_000_000);
        text.replace(&format!("\"value\":{index}"), &later).into_bytes()
    };
    let all = (100..MESSAGES).map(message).chain((0..2_000).map(contradiction));
    let last = u64::try_from(MESSAGES + 2_000).expect("small");
    publish(broker.address(), all).await;
    let acknowledged = async {
        // Taken as a whole although the budget holds a third, and never full for long.
        while ingestor.appended() < last || ingestor.is_full() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(crate::harness::DEADLINE, acknowledged)
        .await
        .expect("all of it is taken while the database is away");
    // A restart changes nothing of it.
    ingestor.stop().await.expect("it stops");
    let segments = std::fs::read_dir(room.path().join("journal"))
        .expect("a directory")
        .filter(|entry| {
            let path = entry.as_ref().expect("an entry").path();
            path.extension().is_some_and(|ending| ending == "fbj")
        });
    assert!(segments.count() < 6);
    let db = entity::connect_lazy(&entity::ConnectOptions {
        url: database.url().to_owned(),
        application_name: "test",
        connections_max: 4,
        statement_timeout: None,
    })
    .expect("a pool");
    let clock = std::sync::Arc::new(ingestor::clock::SystemClock);
    let ingestor =
        ingestor::Ingestor::start(small(), db, target(), clock).expect("it starts without the database");
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    allow(&admin, &name, true).await;

    let readings = pool(&database).await;
    wait_number(
        &readings,
        "SELECT max(seq) FROM ingest_checkpoint",
        i64::try_from(last).expect("small"),
    )
    .await;
    wait_number(&readings, READINGS, i64::try_from(MESSAGES).expect("small")).await;
    wait_number(
        &readings,
        "SELECT count(*) FROM reading WHERE value >= 1000000",
        0,
    )
    .await;
    wait_number(
        &readings,
        "SELECT count(*) FROM reading_conflict WHERE value >= 1000000",
        2_000,
    )
    .await;
    ingestor.stop().await.expect("it stops");
    let unbalanced = "SELECT count(*) FROM segment WHERE messages IS DISTINCT FROM decoded + quarantined
                      OR decoded <> readings_new + readings_duplicate + readings_conflicting + readings_refused";
    wait_number(&readings, unbalanced, 0).await;
    wait_number(&readings, ARCHIVED, i64::try_from(last).expect("small")).await;
}

/// An older copy of the database, or an empty one, gets from S3 what the journal has no longer.
#[tokio::test(flavor = "multi_thread")]
async fn an_empty_database_is_filled_from_s3_by_the_ingestor() {
    let (broker, objects, database) = (
        testbed::broker().await,
        testbed::object_store().await,
        testbed::postgres().await,
    );
    let journal = tempfile::tempdir().expect("a directory");
    let target = || {
        store(
            objects.endpoint(),
            objects.access_key_id(),
            objects.secret_access_key(),
        )
    };
    for (begin, end) in [(0, 100), (100, 200)] {
        let ingestor = start(options(journal.path(), broker.address()), &database, target()).await;
        publish(broker.address(), (begin..end).map(message)).await;
        wait_number(
            &pool(&database).await,
            READINGS,
            i64::try_from(end).expect("small"),
        )
        .await;
        ingestor.stop().await.expect("it stops");
    }
    // Both segments are let go once the manifest has them.
    let ingestor = start(options(journal.path(), broker.address()), &database, target()).await;
    wait_number(&pool(&database).await, ARCHIVED, 200).await;
    ingestor.stop().await.expect("it stops");

    let empty = testbed::postgres().await;
    let mut options = options(journal.path(), broker.address());
    options.journal.segment_age_max = Duration::from_millis(200);
    let ingestor = start(options, &empty, target()).await;
    publish(broker.address(), (200..300).map(message)).await;
    let readings = pool(&empty).await;
    wait_number(&readings, READINGS, 300).await;
    wait_number(
        &readings,
        "SELECT sum(messages)::int8 FROM segment WHERE messages = decoded + quarantined",
        300,
    )
    .await;
    ingestor.stop().await.expect("it stops");
}

/// Shuts everybody out of a database.
async fn lock_out(database: &testbed::TestDatabase, pool: sqlx::PgPool) -> (sqlx::PgPool, String) {
    let name: String = sqlx::query_scalar("SELECT current_database()")
        .fetch_one(&pool)
        .await
        .expect("a name");
    pool.close().await;
    let admin = sqlx::PgPool::connect(&administrator(database.url(), &name))
        .await
        .expect("the server");
    allow(&admin, &name, false).await;
    sqlx::query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1")
        .bind(&name)
        .execute(&admin)
        .await
        .expect("a right");
    (admin, name)
}

async fn allow(admin: &sqlx::PgPool, name: &str, allowed: bool) {
    let sql = format!("ALTER DATABASE {name} ALLOW_CONNECTIONS {allowed}");
    sqlx::query(sqlx::AssertSqlSafe(sql))
        .execute(admin)
        .await
        .expect("a right");
}
