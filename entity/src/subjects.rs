//! What an issuer said of its subjects, and what stewards opened for them besides.
//!
//! A token says itself what it opens. A key that its holder made is used without one: it is held to what the issuer said
//! when they last signed in or made a key.

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DbErr, Value};

use crate::keys::{Rights, Role, SensorLimit, UnknownRole};
use crate::sql;

/// What an issuer says of a subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// The issuer, as `iss` says it.
    pub issuer: String,
    /// Its `sub`.
    pub subject: String,
    /// What they are.
    pub role: Role,
    /// The datasets that are open to them, by slug; `None` for all.
    pub datasets: Option<Vec<String>>,
}

/// Remembers what an issuer says of a subject, in place of what it said before.
pub async fn remember<C: ConnectionTrait>(db: &C, claims: &Claims, at: DateTime<Utc>) -> Result<(), DbErr> {
    let values: [Value; 5] = [
        at.into(),
        claims.issuer.as_str().into(),
        claims.subject.as_str().into(),
        claims.role.as_str().into(),
        claims.datasets.clone().into(),
    ];
    sql::execute(db, include_str!("subjects/upsert_subject.sql"), values).await?;
    Ok(())
}

/// What somebody may see by what was remembered of them, and by what was opened for them; `None` for nobody known.
pub async fn rights<C: ConnectionTrait>(
    db: &C,
    issuer: &str,
    subject: &str,
) -> Result<Option<Rights>, DbErr> {
    let values: [Value; 2] = [issuer.into(), subject.into()];
    let select = include_str!("subjects/select_rights.sql");
    let found = sql::query(db, select, values, |row| {
        let role: String = row.get(0)?;
        let role = role.parse();
        Ok(Rights {
            role: role.map_err(|error: UnknownRole| DbErr::Type(error.to_string()))?,
            datasets: row.get(1)?,
            sensors: SensorLimit::default(),
        })
    })
    .await?;
    Ok(found.into_iter().next())
}

/// The datasets that stewards opened for somebody, by slug.
pub async fn granted<C: ConnectionTrait>(db: &C, issuer: &str, subject: &str) -> Result<Vec<String>, DbErr> {
    let values: [Value; 2] = [issuer.into(), subject.into()];
    sql::query(db, include_str!("subjects/select_granted.sql"), values, |row| {
        row.get(0)
    })
    .await
}
