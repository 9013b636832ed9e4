//! Requests for access: asked, withdrawn, decided, and what is open afterwards.

use std::time::Duration;

use api::{ApiKey, Options};
use entity::keys::{NewKey, Role};
use entity::visibility::{self, Visibility};
use reqwest::StatusCode;
use serde_json::{Value, json};
use testbed::TestDatabase;

use crate::sign_in::{Browser, Issuer, Says, closed};
use crate::world::{World, open};

const QUARANTINE: &str = "quarantined-messages";
const READINGS: &str = "{ readings { nodes { value } } }";
const LIST: &str = "{ accessRequests { nodes { id dataset reason state askerName askerKeyPrefix isOwn mayDecide note decidedBy } } }";

fn ask(dataset: &str, reason: &str) -> String {
    format!(
        "mutation {{ requestAccess(dataset: \"{dataset}\", reason: \"{reason}\") {{ id dataset state isOwn mayDecide }} }}"
    )
}

fn decide(id: &str, grant: bool, note: &str) -> String {
    format!(
        "mutation {{ decideAccess(id: \"{id}\", grant: {grant}, note: \"{note}\") {{ state decidedBy note mayDecide }} }}"
    )
}

fn withdraw(id: &str) -> String {
    format!("mutation {{ withdrawAccessRequest(id: \"{id}\") {{ id state }} }}")
}

async fn answer(world: &World, key: &ApiKey, document: &str) -> Value {
    world.ask_as(key.reveal(), document).await.2
}

fn code(body: &Value) -> &Value {
    &body["errors"][0]["extensions"]["code"]
}

fn nodes(body: &Value) -> &Vec<Value> {
    let nodes = body["data"]["accessRequests"]["nodes"].as_array();
    nodes.unwrap_or_else(|| panic!("{body:#}"))
}

/// A key of a reader to whom sensors alone are open.
async fn reader(world: &World) -> ApiKey {
    named(world, "Rita", |key| {
        key.datasets = Some(vec!["sensors".to_owned()]);
    })
    .await
}

async fn named(world: &World, name: &str, change: impl FnOnce(&mut NewKey)) -> ApiKey {
    world
        .key(|key| {
            name.clone_into(&mut key.name);
            change(key);
        })
        .await
}

async fn steward(world: &World) -> ApiKey {
    named(world, "Stella", |key| key.role = Role::Steward).await
}

/// Asks for readings; gives the request's id.
async fn asked(world: &World, key: &ApiKey) -> String {
    let body = answer(world, key, &ask("readings", "For the yearly report")).await;
    let id = body["data"]["requestAccess"]["id"].as_str();
    id.unwrap_or_else(|| panic!("{body:#}")).to_owned()
}

