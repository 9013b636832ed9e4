//! Keys that their users make: never more than their owners, and gone with them.

use std::time::Duration;

use api::{ApiKey, Options};
use chrono::{TimeDelta, Utc};
use entity::keys::{self, Role};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::sign_in::{Browser, Issuer, Says, closed};
use crate::world::{World, open, thermometer};

const KEYS: &str = "{ keys { id prefix name role datasets expiresAt revokedAt lastUsedAt isGood } }";
const READINGS: &str = "{ readings { nodes { value } } }";

fn create(input: &str) -> String {
    format!(
        "mutation {{ createKey(input: {{ {input} }}) {{ secret key {{ id prefix role datasets expiresAt }} }} }}"
    )
}

/// The whole answer of a document.
async fn answer(world: &World, secret: &str, document: &str) -> Value {
    let (_, _, body) = world.ask_as(secret, document).await;
    body
}

/// A key that the holder of another one makes: its text and its id.
async fn made(world: &World, secret: &str, input: &str) -> (String, String) {
    let body = answer(world, secret, &create(input)).await;
    let created = &body["data"]["createKey"];
    let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("{body:#}")).to_owned();
    (text(&created["secret"]), text(&created["key"]["id"]))
}

fn code(body: &Value) -> &Value {
    body.get("code")
        .unwrap_or(&body["errors"][0]["extensions"]["code"])
}

/// The same service as another process, which has nothing at hand.
async fn another_process(world: &World, options: Options) -> World {
    World::over(world.db.clone(), options, Vec::new()).await
}

#[tokio::test]
async fn a_key_is_made_shown_once_listed_and_revoked() {
    let world = World::with(closed()).await;
    let owner = world.key(|_| ()).await;
    let browser = Browser::new(&world);
    browser.sign_in(owner.reveal(), "/").await;
    let (status, body) = browser
        .ask(&create("name: \" Notebook \", expiresAt: \"2999-01-01\""))
        .await;
    assert_eq!(status, StatusCode::OK);
    let created = &body["data"]["createKey"];
    let secret = created["secret"].as_str().unwrap();
    assert!(secret.starts_with(created["key"]["prefix"].as_str().unwrap()));
    assert_eq!(created["key"]["role"], "READER");
    assert_eq!(created["key"]["datasets"], Value::Null);
    assert_eq!(created["key"]["expiresAt"], "2999-01-01T00:00:00Z");
    assert_eq!(
        world.ask_as(secret, "/sensors/").await.0,
        StatusCode::OK,
        "it opens what its owner's does"
    );
    let (_, body) = browser.ask(KEYS).await;
    let listed = &body["data"]["keys"];
    assert_eq!(listed.as_array().unwrap().len(), 1);
    assert_eq!(listed[0]["name"], "Notebook");
    assert_eq!(listed[0]["isGood"], true);
    assert!(listed[0]["lastUsedAt"].is_string());
    assert!(!body.to_string().contains(secret));

    let id = created["key"]["id"].as_str().unwrap();
    let revoke = format!("mutation {{ revokeKey(id: \"{id}\") {{ isGood revokedAt }} }}");
    let (_, body) = browser.ask(&revoke).await;
    let revoked = body["data"]["revokeKey"].clone();
    assert_eq!(revoked["isGood"], false);
    // Here at once, elsewhere when its row is read again.
    assert_eq!(
        world.ask_as(secret, "/sensors/").await.0,
        StatusCode::UNAUTHORIZED
    );
    let (_, body) = browser.ask(&revoke).await;
    assert_eq!(body["data"]["revokeKey"], revoked, "it keeps its time");
}

