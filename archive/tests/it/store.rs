//! Writing once and reading back, with a server that does as it should.

use archive::{Config, Kind, Object, OwnedLine, SegmentKey, SensorList, Store, StoreError};
use bytes::Bytes;
use chrono::NaiveDate;
use uuid::Uuid;

use crate::server::{Server, messages, object};

/// Several frames, of lines that can't be guessed from one another.
fn large_object() -> (Vec<OwnedLine>, Object) {
    let mut messages = messages(100, 400);
    for message in &mut messages {
        message.payload = (0..3000_u32)
            .flat_map(|at| {
                at.wrapping_mul(2_654_435_761)
                    .wrapping_add(u32::try_from(message.seq).unwrap())
                    .to_le_bytes()
            })
            .collect();
    }
    let object = object(1, &messages);
    assert!(object.index().frames().len() > 3);
    (messages, object)
}

async fn all_lines(store: &Store, key: &str) -> Vec<OwnedLine> {
    let mut lines = store.lines(key).await.unwrap();
    let mut read = Vec::new();
    while let Some(frame) = lines.next_frame().await.unwrap() {
        read.extend(frame);
    }
    assert_eq!(lines.next_frame().await.unwrap(), None, "the end stays the end");
    read
}

#[tokio::test]
async fn an_object_is_stored_once_and_again_changes_nothing() {
    let (server, store) = Server::with_store().await;
    let object = object(1, &messages(4711, 40));
    let first = store.put_once(&object).await.unwrap();
    assert!(!first.already);
    assert_eq!(first.key, object.key().to_string());
    assert_eq!(first.object_bytes, object.body().len() as u64);
    let modified = || server.file_of(&first.key).metadata().unwrap().modified().unwrap();
    let before = modified();
    let again = store.put_once(&object).await.unwrap();
    assert!(again.already);
    assert_eq!(modified(), before);
    assert_eq!(store.head(&first.key).await.unwrap(), *object.facts());
}

/// Many servers refuse `aws-chunked` bodies with their checksum behind them, which the client sends by default.
#[tokio::test]
async fn an_object_is_sent_in_one_piece_with_its_checksum_and_its_condition() {
    let (server, store) = Server::with_store().await;
    let object = object(1, &messages(4711, 40));
    store.put_once(&object).await.unwrap();
    let headers = server.put_headers();
    assert_eq!(headers["content-length"], object.body().len().to_string());
    assert_eq!(headers["if-none-match"], "*");
    assert_eq!(headers["content-type"], "application/zstd");
    assert_eq!(headers["x-amz-meta-count"], "40");
    assert!(headers.contains_key("x-amz-checksum-crc32c"));
    for chunked in [
        "content-encoding",
        "transfer-encoding",
        "x-amz-trailer",
        "x-amz-decoded-content-length",
    ] {
        assert!(!headers.contains_key(chunked), "{chunked}");
    }
}

#[tokio::test]
async fn a_different_object_under_the_same_key_is_refused_and_the_first_stays() {
    let (_server, store) = Server::with_store().await;
    let ours = messages(4711, 40);
    let key = store.put_once(&object(1, &ours)).await.unwrap().key;
    let mut others = ours.clone();
    others[20].payload = b"another".to_vec();
    let error = store.put_once(&object(1, &others)).await.unwrap_err();
    assert!(
        matches!(&error, StoreError::DifferentObject { key: refused, .. } if *refused == key),
        "{error}"
    );
    assert!(!error.retryable());
    assert_eq!(all_lines(&store, &key).await, ours);
}

#[tokio::test]
async fn every_message_is_read_back_by_range_and_no_other_position() {
    let (_server, store) = Server::with_store().await;
    let ours = messages(4711, 40);
    let key = store.put_once(&object(1, &ours)).await.unwrap().key;
    for message in &ours {
        assert_eq!(store.read_message(&key, message.seq).await.unwrap(), *message);
    }
    for seq in [0, 4710, 4751, u64::MAX] {
        let error = store.read_message(&key, seq).await.unwrap_err();
        assert!(
            matches!(
                error,
                StoreError::NoSuchSeq {
                    first_seq: 4711,
                    last_seq: 4750,
                    ..
                }
            ),
            "{error}"
        );
    }
}

