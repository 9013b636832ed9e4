//! What somebody without a key may see, and where the API listens.

use api::{Anonymous, Options};
use reqwest::StatusCode;
use serde_json::json;

use crate::world::{World, open};

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
        "{ readingRows { value } }",
        "{ readingRowsConnection { nodes { value } } }",
        "{ bucketRows { avg } }",
        "{ bucketRowsConnection { edges { node { avg } } } }",
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

#[test]
fn beyond_this_machine_only_when_it_was_said_what_anybody_may_see() {
    let silent = Options::default();
    silent.check_exposure("127.0.0.1:8000".parse().unwrap()).unwrap();
    silent.check_exposure("[::1]:8000".parse().unwrap()).unwrap();
    for address in ["0.0.0.0:8000", "192.0.2.1:8000", "[::]:8000"] {
        let address = address.parse().unwrap();
        let error = silent.check_exposure(address).unwrap_err();
        assert!(error.to_string().contains("FIELDBOOK_ANONYMOUS"), "{error}");
        for anonymous in [Anonymous::None, Anonymous::Catalogue, Anonymous::Data] {
            let explicit = Options {
                anonymous,
                anonymous_explicit: true,
                ..Options::default()
            };
            explicit.check_exposure(address).unwrap();
        }
    }
}
