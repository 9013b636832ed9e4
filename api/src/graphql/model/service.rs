//! The service itself.

use async_graphql::{Context, Enum, Object, SimpleObject};
use entity::keys::Role;
use entity::query::service::{self, Backend as BackendRow};
use tokio::sync::OnceCell;

use super::Dataset;
use super::live::LiveLimits;
use crate::access::{self, Access};
use crate::datasets;
use crate::graphql::error::{ApiError, Nullable};
use crate::graphql::request::ContextExt as _;
use crate::graphql::scalar::DateTime;
use crate::options;

/// What answers here.
#[derive(Debug, Default)]
pub(crate) struct Service {
    backend: OnceCell<BackendRow>,
}

impl Service {
    /// The database, asked once.
    async fn backend_row(&self, ctx: &Context<'_>) -> Result<&BackendRow, ApiError> {
        Ok(self
            .backend
            .get_or_try_init(|| service::backend(ctx.db()))
            .await?)
    }
}

/// What answers here.
#[Object]
impl Service {
    /// Its name: Fieldbook.
    async fn name(&self) -> &'static str {
        "Fieldbook"
    }

    /// Its version.
    async fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }

    /// The newest migration that the database has; null when it has none, or does not answer.
    async fn schema_version(&self, ctx: &Context<'_>) -> Nullable<String> {
        self.backend_row(ctx)
            .await
            .map(|row| row.schema_version.clone())
            .transpose()
    }

    /// The database behind it; null when it does not answer.
    async fn backend(&self, ctx: &Context<'_>) -> Nullable<Backend> {
        let row = self.backend_row(ctx).await.cloned();
        Some(row.map(|row| Backend {
            server: row.server,
            timescaledb: row.timescaledb,
            timescaledb_license: row.timescaledb_license,
        }))
    }

    /// The limits of questions and answers.
    async fn limits(&self, ctx: &Context<'_>) -> Limits {
        Limits::from(ctx.limits())
    }

    /// The limits of subscriptions.
    async fn live_limits(&self, ctx: &Context<'_>) -> LiveLimits {
        LiveLimits::from(&ctx.state().options().live)
    }

    /// The IANA name of the zone that buckets of a day and more follow, where a question does not name one.
    async fn time_zone(&self, ctx: &Context<'_>) -> &'static str {
        ctx.state().options().time_zone.name()
    }

    /// What somebody without a key may see.
    async fn anonymous_access(&self, ctx: &Context<'_>) -> AnonymousAccess {
        ctx.state().options().anonymous.into()
    }

    /// Who asks this, and with what.
    async fn asker(&self, ctx: &Context<'_>) -> Asker {
        Asker::of(&ctx.asked().access)
    }

    /// How a browser signs in, besides with a key.
    async fn sign_in(&self, ctx: &Context<'_>) -> SignIn {
        let issuer = ctx.state().sign_in_issuer();
        SignIn {
            oidc: issuer.is_some(),
            issuer: issuer.map(ToOwned::to_owned),
        }
    }

    /// What Fieldbook keeps: everything whose data is open to the asker, and of the rest what the operator lists. The same
    /// as `datasets`, all on one page.
    async fn datasets(&self, ctx: &Context<'_>) -> Result<Vec<Dataset>, ApiError> {
        let seen = datasets::seen_by(ctx.state(), &ctx.asked().access).await?;
        Ok(Dataset::seen(&seen))
    }

    /// The service's clock.
    async fn now(&self, ctx: &Context<'_>) -> DateTime {
        DateTime(ctx.asked().at)
    }
}

/// The database behind the service.
#[derive(Debug, SimpleObject)]
pub(crate) struct Backend {
    /// The server and its version, such as `PostgreSQL 17.6`.
    server: String,
    /// The version of TimescaleDB; null where it is not in use.
    timescaledb: Option<String>,
    /// TimescaleDB's licence: `timescale` or `apache`; null where it is not in use.
    timescaledb_license: Option<String>,
}

/// What somebody without a key may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "options::Anonymous")]
pub(crate) enum AnonymousAccess {
    /// Nothing.
    None,
    /// What the service is and which datasets it keeps.
    Catalogue,
    /// Everything.
    Data,
}

/// Who asks.
#[derive(Debug, SimpleObject)]
pub(crate) struct Asker {
    /// With what they say who they are.
    kind: AskerKind,
    /// The name that the operator gave to the key, or the subject (`sub`) of the token; null without either.
    name: Option<String>,
    /// The beginning of the key, by which lists and logs name it; null without a key.
    key_prefix: Option<String>,
    /// What they are: `reader`, `steward` or `admin`, each including the ones before; null without a key or token.
    role: Option<&'static str>,
    /// What to call them on a page: the name that the issuer says, or else the same as `name`; null without either.
    display_name: Option<String>,
    /// Whether they signed in with a browser, and show the cookie of that.
    signed_in: bool,
    /// When the session, key or token ends; null where it lasts until it is revoked.
    ends_at: Option<DateTime>,
    /// Whether they may make keys of their own and ask for access: not with nothing, nor with a key that was so made.
    has_own_keys: bool,
}

/// How a browser signs in, besides with a key (`POST /sign-in`).
#[derive(Debug, SimpleObject)]
pub(crate) struct SignIn {
    /// Whether at an OpenID Connect issuer, too (`GET /sign-in/oidc?next=`).
    oidc: bool,
    /// The host of the issuer; null without one.
    issuer: Option<String>,
}

/// With what somebody says who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum AskerKind {
    /// With nothing.
    Anonymous,
    /// With a key of Fieldbook.
    Key,
    /// With a token of an OpenID Connect issuer, or signed in there.
    Token,
}

