//! A WebSocket of a test, which says just what it is told to.

use futures_util::{SinkExt as _, StreamExt as _};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use super::in_time;
use crate::world::{World, without_cost};

pub(crate) struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Socket {
    /// Opens a WebSocket with these headers; the status when there is none.
    pub(crate) async fn with(world: &World, headers: &[(&'static str, &str)]) -> Result<Self, StatusCode> {
        let url = world.url("/graphql").replace("http://", "ws://");
        let mut request = url.into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        match in_time(tokio_tungstenite::connect_async(request)).await {
            Ok((stream, _)) => Ok(Self { stream }),
            Err(Error::Http(response)) => Err(StatusCode::from_u16(response.status().as_u16()).unwrap()),
            Err(error) => panic!("{error}"),
        }
    }

    /// Opens a WebSocket that speaks the protocol.
    pub(crate) async fn open(world: &World) -> Self {
        let protocol = ("sec-websocket-protocol", "graphql-transport-ws");
        Self::with(world, &[protocol]).await.unwrap()
    }

    /// Opens a connection that is acknowledged.
    pub(crate) async fn ready(world: &World) -> Self {
        Self::open(world).await.acknowledged().await
    }

    /// The same with a key or token in the headers.
    pub(crate) async fn ready_as(world: &World, secret: &str) -> Self {
        let protocol = ("sec-websocket-protocol", "graphql-transport-ws");
        let authorization = format!("Bearer {secret}");
        let socket = Self::with(world, &[protocol, ("authorization", &authorization)]).await;
        socket.unwrap().acknowledged().await
    }

    /// The same with these headers.
    pub(crate) async fn ready_with(world: &World, headers: &[(&'static str, &str)]) -> Self {
        let mut all = vec![("sec-websocket-protocol", "graphql-transport-ws")];
        all.extend_from_slice(headers);
        Self::with(world, &all).await.unwrap().acknowledged().await
    }

    async fn acknowledged(mut self) -> Self {
        self.say(json!({ "type": "connection_init" })).await;
        assert_eq!(self.hear().await, json!({ "type": "connection_ack" }));
        self
    }

    pub(crate) async fn say(&mut self, message: Value) {
        self.send(Message::Text(message.to_string().into())).await;
    }

    /// Ends an operation that has nothing to say, and waits until it has ended: what is said is heard in order.
    pub(crate) async fn complete(&mut self, id: &str) {
        self.say(json!({ "id": id, "type": "complete" })).await;
        self.say(json!({ "type": "ping" })).await;
        assert_eq!(self.hear().await, json!({ "type": "pong" }));
    }

    pub(crate) async fn send(&mut self, message: Message) {
        in_time(self.stream.send(message)).await.unwrap();
    }

    pub(crate) async fn subscribe(&mut self, id: &str, query: &str) {
        self.say(json!({ "id": id, "type": "subscribe", "payload": { "query": query } }))
            .await;
    }

    /// Asks what is answered once: the answer, or the only error that it is refused with.
    pub(crate) async fn ask(&mut self, query: &str) -> Result<Value, Value> {
        self.subscribe("ask", query).await;
        let mut message = self.hear().await;
        assert_eq!(message["id"], "ask", "{message:#}");
        if message["type"] == "error" {
            assert_eq!(message["payload"].as_array().unwrap().len(), 1, "{message:#}");
            return Err(message["payload"][0].take());
        }
        assert_eq!(self.hear().await, json!({ "id": "ask", "type": "complete" }));
        Ok(message["payload"].take())
    }

    /// The next message.
    pub(crate) async fn hear(&mut self) -> Value {
        loop {
            match in_time(self.stream.next()).await.unwrap().unwrap() {
                Message::Text(text) => return serde_json::from_str(&text).unwrap(),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// The next event of an operation: its answer.
    pub(crate) async fn event(&mut self, id: &str) -> Value {
        let mut message = self.hear().await;
        assert_eq!(
            (&message["type"], &message["id"]),
            (&json!("next"), &json!(id)),
            "{message:#}"
        );
        let mut answer = message["payload"].take();
        without_cost(&mut answer);
        answer
    }

    /// The only error that an operation ends with.
    pub(crate) async fn error(&mut self, id: &str) -> Value {
        let mut message = self.hear().await;
        assert_eq!(
            (&message["type"], &message["id"]),
            (&json!("error"), &json!(id)),
            "{message:#}"
        );
        assert_eq!(message["payload"].as_array().unwrap().len(), 1, "{message:#}");
        message["payload"][0].take()
    }

    /// The code that the connection is closed with.
    pub(crate) async fn code(&mut self) -> u16 {
        loop {
            match in_time(self.stream.next()).await {
                Some(Ok(Message::Close(Some(frame)))) => return frame.code.into(),
                Some(Ok(_)) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// Subscribes, and gives where the stream begins.
    pub(crate) async fn stream(&mut self, id: &str, arguments: &str) -> String {
        let query = format!(
            "subscription {{ readingStream{arguments} {{ \
               cursor readings {{ sensor {{ name }} time value }} missed {{ positions from to }} }} }}"
        );
        self.subscribe(id, &query).await;
        let event = self.event(id).await;
        let batch = &event["data"]["readingStream"];
        assert_eq!(batch["readings"], json!([]), "{event:#}");
        assert_eq!(batch["cursor"], event["extensions"]["cursor"]);
        batch["cursor"].as_str().unwrap().to_owned()
    }

    /// The next batch of a stream that has readings or missed some.
    pub(crate) async fn batch(&mut self, id: &str) -> Value {
        loop {
            let mut event = self.event(id).await;
            let batch = event["data"]["readingStream"].take();
            assert!(batch.is_object(), "{event:#}");
            if batch["readings"] != json!([]) || batch["missed"] != Value::Null {
                return batch;
            }
        }
    }
}

/// The values of readings, in order.
pub(crate) fn values(readings: &Value) -> Vec<f64> {
    let readings = readings.as_array().unwrap();
    readings
        .iter()
        .map(|reading| reading["value"].as_f64().unwrap())
        .collect()
}
