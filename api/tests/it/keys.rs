//! Keys: how they are shown, when they are taken, and what they open.

use std::time::Duration;

use api::{Anonymous, ApiKey, Options};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{TimeDelta, Utc};
use entity::keys::{self, Revoked, Role};
use entity::visibility::{self, Visibility};
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use crate::catalogue::DATASETS;
use crate::world::{World, open};

const READINGS: &str = "{ readings { nodes { value } } }";
const SENSORS: &str = "{ sensors { nodes { name } totalCount { value exact } } }";

fn closed() -> Options {
    Options {
        anonymous: Anonymous::None,
        ..open()
    }
}

fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

/// The code of a refusal, in whichever form the address gives it.
fn code(body: &Value) -> &Value {
    body.get("code")
        .unwrap_or(&body["errors"][0]["extensions"]["code"])
}

#[track_caller]
fn assert_challenged(headers: &HeaderMap) {
    let offered: Vec<&str> = headers
        .get_all("www-authenticate")
        .iter()
        .map(|value| value.to_str().unwrap().split(' ').next().unwrap())
        .collect();
    assert_eq!(offered, ["Bearer", "Basic"]);
}

#[tokio::test]
async fn a_key_opens_the_data_as_bearer_as_password_and_in_its_header() {
    let world = World::with(closed()).await;
    world.sensors(&["a"]).await;
    let key = world.key(|_| ()).await;
    let text = key.reveal();
    for shown in [
        ("authorization", format!("Bearer {text}")),
        ("authorization", basic("", text)),
        ("authorization", basic("anybody", text)),
        ("x-api-key", text.to_owned()),
    ] {
        let shown = (shown.0, shown.1.as_str());
        let (status, _, body) = world.ask_with(shown, "{ sensor(name: \"a\") { name } }").await;
        assert_eq!(
            (status, &body["data"]["sensor"]["name"]),
            (StatusCode::OK, &json!("a")),
            "{shown:?}"
        );
        let (status, _, body) = world.ask_with(shown, "/sensors/").await;
        assert_eq!(
            (status, &body["sensors"][0]["name"]),
            (StatusCode::OK, &json!("a")),
            "{shown:?}"
        );
    }
    assert_eq!(world.get("/sensors/").await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_credential_that_is_not_taken_is_refused_even_where_anybody_may_read() {
    let world = World::new().await;
    let key = world.key(|_| ()).await;
    let expired = world
        .key(|key| key.expires_at = Some(Utc::now() - TimeDelta::seconds(1)))
        .await;
    let revoked = world.key(|_| ()).await;
    let now = Utc::now();
    assert!(matches!(
        keys::revoke(&world.db, revoked.prefix(), now).await.unwrap(),
        Revoked::Key(_)
    ));
    let invented = ApiKey::generate().unwrap();
    let other_secret = format!(
        "{}{}",
        key.prefix(),
        &invented.reveal()[invented.prefix().len()..]
    );
    for shown in [
        ("authorization", format!("Bearer {}", invented.reveal())),
        ("authorization", format!("Bearer {other_secret}")),
        ("authorization", format!("Bearer {}", expired.reveal())),
        ("authorization", format!("Bearer {}", revoked.reveal())),
        ("authorization", format!("Bearer {}x", key.reveal())),
        ("authorization", basic("user", "password")),
        ("authorization", basic(key.reveal(), "")),
        ("authorization", "Negotiate abc".to_owned()),
        ("authorization", String::new()),
        (
            "authorization",
            "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.".to_owned(),
        ),
        ("x-api-key", expired.reveal().to_owned()),
        ("x-api-key", "hunter2".to_owned()),
    ] {
        for what in ["{ service { name } }", "/sensors/", "/", "/nothing"] {
            let (status, headers, body) = world.ask_with((shown.0, &shown.1), what).await;
            assert_eq!(status, StatusCode::UNAUTHORIZED, "{shown:?} {what} {body}");
            assert_eq!(code(&body), "UNAUTHENTICATED", "{body}");
            assert_challenged(&headers);
            let content_type = headers["content-type"].to_str().unwrap();
            if what.starts_with('/') {
                assert_eq!(content_type, "application/problem+json");
            } else {
                assert!(content_type.starts_with("application/json"), "{content_type}");
                assert!(body.get("data").is_none());
            }
            // Nobody gets back what they showed.
            assert!(!body.to_string().contains("hunter2") && !body.to_string().contains(key.reveal()));
        }
        // Whether the service lives is everybody's business.
        assert_eq!(
            world.ask_with((shown.0, &shown.1), "/healthz").await.0,
            StatusCode::OK
        );
    }
    assert_eq!(world.ask_as(key.reveal(), "/sensors/").await.0, StatusCode::OK);
    let twice = world
        .client
        .get(world.url("/sensors/"))
        .bearer_auth(key.reveal())
        .header("x-api-key", key.reveal());
    assert_eq!(twice.send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_revoked_key_is_soon_refused() {
    let world = World::with(closed()).await;
    let key = world.key(|_| ()).await;
    assert_eq!(world.ask_as(key.reveal(), "/sensors/").await.0, StatusCode::OK);
    keys::revoke(&world.db, "test", Utc::now()).await.unwrap();
    let refused = async {
        while world.ask_as(key.reveal(), "/sensors/").await.0 != StatusCode::UNAUTHORIZED {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    // Five seconds are the promise, which a test beside the cache holds it to; a busy machine gets more.
    tokio::time::timeout(Duration::from_secs(30), refused)
        .await
        .unwrap();
}

#[tokio::test]
async fn an_expiry_holds_at_once() {
    let world = World::with(closed()).await;
    let key = world
        .key(|key| key.expires_at = Some(Utc::now() + TimeDelta::milliseconds(1500)))
        .await;
    // However long the first answer takes, from its end on the clock decides.
    let mut statuses = Vec::new();
    let expired = async {
        loop {
            let asked_at = Utc::now();
            let (status, _, _) = world.ask_as(key.reveal(), "/sensors/").await;
            statuses.push((asked_at, status));
            if status == StatusCode::UNAUTHORIZED {
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(30), expired)
        .await
        .unwrap();
    let expires_at = keys::list(&world.db).await.unwrap()[0].expires_at.unwrap();
    assert!(
        statuses
            .iter()
            .all(|(asked_at, status)| *status == StatusCode::UNAUTHORIZED || *asked_at < expires_at),
        "{statuses:?}"
    );
}

#[tokio::test]
async fn a_key_that_can_t_be_looked_up_is_not_called_wrong() {
    let world = World::without_database(closed()).await;
    let key = ApiKey::generate().unwrap();
    for what in ["{ __typename }", "/sensors/"] {
        let (status, _, body) = world.ask_as(key.reveal(), what).await;
        assert_eq!(
            (status, code(&body)),
            (StatusCode::SERVICE_UNAVAILABLE, &json!("UNAVAILABLE")),
            "{body}"
        );
    }
}

#[tokio::test]
async fn the_use_of_a_key_is_noted() {
    let world = World::with(closed()).await;
    let key = world.key(|_| ()).await;
    let before = Utc::now();
    world.ask_as(key.reveal(), "/sensors/").await;
    let used = keys::list(&world.db).await.unwrap()[0].last_used_at.unwrap();
    assert!(before.timestamp_micros() <= used.timestamp_micros() && used <= Utc::now());
}

#[tokio::test]
async fn a_key_opens_the_datasets_that_it_names() {
    let world = World::with(closed()).await;
    let ids = world.sensors(&["a"]).await;
    world.readings(ids[0], "2026-01-01", "1 s", 3).await;
    let named = |slugs: &[&str]| Some(slugs.iter().map(|&slug| slug.to_owned()).collect::<Vec<_>>());
    let sensors = world.key(|key| key.datasets = named(&["sensors"])).await;
    let readings = world.key(|key| key.datasets = named(&["readings"])).await;
    let raw = world.key(|key| key.datasets = named(&["raw-messages"])).await;

    for key in [&sensors, &readings] {
        let (_, _, body) = world.ask_as(key.reveal(), SENSORS).await;
        assert_eq!(
            body["data"]["sensors"]["nodes"],
            json!([{ "name": "a" }]),
            "{body}"
        );
    }
    for key in [&sensors, &readings] {
        let (_, _, body) = world.ask_as(key.reveal(), "/odata/v4/Sensors?$select=Name").await;
        assert_eq!(body["value"], json!([{ "Name": "a" }]), "{body}");
    }
    for (key, path) in [
        (&sensors, "/odata/v4/Readings"),
        (&sensors, "/odata/v4/Buckets/$count"),
        (&raw, "/odata/v4/Sensors"),
    ] {
        let (status, _, _) = world.ask_as(key.reveal(), path).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{path}");
    }
    let (_, _, body) = world
        .ask_as(
            readings.reveal(),
            "{ latest { value sensor { name latest { value } } } }",
        )
        .await;
    assert_eq!(
        body["data"]["latest"],
        json!([{ "value": 2.0, "sensor": { "name": "a", "latest": { "value": 2.0 } } }])
    );

    let range = "from: \"2026-01-01\", to: \"2026-01-02\"";
    for query in [
        READINGS.to_owned(),
        "{ latest { value } }".to_owned(),
        format!("{{ series(sensors: [\"a\"], {range}) {{ values }} }}"),
        format!("{{ aggregates({range}, bucket: \"PT1H\") {{ buckets {{ avg }} }} }}"),
        "{ sensor(name: \"a\") { name latest { value } } }".to_owned(),
        "{ sensor(name: \"a\") { readings { nodes { value } } } }".to_owned(),
        format!("{{ sensor(name: \"a\") {{ series({range}) {{ values }} }} }}"),
        format!("{{ sensor(name: \"a\") {{ aggregates({range}, bucket: \"PT1H\") {{ avg }} }} }}"),
    ] {
        for key in [&sensors, &raw] {
            let (_, _, body) = world.ask_as(key.reveal(), &query).await;
            assert_eq!(code(&body), "FORBIDDEN", "{query} {body}");
        }
    }
    for path in [
        "/sensors/",
        "/sensors/?sensor=a",
        "/sensors/aggregates",
        "/sensors/aggregated10/",
    ] {
        let (status, _, body) = world.ask_as(sensors.reveal(), path).await;
        assert_eq!(
            (status, code(&body)),
            (StatusCode::FORBIDDEN, &json!("FORBIDDEN")),
            "{path}"
        );
    }
    let (_, _, body) = world.ask_as(raw.reveal(), SENSORS).await;
    assert_eq!(code(&body), "FORBIDDEN");
}

#[tokio::test]
async fn hidden_datasets_are_those_of_who_may_see_their_data() {
    let world = World::with(Options {
        anonymous: Anonymous::Catalogue,
        ..open()
    })
    .await;
    visibility::set(&world.db, "raw-messages", Visibility::Hidden)
        .await
        .unwrap();
    let all = world.key(|_| ()).await;
    let some = world
        .key(|key| key.datasets = Some(vec!["readings".to_owned()]))
        .await;
    let limited = world
        .key(|key| key.sensors.types = Some(vec!["flow".to_owned()]))
        .await;
    let query = "{ service { datasets { slug open } } }";
    let seen = |body: &Value| -> Vec<(String, bool)> {
        body["data"]["service"]["datasets"]
            .as_array()
            .unwrap()
            .iter()
            .map(|dataset| {
                (
                    dataset["slug"].as_str().unwrap().to_owned(),
                    dataset["open"].as_bool().unwrap(),
                )
            })
            .collect()
    };
    let expected = |open: &[&str], hidden: &[&str]| -> Vec<(String, bool)> {
        DATASETS
            .iter()
            .filter(|slug| !hidden.contains(slug))
            .map(|slug| ((*slug).to_owned(), open.contains(slug)))
            .collect()
    };
    let (_, _, body) = world.ask_as(all.reveal(), query).await;
    assert_eq!(seen(&body), expected(DATASETS, &[]));
    let (_, _, body) = world.ask_as(some.reveal(), query).await;
    assert_eq!(
        seen(&body),
        expected(
            &[
                "readings",
                "readings-1m",
                "readings-1h",
                "readings-1d",
                "sensor-versions",
                "sensors"
            ],
            &["raw-messages"]
        )
    );
    // Messages are not kept by sensor.
    let (_, _, body) = world.ask_as(limited.reveal(), query).await;
    assert_eq!(
        seen(&body),
        expected(
            &DATASETS
                .iter()
                .copied()
                .filter(|slug| *slug != "quarantined-messages")
                .collect::<Vec<_>>(),
            &["raw-messages"]
        )
    );
    let (_, body) = world.post(json!({ "query": query })).await;
    assert_eq!(seen(&body), expected(&[], &["raw-messages"]));
}

#[tokio::test]
async fn an_asker_is_told_who_it_is() {
    let world = World::new().await;
    let key = world
        .key(|key| {
            "Power BI".clone_into(&mut key.name);
            key.role = Role::Steward;
        })
        .await;
    let query = "{ service { asker { kind name keyPrefix role } } }";
    let (_, _, body) = world.ask_as(key.reveal(), query).await;
    assert_eq!(
        body["data"]["service"]["asker"],
        json!({ "kind": "KEY", "name": "Power BI", "keyPrefix": key.prefix(), "role": "steward" })
    );
    assert_eq!(
        world.data(query).await["service"]["asker"],
        json!({ "kind": "ANONYMOUS", "name": null, "keyPrefix": null, "role": null })
    );
}
