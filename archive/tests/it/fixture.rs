//! The released format stays readable: an object of each version lies in `tests/fixtures/`.

use archive::{Frame, Index, ObjectFacts, OwnedLine};

use crate::server::{messages, object};

const V1: &[u8] = include_bytes!("../fixtures/v1.jsonl.zst");

fn read(object: &[u8]) -> (ObjectFacts, Vec<OwnedLine>) {
    let index = Index::parse(object).unwrap();
    let frames = index.frames().iter().flat_map(|entry| {
        let [start, end] = [entry.range().start, entry.range().end].map(|at| usize::try_from(at).unwrap());
        Frame::decode(*entry, &object[start..end])
            .unwrap()
            .messages()
            .unwrap()
    });
    (index.facts().clone(), frames.collect())
}

#[test]
fn an_object_of_version_1_is_read() {
    let (facts, read) = read(V1);
    assert_eq!(
        facts.key().to_string(),
        "raw/dt=2026-11-23/hour=10/00000000-0000-0000-0000-000000000001-00000000000000004711-40.jsonl.zst"
    );
    assert_eq!(facts.object_bytes, V1.len() as u64);
    assert_eq!(read, messages(4711, 40));
}

#[test]
fn the_same_messages_still_make_the_same_lines() {
    let today = object(1, &messages(4711, 40));
    assert!(today.facts().same_content(Index::parse(V1).unwrap().facts()));
    assert_eq!(
        zstd::decode_all(today.body().as_ref()).unwrap(),
        zstd::decode_all(V1).unwrap()
    );
}
