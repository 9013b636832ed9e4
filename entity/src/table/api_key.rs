//! `api_key`: the keys of programs and people.

use sea_orm::entity::prelude::*;

/// A row of `api_key`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "api_key")]
pub struct Model {
    /// Lasting identity of the key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// SHA-256 of the key's text. The key can't be computed from it.
    pub sha256: Vec<u8>,
    /// The beginning of the key, such as `fb_7k2mq4xa`: by it lists and logs name the key.
    pub prefix: String,
    /// Who or what the key is for, in the operator's words. Two keys may have one name, as while one replaces the other.
    pub name: String,
    /// What its holder is: reader, steward or admin; each includes the ones before.
    pub role: String,
    /// The datasets whose data it opens, by slug; empty for all.
    pub datasets: Option<Vec<String>>,
    /// It opens only sensors of one of these types (`sensor.type`); empty for sensors of any type.
    pub sensor_types: Option<Vec<String>>,
    /// It opens only sensors that have all of these labels (`sensor.labels`), a JSON object of texts; {} for any labels.
    #[sea_orm(column_type = "JsonBinary")]
    pub sensor_labels: Json,
    /// Requests that it may make in a minute; empty for the service's own limit.
    pub requests_per_minute: Option<i32>,
    /// When it was made (UTC, the clock of the machine that made it).
    pub created_at: DateTimeUtc,
    /// From when it is no longer taken (UTC); empty for never.
    pub expires_at: Option<DateTimeUtc>,
    /// When it was revoked (UTC), and is no longer taken; empty while it is good.
    pub revoked_at: Option<DateTimeUtc>,
    /// When it was last used (UTC, the API's clock), to the minute; empty when it never was.
    pub last_used_at: Option<DateTimeUtc>,
    /// The key whose holder made this one; empty for others.
    pub owner_key: Option<Uuid>,
    /// The issuer of the subject who made it; empty for others.
    pub owner_issuer: Option<String>,
    /// The subject who made it; empty for others.
    pub owner_subject: Option<String>,
}

/// No relations: keys lead from table to table.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
