//! Answers that a client may keep: what it asks about again, and what makes them others.

use api::ApiKey;
use entity::QualityFlag;
use entity::load::{Counts, LoadTransaction, NewReading, NewSensor, NewSensorList, OnConflict, journal_id};
use reqwest::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, ETAG, HeaderMap, IF_NONE_MATCH, VARY,
};
use reqwest::{Response, StatusCode};
use uuid::Uuid;

use crate::world::{SOURCE, World, at, thermometer};

const PAST: &str =
    "/graphql?query={readings(sensor:\"a\",from:\"2026-01-01\",to:\"2026-01-02\"){nodes{time value}}}";
const PAST_REST: &str = "/sensors/?sensor=a&from=2026-01-01&to=2026-01-02";

/// A loader as the ingest has it: readings, counts and checkpoint in one transaction.
struct Loader<'a> {
    world: &'a World,
    journal: Uuid,
    seq: i64,
}

impl<'a> Loader<'a> {
    fn new(world: &'a World, journal: u128) -> Self {
        Self {
            world,
            journal: Uuid::from_u128(journal),
            seq: 0,
        }
    }

    async fn begin(&self) -> LoadTransaction {
        let now = at("2026-01-01");
        let id = journal_id(&self.world.db, self.journal, now).await.unwrap();
        LoadTransaction::begin(&self.world.db, id).await.unwrap()
    }

    async fn commit(&mut self, mut load: LoadTransaction, segment: i64, counts: Counts) {
        load.add_counts(segment, counts).await.unwrap();
        load.move_checkpoint(self.seq, self.seq + 1).await.unwrap();
        load.commit().await.unwrap();
        self.seq += 1;
    }

    /// Loads one reading into the segment that starts at `segment`.
    async fn reading(&mut self, segment: i64, sensor: &str, time: &str, value: f64) {
        let mut load = self.begin().await;
        let new = NewSensor {
            source: SOURCE.into(),
            name: sensor.into(),
            registered_at: at("2026-01-01"),
        };
        let known = load.register_sensors(&[new]).await.unwrap();
        let time = at(time);
        let reading = NewReading {
            sensor_id: known[0].id,
            time,
            value,
            flag: QualityFlag::Pass,
            received_at: time,
            seq: self.seq + 1,
            on_conflict: OnConflict::First,
        };
        load.write_readings(&[reading]).await.unwrap();
        let micros = Some(time.timestamp_micros());
        let counts = Counts {
            decoded: 1,
            readings_new: 1,
            time_min_us: micros,
            time_max_us: micros,
            ..Counts::default()
        };
        self.commit(load, segment, counts).await;
    }

    async fn list(&mut self) {
        let mut load = self.begin().await;
        let list = NewSensorList {
            source: SOURCE.into(),
            received_at: at("2026-01-03"),
            seq: self.seq + 1,
            sha256: [1; 32],
            sensors: vec![thermometer("a")],
        };
        load.apply_sensor_list(&list).await.unwrap();
        self.commit(load, 1, Counts::default()).await;
    }
}

async fn get(world: &World, path: &str, tag: Option<&str>) -> Response {
    let mut request = world.client.get(world.url(path));
    if let Some(tag) = tag {
        request = request.header(IF_NONE_MATCH, tag);
    }
    request.send().await.unwrap()
}

/// The same with a key.
async fn get_as(world: &World, key: &ApiKey, path: &str, tag: Option<&str>) -> Response {
    let mut request = world.client.get(world.url(path)).bearer_auth(key.reveal());
    if let Some(tag) = tag {
        request = request.header(IF_NONE_MATCH, tag);
    }
    request.send().await.unwrap()
}

fn tag_of(headers: &HeaderMap) -> String {
    headers[ETAG].to_str().unwrap().to_owned()
}

/// The tag of an answer about the past.
async fn tag(world: &World, path: &str) -> String {
    let response = get(world, path, None).await;
    assert_eq!(response.status(), StatusCode::OK);
    tag_of(response.headers())
}

#[track_caller]
fn assert_kept(response: &Response, tag: &str) {
    assert_eq!(tag_of(response.headers()), tag);
    assert_eq!(response.headers()[CACHE_CONTROL], "private, no-cache");
    let vary: Vec<_> = response
        .headers()
        .get_all(VARY)
        .iter()
        .map(|value| value.to_str().unwrap())
        .collect();
    let vary = vary.join(", ");
    for name in ["authorization", "x-api-key", "accept"] {
        assert!(vary.contains(name), "{vary}");
    }
}

