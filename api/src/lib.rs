//! GraphQL, REST, OData and exports over the entity queries.
//!
//! | folder | owns |
//! |---|---|
//! | [`options`] | what is served where, and every limit |
//! | `access`, [`key`] | who asks, and what they may see; sessions of browsers |
//! | `datasets` | which datasets there are for an asker |
//! | `ask` | what a question may say: times, ranges, pages, cursors, sensors by name |
//! | `together` | what several requests ask at the same moment, in one statement |
//! | `buckets` | the buckets of an answer, and how empty ones are filled |
//! | `graphql` | the schema: a file per root under `query`, a file per type under `model`; the errors |
//! | `live` | subscriptions: one look at the data for all of them, cursors, what a slow one missed |
//! | `rest` | JSON for programs without GraphQL |
//! | `odata` | the entity sets for Excel, Power BI and Tableau |
//! | `export` | whole tables as CSV, JSON lines, Parquet and Arrow |
//! | `feeds` | the catalogue as DCAT-AP, ODCS, Data Package, schema.org and Atom |
//! | `http` | GraphQL over HTTP, WebSocket and server-sent events, sign-in, health, metrics, playground, headers, the request log |
//!
//! A resolver parses its arguments, asks `entity`, and maps the rows. SQL stands in `entity` alone.
//! Everything that depends on the clock takes the time of the request, read once.

mod access;
mod ask;
mod at_hand;
mod buckets;
mod datasets;
mod export;
mod feeds;
#[doc(hidden)]
pub mod fuzzing;
mod graphql;
mod http;
pub mod key;
mod live;
mod odata;
pub mod options;
mod rest;
mod search;
mod server;
mod state;
mod together;

pub use crate::graphql::error::ErrorCode;
pub use crate::graphql::sdl;
pub use crate::http::health::ReadyCheck;
pub use crate::http::pages::{Asking, Pages};
pub use crate::http::router;
pub use crate::key::ApiKey;
pub use crate::odata::ODataLimits;
pub use crate::options::{Anonymous, Limits, LiveLimits, OidcClient, OidcOptions, Options};
pub use crate::server::{ExposureError, ServeError, serve};
pub use crate::state::{ApiState, Parts};
