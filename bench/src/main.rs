//! Benchmarks: each figure beside its peer or its limit, measured in the same run.
//!
//! `make bench` runs all of them on private servers in temporary directories and prints the lines of
//! `docs/benchmarks.md`.

#![expect(clippy::print_stdout, reason = "figures are what it is for")]
#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "rows and readings are made from small counters"
)]

mod buckets;
mod catalogue;
mod export;
mod graphql;
mod ingest;
mod late;
mod live;
mod loading;
mod pages;
mod quality;
mod refreshing;
mod replay;
mod report;
mod server;

use clap::{Parser, ValueEnum};

/// Runs benchmarks; without a name, all of them.
#[derive(Debug, Parser)]
struct Cli {
    /// Which ones.
    names: Vec<Name>,
    /// With how many million readings GraphQL is asked again; 100 take some 12 GB of disk.
    #[arg(long, value_delimiter = ',', default_value = "10")]
    millions: Vec<usize>,
    /// Repetitions of each measurement; the median is told.
    #[arg(long, default_value_t = 3)]
    runs: usize,
    /// How long the whole way is under 20,000 messages a second.
    #[arg(long, default_value_t = 10)]
    minutes: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Name {
    /// Loading with rollups beside loading without.
    Loading,
    /// 72,000 hourly buckets beside plain SQL on the rollup.
    Buckets,
    /// One late reading beside `TimescaleDB`'s continuous aggregates.
    Late,
    /// Questions over HTTP beside `PostGraphile` and pgbench.
    Graphql,
    /// Exports of ten million readings beside COPY.
    Export,
    /// Subscribers: delay from commit to receipt, and processor time.
    Live,
    /// The list of datasets and searches beside a handler that only gives the same bytes.
    Catalogue,
    /// Pages in a browser: time, weight, Lighthouse's marks, and a year in the plot.
    Pages,
    /// Measuring the quality of sensors that send each second, as a share of a core.
    Quality,
    /// The archive, and a file, into an empty database beside COPY.
    Replay,
    /// QoS 1 into the journal and back beside a subscriber that only acknowledges, on disks of three speeds.
    Receiving,
    /// The loader beside a program that sends the same statements, clean and full of duplicates.
    Loader,
    /// From publishing to the database and to S3: delay, pace, memory.
    Whole,
    /// Bytes of a raw message on S3 beside JSON lines and one compressed file.
    Raw,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    let wanted = |name| cli.names.is_empty() || cli.names.contains(&name);
    report::machine();
    if wanted(Name::Loading) {
        loading::run(cli.runs).await?;
    }
    if wanted(Name::Buckets) {
        buckets::run(cli.runs).await?;
    }
    if wanted(Name::Late) {
        late::run(cli.runs).await?;
    }
    if wanted(Name::Graphql) {
        graphql::run(cli.runs, &cli.millions).await?;
    }
    if wanted(Name::Export) {
        export::run(cli.runs).await?;
    }
    if wanted(Name::Live) {
        live::run(cli.runs).await?;
    }
    if wanted(Name::Catalogue) {
        catalogue::run(cli.runs).await?;
    }
    if wanted(Name::Pages) {
        pages::run(cli.runs).await?;
    }
    if wanted(Name::Quality) {
        quality::run(cli.runs).await?;
        loading::beside_catalogue(cli.runs.max(7)).await?;
    }
    if wanted(Name::Replay) {
        replay::run(cli.runs).await?;
    }
    if wanted(Name::Receiving) {
        ingest::receiving(cli.runs).await?;
    }
    if wanted(Name::Loader) {
        ingest::loader(cli.runs).await?;
    }
    if wanted(Name::Raw) {
        ingest::raw()?;
    }
    if wanted(Name::Whole) {
        ingest::whole(cli.minutes).await?;
    }
    Ok(())
}
