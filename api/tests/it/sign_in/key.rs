//! Signing in with a key.

use std::time::Duration;

use api::Limits;
use chrono::{TimeDelta, Utc};
use entity::keys::{self, Role};
use reqwest::StatusCode;
use sea_orm::{ConnectionTrait as _, DbBackend, Statement};
use serde_json::json;

use super::{Browser, closed, location};
use crate::world::World;

async fn count(world: &World, select: &str) -> i64 {
    let statement = Statement::from_string(DbBackend::Postgres, select);
    let row = world.db.query_one_raw(statement).await.unwrap();
    row.unwrap().try_get_by_index(0).unwrap()
}

#[tokio::test]
async fn a_key_signs_in_its_holder_who_goes_on_and_out_again() {
    let world = World::with(closed()).await;
    world.sensors(&["a"]).await;
    let key = world
        .key(|key| {
            "Ada".clone_into(&mut key.name);
            key.role = Role::Steward;
        })
        .await;
    let browser = Browser::new(&world);
    assert_eq!(browser.get("/sensors/").await.status(), StatusCode::UNAUTHORIZED);
    let next = "/sensors/?sensor=a&from=2026-01-01";
    // As people paste it.
    let response = browser.sign_in(&format!(" {}\n", key.reveal()), next).await;
    assert_eq!(location(&response), next);
    assert_eq!(response.headers()["cache-control"], "no-store");
    assert_eq!(browser.get(next).await.status(), StatusCode::OK);
    assert_eq!(
        browser.asker().await,
        json!({
            "kind": "KEY", "name": "Ada", "keyPrefix": key.prefix(), "role": "steward", "signedIn": true, "displayName": "Ada"
        })
    );
    // Neither key nor token is in the database.
    let token = browser.cookie("fieldbook").unwrap();
    assert_eq!(count(&world, "SELECT count(*) FROM session").await, 1);
    let dumped = format!("SELECT count(*) FROM session WHERE session::text LIKE '%{token}%'");
    assert_eq!(count(&world, &dumped).await, 0);

    let response = browser.submit("/sign-out", &[]).await;
    assert_eq!(location(&response), "/");
    assert_eq!(browser.cookie("fieldbook"), None);
    browser.set_cookie("fieldbook", &token);
    assert_eq!(browser.get("/sensors/").await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(count(&world, "SELECT count(*) FROM session").await, 0);
}

#[tokio::test]
async fn a_key_that_is_not_taken_signs_nobody_in_and_the_page_is_told() {
    let world = World::with(closed()).await;
    let expired = world
        .key(|key| key.expires_at = Some(Utc::now() - TimeDelta::seconds(1)))
        .await;
    let revoked = world.key(|_| ()).await;
    keys::revoke(&world.db, revoked.prefix(), Utc::now())
        .await
        .unwrap();
    let invented = api::ApiKey::generate().unwrap();
    for wrong in [
        "",
        "hunter2",
        "fb_",
        "eyJhbGciOiJFUzI1NiJ9.e30.c2ln",
        expired.reveal(),
        revoked.reveal(),
        invented.reveal(),
    ] {
        let browser = Browser::new(&world);
        let response = browser.sign_in(wrong, "/sensors/?a=b&c").await;
        assert_eq!(
            location(&response),
            "/sign-in?error=wrong_key&next=%2Fsensors%2F%3Fa%3Db%26c",
            "{wrong}"
        );
        assert_eq!(browser.cookie("fieldbook"), None);
    }
}

#[tokio::test]
async fn too_many_wrong_keys_are_told_as_such() {
    let mut options = closed();
    options.limits = Limits {
        failures_per_minute_max: 2,
        ..Limits::default()
    };
    let world = World::with(options).await;
    let browser = Browser::new(&world);
    let mut told = Vec::new();
    for _ in 0..4 {
        let invented = api::ApiKey::generate().unwrap();
        let response = browser.sign_in(invented.reveal(), "/").await;
        told.push(location(&response).to_owned());
    }
    let (wrong, many) = (
        "/sign-in?error=wrong_key&next=%2F",
        "/sign-in?error=too_many&next=%2F",
    );
    assert_eq!(told[..2], [wrong, wrong]);
    assert_eq!(told[3], many);
    // Programs count in the same bucket.
    let invented = api::ApiKey::generate().unwrap();
    let (status, _, _) = world.ask_as(invented.reveal(), "/sensors/").await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn a_key_that_asks_too_often_signs_in_later() {
    let world = World::with(closed()).await;
    let key = world.key(|key| key.requests_per_minute = Some(1)).await;
    let browser = Browser::new(&world);
    assert_eq!(location(&browser.sign_in(key.reveal(), "/").await), "/");
    let again = Browser::new(&world).sign_in(key.reveal(), "/").await;
    assert_eq!(location(&again), "/sign-in?error=too_many&next=%2F");
    // What is asked in the session counts as the key's.
    assert_eq!(
        browser.get("/sensors/").await.status(),
        StatusCode::TOO_MANY_REQUESTS
    );
}

#[tokio::test]
async fn who_signs_in_goes_nowhere_else() {
    let world = World::with(closed()).await;
    let key = world.key(|_| ()).await;
    for next in [
        "",
        "//evil.example",
        "///evil.example",
        "https://evil.example/",
        "https:evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\r\nSet-Cookie: a=b",
        "/\u{0}",
        "javascript:alert(1)",
        "/sign-in?next=/",
    ] {
        let browser = Browser::new(&world);
        let response = browser.sign_in(key.reveal(), next).await;
        assert_eq!(location(&response), "/", "{next:?}");
        let response = Browser::new(&world).sign_in("wrong", next).await;
        assert_eq!(
            location(&response),
            "/sign-in?error=wrong_key&next=%2F",
            "{next:?}"
        );
    }
}

#[tokio::test]
async fn a_session_ends_with_its_key() {
    let world = World::with(closed()).await;
    let key = world.key(|_| ()).await;
    let browser = Browser::new(&world);
    browser.sign_in(key.reveal(), "/").await;
    assert_eq!(browser.get("/sensors/").await.status(), StatusCode::OK);
    keys::revoke(&world.db, key.prefix(), Utc::now()).await.unwrap();
    // In a process that has it not at hand.
    let other = World::over(world.db.clone(), closed(), Vec::new()).await;
    let elsewhere = browser.moved_to(&other);
    assert_eq!(
        elsewhere.get("/sensors/").await.status(),
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(elsewhere.cookie("fieldbook"), None);
    let ended = async {
        while browser.moved_to(&world).get("/sensors/").await.status() != StatusCode::UNAUTHORIZED {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), ended)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_session_lasts_twelve_hours_and_no_longer_than_its_key() {
    let world = World::with(closed()).await;
    let before = Utc::now();
    let key = world.key(|_| ()).await;
    let short = world
        .key(|key| key.expires_at = Some(before + TimeDelta::hours(1)))
        .await;
    let ends = "{ service { asker { endsAt } } }";
    for (key, hours) in [(&key, 12), (&short, 1)] {
        let browser = Browser::new(&world);
        browser.sign_in(key.reveal(), "/").await;
        let (_, body) = browser.ask(ends).await;
        let ends_at = body["data"]["service"]["asker"]["endsAt"].as_str().unwrap();
        let ends_at: chrono::DateTime<Utc> = ends_at.parse().unwrap();
        let range =
            before + TimeDelta::hours(hours) - TimeDelta::seconds(1)..=Utc::now() + TimeDelta::hours(hours);
        assert!(range.contains(&ends_at), "{ends_at}");
    }

    let browser = Browser::new(&world);
    browser.sign_in(key.reveal(), "/").await;
    world
        .run("UPDATE session SET created_at = now() - INTERVAL '13 hours', expires_at = now() - INTERVAL '1 hour'")
        .await;
    let other = World::over(world.db.clone(), closed(), Vec::new()).await;
    let elsewhere = browser.moved_to(&other);
    assert_eq!(
        elsewhere.get("/sensors/").await.status(),
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(elsewhere.cookie("fieldbook"), None);
    // Whoever signs in next clears up.
    assert_eq!(count(&world, "SELECT count(*) FROM session").await, 3);
    elsewhere.sign_in(key.reveal(), "/").await;
    assert_eq!(count(&world, "SELECT count(*) FROM session").await, 1);
}

#[tokio::test]
async fn the_oldest_of_too_many_sessions_makes_room() {
    let world = World::with(closed()).await;
    let (key, other) = (world.key(|_| ()).await, world.key(|_| ()).await);
    let first = Browser::new(&world);
    first.sign_in(key.reveal(), "/").await;
    let apart = Browser::new(&world);
    apart.sign_in(other.reveal(), "/").await;
    for _ in 0..50 {
        let browser = Browser::new(&world);
        assert_eq!(location(&browser.sign_in(key.reveal(), "/").await), "/");
    }
    assert_eq!(count(&world, "SELECT count(*) FROM session").await, 51);
    let again = World::over(world.db.clone(), closed(), Vec::new()).await;
    let status = async |browser: &Browser<'_>| browser.moved_to(&again).get("/sensors/").await.status();
    assert_eq!(status(&first).await, StatusCode::UNAUTHORIZED);
    assert_eq!(status(&apart).await, StatusCode::OK);
}

#[tokio::test]
async fn without_its_database_nobody_signs_in_and_the_page_is_told() {
    let world = World::without_database(closed()).await;
    let key = api::ApiKey::generate().unwrap();
    let response = Browser::new(&world).sign_in(key.reveal(), "/").await;
    assert_eq!(location(&response), "/sign-in?error=unavailable&next=%2F");
    let browser = Browser::new(&world);
    browser.set_cookie("fieldbook", &"A".repeat(43));
    let response = browser.get("/sensors/").await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(browser.cookie("fieldbook").is_some(), "it may be a good one");
}
