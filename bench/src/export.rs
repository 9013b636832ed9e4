//! Exports over HTTP: readings a second of each format beside `COPY … TO STDOUT` of the same table, in one run, and the
//! most memory that Fieldbook took for them.
//!
//! Fieldbook is a process of this build and sends over loopback, uncompressed; what is read is counted and thrown away. COPY
//! sends four columns as they are stored, in no order; an export sorts by time and has the sensor's name, source, type and
//! unit beside them.

use std::time::Instant;

use anyhow::Context as _;
use futures_util::TryStreamExt as _;
use sqlx::postgres::PgPoolCopyExt as _;

use crate::graphql::data::{self, Layout};
use crate::graphql::peer::Peer;
use crate::report::{Median, median};
use crate::server::Server;

const MILLIONS: usize = 10;

const FORMATS: [&str; 4] = ["csv", "ndjson", "parquet", "arrow"];

const COPY: &str = "COPY reading (time, value, sensor_id, flag) TO STDOUT (FORMAT csv)";

pub(crate) async fn run(runs: usize) -> anyhow::Result<()> {
    for layout in [Layout::ByTime, Layout::BySensor] {
        measure(runs, layout).await?;
    }
    Ok(())
}

async fn measure(runs: usize, layout: Layout) -> anyhow::Result<()> {
    let server = Server::start().await?;
    data::fill(&server.db, layout, 0, MILLIONS).await?;
    let mut limit = Vec::new();
    let mut ours = vec![Vec::new(); FORMATS.len()];
    let mut memory = [0.0_f64; FORMATS.len()];
    // The first round warms up.
    for run in 0..=runs {
        let rate = rate(copy(&server).await?);
        limit.extend((run > 0).then_some(rate));
        for (at, format) in FORMATS.iter().enumerate() {
            // A process of its own for each, whose peak is that of one export.
            let fieldbook = Peer::fieldbook(&server.url).await?;
            let rate = self::rate(export(&fieldbook, format).await?);
            memory[at] = memory[at].max(fieldbook.peak_megabytes()?);
            fieldbook.stop().await?;
            ours[at].extend((run > 0).then_some(rate));
        }
    }
    let limit = median(limit);
    println!("{MILLIONS} million readings lying {layout:?}; COPY as CSV: {limit} readings/s");
    for (at, format) in FORMATS.iter().enumerate() {
        let ours: Median = median(ours[at].iter().copied());
        println!(
            "readings.{format}: {ours} readings/s, {:.2} of COPY; at most {:.0} MB",
            ours.middle / limit.middle,
            memory[at],
        );
    }
    server.stop().await
}

/// Seconds until all is there.
async fn copy(server: &Server) -> anyhow::Result<f64> {
    let began = Instant::now();
    let mut rows = server
        .db
        .get_postgres_connection_pool()
        .copy_out_raw(COPY)
        .await?;
    let mut bytes = 0;
    while let Some(part) = rows.try_next().await.context("copy the readings")? {
        bytes += part.len();
    }
    anyhow::ensure!(bytes > 0, "COPY gave nothing");
    Ok(began.elapsed().as_secs_f64())
}

/// Seconds until all is there.
async fn export(fieldbook: &Peer, format: &str) -> anyhow::Result<f64> {
    let path = format!("/export/readings.{format}?from=2026-01-01&to=2027-01-01");
    let began = Instant::now();
    let (mut bytes, mut lines) = (0, 0);
    let mut response = fieldbook.get(&path).await?.error_for_status()?;
    let is_text = matches!(format, "csv" | "ndjson");
    while let Some(part) = response.chunk().await.context("read the export")? {
        bytes += part.len();
        if is_text {
            lines += part.split(|byte| *byte == b'\n').count() - 1;
        }
    }
    let took = began.elapsed().as_secs_f64();
    anyhow::ensure!(bytes > 0, "the export gave nothing");
    let head = usize::from(format == "csv");
    anyhow::ensure!(
        !is_text || lines == MILLIONS * 1_000_000 + head,
        "the export has {lines} lines"
    );
    Ok(took)
}

fn rate(seconds: f64) -> f64 {
    MILLIONS as f64 * 1e6 / seconds
}
