//! How a change comes: never with what a page of somebody else can send.

use std::fmt::Write as _;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{changes, said, steward};
use crate::world::World;

const WRITE: &str = "mutation { describeDataset(slug: \"readings\", input: { title: \"Mine\" }) { title } }";

#[tokio::test]
async fn a_change_comes_with_a_post_of_json_alone() {
    let world = World::new().await;
    let key = steward(&world, |_| ()).await;
    let bearer = format!("Bearer {}", key.reveal());
    let body = json!({ "query": WRITE }).to_string();
    let url = world.url("/graphql");
    let address = format!("{url}?query={}", percent(WRITE));
    // With the credential of a steward, as a browser sends one that it remembers.
    let ask = |method, url: &str| world.client.request(method, url).header("authorization", &bearer);
    let by_get = ask(Method::GET, &address).header("accept", "application/json");
    let response = by_get.send().await.unwrap();
    assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(response.headers()["allow"], "POST");
    // A stream of events is answered before it is known what is asked; so its one event says it.
    let stream = ask(Method::GET, &address).header("accept", "text/event-stream");
    let text = stream.send().await.unwrap().text().await.unwrap();
    assert!(
        text.contains("a GET may only query") && text.contains("BAD_REQUEST"),
        "{text}"
    );
    for content_type in [
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/plain",
        "text/plain; application/json",
    ] {
        let form = ask(Method::POST, &url).header("content-type", content_type);
        let response = form.body(body.clone()).send().await.unwrap();
        assert_eq!(
            response.status(),
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "{content_type}"
        );
    }
    let silent = ask(Method::POST, &url).body(body.clone()).send().await.unwrap();
    assert_eq!(silent.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    // Nor may a page of another host ask whether it may.
    let asked = ask(Method::OPTIONS, &url)
        .header("origin", "https://elsewhere.example")
        .header("access-control-request-method", "POST");
    let response = asked.send().await.unwrap();
    assert!(!response.headers().contains_key("access-control-allow-origin"));
    assert_eq!(changes(&world, &key).await, Vec::<Value>::new());

    let stream = ask(Method::POST, &url)
        .header("accept", "text/event-stream")
        .header("content-type", "application/json");
    let text = stream.body(body).send().await.unwrap().text().await.unwrap();
    assert!(text.contains("\"title\":\"Mine\""), "{text}");
    assert_eq!(changes(&world, &key).await.len(), 1);
}

#[tokio::test]
async fn several_in_one_document_are_made_in_their_order() {
    let world = World::new().await;
    let key = steward(&world, |_| ()).await;
    let write = |title: &str| {
        format!("{title}: describeDataset(slug: \"readings\", input: {{ title: {title:?} }}) {{ title }}")
    };
    let document = format!(
        "mutation {{ {} ...more }} fragment more on Mutation {{ {} {} }}",
        write("a"),
        write("b"),
        write("c")
    );
    let data = said(&world, &key, &document).await;
    assert_eq!(
        data,
        json!({ "a": { "title": "a" }, "b": { "title": "b" }, "c": { "title": "c" } })
    );
    let noted = changes(&world, &key).await;
    let after: Vec<&Value> = noted.iter().map(|change| &change["after"]).collect();
    assert_eq!(after, [&json!("\"c\""), &json!("\"b\""), &json!("\"a\"")]);
    // Changes count as roots, in fragments, too.
    let aliases: Vec<String> = (0..21).map(|i| write(&format!("t{i}"))).collect();
    let document = format!(
        "mutation {{ ...all }} fragment all on Mutation {{ {} }}",
        aliases.join(" ")
    );
    let (_, _, body) = world.ask_as(key.reveal(), &document).await;
    assert_eq!(
        body["errors"][0]["extensions"]["code"],
        json!("LIMIT_EXCEEDED"),
        "{body}"
    );
    assert_eq!(changes(&world, &key).await.len(), 3);
}

/// A text as an address has it.
fn percent(text: &str) -> String {
    let mut address = String::new();
    for byte in text.bytes() {
        write!(address, "%{byte:02X}").unwrap();
    }
    address
}
