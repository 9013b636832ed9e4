//! `fieldbook ingest`: from the broker into the journal, onto S3 and into the database.

use anyhow::Context as _;

use crate::cli::IngestArgs;
use crate::{OpenDisk, signals, sources, telemetry, wiring};

pub(crate) async fn run(args: IngestArgs, disk: OpenDisk) -> anyhow::Result<()> {
    let shutdown = signals::shutdown()?;
    let metrics = telemetry::metrics()?;
    let _metrics = match args.metrics {
        Some(address) => Some(telemetry::serve_metrics(address, metrics).await?),
        None => None,
    };
    let config = wiring::store_config(&args.store)?;
    let journal_dir = args.data.journal_dir();
    let sources = sources::configured(&args.source, args.mqtt_url.as_ref())?;
    let options = wiring::ingestor_options(&journal_dir, &sources, &args.ingest);
    let db = wiring::ingest_database(&args.database_url).await?;
    let store = wiring::open_store(&config).await?;
    let list = args.sensors.as_deref().map(super::read_sensor_list).transpose()?;

    let mut ingestor = wiring::start_ingestor(options, disk, db, store)?;
    if let Some((text, list)) = list {
        super::warn_of(&list);
        let imported = ingestor
            .import_sensors(&args.source.source, &text)
            .await
            .context("import the sensor list")?;
        tracing::info!(sensors = imported.sensors, "the sensor list is in the journal");
    }
    wiring::declare(&ingestor, &sources).await?;
    for configured in &sources {
        tracing::info!(
            source = configured.source.name,
            "receiving from {}",
            configured.broker
        );
    }
    let failed = tokio::select! {
        () = shutdown.cancelled() => None,
        error = ingestor.failed() => Some(error),
    };
    let stopped = ingestor.stop().await;
    match failed {
        Some(error) => Err(error.into()),
        None => stopped.context("stop the ingestor"),
    }
}
