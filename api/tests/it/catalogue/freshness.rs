//! How fresh things are, as askers are told.

use entity::load::DeclaredSensor;
use serde_json::{Value, json};
use testbed::TestDatabase;

use crate::world::{World, open, thermometer};

/// Sensors that are expected every minute: one fresh, one an hour old, one without a reading, one whose clock is half an
/// hour ahead; and one of which nothing is expected.
async fn sensors(world: &World) {
    let unexpected = DeclaredSensor {
        expected_interval_seconds: None,
        ..thermometer("unexpected")
    };
    let sensors = ["fresh", "old", "silent", "ahead"].map(thermometer);
    let ids = world
        .declare(sensors.into_iter().chain([unexpected]).collect())
        .await;
    for (id, age) in [
        (ids[0], "10 seconds"),
        (ids[1], "1 hour"),
        (ids[3], "-30 minutes"),
        (ids[4], "1 hour"),
    ] {
        world
            .insert_readings(&format!(
                "SELECT date_trunc('second', now()) - INTERVAL '{age}', 1, now(), {id}, {id}, 1, 1"
            ))
            .await;
    }
    world.renew_catalogue().await;
}

testbed::both! {
    async fn each_sensor_has_the_freshness_of_its_readings(database: TestDatabase) {
        let world = World::on(database, open()).await;
        sensors(&world).await;
        let query = "{ freshness(sensors: [\"fresh\", \"old\", \"silent\", \"ahead\", \"unexpected\"]) {
            sensor { name } dataset status basis ageSeconds expectedIntervalSeconds learnt lateAfterSeconds
            staleAfterSeconds newestAt changedAt checkedAt } }";
        let data = world.data(query).await;
        let found = data["freshness"].as_array().unwrap();
        let said: Vec<(&str, &str)> = found
            .iter()
            .map(|one| (one["sensor"]["name"].as_str().unwrap(), one["status"].as_str().unwrap()))
            .collect();
        assert_eq!(
            said,
            [
                ("fresh", "FRESH"),
                ("old", "STALE"),
                ("silent", "NO_DATA"),
                // A clock from the future keeps nothing green.
                ("ahead", "NO_DATA"),
                ("unexpected", "NO_EXPECTATION"),
            ]
        );
        let old = &found[1];
        assert_eq!(
            (&old["expectedIntervalSeconds"], &old["learnt"], &old["lateAfterSeconds"], &old["staleAfterSeconds"]),
            (&json!(60.0), &json!(false), &json!(180.0), &json!(600.0))
        );
        assert!(old["ageSeconds"].as_f64().unwrap() >= 3600.0, "{old}");
        assert_eq!((&old["basis"], &old["dataset"]), (&json!("EVENT_TIME"), &json!(null)));
        let data = world.data("{ sensor(name: \"old\") { freshness { status sensor { name } } } }").await;
        assert_eq!(data["sensor"]["freshness"], json!({ "status": "STALE", "sensor": { "name": "old" } }));
    }

    async fn a_dataset_does_not_hide_a_dead_sensor(database: TestDatabase) {
        let world = World::on(database, open()).await;
        sensors(&world).await;
        let fresh = dataset(&world, "readings").await;
        assert_ne!(fresh["status"], json!("FRESH"));
        assert_eq!(
            fresh["sensors"],
            json!({ "expected": 4, "fresh": 1, "late": 0, "stale": 1, "noData": 2, "noExpectation": 1 })
        );
        let all = world.data("{ freshness { dataset status } }").await;
        let slugs: Vec<&str> = all["freshness"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["dataset"].as_str().unwrap())
            .collect();
        assert_eq!(slugs, super::DATASETS);
    }
}

#[tokio::test]
async fn an_interval_that_nobody_declared_is_learnt_and_says_so() {
    let world = World::new().await;
    let undeclared = DeclaredSensor {
        expected_interval_seconds: None,
        ..thermometer("a")
    };
    let ids = world.declare(vec![undeclared]).await;
    world
        .insert_readings(&format!(
            "SELECT date_trunc('second', now()) - i * INTERVAL '30 seconds', 1, now(), i, {}, 1, 1 \
             FROM generate_series(0, 99) AS i",
            ids[0]
        ))
        .await;
    // What is learnt in one look is used in the next.
    world.renew_catalogue().await;
    world.renew_catalogue().await;
    let data = world
        .data("{ freshness(sensors: [\"a\"]) { status learnt expectedIntervalSeconds lateAfterSeconds } }")
        .await;
    assert_eq!(
        data["freshness"],
        json!([{ "status": "FRESH", "learnt": true, "expectedIntervalSeconds": 30.0, "lateAfterSeconds": 90.0 }])
    );
}

