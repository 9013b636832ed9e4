//! Many from one: a statement for N objects, never N.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::world::{World, open, thermometer};

/// Counts the statements that the driver logs on this thread.
#[derive(Clone, Default)]
struct Statements(Arc<AtomicUsize>);

impl Subscriber for Statements {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "sqlx::query"
    }

    fn event(&self, _: &Event<'_>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

const RANGE: &str = "from: \"2026-11-23\", to: \"2026-11-24\"";

/// Questions about many sensors, and how many statements each may take.
fn questions() -> Vec<(String, usize)> {
    vec![
        ("{ sensors { nodes { name } } }".to_owned(), 1),
        (
            "{ sensors { nodes { name } totalCount { value } } }".to_owned(),
            2,
        ),
        (
            "{ sensors { nodes { latest { value sensor { name } } } } }".to_owned(),
            2,
        ),
        (
            format!("{{ sensors {{ nodes {{ readings({RANGE}, first: 2) {{ nodes {{ value }} }} }} }} }}"),
            2,
        ),
        (
            format!("{{ sensors {{ nodes {{ readings({RANGE}) {{ totalCount {{ value }} }} }} }} }}"),
            3,
        ),
        (
            format!("{{ sensors {{ nodes {{ series({RANGE}, maxPoints: 2) {{ values }} }} }} }}"),
            2,
        ),
        // The readings, and how many there will be.
        (
            format!("{{ sensors {{ nodes {{ series({RANGE}) {{ values }} }} }} }}"),
            3,
        ),
        (
            format!("{{ sensors {{ nodes {{ aggregates({RANGE}, bucket: \"PT1H\") {{ start avg }} }} }} }}"),
            2,
        ),
        // The sensors twice, what was learnt of them, their readings, and what came besides.
        (
            format!("{{ sensors {{ nodes {{ quality({RANGE}) {{ status }} }} }} }}"),
            5,
        ),
        // The buckets, and what was before them.
        (
            format!(
                "{{ aggregates({RANGE}, bucket: \"PT1H\", fill: PREVIOUS) {{ sensor {{ name }} buckets {{ avg }} }} }}"
            ),
            3,
        ),
        // A page of three windows of time at most, and the sensors of its readings.
        (
            format!("{{ readings({RANGE}, sensor: \"sensor 01\") {{ nodes {{ sensor {{ name }} }} }} }}"),
            2,
        ),
        // The sensor and a page of its readings; then buckets in blocks that grow while most are empty.
        (
            format!("{{ readingRows({RANGE}, sensor: \"sensor 01\") {{ sensor value }} }}"),
            2,
        ),
        (
            format!("{{ bucketRows({RANGE}, first: 40) {{ sensor avg }} }}"),
            8,
        ),
        ("{ latest { value sensor { name } } }".to_owned(), 2),
        // Sensors, their histories, and the readings of each version.
        (
            format!(
                "{{ sensors {{ nodes {{ versions {{ nodes {{ changes {{ field }} readings({RANGE}, first: 2) {{ value }} }} }} \
                 }} }} }}"
            ),
            3,
        ),
        // Everything at once: sensors, latest, two pages and a series.
        (
            format!(
                "{{ sensors {{ nodes {{ latest {{ value }} a: readings({RANGE}, first: 1) {{ nodes {{ value }} }} \
                 b: readings({RANGE}, first: 2) {{ nodes {{ sensor {{ name }} }} }} \
                 series({RANGE}, maxPoints: 2) {{ values }} }} }} }}"
            ),
            5,
        ),
    ]
}

#[tokio::test]
async fn what_many_sensors_need_is_one_statement() {
    let filled = World::new().await;
    let names: Vec<String> = (0..50).map(|i| format!("sensor {i:02}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let declared = names.iter().map(|name| thermometer(name)).collect();
    filled.declare(declared).await;
    for sensor in filled.sensors(&names).await {
        filled
            .readings(sensor, "2026-11-23T10:00:00Z", "1 minute", 3)
            .await;
    }
    let mut options = sea_orm::ConnectOptions::new(filled.database_url());
    options.sqlx_logging(true);
    #[expect(clippy::disallowed_methods, reason = "the production pool logs no statements")]
    let logged = sea_orm::Database::connect(options).await.unwrap();
    let world = World::over(logged, open(), Vec::new()).await;
    world.renew_catalogue().await;

    let statements = Statements::default();
    let _counting = tracing::subscriber::set_default(statements.clone());
    // The sensors, their latest, what contradicts those and what doubts them.
    let beside = "{ sensors { nodes { latest { flagReason otherValues { value } doubts { test } } } } }";
    for (query, expected) in questions().into_iter().chain([(beside.to_owned(), 4)]) {
        statements.0.store(0, Ordering::Relaxed);
        world.data(&query).await;
        assert_eq!(statements.0.load(Ordering::Relaxed), expected, "{query}");
    }

    let of_all = format!("{{ readings({RANGE}, first: 100) {{ nodes {{ sensor {{ name }} }} }} }}");
    statements.0.store(0, Ordering::Relaxed);
    world.data(&of_all).await;
    let windows_and_sensors = statements.0.load(Ordering::Relaxed);
    assert!(
        windows_and_sensors < 10,
        "{windows_and_sensors} statements for 100 readings"
    );
}
