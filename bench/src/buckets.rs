//! 72,000 hourly buckets, 100 sensors over 30 days of minutes: plain SQL on the rollup, the query, and the whole answer
//! over HTTP.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use chrono::{DateTime, TimeDelta, Utc};
use entity::query::aggregates::{AggregatesOf, Numbers, aggregates};
use entity::query::readings::TimeRange;
use entity::{FlagSet, Scope};
use sea_orm::ConnectionTrait as _;
use serde_json::json;
use tokio::net::TcpListener;

use crate::refreshing::catch_up;
use crate::report::milliseconds;
use crate::server::{self, Server};

const SENSORS: usize = 100;
const HOURS: usize = 720;
/// A millisecond is easily lost to the machine.
const ASKED_FOR_EACH_RUN: usize = 7;

/// What the question over HTTP asks for.
const PLAIN: &str = "SELECT sensor_id, bucket, count, sum / count, min, max FROM reading_1h \
                     WHERE sensor_id = ANY ($1) AND bucket >= $2 AND bucket < $3 ORDER BY sensor_id, bucket";

/// All that an aggregate holds.
const PLAIN_WHOLE: &str = "SELECT sensor_id, bucket, count, sum, m2, min, max, first, last, count_suspect, count_fail \
                           FROM reading_1h WHERE sensor_id = ANY ($1) AND bucket >= $2 AND bucket < $3 \
                           ORDER BY sensor_id, bucket";

type WholeRow = (i32, DateTime<Utc>, i64, f64, f64, f64, f64, f64, f64, i64, i64);

const QUESTION: &str = "query ($sensors: [String!], $from: DateTime!, $to: DateTime!) {
    aggregates(sensors: $sensors, from: $from, to: $to, bucket: \"PT1H\") {
        sensor { name } buckets { start count avg min max }
    }
}";

pub(crate) async fn run(runs: usize) -> anyhow::Result<()> {
    let server = Server::start().await?;
    let (_, sensors) = server::sensors(&server.db, SENSORS).await?;
    let from: DateTime<Utc> = DateTime::from_timestamp(1_767_225_600, 0).context("a time")?;
    let to = from + TimeDelta::hours(HOURS as i64);
    fill(&server, from, to).await?;

    let sockets = TcpListener::bind("127.0.0.1:0").await?;
    let address = sockets.local_addr()?;
    let options = api::Options {
        anonymous: api::Anonymous::Data,
        ..api::Options::default()
    };
    let state = api::ApiState::new(
        options,
        api::Parts {
            db: server.db.clone(),
            archive: None,
            metrics: metrics_exporter_prometheus::PrometheusBuilder::new()
                .build_recorder()
                .handle(),
            ready: Vec::new(),
            pages: None,
        },
    );
    let serving = tokio::spawn(api::serve(sockets, state, std::future::pending()));
    let client = reqwest::Client::new();

    let (mut plain, mut whole, mut query, mut http, mut bytes) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new(), 0);
    for run in 0..=runs * ASKED_FOR_EACH_RUN {
        let times = (
            ask_plainly(&server, &sensors, from, to).await?,
            ask_plainly_for_all(&server, &sensors, from, to).await?,
            ask_entity(&server, &sensors, from, to).await?,
            ask_over_http(&client, address, from, to).await?,
        );
        if run > 0 {
            plain.push(times.0);
            whole.push(times.1);
            query.push(times.2);
            http.push(times.3.0);
            bytes = times.3.1;
        }
    }
    serving.abort();
    server.stop().await?;
    let (plain, whole) = (milliseconds(&plain), milliseconds(&whole));
    let (query, http) = (milliseconds(&query), milliseconds(&http));
    println!(
        "72,000 hourly buckets, all columns: plain SQL {whole} ms, aggregates {query} ms: {:.2}",
        query.middle / whole.middle,
    );
    println!(
        "72,000 hourly buckets, count, mean, lowest, highest: plain SQL {plain} ms, over HTTP ({:.1} MB of JSON) {http} ms: {:.2}",
        bytes as f64 / 1e6,
        http.middle / plain.middle,
    );
    Ok(())
}

