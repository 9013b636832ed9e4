//! Thresholds: a steward's over the file's over the defaults, for everything, by type, by sensor.

use api::Options;
use catalogue::Annotations;
use serde_json::json;
use testbed::TestDatabase;

use super::{changes, refused, said, steward};
use crate::world::{World, open, thermometer};

/// Options with a file that says some thresholds.
fn with_file() -> Options {
    let file = "title = \"T\"\ndescription = \"D\"\npublisher = { name = \"P\" }\n\
                [quality.default]\nlate_after_seconds = 30\n\
                [quality.by_type.temperature.spike]\nsuspect = 2\nfail = 5\n\
                [quality.by_sensor.a]\ngap_factor = 3\n";
    Options {
        annotations: Annotations::parse(file).unwrap(),
        ..open()
    }
}

const RULES: &str = "{ version gapFactor lateAfterSeconds spike { method suspect fail } flat { failCount } \
                     thresholds { completeness { warnBelow failBelow } } }";

testbed::both! {
    async fn thresholds_go_over_the_file_level_by_level(database: TestDatabase) {
        let world = World::on(database, with_file()).await;
        world.declare(vec![thermometer("a"), thermometer("b")]).await;
        let key = steward(&world, |_| ()).await;
        let of_a = format!("{{ qualityRules(sensor: \"a\") {RULES} }}");
        let before = world.data(&of_a).await["qualityRules"].clone();
        let file = json!({
            "version": before["version"], "gapFactor": 3.0, "lateAfterSeconds": 30.0,
            "spike": { "method": "AVERAGE", "suspect": 2.0, "fail": 5.0 }, "flat": { "failCount": 5 },
            "thresholds": { "completeness": { "warnBelow": 0.98, "failBelow": 0.9 } }
        });
        assert_eq!(before, file);
        let set = |arguments: &str| format!("mutation {{ setQualityRules({arguments}) {RULES} }}");
        // For everything: the file's word for a sensor stays over it.
        let data = said(&world, &key, &set("rules: { gapFactor: 2, thresholds: { completeness: { failBelow: 0.5 } } }")).await;
        assert_eq!(data["setQualityRules"]["gapFactor"], json!(2.0));
        assert_eq!(data["setQualityRules"]["spike"], json!(null));
        let data = said(&world, &key, &set("type: \"temperature\", rules: { spike: { fail: 9, method: DIFFERENTIAL } }")).await;
        assert_eq!(data["setQualityRules"]["spike"], json!({ "method": "DIFFERENTIAL", "suspect": 2.0, "fail": 9.0 }));
        let data = said(&world, &key, &set("sensor: \"a\", rules: { flat: { enabled: false }, spike: { suspect: 1 } }")).await;
        let merged = json!({
            "version": data["setQualityRules"]["version"], "gapFactor": 3.0, "lateAfterSeconds": 30.0,
            "spike": { "method": "DIFFERENTIAL", "suspect": 1.0, "fail": 9.0 }, "flat": null,
            "thresholds": { "completeness": { "warnBelow": 0.98, "failBelow": 0.5 } }
        });
        assert_eq!(data["setQualityRules"], merged);
        assert_eq!(world.data(&of_a).await["qualityRules"], merged);
        assert_ne!(merged["version"], before["version"]);
        // Sound by itself, and not under what the type says.
        let error = refused(&world, &key, &set("sensor: \"b\", rules: { spike: { suspect: 10 } }")).await;
        assert_eq!((&error["code"], &error["argument"]), (&json!("INVALID_ARGUMENT"), &json!("rules.spike.fail")), "{error}");
        // And back, down to the version.
        for arguments in [
            "sensor: \"a\", rules: { flat: { enabled: null }, spike: null }",
            "type: \"temperature\", rules: { spike: { fail: null, method: null } }",
            "rules: { gapFactor: null, thresholds: null }",
        ] {
            said(&world, &key, &set(arguments)).await;
        }
        assert_eq!(world.data(&of_a).await["qualityRules"], before);
        let noted = changes(&world, &key).await;
        assert_eq!(noted.len(), 6);
        assert_eq!((&noted[0]["what"], &noted[0]["after"]), (&json!("quality_rules default"), &json!(null)));
        assert_eq!(noted[4]["what"], json!("quality_rules type temperature"));
    }
}

#[tokio::test]
async fn thresholds_that_make_no_sense_are_refused() {
    let world = World::with(with_file()).await;
    world.declare(vec![thermometer("a")]).await;
    let key = steward(&world, |_| ()).await;
    for (arguments, argument) in [
        ("rules: { gapFactor: 0.5 }", "rules.gapFactor"),
        (
            "rules: { thresholds: { coverage: { warnBelow: 2 } } }",
            "rules.thresholds.coverage.warnBelow",
        ),
        (
            "rules: { gross: { suspectMin: 2, suspectMax: 1 } }",
            "rules.gross.suspectMax",
        ),
        ("rules: { gross: { enabled: true } }", "rules.gross.enabled"),
        ("rules: { flat: { suspectCount: 0 } }", "rules.flat.suspectCount"),
        (
            "type: \"flow\", rules: { rate: { suspectPerSecond: 2, failPerSecond: 1 } }",
            "rules.rate.failPerSecond",
        ),
        // Sound for everything else, and not for the type of which the file says the other half.
        (
            "rules: { spike: { suspect: 8 } }, type: \"temperature\"",
            "rules.spike.fail",
        ),
        ("type: \"\", rules: { gapFactor: 2 }", "type"),
        ("type: \"flow\", sensor: \"a\", rules: { gapFactor: 2 }", "sensor"),
    ] {
        let error = refused(
            &world,
            &key,
            &format!("mutation {{ setQualityRules({arguments}) {{ version }} }}"),
        )
        .await;
        assert_eq!(
            (&error["code"], &error["argument"]),
            (&json!("INVALID_ARGUMENT"), &json!(argument)),
            "{arguments} {error}"
        );
    }
    let error = refused(
        &world,
        &key,
        "mutation { setQualityRules(sensor: \"x\", rules: {}) { version } }",
    )
    .await;
    assert_eq!(error["code"], json!("NOT_FOUND"));
    let reader = world.key(|_| ()).await;
    let error = refused(
        &world,
        &reader,
        "mutation { setQualityRules(rules: { gapFactor: 2 }) { version } }",
    )
    .await;
    assert_eq!(error["code"], json!("FORBIDDEN"));
    assert_eq!(changes(&world, &key).await.len(), 0);
}
