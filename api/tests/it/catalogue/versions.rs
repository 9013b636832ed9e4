//! Each change of a dataset makes a version that says what has changed.

use serde_json::{Value, json};

use super::dataset;
use crate::world::{World, open};

async fn versions(world: &World) -> Vec<(String, Vec<String>)> {
    let things = dataset(
        world,
        "things",
        "version versions { version changes { path summary breaking } }",
    )
    .await;
    let all: Vec<_> = things["versions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|version| {
            let changes = version["changes"]
                .as_array()
                .unwrap()
                .iter()
                .map(|change: &Value| {
                    let mark = if change["breaking"] == json!(true) {
                        "!"
                    } else {
                        ""
                    };
                    format!(
                        "{mark}{} {}",
                        change["path"].as_str().unwrap(),
                        change["summary"].as_str().unwrap()
                    )
                });
            (version["version"].as_str().unwrap().to_owned(), changes.collect())
        })
        .collect();
    assert_eq!(things["version"], json!(all[0].0));
    all
}

#[tokio::test]
async fn a_change_of_types_units_or_words_makes_a_version() {
    let world = World::new().await;
    let said =
        |changes: &[&str]| -> Vec<String> { changes.iter().map(|&change| change.to_owned()).collect() };
    world
        .run("CREATE TABLE things (id int PRIMARY KEY, size int NOT NULL)")
        .await;
    world
        .run("COMMENT ON COLUMN things.size IS 'How large.\n{\"unit\": \"m\"}'")
        .await;
    assert_eq!(versions(&world).await, [("1.0.0".to_owned(), vec![])]);
    // Looking again changes nothing.
    assert_eq!(versions(&world).await.len(), 1);

    world
        .run("COMMENT ON COLUMN things.size IS 'How wide.\n{\"unit\": \"m\"}'")
        .await;
    assert_eq!(
        versions(&world).await[0],
        ("1.0.1".to_owned(), said(&["size is described in other words"]))
    );
    world.run("ALTER TABLE things ADD weight float8").await;
    assert_eq!(
        versions(&world).await[0],
        ("1.1.0".to_owned(), said(&["weight is new: double precision"]))
    );
    world
        .run(
            "COMMENT ON COLUMN things.size IS 'How wide.\n{\"unit\": \"mm\"}';
             ALTER TABLE things ALTER size DROP NOT NULL",
        )
        .await;
    assert_eq!(
        versions(&world).await[0],
        (
            "2.0.0".to_owned(),
            said(&["!size may be empty now", "!size is now in mm, was in m"])
        )
    );
    world.run("ALTER TABLE things DROP weight").await;
    assert_eq!(
        versions(&world).await[0],
        ("3.0.0".to_owned(), said(&["!weight is gone"]))
    );
    let things = dataset(&world, "things", "fields { name since }").await;
    assert_eq!(
        things["fields"],
        json!([{ "name": "id", "since": "1.0.0" }, { "name": "size", "since": "1.0.0" }])
    );
    world.run("ALTER TABLE things ADD weight float8").await;
    assert_eq!(versions(&world).await.len(), 6);
    let things = dataset(&world, "things", "fields { name since }").await;
    assert_eq!(things["fields"][2], json!({ "name": "weight", "since": "3.1.0" }));
}

#[tokio::test]
async fn several_services_note_a_change_once() {
    let world = World::new().await;
    let others = [
        World::over(world.db.clone(), open(), Vec::new()).await,
        World::over(world.db.clone(), open(), Vec::new()).await,
    ];
    world.run("CREATE TABLE things (id int PRIMARY KEY)").await;
    for round in 1..6 {
        world.run(&format!("ALTER TABLE things ADD c{round} int")).await;
        tokio::join!(
            world.renew_catalogue(),
            others[0].renew_catalogue(),
            others[1].renew_catalogue()
        );
    }
    for world in others.iter().chain([&world]) {
        let versions = versions(world).await;
        assert_eq!(versions.last().unwrap().0, "1.0.0");
        assert!(
            versions.len() >= 5 && versions[0].0 == format!("1.{}.0", versions.len() - 1),
            "{versions:?}"
        );
    }
}

#[tokio::test]
async fn what_will_go_says_until_when_and_what_went_too_early_says_so() {
    let world = World::new().await;
    world
        .run(
            "CREATE TABLE things (id int PRIMARY KEY, old int, older int);
             COMMENT ON TABLE things IS 'Things.\n{\"deprecated\": \"2100-03-01\", \"instead\": \"items\"}';
             COMMENT ON COLUMN things.old IS 'Old.\n{\"deprecated\": \"2100-03-01\", \"instead\": \"id\"}';
             COMMENT ON COLUMN things.older IS 'Older.\n{\"deprecated\": \"2020-03-01\"}'",
        )
        .await;
    let things = dataset(
        &world,
        "things",
        "deprecation { reason removedOn } fields { name deprecation { reason removedOn } }",
    )
    .await;
    assert_eq!(
        things["deprecation"],
        json!({ "reason": "use items instead", "removedOn": "2100-03-01" })
    );
    assert_eq!(
        things["fields"][1]["deprecation"],
        json!({ "reason": "use id instead", "removedOn": "2100-03-01" })
    );
    let contract = world.get("/datasets/things/contract.odcs.yaml").await.1;
    let contract = contract.as_str().unwrap();
    for said in ["status: deprecated", "It stays until 2100-03-01", "removedOn"] {
        assert!(contract.contains(said), "{contract}");
    }
    let (_, package) = world.get("/datasets/things/datapackage.json").await;
    assert_eq!(
        package["deprecated"],
        json!("Deprecated: use items instead It stays until 2100-03-01.")
    );
    world
        .run("ALTER TABLE things DROP COLUMN old, DROP COLUMN older; COMMENT ON TABLE things IS 'Things.'")
        .await;
    let all = versions(&world).await;
    assert_eq!(
        all[0],
        (
            "2.0.0".to_owned(),
            vec![
                "dataset will stay after all".to_owned(),
                "!old is gone too early: it was announced to stay until 2100-03-01".to_owned(),
                "!older is gone".to_owned(),
            ]
        )
    );
}
