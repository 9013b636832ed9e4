//! A built object is what the format says, and gives every message back.

use super::*;
use crate::frame::Frame;
use crate::line::{Kind, OwnedLine, Qos};

fn message(seq: u64, payload: &[u8]) -> OwnedLine {
    OwnedLine {
        seq,
        source: "plant".to_owned(),
        topic: b"sensors".to_vec(),
        received_at: clock::from_microseconds(1_795_428_000_000_000 + (seq % 1_000_000).cast_signed())
            .unwrap(),
        qos: Qos::AtLeastOnce,
        retain: false,
        dup: false,
        kind: Kind::Message,
        payload: payload.to_vec(),
    }
}

fn build(messages: &[OwnedLine]) -> Object {
    let mut builder = ObjectBuilder::new(Uuid::from_u128(7));
    for message in messages {
        builder.push(&message.as_line()).unwrap();
    }
    builder.finish().unwrap()
}

fn read_back(object: &Object) -> Vec<OwnedLine> {
    let index = Index::parse(object.body()).unwrap();
    assert_eq!(&index, object.index());
    let mut messages = Vec::new();
    for entry in index.frames() {
        let range =
            usize::try_from(entry.range().start).unwrap()..usize::try_from(entry.range().end).unwrap();
        messages.extend(
            Frame::decode(*entry, &object.body()[range])
                .unwrap()
                .messages()
                .unwrap(),
        );
    }
    messages
}

/// Lines of about `size` bytes that don't compress into one another.
fn messages(first_seq: u64, count: u64, size: usize) -> Vec<OwnedLine> {
    (first_seq..first_seq + count)
        .map(|seq| {
            let digits = seq.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_string();
            message(seq, digits.repeat(size / digits.len() + 1).as_bytes())
        })
        .collect()
}

#[test]
fn frames_hold_whole_lines_up_to_their_limit_and_the_index_leads_to_each() {
    let messages = messages(4711, 5000, 600);
    let object = build(&messages);
    assert_eq!(read_back(&object), messages);
    let frames = object.index().frames();
    assert!(frames.len() > 3);
    assert!(
        frames
            .iter()
            .all(|frame| frame.uncompressed_bytes as usize <= FRAME_BYTES)
    );
    let pairs = frames.windows(2);
    assert!(
        pairs
            .map(|pair| pair[0].uncompressed_bytes + pair[1].uncompressed_bytes)
            .all(|sum| sum as usize > FRAME_BYTES)
    );
    for seq in [4711, 4712, 7000, 9710] {
        let frame = object.index().frame_of(seq).unwrap();
        assert!((frame.first_seq..frame.first_seq + u64::from(frame.lines)).contains(&seq));
    }
    assert_eq!(object.index().frame_of(4710), None);
    assert_eq!(object.index().frame_of(9711), None);
}

#[test]
fn a_line_longer_than_a_frame_has_one_of_its_own() {
    let long = "x".repeat(3 * FRAME_BYTES);
    let messages = [
        message(1, b"before"),
        message(2, long.as_bytes()),
        message(3, b"after"),
        message(4, b"last"),
    ];
    let object = build(&messages);
    assert_eq!(read_back(&object), messages);
    let lines: Vec<_> = object.index().frames().iter().map(|frame| frame.lines).collect();
    assert_eq!(lines, [1, 1, 2]);
}

#[test]
fn an_object_built_in_the_memory_of_another_one_is_the_same_and_takes_no_other() {
    let long = build(&messages(1, 5000, 600));
    let place = long.body().as_ptr();
    let second = messages(5001, 100, 600);
    let reader = long.clone();
    assert!(long.into_memory().is_empty(), "it is still read");
    let mut builder = ObjectBuilder::new(Uuid::from_u128(7)).with_memory(reader.into_memory());
    for message in &second {
        builder.push(&message.as_line()).unwrap();
    }
    let object = builder.finish().unwrap();
    assert_eq!(object, build(&second));
    assert_eq!(object.body().as_ptr(), place);
}

#[test]
fn a_standard_decoder_reads_the_whole_object_as_lines() {
    let messages = messages(1, 3000, 500);
    let object = build(&messages);
    let lines = zstd::decode_all(object.body().as_ref()).unwrap();
    assert_eq!(lines.len() as u64, object.facts().uncompressed_bytes);
    assert_eq!(<[u8; 32]>::from(Sha256::digest(&lines)), object.facts().sha256);
    let read: Vec<_> = lines
        .split_inclusive(|byte| *byte == b'\n')
        .map(|line| OwnedLine::parse(line).unwrap())
        .collect();
    assert_eq!(read, messages);
}

#[test]
fn facts_know_the_earliest_and_the_latest_receipt_of_a_clock_that_stepped_back() {
    let mut messages = [message(10, b"a"), message(11, b"b"), message(12, b"c")];
    messages[1].received_at -= chrono::TimeDelta::hours(1);
    let object = build(&messages);
    let facts = object.facts();
    assert_eq!((facts.first_seq, facts.last_seq(), facts.count), (10, 12, 3));
    assert_eq!(facts.first_received_at, messages[0].received_at);
    assert_eq!(facts.min_received_at, messages[1].received_at);
    assert_eq!(facts.max_received_at, messages[2].received_at);
    assert_eq!(facts.object_bytes, object.body().len() as u64);
    assert_eq!(
        object.key().to_string(),
        "raw/dt=2026-11-23/hour=10/00000000-0000-0000-0000-000000000007-00000000000000000010-3.jsonl.zst"
    );
}

#[test]
fn a_gap_a_repetition_and_an_unwritable_message_are_refused_and_change_nothing() {
    let mut builder = ObjectBuilder::new(Uuid::from_u128(7));
    builder.push(&message(5, b"a").as_line()).unwrap();
    for seq in [5, 7, 4, 0, u64::MAX] {
        let error = builder.push(&message(seq, b"b").as_line()).unwrap_err();
        assert!(
            matches!(
                error,
                BuildError::Gap {
                    expected: Some(6),
                    ..
                }
            ),
            "{error}"
        );
    }
    let unwritable = OwnedLine {
        received_at: DateTime::<Utc>::MAX_UTC,
        ..message(6, b"c")
    };
    assert!(matches!(
        builder.push(&unwritable.as_line()),
        Err(BuildError::Line { seq: 6, .. })
    ));
    builder.push(&message(6, b"d").as_line()).unwrap();
    assert_eq!(
        builder.finish().unwrap(),
        build(&[message(5, b"a"), message(6, b"d")])
    );
}

#[test]
fn the_greatest_position_is_the_last() {
    let object = build(&[message(u64::MAX, b"a")].map(|message| OwnedLine {
        received_at: clock::from_microseconds(0).unwrap(),
        ..message
    }));
    assert_eq!(read_back(&object).len(), 1);
    let mut builder = ObjectBuilder::new(Uuid::from_u128(7));
    let last = OwnedLine {
        received_at: clock::from_microseconds(0).unwrap(),
        ..message(0, b"a")
    };
    builder
        .push(&Line {
            seq: u64::MAX,
            ..last.as_line()
        })
        .unwrap();
    assert!(matches!(
        builder.push(&last.as_line()),
        Err(BuildError::Gap { expected: None, .. })
    ));
}

#[test]
fn an_object_of_nothing_is_refused() {
    assert!(matches!(
        ObjectBuilder::new(Uuid::nil()).finish(),
        Err(BuildError::Empty)
    ));
}