async fn dataset(world: &World, slug: &str) -> Value {
    let query = format!(
        "{{ dataset(slug: {slug:?}) {{ freshness {{ status sensors {{ expected fresh late stale noData noExpectation }} }} }} }}"
    );
    world.data(&query).await["dataset"]["freshness"].clone()
}

#[tokio::test]
async fn who_sees_some_sensors_is_told_of_those_alone() {
    let world = World::new().await;
    sensors(&world).await;
    let odd = DeclaredSensor {
        kind: Some("flow".into()),
        ..thermometer("other")
    };
    world.declare(vec![odd]).await;
    world.renew_catalogue().await;
    let limited = world
        .key(|key| key.sensors.types = Some(vec!["flow".to_owned()]))
        .await;
    let query = "{ dataset(slug: \"readings\") { freshness { status sensors { fresh noData stale } } }
                  freshness(dataset: \"readings\") { status sensors { stale noData } } }";
    let (_, _, body) = world.ask_as(limited.reveal(), query).await;
    let seen = &body["data"]["dataset"]["freshness"];
    assert_eq!(
        seen["sensors"],
        json!({ "fresh": 0, "noData": 1, "stale": 0 }),
        "{body}"
    );
    assert_eq!(
        body["data"]["freshness"][0]["sensors"],
        json!({ "stale": 0, "noData": 1 })
    );
    let (_, _, body) = world
        .ask_as(limited.reveal(), "{ freshness(sensors: [\"old\"]) { status } }")
        .await;
    assert_eq!(
        body["errors"][0]["extensions"]["code"],
        json!("NOT_FOUND"),
        "{body}"
    );
}

#[tokio::test]
async fn what_cannot_be_found_out_is_unknown() {
    let world = World::new().await;
    sensors(&world).await;
    assert_ne!(dataset(&world, "readings").await["status"], json!("UNKNOWN"));
    world
        .run("ALTER TABLE rollup_due RENAME TO rollup_elsewhere")
        .await;
    let renewed = world.try_renew_catalogue().await;
    let readings = dataset(&world, "readings").await;
    assert_eq!(readings["status"], json!("UNKNOWN"), "{renewed:?}");
    // What is known besides is still said.
    let data = world
        .data("{ dataset(slug: \"readings\") { title rows { value } } }")
        .await;
    assert_eq!(data["dataset"]["title"], json!("Readings"));
    world
        .run("ALTER TABLE rollup_elsewhere RENAME TO rollup_due")
        .await;
    world.renew_catalogue().await;
    assert_ne!(dataset(&world, "readings").await["status"], json!("UNKNOWN"));
}

#[tokio::test]
async fn what_cannot_be_kept_is_told_all_the_same() {
    let world = World::new().await;
    world
        .run(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'read only'; END $$;
             CREATE TRIGGER refuse BEFORE INSERT ON dataset_version EXECUTE FUNCTION refuse()",
        )
        .await;
    sensors(&world).await;
    let data = world
        .data("{ dataset(slug: \"readings\") { version freshness { status sensors { fresh stale } } } }")
        .await;
    assert_eq!(
        data["dataset"]["freshness"]["sensors"],
        json!({ "fresh": 1, "stale": 1 })
    );
    assert_eq!(data["dataset"]["version"], json!(null));
    world.run("DROP FUNCTION refuse CASCADE").await;
    world.renew_catalogue().await;
    let data = world
        .data("{ dataset(slug: \"readings\") { version freshness { changedAt } } }")
        .await;
    assert_eq!(data["dataset"]["version"], json!("1.0.0"));
    assert_ne!(data["dataset"]["freshness"]["changedAt"], json!(null));
}

#[tokio::test]
async fn a_question_is_about_datasets_or_sensors_that_there_are() {
    let world = World::new().await;
    world.declare(vec![thermometer("a")]).await;
    for (arguments, code, argument) in [
        ("dataset: \"nothing\"", "NOT_FOUND", "dataset"),
        ("sensors: [\"nothing\"]", "NOT_FOUND", "sensors"),
        (
            "dataset: \"readings\", sensors: [\"a\"]",
            "INVALID_ARGUMENT",
            "sensors",
        ),
    ] {
        let error = world
            .error(&format!("{{ freshness({arguments}) {{ status }} }}"))
            .await;
        assert_eq!(error["extensions"]["code"], json!(code), "{error}");
        assert_eq!(error["extensions"]["argument"], json!(argument), "{error}");
    }
}
