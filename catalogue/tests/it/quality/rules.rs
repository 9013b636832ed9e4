//! Rules, read from a file and merged.

use catalogue::Annotations;
use catalogue::quality::{BadRules, RuleSet, RuleSetError, Rules, SpikeMethod};
use uuid::Uuid;

const FILE: &str = r#"
[default]
late_after_seconds = 120

[default.thresholds.completeness]
warn_below = 0.95

[by_type.temperature.spike]
suspect = 2
fail = 5.5

[by_type.temperature.flat]
tolerance = 0.1

[by_type.switch.flat]
enabled = false

[by_sensor."Boiler 1".spike]
method = "differential"
fail = 4

[by_sensor."0190".rate]
suspect_per_second = 0.5
"#;

#[test]
fn a_sensor_has_its_own_rules_over_those_of_its_type_over_the_defaults() {
    let set = RuleSet::from_toml(FILE).unwrap();
    let plain = set.rules(None, &["another"]).unwrap();
    assert_eq!(plain.late_after_seconds, 120.0);
    assert_eq!(plain.thresholds.completeness.warn_below, 0.95);
    assert_eq!(plain.thresholds.completeness.fail_below, 0.9);
    assert_eq!((plain.spike, plain.gap_factor), (None, 1.5));
    let flat = plain.flat.unwrap();
    assert_eq!((flat.tolerance, flat.suspect_count, flat.fail_count), (0.0, 3, 5));

    let temperature = set.rules(Some("temperature"), &["another"]).unwrap();
    let spike = temperature.spike.unwrap();
    assert_eq!(
        (spike.method, spike.suspect, spike.fail),
        (SpikeMethod::Average, Some(2.0), Some(5.5))
    );
    assert_eq!(temperature.flat.unwrap().tolerance, 0.1);
    assert_eq!(temperature.late_after_seconds, 120.0);

    // Both of its names have rules.
    let boiler = set.rules(Some("temperature"), &["Boiler 1", "0190"]).unwrap();
    let spike = boiler.spike.unwrap();
    assert_eq!(
        (spike.method, spike.suspect, spike.fail),
        (SpikeMethod::Differential, Some(2.0), Some(4.0))
    );
    assert_eq!(boiler.rate.unwrap().suspect_per_second, Some(0.5));
    assert_eq!(set.rules(Some("switch"), &[]).unwrap().flat, None);
    assert_ne!(boiler.version(), temperature.version());
}

#[test]
fn nothing_said_means_the_defaults() {
    let set = RuleSet::from_toml("").unwrap();
    assert_eq!(set, RuleSet::default());
    assert_eq!(set.rules(Some("temperature"), &["x"]).unwrap(), Rules::default());
}

/// What is said of a file, with what it was caused by.
fn refusal(file: &str) -> String {
    match RuleSet::from_toml(file).unwrap_err() {
        RuleSetError::Rules(BadRules(bad)) => {
            let said: Vec<_> = bad.iter().map(ToString::to_string).collect();
            said.join("; ")
        }
        RuleSetError::Toml(error) => error.to_string(),
    }
}

#[test]
fn what_makes_no_sense_is_refused_with_what_would() {
    for (file, said) in [
        (
            "[default]\ngap_factor = 0.5",
            "default.gap_factor is 0.5, and must be from 1 to 1000",
        ),
        (
            "[default]\nlate_after_seconds = -1",
            "default.late_after_seconds is -1, and must be from 0 to 316224000",
        ),
        (
            "[default]\nclock_lead_seconds = nan",
            "default.clock_lead_seconds is NaN, and must be from 0 to 316224000",
        ),
        (
            "[default.spike]\nsuspect = 5\nfail = 2",
            "default.spike.fail is 2, and must be at least spike.suspect, 5",
        ),
        (
            "[default.spike]\nsuspect = inf",
            "default.spike.suspect is inf, and must be finite and at least 0",
        ),
        (
            "[by_type.t.rate]\nfail_per_second = -2",
            "by_type.t.rate.fail_per_second is -2, and must be finite and at least 0",
        ),
        (
            "[by_sensor.s.gross]\nsuspect_min = 5\nsuspect_max = 4",
            "by_sensor.s.gross.suspect_max is 4, and must be at least gross.suspect_min, 5",
        ),
        (
            "[default.gross]\nsuspect_min = -inf",
            "default.gross.suspect_min is -inf, and must be a finite number",
        ),
        (
            "[default.flat]\nsuspect_count = 0",
            "default.flat.suspect_count is 0, and must be from 1 to 10000",
        ),
        (
            "[default.flat]\nfail_count = 2",
            "default.flat.fail_count is 2, and must be from flat.suspect_count, 3, to 10000",
        ),
        (
            "[default.flat]\nfail_count = 10001",
            "default.flat.fail_count is 10001, and must be from flat.suspect_count, 3, to 10000",
        ),
        (
            "[default.rate]\nenabled = true",
            "default.rate.enabled is true, and must be left out, or said together with rate.suspect_per_second or \
             rate.fail_per_second",
        ),
        (
            "[default.thresholds.validity]\nwarn_below = 1.5",
            "default.thresholds.validity.warn_below is 1.5, and must be from 0 to 1",
        ),
        (
            "[default.thresholds.validity]\nwarn_below = 0.5\nfail_below = 0.6",
            "default.thresholds.validity.fail_below is 0.6, and must be at most thresholds.validity.warn_below, 0.5",
        ),
        (
            // All of it is told at once.
            "[by_type.a]\ngap_factor = 0\n[by_type.b]\ngap_factor = 2000",
            "by_type.a.gap_factor is 0, and must be from 1 to 1000; by_type.b.gap_factor is 2000, and must be from 1 to \
             1000",
        ),
    ] {
        assert_eq!(refusal(file), said, "{file}");
    }
}

