//! Cursors: a chain of connections gets each reading once, whatever happens in between.

use std::collections::BTreeMap;
use std::time::Duration;

use api::{LiveLimits, Options};
use serde_json::json;

use super::socket::{Socket, values};
use super::{Loader, in_time, second};
use crate::shutdown::somebody_waits;
use crate::world::{World, open};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chain_of_connections_gets_each_reading_of_two_loaders_once() {
    let world = World::new().await;
    let sensors = world.sensors(&["a", "b"]).await;
    let mut first = Loader::new(&world).await;
    let mut socket = Socket::ready(&world).await;
    let mut cursor = socket.stream("1", "(first: 7)").await;
    // This journal appears when the cursor has been made.
    let mut second_loader = Loader::new(&world).await;
    let loading = async {
        for round in 0..60_i64 {
            // Late ones and new ones, batches of all sizes.
            let times = |loaded: i64, count| (0..count).map(move |i| loaded + i);
            let late = |at: i64| {
                if at % 5 == 0 {
                    second(at - 20_000_000)
                } else {
                    second(at)
                }
            };
            let of_a: Vec<_> = times(first.seq, 1 + round % 9)
                .map(|at| (sensors[0], late(at)))
                .collect();
            let of_b: Vec<_> = times(second_loader.seq, 1 + round % 4)
                .map(|at| (sensors[1], late(at)))
                .collect();
            tokio::join!(first.load(&of_a), second_loader.load(&of_b));
            if round % 10 == 3 {
                kill_listeners(&world).await;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        first.seq + second_loader.seq
    };
    let listening = async {
        let mut found: BTreeMap<(String, i64), u32> = BTreeMap::new();
        let mut events = 0;
        let mut total = 0;
        loop {
            let batch = socket.batch("1").await;
            assert_eq!(batch["missed"], json!(null));
            cursor = batch["cursor"].as_str().unwrap().to_owned();
            for reading in batch["readings"].as_array().unwrap() {
                let name = reading["sensor"]["name"].as_str().unwrap().to_owned();
                let seq = reading["value"].as_f64().unwrap().round();
                #[expect(clippy::cast_possible_truncation, reason = "positions of a test")]
                let count = found.entry((name, seq as i64)).or_default();
                *count += 1;
                total += 1;
            }
            assert!(batch["readings"].as_array().unwrap().len() <= 7);
            events += 1;
            if total >= expected() {
                return (found, total);
            }
            if events % 4 == 0 {
                // Gone without a word, in the middle.
                socket = Socket::ready(&world).await;
                let again = socket
                    .stream("1", &format!("(first: 7, after: \"{cursor}\")"))
                    .await;
                assert_eq!(again, cursor);
            }
        }
    };
    let (loaded, (found, total)) = Box::pin(in_time(async { tokio::join!(loading, listening) })).await;
    assert_eq!(i64::from(total), loaded);
    assert!(found.values().all(|count| *count == 1), "{found:?}");
    assert_eq!(i64::try_from(found.len()).unwrap(), loaded);
}

/// How many readings the two loaders load.
fn expected() -> i32 {
    (0..60).map(|round| 1 + round % 9 + 1 + round % 4).sum()
}

async fn kill_listeners(world: &World) {
    world
        .run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE datname = current_database() AND query LIKE 'LISTEN%'",
        )
        .await;
}

#[tokio::test]
async fn what_nobody_was_notified_of_is_found_all_the_same() {
    let world = World::with(Options {
        live: LiveLimits {
            poll_interval: Duration::from_millis(50),
            ..LiveLimits::default()
        },
        ..open()
    })
    .await;
    let sensors = world.sensors(&["a"]).await;
    let mut loader = Loader::new(&world).await;
    let mut socket = Socket::ready(&world).await;
    socket.stream("1", "").await;
    let readings = [(sensors[0], second(0)), (sensors[0], second(1))];
    loader.load_silently(&readings).await;
    assert_eq!(values(&socket.batch("1").await["readings"]), [1.0, 2.0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_that_begins_during_a_look_misses_nothing() {
    let world = World::with(Options {
        live: LiveLimits {
            // Cursors are told all the time, and looks are due when this says so.
            cursor_interval: Duration::from_millis(20),
            poll_interval: Duration::from_hours(1),
            ..LiveLimits::default()
        },
        ..open()
    })
    .await;
    let sensors = world.sensors(&["a"]).await;
    let mut loader = Loader::new(&world).await;
    let mut first = Socket::ready(&world).await;
    first.stream("1", "").await;
    loader.load_silently(&[(sensors[0], second(0))]).await;
    // A look that waits in its middle.
    let locked = sea_orm::TransactionTrait::begin(&world.db).await.unwrap();
    sea_orm::ConnectionTrait::execute_unprepared(&locked, "LOCK TABLE reading")
        .await
        .unwrap();
    world.run("SELECT pg_notify('fieldbook_loaded', 'look')").await;
    somebody_waits(&world).await;
    let mut late = Socket::ready(&world).await;
    late.stream("2", "").await;
    locked.rollback().await.unwrap();
    assert_eq!(values(&first.batch("1").await["readings"]), [1.0]);
    // Nobody looks again, and it is given that reading all the same.
    assert_eq!(given(&mut late, 1.0).await, [1.0]);
    loader.load_some(sensors[0], 1).await;
    assert_eq!(given(&mut late, 2.0).await, [2.0]);
}

/// What stream 2 is given up to this value, batches that say no more than a cursor left out.
async fn given(socket: &mut Socket, last: f64) -> Vec<f64> {
    let mut found = Vec::new();
    in_time(async {
        while found.last() != Some(&last) {
            found.extend(values(&socket.batch("2").await["readings"]));
        }
    })
    .await;
    found
}

#[tokio::test]
async fn a_cursor_tells_what_is_wrong_with_it() {
    let world = World::with(Options {
        live: LiveLimits {
            catch_up_max: 10,
            ..LiveLimits::default()
        },
        ..open()
    })
    .await;
    let sensors = world.sensors(&["a"]).await;
    let mut loader = Loader::new(&world).await;
    let mut socket = Socket::ready(&world).await;
    let cursor = socket.stream("1", "").await;
    loader.load_some(sensors[0], 10).await;
    assert_eq!(socket.batch("1").await["readings"].as_array().unwrap().len(), 10);
    let other = World::new().await;
    for (after, code) in [
        ("", "INVALID_ARGUMENT"),
        ("x", "INVALID_ARGUMENT"),
        ("AXI", "INVALID_ARGUMENT"),
    ] {
        socket
            .subscribe(
                "e",
                &format!("subscription {{ readingAdded(after: \"{after}\") {{ time }} }}"),
            )
            .await;
        let error = socket.error("e").await;
        assert_eq!(
            (&error["extensions"]["code"], &error["extensions"]["argument"]),
            (&json!(code), &json!("after"))
        );
    }
    // Another database knows nothing of this journal.
    let mut elsewhere = Socket::ready(&other).await;
    elsewhere
        .subscribe(
            "e",
            &format!("subscription {{ readingAdded(after: \"{cursor}\") {{ time }} }}"),
        )
        .await;
    assert_eq!(
        elsewhere.error("e").await["extensions"]["code"],
        "INVALID_ARGUMENT"
    );
    loader.load_some(sensors[0], 1).await;
    socket.batch("1").await;
    socket
        .subscribe(
            "e",
            &format!("subscription {{ readingAdded(after: \"{cursor}\") {{ time }} }}"),
        )
        .await;
    let error = socket.error("e").await;
    assert_eq!(
        (&error["extensions"]["limit"], &error["extensions"]["asked"]),
        (&json!(10), &json!(11))
    );
    assert!(error["message"].as_str().unwrap().contains("readings"), "{error}");
}
