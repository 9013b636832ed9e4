//! A hostile client: what scanners try, and anything else that the schema allows.

mod questions;

use api::Limits;
use entity::keys::Role;
use reqwest::StatusCode;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};

use self::questions::Questions;
use crate::world::{World, aliases, open, thermometer};

/// What graphql-cop and its like send to find a service that does not defend itself, and what is said to it.
#[tokio::test]
async fn what_scanners_send_is_refused_before_it_costs_anything() {
    // There is no database: what gets that far fails otherwise.
    let world = World::without_database(open()).await;
    let circular = "query { __schema { types { fields { type { fields { type { fields { type { fields { type { name } } } } } \
         } } } } } }";
    let deep = format!("{}name{}", "{ sensors { nodes ".repeat(40), "} }".repeat(40));
    for (what, query, limit) in [
        ("alias overloading", aliases(101, "__typename"), 60),
        ("field duplication", format!("{{ {} }}", "__typename ".repeat(500)), 250),
        ("directive overloading", format!("{{ __typename {} }}", "@aa".repeat(10)), 8),
        ("circular introspection", circular.to_owned(), 3),
        ("deep nesting", deep, 64),
        ("many roots", format!("{{ {} }}", "latest { value } ".repeat(30)), 20),
        (
            "the longest range in the smallest buckets",
            "{ aggregates(from: \"0001-01-01\", to: \"9999-12-31\", bucket: \"PT1S\") { buckets { avg } } }".to_owned(),
            Limits::default().rows_max,
        ),
        (
            "pages of pages",
            "{ sensors(first: 10000) { nodes { readings(first: 10000) { nodes { sensor { readings { nodes { value } } } } } \
             } } }"
                .to_owned(),
            Limits::default().cost_max,
        ),
        (
            "a count of everything for each",
            "{ sensors(first: 10000) { nodes { readings(first: 1, from: \"2000-01-01\") { totalCount { value } } } } }".to_owned(),
            Limits::default().rows_max,
        ),
    ] {
        let error = world.error(&query).await;
        assert_eq!(error["extensions"]["code"], "LIMIT_EXCEEDED", "{what}: {error}");
        assert_eq!(error["extensions"]["limit"], limit, "{what}: {error}");
        assert!(error["extensions"]["asked"].as_u64().unwrap() > limit, "{what}");
    }

    let batch = json!([{ "query": "{ __typename }" }, { "query": "{ __typename }" }]);
    let (status, body) = world.post(batch).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(
        body["errors"][0]["message"]
            .as_str()
            .unwrap()
            .contains("one request at a time"),
        "{body}"
    );

    let (status, _) = world.get("/graphql?query=mutation{__typename}").await;
    assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED);
    let form = world
        .client
        .post(world.url("/graphql"))
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    let response = form.body("query=query%7B__typename%7D").send().await.unwrap();
    assert_eq!(response.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);

    // No trace of what is inside.
    let (_, body) = world
        .post(json!({ "query": "{ sensors { nodes { name } } }", "extensions": { "tracing": true } }))
        .await;
    assert_eq!(body["errors"][0]["extensions"], json!({ "code": "UNAVAILABLE" }));
    assert!(body["extensions"].get("tracing").is_none(), "{body}");
    assert!(!body.to_string().contains("127.0.0.1"), "{body}");
}

#[tokio::test]
async fn every_answer_says_what_it_cost() {
    let world = World::new().await;
    let query = "{ sensors(first: 10) { nodes { name latest { value raw { topic } } } } }";
    let (_, body) = world.post_whole(json!({ "query": query })).await;
    assert_eq!(
        body["extensions"]["cost"],
        json!({
            "values": { "asked": 1 + 10 * (1 + 1 + 1 + 1 + 1 + 1), "limit": 500_000 },
            "rows": { "asked": 10 + 10, "limit": 100_000_000 },
            "rawMessages": { "asked": 10, "limit": 1_000 },
        })
    );
}

#[tokio::test]
async fn any_question_of_the_schema_gets_an_answer_or_a_clear_error() {
    let world = World::new().await;
    let mut ids = world
        .declare(vec![thermometer("Sensor 1"), thermometer("ü\"\\")])
        .await;
    ids.extend(world.sensors(&["plain"]).await);
    for id in ids {
        world.readings(id, "2026-01-01T00:00:00Z", "1 minute", 50).await;
    }
    world.refresh().await;
    let seed = std::env::var("QUESTIONS_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or_else(|| {
            let now = std::time::UNIX_EPOCH.elapsed().unwrap();
            now.as_secs() ^ u64::from(now.subsec_nanos())
        });
    // A steward may ask everything, and as often as the test does.
    let key = world
        .key(|key| {
            key.role = Role::Steward;
            key.requests_per_minute = Some(1_000_000);
        })
        .await;
    let mut questions = Questions::of(&api::sdl(), seed);
    let mut answered = 0;
    for _ in 0..400 {
        let query = questions.next();
        let told = |body: &Value| format!("QUESTIONS_SEED={seed}\n{query}\n{body}");
        let response = world
            .client
            .post(world.url("/graphql"))
            .bearer_auth(key.reveal())
            .json(&json!({ "query": query }))
            .send()
            .await
            .unwrap();
        let status = response.status();
        let bytes = response.bytes().await.unwrap();
        assert!(
            bytes.len() < 20_000_000,
            "{} bytes: QUESTIONS_SEED={seed}\n{query}",
            bytes.len()
        );
        let body: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(status, StatusCode::OK, "{}", told(&body));
        let Some(errors) = body.get("errors") else {
            answered += 1;
            continue;
        };
        for error in errors.as_array().unwrap() {
            let code = error["extensions"]["code"]
                .as_str()
                .unwrap_or_else(|| panic!("{}", told(&body)));
            assert!(
                ["BAD_REQUEST", "INVALID_ARGUMENT", "NOT_FOUND", "LIMIT_EXCEEDED"].contains(&code),
                "{}",
                told(&body)
            );
        }
    }
    // Questions that are all refused would prove nothing.
    assert!(
        answered > 20,
        "only {answered} of 400 were answered: QUESTIONS_SEED={seed}"
    );
}
