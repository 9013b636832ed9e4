//! Every kind of payload gets its reading or its reason.

use proptest::prelude::*;

use super::*;

fn received_at() -> DateTime<Utc> {
    time::parse("2026-11-23T10:00:01Z").expect("a time")
}

fn code(payload: impl AsRef<[u8]>) -> &'static str {
    match decode(payload.as_ref(), received_at(), &Bounds::default()) {
        Ok(decoded) => panic!("decoded: {decoded:?}"),
        Err(Rejected { why, .. }) => {
            assert!(why.to_string().len() > 20, "a sentence: {why}");
            why.code()
        }
    }
}

#[test]
fn the_plain_message_is_a_reading() {
    let payload = br#"{"id": "Sensor 1", "dt": "2026-11-23T10:00:00.123456", "value": 17}"#;
    let decoded = decode(payload, received_at(), &Bounds::default()).expect("a reading");
    assert_eq!(decoded.sensor, "Sensor 1");
    assert_eq!(decoded.time.timestamp_micros(), 1_795_428_000_123_456);
    assert!((decoded.value - 17.0).abs() < f64::EPSILON);
}

#[test]
fn numbers_in_every_writing_and_names_in_every_script_are_read() {
    for (text, expected) in [
        ("17", 17.0),
        ("-0.5", -0.5),
        ("1e3", 1000.0),
        ("2.5E-3", 0.0025),
        ("9007199254740993", 9_007_199_254_740_992.0),
    ] {
        let payload =
            format!(r#"{{"dt":"2026-11-23T10:00:00","value":{text},"id":"Zähler \u00e9 温度","more":[1]}}"#);
        let decoded = decode(payload.as_bytes(), received_at(), &Bounds::default()).expect("a reading");
        assert_eq!(decoded.value.to_bits(), f64::to_bits(expected), "{text}");
        assert_eq!(decoded.sensor, "Zähler é 温度");
    }
}

#[test]
fn each_bad_payload_has_its_own_reason() {
    let reading = |id: &str, dt: &str, value: &str| format!(r#"{{"id":{id},"dt":{dt},"value":{value}}}"#);
    let now = r#""2026-11-23T10:00:00""#;
    assert_eq!(code(""), "empty");
    assert_eq!(code("hello"), "not_json");
    assert_eq!(code("{\"id\": \"a\""), "not_json");
    assert_eq!(code("[1, 2]"), "wrong_shape");
    assert_eq!(code("17"), "wrong_shape");
    assert_eq!(code([0x7b, 0xff, 0x7d]), "not_utf8");
    assert_eq!(code(vec![b' '; 1 << 20]), "too_large");
    assert_eq!(code(r#"{"temperature": 17}"#), "sensor_missing");
    assert_eq!(code(reading("5", now, "1")), "sensor_not_text");
    assert_eq!(code(reading("\"\"", now, "1")), "sensor_empty");
    assert_eq!(code(reading("\"  \"", now, "1")), "sensor_empty");
    assert_eq!(code(reading("\"a\\u0000b\"", now, "1")), "sensor_invalid");
    assert_eq!(
        code(reading(&format!("\"{}\"", "x".repeat(513)), now, "1")),
        "sensor_too_long"
    );
    assert_eq!(code(r#"{"id": "a", "value": 1}"#), "time_missing");
    assert_eq!(code(reading("\"a\"", "1763892000", "1")), "time_not_text");
    assert_eq!(code(reading("\"a\"", "\"yesterday\"", "1")), "time_malformed");
    assert_eq!(
        code(reading("\"a\"", "\"1970-01-01T00:00:00\"", "1")),
        "time_too_old"
    );
    assert_eq!(
        code(reading("\"a\"", "\"2199-01-01T00:00:00\"", "1")),
        "time_too_new"
    );
    assert_eq!(
        code(reading("\"a\"", "\"2026-11-23T11:00:01.000001Z\"", "1")),
        "time_too_new"
    );
    assert_eq!(code(format!(r#"{{"id":"a","dt":{now}}}"#)), "value_missing");
    for value in ["null", "\"17\"", "true", "[1]"] {
        assert_eq!(code(reading("\"a\"", now, value)), "value_not_number", "{value}");
    }
    for value in ["NaN", "Infinity", "1e999", "-1e999"] {
        assert_eq!(code(reading("\"a\"", now, value)), "not_json", "{value}");
    }
    assert_eq!(
        code(format!(r#"{{"id":"a","id":"b","dt":{now},"value":1}}"#)),
        "wrong_shape"
    );
}

#[test]
fn an_array_in_the_members_order_is_no_object() {
    // The parser's shape would take it.
    assert_eq!(code(r#" ["a", "2026-11-23T10:00:00", 1]"#), "wrong_shape");
}

#[test]
fn a_reason_is_short_however_long_the_payload_is() {
    let long = "\\u0000".repeat(9_000);
    for payload in [
        format!(r#"{{"id":"a","dt":"b","value":"{long}","value":1}}"#),
        format!(r#"{{"id":"{long}","dt":"{long}","value":1}}"#),
        format!(r#"{{"id":"a","dt":"{long}","value":1}}"#),
        format!(r#"{{"{long}":"#),
    ] {
        let rejected = decode(payload.as_bytes(), received_at(), &Bounds::default()).expect_err("no reading");
        let reason = rejected.why.to_string();
        assert!(reason.len() < 1000 && !reason.contains('\0'), "{reason}");
    }
}

#[test]
fn deep_brackets_and_long_numbers_are_no_burden() {
    let now = "2026-11-23T10:00:00";
    // What is not read is passed over, however deep; what is looked at for its reason has an end.
    let deep = "[".repeat(20_000);
    let shut = "]".repeat(20_000);
    let payload = format!(r#"{{"id":"a","dt":"{now}","value":1,"more":{deep}{shut}}}"#);
    assert!(decode(payload.as_bytes(), received_at(), &Bounds::default()).is_ok());
    assert_eq!(code(deep), "not_json");
    let digits = "1".repeat(60_000);
    for (number, read) in [
        (format!("0.{digits}"), true),
        (format!("{digits}e-60000"), true),
        (format!("1e-{digits}"), true),
        (digits.clone(), false),
        (format!("1e{digits}"), false),
    ] {
        let payload = format!(r#"{{"id":"a","dt":"{now}","value":{number}}}"#);
        let decoded = decode(payload.as_bytes(), received_at(), &Bounds::default());
        assert_eq!(decoded.is_ok(), read, "{}…", &number[..9]);
    }
}

#[test]
fn half_a_pair_of_surrogates_is_no_text() {
    assert_eq!(
        code(r#"{"id":"\ud83d","dt":"2026-11-23T10:00:00","value":1}"#),
        "not_json"
    );
    // In a member that is not read it does no harm: the raw message keeps it.
    let payload = br#"{"id":"a","dt":"2026-11-23T10:00:00","value":1,"more":["\ud83d",1e999]}"#;
    assert!(decode(payload, received_at(), &Bounds::default()).is_ok());
}

#[test]
fn the_bounds_of_time_themselves_are_accepted() {
    for dt in ["2026-11-23T11:00:01Z", "2016-11-22T10:00:01Z"] {
        let payload = format!(r#"{{"id":"a","dt":"{dt}","value":1}}"#);
        assert!(
            decode(payload.as_bytes(), received_at(), &Bounds::default()).is_ok(),
            "{dt}"
        );
    }
}

#[test]
fn a_rejection_names_the_sensor_where_it_can() {
    let payload = br#"{"id": "Sensor 1", "dt": "1970-01-01T00:00:00", "value": 17}"#;
    let rejected = decode(payload, received_at(), &Bounds::default()).expect_err("too old");
    assert_eq!(rejected.sensor.as_deref(), Some("Sensor 1"));
    let sensor_of = |payload: &str| {
        let rejected = decode(payload.as_bytes(), received_at(), &Bounds::default());
        rejected.expect_err("no reading").sensor
    };
    for payload in [
        r#"{"id": "Sensor 1", "dt": "2026-11-23T10:00:00", "value": "17"}"#,
        r#"{"id": "Sensor 1", "dt": "2026-11-23T10:00:00"}"#,
        r#"{"id": "Sensor 1", "dt": 17, "value": 17}"#,
        r#"{"id": "Sensor 1", "value": null}"#,
    ] {
        assert_eq!(sensor_of(payload).as_deref(), Some("Sensor 1"), "{payload}");
    }
    for payload in [
        r#"{"id": " ", "value": 1}"#,
        r#"{"id": 1, "value": 1}"#,
        r#"{"value": 1}"#,
        "17",
    ] {
        assert_eq!(sensor_of(payload), None, "{payload}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_a_reading_or_a_reason(payload: Vec<u8>) {
        let _ = decode(&payload, received_at(), &Bounds::default());
    }

    /// What is accepted is what an ordinary parser reads in an object, within the bounds.
    #[test]
    fn any_damaged_payload_is_refused_in_a_sentence_or_reads_as_json_says(
        name in "\\PC{0,9}", more in "\\PC{0,9}", value in any::<f64>(), secs in 0_u32..7200,
        edits in prop::collection::vec((any::<prop::sample::Index>(), prop_oneof![any::<u8>(), prop::sample::select(b"{}[]\"\\,:0 -.eEZ".to_vec())]), 0..3),
        cut in prop::option::weighted(0.1, any::<prop::sample::Index>()),
    ) {
        let dt = (received_at() - TimeDelta::seconds(secs.into())).to_rfc3339();
        let mut payload = serde_json::json!({"id": name, "dt": dt, "value": value, "more": more}).to_string().into_bytes();
        for (at, byte) in edits {
            let at = at.index(payload.len());
            payload[at] = byte;
        }
        if let Some(cut) = cut {
            payload.truncate(cut.index(payload.len()));
        }
        match decode(&payload, received_at(), &Bounds::default()) {
            Err(rejected) => prop_assert!((20..1000).contains(&rejected.why.to_string().len())),
            Ok(decoded) => {
                // A member that is not read need not be a text that can be held: only these three are looked at.
                let json: std::collections::BTreeMap<String, &serde_json::value::RawValue> =
                    serde_json::from_slice(&payload).expect("an object");
                let json = |name: &str| -> Value { serde_json::from_str(json[name].get()).expect("a value") };
                let (id, dt, value) = (json("id"), json("dt"), json("value"));
                prop_assert_eq!(id.as_str(), Some(&*decoded.sensor));
                prop_assert_eq!(value.as_f64().map(f64::to_bits), Some(decoded.value.to_bits()));
                prop_assert_eq!(dt.as_str().and_then(time::parse), Some(decoded.time));
                prop_assert!(decoded.value.is_finite() && !decoded.sensor.trim().is_empty());
                prop_assert!(!decoded.sensor.contains('\0'));
                prop_assert!(decoded.sensor.len() <= SENSOR_NAME_BYTES_MAX);
            }
        }
    }

    #[test]
    fn any_number_comes_back_exactly(value in proptest::num::f64::NORMAL | proptest::num::f64::ZERO | proptest::num::f64::SUBNORMAL) {
        let payload = serde_json::json!({"id": "a", "dt": "2026-11-23T10:00:00", "value": value}).to_string();
        let decoded = decode(payload.as_bytes(), received_at(), &Bounds::default()).expect("a reading");
        prop_assert_eq!(decoded.value.to_bits(), value.to_bits());
    }
}
