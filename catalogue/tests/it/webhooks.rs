//! Webhooks, with a receiver that checks signatures by the library of the specification's authors.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use catalogue::freshness::Finding;
use catalogue::webhook::{AddError, Reach, Sender, SenderOptions, Wanted, add, new_secret};
use chrono::{DateTime, TimeDelta, Utc};
use entity::DatabaseConnection;
use entity::incidents::{IncidentKind, IncidentOf};
use entity::keeping::Keeping;
use entity::webhooks::{self, Delivery, EventKind, Message, NewWebhook, Secret};
use sea_orm::ConnectionTrait as _;
use serde_json::Value;
use testbed::TestDatabase;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout};
use tokio_util::sync::CancellationToken;

use crate::support::{at, checker, count, look, look_with, reading, sensor};

/// A program that receives webhooks.
struct Receiver {
    secret: Secret,
    port: u16,
    lines: Lines<BufReader<ChildStdout>>,
    _process: Child,
}

impl Receiver {
    async fn start() -> Self {
        let secret = new_secret().unwrap();
        let script = Path::new(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/clients/receive_webhooks.mjs"
        ));
        let mut process = testbed::clients::node(script)
            .await
            .arg(secret.reveal())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let first = lines.next_line().await.unwrap().unwrap();
        let port = first.strip_prefix("listening ").unwrap().parse().unwrap();
        Self {
            secret,
            port,
            lines,
            _process: process,
        }
    }

    /// The next request.
    async fn next(&mut self) -> Value {
        let line = tokio::time::timeout(Duration::from_secs(30), self.lines.next_line());
        let line = line.await.expect("a request comes").unwrap().unwrap();
        serde_json::from_str(&line).unwrap()
    }

    /// Whether nothing more was received so far: a request of our own comes next.
    async fn is_quiet(&mut self, db: &DatabaseConnection) -> bool {
        let hook = self.hook(db, "ok/last", EventKind::ALL.to_vec()).await;
        enqueue(db, &[message("last", "last")]).await;
        let sender = sender(db);
        while sender.step(Utc::now).await.unwrap() > 0 {}
        let quiet = self.next().await["body"]["type"] == "last";
        webhooks::remove(db, hook.id).await.unwrap();
        quiet
    }

    async fn hook(&self, db: &DatabaseConnection, path: &str, events: Vec<EventKind>) -> NewWebhook {
        let wanted = Wanted {
            url: format!("http://127.0.0.1:{}/{path}", self.port),
            secret: Some(self.secret.clone()),
            events,
            dataset: None,
        };
        add(db, wanted, Reach::Anywhere, Utc::now()).await.unwrap()
    }
}

fn sender(db: &DatabaseConnection) -> Sender {
    let options = SenderOptions {
        reach: Reach::Anywhere,
        timeout: Duration::from_secs(2),
        ..SenderOptions::default()
    };
    Sender::new(db.clone(), options)
}