#[test]
fn unknown_names_and_wrong_kinds_are_refused_with_their_line() {
    let unknown = refusal("[default]\nspikes = 3");
    assert!(
        unknown.contains("line 2") && unknown.contains("unknown field `spikes`"),
        "{unknown}"
    );
    assert!(unknown.contains("`spike`"), "{unknown}");
    let method = refusal("[default.spike]\nmethod = \"median\"");
    assert!(
        method.contains("`average`") && method.contains("`differential`"),
        "{method}"
    );
    let kind = refusal("[default.flat]\nfail_count = \"five\"");
    assert!(kind.contains("line 2") && kind.contains("invalid type"), "{kind}");
}

#[test]
fn a_sensor_that_contradicts_its_type_is_refused_when_asked_for() {
    let set = RuleSet::from_toml("[by_type.t.spike]\nsuspect = 9\n[by_sensor.s.spike]\nfail = 3").unwrap();
    assert!(set.rules(None, &["s"]).is_ok());
    let error = set.rules(Some("t"), &["s"]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "by_sensor.s.spike.fail is 3, and must be at least spike.suspect, 9"
    );
}

#[test]
fn a_bound_below_a_default_takes_the_other_along() {
    let set = RuleSet::from_toml(
        "[default.thresholds.coverage]\nwarn_below = 0.5\n[default.flat]\nsuspect_count = 20",
    );
    let rules = set.unwrap().rules(None, &[]).unwrap();
    let coverage = rules.thresholds.coverage;
    assert_eq!((coverage.warn_below, coverage.fail_below), (0.5, 0.5));
    assert_eq!(rules.flat.unwrap().fail_count, 20);
}

#[test]
fn rules_survive_being_kept_as_json() {
    let set = RuleSet::from_toml(FILE).unwrap();
    let kept = serde_json::to_string(&set).unwrap();
    assert_eq!(serde_json::from_str::<RuleSet>(&kept).unwrap(), set);
}

/// What Fieldbook begins with, for people to copy.
const BEGINNING: &str = include_str!("../../../catalogue.toml");

#[test]
fn the_file_to_begin_with_says_the_defaults_and_all_of_them() {
    let set = Annotations::default().rules().clone();
    assert_eq!(
        set.rules(Some("temperature"), &["any"]).unwrap(),
        Rules::default()
    );
    let mut said = serde_json::to_value(&set).unwrap();
    assert_eq!(
        (&said["by_type"], &said["by_sensor"]),
        (&serde_json::json!({}), &serde_json::json!({}))
    );
    let default = said["default"].as_object_mut().unwrap();
    for in_a_unit in ["gross", "spike", "rate"] {
        let rules = default.remove(in_a_unit).unwrap();
        assert!(
            rules
                .as_object()
                .unwrap()
                .values()
                .all(serde_json::Value::is_null),
            "{rules}"
        );
    }
    default["flat"].as_object_mut().unwrap().remove("enabled");
    assert!(!said.to_string().contains("null"), "{said}");
}

#[test]
fn the_examples_in_that_file_are_rules() {
    let is_example = |line: &str| line.starts_with('#') && !line.starts_with("# ") && line.len() > 1;
    let text: Vec<&str> = BEGINNING
        .lines()
        .map(|line| if is_example(line) { &line[1..] } else { line })
        .collect();
    let set = Annotations::parse(&text.join("\n")).unwrap().rules().clone();
    let temperature = set
        .of_sensor(Some("temperature"), "plant", "any", Uuid::nil())
        .unwrap();
    assert!(temperature.gross.is_some() && temperature.spike.is_some() && temperature.rate.is_some());
    assert_eq!(
        set.of_sensor(Some("setpoint"), "plant", "any", Uuid::nil())
            .unwrap()
            .flat,
        None
    );
    let tolerance = |source| {
        let rules = set
            .of_sensor(None, source, "Boiler pressure", Uuid::nil())
            .unwrap();
        rules.flat.unwrap().tolerance
    };
    assert_eq!((tolerance("plant"), tolerance("elsewhere")), (0.01, 0.0));
}

#[test]
fn a_sensor_of_a_source_is_over_its_name_in_any() {
    let set =
        RuleSet::from_toml("[by_sensor.a]\ngap_factor = 2\n[by_sensor.\"plant/a\"]\ngap_factor = 3").unwrap();
    let factor = |source, name| set.of_sensor(None, source, name, Uuid::nil()).unwrap().gap_factor;
    assert_eq!(
        (factor("plant", "a"), factor("hall", "a"), factor("plant", "b")),
        (3.0, 2.0, 1.5)
    );
}
