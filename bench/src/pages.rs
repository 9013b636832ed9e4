//! The pages in a browser, with 10,000 sensors, one of which sent each second for a year.
//!
//! `bench/browser/pages.mjs` drives Chromium and prints the lines; Fieldbook is a process of this build.

use std::path::Path;
use std::time::Instant;

use anyhow::Context as _;
use chrono::{DurationRound as _, TimeDelta, Utc};
use sea_orm::ConnectionTrait as _;
use serde_json::Value;

use crate::catalogue;
use crate::graphql::peer::Peer;
use crate::refreshing::catch_up;
use crate::server::Server;

const DAYS: usize = 365;

pub(crate) async fn run(runs: usize) -> anyhow::Result<()> {
    let server = Server::start().await?;
    catalogue::fill(&server).await?;
    // It measures quality while the year is filled in.
    let ours = Peer::fieldbook(&server.url).await?;
    fill_a_year(&server).await?;
    catalogue::until_measured(&ours).await?;
    let sensor = ours
        .ask(
            "{ sensors(first: 1, orderBy: NAME_ASC) { nodes { id } } }",
            &Value::Null,
        )
        .await?;
    let uuid = sensor["sensors"]["nodes"][0]["id"]
        .as_str()
        .context("there is no sensor")?;
    let root = ours.url.trim_end_matches("/graphql");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("browser");
    let mut script = testbed::clients::node_of(&folder, "pages.mjs").await;
    script
        .args([
            root,
            "/datasets/readings",
            &format!("/sensors/{uuid}"),
            &runs.to_string(),
        ])
        .stdout(std::process::Stdio::inherit());
    let status = script.status().await.context("run node")?;
    anyhow::ensure!(status.success(), "the browser's script ended: {status}");
    ours.stop().await?;
    server.stop().await
}

/// A reading a second of the first sensor by name, up to the hours that all have.
async fn fill_a_year(server: &Server) -> anyhow::Result<()> {
    let began = Instant::now();
    let first = "(SELECT id FROM sensor ORDER BY name LIMIT 1)";
    let ends = Utc::now().duration_trunc(TimeDelta::minutes(1))? - TimeDelta::hours(4);
    for day in 0..DAYS {
        let readings = format!(
            "WITH span AS (SELECT timestamptz '{ends}' - INTERVAL '{day} days' AS ends)
             INSERT INTO reading (time, value, received_at, seq, sensor_id, flag, journal_id)
             SELECT ends - INTERVAL '1 day' + second * INTERVAL '1 second',
                    20 + 8 * sin(second / 13750.0) + random(), ends, second, {first}, 1, 1
             FROM span, generate_series(0, 86399) AS second"
        );
        server
            .db
            .execute_unprepared(&readings)
            .await
            .context("fill in readings")?;
    }
    let notes = format!(
        "INSERT INTO rollup_dirty (bucket, wide, sensor_ids)
         SELECT timestamptz '{ends}' - minute * INTERVAL '1 minute', false, ARRAY[{first}]
         FROM generate_series(1, {}) AS minute",
        DAYS * 1_440
    );
    server
        .db
        .execute_unprepared(&notes)
        .await
        .context("note what to roll up")?;
    let done = catch_up(&server.db).await?;
    server.db.execute_unprepared("VACUUM ANALYZE reading").await?;
    println!(
        "a year of a reading a second is there after {} s: {} minutes, {} hours, {} days",
        began.elapsed().as_secs(),
        done.minutes,
        done.hours,
        done.days
    );
    Ok(())
}