testbed::both! {
    async fn a_dataset_is_asked_for_granted_and_open(database: TestDatabase) {
        let world = World::on(database, closed()).await;
        let (rita, stella) = (reader(&world).await, steward(&world).await);
        assert_eq!(code(&answer(&world, &rita, READINGS).await), "FORBIDDEN");
        let body = answer(&world, &rita, &ask("readings", "For the yearly report")).await;
        let request = &body["data"]["requestAccess"];
        assert_eq!(
            json!([request["dataset"], request["state"], request["isOwn"], request["mayDecide"]]),
            json!(["readings", "PENDING", true, false])
        );
        let id = request["id"].as_str().unwrap();
        let body = answer(&world, &stella, LIST).await;
        assert_eq!(nodes(&body).as_slice(), [json!({
            "id": id, "dataset": "readings", "reason": "For the yearly report", "state": "PENDING", "askerName": "Rita",
            "askerKeyPrefix": rita.prefix(), "isOwn": false, "mayDecide": true, "note": null, "decidedBy": null,
        })]);
        let body = answer(&world, &stella, &decide(id, true, "Welcome")).await;
        assert_eq!(
            body["data"]["decideAccess"],
            json!({ "state": "GRANTED", "decidedBy": "Stella", "note": "Welcome", "mayDecide": false })
        );
        // Here at once.
        let body = answer(&world, &rita, READINGS).await;
        assert_eq!(body["data"]["readings"]["nodes"], json!([]), "{body:#}");
        let body = answer(&world, &rita, "{ dataset(slug: \"readings-1h\") { open } }").await;
        assert_eq!(body["data"]["dataset"]["open"], true);
        // What was open stays so, and nothing else opens.
        assert!(code(&answer(&world, &rita, "{ sensors { nodes { name } } }").await).is_null());
        let body = answer(&world, &rita, "{ dataset(slug: \"raw-messages\") { open } }").await;
        assert_eq!(body["data"]["dataset"]["open"], false);
        // Who asked reads what was said, and stewards read that it was noted.
        let body = answer(&world, &rita, LIST).await;
        assert_eq!(nodes(&body)[0]["note"], "Welcome");
        let body = answer(&world, &stella, "{ stewardshipChanges { nodes { dataset steward what before after } } }").await;
        let noted = &body["data"]["stewardshipChanges"]["nodes"][0];
        assert_eq!(json!([noted["dataset"], noted["steward"], noted["what"]]), json!(["readings", "Stella", format!("access_request {id}")]));
        let after: Value = serde_json::from_str(noted["after"].as_str().unwrap()).unwrap();
        assert_eq!(after, json!({ "state": "granted", "asker": rita.prefix(), "note": "Welcome" }));
        // Open is open.
        let body = answer(&world, &rita, &ask("readings", "more")).await;
        assert_eq!(code(&body), "INVALID_ARGUMENT", "{body:#}");
    }
}

#[tokio::test]
async fn what_is_granted_is_open_in_every_process_within_seconds() {
    let world = World::with(closed()).await;
    let other = World::over(world.db.clone(), closed(), Vec::new()).await;
    let (rita, stella) = (reader(&world).await, steward(&world).await);
    assert_eq!(code(&answer(&other, &rita, READINGS).await), "FORBIDDEN");
    let id = asked(&world, &rita).await;
    answer(&world, &stella, &decide(&id, true, "")).await;
    let opened = async {
        while !code(&answer(&other, &rita, READINGS).await).is_null() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), opened)
        .await
        .unwrap();
}

#[tokio::test]
async fn what_is_denied_or_withdrawn_stays_closed_and_may_be_asked_again() {
    let world = World::with(closed()).await;
    let (rita, stella) = (reader(&world).await, steward(&world).await);
    let id = asked(&world, &rita).await;
    let again = answer(&world, &rita, &ask("readings", "please")).await;
    assert_eq!(code(&again), "INVALID_ARGUMENT", "{again:#}");
    let body = answer(&world, &stella, &decide(&id, false, "Not yet")).await;
    assert_eq!(body["data"]["decideAccess"]["state"], "DENIED");
    assert_eq!(code(&answer(&world, &rita, READINGS).await), "FORBIDDEN");
    // It is decided once.
    for document in [decide(&id, true, ""), withdraw(&id)] {
        let by = if document.contains("decide") {
            &stella
        } else {
            &rita
        };
        let body = answer(&world, by, &document).await;
        assert_eq!(code(&body), "INVALID_ARGUMENT", "{body:#}");
        assert!(body.to_string().contains("denied"), "{body:#}");
    }

    let id = asked(&world, &rita).await;
    for _ in 0..2 {
        let body = answer(&world, &rita, &withdraw(&id)).await;
        assert_eq!(body["data"]["withdrawAccessRequest"]["state"], "WITHDRAWN");
    }
    let body = answer(&world, &stella, &decide(&id, true, "")).await;
    assert_eq!(code(&body), "INVALID_ARGUMENT");
    assert_eq!(code(&answer(&world, &rita, READINGS).await), "FORBIDDEN");
    asked(&world, &rita).await;
    let body = answer(
        &world,
        &rita,
        "{ accessRequests(state: WITHDRAWN) { nodes { state } } }",
    )
    .await;
    assert_eq!(nodes(&body).as_slice(), [json!({ "state": "WITHDRAWN" })]);
}

