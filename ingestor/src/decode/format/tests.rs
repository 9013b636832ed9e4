//! Described formats: what devices send, each way of being wrong, and any payload held against an ordinary parser.

use chrono::TimeDelta;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::decode::time;

fn received_at() -> DateTime<Utc> {
    time::parse("2026-11-23T10:00:01Z").expect("a time")
}

#[track_caller]
fn spec(spec: Value) -> FormatSpec {
    serde_json::from_value(spec).expect("a format's description")
}

#[track_caller]
fn format(description: Value) -> Format {
    Format::described(&spec(description)).expect("a format")
}

fn message<'a>(topic: &'a str, payload: &'a [u8]) -> Message<'a> {
    Message {
        topic: topic.as_bytes(),
        payload,
        retain: false,
        received_at: received_at(),
    }
}

/// Each reading as a line: its number, sensor, time behind the receipt in milliseconds, and value, or the word for its trouble.
#[track_caller]
fn lines(format: &Format, topic: &str, payload: &str) -> Vec<String> {
    let line = |item: i16, said: Result<Decoded<'_>, Rejected>| match said {
        Ok(Decoded { sensor, time, value }) => {
            format!(
                "{item} {sensor} {} {value}",
                (time - received_at()).num_milliseconds()
            )
        }
        Err(rejected) => format!(
            "{item} {} {:?}",
            rejected.why.code(),
            rejected.sensor.unwrap_or_default()
        ),
    };
    match format.read(&message(topic, payload.as_bytes()), &Bounds::default()) {
        Ok(Readings::One(decoded)) => vec![line(0, Ok(decoded))],
        Ok(Readings::Several(parts)) => {
            assert!(parts.iter().any(|part| part.said.is_ok()), "at least one is used");
            parts.into_iter().map(|part| line(part.item, part.said)).collect()
        }
        Err(rejected) => vec![line(-1, Err(rejected))],
    }
}

fn sentence(format: &Format, topic: &str, payload: &str) -> String {
    let read = format.read(&message(topic, payload.as_bytes()), &Bounds::default());
    read.expect_err("it is refused").why.to_string()
}

#[test]
fn a_plain_format_described_reads_what_the_plain_one_reads() {
    let described = format(json!({"sensor": "{/id}", "time": "/dt", "values": [{"at": "/value"}]}));
    let payload = r#"{"id": "Sensor 1", "dt": "2026-11-23T10:00:00.123456", "value": 17}"#;
    let message = message("sensors", payload.as_bytes());
    let bounds = Bounds::default();
    assert_eq!(
        described.read(&message, &bounds),
        Format::Plain.read(&message, &bounds)
    );
}

