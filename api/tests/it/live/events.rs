//! Server-sent events.

use reqwest::header::ACCEPT;
use serde_json::{Value, json};

use super::socket::{Socket, values};
use super::{Loader, in_time};
use crate::world::{World, open, without_cost};

/// Events as they come.
struct Events {
    response: reqwest::Response,
    text: String,
}

impl Events {
    async fn ask(world: &World, query: &str) -> Self {
        let request = world
            .client
            .post(world.url("/graphql"))
            .header(ACCEPT, "text/event-stream");
        let response = request.json(&json!({ "query": query })).send().await.unwrap();
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self {
            response,
            text: String::new(),
        }
    }

    /// The name and the data of the next event.
    async fn next(&mut self) -> (String, String) {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| {
                    let line = event.lines().find_map(|line| line.strip_prefix(name));
                    line.unwrap_or_default().trim_start().to_owned()
                };
                let found = (field("event:"), field("data:"));
                self.text = rest.into();
                if !found.0.is_empty() {
                    return found;
                }
                continue;
            }
            let chunk = in_time(self.response.chunk())
                .await
                .unwrap()
                .expect("the stream goes on");
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    async fn data(&mut self) -> Value {
        let (name, data) = self.next().await;
        assert_eq!(name, "next");
        let mut answer = serde_json::from_str(&data).unwrap();
        without_cost(&mut answer);
        answer
    }
}

#[tokio::test]
async fn a_subscription_is_a_stream_of_events_until_the_service_stops() {
    let mut world = World::new().await;
    let sensors = world.sensors(&["a"]).await;
    let mut loader = Loader::new(&world).await;
    let mut events = Events::ask(
        &world,
        "subscription { readingStream { cursor readings { value } } }",
    )
    .await;
    let begin = events.data().await;
    loader.load_some(sensors[0], 2).await;
    let event = events.data().await;
    assert_eq!(values(&event["data"]["readingStream"]["readings"]), [1.0, 2.0]);
    // Its cursors are those of the other transport.
    let cursor = begin["extensions"]["cursor"].as_str().unwrap();
    let mut socket = Socket::ready(&world).await;
    socket.stream("1", &format!("(after: \"{cursor}\")")).await;
    assert_eq!(values(&socket.batch("1").await["readings"]), [1.0, 2.0]);
    drop(socket);
    let server = world.stop();
    assert_eq!(events.next().await.0, "complete");
    server.await.unwrap().unwrap();
}

#[tokio::test]
async fn queries_and_refusals_are_one_event() {
    let world = World::without_database(open()).await;
    let mut events = Events::ask(&world, "{ service { name } }").await;
    assert_eq!(
        events.data().await,
        json!({ "data": { "service": { "name": "Fieldbook" } } })
    );
    assert_eq!(events.next().await.0, "complete");
    let mut events = Events::ask(&world, "subscription { nothing }").await;
    assert_eq!(
        events.data().await["errors"][0]["extensions"]["code"],
        "BAD_REQUEST"
    );
    assert_eq!(events.next().await.0, "complete");
}
