//! Single instants, each by itself.

use std::time::Duration;

use super::campaign::Campaign;
use super::gates::database::Moment;
use super::producer;
use super::random::Random;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_outlives_its_connection_is_not_taken_for_another_loader() {
    let mut campaign = Box::pin(Campaign::begin()).await;
    let mut random = Random::new(4);
    // The COMMIT takes longer than the loader takes to come back and begin the same batch again.
    for sql in [
        "CREATE FUNCTION take_time() RETURNS trigger LANGUAGE plpgsql
         AS 'BEGIN PERFORM pg_sleep(2); RETURN NULL; END'",
        "CREATE CONSTRAINT TRIGGER take_time AFTER UPDATE ON ingest_checkpoint DEFERRABLE INITIALLY DEFERRED
         FOR EACH ROW EXECUTE FUNCTION take_time()",
    ] {
        sqlx::query(sql)
            .execute(&campaign.world.pool)
            .await
            .expect("a trigger");
    }
    let held = campaign.world.database_gate.trap(Moment::CommitSent);
    let payloads = campaign.ledger.mixture(&mut random, 200);
    let sending = producer::send(campaign.world.broker_address(), payloads, Duration::ZERO);
    campaign.finish(tokio::spawn(sending)).await;
    let held = campaign.sprung(held).await.expect("a COMMIT");
    drop(held);
    campaign.settle(&mut random).await;
    let verdict = campaign.judge().await;
    assert!(
        verdict.is_clean(),
        "{}\n{}",
        verdict.summary(),
        campaign.world.log()
    );
    campaign.world.stop().await;
}