/// A reading a minute of each sensor, rolled up.
async fn fill(server: &Server, from: DateTime<Utc>, to: DateTime<Utc>) -> anyhow::Result<()> {
    let fill = format!(
        "INSERT INTO reading (time, value, received_at, seq, sensor_id, flag, journal_id)
         SELECT time, 20 + random(), time, row_number() OVER (), sensor.id, 1, 1
         FROM generate_series(timestamptz '{from}', timestamptz '{to}' - INTERVAL '1 minute', INTERVAL '1 minute') AS time
         CROSS JOIN sensor;
         INSERT INTO rollup_dirty (bucket, wide, sensor_ids)
         SELECT time, false, (SELECT array_agg(id) FROM sensor)
         FROM generate_series(timestamptz '{from}', timestamptz '{to}' - INTERVAL '1 minute', INTERVAL '1 minute') AS time;"
    );
    server
        .db
        .execute_unprepared(&fill)
        .await
        .context("fill the tables")?;
    let began = Instant::now();
    let done = catch_up(&server.db).await?;
    println!(
        "rolling up {} minutes, {} hours and {} days: {:.1} s",
        done.minutes,
        done.hours,
        done.days,
        began.elapsed().as_secs_f64()
    );
    for table in [
        "reading",
        "reading_1m",
        "reading_1h",
        "reading_1d",
        "rollup_dirty",
        "rollup_due",
    ] {
        server
            .db
            .execute_unprepared(&format!("VACUUM ANALYZE {table}"))
            .await?;
    }
    Ok(())
}

async fn ask_plainly(
    server: &Server,
    sensors: &[i32],
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> anyhow::Result<Duration> {
    let pool = server.db.get_postgres_connection_pool();
    let began = Instant::now();
    let rows: Vec<(i32, DateTime<Utc>, i64, f64, f64, f64)> = sqlx::query_as(PLAIN)
        .bind(sensors)
        .bind(from)
        .bind(to)
        .fetch_all(pool)
        .await?;
    let took = began.elapsed();
    anyhow::ensure!(rows.len() == SENSORS * HOURS, "{} rows", rows.len());
    Ok(took)
}

async fn ask_plainly_for_all(
    server: &Server,
    sensors: &[i32],
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> anyhow::Result<Duration> {
    let pool = server.db.get_postgres_connection_pool();
    let began = Instant::now();
    let rows: Vec<WholeRow> = sqlx::query_as(PLAIN_WHOLE)
        .bind(sensors)
        .bind(from)
        .bind(to)
        .fetch_all(pool)
        .await?;
    let took = began.elapsed();
    anyhow::ensure!(rows.len() == SENSORS * HOURS, "{} rows", rows.len());
    Ok(took)
}

async fn ask_entity(
    server: &Server,
    sensors: &[i32],
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> anyhow::Result<Duration> {
    let edges: Vec<DateTime<Utc>> = (0..=HOURS)
        .map(|hour| from + TimeDelta::hours(hour as i64))
        .collect();
    let of = AggregatesOf {
        sensors,
        edges: &edges,
        range: TimeRange { from, to },
        flags: FlagSet::SERVED,
        numbers: Numbers {
            times: false,
            lines: false,
            ..Numbers::ALL
        },
        crossed: false,
    };
    let began = Instant::now();
    let answer = aggregates(&server.db, &Scope::Everything, &of).await?;
    let took = began.elapsed();
    let buckets: usize = answer.values().map(Vec::len).sum();
    anyhow::ensure!(buckets == SENSORS * HOURS, "{buckets} buckets");
    Ok(took)
}

async fn ask_over_http(
    client: &reqwest::Client,
    address: std::net::SocketAddr,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> anyhow::Result<(Duration, usize)> {
    let names: Vec<String> = (0..SENSORS).map(|number| format!("Sensor {number}")).collect();
    let body = json!({ "query": QUESTION, "variables": { "sensors": names, "from": from, "to": to } });
    let began = Instant::now();
    let answer = client
        .post(format!("http://{address}/graphql"))
        .json(&body)
        .send()
        .await?;
    let bytes = answer.bytes().await?;
    let took = began.elapsed();
    let answer: serde_json::Value = serde_json::from_slice(&bytes)?;
    let buckets: usize = answer["data"]["aggregates"]
        .as_array()
        .with_context(|| format!("no answer: {}", answer["errors"]))?
        .iter()
        .map(|series| series["buckets"].as_array().map_or(0, Vec::len))
        .sum();
    anyhow::ensure!(buckets == SENSORS * HOURS, "{buckets} buckets over HTTP");
    Ok((took, bytes.len()))
}
