//! How often somebody may ask.

use api::{Anonymous, ApiKey, Limits, Options};
use reqwest::StatusCode;
use serde_json::json;

use crate::world::{World, open};

const QUERY: &str = "{ service { name } }";

/// Three requests, and then one in a long time: no machine is so slow that a fourth comes in between.
fn three() -> Options {
    Options {
        limits: Limits {
            requests_per_second_max: 1,
            requests_burst_max: 3,
            ..Limits::default()
        },
        ..open()
    }
}

/// As if it listened beyond this machine.
fn published(options: Options) -> Options {
    Options {
        http: "0.0.0.0:0".parse().unwrap(),
        ..options
    }
}

/// How many of so many requests at once are answered.
async fn answered(world: &World, secret: Option<&str>, requests: usize) -> usize {
    let one = async || {
        let mut request = world.client.get(world.url("/"));
        if let Some(secret) = secret {
            request = request.bearer_auth(secret);
        }
        request.send().await.unwrap().status()
    };
    let statuses = futures_util::future::join_all((0..requests).map(|_| one())).await;
    assert!(
        statuses
            .iter()
            .all(|status| [StatusCode::OK, StatusCode::TOO_MANY_REQUESTS].contains(status)),
        "{statuses:?}"
    );
    statuses
        .iter()
        .filter(|&&status| status == StatusCode::OK)
        .count()
}

#[tokio::test]
async fn a_key_that_asks_too_often_is_told_when_to_come_back_and_others_go_on() {
    let world = World::with(Options {
        anonymous: Anonymous::None,
        ..open()
    })
    .await;
    // Two a minute, of its own, win over the service's fifty a second.
    let slow = world.key(|key| key.requests_per_minute = Some(2)).await;
    let other = world.key(|_| ()).await;
    assert_eq!(answered(&world, Some(slow.reveal()), 5).await, 2);
    let (status, headers, body) = world.ask_as(slow.reveal(), QUERY).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
    let error = &body["errors"][0]["extensions"];
    assert_eq!(error["code"], "RATE_LIMITED");
    let seconds = error["retryAfterSeconds"].as_u64().unwrap();
    assert!((1..=30).contains(&seconds), "{seconds}");
    assert_eq!(headers["retry-after"].to_str().unwrap(), seconds.to_string());
    assert!(body.get("data").is_none());
    let (status, headers, body) = world.ask_as(slow.reveal(), "/sensors/").await;
    assert_eq!(
        (status, &body["code"]),
        (StatusCode::TOO_MANY_REQUESTS, &json!("RATE_LIMITED"))
    );
    assert!(
        body["retry_after_seconds"]
            .as_u64()
            .is_some_and(|seconds| seconds > 0),
        "{body}"
    );
    assert!(headers.contains_key("retry-after"));
    assert_eq!(world.ask_as(other.reveal(), QUERY).await.0, StatusCode::OK);
    // Probes are nobody's requests.
    assert_eq!(world.ask_as(slow.reveal(), "/healthz").await.0, StatusCode::OK);
}

#[tokio::test]
async fn everybody_has_the_service_s_limit_unless_their_key_has_one() {
    let world = World::with(three()).await;
    let (plain, fast) = (
        world.key(|_| ()).await,
        world.key(|key| key.requests_per_minute = Some(6000)).await,
    );
    let passed = answered(&world, Some(plain.reveal()), 30).await;
    // A drop a second comes in while they run.
    assert!((3..30).contains(&passed), "{passed}");
    assert_eq!(answered(&world, Some(fast.reveal()), 30).await, 30);
}

#[tokio::test]
async fn without_a_key_requests_are_counted_by_address_beyond_loopback_alone() {
    let here = World::with(three()).await;
    assert_eq!(answered(&here, None, 30).await, 30);
    let beyond = World::with(published(three())).await;
    let passed = answered(&beyond, None, 30).await;
    assert!((3..30).contains(&passed), "{passed}");
    let unlimited = World::with(published(Options {
        limits: Limits {
            requests_per_second_max: 0,
            ..Limits::default()
        },
        ..open()
    }))
    .await;
    assert_eq!(answered(&unlimited, None, 300).await, 300);
}

#[tokio::test]
async fn wrong_keys_are_counted_by_address_and_good_ones_go_on() {
    let world = World::with(Options {
        limits: Limits {
            failures_per_minute_max: 3,
            ..Limits::default()
        },
        ..open()
    })
    .await;
    let good = world.key(|_| ()).await;
    assert_eq!(world.ask_as(good.reveal(), QUERY).await.0, StatusCode::OK);
    let mut statuses = Vec::new();
    for _ in 0..6 {
        let invented = ApiKey::generate().unwrap();
        statuses.push(world.ask_as(invented.reveal(), QUERY).await.0.as_u16());
    }
    assert_eq!(statuses, [401, 401, 401, 429, 429, 429]);
    let (status, _, body) = world.ask_as("nonsense", QUERY).await;
    assert_eq!(
        (status, &body["errors"][0]["extensions"]["code"]),
        (StatusCode::TOO_MANY_REQUESTS, &json!("RATE_LIMITED"))
    );
    assert_eq!(
        world.ask_as(good.reveal(), QUERY).await.0,
        StatusCode::OK,
        "it was good before"
    );
    assert_eq!(
        world.get("/sensors/").await.0,
        StatusCode::OK,
        "nothing was shown"
    );
}
