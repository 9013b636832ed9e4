//! What the archive holds comes into a database again, to the same rows: into an empty one, in any order, broken off and begun
//! again, beside ingestors, with parts of it missing.

mod plant;
mod state;

use entity::load::OnConflict;
use ingestor::restore::{Lack, RestoreError, RestoreOptions};
use sqlx::PgPool;

use self::plant::{JOURNALS, Plant, is_the_same};
use crate::harness::{options, pool, start};

async fn number(pool: &PgPool, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(pool).await.expect("a number")
}

async fn run(pool: &PgPool, sql: &'static str) -> u64 {
    let done = sqlx::query(sql).execute(pool).await.expect("it is run");
    done.rows_affected()
}

const UNBALANCED: &str = "SELECT count(*) FROM segment WHERE messages IS DISTINCT FROM decoded + quarantined";

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_database_gets_the_same_rows() {
    for on_conflict in [OnConflict::First, OnConflict::Latest] {
        let plant = Plant::new(on_conflict).await;
        let conflicts = number(
            &pool(&plant.original).await,
            "SELECT count(*) FROM reading_conflict",
        )
        .await;
        assert!(conflicts > 20, "{conflicts} conflicts");
        for bulk in [true, false] {
            let empty = testbed::postgres().await;
            let mut options = plant.replaying();
            options.loader.bulk = bulk;
            let restored = plant.replay(&empty, options).await.expect("a replay");
            assert_eq!(restored.messages, plant.last.iter().sum::<u64>());
            assert_eq!((restored.known, restored.skipped.len()), (0, 0));
            assert_eq!(restored.decoded + restored.quarantined, restored.messages);
            plant.is_the_original(&empty).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timescaledb_gets_the_same_rows_with_its_chunks_compressed_half_way() {
    let plant = Plant::new(OnConflict::Latest).await;
    let database = testbed::timescale().await;
    let all: u64 = plant.last.iter().sum();
    let half = plant.replay_until(&database, plant.replaying(), all / 2).await;
    assert!(matches!(half, Err(RestoreError::Stopped)), "{half:?}");
    let compress = "SELECT count(compress_chunk(chunk)) FROM show_chunks('reading') AS chunk";
    assert!(number(&pool(&database).await, compress).await > 0);
    plant
        .replay(&database, plant.replaying())
        .await
        .expect("a replay");
    plant.is_the_original(&database).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_off_at_any_place_it_goes_on_to_the_same_rows() {
    let plant = Plant::new(OnConflict::First).await;
    let all: u64 = plant.last.iter().sum();
    let database = testbed::postgres().await;
    let mut stops = 0;
    for upto in (0..).map(|stop| stop * 61 + 1) {
        match plant.replay_until(&database, plant.replaying(), upto).await {
            Err(RestoreError::Stopped) => stops += 1,
            restored => {
                let restored = restored.expect("a replay");
                // It did not begin anew each time.
                assert!(restored.messages < all / 2, "{restored:?}");
                break;
            }
        }
    }
    assert!(stops > 5, "{stops} stops");
    let replays = "SELECT count(*) * 1000 + count(finished_at) FROM archive_replay";
    assert_eq!(number(&pool(&database).await, replays).await, 1001);
    plant.is_the_original(&database).await;

    // Begun anew it finds all of it known.
    let anew = RestoreOptions {
        anew: true,
        ..plant.replaying()
    };
    let restored = plant.replay(&database, anew).await.expect("a replay");
    assert_eq!((restored.known, restored.mended), (all, 0));
    plant.is_the_original(&database).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_break_change_nothing() {
    let plant = Plant::new(OnConflict::First).await;
    let database = testbed::postgres().await;
    let pool = pool(&database).await;
    let cut = async {
        // Ever less often: on a slow machine no transaction would end in the shortest of these pauses.
        let mut pause = std::time::Duration::from_millis(15);
        loop {
            let cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
                       WHERE pid <> pg_backend_pid() AND datname = current_database() AND xact_start IS NOT NULL";
            let _ = sqlx::query(cut).execute(&pool).await;
            tokio::time::sleep(pause).await;
            pause = pause.mul_f64(1.02);
        }
    };
    tokio::select! {
        restored = plant.replay(&database, plant.replaying()) => {
            restored.expect("a replay");
        }
        () = cut => {}
    }
    plant.is_the_original(&database).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_parts_and_in_any_order_the_rows_are_the_same() {
    let plant = Plant::new(OnConflict::Latest).await;
    let original = pool(&plant.original).await;
    let middle: chrono::DateTime<chrono::Utc> = sqlx::query_scalar(
        "SELECT first_received_at FROM segment ORDER BY first_received_at OFFSET 9 LIMIT 1",
    )
    .fetch_one(&original)
    .await
    .expect("a time");
    let database = testbed::postgres().await;
    let late = RestoreOptions {
        from: Some(middle),
        ..plant.replaying()
    };
    let restored = plant.replay(&database, late).await.expect("a replay");
    let all: u64 = plant.last.iter().sum();
    assert!(
        restored.messages > all / 4 && restored.messages < all * 3 / 4,
        "{restored:?}"
    );
    let pool = pool(&database).await;
    assert_eq!(number(&pool, UNBALANCED).await, 0);
    // One journal begins before that, and its checkpoint waits for the beginning.
    assert_eq!(number(&pool, "SELECT min(seq) FROM ingest_checkpoint").await, 0);
    let early = RestoreOptions {
        to: Some(middle),
        ..plant.replaying()
    };
    plant.replay(&database, early).await.expect("a replay");
    plant.is_the_original(&database).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_database_lost_comes_back_and_the_rest_stays() {
    let plant = Plant::new(OnConflict::First).await;
    let database = testbed::postgres().await;
    plant
        .replay(&database, plant.replaying())
        .await
        .expect("a replay");
    plant.is_the_original(&database).await;
    let pool = pool(&database).await;
    let lost = run(&pool, "DELETE FROM reading WHERE seq % 3 = 0").await;
    run(
        &pool,
        "DELETE FROM reading_conflict WHERE (sensor_id, time) NOT IN (SELECT sensor_id, time FROM reading)",
    )
    .await;
    run(&pool, "DELETE FROM sensor_version").await;
    assert!(lost > 50, "{lost} readings");
    let restored = plant
        .replay(&database, plant.replaying())
        .await
        .expect("a replay");
    assert!(restored.mended >= lost, "{restored:?}");
    assert_eq!(restored.readings_new, 0);
    plant.is_the_original(&database).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ingestors_beside_it_load_each_message_once() {
    let plant = Plant::new(OnConflict::First).await;
    let database = testbed::postgres().await;
    let whole = plant.room.path().join(format!("{}-whole", JOURNALS[0]));
    let ingestor = start(options(&whole, plant.broker.address()), &database, plant.store()).await;
    plant
        .replay(&database, plant.replaying())
        .await
        .expect("a replay");
    let mut loaded = ingestor.loaded();
    tokio::time::timeout(
        crate::harness::DEADLINE,
        loaded.wait_for(|seq| *seq >= plant.last[0]),
    )
    .await
    .expect("in time")
    .expect("a loader");
    ingestor.stop().await.expect("it stops");
    plant.is_the_original(&database).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_or_damaged_object_is_named_and_gone_on_without_only_when_asked() {
    let plant = Plant::new(OnConflict::First).await;
    let files = plant.files();
    assert!(files.len() > 10, "{} objects", files.len());
    // One is gone, one has a flipped byte in its first frame, one is cut.
    let (gone, damaged, cut) = (&files[2], &files[5], &files[7]);
    std::fs::remove_file(gone).expect("it goes");
    let whole = std::fs::read(cut).expect("an object");
    std::fs::write(cut, &whole[..100]).expect("it is written");
    let mut bytes = std::fs::read(damaged).expect("an object");
    bytes[30] ^= 0x10;
    std::fs::write(damaged, bytes).expect("it is written");

    let database = testbed::postgres().await;
    let error = plant
        .replay(&database, plant.replaying())
        .await
        .expect_err("it is not whole");
    let RestoreError::Lacks(Lack::Gap { first, last, .. }) = &error else {
        panic!("{error}");
    };
    assert!(
        error.to_string().contains("no object holds the positions"),
        "{error}"
    );
    let pool = pool(&database).await;
    assert_eq!(number(&pool, "SELECT count(*) FROM segment").await, 0);

    let skipping = RestoreOptions {
        skip_damaged: true,
        ..plant.replaying()
    };
    let restored = plant.replay(&database, skipping).await.expect("a replay");
    assert_eq!(restored.skipped.len(), 3, "{restored:?}");
    let named = restored.skipped[1].to_string();
    let key = damaged
        .file_name()
        .and_then(|name| name.to_str())
        .expect("a name");
    assert!(named.contains(key), "{named}");
    // The books say what is missing, and each journal's checkpoint is at its end.
    let missing: i64 = number(
        &pool,
        "SELECT sum(messages - decoded - quarantined)::int8 FROM segment",
    )
    .await;
    assert!(missing > 0, "{missing}");
    let loaded = number(&pool, "SELECT sum(decoded + quarantined)::int8 FROM segment").await;
    let all = i64::try_from(plant.last.iter().sum::<u64>()).expect("small");
    let gap = i64::try_from(last + 1 - first).expect("small");
    let cut = restored.skipped[2].to_string();
    assert!(cut.contains("it has 100 bytes"), "{cut}");
    // Of what was cut, not even the number of its messages is known here; its key has it.
    let counted = |path: &std::path::Path| -> i64 {
        let name = path.file_name().and_then(|name| name.to_str()).expect("a name");
        let count = name.rsplit('-').next().and_then(|rest| rest.split('.').next());
        count.and_then(|count| count.parse().ok()).expect("a count")
    };
    assert_eq!(loaded + missing + gap + counted(&files[7]), all);
    let reached = number(&pool, "SELECT sum(seq)::int8 FROM ingest_checkpoint").await;
    assert_eq!(reached, all);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_whose_object_is_gone_takes_effect_at_its_position() {
    let plant = Plant::new(OnConflict::First).await;
    let lists = plant.objects.directory().join("objects/fieldbook/sensors");
    std::fs::remove_dir_all(lists).expect("it goes");
    let database = testbed::postgres().await;
    plant
        .replay(&database, plant.replaying())
        .await
        .expect("a replay");
    plant.refresh(&database).await;
    is_the_same(&pool(&plant.original).await, &pool(&database).await).await;
}
