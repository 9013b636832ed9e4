//! What every handler shares.

use std::fmt;
use std::sync::Arc;

use catalogue::Keeper;
use chrono::Utc;
use entity::DatabaseConnection;
use metrics_exporter_prometheus::PrometheusHandle;

use crate::access::Authenticator;
use crate::ask::days::Days;
use crate::ask::named::Named;
use crate::datasets::Hidden;
use crate::export::Exports;
use crate::graphql::document::Parsed;
use crate::graphql::{self, EventSchema, Schema};
use crate::http::conditional::Memory;
use crate::http::health::ReadyCheck;
use crate::http::pages::Pages;
use crate::live::Live;
use crate::options::Options;
use crate::search::Vocabulary;

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
    /// Makes pages for browsers; without it they get data, too.
    pub pages: Option<Arc<dyn Pages>>,
}

impl fmt::Debug for Parts {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Parts")
            .field("archive", &self.archive.is_some())
            .field("ready", &self.ready.len())
            .field("pages", &self.pages.is_some())
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
    pub(crate) event_schema: EventSchema,
    pub(crate) live: Live,
    pub(crate) exports: Exports,
    pub(crate) named: Named,
    pub(crate) days: Days,
    pub(crate) parsed: Parsed,
    pub(crate) catalogue: Keeper,
    pub(crate) hidden: Hidden,
    pub(crate) vocabulary: Vocabulary,
}

impl ApiState {
    /// Builds the schema over `parts`.
    pub fn new(options: Options, parts: Parts) -> Self {
        let live = Live::new(parts.db.clone(), options.live.clone());
        Self(Arc::new(Shared {
            live,
            exports: Exports::new(options.limits.exports_max),
            named: Named::new(&parts.db),
            days: Days::default(),
            parsed: Parsed::default(),
            catalogue: Keeper::new(
                &parts.db,
                options.annotations.clone(),
                graphql::types::types(&graphql::sdl()),
                Utc::now,
            ),
            hidden: Hidden::default(),
            vocabulary: Vocabulary::default(),
            event_schema: graphql::event_schema(),
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

    /// The quality of all sensors' days.
    pub(crate) fn days(&self) -> &Days {
        &self.0.days
    }

    /// What was answered lately.
    pub(crate) fn answers(&self) -> &Memory {
        &self.0.answers
    }

    /// Answers the events of subscriptions.
    pub(crate) fn event_schema(&self) -> &EventSchema {
        &self.0.event_schema
    }

    /// The exports that run.
    pub(crate) fn exports(&self) -> &Exports {
        &self.0.exports
    }

    /// Documents that came lately.
    pub(crate) fn parsed(&self) -> &Parsed {
        &self.0.parsed
    }

    /// Finds single sensors.
    pub(crate) fn named(&self) -> &Named {
        &self.0.named
    }

    /// What there is.
    pub fn catalogue(&self) -> &Keeper {
        &self.0.catalogue
    }

    /// Which datasets are hidden.
    pub(crate) fn hidden(&self) -> &Hidden {
        &self.0.hidden
    }

    /// The words that sensors are described with.
    pub(crate) fn vocabulary(&self) -> &Vocabulary {
        &self.0.vocabulary
    }

    pub(crate) fn live(&self) -> &Live {
        &self.0.live
    }
}

impl fmt::Debug for ApiState {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("ApiState")
            .field("options", &self.0.options)
            .finish_non_exhaustive()
    }
}
