//! `fieldbook serve`: GraphQL and REST.

use anyhow::Context as _;

use crate::cli::ServeArgs;
use crate::{signals, telemetry, wiring};

pub(crate) async fn run(args: ServeArgs) -> anyhow::Result<()> {
    let shutdown = signals::shutdown()?;
    let metrics = telemetry::metrics()?;
    let options = wiring::api_options(
        args.http,
        args.anonymous,
        &args.access,
        args.time_zone,
        &args.catalogue,
    )?;
    let db = wiring::api_database(&args.database_url).await?;
    migration::check(&db)
        .await
        .context("check the database's schema")?;
    let archive = wiring::api_store(&args.store)?;
    let state = wiring::api_state(options, db, archive, metrics);
    let listener = wiring::bind_api(&state).await?;
    wiring::serve_api(listener, state, shutdown.cancelled_owned())
        .await
        .context("serve the API")
}
