//! Logs and metrics of the process.

mod log;

use std::net::SocketAddr;

use anyhow::Context as _;
use axum::Router;
use axum::routing::get;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;

pub(crate) use log::{Log, Logs};

/// Collects metrics from now on; the handle renders them.
pub(crate) fn metrics() -> anyhow::Result<PrometheusHandle> {
    PrometheusBuilder::new()
        .install_recorder()
        .context("install the metrics recorder")
}

/// Serves `/healthz` and `/metrics` of a process without an API, until dropped.
pub(crate) async fn serve_metrics(
    address: SocketAddr,
    metrics: PrometheusHandle,
) -> anyhow::Result<AbortOnDropHandle<()>> {
    anyhow::ensure!(
        address.ip().is_loopback(),
        "--metrics {address} is beyond loopback, and metrics ask for no key: choose an address such as 127.0.0.1:9100"
    );
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("listen on {address}: choose another address with --metrics"))?;
    let router = Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/metrics", get(async move || metrics.render()));
    Ok(AbortOnDropHandle::new(tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, router).await {
            tracing::error!("metrics are no longer served: {error}");
        }
    })))
}