#[tokio::test]
async fn an_object_of_several_frames_is_read_whole_and_in_its_middle() {
    let (_server, store) = Server::with_store().await;
    let (ours, object) = large_object();
    let key = store.put_once(&object).await.unwrap().key;
    assert_eq!(store.read_index(&key).await.unwrap(), *object.index());
    for at in [0, 80, 200, 399] {
        assert_eq!(store.read_message(&key, 100 + at as u64).await.unwrap(), ours[at]);
    }
    assert_eq!(all_lines(&store, &key).await, ours);
}

#[tokio::test]
async fn an_index_longer_than_one_tail_is_read_with_a_second_request() {
    let (_server, store) = Server::with_store().await;
    let mut ours = messages(1, 170);
    for message in &mut ours {
        message.payload = vec![b' '; 1_000_001];
    }
    let object = object(1, &ours);
    assert!(object.index().frames().len() > 160);
    let key = store.put_once(&object).await.unwrap().key;
    assert_eq!(store.read_index(&key).await.unwrap(), *object.index());
    assert_eq!(store.read_message(&key, 170).await.unwrap(), ours[169]);
}

#[tokio::test]
async fn a_prefix_keeps_two_archives_of_one_bucket_apart() {
    let (server, _store) = Server::with_store().await;
    let at = |prefix: &str| {
        Store::new(Config {
            prefix: prefix.to_owned(),
            ..server.config()
        })
        .unwrap()
    };
    let (here, there) = (at("site/a"), at("site/b"));
    let stored = here.put_once(&object(1, &messages(1, 3))).await.unwrap();
    assert!(stored.key.starts_with("site/a/raw/dt=2026-11-23/hour=10/"));
    assert!(!there.put_once(&object(1, &messages(1, 3))).await.unwrap().already);
    let page = here.list(None, None).next_page().await.unwrap().unwrap();
    assert_eq!(
        page.segments.iter().map(|listed| &listed.key).collect::<Vec<_>>(),
        [&stored.key]
    );
    assert_eq!(
        here.read_message(&stored.key, 2).await.unwrap().kind,
        Kind::Sensors
    );
}

#[tokio::test]
async fn a_listing_gives_the_days_asked_for_in_order() {
    let (server, store) = Server::with_store().await;
    let mut expected = Vec::new();
    for (seq, day) in [(1, 22), (4, 23), (7, 23), (10, 24), (13, 25)] {
        let mut of_day = messages(seq, 3);
        for message in &mut of_day {
            message.received_at += chrono::TimeDelta::days(day - 23);
        }
        expected.push((day, store.put_once(&object(1, &of_day)).await.unwrap()));
    }
    let stray = server.file_of("raw/dt=2026-11-23/README.txt");
    std::fs::write(stray, "not ours").unwrap();
    let day = |day| NaiveDate::from_ymd_opt(2026, 11, day);
    for (from, to) in [
        (None, None),
        (day(23), day(24)),
        (day(23), None),
        (None, day(24)),
        (day(26), None),
    ] {
        let mut listing = store.list(from, to);
        let mut found = Vec::new();
        let mut foreign = Vec::new();
        while let Some(page) = listing.next_page().await.unwrap() {
            found.extend(page.segments);
            foreign.extend(page.foreign);
        }
        let within = |of: i64| {
            let of = day(u32::try_from(of).unwrap());
            from.is_none_or(|from| of >= Some(from)) && to.is_none_or(|to| of < Some(to))
        };
        let wanted: Vec<_> = expected
            .iter()
            .filter(|(of, _)| within(*of))
            .map(|(_, stored)| stored.key.clone())
            .collect();
        assert_eq!(
            found.iter().map(|listed| listed.key.clone()).collect::<Vec<_>>(),
            wanted,
            "{from:?} to {to:?}"
        );
        assert_eq!(foreign.len(), usize::from(within(23)), "{from:?} to {to:?}");
        for listed in found {
            let facts = store.head(&listed.key).await.unwrap();
            assert_eq!(
                (listed.segment, listed.object_bytes),
                (facts.key(), facts.object_bytes)
            );
        }
    }
}