#[test]
fn nested_values_have_sensors_of_their_own() {
    let format = format(json!({
        "sensor": "{topic:2}", "time": "/Time",
        "values": [
            {"at": "/ENERGY/Power", "sensor": "{topic:2} power"},
            {"at": "/ENERGY/Voltage/1", "sensor": "{topic:2} voltage {/Id}", "optional": true},
            {"at": "/POWER", "sensor": "{topic:2} on", "optional": true, "booleans": true, "words": {"ON": 1, "OFF": 0}},
        ],
    }));
    let payload =
        r#"{"Time":"2026-11-23T10:00:00","Id":7,"ENERGY":{"Power":12.5,"Voltage":[1,230]},"POWER":"OFF"}"#;
    assert_eq!(
        lines(&format, "tele/plug/SENSOR", payload),
        [
            "1 plug power -1000 12.5",
            "2 plug voltage 7 -1000 230",
            "3 plug on -1000 0"
        ]
    );
    let payload = r#"{"POWER":true,"Time":"2026-11-23T10:00:00","ENERGY":{"Power":"many","Voltage":null}}"#;
    assert_eq!(
        lines(&format, "tele/plug/SENSOR", payload),
        ["1 value_not_number \"plug power\"", "3 plug on -1000 1"]
    );
    // Not one of its values can be used.
    assert_eq!(
        lines(&format, "tele/plug/SENSOR", r#"{"Time":"2026-11-23T10:00:00"}"#),
        ["-1 value_missing \"plug power\""]
    );
}

#[test]
fn an_array_is_many_readings_with_what_the_message_says_of_all() {
    let format = format(json!({
        "records": "/readings", "sensor": "{message:/device}/{/n}", "time": "/t", "time_format": "epoch_ms",
        "values": [{"at": "/v"}, {"at": "/w", "sensor": "{message:/device}/{/n} w", "optional": true}],
    }));
    let before = r#"{"readings":[{"n":"a","t":1795428000500,"v":1},{"n":"b","t":1795428000999,"v":2.5,"w":0}],"device":"x"}"#;
    assert_eq!(
        lines(&format, "a", before),
        ["1 x/a -500 1", "3 x/b -1 2.5", "4 x/b w -1 0"]
    );
    // A reading that is wrong does not hold back the others.
    let mixed = r#"{"device":"x","readings":[{"n":"a","t":1,"v":1},7,{"n":"b","t":1795428001000,"v":2}]}"#;
    assert_eq!(
        lines(&format, "a", mixed),
        ["1 time_too_old \"x/a\"", "3 sensor_missing \"\"", "5 x/b 0 2"]
    );
    for (payload, code) in [
        (r#"{"device":"x"}"#, "wrong_shape"),
        (r#"{"device":"x","readings":[]}"#, "wrong_shape"),
        (r#"{"device":"x","readings":{"n":"a"}}"#, "wrong_shape"),
        (
            r#"{"device":"x","readings":[{"n":"a","n":"a","t":1795428000500,"v":1}]}"#,
            "wrong_shape",
        ),
        (
            r#"{"device":"x","readings":[{"n":"a","t":1795428000500,"v":1}"#,
            "not_json",
        ),
        (
            r#"{"device":"x","readings":[{"n":"a","t":1795428000500,"v":1}]} x"#,
            "not_json",
        ),
    ] {
        assert_eq!(
            lines(&format, "a", payload),
            [format!("-1 {code} \"\"")],
            "{payload}"
        );
    }
    let element = r#"{"n":"a","t":1795428000500,"v":1},"#;
    let many = |count: usize| format!(r#"{{"device":"x","readings":[{}7]}}"#, element.repeat(count - 1));
    assert_eq!(lines(&format, "a", &many(500)).len(), 500);
    assert_eq!(lines(&format, "a", &many(501)), ["-1 too_many_readings \"\""]);
}

#[test]
fn a_bare_number_takes_its_sensor_from_the_topic_and_its_time_from_its_receipt() {
    let format = format(
        json!({"sensor": "{topic:2}/{topic:3}", "time": "receipt", "values": [{"at": "", "booleans": true}]}),
    );
    assert_eq!(
        lines(&format, "plant/boiler/pressure", " 4.02\n"),
        ["0 boiler/pressure 0 4.02"]
    );
    assert_eq!(
        lines(&format, "plant/boiler/pressure", "true"),
        ["0 boiler/pressure 0 1"]
    );
    assert_eq!(lines(&format, "plant/boiler", "4"), ["-1 sensor_missing \"\""]);
    assert_eq!(lines(&format, "plant/boiler/", "4"), ["-1 sensor_empty \"\""]);
    assert_eq!(lines(&format, "plant/boiler/x", ""), ["-1 empty \"\""]);
    assert_eq!(
        lines(&format, "plant/boiler/x", "{}"),
        ["-1 value_not_number \"boiler/x\""]
    );
    // What the broker had kept was measured nobody knows when.
    let kept = Message {
        retain: true,
        ..message("plant/a/b", b"4")
    };
    assert_eq!(
        format
            .read(&kept, &Bounds::default())
            .expect_err("no time")
            .why
            .code(),
        "retained"
    );
}

#[test]
fn a_text_is_a_word_or_a_number() {
    let format = format(json!({
        "payload": "text", "sensor": "{topic}", "time": "topic:3", "time_format": "epoch_s",
        "values": [{"at": "", "words": {"ON": 1, "OFF": 0}}],
    }));
    let at = "stat/a/1795428000";
    assert_eq!(lines(&format, at, "ON\n"), [format!("0 {at} -1000 1")]);
    assert_eq!(lines(&format, at, "-1.5e2"), [format!("0 {at} -1000 -150")]);
    for payload in ["on", "inf", "NaN", "1,5", "{\"a\":1}"] {
        assert_eq!(
            lines(&format, at, payload),
            [format!("-1 value_not_number {at:?}")],
            "{payload}"
        );
    }
    assert_eq!(
        lines(&format, "stat/a/now", "1"),
        ["-1 time_malformed \"stat/a/now\""]
    );
    assert_eq!(lines(&format, "stat/a", "1"), ["-1 time_missing \"stat/a\""]);
}

#[test]
fn a_refusal_says_where_and_what_would_be_right() {
    let format = format(json!({
        "sensor": "{/a~1b}", "time": "/t", "time_format": "epoch_s",
        "values": [{"at": "/v", "booleans": true, "words": {"ON": 1}}],
    }));
    for (payload, parts) in [
        (r#"{"t":1795428000,"v":1}"#, &["missing at /a~1b"][..]),
        (
            r#"{"a/b":[],"t":1795428000,"v":1}"#,
            &["/a~1b is an array", "text"],
        ),
        (
            r#"{"a/b":1.5,"t":1795428000,"v":1}"#,
            &["/a~1b is a number", "whole number"],
        ),
        (r#"{"a/b":"x","v":1}"#, &["the time is missing at /t"]),
        (
            r#"{"a/b":"x","t":"2026-11-23T10:00:00Z","v":1}"#,
            &["at /t", "\"2026-11-23T10:00:00Z\"", "seconds since 1970"],
        ),
        (r#"{"a/b":"x","t":1795428000}"#, &["the value is missing at /v"]),
        (
            r#"{"a/b":"x","t":1795428000,"v":"off"}"#,
            &["/v is the text \"off\"", "true or false", "ON"],
        ),
    ] {
        let sentence = sentence(&format, "a", payload);
        for part in parts {
            assert!(sentence.contains(part), "{payload}: {sentence}");
        }
    }
}

#[test]
fn descriptions_that_make_no_sense_are_refused() {
    let refused = |description: Value| {
        Format::described(&spec(description))
            .expect_err("refused")
            .to_string()
    };
    for (description, part) in [
        (
            json!({"sensor": "a", "time": "receipt", "values": []}),
            "at least one",
        ),
        (json!({"time": "receipt", "values": [{"at": "/a"}]}), "no sensor"),
        (
            json!({"sensor": "a", "time": "receipt", "values": [{"at": "/a"}, {"at": "/b"}]}),
            "same sensor",
        ),
        (
            json!({"payload": "text", "sensor": "a", "time": "receipt", "values": [{"at": "/a"}]}),
            "text",
        ),
        (
            json!({"payload": "text", "records": "", "sensor": "a", "time": "receipt", "values": [{"at": ""}]}),
            "json",
        ),
        (
            json!({"records": "/r", "sensor": "{message:/r/0/n}", "time": "receipt", "values": [{"at": ""}]}),
            "within records",
        ),
        (
            json!({"sensor": "a", "time": "/".repeat(33), "values": [{"at": ""}]}),
            "levels",
        ),
    ] {
        let error = refused(description);
        assert!(error.contains(part), "{error}");
    }
    let wide: Vec<Value> = (0..101)
        .map(|n| json!({"at": format!("/{n}"), "sensor": n.to_string()}))
        .collect();
    assert!(refused(json!({"time": "receipt", "values": wide})).contains("at most 100"));
    for (description, part) in [
        (
            json!({"sensor": "a", "time": "receipt", "values": [{"at": "a"}]}),
            "JSON pointer",
        ),
        (
            json!({"sensor": "{", "time": "receipt", "values": [{"at": ""}]}),
            "brace",
        ),
        (
            json!({"sensor": "a", "time": "now", "values": [{"at": ""}]}),
            "JSON pointer",
        ),
        (
            json!({"sensor": "a", "time": "receipt", "value": []}),
            "unknown field",
        ),
    ] {
        let error = serde_json::from_value::<FormatSpec>(description)
            .expect_err("refused")
            .to_string();
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn what_is_not_asked_for_is_passed_over_however_it_is() {
    let format = format(json!({"sensor": "{/a/id}", "time": "receipt", "values": [{"at": "/a/v"}]}));
    let deep = "[".repeat(10_000) + &"]".repeat(10_000);
    let payload = format!(r#"{{"more":{deep},"a":{{"x":["\ud83d",1e999],"v":1,"id":"s"}},"more":{deep}}}"#);
    assert_eq!(lines(&format, "a", &payload), ["0 s 0 1"]);
    assert_eq!(
        lines(&format, "a", r#"{"a":{"id":"s","v":1e999}}"#),
        ["-1 not_json \"\""]
    );
    assert_eq!(
        lines(&format, "a", r#"{"a":{"id":"\u00e9","v":1},"a":{}}"#),
        ["-1 wrong_shape \"\""]
    );
}

/// What an ordinary parser finds there.
fn found<'v>(document: &'v Value, pointer: &str) -> Option<&'v Value> {
    document.pointer(pointer)
}

fn member() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["a", "b", "0", "1", "", "a/b", "é\"", "~"]).prop_map(str::to_owned)
}

fn document() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        prop::num::f64::NORMAL.prop_map(Value::from),
        "\\PC{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(member(), inner, 0..5)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    /// Each value is what an ordinary parser sees at the pointer, and where there is no reading, there is no number.
    #[test]
    fn any_document_reads_as_its_pointers_say(
        document in document(), paths in prop::collection::vec(prop::collection::vec(member(), 0..4), 1..6),
    ) {
        let pointers: Vec<String> = paths.into_iter().map(|path| place::Pointer(path).to_string()).collect();
        let values: Vec<Value> = pointers.iter().enumerate()
            .map(|(index, pointer)| json!({"at": pointer, "sensor": format!("s{index}"), "optional": true}))
            .collect();
        let format = format(json!({"time": "receipt", "values": values}));
        let payload = document.to_string();
        let read = format.read(&message("t", payload.as_bytes()), &Bounds::default());
        let expected: Vec<(String, f64)> = pointers.iter().enumerate()
            .filter_map(|(index, pointer)| Some((format!("s{index}"), found(&document, pointer)?.as_f64()?)))
            .collect();
        let readings: Vec<(String, f64)> = match read {
            Ok(Readings::One(decoded)) => vec![(decoded.sensor.into_owned(), decoded.value)],
            Ok(Readings::Several(parts)) => parts.into_iter()
                .filter_map(|part| part.said.ok())
                .map(|decoded| (decoded.sensor.into_owned(), decoded.value))
                .collect(),
            Err(_) => Vec::new(),
        };
        prop_assert_eq!(readings, expected, "{}", payload);
    }

    #[test]
    fn any_bytes_are_readings_or_a_short_sentence(topic in "\\PC{0,9}", payload: Vec<u8>, text in "[\\[\\]{}\",:0-9.eE +-]{0,40}|\\PC{0,40}") {
        let formats = [
            format(json!({"sensor": "{topic:1}", "time": "receipt", "values": [{"at": ""}]})),
            format(json!({"payload": "text", "sensor": "{topic}", "time": "receipt", "values": [{"at": ""}]})),
            format(json!({"records": "", "sensor": "{/0}", "time": "/1", "time_format": "epoch_s", "values": [{"at": "/2"}]})),
        ];
        let bounds = Bounds { time_past_max: TimeDelta::MAX, time_future_max: TimeDelta::MAX, ..Bounds::default() };
        for format in &formats {
            for payload in [&payload[..], text.as_bytes()] {
                match format.read(&message(&topic, payload), &bounds) {
                    Err(rejected) => prop_assert!((15..1000).contains(&rejected.why.to_string().len())),
                    Ok(Readings::One(decoded)) => prop_assert!(decoded.value.is_finite() && !decoded.sensor.trim().is_empty()),
                    Ok(Readings::Several(parts)) => prop_assert!(parts.iter().any(|part| part.said.is_ok())),
                }
            }
        }
    }
}
