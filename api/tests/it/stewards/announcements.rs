//! Announcements: on the dataset while they stand, and for 90 days in its feeds.

use serde_json::{Value, json};
use testbed::TestDatabase;

use super::{changes, refused, said, steward};
use crate::world::{World, open};

const FIELDS: &str = "id dataset kind state title text from to withdrawnAt";

async fn announcements(world: &World, arguments: &str) -> Vec<Value> {
    let asked = format!("{{ dataset(slug: \"readings\") {{ announcements{arguments} {{ title state }} }} }}");
    let mut data = world.data(&asked).await;
    serde_json::from_value(data["dataset"]["announcements"].take()).unwrap()
}

testbed::both! {
    async fn an_announcement_shows_until_it_is_over_or_withdrawn(database: TestDatabase) {
        let world = World::on(database, open()).await;
        let key = steward(&world, |_| ()).await;
        let document = format!(
            "mutation {{ outage: announce(dataset: \"readings\", input: {{ kind: PLANNED_OUTAGE, title: \"Works\", \
                 text: \"New pumps.\", from: \"2100-01-01T00:00:00Z\", to: \"2100-01-02T00:00:00Z\" }}) {{ {FIELDS} }} \
               error: announce(dataset: \"readings\", input: {{ kind: KNOWN_ERROR, title: \"Wrong\" }}) {{ {FIELDS} }} \
               past: announce(dataset: \"readings\", input: {{ kind: NOTICE, title: \"Past\", \
                 from: \"2020-01-01\", to: \"2020-01-02\" }}) {{ {FIELDS} }} }}"
        );
        let data = said(&world, &key, &document).await;
        assert_eq!(
            data["outage"],
            json!({
                "id": data["outage"]["id"], "dataset": "readings", "kind": "PLANNED_OUTAGE", "state": "SCHEDULED",
                "title": "Works", "text": "New pumps.", "from": "2100-01-01T00:00:00Z", "to": "2100-01-02T00:00:00Z",
                "withdrawnAt": null
            })
        );
        assert_eq!((&data["error"]["state"], &data["error"]["to"]), (&json!("ACTIVE"), &json!(null)));
        assert_eq!(data["past"]["state"], json!("OVER"));
        assert_eq!(
            announcements(&world, "").await,
            [json!({ "title": "Works", "state": "SCHEDULED" }), json!({ "title": "Wrong", "state": "ACTIVE" })]
        );

        let id = &data["error"]["id"];
        let change = format!(
            "mutation {{ changeAnnouncement(id: {id}, input: {{ title: \"Still wrong\", to: \"2100-01-01\" }}) \
               {{ title text to kind }} }}"
        );
        let changed = said(&world, &key, &change).await;
        assert_eq!(
            changed["changeAnnouncement"],
            json!({ "title": "Still wrong", "text": "", "to": "2100-01-01T00:00:00Z", "kind": "KNOWN_ERROR" })
        );
        let open_end = format!("mutation {{ changeAnnouncement(id: {id}, input: {{ to: null }}) {{ title to }} }}");
        let opened = said(&world, &key, &open_end).await;
        assert_eq!(opened["changeAnnouncement"], json!({ "title": "Still wrong", "to": null }));

        let withdraw = format!("mutation {{ withdrawAnnouncement(id: {id}) {{ state withdrawnAt }} }}");
        let withdrawn = said(&world, &key, &withdraw).await;
        assert_eq!(withdrawn["withdrawAnnouncement"]["state"], json!("WITHDRAWN"));
        // Once more is the same; a withdrawn one is not changed.
        assert_eq!(said(&world, &key, &withdraw).await, withdrawn);
        assert_eq!(refused(&world, &key, &change).await["code"], json!("NOT_FOUND"));
        assert_eq!(announcements(&world, "").await, [json!({ "title": "Works", "state": "SCHEDULED" })]);
        assert_eq!(
            announcements(&world, "(past: true)").await,
            [
                json!({ "title": "Works", "state": "SCHEDULED" }),
                json!({ "title": "Still wrong", "state": "WITHDRAWN" }),
                json!({ "title": "Past", "state": "OVER" }),
            ]
        );
        let noted = changes(&world, &key).await;
        assert_eq!(noted.len(), 6);
        assert_eq!(noted[0]["what"], json!(format!("announcement {}", id.as_str().unwrap())));
        assert_eq!(noted[0]["after"], json!(null));
        assert!(noted[0]["before"].as_str().unwrap().contains("Still wrong"), "{noted:?}");
    }
}

#[tokio::test]
async fn what_makes_no_sense_is_refused() {
    let world = World::new().await;
    let key = steward(&world, |_| ()).await;
    let announce = |input: &str| {
        format!("mutation {{ announce(dataset: \"readings\", input: {{ kind: NOTICE, {input} }}) {{ id }} }}")
    };
    for (input, argument) in [
        ("title: \"\"", "input.title"),
        ("title: \"t\", text: \"\\u0000\"", "input.text"),
        (
            "title: \"t\", from: \"2026-01-02\", to: \"2026-01-02\"",
            "input.to",
        ),
        ("title: \"t\", to: \"2026-01-02\"", "input.to"),
        ("title: \"t\", to: \"tomorrow\"", "input.to"),
    ] {
        let error = refused(&world, &key, &announce(input)).await;
        assert_eq!(
            (&error["code"], &error["argument"]),
            (&json!("INVALID_ARGUMENT"), &json!(argument)),
            "{error}"
        );
    }
    for id in ["x", "00000000-0000-0000-0000-000000000000"] {
        let error = refused(
            &world,
            &key,
            &format!("mutation {{ withdrawAnnouncement(id: {id:?}) {{ id }} }}"),
        )
        .await;
        assert_eq!(
            (&error["code"], &error["argument"]),
            (&json!("NOT_FOUND"), &json!("id"))
        );
    }
    // Fifty stand; one more waits until one of them is withdrawn.
    world
        .run(
            "INSERT INTO announcement (id, created_at, changed_at, starts_at, dataset, kind, title, text, created_by) \
             SELECT gen_random_uuid(), now(), now(), now(), 'readings', 'notice', 'n', '', 'x' FROM generate_series(1, 50)",
        )
        .await;
    let error = refused(&world, &key, &announce("title: \"t\"")).await;
    assert_eq!(
        (&error["code"], &error["limit"]),
        (&json!("LIMIT_EXCEEDED"), &json!(50))
    );
    world.run("UPDATE announcement SET withdrawn_at = now()").await;
    said(&world, &key, &announce("title: \"t\"")).await;
}

#[tokio::test]
async fn another_steward_s_announcement_is_not_there() {
    let world = World::new().await;
    world
        .run("INSERT INTO dataset (slug, visibility) VALUES ('readings', 'hidden')")
        .await;
    let key = steward(&world, |_| ()).await;
    let document =
        "mutation { announce(dataset: \"readings\", input: { kind: NOTICE, title: \"t\" }) { id } }";
    let data = said(&world, &key, document).await;
    let withdraw = format!(
        "mutation {{ withdrawAnnouncement(id: {}) {{ id }} }}",
        data["announce"]["id"]
    );
    let other = steward(&world, |key| key.datasets = Some(vec!["raw-messages".to_owned()])).await;
    assert_eq!(
        refused(&world, &other, &withdraw).await["code"],
        json!("NOT_FOUND")
    );
    let reader = world.key(|_| ()).await;
    assert_eq!(
        refused(&world, &reader, &withdraw).await["code"],
        json!("FORBIDDEN")
    );
    said(&world, &key, &withdraw).await;
}
