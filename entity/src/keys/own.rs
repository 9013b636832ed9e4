//! Keys that their users make: bounded in number, and each within what its owner may see.

use chrono::{DateTime, Utc};
use sea_orm::{
    AccessMode, ActiveValue::Set, ColumnTrait, DatabaseConnection, DbErr, EntityTrait, QueryFilter,
    TransactionTrait as _,
};
use uuid::Uuid;

use super::{Holder, Key, NewKey};
use crate::sql;
use crate::table::api_key::{self, Column};

/// What became of a wish for one more key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Made {
    /// There it is.
    Key(Box<Key>),
    /// The owner has that many already.
    TooMany,
}

/// Adds a key of somebody, unless they have `max` that are good at the time that it is made.
pub async fn make(db: &DatabaseConnection, key: NewKey, owner: &Holder, max: u64) -> Result<Made, DbErr> {
    // Said, for a service whose user reads by default may still write here.
    let transaction = db.begin_with_config(None, Some(AccessMode::ReadWrite)).await?;
    sql::execute(&transaction, include_str!("lock.sql"), []).await?;
    let [owner_key, issuer, subject] = owner.values();
    let values = [owner_key, issuer, subject, key.created_at.into()];
    let count = include_str!("count_own.sql");
    let good: Vec<i64> = sql::query(&transaction, count, values, |row| row.get(0)).await?;
    if good.first().is_some_and(|&good| good.unsigned_abs() >= max) {
        return Ok(Made::TooMany);
    }
    let mut row = api_key::ActiveModel::from(key);
    match owner.clone() {
        Holder::Key(id) => row.owner_key = Set(Some(id)),
        Holder::Subject { issuer, subject } => {
            row.owner_issuer = Set(Some(issuer));
            row.owner_subject = Set(Some(subject));
        }
    }
    let made = api_key::Entity::insert(row)
        .exec_with_returning(&transaction)
        .await?;
    transaction.commit().await?;
    Ok(Made::Key(Box::new(Key::try_from(made)?)))
}

/// The keys that somebody made: the good ones first, then the newest first, so many at most.
pub async fn made_by(
    db: &DatabaseConnection,
    owner: &Holder,
    at: DateTime<Utc>,
    limit: u32,
) -> Result<Vec<Key>, DbErr> {
    let [owner_key, issuer, subject] = owner.values();
    let values = [owner_key, issuer, subject, at.into(), i64::from(limit).into()];
    let select = include_str!("select_own.sql");
    let ids: Vec<Uuid> = sql::query(db, select, values, |row| row.get(0)).await?;
    let rows = api_key::Entity::find()
        .filter(Column::Id.is_in(ids.iter().copied()))
        .all(db)
        .await?;
    let mut keys: Vec<Key> = rows.into_iter().map(Key::try_from).collect::<Result<_, _>>()?;
    keys.sort_by_key(|key| ids.iter().position(|id| *id == key.id));
    Ok(keys)
}

/// Revokes a key that somebody made, and gives it; `None` when they made no such key.
pub async fn revoke_own(
    db: &DatabaseConnection,
    owner: &Holder,
    id: Uuid,
    at: DateTime<Utc>,
) -> Result<Option<Key>, DbErr> {
    let transaction = db.begin_with_config(None, Some(AccessMode::ReadWrite)).await?;
    let [owner_key, issuer, subject] = owner.values();
    let values = [owner_key, issuer, subject, id.into(), at.into()];
    let revoked = sql::execute(&transaction, include_str!("revoke_own.sql"), values).await?;
    if revoked == 0 {
        return Ok(None);
    }
    let row = api_key::Entity::find_by_id(id).one(&transaction).await?;
    transaction.commit().await?;
    row.map(Key::try_from).transpose()
}

/// The key with this id, good or not.
pub async fn by_id(db: &DatabaseConnection, id: Uuid) -> Result<Option<Key>, DbErr> {
    let row = api_key::Entity::find_by_id(id).one(db).await?;
    row.map(Key::try_from).transpose()
}