impl Asker {
    fn of(access: &Access) -> Self {
        let asker = access.asker();
        let (kind, name, key_prefix) = match asker {
            access::Asker::Anonymous => (AskerKind::Anonymous, None, None),
            access::Asker::Key { name, prefix, .. } => {
                (AskerKind::Key, Some(name.clone()), Some(prefix.clone()))
            }
            access::Asker::Subject { claims, .. } => (AskerKind::Token, Some(claims.subject.clone()), None),
        };
        Self {
            kind,
            name,
            key_prefix,
            role: asker.role().map(Role::as_str),
            display_name: access.called(),
            signed_in: access.is_signed_in(),
            ends_at: access.ends_at().map(DateTime),
            has_own_keys: access.holder().is_ok(),
        }
    }
}

/// The limits of questions and answers. A question over one of them gets `LIMIT_EXCEEDED`; no answer is cut short.
#[derive(Debug, SimpleObject)]
pub(crate) struct Limits {
    /// Items of one page.
    first: u32,
    /// `maxPoints` of one series.
    max_points: u32,
    /// Readings in the series of one answer, all of them together.
    answer_points: f64,
    /// Buckets of aggregates in one answer, all of them together, those without readings counted too.
    answer_buckets: f64,
    /// Values in the buckets of one answer: each selected field of each bucket.
    answer_bucket_values: f64,
    /// Days of readings that the aggregates of one answer may have to take one by one, of all sensors together: those
    /// with `includeFailed`, and in buckets that are no whole minutes.
    reading_days: u32,
    /// Sensors that one question may name, or one filter may match where all of them are needed.
    sensors: u32,
    /// Sensors of one `series`.
    series_sensors: u32,
    /// Characters of a name or a text.
    text_chars: u32,
    /// Readings counted one by one for `totalCount`.
    count_exact: f64,
    /// Bytes of a document.
    document_bytes: f64,
    /// Tokens of a document.
    document_tokens: f64,
    /// Fields below each other.
    depth: f64,
    /// Fields selected in one document, each use of a fragment counted.
    selections: f64,
    /// Aliases in one document, each use of a fragment counted.
    aliases: f64,
    /// Directives on one field.
    directives: f64,
    /// Fields side by side in one selection, each use of a fragment counted.
    breadth: f64,
    /// Roots of one document that ask the database.
    roots: f64,
    /// Lists of `fields`, `inputFields`, `interfaces` and `possibleTypes` below each other, in questions about the schema.
    introspection: f64,
    /// Values in the variables of one request, lists and objects counted too.
    variable_values: f64,
    /// Values that an answer may have to hold, reckoned from the pages asked for: `extensions.cost.values`.
    cost: f64,
    /// Stored rows that an answer may have to be taken from, reckoned from sensors × range ÷ bucket with a reading of each
    /// sensor a minute: `extensions.cost.rows`.
    rows: f64,
    /// Raw messages of one answer: `extensions.cost.rawMessages`.
    raw_messages: f64,
    /// Bytes of the raw messages of one answer, all of them together.
    raw_bytes: f64,
    /// Days whose quality is measured for one answer, of each sensor.
    quality_days: u32,
    /// Readings whose quality is measured for one answer, of all sensors together.
    quality_readings: f64,
    /// Reports of quality in one `quality`, sensors × windows; where a dataset is asked for, its sensors.
    quality_reports: u32,
    /// Exports that run at once.
    exports: f64,
    /// Sensors of one export.
    export_sensors: u32,
    /// Bytes of a request's body.
    body_bytes: f64,
    /// Requests a second of one key, of one subject of an issuer, or of one address without either; 0 for any number. A
    /// key may have a limit of its own.
    requests_per_second: u32,
    /// Requests at once, of somebody who asked little before.
    requests_burst: u32,
    /// Seconds until an answer is given up.
    request_seconds: f64,
}

#[expect(clippy::cast_precision_loss, reason = "limits stay far below 2^53")]
impl From<&options::Limits> for Limits {
    fn from(limits: &options::Limits) -> Self {
        Self {
            first: limits.first_max,
            max_points: limits.points_max,
            answer_points: limits.answer_points_max as f64,
            answer_buckets: limits.answer_buckets_max as f64,
            answer_bucket_values: limits.answer_bucket_values_max as f64,
            reading_days: limits.reading_days_max,
            sensors: limits.sensors_max,
            series_sensors: limits.series_sensors_max,
            text_chars: limits.text_chars_max,
            count_exact: limits.count_exact_max as f64,
            document_bytes: limits.document_bytes_max as f64,
            document_tokens: limits.document_tokens_max as f64,
            depth: limits.depth_max as f64,
            selections: limits.selections_max as f64,
            aliases: limits.aliases_max as f64,
            directives: limits.directives_max as f64,
            breadth: limits.breadth_max as f64,
            roots: limits.roots_max as f64,
            introspection: limits.introspection_max as f64,
            variable_values: limits.variable_values_max as f64,
            cost: limits.cost_max as f64,
            rows: limits.rows_max as f64,
            raw_messages: limits.raw_messages_max as f64,
            raw_bytes: limits.raw_bytes_max as f64,
            quality_days: limits.quality_days_max,
            quality_readings: limits.quality_readings_max as f64,
            quality_reports: limits.quality_reports_max,
            exports: limits.exports_max as f64,
            export_sensors: limits.export_sensors_max,
            body_bytes: limits.body_bytes_max as f64,
            requests_per_second: limits.requests_per_second_max,
            requests_burst: limits.requests_burst_max,
            request_seconds: limits.request_timeout.as_secs_f64(),
        }
    }
}