#[tokio::test]
async fn an_answer_about_the_past_is_sent_once_to_whoever_keeps_it() {
    let world = World::new().await;
    let mut loader = Loader::new(&world, 1);
    loader.reading(1, "a", "2026-01-01T10:00:00Z", 1.0).await;
    for path in [PAST, PAST_REST] {
        let first = get(&world, path, None).await;
        let tag = tag_of(first.headers());
        assert!(tag.starts_with('"'), "a strong tag: {tag}");
        assert_kept(&first, &tag);
        for named in [tag.clone(), format!("W/{tag}, \"other\""), "*".to_owned()] {
            let again = get(&world, path, Some(&named)).await;
            assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{path}");
            assert_kept(&again, &tag);
            assert_eq!(again.bytes().await.unwrap().len(), 0);
        }
        let other = get(&world, path, Some("\"other\"")).await;
        assert_eq!((other.status(), tag_of(other.headers())), (StatusCode::OK, tag));
    }
}

#[tokio::test]
async fn what_comes_in_from_the_quarantine_makes_another_answer_at_once() {
    let world = World::new().await;
    let mut loader = Loader::new(&world, 1);
    loader.reading(1, "a", "2026-01-01T10:00:00Z", 1.0).await;
    world
        .run(
            "INSERT INTO quarantine_replay (requested_at, requested, requested_by, upto) VALUES (now(), 1, 'x', '{}')",
        )
        .await;
    for path in [PAST, PAST_REST] {
        let kept = tag(&world, path).await;
        assert_eq!(
            get(&world, path, Some(&kept)).await.status(),
            StatusCode::NOT_MODIFIED
        );
        // As an ingestor commits it: behind the checkpoint, whose position does not move.
        let hour = if path == PAST { 11 } else { 12 };
        world
            .run(&format!(
                "BEGIN; \
                 INSERT INTO reading (time, value, received_at, seq, sensor_id, flag, journal_id) \
                 SELECT '2026-01-01T{hour}:00:00Z', 7, '2026-01-01', 1, id, 1, 1 FROM sensor; \
                 UPDATE quarantine_replay SET replayed = replayed + 1; \
                 COMMIT"
            ))
            .await;
        assert_eq!(
            get(&world, path, Some(&kept)).await.status(),
            StatusCode::OK,
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_late_reading_a_list_and_another_journal_make_another_answer_at_once() {
    let world = World::new().await;
    let mut loader = Loader::new(&world, 1);
    loader.reading(1, "a", "2026-01-01T10:00:00Z", 1.0).await;
    for path in [PAST, PAST_REST] {
        let mut kept = tag(&world, path).await;
        let hour: u8 = if path == PAST { 11 } else { 13 };
        // Into the running segment, into a new one, and by a loader that nobody has seen.
        loader
            .reading(1, "a", &format!("2026-01-01T{hour}:00:00Z"), 2.0)
            .await;
        for step in 0..2 {
            let changed = get(&world, path, Some(&kept)).await;
            assert_eq!(changed.status(), StatusCode::OK, "{path} {step}");
            let tag = tag_of(changed.headers());
            assert_ne!(tag, kept);
            assert_eq!(
                get(&world, path, Some(&tag)).await.status(),
                StatusCode::NOT_MODIFIED
            );
            kept = tag;
            if step == 0 {
                let mut other = Loader::new(&world, u128::from(hour));
                other
                    .reading(1, "a", &format!("2026-01-01T{hour}:30:00Z"), 3.0)
                    .await;
            }
        }
    }
    // A name may stand for a sensor whose list says something else now.
    let named = "/graphql?query={sensor(name:\"a\"){description}}";
    let kept = tag(&world, named).await;
    loader.list().await;
    let changed = get(&world, named, Some(&kept)).await;
    assert_eq!(changed.status(), StatusCode::OK);
    assert!(changed.text().await.unwrap().contains("Main entrance"));
    // It may have been there longer than was known, which a reading of any time may tell.
    let since = "/graphql?query={sensor(name:\"a\"){activeSince}}";
    let kept = tag(&world, since).await;
    loader.reading(8, "a", "2025-12-01T00:00:00Z", 1.0).await;
    assert_eq!(get(&world, since, Some(&kept)).await.status(), StatusCode::OK);
    // Or for one that was not there.
    let all = "/graphql?query={sensors{nodes{name}}}";
    let kept = tag(&world, all).await;
    loader.reading(9, "b", "2026-02-01T00:00:00Z", 1.0).await;
    assert_eq!(get(&world, all, Some(&kept)).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn while_nothing_touched_the_past_its_readings_are_not_asked_for_again() {
    let world = World::new().await;
    let mut loader = Loader::new(&world, 1);
    loader.reading(1, "a", "2026-01-01T10:00:00Z", 1.0).await;
    let kept = tag(&world, PAST).await;
    // The present goes on in later segments; the one that was open when the answer was given counts as a whole.
    loader.reading(2, "a", "2026-01-05T10:00:00Z", 2.0).await;
    let kept_after = get(&world, PAST, Some(&kept)).await;
    assert_eq!(kept_after.status(), StatusCode::NOT_MODIFIED);
    assert_eq!(tag(&world, PAST).await, kept);
    loader.reading(3, "a", "2026-01-05T10:01:00Z", 2.0).await;
    // Whoever reads readings waits for ever.
    let locked = sea_orm::TransactionTrait::begin(&world.db).await.unwrap();
    sea_orm::ConnectionTrait::execute_unprepared(&locked, "LOCK TABLE reading")
        .await
        .unwrap();
    assert_eq!(
        get(&world, PAST, Some(&kept)).await.status(),
        StatusCode::NOT_MODIFIED
    );
    locked.rollback().await.unwrap();
}

#[tokio::test]
async fn the_first_reading_behind_a_range_makes_another_answer_where_a_line_leads_to_it() {
    let day = "from:\"2026-01-01\",to:\"2026-01-02\"";
    let range = format!("{day},bucket:\"P1D\"");
    let lined = [
        format!("{{aggregates({range}){{buckets{{integral}}}}}}"),
        format!("{{aggregates({range},fill:LINEAR){{buckets{{mean:timeWeightedAvg}}}}}}"),
        format!(
            "{{aggregates({range},groupBy:[{{by:TYPE}}]){{...on AggregateSeries{{buckets{{integral}}}}}}}}"
        ),
        format!(
            "{{sensor(name:\"a\"){{aggregates({range}){{...F}}}}}} fragment F on Aggregate{{timeWeightedAvg}}"
        ),
    ];
    let others = [
        format!("{{aggregates({range},fill:LINEAR){{buckets{{avg max increase percentile(p:0.5)}}}}}}"),
        format!("{{bucketRows({range}){{avg last}}}}"),
        format!("{{series(sensors:\"a\",{day}){{values}}}}"),
    ];
    let world = World::new().await;
    let mut loader = Loader::new(&world, 1);
    loader.reading(1, "a", "2026-01-01T10:00:00Z", 1.0).await;
    loader.reading(1, "a", "2026-01-01T11:00:00Z", 2.0).await;
    let mut kept = Vec::new();
    for query in lined.iter().chain(&others) {
        let path = format!("/graphql?query={query}");
        kept.push((tag(&world, &path).await, path));
    }
    // In a segment of its own, which has nothing of the range.
    loader.reading(3, "a", "2026-01-02T10:00:00Z", 3.0).await;
    for (at, (kept, path)) in kept.iter().enumerate() {
        let again = get(&world, path, Some(kept)).await;
        if at < lined.len() {
            assert_eq!(again.status(), StatusCode::OK, "{path}");
            assert_ne!(&tag_of(again.headers()), kept, "{path}");
        } else {
            assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{path}");
            assert_eq!(&tag(&world, path).await, kept, "{path}");
        }
    }
}

#[tokio::test]
async fn askers_who_see_different_things_keep_an_answer_each() {
    let world = World::new().await;
    let mut loader = Loader::new(&world, 1);
    loader.reading(1, "a", "2026-01-01T10:00:00Z", 1.0).await;
    loader.list().await;
    let all = world.key(|_| ()).await;
    let some = world
        .key(|key| key.sensors.types = Some(vec!["temperature".to_owned()]))
        .await;
    let mut kept = Vec::new();
    for key in [&all, &some] {
        let response = get_as(&world, key, PAST, None).await;
        assert_eq!(response.status(), StatusCode::OK);
        kept.push((key, tag_of(response.headers())));
    }
    // Whoever reads readings waits for ever.
    let locked = sea_orm::TransactionTrait::begin(&world.db).await.unwrap();
    sea_orm::ConnectionTrait::execute_unprepared(&locked, "LOCK TABLE reading")
        .await
        .unwrap();
    for (key, tag) in &kept {
        let again = get_as(&world, key, PAST, Some(tag)).await;
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    }
    locked.rollback().await.unwrap();
}

#[tokio::test]
async fn what_says_now_and_what_went_wrong_is_not_kept() {
    let world = World::new().await;
    Loader::new(&world, 1)
        .reading(1, "a", "2026-01-01T10:00:00Z", 1.0)
        .await;
    for path in [
        "/graphql?query={service{now}}",
        "/graphql?query={latest{value}}",
        "/graphql?query={sensor(name:\"a\"){name latest{value}}}",
        "/graphql?query={readings(sensor:\"a\"){nodes{value}}}",
        "/graphql?query={readings(sensor:\"a\",to:\"9999-01-01\"){nodes{value}}}",
        "/graphql?query={readings(to:\"2026-01-02\"){totalCount{value}}}",
        "/graphql?query={...F} fragment F on Query {sensor(name:\"a\"){readings{nodes{value}}}}",
        // Errors, one beside data and one without.
        "/graphql?query={sensor(name:\"a\"){name readings(to:\"2026-01-02\",first:0){nodes{value}}}}",
        "/graphql?query={sensor(name:\"a\"){nothing}}",
        "/sensors/",
        "/sensors/?sensor=a",
        "/sensors/?sensor=a&to=9999-01-01",
        "/sensors/?sensor=b&to=2026-01-02",
        "/sensors/aggregates",
    ] {
        let response = get(&world, path, Some("*")).await;
        assert_ne!(response.status(), StatusCode::NOT_MODIFIED, "{path}");
        assert!(response.headers().get(ETAG).is_none(), "{path}");
        assert_eq!(response.headers()[CACHE_CONTROL], "no-store", "{path}");
    }
    // A POST is never conditional.
    let post = world
        .client
        .post(world.url("/graphql"))
        .header(IF_NONE_MATCH, "*");
    let query = serde_json::json!({ "query": "{ sensors { nodes { name } } }" });
    let response = post.json(&query).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert!(response.headers().get(ETAG).is_none());
}

#[tokio::test]
async fn large_answers_are_compressed_under_a_weak_tag_and_small_ones_left_alone() {
    let world = World::new().await;
    let sensor = world.sensors(&["a"]).await[0];
    world
        .readings(sensor, "2026-01-01T00:00:00Z", "1 minute", 100)
        .await;
    let strong = tag(&world, PAST).await;
    for (accepted, expected) in [
        ("gzip", "gzip"),
        ("zstd", "zstd"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("gzip;q=1, zstd;q=0.5", "gzip"),
    ] {
        let request = world
            .client
            .get(world.url(PAST))
            .header(ACCEPT_ENCODING, accepted);
        let response = request.send().await.unwrap();
        assert_eq!(response.headers()[CONTENT_ENCODING], expected, "{accepted}");
        let weak = tag_of(response.headers());
        assert_eq!(weak, format!("W/{strong}"));
        let vary = response
            .headers()
            .get_all(VARY)
            .iter()
            .any(|value| value == "accept-encoding");
        assert!(vary, "{:?}", response.headers());
        let magic: &[u8] = if expected == "gzip" {
            &[0x1f, 0x8b]
        } else {
            &[0x28, 0xb5, 0x2f, 0xfd]
        };
        assert!(response.bytes().await.unwrap().starts_with(magic), "{accepted}");
        let again = world
            .client
            .get(world.url(PAST))
            .header(ACCEPT_ENCODING, accepted)
            .header(IF_NONE_MATCH, weak);
        assert_eq!(again.send().await.unwrap().status(), StatusCode::NOT_MODIFIED);
    }
    let small = world
        .client
        .get(world.url("/graphql?query={__typename}"))
        .header(ACCEPT_ENCODING, "gzip, zstd");
    assert!(
        small
            .send()
            .await
            .unwrap()
            .headers()
            .get(CONTENT_ENCODING)
            .is_none()
    );
}