#[tokio::test]
async fn a_key_of_one_s_own_never_opens_more_than_one_sees() {
    let world = World::with(closed()).await;
    world.declare(vec![thermometer("a"), thermometer("b")]).await;
    world
        .run("UPDATE sensor SET labels = '{\"site\": \"north\"}' WHERE name = 'b'")
        .await;
    let owner = world
        .key(|key| {
            key.datasets = Some(vec!["readings".to_owned(), "sensors".to_owned()]);
            key.sensors.labels = [("site".to_owned(), "Harbour".to_owned())].into();
        })
        .await;
    let names = "{ sensors { nodes { name } } }";
    let of = async |secret: &str| answer(&world, secret, names).await["data"]["sensors"]["nodes"].clone();
    let (all, _) = made(&world, owner.reveal(), "name: \"all\"").await;
    assert_eq!(of(&all).await, json!([{ "name": "a" }]));
    assert_eq!(
        code(&answer(&world, &all, "{ dataset(slug: \"raw-messages\") { slug open } }").await),
        &Value::Null
    );
    let (other_site, _) = made(
        &world,
        owner.reveal(),
        "name: \"other\", sensorLabels: [{ key: \"site\", value: \"north\" }]",
    )
    .await;
    assert_eq!(of(&other_site).await, json!([]));
    let (other_type, _) = made(&world, owner.reveal(), "name: \"other\", sensorTypes: [\"flow\"]").await;
    assert_eq!(of(&other_type).await, json!([]));
    let (sensors_only, _) = made(&world, owner.reveal(), "name: \"s\", datasets: [\"sensors\"]").await;
    assert_eq!(of(&sensors_only).await, json!([{ "name": "a" }]));
    assert_eq!(code(&answer(&world, &sensors_only, READINGS).await), "FORBIDDEN");

    // Narrowed, the owner narrows them all.
    world
        .run("UPDATE api_key SET datasets = '{sensors}' WHERE owner_key IS NULL")
        .await;
    let other = another_process(&world, closed()).await;
    assert_eq!(code(&answer(&other, &all, READINGS).await), "FORBIDDEN");
    // What the owner gets back is theirs again.
    world
        .run("UPDATE api_key SET datasets = NULL, sensor_labels = '{}' WHERE owner_key IS NULL")
        .await;
    let other = another_process(&world, closed()).await;
    let body = answer(&other, &all, READINGS).await;
    assert!(code(&body).is_null(), "{body:#}");
    assert_eq!(code(&answer(&other, &sensors_only, READINGS).await), "FORBIDDEN");
}

#[tokio::test]
async fn a_key_of_one_s_own_has_no_higher_role() {
    let world = World::with(closed()).await;
    let announce =
        "mutation { announce(dataset: \"readings\", input: { kind: NOTICE, title: \"t\" }) { title } }";
    let reader = world.key(|_| ()).await;
    let steward = world.key(|key| key.role = Role::Steward).await;
    for (owner, role) in [(&reader, "STEWARD"), (&reader, "ADMIN"), (&steward, "ADMIN")] {
        let body = answer(
            &world,
            owner.reveal(),
            &create(&format!("name: \"n\", role: {role}")),
        )
        .await;
        assert_eq!(code(&body), "INVALID_ARGUMENT", "{body:#}");
        assert_eq!(body["errors"][0]["extensions"]["argument"], "input.role");
    }
    let (as_reader, _) = made(&world, steward.reveal(), "name: \"n\"").await;
    assert_eq!(code(&answer(&world, &as_reader, announce).await), "FORBIDDEN");
    let (as_steward, _) = made(&world, steward.reveal(), "name: \"n\", role: STEWARD").await;
    let body = answer(&world, &as_steward, announce).await;
    assert_eq!(body["data"]["announce"]["title"], "t", "{body:#}");
    world
        .run("UPDATE api_key SET role = 'reader' WHERE owner_key IS NULL")
        .await;
    let other = another_process(&world, closed()).await;
    assert_eq!(code(&answer(&other, &as_steward, announce).await), "FORBIDDEN");
}

#[tokio::test]
async fn a_key_of_one_s_own_ends_with_one_s_own() {
    let world = World::with(closed()).await;
    let revoked = world.key(|_| ()).await;
    let expiring = world
        .key(|key| key.expires_at = Some(Utc::now() + TimeDelta::hours(1)))
        .await;
    let (of_revoked, _) = made(&world, revoked.reveal(), "name: \"n\"").await;
    let (of_expiring, _) = made(
        &world,
        expiring.reveal(),
        "name: \"n\", expiresAt: \"2999-01-01\"",
    )
    .await;
    let status = async |world: &World, secret: &str| world.ask_as(secret, "/sensors/").await.0;
    assert_eq!(status(&world, &of_revoked).await, StatusCode::OK);
    assert_eq!(status(&world, &of_expiring).await, StatusCode::OK);
    keys::revoke(&world.db, revoked.prefix(), Utc::now())
        .await
        .unwrap();
    world
        .run("UPDATE api_key SET expires_at = now() WHERE owner_key IS NULL AND expires_at IS NOT NULL")
        .await;
    let other = another_process(&world, closed()).await;
    assert_eq!(status(&other, &of_revoked).await, StatusCode::UNAUTHORIZED);
    assert_eq!(status(&other, &of_expiring).await, StatusCode::UNAUTHORIZED);
    // Where they were at hand, within seconds.
    let refused = async {
        while status(&world, &of_revoked).await != StatusCode::UNAUTHORIZED {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), refused)
        .await
        .unwrap();
}