fn message(subject: &str, event: &str) -> Message {
    Message {
        kind: EventKind::Incident,
        event: event.to_owned(),
        dataset: "readings".to_owned(),
        subject: subject.to_owned(),
        payload: format!(r#"{{"type":"{event}","data":{{"text":"ä \u2028 \"x\""}}}}"#),
    }
}

async fn enqueue(db: &DatabaseConnection, messages: &[Message]) -> webhooks::Enqueued {
    enqueue_at(db, messages, Utc::now()).await
}

async fn enqueue_at(db: &DatabaseConnection, messages: &[Message], at: DateTime<Utc>) -> webhooks::Enqueued {
    let keeping = Keeping::begin(db).await.unwrap().unwrap();
    let enqueued = webhooks::enqueue(&keeping, messages, at).await.unwrap();
    keeping.commit().await.unwrap();
    enqueued
}

async fn deliveries(db: &DatabaseConnection, hook: &NewWebhook) -> Vec<Delivery> {
    let mut found = webhooks::deliveries(db, hook.id, 5_000).await.unwrap();
    found.reverse();
    found
}

testbed::both! {
    async fn changes_and_incidents_arrive_signed(database: TestDatabase) {
        let db = &database.connect().await;
        let mut receiver = Receiver::start().await;
        receiver.hook(db, "ok", vec![EventKind::Freshness, EventKind::Incident]).await;
        let dies = sensor(db, "dies \"1\"", Some(10.0)).await;
        reading(db, dies, 0, 0).await;
        let mut checker = checker();
        for second in [0, 15, 40, 55] {
            look(&mut checker, db, second).await;
        }
        let finding = Finding {
            of: IncidentOf { kind: IncidentKind::QualityFailing, dataset: "readings".to_owned(), sensor_id: Some(dies) },
            since: at(0),
            detail: "Completeness is 0.4.".to_owned(),
        };
        for second in [56, 57] {
            look_with(&mut checker, db, second, Some(vec![finding.clone()])).await;
        }
        let sender = sender(db);
        let mut bodies = Vec::new();
        while sender.step(Utc::now).await.unwrap() > 0 {}
        while bodies.len() < 5 {
            let request = receiver.next().await;
            assert_eq!((&request["verified"], &request["method"]), (&Value::Bool(true), &"POST".into()), "{request}");
            assert_eq!(request["type"], "application/json");
            assert!(request["id"].as_str().unwrap().starts_with("msg_"));
            bodies.push(request["body"].clone());
        }
        let of = |event: &str, is_sensor: bool| {
            let found = bodies.iter().find(|body| {
                let data = &body["data"];
                let item = if data["changes"].is_array() { &data["changes"][0] } else { &data["incidents"][0] };
                body["type"] == event && item["sensor"].is_object() == is_sensor && item["kind"] != "quality_failing"
            });
            found.unwrap_or_else(|| panic!("{event} of {bodies:#?}")).clone()
        };
        let change = &of("freshness.changed", true)["data"]["changes"][0];
        assert_eq!((&change["from"], &change["to"]), (&"FRESH".into(), &"LATE".into()));
        assert_eq!((&change["sensor"]["name"], &change["changedAt"]), (&"dies \"1\"".into(), &"2020-11-26T10:00:30.000000Z".into()));
        let of_readings = &of("freshness.changed", false)["data"]["changes"][0];
        assert_eq!((&of_readings["dataset"], &of_readings["sensorsFresh"]), (&"readings".into(), &0.into()));
        let incident = &of("incident.started", true)["data"]["incidents"][0];
        assert_eq!((&incident["kind"], &incident["endedAt"]), (&"late".into(), &Value::Null));
        assert!(of("incident.started", false)["data"]["incidents"][0]["detail"].as_str().unwrap().contains("0 of 1 sensors"));
        assert!(bodies.iter().any(|body| body["data"]["incidents"][0]["kind"] == "quality_failing"));
        assert!(receiver.is_quiet(db).await);
        assert_eq!(webhooks::waiting(db).await.unwrap(), 0);
    }

    async fn a_message_that_fails_comes_again_and_holds_back_only_its_own_subject(database: TestDatabase) {
        let db = &database.connect().await;
        let mut receiver = Receiver::start().await;
        let hook = receiver.hook(db, "fail/2", EventKind::ALL.to_vec()).await;
        let now = Utc::now();
        enqueue_at(db, &[message("a", "a1"), message("a", "a2"), message("a", "a3")], now).await;
        let sender = sender(db);
        let mut order = Vec::new();
        // After so many seconds so many are posted; a1 is tried again after 5 s.
        for (wait, posts) in [(0, 1), (0, 0), (1, 1), (1, 0), (6, 1), (10, 2), (10, 1), (10, 0)] {
            if wait == 1 && posts == 1 {
                // It is another subject, so it does not wait for the first of a.
                enqueue_at(db, &[message("b", "b1")], now).await;
            }
            let sent = sender.step(move || now + TimeDelta::seconds(wait)).await.unwrap();
            assert_eq!(sent, posts, "after {wait} s");
            for _ in 0..posts {
                order.push(receiver.next().await);
            }
        }
        let told: Vec<_> = order.iter().map(|request| request["body"]["type"].as_str().unwrap()).collect();
        // Of the first two requests of the path, both fail: a1 and b1.
        assert_eq!(told[..2], ["a1", "b1"]);
        assert!(order.iter().all(|request| request["verified"] == true));
        let ids = |event: &str| -> Vec<_> {
            order.iter().filter(|request| request["body"]["type"] == event).map(|request| request["id"].clone()).collect()
        };
        assert_eq!(ids("a1").len(), 2);
        assert_eq!(ids("a1")[0], ids("a1")[1], "under the same id");
        let a: Vec<_> = told.iter().filter(|event| event.starts_with('a')).collect();
        assert_eq!(a, [&"a1", &"a1", &"a2", &"a3"]);
        assert!(deliveries(db, &hook).await.iter().all(|delivery| delivery.delivered_at.is_some() && delivery.error.is_none()));
    }

    async fn a_message_is_given_up_after_a_day_and_the_next_is_tried(database: TestDatabase) {
        let db = &database.connect().await;
        let mut receiver = Receiver::start().await;
        let hook = receiver.hook(db, "fail/1000", EventKind::ALL.to_vec()).await;
        enqueue(db, &[message("a", "a1"), message("a", "a2")]).await;
        let sender = sender(db);
        let mut now = Utc::now();
        let mut tries = 0;
        while deliveries(db, &hook).await[0].given_up_at.is_none() {
            now += TimeDelta::minutes(1);
            tries += sender.step(|| now).await.unwrap();
            assert!(tries < 40);
        }
        for _ in 0..tries {
            receiver.next().await;
        }
        let [first, second] = &deliveries(db, &hook).await[..] else { panic!("two") };
        assert!(first.given_up_at.unwrap() - first.created_at > TimeDelta::hours(21));
        assert!(first.given_up_at.unwrap() - first.created_at <= TimeDelta::hours(24));
        assert_eq!(first.error.as_deref(), Some("it answers 500 Internal Server Error"));
        assert_eq!((second.attempts, second.given_up_at), (0, None));
        // What could not be told for a day is tried once, whenever.
        assert_eq!(sender.step(|| now + TimeDelta::days(3)).await.unwrap(), 1);
        assert!(deliveries(db, &hook).await[1].given_up_at.is_some());
    }

    async fn nobody_is_led_elsewhere_and_who_is_gone_is_left_alone(database: TestDatabase) {
        let db = &database.connect().await;
        let mut receiver = Receiver::start().await;
        let redirected = receiver.hook(db, "redirect", EventKind::ALL.to_vec()).await;
        let slow = receiver.hook(db, "slow", EventKind::ALL.to_vec()).await;
        let gone = receiver.hook(db, "gone", EventKind::ALL.to_vec()).await;
        enqueue(db, &[message("a", "a1"), message("a", "a2"), message("b", "b1")]).await;
        assert_eq!(sender(db).step(Utc::now).await.unwrap(), 6);
        for _ in 0..6 {
            assert_ne!(receiver.next().await["path"], "/ok");
        }
        let error = |deliveries: Vec<Delivery>| deliveries[0].error.clone().unwrap();
        assert_eq!(error(deliveries(db, &redirected).await), "it answers 302 Found");
        assert_eq!(error(deliveries(db, &slow).await), "it did not answer within 2 s");
        let listed = webhooks::list(db).await.unwrap();
        let listed = listed.iter().find(|hook| hook.id == gone.id).unwrap();
        assert_eq!(listed.disabled_reason.as_deref(), Some("The receiver answers 410 Gone."));
        assert!(deliveries(db, &gone).await.iter().all(|delivery| delivery.given_up_at.is_some()));
        assert_eq!(listed.waiting, 0);
        assert_eq!(enqueue(db, &[message("a", "a3")]).await.deliveries, 2, "not for who is gone");
        webhooks::enable(db, gone.id).await.unwrap();
        assert_eq!(enqueue(db, &[message("a", "a4")]).await.deliveries, 3);
    }

    async fn messages_go_to_whom_they_are_of_use(database: TestDatabase) {
        let db = &database.connect().await;
        let wanted = |events: &[EventKind], dataset: Option<&str>| Wanted {
            url: "https://example.org/hook".to_owned(),
            secret: None,
            events: events.to_vec(),
            dataset: dataset.map(str::to_owned),
        };
        let now = Utc::now();
        let all = add(db, wanted(&EventKind::ALL, None), Reach::Public, now).await.unwrap();
        let releases = add(db, wanted(&[EventKind::Release], None), Reach::Public, now).await.unwrap();
        let other = add(db, wanted(&EventKind::ALL, Some("sensors")), Reach::Public, now).await.unwrap();
        let same = add(db, wanted(&[EventKind::Incident, EventKind::Incident], Some("readings")), Reach::Public, now).await.unwrap();
        enqueue(db, &[message("a", "a1")]).await;
        for (hook, count) in [(&all, 1), (&releases, 0), (&other, 0), (&same, 1)] {
            assert_eq!(deliveries(db, hook).await.len(), count, "{hook:?}");
        }
        assert!(!format!("{all:?}").contains(all.secret.reveal()));
        assert!(matches!(add(db, wanted(&[], None), Reach::Public, now).await, Err(AddError::NoEvents)));
        // A queue has a bound, and says what it did not take.
        let many: Vec<Message> = (0..700).map(|number| message("many", &number.to_string())).collect();
        assert_eq!(enqueue(db, &many).await.dropped, 0);
        let second = enqueue(db, &many).await;
        assert_eq!((second.deliveries, second.dropped), (2 * 299, 2 * 401));
        let listed = webhooks::list(db).await.unwrap();
        let listed = listed.iter().find(|hook| hook.id == all.id).unwrap();
        assert_eq!((listed.waiting, listed.dropped), (1_000, 401));
        for _ in 0..96 {
            add(db, wanted(&EventKind::ALL, None), Reach::Public, now).await.unwrap();
        }
        assert!(matches!(add(db, wanted(&EventKind::ALL, None), Reach::Public, now).await, Err(AddError::TooMany)));
        assert!(webhooks::remove(db, all.id).await.unwrap() && !webhooks::remove(db, all.id).await.unwrap());
        assert_eq!(count(db, &format!("SELECT count(*) FROM webhook_delivery WHERE webhook_id = '{}'", all.id)).await, 0);
    }
}

#[tokio::test]
async fn this_machine_is_not_reached_without_leave() {
    let database = testbed::postgres().await;
    let db = &database.connect().await;
    let mut receiver = Receiver::start().await;
    let by_address = receiver.hook(db, "ok", EventKind::ALL.to_vec()).await;
    // A name that leads here is not known to do so before it is asked for.
    db.execute_unprepared(&format!(
        "INSERT INTO webhook (id, created_at, url, secret, events) \
         SELECT gen_random_uuid(), created_at, 'http://localhost:{}/ok', secret, events FROM webhook",
        receiver.port
    ))
    .await
    .unwrap();
    enqueue(db, &[message("a", "a1")]).await;
    let strict = Sender::new(db.clone(), SenderOptions::default());
    assert_eq!(strict.step(Utc::now).await.unwrap(), 2);
    let error = deliveries(db, &by_address).await[0].error.clone().unwrap();
    assert!(error.starts_with("127.0.0.1 is not a public address"), "{error}");
    assert_eq!(
        count(
            db,
            "SELECT count(*) FROM webhook_delivery WHERE error LIKE '%is not a public address%'"
        )
        .await,
        2
    );
    db.execute_unprepared("DELETE FROM webhook").await.unwrap();
    assert!(receiver.is_quiet(db).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn senders_share_the_work_and_one_that_dies_loses_nothing() {
    let database = testbed::postgres().await;
    let db = &database.connect().await;
    let mut receiver = Receiver::start().await;
    receiver.hook(db, "ok", EventKind::ALL.to_vec()).await;
    let messages: Vec<Message> = (0..60)
        .map(|number| message(&format!("subject {}", number % 7), &number.to_string()))
        .collect();
    enqueue(db, &messages).await;
    // One takes some and dies.
    let now = Utc::now();
    let lost = webhooks::claim(db, now, TimeDelta::seconds(60), 3).await.unwrap();
    assert_eq!(lost.len(), 3);
    let behind_lost = "SELECT count(*) FROM webhook_delivery \
                       WHERE subject IN (SELECT subject FROM webhook_delivery WHERE attempts > 0)";
    let expected = 60 - count(db, behind_lost).await;
    assert_eq!(expected, 60 - 27, "the three subjects of which it took the first");
    let shutdown = CancellationToken::new();
    let clock = || -> DateTime<Utc> { Utc::now() };
    let runs: Vec<_> = (0..3)
        .map(|_| tokio::spawn(sender(db).run(shutdown.clone(), clock)))
        .collect();
    let mut got = Vec::new();
    for _ in 0..expected {
        got.push(receiver.next().await);
    }
    // A sender that is stopped before it has noted a post would let the message come twice.
    let noted = async {
        let delivered = "SELECT count(*) FROM webhook_delivery WHERE delivered_at IS NOT NULL";
        while count(db, delivered).await < expected {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), noted)
        .await
        .expect("what was received is noted");
    shutdown.cancel();
    for run in runs {
        run.await.unwrap();
    }
    // When its lease is over, others take what it had.
    let sender = sender(db);
    let later = move || now + TimeDelta::seconds(61);
    while sender.step(later).await.unwrap() > 0 {}
    while got.len() < 60 {
        got.push(receiver.next().await);
    }
    assert!(receiver.is_quiet(db).await, "each came once");
    for subject in 0..7 {
        let numbers: Vec<i64> = got
            .iter()
            .map(|request| request["body"]["type"].as_str().unwrap().parse().unwrap())
            .filter(|number| number % 7 == subject)
            .collect();
        assert!(numbers.is_sorted(), "{numbers:?}");
    }
    assert!(got.iter().all(|request| request["verified"] == true));
}
