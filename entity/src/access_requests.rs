//! Requests for datasets that are not open to those who ask: asked, withdrawn, listed, decided.
//!
//! ```text
//! pending ──► granted    the dataset is open to the asker from then on
//!        ├──► denied
//!        └──► withdrawn  by the asker
//! ```
//!
//! Stewards decide in a [`Stewarding`](crate::stewardship::Stewarding), which notes it. What was granted stays until the operator takes it back.

mod decide;

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{AccessMode, ConnectionTrait, DatabaseConnection, DbErr, TransactionTrait as _, Value};
use uuid::Uuid;

pub use self::decide::{Decided, decide};
use crate::keys::Holder;
use crate::query::{Page, PageRequest};
use crate::sql::{self, Row};

/// Requests are kept for so long after they were decided or withdrawn.
pub const KEPT_FOR: TimeDelta = TimeDelta::days(731);

/// Old requests, deleted by one who asks, at most.
const OLD_DELETED_MAX: i64 = 1_000;

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RequestState {
    /// It waits for a steward.
    Pending,
    /// A steward opened the dataset.
    Granted,
    /// A steward did not.
    Denied,
    /// Who asked took it back.
    Withdrawn,
}

/// No state of a request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a request is pending, granted, denied or withdrawn, not {0:?}")]
pub struct UnknownRequestState(String);

impl RequestState {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Pending, Self::Granted, Self::Denied, Self::Withdrawn];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Granted => "granted",
            Self::Denied => "denied",
            Self::Withdrawn => "withdrawn",
        }
    }
}

impl FromStr for RequestState {
    type Err = UnknownRequestState;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|state| state.as_str() == word);
        found.ok_or_else(|| UnknownRequestState(word.to_owned()))
    }
}

impl fmt::Display for RequestState {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// A request to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRequest {
    /// Who asks.
    pub asker: Holder,
    /// What they are called.
    pub asker_name: String,
    /// The dataset by its slug.
    pub dataset: String,
    /// What they want it for.
    pub reason: String,
    /// Now.
    pub created_at: DateTime<Utc>,
}

/// A request for a dataset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessRequest {
    /// Its lasting identity.
    pub id: Uuid,
    /// When it was asked.
    pub created_at: DateTime<Utc>,
    /// When it was decided or withdrawn.
    pub decided_at: Option<DateTime<Utc>>,
    /// Who asks.
    pub asker: Holder,
    /// What they were called then.
    pub asker_name: String,
    /// The beginning of the key that asks.
    pub key_prefix: Option<String>,
    /// The dataset by its slug.
    pub dataset: String,
    /// What they want it for.
    pub reason: String,
    /// What became of it.
    pub state: RequestState,
    /// Which steward decided.
    pub decided_by: Option<String>,
    /// What the steward said about it.
    pub note: Option<String>,
}

/// Where a request stands in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestKey {
    /// When it was asked.
    pub created_at: DateTime<Utc>,
    /// Its identity.
    pub id: Uuid,
}

/// What became of a wish to ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// It waits for a steward.
    Request(Box<AccessRequest>),
    /// One of the same asker for the same dataset waits already.
    Waits(Box<AccessRequest>),
    /// They asked that often within a day.
    TooMany,
}

/// Asks for a dataset, unless the asker has asked `max` times within a day.
pub async fn ask(db: &DatabaseConnection, new: NewRequest, max: u64) -> Result<Asked, DbErr> {
    // Said, for a service whose user reads by default may still write here.
    let transaction = db.begin_with_config(None, Some(AccessMode::ReadWrite)).await?;
    sql::execute(&transaction, include_str!("access_requests/lock.sql"), []).await?;
    let values: [Value; 2] = [(new.created_at - KEPT_FOR).into(), OLD_DELETED_MAX.into()];
    sql::execute(
        &transaction,
        include_str!("access_requests/delete_old.sql"),
        values,
    )
    .await?;
    let [key, issuer, subject] = new.asker.values();
    let values = [
        key.clone(),
        issuer.clone(),
        subject.clone(),
        new.dataset.as_str().into(),
    ];
    let select = include_str!("access_requests/select_pending.sql");
    if let Some(waits) = one(&transaction, select, values).await? {
        return Ok(Asked::Waits(Box::new(waits)));
    }
    let day_before = new.created_at - TimeDelta::days(1);
    let values = [key.clone(), issuer.clone(), subject.clone(), day_before.into()];
    let count = include_str!("access_requests/count_lately.sql");
    let lately: Vec<i64> = sql::query(&transaction, count, values, |row| row.get(0)).await?;
    if lately.first().is_some_and(|&lately| lately.unsigned_abs() >= max) {
        return Ok(Asked::TooMany);
    }
    let id = Uuid::new_v4();
    let values: [Value; 8] = [
        id.into(),
        new.created_at.into(),
        key,
        issuer,
        subject,
        new.asker_name.into(),
        new.dataset.into(),
        new.reason.into(),
    ];
    sql::execute(
        &transaction,
        include_str!("access_requests/insert_request.sql"),
        values,
    )
    .await?;
    let asked = by_id(&transaction, id).await?;
    transaction.commit().await?;
    let asked = asked.ok_or_else(|| DbErr::RecordNotFound("the request that was written".to_owned()))?;
    Ok(Asked::Request(Box::new(asked)))
}

