//! What goes into a line comes out again, whatever its bytes, and nothing that comes in makes the reader panic.

use proptest::prelude::*;

use super::*;

fn line<'a>(topic: &'a [u8], payload: &'a [u8]) -> Line<'a> {
    Line {
        seq: 4711,
        source: "plant",
        topic,
        received_at: clock::parse("2026-11-23T10:00:00.123456Z").unwrap(),
        qos: Qos::AtLeastOnce,
        retain: false,
        dup: true,
        kind: Kind::Message,
        payload,
    }
}

fn written(line: &Line<'_>) -> String {
    let mut out = Vec::new();
    line.write(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn a_line_looks_as_specified() {
    assert_eq!(
        written(&line(b"sensors", br#"{"id": "Sensor 1", "value": 17}"#)),
        concat!(
            r#"{"seq":4711,"source":"plant","topic":"sensors","received_at":"2026-11-23T10:00:00.123456Z","#,
            r#""qos":1,"retain":false,"dup":true,"payload":"{\"id\": \"Sensor 1\", \"value\": 17}"}"#,
            "\n"
        )
    );
}

#[test]
fn bytes_that_are_not_text_become_base64() {
    let text = written(&line(b"\xff", b"\x00\xfe"));
    assert!(text.contains(r#""topic_base64":"/w==""#), "{text}");
    assert!(text.contains(r#""payload_base64":"AP4=""#), "{text}");
}

#[test]
fn a_sensor_list_says_its_kind_and_a_message_none() {
    assert!(!written(&line(b"t", b"p")).contains("kind"));
    let sensors = Line {
        kind: Kind::Sensors,
        ..line(b"", b"{}")
    };
    assert!(written(&sensors).contains(r#""kind":"sensors""#));
    assert_eq!(
        OwnedLine::parse(written(&sensors).as_bytes()).unwrap().kind,
        Kind::Sensors
    );
}

#[test]
fn text_that_escaping_would_make_too_long_becomes_base64() {
    let payload = vec![1; MAX_PAYLOAD_BYTES];
    let mut out = Vec::new();
    line(b"t", &payload).write(&mut out).unwrap();
    assert!(out.len() <= MAX_LINE_BYTES);
    assert_eq!(OwnedLine::parse(&out).unwrap().payload, payload);
}

#[test]
fn a_line_too_long_in_any_form_is_refused_and_leaves_nothing() {
    let mut out = b"before".to_vec();
    let error = line(b"t", &vec![b'x'; MAX_LINE_BYTES])
        .write(&mut out)
        .unwrap_err();
    assert!(matches!(error, LineError::TooLong { .. }), "{error}");
    assert_eq!(out, b"before");
}

#[test]
fn unknown_fields_are_ignored_and_broken_lines_refused_with_a_reason() {
    let good = written(&line(b"t", b"p"));
    assert!(OwnedLine::parse(good.replacen('{', r#"{"later":[1,{"a":2}],"#, 1).as_bytes()).is_ok());
    for (from, to, reason) in [
        (r#""qos":1"#, r#""qos":3"#, "0, 1 or 2"),
        (r#""payload":"p""#, r#""payload":null"#, "payload_base64"),
        (
            r#""payload":"p""#,
            r#""payload":"p","payload_base64":"cA==""#,
            "payload_base64",
        ),
        (r#""payload":"p""#, r#""payload_base64":"c""#, "decode"),
        (r#""payload":"p""#, r#""payload":"p","kind":"weather""#, "kind"),
        ("123456Z", "123456+00:00", "received_at"),
        (r#""dup":true,"#, "", "JSON"),
        ("4711", "-1", "JSON"),
    ] {
        let error = OwnedLine::parse(good.replacen(from, to, 1).as_bytes()).unwrap_err();
        assert!(error.to_string().contains(reason), "{to}: {error}");
    }
    let array = r#"[1,"s","t",null,"2026-11-23T10:00:00.123456Z",0,false,false,null,"p",null]"#;
    assert!(matches!(
        OwnedLine::parse(array.as_bytes()),
        Err(LineError::NotAnObject)
    ));
    let deep = good.replacen('{', &format!("{{\"later\":{},", "[".repeat(100_000)), 1);
    assert!(matches!(
        OwnedLine::parse(deep.as_bytes()),
        Err(LineError::Json { .. })
    ));
}

prop_compose! {
    fn any_line()(
        seq: u64,
        source in "\\PC{0,12}",
        topic in prop_oneof![any::<Vec<u8>>(), "\\PC{0,30}".prop_map(String::into_bytes)],
        micros in -62_167_219_200_000_000_i64..253_402_300_800_000_000,
        qos in 0_u8..3,
        retain: bool,
        dup: bool,
        kind in 0_usize..3,
        payload in prop_oneof![any::<Vec<u8>>(), any::<String>().prop_map(String::into_bytes)],
    ) -> OwnedLine {
        OwnedLine {
            seq,
            source,
            topic,
            received_at: clock::from_microseconds(micros).unwrap(),
            qos: Qos::from_number(qos).unwrap(),
            retain,
            dup,
            kind: [Kind::Message, Kind::Sensors, Kind::Import][kind],
            payload,
        }
    }
}

proptest! {
    #[test]
    fn every_message_comes_back_byte_for_byte_from_one_line(message in any_line()) {
        let mut out = Vec::new();
        message.as_line().write(&mut out).unwrap();
        prop_assert_eq!(out.iter().position(|byte| *byte == b'\n'), Some(out.len() - 1));
        prop_assert_eq!(OwnedLine::parse(&out).unwrap(), message);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
        let _ = OwnedLine::parse(&bytes);
    }

    #[test]
    fn any_damage_to_a_line_is_read_or_refused(message in any_line(), at: prop::sample::Index, byte: u8) {
        let mut out = Vec::new();
        message.as_line().write(&mut out).unwrap();
        let at = at.index(out.len());
        out[at] = byte;
        let _ = OwnedLine::parse(&out);
        let _ = OwnedLine::parse(&out[..at]);
    }
}
