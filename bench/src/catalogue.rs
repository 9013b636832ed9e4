//! The catalogue over HTTP: the list of datasets and searches with 10,000 sensors, over connections that are kept, beside a bare
//! handler of axum that gives the same bytes.
//!
//! Fieldbook is a process of this build; the bare handler lives in this one, which waits meanwhile. `wrk` shares the machine.

use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::post;
use sea_orm::ConnectionTrait as _;
use serde_json::{Value, json};

use crate::graphql::load::{Load, Told};
use crate::graphql::peer::Peer;
use crate::refreshing::catch_up;
use crate::report::{Median, median};
use crate::server::Server;

pub(crate) const SENSORS: usize = 10_000;

const MANY: usize = 16;

/// How often, and how many times at most, one looks for the first figures of quality: measuring some 30,000 windows in a
/// twentieth of a core takes minutes.
const LOOKS_EVERY: Duration = Duration::from_secs(2);
const LOOKS_MAX: usize = 900;

/// The list of datasets, as a page of a catalogue shows it.
const LIST: &str = "{ datasets { totalCount { value } nodes { slug title description kind open version \
    rows { value exact } period { from to } owner { name } \
    freshness { status ageSeconds checkedAt sensors { expected fresh late stale noData } } \
    qualityStatus qualityFigures { dimension verdict value numerator denominator } } } }";

const FACETS: &str = "{ datasets { nodes { slug } facets { kinds { value count } units { value count } \
    freshness { value count } quality { value count } owners { value count } } } }";

const SEARCH: &str =
    "query ($text: String!) { search(text: $text) { kind title score snippet { text matched } } }";

/// What is searched for: one sensor, a beginning, what all have, what is misspelt, and what is nowhere.
const TEXTS: [(&str, &str); 5] = [
    ("one sensor", "sensor 4711"),
    ("two words' beginnings", "boil north"),
    ("what all sensors have", "sensor"),
    ("a misspelt word", "temprature"),
    ("nothing", "xylophone"),
];

pub(crate) async fn run(runs: usize) -> anyhow::Result<()> {
    let server = Server::start().await?;
    fill(&server).await?;
    let ours = Peer::fieldbook(&server.url).await?;
    until_measured(&ours).await?;
    let load = Load::new(&server)?;
    let searches = TEXTS.map(|(name, text)| (format!("search of {name}"), SEARCH, json!({ "text": text })));
    let questions = [
        ("list of datasets".to_owned(), LIST, Value::Null),
        ("the same, counted by facets".to_owned(), FACETS, Value::Null),
    ]
    .into_iter()
    .chain(searches);
    for (name, query, variables) in questions {
        let body = json!({ "query": query, "variables": variables });
        let bare = Bare::start(&ours, query, &variables).await?;
        let (mut alone, mut many, mut limit) = (Vec::new(), Vec::new(), Vec::new());
        // The first round warms up.
        for run in 0..=runs {
            let bodies = [body.to_string()];
            let round = [
                load.post(&ours.url, &bodies, 1).await?,
                load.post(&ours.url, &bodies, MANY).await?,
                load.post(&bare.url, &bodies, MANY).await?,
            ];
            if run > 0 {
                for (told, figures) in round.into_iter().zip([&mut alone, &mut many, &mut limit]) {
                    figures.push(told);
                }
            }
        }
        let [alone_middle, _] = latencies(&alone);
        let [middle, late] = latencies(&many);
        let (rate, bare_rate) = (rates(&many), rates(&limit));
        println!(
            "{name}, {SENSORS} sensors, {} bytes: alone {alone_middle} ms; {MANY} connections {rate} requests/s, median \
             {middle} ms, p99 {late} ms; the same bytes from a bare handler {bare_rate}: {:.2}",
            bare.bytes,
            rate.middle / bare_rate.middle,
        );
    }
    ours.stop().await?;
    server.stop().await
}

