//! A look that takes too long, however often it is tried, holds nobody up for ever.

use std::collections::BTreeMap;
use std::time::Duration;

use api::{LiveLimits, Options};
use entity::ConnectOptions;
use serde_json::{Value, json};

use super::socket::{Socket, values};
use super::{Loader, in_time, second};
use crate::world::{World, open};

/// An API whose statements are cancelled after a moment, over the database of another, and the sensors `a` and `b`.
struct Stuck {
    world: World,
    hasty: World,
    sensors: Vec<i32>,
    loader: Loader,
}

impl Stuck {
    async fn new(catch_up_max: u64) -> Self {
        let world = World::new().await;
        let sensors = world.sensors(&["a", "b"]).await;
        let loader = Loader::new(&world).await;
        let pool = ConnectOptions {
            url: world.database_url().to_owned(),
            application_name: "fieldbook-hasty",
            connections_max: 8,
            statement_timeout: Some(Duration::from_millis(500)),
        };
        let pool = entity::connect(&pool).await.unwrap();
        let options = Options {
            live: LiveLimits {
                catch_up_max,
                // Looks are due when the tests say so.
                poll_interval: Duration::from_hours(1),
                ..LiveLimits::default()
            },
            ..open()
        };
        Self {
            hasty: World::over(pool, options, Vec::new()).await,
            world,
            sensors,
            loader,
        }
    }

    /// Loads a reading of each sensor, of which nobody can read that of `b` in time, and makes the hub look.
    async fn get_stuck(&mut self) {
        let at = second(self.loader.seq);
        let readings = [(self.sensors[0], at), (self.sensors[1], at)];
        self.loader.load_silently(&readings).await;
        let slow = self.sensors[1];
        for statement in [
            "ALTER TABLE reading RENAME TO reading_all",
            &format!(
                "CREATE FUNCTION is_read(sensor_id int4) RETURNS bool LANGUAGE plpgsql COST 100000 AS \
                 $$ BEGIN IF sensor_id = {slow} THEN PERFORM pg_sleep(60); END IF; RETURN true; END $$"
            ),
            "CREATE VIEW reading AS SELECT * FROM reading_all WHERE is_read(sensor_id)",
            "SELECT pg_notify('fieldbook_loaded', 'look')",
        ] {
            self.world.run(statement).await;
        }
    }

    async fn get_loose(&self) {
        for statement in ["DROP VIEW reading", "ALTER TABLE reading_all RENAME TO reading"] {
            self.world.run(statement).await;
        }
    }
}

/// What is said of each of so many operations, but for batches that say nothing.
async fn hear(socket: &mut Socket, operations: usize) -> BTreeMap<String, Value> {
    let mut said = BTreeMap::new();
    in_time(async {
        while said.len() < operations {
            let message = socket.hear().await;
            let batch = &message["payload"]["data"]["readingStream"];
            if batch.is_null() || batch["readings"] != json!([]) || batch["missed"] != json!(null) {
                let before = said.insert(message["id"].as_str().unwrap().to_owned(), message);
                assert_eq!(before, None);
            }
        }
    })
    .await;
    said
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_asks_for_few_sensors_goes_on_and_the_others_end_with_their_cursor() {
    let mut stuck = Stuck::new(1_000).await;
    let mut socket = Socket::ready(&stuck.hasty).await;
    let cursor = socket.stream("all", "").await;
    socket.stream("few", "(sensors: [\"a\"])").await;
    stuck.get_stuck().await;
    let said = hear(&mut socket, 2).await;
    let few = &said["few"]["payload"]["data"]["readingStream"];
    assert_eq!(values(&few["readings"]), [1.0]);
    let all = &said["all"]["payload"][0]["extensions"];
    assert_eq!(all, &json!({ "code": "TIMEOUT", "cursor": cursor }));
    stuck.get_loose().await;
    // Live again, and nothing is lost.
    stuck.loader.load_some(stuck.sensors[0], 1).await;
    assert_eq!(values(&socket.batch("few").await["readings"]), [3.0]);
    socket.stream("again", &format!("(after: \"{cursor}\")")).await;
    assert_eq!(values(&socket.batch("again").await["readings"]), [1.0, 2.0, 3.0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_too_much_to_catch_up_with_is_missed_or_the_end() {
    let mut stuck = Stuck::new(1).await;
    let mut socket = Socket::ready(&stuck.hasty).await;
    let begin = socket.stream("all", "").await;
    socket.stream("few", "(sensors: [\"a\"])").await;
    let added = format!("subscription {{ readingAdded(sensors: [\"a\"], after: \"{begin}\") {{ value }} }}");
    socket.subscribe("added", &added).await;
    // Who has been given the first one is there.
    stuck.loader.load_some(stuck.sensors[0], 1).await;
    let cursor = hear(&mut socket, 3).await["added"]["payload"]["extensions"]["cursor"].clone();
    stuck.get_stuck().await;
    let mut said = hear(&mut socket, 3).await;
    for stream in ["all", "few"] {
        let mut batch = said.remove(stream).unwrap()["payload"]["data"]["readingStream"].take();
        assert_eq!(
            (batch["readings"].take(), batch["missed"]["positions"].take()),
            (json!([]), json!(2.0)),
            "{stream}"
        );
        assert_eq!(batch["missed"]["from"], cursor);
    }
    let end = &said["added"]["payload"][0]["extensions"];
    let expected = json!({ "code": "LIMIT_EXCEEDED", "limit": 1, "asked": 2, "cursor": cursor });
    assert_eq!(end, &expected);
    stuck.get_loose().await;
}
