//! What is served, where, to whom and up to which limits.

use std::net::SocketAddr;
use std::time::Duration;

use catalogue::Annotations;
use catalogue::feeds::DatabaseServer;
use entity::Zone;

pub use crate::access::oidc::{OidcClient, OidcOptions, OidcOptionsError};
pub use crate::live::LiveLimits;
use crate::odata::ODataLimits;

/// How the API is served.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Where it listens. Default: `127.0.0.1:8000`.
    pub http: SocketAddr,
    /// What somebody without a key may see. Default: nothing.
    pub anonymous: Anonymous,
    /// Whether somebody wrote `anonymous` down. Only then does the API listen beyond this machine.
    pub anonymous_explicit: bool,
    /// The issuer whose tokens are taken, besides keys. Default: none.
    pub oidc: Option<OidcOptions>,
    /// The zone in which days begin where a question does not name one. Default: UTC.
    pub time_zone: Zone,
    /// The address by which others reach this service, such as `https://data.example.org`; feeds name it, and who signs in at an
    /// issuer comes back to it. Default: the one by which each request came.
    pub public_url: Option<String>,
    /// The database, as those reach it who may ask it directly; contracts name it. Default: none of them does.
    pub public_database: Option<DatabaseServer>,
    /// Whether messages are posted to webhooks of this machine and of private networks, too. Default: no.
    pub private_webhooks: bool,
    /// What people said of the datasets. Default: what Fieldbook begins with.
    pub annotations: Annotations,
    /// How long open requests may go on once the server is told to stop. Default: 10 s.
    pub drain_timeout: Duration,
    /// The limits of questions and answers.
    pub limits: Limits,
    /// The limits of subscriptions.
    pub live: LiveLimits,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            http: SocketAddr::from(([127, 0, 0, 1], 8000)),
            anonymous: Anonymous::None,
            anonymous_explicit: false,
            oidc: None,
            time_zone: Zone::UTC,
            public_url: None,
            public_database: None,
            private_webhooks: false,
            annotations: Annotations::default(),
            drain_timeout: Duration::from_secs(10),
            limits: Limits::default(),
            live: LiveLimits::default(),
        }
    }
}

/// What somebody without a key may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Anonymous {
    /// Nothing but whether the service is alive.
    #[default]
    None,
    /// What Fieldbook is and which datasets it keeps, but no sensor and no reading.
    Catalogue,
    /// Everything.
    Data,
}

/// Neither `none`, `catalogue` nor `data`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("anonymous access is one of none, catalogue and data, not {0:?}")]
pub struct UnknownAnonymous(String);

impl std::str::FromStr for Anonymous {
    type Err = UnknownAnonymous;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        match word {
            "none" => Ok(Self::None),
            "catalogue" => Ok(Self::Catalogue),
            "data" => Ok(Self::Data),
            _ => Err(UnknownAnonymous(word.to_owned())),
        }
    }
}

impl std::fmt::Display for Anonymous {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(match self {
            Self::None => "none",
            Self::Catalogue => "catalogue",
            Self::Data => "data",
        })
    }
}

