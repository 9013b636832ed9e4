//! What somebody without a key may see, and where the API listens.

use api::{Anonymous, ApiState, OidcOptions, Options};
use chrono::Utc;
use reqwest::StatusCode;
use serde_json::json;

use crate::world::{World, open, parts};

fn anonymous(anonymous: Anonymous) -> Options {
    Options { anonymous, ..open() }
}

#[tokio::test]
async fn none_is_nothing_but_life_signs() {
    let world = World::without_database(anonymous(Anonymous::None)).await;
    let request = world
        .client
        .post(world.url("/graphql"))
        .json(&json!({ "query": "{ __typename }" }));
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert!(response.headers().contains_key("www-authenticate"));
    let body: serde_json::Value = response.json().await.unwrap();
    assert_eq!(body["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
    assert!(body.get("data").is_none());

    for path in [
        "/sensors/",
        "/graphql?query={__typename}",
        "/graphql/schema.graphql",
    ] {
        assert_eq!(world.get(path).await.0, StatusCode::UNAUTHORIZED, "{path}");
    }
    assert_eq!(world.get("/healthz").await.0, StatusCode::OK);
}

#[tokio::test]
async fn catalogue_is_the_service_and_no_data() {
    let world = World::with(anonymous(Anonymous::Catalogue)).await;
    world.sensors(&["a"]).await;
    let data = world
        .data("{ service { anonymousAccess datasets { slug } backend { server } } }")
        .await;
    assert_eq!(data["service"]["anonymousAccess"], "CATALOGUE");
    for query in [
        "{ sensor(name: \"a\") { name } }",
        "{ sensors { nodes { name } } }",
        "{ readings { nodes { value } } }",
        "{ latest { value } }",
        "{ series(sensors: [\"a\"], from: \"2026-01-01\", to: \"2026-01-02\") { values } }",
    ] {
        assert_eq!(
            world.error(query).await["extensions"]["code"],
            "UNAUTHENTICATED",
            "{query}"
        );
    }
    let (status, body) = world.get("/sensors/").await;
    assert_eq!(
        (status, &body["code"]),
        (StatusCode::UNAUTHORIZED, &json!("UNAUTHENTICATED"))
    );
}

#[tokio::test]
async fn beyond_this_machine_only_with_a_key_an_issuer_or_a_word_on_anonymous_access() {
    let database = testbed::postgres().await;
    let db = database.connect().await;
    let state = |options: Options| ApiState::new(options, parts(&db));
    let silent = state(Options::default());
    for address in ["127.0.0.1:8000", "[::1]:8000"] {
        silent.check_exposure(address.parse().unwrap()).await.unwrap();
    }
    let beyond = ["0.0.0.0:8000", "192.0.2.1:8000", "[::]:8000"].map(|address| address.parse().unwrap());
    for address in beyond {
        let error = silent.check_exposure(address).await.unwrap_err();
        for way in [
            "FIELDBOOK_ANONYMOUS",
            "FIELDBOOK_OIDC_ISSUER",
            "fieldbook key",
            "127.0.0.1",
        ] {
            assert!(error.to_string().contains(way), "{error}");
        }
        for anonymous in [Anonymous::None, Anonymous::Catalogue, Anonymous::Data] {
            let explicit = Options {
                anonymous,
                anonymous_explicit: true,
                ..Options::default()
            };
            state(explicit).check_exposure(address).await.unwrap();
        }
        let issuer = Options {
            oidc: Some(OidcOptions::new("https://login.example.org", "fieldbook", "roles").unwrap()),
            ..Options::default()
        };
        state(issuer).check_exposure(address).await.unwrap();
    }
    let world = World::over(db.clone(), Options::default(), Vec::new()).await;
    world
        .key(|key| key.expires_at = Some(Utc::now() - chrono::TimeDelta::days(1)))
        .await;
    assert!(
        silent.check_exposure(beyond[0]).await.is_err(),
        "an expired key lets nobody in"
    );
    world.key(|_| ()).await;
    silent.check_exposure(beyond[0]).await.unwrap();
}
