//! The broker goes away, with its sessions and without; ingestors come and go.

use parts::broker::{Broker, Options};

use crate::harness::{message, options, pool, publish, start, store, wait_number};

const READINGS: &str = "SELECT count(*) FROM reading";

// More than there are packet identifiers: some brokers forget our Receive Maximum and send all of it at once.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_broker_keeps_while_no_ingestor_runs_is_taken_by_the_next_one() {
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
    let readings = pool(&database).await;

    let ingestor = start(
        options(journal.path(), broker.address()),
        &database,
        target.clone(),
    )
    .await;
    publish(broker.address(), (0..50).map(message)).await;
    wait_number(&readings, READINGS, 50).await;
    ingestor.stop().await.expect("it stops");
    publish(broker.address(), (50..80_000).map(message)).await;
    let ingestor = start(options(journal.path(), broker.address()), &database, target).await;
    wait_number(&readings, READINGS, 80_000).await;
    ingestor.stop().await.expect("it stops");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_lost_its_sessions_is_subscribed_to_again() {
    let (objects, database) = (testbed::object_store().await, testbed::postgres().await);
    let room = tempfile::tempdir().expect("a directory");
    let target = store(
        objects.endpoint(),
        objects.access_key_id(),
        objects.secret_access_key(),
    );
    let readings = pool(&database).await;
    let first = Broker::start(&Options::new(room.path().join("one")))
        .await
        .expect("a broker");
    let address = first.address();
    let ingestor = start(options(&room.path().join("journal"), address), &database, target).await;
    publish(address, (0..100).map(message)).await;
    wait_number(&readings, READINGS, 100).await;
    first.stop().await.expect("it ends");

    // Another one at the same address, which has never heard of us.
    let second = Options {
        listen: address,
        ..Options::new(room.path().join("two"))
    };
    let second = Broker::start(&second).await.expect("a broker");
    // Subscribed or not yet: what is published before is nobody's, so publish until it arrives.
    let mut index = 100;
    let arrived = async {
        loop {
            publish(address, [message(index)]).await;
            index += 1;
            let number: i64 = sqlx::query_scalar(READINGS)
                .fetch_one(&readings)
                .await
                .expect("a number");
            if number > 100 {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(crate::harness::DEADLINE, arrived)
        .await
        .expect("messages flow again");
    ingestor.stop().await.expect("it stops");
    second.stop().await.expect("it ends");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ingestor_that_was_stopped_leaves_nothing_for_the_next_one() {
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
    let rows = pool(&database).await;
    for last in [100, 200, 300] {
        let ingestor = start(
            options(journal.path(), broker.address()),
            &database,
            target.clone(),
        )
        .await;
        publish(broker.address(), (last - 100..last).map(message)).await;
        let last = i64::try_from(last).expect("small");
        // What the broker has not delivered when it is stopped is the next one's.
        wait_number(&rows, READINGS, last).await;
        ingestor.stop().await.expect("it stops");
        for of_all in [
            READINGS,
            "SELECT sum(decoded)::int8 FROM segment WHERE object_key IS NOT NULL",
            "SELECT sum(messages)::int8 FROM segment",
        ] {
            let found: i64 = sqlx::query_scalar(of_all)
                .fetch_one(&rows)
                .await
                .expect("a number");
            assert_eq!(found, last, "{of_all}");
        }
    }
}
