//! What may be changed, a file each: by stewards, about datasets; by whoever is known, their own keys and requests.
//!
//! Who writes is looked at before anything else of a field. What is written is on the database before the catalogue is
//! renewed, and the catalogue before the answer: a steward reads what they wrote.

mod access_requests;
mod announcements;
mod datasets;
mod keys;
mod quality_rules;
mod quarantine;

use async_graphql::{Context, MergedObject};
use catalogue::annotations::AnnotationsError;
use catalogue::quality::BadRules;
use catalogue::stewardship::{Steward, StewardError};
use entity::DbErr;
use serde::Serialize;
use serde_json::{Map, Value};

use super::error::ApiError;
use super::request::ContextExt as _;
use crate::datasets::{Seen, seen_by};

/// What stewards change: what is said and promised of datasets, what is announced, for whom they are opened, and what is
/// tried again. And what is the asker's own: keys, and requests for access.
///
/// Each change of a steward is noted: who, when, what (`stewardshipChanges`; of replays, `quarantineReplays`). Several in
/// one document are made in their order, and one that is refused undoes none of those before it. Only with POST, or on a
/// WebSocket.
#[derive(Default, MergedObject)]
pub(crate) struct Mutation(
    datasets::DatasetsMutation,
    announcements::AnnouncementsMutation,
    quality_rules::QualityRulesMutation,
    quarantine::QuarantineMutation,
    keys::KeysMutation,
    access_requests::AccessRequestsMutation,
);

/// Who writes about a dataset, which there must be for them.
async fn steward_of(ctx: &Context<'_>, argument: &'static str, slug: &str) -> Result<Steward, ApiError> {
    let access = &ctx.asked().access;
    // Before it is said whether there is such a dataset.
    access.steward()?;
    let seen = seen_by(ctx.state(), access).await?;
    if seen.datasets().any(|dataset| dataset.described().slug == slug) {
        return access.steward_of(slug);
    }
    Err(ApiError::NotFound {
        argument,
        message: format!("there is no dataset {slug:?}"),
    })
}

/// What there is, with what was just written. Where it cannot be looked at, what was written is kept all the same.
async fn renewed(ctx: &Context<'_>) -> Result<Seen, ApiError> {
    if let Err(error) = ctx.state().catalogue().renew().await {
        tracing::warn!(%error, "show what a steward wrote; it is kept");
    }
    Ok(seen_by(ctx.state(), &ctx.asked().access).await?)
}

/// What an input says, under the keys of the catalogue's file; what it leaves out is not among them.
fn words(input: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(input) {
        Ok(Value::Object(words)) => words,
        _ => Map::new(),
    }
}

fn refused(error: StewardError) -> ApiError {
    match error {
        StewardError::Refused(AnnotationsError::Value { key, value, accepted }) => {
            ApiError::InvalidArgument {
                argument: as_argument(&key),
                message: format!("this is {value}"),
                accepted: accepted.to_owned(),
            }
        }
        StewardError::Refused(AnnotationsError::Promise { at, reason }) => ApiError::InvalidArgument {
            argument: at,
            message: format!("with what is promised besides: {reason}"),
            accepted: "staleAfterSeconds that is not below lateAfterSeconds".to_owned(),
        },
        StewardError::Refused(AnnotationsError::Toml(message)) => ApiError::BadRequest { message },
        StewardError::Refused(AnnotationsError::Quality(bad)) | StewardError::Rules(bad) => bad_rules(bad),
        StewardError::NoAnnouncement => ApiError::NotFound {
            argument: "id",
            message: error.to_string(),
        },
        StewardError::TooMany => ApiError::LimitExceeded {
            argument: None,
            limit: catalogue::stewardship::STANDING_MAX,
            asked: None,
            advice:
                "so many announcements of this dataset stand already: withdraw one that no longer matters"
                    .to_owned(),
        },
        StewardError::Keep(error) => kept(error),
        StewardError::Read(_) => ApiError::Internal(std::sync::Arc::new(error)),
    }
}

/// Why the database does not keep something.
fn kept(error: DbErr) -> ApiError {
    if is_read_only(&error) {
        return ApiError::Forbidden {
            message: "this service may read its database and not write to it: docs/reference/stewards.md has what its user \
                      must be granted"
                .to_owned(),
        };
    }
    error.into()
}

fn bad_rules(BadRules(bad): BadRules) -> ApiError {
    let Some(first) = bad.into_iter().next() else {
        return ApiError::BadRequest {
            message: "these thresholds make no sense".to_owned(),
        };
    };
    // What is new may be sound, and contradict what holds for a type or a sensor.
    let (argument, message) = match first.at.strip_prefix("rules.") {
        Some(_) => (as_argument(&first.at), format!("this is {}", first.is)),
        None => (
            "rules".to_owned(),
            format!("with these, {} is {}", first.at, first.is),
        ),
    };
    ApiError::InvalidArgument {
        argument,
        message,
        accepted: first.must_be,
    }
}

/// A key of the file as GraphQL writes names: `input.late_after_seconds` is `input.lateAfterSeconds`.
fn as_argument(key: &str) -> String {
    let mut argument = String::with_capacity(key.len());
    let mut letters = key.chars();
    while let Some(letter) = letters.next() {
        if letter == '_' {
            argument.extend(letters.next().map(|next| next.to_ascii_uppercase()));
        } else {
            argument.push(letter);
        }
    }
    argument
}

/// Whether the database refuses because its user may not write.
fn is_read_only(error: &DbErr) -> bool {
    use sea_orm::{RuntimeErr, SqlxError};
    let (DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error))) = error
    else {
        return false;
    };
    // insufficient_privilege and read_only_sql_transaction.
    matches!(&**error, SqlxError::Database(error) if matches!(error.code().as_deref(), Some("42501" | "25006")))
}