#[tokio::test]
async fn a_listing_goes_on_behind_its_first_thousand() {
    let (server, store) = Server::with_store().await;
    let first = store.put_once(&object(1, &messages(1, 1))).await.unwrap().key;
    let start = "2026-11-24T00:00:00Z".parse().unwrap();
    for seq in 2..=2100 {
        // The listing reads names alone, so a file in the server's folder is an object.
        let key = SegmentKey::new(Uuid::from_u128(1), seq, 1, start).to_string();
        let file = server.file_of(&key);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, "").unwrap();
    }
    let mut listing = store.list(None, None);
    let mut found = Vec::new();
    while let Some(page) = listing.next_page().await.unwrap() {
        assert!(page.segments.len() <= 1000);
        found.extend(page.segments.into_iter().map(|listed| listed.segment.first_seq()));
    }
    assert_eq!(found, (1..=2100).collect::<Vec<_>>());
    assert!(store.head(&first).await.is_ok());
}

#[tokio::test]
async fn a_sensor_list_is_kept_as_received_and_once() {
    let (_server, store) = Server::with_store().await;
    let list = SensorList {
        journal: Uuid::from_u128(1),
        seq: 4712,
        source: "Kraftwerk Süd".to_owned(),
        received_at: "2026-11-23T10:00:00Z".parse().unwrap(),
        body: Bytes::from_static(b"{\"Sensor 1\": {\"unit\": \"C\"}}\n"),
    };
    let stored = store.put_sensor_list(&list).await.unwrap();
    assert_eq!(
        (stored.key.as_str(), stored.already),
        (
            "sensors/dt=2026-11-23/00000000-0000-0000-0000-000000000001-00000000000000004712.json",
            false
        )
    );
    assert!(store.put_sensor_list(&list).await.unwrap().already);
    assert_eq!(store.read_sensor_list(&stored.key).await.unwrap(), list.body);
    let other = SensorList {
        body: Bytes::from_static(b"{}"),
        ..list.clone()
    };
    let error = store.put_sensor_list(&other).await.unwrap_err();
    assert!(matches!(error, StoreError::DifferentObject { .. }), "{error}");
    assert_eq!(store.read_sensor_list(&stored.key).await.unwrap(), list.body);
    let empty = SensorList {
        body: Bytes::new(),
        seq: 1,
        ..list
    };
    assert!(!store.put_sensor_list(&empty).await.unwrap().already);
}

#[tokio::test]
async fn a_store_works_from_any_task() {
    let (_server, store) = Server::with_store().await;
    let tasks: Vec<_> = (0..4)
        .map(|journal| {
            let store = store.clone();
            tokio::spawn(async move { store.put_once(&object(journal, &messages(1, 10))).await })
        })
        .collect();
    for task in tasks {
        assert!(!task.await.unwrap().unwrap().already);
    }
}

#[tokio::test]
async fn some_messages_come_in_order_each_once_and_within_a_bound() {
    let (_server, store) = Server::with_store().await;
    let (messages, object) = large_object();
    let key = store.put_once(&object).await.unwrap().key;
    let last = messages.last().unwrap().seq;
    // The last before the first, one twice, and neighbours of one frame.
    let seqs = [last, 100, 101, 250, 100];
    let read = store.read_messages(&key, &seqs, u64::MAX).await.unwrap();
    let expected: Vec<_> = [100, 101, 250, last]
        .map(|seq| messages[usize::try_from(seq - 100).unwrap()].clone())
        .into();
    assert_eq!(read, expected);
    let bytes: u64 = expected.iter().map(|message| message.payload.len() as u64).sum();
    store.read_messages(&key, &seqs, bytes).await.unwrap();
    let error = store.read_messages(&key, &seqs, bytes - 1).await.unwrap_err();
    assert!(
        matches!(error, StoreError::TooLarge { limit, .. } if limit == bytes - 1),
        "{error}"
    );
    let error = store
        .read_messages(&key, &[100, last + 1], u64::MAX)
        .await
        .unwrap_err();
    assert!(
        matches!(error, StoreError::NoSuchSeq { seq, .. } if seq == last + 1),
        "{error}"
    );
}
