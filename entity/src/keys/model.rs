//! A key as it is kept: everything but its text.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, Utc};
use sea_orm::{ActiveValue::Set, DbErr};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Holder, Rights, Role, UnknownRole};
use crate::table::api_key;

/// The SHA-256 of a key's text.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyHash(pub [u8; 32]);

impl fmt::Debug for KeyHash {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("KeyHash(…)")
    }
}

/// Which sensors a key opens; both must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SensorLimit {
    /// Those of any of these types; `None` for any type.
    pub types: Option<Vec<String>>,
    /// Those with all of these labels.
    pub labels: BTreeMap<String, String>,
}

impl SensorLimit {
    /// Whether it leaves every sensor.
    pub fn is_none(&self) -> bool {
        self.types.is_none() && self.labels.is_empty()
    }
}

/// A key to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewKey {
    /// Its fingerprint.
    pub hash: KeyHash,
    /// The beginning of its text.
    pub prefix: String,
    /// Who or what it is for.
    pub name: String,
    /// What its holder is.
    pub role: Role,
    /// The datasets that it opens, by slug; `None` for all.
    pub datasets: Option<Vec<String>>,
    /// The sensors that it opens.
    pub sensors: SensorLimit,
    /// Requests a minute; `None` for the service's own limit.
    pub requests_per_minute: Option<u32>,
    /// Now.
    pub created_at: DateTime<Utc>,
    /// From when it is no longer taken.
    pub expires_at: Option<DateTime<Utc>>,
}

/// A key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Its lasting identity.
    pub id: Uuid,
    /// The beginning of its text.
    pub prefix: String,
    /// Who or what it is for.
    pub name: String,
    /// What its holder is.
    pub role: Role,
    /// The datasets that it opens, by slug; `None` for all.
    pub datasets: Option<Vec<String>>,
    /// The sensors that it opens.
    pub sensors: SensorLimit,
    /// Requests a minute; `None` for the service's own limit.
    pub requests_per_minute: Option<u32>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// From when it is no longer taken.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<DateTime<Utc>>,
    /// Who made it, and may see what it opens; `None` for one of the operator's.
    pub owner: Option<Holder>,
}

impl Key {
    /// Whether it is neither revoked nor expired.
    pub fn is_usable(&self, at: DateTime<Utc>) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|expires| at < expires)
    }

    /// What it says that it opens; one that somebody made opens less where they may see less.
    pub fn rights(&self) -> Rights {
        Rights {
            role: self.role,
            datasets: self.datasets.clone(),
            sensors: self.sensors.clone(),
        }
    }
}

impl From<NewKey> for api_key::ActiveModel {
    fn from(key: NewKey) -> Self {
        Self {
            id: Set(Uuid::new_v4()),
            sha256: Set(key.hash.0.to_vec()),
            prefix: Set(key.prefix),
            name: Set(key.name),
            role: Set(key.role.as_str().to_owned()),
            datasets: Set(key.datasets),
            sensor_types: Set(key.sensors.types),
            sensor_labels: Set(json!(key.sensors.labels)),
            requests_per_minute: Set(key
                .requests_per_minute
                .map(|requests| i32::try_from(requests).unwrap_or(i32::MAX))),
            created_at: Set(key.created_at),
            expires_at: Set(key.expires_at),
            revoked_at: Set(None),
            last_used_at: Set(None),
            owner_key: Set(None),
            owner_issuer: Set(None),
            owner_subject: Set(None),
        }
    }
}

impl TryFrom<api_key::Model> for Key {
    type Error = DbErr;

    /// A row that says what this program doesn't understand opens nothing: it is an error.
    fn try_from(row: api_key::Model) -> Result<Self, DbErr> {
        let role = row.role.parse();
        let Value::Object(labels) = row.sensor_labels else {
            return Err(DbErr::Type("the labels of a key are no JSON object".to_owned()));
        };
        let labels = labels.into_iter().map(|(key, value)| match value {
            Value::String(value) => Ok((key, value)),
            _ => Err(DbErr::Type(format!("the label {key:?} of a key is no text"))),
        });
        let owner = Holder::read(row.owner_key, row.owner_issuer, row.owner_subject)?;
        Ok(Self {
            id: row.id,
            prefix: row.prefix,
            name: row.name,
            role: role.map_err(|error: UnknownRole| DbErr::Type(error.to_string()))?,
            datasets: row.datasets,
            sensors: SensorLimit {
                types: row.sensor_types,
                labels: labels.collect::<Result<_, _>>()?,
            },
            requests_per_minute: row.requests_per_minute.map(i32::unsigned_abs),
            created_at: row.created_at,
            expires_at: row.expires_at,
            revoked_at: row.revoked_at,
            last_used_at: row.last_used_at,
            owner,
        })
    }
}
