//! Feeds, as clients fetch them.

use api::{Anonymous, Options};
use entity::visibility::{self, Visibility};
use reqwest::StatusCode;
use reqwest::header::{ACCEPT, CONTENT_TYPE, ETAG, HOST, IF_NONE_MATCH, VARY};
use serde_json::{Value, json};

use crate::world::{World, open, thermometer};

struct Fetched {
    status: StatusCode,
    media_type: String,
    etag: Option<String>,
    vary: String,
    body: String,
}

async fn fetch(world: &World, path: &str, headers: &[(reqwest::header::HeaderName, &str)]) -> Fetched {
    let mut request = world.client.get(world.url(path));
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    let response = request.send().await.unwrap();
    let text = |name| {
        let values = response.headers().get_all(name).iter();
        let values: Vec<&str> = values.map(|value| value.to_str().unwrap()).collect();
        values.join(", ")
    };
    Fetched {
        status: response.status(),
        media_type: text(CONTENT_TYPE),
        etag: Some(text(ETAG)).filter(|etag| !etag.is_empty()),
        vary: text(VARY),
        body: response.text().await.unwrap(),
    }
}

#[tokio::test]
async fn each_feed_has_its_address_type_and_tag() {
    let world = World::new().await;
    world.declare(vec![thermometer("a")]).await;
    world.renew_catalogue().await;
    for (path, media_type, says) in [
        ("/catalogue.jsonld", "application/ld+json", "\"Readings\""),
        ("/catalogue.ttl", "text/turtle", "dcat:Dataset"),
        ("/catalogue.atom", "application/atom+xml", "<feed"),
        ("/datasets/readings", "application/ld+json", "\"Readings\""),
        (
            "/datasets/readings/contract.odcs.yaml",
            "application/yaml",
            "apiVersion: v3.1.0",
        ),
        (
            "/datasets/readings/datapackage.json",
            "application/json",
            "\"resources\"",
        ),
        (
            "/datasets/readings/versions.atom",
            "application/atom+xml",
            "1.0.0",
        ),
    ] {
        let fetched = fetch(&world, path, &[]).await;
        assert_eq!(fetched.status, StatusCode::OK, "{path}: {}", fetched.body);
        assert!(
            fetched.media_type.starts_with(media_type),
            "{path}: {}",
            fetched.media_type
        );
        assert!(fetched.body.contains(says), "{path}: {}", fetched.body);
        assert!(fetched.body.contains(&world.base), "{path} names this service");
        let mut etag = fetched.etag.unwrap();
        loop {
            let again = fetch(&world, path, &[(IF_NONE_MATCH, &etag)]).await;
            if again.status == StatusCode::NOT_MODIFIED {
                assert_eq!(again.body, "");
                break;
            }
            // It was renewed in between, which it is every fifteen seconds.
            let newer = again.etag.unwrap();
            assert_ne!(newer, etag, "{path}");
            etag = newer;
        }
    }
}

#[tokio::test]
async fn the_catalogue_comes_in_the_form_that_the_client_would_rather_have() {
    let world = World::new().await;
    for (accept, media_type) in [
        ("*/*", "application/ld+json"),
        ("text/turtle", "text/turtle"),
        ("application/ld+json, text/turtle;q=0.5", "application/ld+json"),
        ("application/ld+json;q=0.1, text/turtle", "text/turtle"),
        ("text/html", "application/ld+json"),
    ] {
        let fetched = fetch(&world, "/catalogue", &[(ACCEPT, accept)]).await;
        assert_eq!(fetched.status, StatusCode::OK);
        assert!(
            fetched.media_type.starts_with(media_type),
            "{accept}: {}",
            fetched.media_type
        );
        assert!(fetched.vary.to_lowercase().contains("accept"), "{}", fetched.vary);
    }
}

#[tokio::test]
async fn feeds_say_what_their_asker_may_know() {
    let world = World::with(Options {
        anonymous: Anonymous::Catalogue,
        ..open()
    })
    .await;
    let sensors = world.declare(vec![thermometer("a")]).await;
    world
        .insert_readings(&format!(
            "SELECT '2026-06-01T00:00:00Z', 31.4159265, now(), 1, {}, 1, 1",
            sensors[0]
        ))
        .await;
    visibility::set(&world.db, "raw-messages", Visibility::Hidden)
        .await
        .unwrap();
    world.renew_catalogue().await;
    for path in ["/catalogue.ttl", "/catalogue.jsonld", "/catalogue.atom"] {
        let body = fetch(&world, path, &[]).await.body;
        assert!(body.contains("readings"), "{path}");
        assert!(
            !body.contains("raw-messages"),
            "{path} says what is hidden: {body}"
        );
    }
    let hidden = fetch(&world, "/datasets/raw-messages", &[]).await;
    let nothing = fetch(&world, "/datasets/nothing", &[]).await;
    assert_eq!(
        (hidden.status, nothing.status),
        (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND)
    );
    let other = fetch(&world, "/datasets/readings/other.json", &[]).await;
    assert_eq!(other.status, StatusCode::NOT_FOUND);
    assert!(other.body.contains("contract.odcs.yaml"), "{}", other.body);
    // Examples are data.
    let contract = fetch(&world, "/datasets/readings/contract.odcs.yaml", &[])
        .await
        .body;
    assert!(!contract.contains("31.4159265"), "{contract}");

    let closed = World::with(Options {
        anonymous: Anonymous::None,
        ..open()
    })
    .await;
    for path in ["/catalogue", "/datasets/readings", "/catalogue.atom"] {
        let fetched = fetch(&closed, path, &[]).await;
        assert_eq!(fetched.status, StatusCode::UNAUTHORIZED, "{path}");
    }
}

#[tokio::test]
async fn a_contract_names_the_database_where_the_operator_does() {
    let path = "/datasets/readings/contract.odcs.yaml";
    let closed = World::new().await;
    let contract = fetch(&closed, path, &[]).await.body;
    assert!(!contract.contains("postgres"), "{contract}");
    let world = World::with(Options {
        public_database: Some("db.example.org:5433/plant".parse().unwrap()),
        ..open()
    })
    .await;
    let contract = fetch(&world, path, &[]).await.body;
    for line in [
        "type: postgres",
        "host: db.example.org",
        "port: 5433",
        "database: plant",
    ] {
        assert!(contract.contains(line), "no {line} in {contract}");
    }
}

#[tokio::test]
async fn a_public_address_goes_before_the_one_by_which_a_request_came() {
    let world = World::with(Options {
        public_url: Some("https://data.example.org/fieldbook".to_owned()),
        ..open()
    })
    .await;
    let body = fetch(&world, "/datasets/readings", &[(HOST, "evil.example")])
        .await
        .body;
    let json: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(
        json["url"],
        json!("https://data.example.org/fieldbook/datasets/readings")
    );
    assert!(!body.contains("evil.example"), "{body}");
}
