//! Rollups follow what is loaded.

use crate::harness::{message, options, pool, publish, start, store, wait_number};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_loaded_is_rolled_up() {
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
    let rollups = pool(&database).await;
    // All but the first are of the hour that is over.
    wait_number(&rollups, "SELECT max(count) FROM reading_1m", 99).await;
    wait_number(&rollups, "SELECT max(count) FROM reading_1h", 99).await;
    ingestor.stop().await.expect("it stops");
}
