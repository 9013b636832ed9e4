//! What every handler shares.

use std::fmt;
use std::sync::Arc;

use entity::DatabaseConnection;
use metrics_exporter_prometheus::PrometheusHandle;

use crate::access::Authenticator;
use crate::graphql::{self, Schema};
use crate::http::conditional::Memory;
use crate::http::health::ReadyCheck;
use crate::options::Options;

/// The parts that the API works with; the binary makes them.
pub struct Parts {
    /// The pool for reading queries; it sets its own statement timeout.
    pub db: DatabaseConnection,
    /// The raw archive on S3; without it, raw messages say why they are not there.
    pub archive: Option<archive::Store>,
    /// Renders what `/metrics` shows.
    pub metrics: PrometheusHandle,
    /// What must hold, besides an answering database, before `/readyz` says yes.
    pub ready: Vec<Arc<dyn ReadyCheck>>,
}

impl fmt::Debug for Parts {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Parts")
            .field("archive", &self.archive.is_some())
            .field("ready", &self.ready.len())
            .finish_non_exhaustive()
    }
}

/// What every handler shares; cheap to clone.
#[derive(Clone)]
pub struct ApiState(Arc<Shared>);

/// The inside of [`ApiState`].
pub(crate) struct Shared {
    pub(crate) options: Options,
    pub(crate) parts: Parts,
    pub(crate) schema: Schema,
    pub(crate) authenticator: Authenticator,
    pub(crate) answers: Memory,
}

impl ApiState {
    /// Builds the schema over `parts`.
    pub fn new(options: Options, parts: Parts) -> Self {
        Self(Arc::new(Shared {
            authenticator: Authenticator::new(&options),
            options,
            parts,
            schema: graphql::schema(),
            answers: Memory::default(),
        }))
    }

    /// The options it was made with.
    pub fn options(&self) -> &Options {
        &self.0.options
    }

    pub(crate) fn db(&self) -> &DatabaseConnection {
        &self.0.parts.db
    }

    pub(crate) fn parts(&self) -> &Parts {
        &self.0.parts
    }

    pub(crate) fn schema(&self) -> &Schema {
        &self.0.schema
    }

    pub(crate) fn authenticator(&self) -> &Authenticator {
        &self.0.authenticator
    }

    /// What was answered lately.
    pub(crate) fn answers(&self) -> &Memory {
        &self.0.answers
    }
}

impl fmt::Debug for ApiState {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("ApiState")
            .field("options", &self.0.options)
            .finish_non_exhaustive()
    }
}