#[tokio::test]
async fn requests_are_those_of_who_asked_and_of_the_dataset_s_stewards() {
    let world = World::with(closed()).await;
    let rita = reader(&world).await;
    let roy = named(&world, "Roy", |key| {
        key.datasets = Some(vec!["sensors".to_owned()]);
    })
    .await;
    let id = asked(&world, &rita).await;
    let of = |slugs: &[&str]| {
        let slugs: Vec<String> = slugs.iter().map(|&slug| slug.to_owned()).collect();
        move |key: &mut NewKey| {
            key.role = Role::Steward;
            key.datasets = Some(slugs);
        }
    };
    let of_readings = named(&world, "r", of(&["readings"])).await;
    let of_sensors = named(&world, "s", of(&["sensors"])).await;
    let limited = named(&world, "l", |key| {
        key.role = Role::Steward;
        key.sensors.types = Some(vec!["flow".to_owned()]);
    })
    .await;
    let seen = async |key: &ApiKey| nodes(&answer(&world, key, LIST).await).len();
    assert_eq!(seen(&rita).await, 1);
    assert_eq!(seen(&roy).await, 0);
    assert_eq!(seen(&of_readings).await, 1);
    assert_eq!(seen(&of_sensors).await, 0);
    assert_eq!(seen(&limited).await, 0);
    for (by, refused) in [
        (&roy, "FORBIDDEN"),
        (&rita, "FORBIDDEN"),
        (&of_sensors, "FORBIDDEN"),
        (&limited, "FORBIDDEN"),
    ] {
        let body = answer(&world, by, &decide(&id, true, "")).await;
        assert_eq!(code(&body), refused, "{body:#}");
    }
    for by in [&roy, &of_readings] {
        assert_eq!(code(&answer(&world, by, &withdraw(&id)).await), "NOT_FOUND");
    }
    for id in ["x", "00000000-0000-0000-0000-000000000000"] {
        assert_eq!(
            code(&answer(&world, &of_readings, &decide(id, true, "")).await),
            "NOT_FOUND"
        );
    }
    // Nobody who is not known.
    let (_, body) = world.post(json!({ "query": LIST })).await;
    assert_eq!(code(&body), "UNAUTHENTICATED");
    let anybody = World::over(world.db.clone(), open(), Vec::new()).await;
    for document in [
        ask("readings", "x"),
        withdraw(&id),
        decide(&id, true, ""),
        LIST.to_owned(),
    ] {
        let (_, body) = anybody.post(json!({ "query": document })).await;
        assert_eq!(code(&body), "UNAUTHENTICATED", "{document}");
    }
}

#[tokio::test]
async fn a_hidden_dataset_is_not_there_to_be_asked_for() {
    let world = World::with(closed()).await;
    let (rita, stella) = (reader(&world).await, steward(&world).await);
    let id = asked(&world, &rita).await;
    visibility::set(&world.db, "readings", Visibility::Hidden)
        .await
        .unwrap();
    visibility::set(&world.db, QUARANTINE, Visibility::Hidden)
        .await
        .unwrap();
    // A process that has not looked yet.
    let other = World::over(world.db.clone(), closed(), Vec::new()).await;
    let hidden = answer(&other, &rita, &ask(QUARANTINE, "x")).await;
    let unknown = answer(&other, &rita, &ask("nothing", "x")).await;
    let message = |body: &Value, slug: &str| {
        let message = body["errors"][0]["message"].as_str().unwrap().to_owned();
        message.replace(slug, "SLUG")
    };
    assert_eq!(code(&hidden), "NOT_FOUND");
    assert_eq!(message(&hidden, QUARANTINE), message(&unknown, "nothing"));
    assert_eq!(nodes(&answer(&other, &rita, LIST).await).len(), 0);
    let body = answer(
        &other,
        &rita,
        "{ accessRequests(dataset: \"readings\") { nodes { id } } }",
    )
    .await;
    assert_eq!(code(&body), "NOT_FOUND");
    // It is there for its stewards, who may still decide.
    assert_eq!(nodes(&answer(&other, &stella, LIST).await).len(), 1);
    let body = answer(&other, &stella, &decide(&id, true, "")).await;
    assert_eq!(body["data"]["decideAccess"]["state"], "GRANTED", "{body:#}");
    assert!(code(&answer(&other, &rita, READINGS).await).is_null());
}

