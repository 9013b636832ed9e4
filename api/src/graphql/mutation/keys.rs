//! `createKey`, `revokeKey`: keys of the asker's own.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_graphql::{Context, ID, Object};
use chrono::{TimeDelta, Utc};
use entity::keys::{self, Holder, Made, NewKey, Role, SensorLimit};
use uuid::Uuid;

use super::kept;
use crate::datasets::{self, Openable};
use crate::graphql::error::ApiError;
use crate::graphql::model::{CreateKeyInput, CreatedKey, KeyRole, LabelInput, OwnKey};
use crate::graphql::request::ContextExt as _;
use crate::key::ApiKey;

/// Good keys that somebody may have made at once.
const KEYS_MAX: u64 = 20;

/// How long a key lasts that somebody made who signed in at an issuer: here nobody hears when they leave.
const SUBJECTS_KEY_LASTS: TimeDelta = TimeDelta::days(90);

/// Characters of a name, a type, a label.
const TEXT_CHARS_MAX: usize = 200;

/// Datasets, types and labels of a key.
const LIST_MAX: usize = 100;

const REQUESTS_PER_MINUTE_MAX: i32 = 1_000_000;

#[derive(Default)]
pub(crate) struct KeysMutation;

#[Object]
impl KeysMutation {
    /// Makes a key of the asker's own, and shows it this once. It never opens more than the asker may see, whenever it is used,
    /// and ends with what it was made with. At most 20 are good at once. For whoever is known, but not for a key that was so
    /// made.
    async fn create_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What it is for, and what it opens.")] input: CreateKeyInput,
    ) -> Result<CreatedKey, ApiError> {
        let access = &ctx.asked().access;
        let owner = access.holder()?;
        let key = ApiKey::generate().map_err(|error| ApiError::Internal(Arc::new(error)))?;
        let new = new_key(ctx, input, &owner, &key).await?;
        ctx.state().remember_subject(access).await?;
        match keys::make(ctx.db(), new, &owner, KEYS_MAX).await.map_err(kept)? {
            Made::Key(made) => Ok(CreatedKey {
                secret: key.reveal().to_owned(),
                key: OwnKey::new(*made, ctx.asked().at),
            }),
            Made::TooMany => Err(ApiError::LimitExceeded {
                argument: None,
                limit: KEYS_MAX,
                asked: None,
                advice: "so many keys of yours are good already: revoke one that is no longer used"
                    .to_owned(),
            }),
        }
    }

    /// Revokes a key of the asker's own; revoked again it stays as it is. It is refused within five seconds.
    async fn revoke_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The key's id.")] id: ID,
    ) -> Result<OwnKey, ApiError> {
        let owner = ctx.asked().access.holder()?;
        let unknown = || ApiError::NotFound {
            argument: "id",
            message: format!("you made no key with the id {:?}", id.as_str()),
        };
        let uuid = Uuid::try_parse(&id).map_err(|_| unknown())?;
        let at = ctx.asked().at;
        let revoked = keys::revoke_own(ctx.db(), &owner, uuid, at).await.map_err(kept)?;
        ctx.state().rights_changed(&owner);
        Ok(OwnKey::new(revoked.ok_or_else(unknown)?, at))
    }
}

/// The key that an input describes, checked.
async fn new_key(
    ctx: &Context<'_>,
    input: CreateKeyInput,
    owner: &Holder,
    key: &ApiKey,
) -> Result<NewKey, ApiError> {
    let now = ctx.asked().at;
    let types = list("input.sensorTypes", input.sensor_types)?;
    for kind in types.iter().flatten() {
        check_text("input.sensorTypes", kind)?;
    }
    Ok(NewKey {
        hash: key.hash(),
        prefix: key.prefix().to_owned(),
        name: check_text("input.name", &input.name)?,
        role: role(ctx, input.role)?,
        datasets: opened(ctx, list("input.datasets", input.datasets)?).await?,
        sensors: SensorLimit {
            types,
            labels: labels(input.sensor_labels)?,
        },
        requests_per_minute: input.requests_per_minute.map(requests_per_minute).transpose()?,
        created_at: now,
        expires_at: expires_at(input.expires_at.map(|at| at.0), owner, now)?,
    })
}

/// Not above what the asker is.
fn role(ctx: &Context<'_>, asked: Option<KeyRole>) -> Result<Role, ApiError> {
    let own = ctx.asked().access.asker().role().unwrap_or(Role::Reader);
    let role = asked.map_or(Role::Reader, Role::from);
    if role > own {
        return Err(invalid(
            "input.role",
            format!("this is above what you are, a {own}"),
            "what you are, or less".to_owned(),
        ));
    }
    Ok(role)
}

