//! Who may not see, sees nothing, and is told how to say who it is.

use api::{Anonymous, Options};
use reqwest::StatusCode;

use super::{filled, refusal};
use crate::world::{World, open};

#[tokio::test]
async fn who_may_not_see_is_asked_for_a_user_and_a_password_first() {
    let world = World::without_database(Options {
        anonymous: Anonymous::None,
        ..open()
    })
    .await;
    for path in [
        "",
        "$metadata",
        "Sensors",
        "Readings/$count",
        "Readings?$filter=nonsense(((",
        "Nothing",
    ] {
        let response = world
            .client
            .get(world.url(&format!("/odata/v4/{path}")))
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{path}");
        let offers: Vec<_> = response.headers().get_all("www-authenticate").iter().collect();
        assert!(offers[0].to_str().unwrap().starts_with("Basic "), "{offers:?}");
        let body: serde_json::Value = response.json().await.unwrap();
        assert_eq!(body["error"]["code"], "UNAUTHENTICATED");
    }
}

#[tokio::test]
async fn the_catalogue_is_the_description_without_any_row() {
    let world = World::with(Options {
        anonymous: Anonymous::Catalogue,
        ..open()
    })
    .await;
    filled(&world).await;
    for path in ["", "$metadata"] {
        let (status, _) = world.get(&format!("/odata/v4/{path}")).await;
        assert_eq!(status, StatusCode::OK);
    }
    for path in [
        "Sensors",
        "Readings",
        "Buckets",
        "Sensors/$count",
        "Readings/$count",
        "Buckets/$count",
    ] {
        assert_eq!(
            refusal(&world, path, &[]).await.0,
            StatusCode::UNAUTHORIZED,
            "{path}"
        );
    }
    let key = "Sensors(00000000-0000-0000-0000-000000000000)";
    assert_eq!(refusal(&world, key, &[]).await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_database_that_is_away_is_unavailable() {
    let world = World::without_database(open()).await;
    let (status, error) = refusal(&world, "Readings", &[]).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(error["code"], "UNAVAILABLE");
}