#[tokio::test]
async fn what_could_not_be_opened_is_not_asked_for() {
    let world = World::with(closed()).await;
    let rita = reader(&world).await;
    let limited = named(&world, "l", |key| {
        key.sensors.types = Some(vec!["flow".to_owned()]);
    })
    .await;
    let raw = named(&world, "raw", |key| {
        key.datasets = Some(vec!["raw-messages".to_owned()]);
    })
    .await;
    for (by, dataset, refused, accepted) in [
        (&rita, "readings-1h", "INVALID_ARGUMENT", "readings"),
        (&raw, "sensor-versions", "INVALID_ARGUMENT", "sensors"),
        (&limited, "raw-messages", "FORBIDDEN", "without"),
        (&rita, "sensors", "INVALID_ARGUMENT", "open to you"),
    ] {
        let body = answer(&world, by, &ask(dataset, "x")).await;
        assert_eq!(code(&body), refused, "{dataset} {body:#}");
        assert!(body.to_string().contains(accepted), "{dataset} {body:#}");
    }
    let long = "x".repeat(2_001);
    for reason in ["", "  ", "a\\u0000b", &long] {
        let body = answer(&world, &rita, &ask("readings", reason)).await;
        assert_eq!(code(&body), "INVALID_ARGUMENT", "{body:#}");
        assert_eq!(body["errors"][0]["extensions"]["argument"], "reason");
    }
    let just = format!("{}\\nü", "x".repeat(1_998));
    let body = answer(&world, &rita, &ask("readings", &just)).await;
    assert_eq!(body["data"]["requestAccess"]["state"], "PENDING", "{body:#}");
    // A key that its user made asks for nothing: it would get more than they have.
    let create = "mutation { createKey(input: { name: \"n\" }) { secret } }";
    let body = answer(&world, &rita, create).await;
    let own = body["data"]["createKey"]["secret"].as_str().unwrap();
    let (_, _, body) = world.ask_as(own, &ask("raw-messages", "x")).await;
    assert_eq!(code(&body), "FORBIDDEN");
}

#[tokio::test]
async fn twenty_requests_are_made_within_a_day() {
    let world = World::with(closed()).await;
    let rita = reader(&world).await;
    for _ in 0..20 {
        let id = asked(&world, &rita).await;
        answer(&world, &rita, &withdraw(&id)).await;
    }
    let body = answer(&world, &rita, &ask("readings", "x")).await;
    assert_eq!(code(&body), "LIMIT_EXCEEDED", "{body:#}");
    assert_eq!(body["errors"][0]["extensions"]["limit"], 20);
    // In pages, each once and the newest first.
    let mut after = "null".to_owned();
    let mut seen = Vec::new();
    loop {
        let page = format!(
            "{{ accessRequests(first: 7, after: {after}) {{ edges {{ cursor node {{ id createdAt }} }} pageInfo {{ hasNextPage endCursor }} }} }}"
        );
        let body = answer(&world, &rita, &page).await;
        let page = &body["data"]["accessRequests"];
        seen.extend(page["edges"].as_array().unwrap().iter().map(|edge| {
            (
                edge["node"]["createdAt"].as_str().unwrap().to_owned(),
                edge["node"]["id"].clone(),
            )
        }));
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
        after = page["pageInfo"]["endCursor"].to_string();
    }
    assert_eq!(seen.len(), 20);
    assert!(seen.windows(2).all(|pair| pair[0].0 >= pair[1].0), "{seen:?}");
    let body = answer(&world, &rita, "{ accessRequests(after: \"x\") { nodes { id } } }").await;
    assert_eq!(code(&body), "INVALID_ARGUMENT");
}

