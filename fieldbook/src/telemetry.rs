//! Logs and metrics of the process.

use anyhow::Context as _;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

use crate::cli::{LogArgs, LogFormat};

/// Logs to standard error; `default` where nothing else is asked for.
pub(crate) fn log(args: &LogArgs, default: &str) -> anyhow::Result<()> {
    let filter = args.log.as_deref().unwrap_or(default);
    let filter = EnvFilter::try_new(filter).with_context(|| {
        format!("read --log {filter:?}: info is expected, or a filter such as warn,ingestor=debug")
    })?;
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    match args.log_format {
        LogFormat::Text => subscriber.with_target(false).init(),
        LogFormat::Json => subscriber.json().init(),
    }
    Ok(())
}

/// Collects metrics from now on; the handle renders them.
pub(crate) fn metrics() -> anyhow::Result<PrometheusHandle> {
    PrometheusBuilder::new()
        .install_recorder()
        .context("install the metrics recorder")
}