/// The limits of questions and answers. A question over one of them gets `LIMIT_EXCEEDED` with the limit and what it
/// asked for; no answer is ever cut short silently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Rows of one page. Default: 10,000.
    pub first_max: u32,
    /// `maxPoints` of one series. Default: 10,000.
    pub points_max: u32,
    /// Readings in the series of one answer, all of them together. Default: 500,000.
    pub answer_points_max: u64,
    /// Buckets of aggregates in one answer, all of them together, those without readings counted too. Default: 200,000.
    pub answer_buckets_max: u64,
    /// Values in the buckets of one answer: each selected field of each bucket. Default: 4,000,000, some 80 MB.
    pub answer_bucket_values_max: u64,
    /// Days of readings that the aggregates of one answer may have to take one by one, of all sensors together: those
    /// with failed readings or other flags than usual, with percentiles, and in buckets that are no whole minutes.
    /// Default: 1,000.
    pub reading_days_max: u32,
    /// Sensors that one question may name, or one filter may match where all of them are needed. Default: 10,000.
    pub sensors_max: u32,
    /// Sensors of one `series`. Default: 100.
    pub series_sensors_max: u32,
    /// Characters of a text in a filter, and of a sensor's name. Default: 1,000.
    pub text_chars_max: u32,
    /// Readings counted one by one for `totalCount`; beyond, it is an estimate. Default: 100,000.
    pub count_exact_max: u64,
    /// Bytes of a GraphQL document. Default: 32 KiB; lists of names belong into variables.
    pub document_bytes_max: usize,
    /// Tokens of a GraphQL document. Default: 2,000.
    pub document_tokens_max: usize,
    /// Levels of fields below each other. Default: 16, one more than the standard introspection query has.
    pub depth_max: usize,
    /// Fields selected, each use of a fragment counted. Default: 2,000.
    pub selections_max: usize,
    /// Aliases, each use of a fragment counted. Default: 60.
    pub aliases_max: usize,
    /// Directives on one field. Default: 8.
    pub directives_max: usize,
    /// Fields side by side in one selection, each use of a fragment counted. Default: 250.
    pub breadth_max: usize,
    /// Roots of one document that ask the database. Default: 20.
    pub roots_max: usize,
    /// Lists of `fields`, `inputFields`, `interfaces` and `possibleTypes` below each other, in questions about the schema.
    /// Default: 3.
    pub introspection_max: usize,
    /// Values in the variables of one request, lists and objects counted too. Default: 20,000.
    pub variable_values_max: usize,
    /// The greatest number of values that an answer may have to hold, reckoned from the pages asked for.
    /// Default: 500,000.
    pub cost_max: u64,
    /// The greatest number of stored rows that an answer may have to be taken from, reckoned from sensors × range ÷ bucket
    /// with a reading of each sensor a minute. Default: 100,000,000.
    pub rows_max: u64,
    /// Raw messages of one answer. Default: 1,000.
    pub raw_messages_max: u64,
    /// Bytes of the raw messages of one answer, all of them together. Default: 32 MiB.
    pub raw_bytes_max: u64,
    /// Days whose quality is measured for one answer, of each sensor. Default: 31.
    pub quality_days_max: u32,
    /// Readings whose quality is measured for one answer, of all sensors together. Default: 5,000,000, some seconds.
    pub quality_readings_max: u64,
    /// Reports of quality in one `quality`, sensors × windows. Default: 1,000.
    pub quality_reports_max: u32,
    /// Exports that run at once; one more is refused with `RATE_LIMITED`. Default: 4.
    pub exports_max: usize,
    /// Sensors of one export. Default: 250,000, some 50 MB.
    pub export_sensors_max: u32,
    /// Bytes of a request's body. Default: 1 MiB.
    pub body_bytes_max: usize,
    /// Requests a second of one key, of one subject of an issuer, or of one address without either; 0 for any number.
    /// A key may have a limit of its own. Addresses are not counted where the API listens on loopback. Default: 50.
    pub requests_per_second_max: u32,
    /// Requests at once, of somebody who asked little before. Default: 200.
    pub requests_burst_max: u32,
    /// Wrong keys and tokens a minute of one address. Default: 60.
    pub failures_per_minute_max: u32,
    /// How long one answer may take. Default: 30 s, below the patience of the common BI tools.
    pub request_timeout: Duration,
    /// Those of OData alone.
    pub odata: ODataLimits,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            first_max: 10_000,
            points_max: 10_000,
            answer_points_max: 500_000,
            answer_buckets_max: 200_000,
            answer_bucket_values_max: 4_000_000,
            reading_days_max: 1_000,
            sensors_max: 10_000,
            series_sensors_max: 100,
            text_chars_max: 1_000,
            count_exact_max: 100_000,
            document_bytes_max: 32 * 1024,
            document_tokens_max: 2_000,
            depth_max: 16,
            selections_max: 2_000,
            aliases_max: 60,
            directives_max: 8,
            breadth_max: 250,
            roots_max: 20,
            introspection_max: 3,
            variable_values_max: 20_000,
            cost_max: 500_000,
            rows_max: 100_000_000,
            raw_messages_max: 1_000,
            raw_bytes_max: 32 * 1024 * 1024,
            quality_days_max: 31,
            quality_readings_max: 5_000_000,
            quality_reports_max: 1_000,
            exports_max: 4,
            export_sensors_max: 250_000,
            body_bytes_max: 1024 * 1024,
            requests_per_second_max: 50,
            requests_burst_max: 200,
            failures_per_minute_max: 60,
            request_timeout: Duration::from_secs(30),
            odata: ODataLimits::default(),
        }
    }
}
