//! Keys that their users make.

use async_graphql::{Enum, ID, InputObject, SimpleObject};
use chrono::Utc;
use entity::keys::{Key, Role};

use super::sensor::Label;
use crate::graphql::scalar::DateTime;

/// A key that the asker made. It never opens more than they may see themselves.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct OwnKey {
    /// Its id.
    id: ID,
    /// How it begins, by which lists and logs name it.
    prefix: String,
    /// Who or what it is for.
    name: String,
    /// What its holder is at most.
    role: KeyRole,
    /// The slugs of the datasets that it opens; null for all that are open to the asker.
    datasets: Option<Vec<String>>,
    /// It opens sensors of one of these types only; null for any type.
    sensor_types: Option<Vec<String>>,
    /// It opens sensors with all of these labels only.
    sensor_labels: Vec<Label>,
    /// Requests that it may make in a minute, which count as the asker's, too; null for as many as the asker.
    requests_per_minute: Option<u32>,
    /// When it was made.
    created_at: DateTime,
    /// From when it is no longer taken; null where it lasts as long as what it was made with.
    expires_at: Option<DateTime>,
    /// When it was revoked; null while it is not.
    revoked_at: Option<DateTime>,
    /// When it was last used, to the minute; null when it never was.
    last_used_at: Option<DateTime>,
    /// Whether it is neither revoked nor expired.
    is_good: bool,
}

impl OwnKey {
    /// As it is at that instant.
    pub(crate) fn new(key: Key, now: chrono::DateTime<Utc>) -> Self {
        let is_good = key.is_usable(now);
        let labels = key.sensors.labels.into_iter();
        Self {
            id: key.id.into(),
            prefix: key.prefix,
            name: key.name,
            role: key.role.into(),
            datasets: key.datasets,
            sensor_types: key.sensors.types,
            sensor_labels: labels.map(|(key, value)| Label { key, value }).collect(),
            requests_per_minute: key.requests_per_minute,
            created_at: DateTime(key.created_at),
            expires_at: key.expires_at.map(DateTime),
            revoked_at: key.revoked_at.map(DateTime),
            last_used_at: key.last_used_at.map(DateTime),
            is_good,
        }
    }
}

/// What the holder of a key is; each includes the ones before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Role")]
pub(crate) enum KeyRole {
    /// Reads what its limits leave.
    Reader,
    /// Looks after the data, too.
    Steward,
    /// Looks after the service, too.
    Admin,
}

/// A key that was just made: the only time that it is shown.
#[derive(Debug, SimpleObject)]
pub(crate) struct CreatedKey {
    /// All of it, to be kept where it is used: it can't be shown again.
    pub(crate) secret: String,
    /// What is known of it from now on.
    pub(crate) key: OwnKey,
}

/// A key to be made.
#[derive(Debug, InputObject)]
pub(crate) struct CreateKeyInput {
    /// Who or what it is for: one line of up to 200 characters.
    pub(crate) name: String,
    /// From when it is no longer taken. Default: it lasts as long as the key that it is made with; made by somebody who signed
    /// in at an issuer, 90 days, which is also the most.
    pub(crate) expires_at: Option<DateTime>,
    /// What its holder is, at most what the asker is. Default: a reader.
    pub(crate) role: Option<KeyRole>,
    /// The slugs of the datasets that it opens, each open to the asker; up to 100. Default: all that are.
    pub(crate) datasets: Option<Vec<String>>,
    /// It opens sensors of one of these types only; up to 100. Default: of any type.
    pub(crate) sensor_types: Option<Vec<String>>,
    /// It opens sensors with all of these labels only; up to 100. Default: any labels.
    pub(crate) sensor_labels: Option<Vec<LabelInput>>,
    /// Requests that it may make in a minute, from 1 to 1,000,000. Default: as many as the asker, with whom it shares them.
    pub(crate) requests_per_minute: Option<i32>,
}

/// What a sensor is labelled with.
#[derive(Debug, InputObject)]
pub(crate) struct LabelInput {
    /// What it is about, such as `site`.
    pub(crate) key: String,
    /// What it says, exactly.
    pub(crate) value: String,
}