/// The request with this id.
pub async fn by_id<C: ConnectionTrait>(db: &C, id: Uuid) -> Result<Option<AccessRequest>, DbErr> {
    let values: [Value; 1] = [id.into()];
    one(db, include_str!("access_requests/select_request.sql"), values).await
}

/// Takes back a request of somebody, and gives it as it is then: one that was decided stays as it is. `None` when they made
/// no such request.
pub async fn withdraw(
    db: &DatabaseConnection,
    asker: &Holder,
    id: Uuid,
    at: DateTime<Utc>,
) -> Result<Option<AccessRequest>, DbErr> {
    let transaction = db.begin_with_config(None, Some(AccessMode::ReadWrite)).await?;
    let [key, issuer, subject] = asker.values();
    let values = [key, issuer, subject, id.into(), at.into()];
    sql::execute(&transaction, include_str!("access_requests/withdraw.sql"), values).await?;
    let request = by_id(&transaction, id).await?;
    transaction.commit().await?;
    Ok(request.filter(|request| request.asker == *asker))
}

/// Which requests are listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestFilter {
    /// Those about these datasets, by slug,
    pub datasets: Vec<String>,
    /// of whomever about these,
    pub stewarded: Vec<String>,
    /// and of this asker, if any, about all of them.
    pub asker: Option<Holder>,
    /// In this state; `None` for any.
    pub state: Option<RequestState>,
}

/// A page of requests, the newest first.
pub async fn page(
    db: &DatabaseConnection,
    filter: &RequestFilter,
    request: &PageRequest<RequestKey>,
) -> Result<Page<AccessRequest>, DbErr> {
    let [key, issuer, subject] = match &filter.asker {
        Some(asker) => asker.values(),
        None => [None::<Uuid>.into(), None::<String>.into(), None::<String>.into()],
    };
    let after = request.key();
    let values: [Value; 9] = [
        filter.datasets.clone().into(),
        filter.stewarded.clone().into(),
        key,
        issuer,
        subject,
        filter.state.map(|state| state.as_str().to_owned()).into(),
        after.map(|after| after.created_at).into(),
        after.map(|after| after.id).into(),
        i64::try_from(request.rows_to_read()).unwrap_or(i64::MAX).into(),
    ];
    let select = include_str!("access_requests/select_page.sql");
    let rows = sql::query(db, select, values, AccessRequest::read).await?;
    Ok(request.page(rows))
}

async fn one<C: ConnectionTrait>(
    db: &C,
    select: &'static str,
    values: impl IntoIterator<Item = Value>,
) -> Result<Option<AccessRequest>, DbErr> {
    let found = sql::query(db, select, values, AccessRequest::read).await?;
    Ok(found.into_iter().next())
}

impl AccessRequest {
    /// Where it stands in a list.
    pub fn key(&self) -> RequestKey {
        RequestKey {
            created_at: self.created_at,
            id: self.id,
        }
    }

    fn read(row: &Row<'_>) -> Result<Self, DbErr> {
        let asker = Holder::read(row.get(3)?, row.get(4)?, row.get(5)?)?;
        let state: String = row.get(10)?;
        let state = state.parse();
        Ok(Self {
            id: row.get(0)?,
            created_at: row.get(1)?,
            decided_at: row.get(2)?,
            asker: asker.ok_or_else(|| DbErr::Type("a request has an asker".to_owned()))?,
            asker_name: row.get(6)?,
            key_prefix: row.get(7)?,
            dataset: row.get(8)?,
            reason: row.get(9)?,
            state: state.map_err(|error: UnknownRequestState| DbErr::Type(error.to_string()))?,
            decided_by: row.get(11)?,
            note: row.get(12)?,
        })
    }
}