/// The datasets that a key is to open, each open to the asker.
async fn opened(ctx: &Context<'_>, asked: Option<Vec<String>>) -> Result<Option<Vec<String>>, ApiError> {
    let Some(slugs) = asked else { return Ok(None) };
    let access = &ctx.asked().access;
    let seen = datasets::seen_by(ctx.state(), access).await?;
    for slug in &slugs {
        let found = seen.datasets().find(|dataset| dataset.described().slug == *slug);
        let found = found.ok_or_else(|| ApiError::NotFound {
            argument: "input.datasets",
            message: format!("there is no dataset {slug:?}"),
        })?;
        if let Openable::With(other) = found.openable() {
            return Err(invalid(
                "input.datasets",
                format!("{slug} is opened with {other}, and not by itself"),
                other.to_owned(),
            ));
        }
        access.dataset(slug)?;
    }
    Ok(Some(slugs))
}

fn expires_at(
    asked: Option<chrono::DateTime<Utc>>,
    owner: &Holder,
    now: chrono::DateTime<Utc>,
) -> Result<Option<chrono::DateTime<Utc>>, ApiError> {
    let latest = match owner {
        Holder::Key(_) => None,
        Holder::Subject { .. } => Some(now + SUBJECTS_KEY_LASTS),
    };
    let Some(at) = asked else { return Ok(latest) };
    if at <= now {
        return Err(invalid(
            "input.expiresAt",
            "this is over".to_owned(),
            "an instant to come".to_owned(),
        ));
    }
    if let Some(latest) = latest.filter(|latest| at > *latest) {
        return Err(invalid(
            "input.expiresAt",
            format!(
                "this is over {} days from now, and your access comes from an issuer that tells nobody here when it ends",
                SUBJECTS_KEY_LASTS.num_days()
            ),
            format!("at latest {}", crate::ask::time::format(latest)),
        ));
    }
    Ok(Some(at))
}

fn requests_per_minute(asked: i32) -> Result<u32, ApiError> {
    match u32::try_from(asked) {
        Ok(requests) if (1..=REQUESTS_PER_MINUTE_MAX).contains(&asked) => Ok(requests),
        _ => Err(invalid(
            "input.requestsPerMinute",
            format!("{asked} is no number of requests"),
            format!("an integer from 1 to {REQUESTS_PER_MINUTE_MAX}"),
        )),
    }
}

fn labels(asked: Option<Vec<LabelInput>>) -> Result<BTreeMap<String, String>, ApiError> {
    let argument = "input.sensorLabels";
    let mut labels = BTreeMap::new();
    for LabelInput { key, value } in list(argument, asked)?.into_iter().flatten() {
        check_text(argument, &key)?;
        check_text(argument, &value)?;
        if labels.insert(key.clone(), value).is_some() {
            return Err(invalid(
                argument,
                format!("{key:?} is there twice, and a sensor has each label once"),
                "each label once".to_owned(),
            ));
        }
    }
    Ok(labels)
}

/// A list that opens something: an empty one would open nothing.
fn list<T>(argument: &'static str, asked: Option<Vec<T>>) -> Result<Option<Vec<T>>, ApiError> {
    match asked {
        Some(list) if list.is_empty() => Err(invalid(
            argument,
            "an empty list opens nothing".to_owned(),
            "a list with something in it, or null for no such limit".to_owned(),
        )),
        Some(list) if list.len() > LIST_MAX => Err(ApiError::LimitExceeded {
            argument: Some(argument),
            limit: LIST_MAX as u64,
            asked: Some(list.len() as u64),
            advice: "make another key for the others".to_owned(),
        }),
        other => Ok(other),
    }
}

/// A text of one line.
fn check_text(argument: &'static str, text: &str) -> Result<String, ApiError> {
    let text = text.trim();
    let is_good =
        !text.is_empty() && text.chars().count() <= TEXT_CHARS_MAX && !text.chars().any(char::is_control);
    if is_good {
        return Ok(text.to_owned());
    }
    Err(invalid(
        argument,
        "this can't be used".to_owned(),
        format!("1 to {TEXT_CHARS_MAX} characters on one line"),
    ))
}

fn invalid(argument: &str, message: String, accepted: String) -> ApiError {
    ApiError::InvalidArgument {
        argument: argument.to_owned(),
        message,
        accepted,
    }
}
