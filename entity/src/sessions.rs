//! Who is signed in by browser: begun, found by the fingerprint of their token, noted, ended.
//!
//! A token's text never comes here, only its SHA-256 ([`SessionHash`]). What a session of a key opens is what the key opens
//! at that moment.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{AccessMode, DatabaseConnection, DbErr, TransactionTrait as _, Value};

use crate::keys::{Holder, KeyHash, UnknownRole};
use crate::sql::{self, Row};
use crate::subjects::{self, Claims};

/// Writing down each use would make a write of every read.
const USE_NOTED_EVERY: TimeDelta = TimeDelta::minutes(5);

/// Sessions that are over, deleted by one who signs in, at most.
const EXPIRED_DELETED_MAX: i64 = 1_000;

/// The SHA-256 of a session's token.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SessionHash(pub [u8; 32]);

impl fmt::Debug for SessionHash {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("SessionHash(…)")
    }
}

/// Who signs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignedIn {
    /// Whoever has this key (`api_key.id`).
    Key(uuid::Uuid),
    /// Somebody whom an issuer vouches for.
    Subject {
        /// What it says of them.
        claims: Claims,
        /// What it says that people call them.
        display_name: Option<String>,
    },
}

/// A session to be begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSession {
    /// The fingerprint of its token.
    pub hash: SessionHash,
    /// Whose it is.
    pub who: SignedIn,
    /// Now.
    pub created_at: DateTime<Utc>,
    /// From when it is over.
    pub expires_at: DateTime<Utc>,
}

/// A session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// From when it is over.
    pub expires_at: DateTime<Utc>,
    /// When it was last used, to five minutes.
    pub seen_at: DateTime<Utc>,
    /// Whose it is.
    pub whose: Whose,
}

/// Whose a session is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whose {
    /// Of whoever has the key with this fingerprint.
    Key(KeyHash),
    /// Of somebody whom an issuer vouches for.
    Subject {
        /// What it said of them when they signed in.
        claims: Claims,
        /// What it says that people call them.
        display_name: Option<String>,
    },
}

/// Begins a session. Others that are over are deleted; and of the asker's own, all but the newest `max`.
pub async fn begin(db: &DatabaseConnection, session: NewSession, max: u32) -> Result<(), DbErr> {
    // Said, for a service whose user reads by default may still write here.
    let transaction = db.begin_with_config(None, Some(AccessMode::ReadWrite)).await?;
    let values: [Value; 2] = [session.created_at.into(), EXPIRED_DELETED_MAX.into()];
    sql::execute(&transaction, include_str!("sessions/delete_expired.sql"), values).await?;
    let (holder, claims, display_name) = match session.who {
        SignedIn::Key(id) => (Holder::Key(id), None, None),
        SignedIn::Subject { claims, display_name } => {
            subjects::remember(&transaction, &claims, session.created_at).await?;
            let holder = Holder::Subject {
                issuer: claims.issuer.clone(),
                subject: claims.subject.clone(),
            };
            (holder, Some(claims), display_name)
        }
    };
    let [key, issuer, subject] = holder.values();
    let role = claims.as_ref().map(|claims| claims.role.as_str().to_owned());
    let values: [Value; 9] = [
        session.created_at.into(),
        session.expires_at.into(),
        key.clone(),
        session.hash.0.to_vec().into(),
        issuer.clone(),
        subject.clone(),
        display_name.into(),
        role.into(),
        claims.and_then(|claims| claims.datasets).into(),
    ];
    sql::execute(&transaction, include_str!("sessions/insert_session.sql"), values).await?;
    let values = [key, issuer, subject, i64::from(max).into()];
    sql::execute(&transaction, include_str!("sessions/delete_oldest.sql"), values).await?;
    transaction.commit().await
}

/// The session with this fingerprint, over or not.
pub async fn find(db: &DatabaseConnection, hash: &SessionHash) -> Result<Option<Session>, DbErr> {
    let values: [Value; 1] = [hash.0.to_vec().into()];
    let select = include_str!("sessions/select_session.sql");
    let found = sql::query(db, select, values, read).await?;
    Ok(found.into_iter().next())
}

/// Notes that a session was used; of the uses within five minutes, the first.
pub async fn note_use(
    db: &DatabaseConnection,
    hash: &SessionHash,
    session: &Session,
    at: DateTime<Utc>,
) -> Result<(), DbErr> {
    let before = at - USE_NOTED_EVERY;
    if session.seen_at > before {
        return Ok(());
    }
    let transaction = db.begin_with_config(None, Some(AccessMode::ReadWrite)).await?;
    let values: [Value; 3] = [hash.0.to_vec().into(), at.into(), before.into()];
    sql::execute(&transaction, include_str!("sessions/note_use.sql"), values).await?;
    transaction.commit().await
}

/// Ends a session; one that there is not has ended.
pub async fn end(db: &DatabaseConnection, hash: &SessionHash) -> Result<(), DbErr> {
    let transaction = db.begin_with_config(None, Some(AccessMode::ReadWrite)).await?;
    let values: [Value; 1] = [hash.0.to_vec().into()];
    sql::execute(&transaction, include_str!("sessions/delete_session.sql"), values).await?;
    transaction.commit().await
}

fn read(row: &Row<'_>) -> Result<Session, DbErr> {
    let key: Option<Vec<u8>> = row.get(2)?;
    Ok(Session {
        expires_at: row.get(0)?,
        seen_at: row.get(1)?,
        whose: key.map_or_else(|| subject(row), of_key)?,
    })
}

fn of_key(sha256: Vec<u8>) -> Result<Whose, DbErr> {
    let sha256 = sha256.try_into();
    let sha256 = sha256.map_err(|_| DbErr::Type("the SHA-256 of a key has 32 bytes".to_owned()))?;
    Ok(Whose::Key(KeyHash(sha256)))
}

fn subject(row: &Row<'_>) -> Result<Whose, DbErr> {
    let role: String = row.get(5)?;
    let role = role.parse();
    Ok(Whose::Subject {
        claims: Claims {
            issuer: row.get(3)?,
            subject: row.get(4)?,
            role: role.map_err(|error: UnknownRole| DbErr::Type(error.to_string()))?,
            datasets: row.get(6)?,
        },
        display_name: row.get(7)?,
    })
}