#[tokio::test]
async fn nothing_is_opened_for_a_key_that_is_revoked() {
    let world = World::with(closed()).await;
    let (rita, stella) = (reader(&world).await, steward(&world).await);
    let id = asked(&world, &rita).await;
    entity::keys::revoke(&world.db, rita.prefix(), chrono::Utc::now())
        .await
        .unwrap();
    let body = answer(&world, &stella, &decide(&id, true, "")).await;
    assert_eq!(
        (code(&body), &body["errors"][0]["extensions"]["argument"]),
        (&json!("INVALID_ARGUMENT"), &json!("grant"))
    );
    let body = answer(&world, &stella, &decide(&id, false, "")).await;
    assert_eq!(body["data"]["decideAccess"]["state"], "DENIED", "{body:#}");
}

#[tokio::test]
async fn what_is_granted_to_somebody_whom_an_issuer_vouches_for_goes_with_their_claims() {
    let issuer = Issuer::new(Says {
        id_token: json!({ "fieldbook": ["sensors"] }),
        ..Says::default()
    })
    .await;
    let options = Options {
        oidc: Some(
            issuer
                .oidc(Some("s3cret:+/="))
                .with_datasets_claim("fieldbook")
                .unwrap(),
        ),
        ..closed()
    };
    let world = World::with(options.clone()).await;
    let stella = steward(&world).await;
    let browser = Browser::new(&world);
    issuer.sign_in(&browser, "/").await;
    let create = "mutation { createKey(input: { name: \"n\" }) { secret } }";
    let (_, body) = browser.ask(create).await;
    let own = body["data"]["createKey"]["secret"].as_str().unwrap().to_owned();
    assert_eq!(code(&browser.ask(READINGS).await.1), "FORBIDDEN");
    let (_, body) = browser.ask(&ask("readings", "For the yearly report")).await;
    let id = body["data"]["requestAccess"]["id"].as_str().unwrap().to_owned();
    let body = answer(&world, &stella, LIST).await;
    assert_eq!(
        json!([nodes(&body)[0]["askerName"], nodes(&body)[0]["askerKeyPrefix"]]),
        json!(["Ada Lovelace", null])
    );
    let body = answer(&world, &stella, &decide(&id, true, "")).await;
    assert_eq!(body["data"]["decideAccess"]["state"], "GRANTED", "{body:#}");
    // In the session, with a token whatever it claims, and with a key of their own.
    assert!(code(&browser.ask(READINGS).await.1).is_null());
    let token = issuer.token(&json!({}));
    assert!(code(&world.ask_as(&token, READINGS).await.2).is_null());
    assert!(code(&world.ask_as(&own, READINGS).await.2).is_null());
    let (_, body) = browser.ask("{ dataset(slug: \"raw-messages\") { open } }").await;
    assert_eq!(body["data"]["dataset"]["open"], false);
    // For nobody else.
    let bob = issuer.token(&json!({ "sub": "bob", "fieldbook": ["sensors"] }));
    let (status, _, body) = world.ask_as(&bob, READINGS).await;
    assert_eq!((status, code(&body)), (StatusCode::OK, &json!("FORBIDDEN")));
    // And after the next sign-in, in any process.
    let other = World::over(world.db.clone(), options, Vec::new()).await;
    let again = Browser::new(&other);
    issuer.sign_in(&again, "/").await;
    assert!(code(&again.ask(READINGS).await.1).is_null());
}