/// Waits for the first figures of quality: without them the list would be shorter than it is.
pub(crate) async fn until_measured(ours: &Peer) -> anyhow::Result<()> {
    const QUESTION: &str = "{ dataset(slug: \"readings\") { qualityFigures { value } } }";
    for _ in 0..LOOKS_MAX {
        let answer = ours.ask_text(QUESTION, &Value::Null).await?;
        if answer.contains("\"value\":") {
            return Ok(());
        }
        tokio::time::sleep(LOOKS_EVERY).await;
    }
    anyhow::bail!("no figure of quality came")
}

fn rates(told: &[Told]) -> Median {
    median(told.iter().map(|told| told.rate))
}

/// The median and the 99th percentile, in milliseconds.
fn latencies(told: &[Told]) -> [Median; 2] {
    let milliseconds = |duration: Duration| duration.as_secs_f64() * 1e3;
    [
        median(told.iter().map(|told| milliseconds(told.middle))),
        median(told.iter().map(|told| milliseconds(told.p99))),
    ]
}

/// Sensors in halls of a few sites, each with three hours of a reading every ten minutes up to now, so that whole
/// hours are measured.
pub(crate) async fn fill(server: &Server) -> anyhow::Result<()> {
    crate::server::sensors(&server.db, SENSORS).await?;
    let describe = "UPDATE sensor SET declared = true, expected_interval_seconds = 600,
            type = (ARRAY['temperature', 'pressure', 'flow', 'humidity'])[1 + id % 4],
            unit = (ARRAY['C', 'bar', 'm3/h', '%'])[1 + id % 4],
            unit_ucum = (ARRAY['Cel', 'bar', 'm3/h', '%'])[1 + id % 4],
            unit_quantity_kind =
                (ARRAY['Temperature', 'Pressure', 'VolumeFlowRate', 'RelativeHumidity'])[1 + id % 4],
            description = (ARRAY['Main entrance', 'Boiler house, second floor, behind the heat exchanger',
                                 'Pump station, inlet of line', 'Roof of the warehouse'])[1 + id / 7 % 4] || ' ' || id % 100,
            labels = jsonb_build_object('site', (ARRAY['Harbour', 'North', 'South yard', 'Airport'])[1 + id / 3 % 4],
                                        'plant', 'Plant ' || id % 20)";
    let measure = "INSERT INTO reading (time, value, received_at, seq, sensor_id, flag, journal_id)
         SELECT time, id, time, number, id, 1, 1
         FROM sensor, generate_series(0, 17) AS number,
              LATERAL (SELECT date_trunc('second', now()) - number * INTERVAL '10 minutes' AS time) AS at";
    // As the loader notes it; measuring begins with what is rolled up.
    let note = "INSERT INTO rollup_dirty (bucket, wide, sensor_ids)
         SELECT date_trunc('minute', time), false, array_agg(sensor_id) FROM reading GROUP BY 1, sensor_id / 400";
    for statement in [describe, measure, note] {
        execute(server, statement).await?;
    }
    catch_up(&server.db).await?;
    for statement in ["VACUUM ANALYZE sensor", "VACUUM ANALYZE reading"] {
        execute(server, statement).await?;
    }
    Ok(())
}

async fn execute(server: &Server, statement: &str) -> anyhow::Result<()> {
    let executed = server.db.execute_unprepared(statement).await;
    executed.context("fill the tables")?;
    Ok(())
}

/// A handler that gives what Fieldbook gave, and asks nobody.
struct Bare {
    url: String,
    bytes: usize,
    task: tokio::task::JoinHandle<std::io::Result<()>>,
}

impl Bare {
    async fn start(ours: &Peer, query: &str, variables: &Value) -> anyhow::Result<Self> {
        let answer = ours.ask_text(query, variables).await?;
        let bytes = answer.len();
        let answer = axum::body::Bytes::from(answer);
        let answers = move || async move { ([(CONTENT_TYPE, "application/graphql-response+json")], answer) };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/graphql", listener.local_addr()?);
        let router = Router::new().route("/graphql", post(answers));
        let task = tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { url, bytes, task })
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        self.task.abort();
    }
}
