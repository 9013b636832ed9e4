//! API keys: made, listed, revoked, looked up by their fingerprint, and what each of them opens.
//!
//! A key's text never comes here, only its SHA-256 ([`KeyHash`]).

mod holder;
mod model;
mod own;
mod rights;
mod role;

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, Condition, DatabaseConnection, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};
use serde_json::json;
use uuid::Uuid;

pub use self::holder::Holder;
pub use self::model::{Key, KeyHash, NewKey, SensorLimit};
pub use self::own::{Made, by_id, made_by, make, revoke_own};
pub use self::rights::Rights;
pub use self::role::{Role, UnknownRole};
use crate::Scope;
use crate::sql;
use crate::table::api_key::{self, Column};
use crate::table::sensor;

/// Writing down each use would make a write of every read.
const USE_NOTED_EVERY: TimeDelta = TimeDelta::minutes(1);

/// Adds a key.
pub async fn insert(db: &DatabaseConnection, key: NewKey) -> Result<(), DbErr> {
    api_key::Entity::insert(api_key::ActiveModel::from(key))
        .exec_without_returning(db)
        .await?;
    Ok(())
}

/// Every key there ever was, the newest first.
pub async fn list(db: &DatabaseConnection) -> Result<Vec<Key>, DbErr> {
    let rows = api_key::Entity::find()
        .order_by_desc(Column::CreatedAt)
        .order_by_asc(Column::Id)
        .all(db)
        .await?;
    rows.into_iter().map(Key::try_from).collect()
}

/// The key with this fingerprint, good or not.
pub async fn by_hash(db: &DatabaseConnection, hash: &KeyHash) -> Result<Option<Key>, DbErr> {
    let row = api_key::Entity::find()
        .filter(Column::Sha256.eq(hash.0.to_vec()))
        .one(db)
        .await?;
    row.map(Key::try_from).transpose()
}

/// Notes that a key was used; of the uses within a minute, the first.
pub async fn note_use(db: &DatabaseConnection, key: &Key, at: DateTime<Utc>) -> Result<(), DbErr> {
    let before = at - USE_NOTED_EVERY;
    if key.last_used_at.is_some_and(|last| last > before) {
        return Ok(());
    }
    // Another process may have noted it since.
    let unnoted = Condition::any()
        .add(Column::LastUsedAt.is_null())
        .add(Column::LastUsedAt.lte(before));
    api_key::Entity::update_many()
        .col_expr(Column::LastUsedAt, Expr::value(at))
        .filter(Column::Id.eq(key.id))
        .filter(unnoted)
        .exec(db)
        .await?;
    Ok(())
}

/// Whether there is a key that is good at this time.
pub async fn any_usable(db: &DatabaseConnection, at: DateTime<Utc>) -> Result<bool, DbErr> {
    let found = api_key::Entity::find()
        .filter(usable(at))
        .limit(1)
        .one(db)
        .await?;
    Ok(found.is_some())
}

fn usable(at: DateTime<Utc>) -> Condition {
    let lasts = Condition::any()
        .add(Column::ExpiresAt.is_null())
        .add(Column::ExpiresAt.gt(at));
    Condition::all().add(Column::RevokedAt.is_null()).add(lasts)
}

/// What became of a wish to revoke a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Revoked {
    /// This one is revoked, now or since long.
    Key(Box<Key>),
    /// No key has that prefix, id or name.
    Unknown,
    /// Several keys that are not revoked have that name.
    Ambiguous(Vec<Key>),
}

/// Revokes the key with this prefix, id or, where only one that is not revoked has it, name.
pub async fn revoke(db: &DatabaseConnection, which: &str, at: DateTime<Utc>) -> Result<Revoked, DbErr> {
    if !sql::is_storable(which) {
        return Ok(Revoked::Unknown);
    }
    let mut condition = Condition::any()
        .add(Column::Prefix.eq(which))
        .add(Column::Name.eq(which));
    if let Ok(id) = Uuid::try_parse(which) {
        condition = condition.add(Column::Id.eq(id));
    }
    let rows = api_key::Entity::find().filter(condition).all(db).await?;
    let keys: Vec<Key> = rows.into_iter().map(Key::try_from).collect::<Result<_, _>>()?;
    let key = match named(keys, which) {
        Revoked::Key(key) => *key,
        other => return Ok(other),
    };
    api_key::Entity::update_many()
        .col_expr(Column::RevokedAt, Expr::value(at))
        .filter(Column::Id.eq(key.id))
        .filter(Column::RevokedAt.is_null())
        .exec(db)
        .await?;
    let revoked_at = key.revoked_at.or(Some(at));
    Ok(Revoked::Key(Box::new(Key { revoked_at, ..key })))
}

/// Which of the keys with that prefix, id or name is meant: a prefix or an id before a name, a good key before revoked ones.
fn named(keys: Vec<Key>, which: &str) -> Revoked {
    let is_exact = |key: &&Key| key.prefix == which || key.id.to_string() == which.to_ascii_lowercase();
    if let Some(key) = keys.iter().find(is_exact) {
        return Revoked::Key(Box::new(key.clone()));
    }
    let (mut good, mut revoked): (Vec<Key>, Vec<Key>) =
        keys.into_iter().partition(|key| key.revoked_at.is_none());
    match (good.len(), revoked.len()) {
        (0, 0) => Revoked::Unknown,
        (0, _) => Revoked::Key(Box::new(revoked.swap_remove(0))),
        (1, _) => Revoked::Key(Box::new(good.swap_remove(0))),
        _ => Revoked::Ambiguous(good),
    }
}

/// The sensors that a limit leaves, as they are described now: those of any of the types that have all of the labels.
pub async fn scope_of(db: &DatabaseConnection, limit: &SensorLimit) -> Result<Scope, DbErr> {
    if limit.is_none() {
        return Ok(Scope::Everything);
    }
    let mut condition = Condition::all();
    if let Some(types) = &limit.types {
        condition = condition.add(Expr::cust_with_values("type = ANY($1)", [types.clone()]));
    }
    if !limit.labels.is_empty() {
        condition = condition.add(Expr::cust_with_values("labels @> $1", [json!(limit.labels)]));
    }
    let ids: Vec<i32> = sensor::Entity::find()
        .select_only()
        .column(sensor::Column::Id)
        .filter(condition)
        .into_tuple()
        .all(db)
        .await?;
    Ok(Scope::of_sensors(ids))
}
