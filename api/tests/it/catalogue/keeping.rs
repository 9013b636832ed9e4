//! Who keeps the catalogue needs no more of the database than that.

use catalogue::Evaluator;
use catalogue::quality::RuleSet;
use chrono::Utc;
use entity::keys::Role;
use sea_orm::ConnectionTrait as _;
use serde_json::json;

use crate::sign_in::Browser;
use crate::world::{World, open, thermometer};

/// On the database whose user here may make roles, and whose one session stays what it became.
#[tokio::test]
async fn a_user_of_the_database_keeps_the_catalogue_and_changes_nothing_else() {
    let world = World::on(testbed::timescale().await, open()).await;
    for make in [
        "CREATE ROLE fieldbook_catalogue",
        "CREATE ROLE fieldbook_api IN ROLE fieldbook_catalogue",
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO fieldbook_api",
    ] {
        world.run(make).await;
    }
    migration::up(&world.db).await.unwrap();
    let sensors = world.declare(vec![thermometer("a")]).await;
    world.readings(sensors[0], "2026-01-01", "1 minute", 3).await;
    world
        .run("UPDATE sensor SET active_since = now() - INTERVAL '1 day'")
        .await;
    let key = world.key(|key| key.role = Role::Steward).await;
    let reader = world
        .key(|key| key.datasets = Some(vec!["sensors".to_owned()]))
        .await;

    world.run("SET ROLE fieldbook_api").await;
    world.renew_catalogue().await;
    let data = world
        .data("{ dataset(slug: \"readings\") { versions { version } } }")
        .await;
    assert_eq!(data["dataset"]["versions"], json!([{ "version": "1.0.0" }]));
    let measured = Evaluator::new(&world.db, RuleSet::default())
        .step(Utc::now())
        .await
        .unwrap();
    assert!(measured.written > 0, "{measured:?}");
    let announce =
        "mutation { announce(dataset: \"readings\", input: { kind: NOTICE, title: \"t\" }) { title } }";
    let (_, _, body) = world.ask_as(key.reveal(), announce).await;
    assert_eq!(body["data"]["announce"]["title"], "t", "{body}");

    let replay = "mutation { replayQuarantine { state } }";
    let (_, _, body) = world.ask_as(key.reveal(), replay).await;
    assert_eq!(body["data"]["replayQuarantine"]["state"], "DONE", "{body}");
    // Who signs in, makes keys and asks for access.
    let browser = Browser::new(&world);
    browser.sign_in(key.reveal(), "/").await;
    let (_, body) = browser
        .ask("mutation { createKey(input: { name: \"n\" }) { key { id } } }")
        .await;
    let made = body["data"]["createKey"]["key"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let revoke = format!("mutation {{ revokeKey(id: \"{made}\") {{ isGood }} }}");
    assert_eq!(browser.ask(&revoke).await.1["data"]["revokeKey"]["isGood"], false);
    let ask = "mutation { requestAccess(dataset: \"readings\", reason: \"r\") { id } }";
    let (_, _, body) = world.ask_as(reader.reveal(), ask).await;
    let asked = body["data"]["requestAccess"]["id"].as_str().unwrap().to_owned();
    let decide = format!("mutation {{ decideAccess(id: \"{asked}\", grant: true) {{ state }} }}");
    let (_, body) = browser.ask(&decide).await;
    assert_eq!(body["data"]["decideAccess"]["state"], "GRANTED", "{body}");
    browser.submit("/sign-out", &[]).await;

    for change in [
        "UPDATE quarantine_replay SET replayed = 1",
        "DELETE FROM quarantined_message",
        "DELETE FROM reading",
        "UPDATE sensor SET description = 'x'",
        "DELETE FROM segment",
        "UPDATE api_key SET name = 'x'",
        "UPDATE api_key SET role = 'admin'",
        "UPDATE api_key SET owner_key = NULL",
        "DELETE FROM api_key",
        "INSERT INTO dataset (slug, visibility) VALUES ('readings', 'hidden')",
        "CREATE TABLE mine (a int)",
    ] {
        let refused = world.db.execute_unprepared(change).await.unwrap_err().to_string();
        assert!(refused.contains("permission denied"), "{change}: {refused}");
    }
}
