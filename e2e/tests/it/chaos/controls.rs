//! Ingests that neglect a duty, and stores and databases from which something is missing: the judge must notice.

use std::time::Duration;

use super::campaign::Campaign;
use super::producer;
use super::random::Random;
use crate::harness::raw_files;

/// What is published and taken before anything else is judged.
async fn some_messages(campaign: &mut Campaign, random: &mut Random, count: u64) {
    let payloads = campaign.ledger.mixture(random, count);
    let sending = producer::send(campaign.world.broker_address(), payloads, Duration::ZERO);
    campaign.finish(tokio::spawn(sending)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_judge_notices_acknowledgements_before_the_fsync() {
    let mut campaign = Box::pin(Campaign::begin()).await;
    let mut random = Random::new(1);
    // Neither database nor S3 has a copy.
    campaign.world.store_gate.shut();
    campaign.world.database_gate.shut();
    campaign.world.kill_ingest(Some("forgets,lies".to_owned())).await;
    some_messages(&mut campaign, &mut random, 200).await;
    campaign
        .world
        .wait_for("the ingest acknowledges", async |world| {
            let name = "fieldbook_ingest_messages_acknowledged_total";
            world
                .metric(name)
                .await
                .is_some_and(|acknowledged| acknowledged >= 200)
        })
        .await;
    campaign.world.kill_ingest(None).await;
    campaign.settle(&mut random).await;
    let verdict = campaign.judge().await;
    assert!(verdict.lost.len() >= 150, "{}", verdict.summary());
    campaign.world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_judge_notices_a_checkpoint_outside_of_the_transaction() {
    let mut campaign = Box::pin(Campaign::begin()).await;
    let mut random = Random::new(2);
    campaign.world.database_gate.split_transactions();
    campaign.world.database_gate.cut();
    some_messages(&mut campaign, &mut random, 200).await;
    campaign
        .world
        .wait_for("the checkpoint moves", async |world| {
            let moved = world.number("SELECT max(seq) FROM ingest_checkpoint").await;
            moved.is_some_and(|seq| seq >= 200)
        })
        .await;
    campaign.settle(&mut random).await;
    let verdict = campaign.judge().await;
    assert!(!verdict.lost.is_empty(), "{}", verdict.summary());
    assert!(
        verdict.wrong.iter().any(|wrong| wrong.contains("don't balance")),
        "{}",
        verdict.summary()
    );
    campaign.world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_judge_notices_what_is_taken_away_and_what_is_changed() {
    let mut campaign = Box::pin(Campaign::begin()).await;
    let mut random = Random::new(3);
    some_messages(&mut campaign, &mut random, 200).await;
    campaign.settle(&mut random).await;
    let verdict = campaign.judge().await;
    assert!(verdict.is_clean(), "{}", verdict.summary());

    // A reading, a conflict and a message in quarantine are gone, another reading has another value.
    for sql in [
        "DELETE FROM reading WHERE seq = (SELECT max(seq) FROM reading)",
        "UPDATE reading SET value = value + 1 WHERE seq = (SELECT max(seq) FROM reading)",
        "DELETE FROM reading_conflict WHERE seq = (SELECT max(seq) FROM reading_conflict)",
        "DELETE FROM quarantined_message WHERE seq = (SELECT max(seq) FROM quarantined_message)",
    ] {
        let done = sqlx::query(sql)
            .execute(&campaign.world.pool)
            .await
            .expect("a change");
        assert_eq!(done.rows_affected(), 1, "{sql}");
    }
    let store = campaign.world.store_directory();
    let mut anew = super::judge::Judge::default();
    let verdict = anew.judge(&store, &campaign.world.pool, &campaign.ledger).await;
    assert_eq!(verdict.lost.len(), 3, "{}", verdict.summary());
    assert!(
        verdict.wrong.iter().any(|wrong| wrong.contains("not (")),
        "{}",
        verdict.summary()
    );

    // An object is gone: of its messages nothing is left on S3.
    let object = raw_files(&store)
        .into_iter()
        .max_by_key(|file| file.metadata().map(|about| about.len()).ok());
    std::fs::remove_file(object.expect("an object")).expect("it goes");
    let verdict = campaign.judge().await;
    assert!(
        verdict.lost.iter().any(|lost| lost.contains("is gone")),
        "{}",
        verdict.summary()
    );
    let verdict = super::judge::Judge::default()
        .judge(&store, &campaign.world.pool, &campaign.ledger)
        .await;
    assert!(
        verdict.lost.iter().any(|lost| lost.contains("not on S3: ")),
        "{}",
        verdict.summary()
    );
    campaign.world.stop().await;
}