#[tokio::test]
async fn keys_of_one_s_own_share_one_s_requests() {
    let world = World::with(closed()).await;
    let owner = world.key(|_| ()).await;
    let (first, _) = made(&world, owner.reveal(), "name: \"n\", requestsPerMinute: 1000000").await;
    let (second, _) = made(&world, owner.reveal(), "name: \"n\", requestsPerMinute: 1").await;
    // Two in a minute, and then one in half of it.
    world
        .run("UPDATE api_key SET requests_per_minute = 2 WHERE owner_key IS NULL")
        .await;
    let other = another_process(&world, closed()).await;
    let status = async |secret: &str| other.ask_as(secret, "/sensors/").await.0;
    assert_eq!(status(&second).await, StatusCode::OK);
    assert_eq!(
        status(&second).await,
        StatusCode::TOO_MANY_REQUESTS,
        "its own one"
    );
    assert_eq!(status(&first).await, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(status(owner.reveal()).await, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn who_is_not_known_and_a_key_that_was_so_made_make_none() {
    let world = World::new().await;
    let (_, body) = world.post(json!({ "query": create("name: \"n\"") })).await;
    assert_eq!(code(&body), "UNAUTHENTICATED");
    assert_eq!(world.error(KEYS).await["extensions"]["code"], "UNAUTHENTICATED");
    let owner = world.key(|_| ()).await;
    let (own, id) = made(&world, owner.reveal(), "name: \"n\"").await;
    for document in [
        create("name: \"n\""),
        KEYS.to_owned(),
        format!("mutation {{ revokeKey(id: \"{id}\") {{ id }} }}"),
    ] {
        assert_eq!(
            code(&answer(&world, &own, &document).await),
            "FORBIDDEN",
            "{document}"
        );
    }
    // Signed in with it, too.
    let browser = Browser::new(&world);
    browser.sign_in(&own, "/").await;
    let (_, body) = browser.ask(&create("name: \"n\"")).await;
    assert_eq!(code(&body), "FORBIDDEN");
    let (_, body) = browser.ask("{ service { asker { hasOwnKeys } } }").await;
    assert_eq!(body["data"]["service"]["asker"]["hasOwnKeys"], false);
}

#[tokio::test]
async fn nobody_lists_or_revokes_a_key_of_somebody_else() {
    let world = World::with(closed()).await;
    let (ada, bob) = (
        world.key(|_| ()).await,
        world.key(|key| key.role = Role::Admin).await,
    );
    let (_, id) = made(&world, ada.reveal(), "name: \"n\"").await;
    assert_eq!(
        answer(&world, bob.reveal(), KEYS).await["data"]["keys"],
        json!([])
    );
    let of_operator = keys::list(&world.db).await.unwrap();
    let ada_s = of_operator.iter().find(|key| key.prefix == ada.prefix()).unwrap();
    for (by, id) in [
        (&bob, id.as_str()),
        (&ada, &ada_s.id.to_string()),
        (&ada, "x"),
        (&ada, ""),
    ] {
        let body = answer(
            &world,
            by.reveal(),
            &format!("mutation {{ revokeKey(id: \"{id}\") {{ id }} }}"),
        )
        .await;
        assert_eq!(code(&body), "NOT_FOUND", "{id} {body:#}");
    }
}

#[tokio::test]
async fn twenty_keys_are_good_at_once() {
    let world = World::with(closed()).await;
    let owner = world.key(|_| ()).await;
    let mut last = String::new();
    for _ in 0..20 {
        (_, last) = made(&world, owner.reveal(), "name: \"n\"").await;
    }
    let body = answer(&world, owner.reveal(), &create("name: \"n\"")).await;
    assert_eq!(code(&body), "LIMIT_EXCEEDED", "{body:#}");
    assert_eq!(body["errors"][0]["extensions"]["limit"], 20);
    answer(
        &world,
        owner.reveal(),
        &format!("mutation {{ revokeKey(id: \"{last}\") {{ id }} }}"),
    )
    .await;
    made(&world, owner.reveal(), "name: \"n\"").await;
    // Another one has twenty of their own.
    let other = world.key(|_| ()).await;
    made(&world, other.reveal(), "name: \"n\"").await;
    // All at once don't get round it either.
    let secret = ApiKey::reveal(&other);
    let document = create("name: \"n\"");
    let answers = futures_util::future::join_all((0..30).map(|_| answer(&world, secret, &document))).await;
    let made = answers.iter().filter(|body| body.get("errors").is_none());
    assert_eq!(made.count(), 19);
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_with_what_would() {
    let world = World::new().await;
    let owner = world
        .key(|key| key.datasets = Some(vec!["sensors".to_owned(), "readings".to_owned()]))
        .await;
    let long = "x".repeat(201);
    for (input, wrong, argument) in [
        ("name: \"\"".to_owned(), "INVALID_ARGUMENT", "input.name"),
        (format!("name: \"{long}\""), "INVALID_ARGUMENT", "input.name"),
        ("name: \"a\\nb\"".to_owned(), "INVALID_ARGUMENT", "input.name"),
        (
            "name: \"n\", expiresAt: \"2020-01-01\"".to_owned(),
            "INVALID_ARGUMENT",
            "input.expiresAt",
        ),
        (
            "name: \"n\", requestsPerMinute: 0".to_owned(),
            "INVALID_ARGUMENT",
            "input.requestsPerMinute",
        ),
        (
            "name: \"n\", requestsPerMinute: 1000001".to_owned(),
            "INVALID_ARGUMENT",
            "input.requestsPerMinute",
        ),
        (
            "name: \"n\", datasets: []".to_owned(),
            "INVALID_ARGUMENT",
            "input.datasets",
        ),
        (
            "name: \"n\", datasets: [\"readings-1h\"]".to_owned(),
            "INVALID_ARGUMENT",
            "input.datasets",
        ),
        (
            "name: \"n\", datasets: [\"nothing\"]".to_owned(),
            "NOT_FOUND",
            "input.datasets",
        ),
        (
            "name: \"n\", sensorTypes: [\"\"]".to_owned(),
            "INVALID_ARGUMENT",
            "input.sensorTypes",
        ),
        (
            "name: \"n\", sensorLabels: [{ key: \"a\", value: \"1\" }, { key: \"a\", value: \"2\" }]"
                .to_owned(),
            "INVALID_ARGUMENT",
            "input.sensorLabels",
        ),
    ] {
        let body = answer(&world, owner.reveal(), &create(&input)).await;
        assert_eq!(code(&body), wrong, "{input} {body:#}");
        assert_eq!(body["errors"][0]["extensions"]["argument"], argument, "{input}");
    }
    let closed = "name: \"n\", datasets: [\"raw-messages\"]";
    assert_eq!(
        code(&answer(&world, owner.reveal(), &create(closed)).await),
        "FORBIDDEN"
    );
    let by_get = world
        .client
        .get(world.url("/graphql"))
        .query(&[("query", create("name: \"n\""))])
        .bearer_auth(owner.reveal());
    assert_eq!(
        by_get.send().await.unwrap().status(),
        StatusCode::METHOD_NOT_ALLOWED
    );
}

#[tokio::test]
async fn keys_of_somebody_whom_an_issuer_vouches_for_are_held_to_its_last_word() {
    let issuer = Issuer::new(Says {
        id_token: json!({ "roles": ["steward"] }),
        ..Says::default()
    })
    .await;
    let options = Options {
        oidc: issuer.options().oidc,
        ..closed()
    };
    let world = World::with(options.clone()).await;
    let browser = Browser::new(&world);
    issuer.sign_in(&browser, "/").await;
    let (_, body) = browser.ask(&create("name: \"n\", role: STEWARD")).await;
    let secret = body["data"]["createKey"]["secret"].as_str().unwrap().to_owned();
    // Nobody hears when they leave: 90 days, and no more.
    let expires_at: chrono::DateTime<Utc> = body["data"]["createKey"]["key"]["expiresAt"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!(expires_at <= Utc::now() + TimeDelta::days(90));
    let (_, refused) = browser
        .ask(&create("name: \"n\", expiresAt: \"2999-01-01\""))
        .await;
    assert_eq!(refused["errors"][0]["extensions"]["argument"], "input.expiresAt");
    let role = "{ service { asker { kind role } } }";
    let body = answer(&world, &secret, role).await;
    assert_eq!(
        body["data"]["service"]["asker"],
        json!({ "kind": "KEY", "role": "steward" })
    );

    // They sign in anew, as a reader by now.
    issuer.say(Says::default());
    issuer.sign_in(&Browser::new(&world), "/").await;
    let other = another_process(&world, options).await;
    let body = answer(&other, &secret, role).await;
    assert_eq!(body["data"]["service"]["asker"]["role"], "reader");
    // Another one whom the issuer vouches for has none of them.
    issuer.say(Says {
        id_token: json!({ "sub": "bob" }),
        ..Says::default()
    });
    let bob = Browser::new(&world);
    issuer.sign_in(&bob, "/").await;
    assert_eq!(bob.ask(KEYS).await.1["data"]["keys"], json!([]));
    // Without the issuer there is nobody whose they are.
    let without = another_process(&world, open()).await;
    assert_eq!(
        without.ask_as(&secret, "/sensors/").await.0,
        StatusCode::UNAUTHORIZED
    );
}
