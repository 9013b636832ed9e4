//! A steward decides about a request, and what is granted is open.

use sea_orm::{DbErr, Value};
use serde_json::json;
use uuid::Uuid;

use super::{AccessRequest, RequestState, by_id};
use crate::keys::Holder;
use crate::sql;
use crate::stewardship::{NewChange, Stewarding};

/// What became of a wish to decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decided {
    /// It is decided so.
    Request(Box<AccessRequest>),
    /// It does not wait any more: this became of it.
    Over(Box<AccessRequest>),
    /// The key that asks is revoked or has expired, so nothing can be opened for it.
    KeyGone,
    /// There is no such request.
    Unknown,
}

/// Decides about a request that waits, and notes that a steward did; without [`Stewarding::commit`] nothing happened.
pub async fn decide(
    steward: &Stewarding,
    id: Uuid,
    grant: bool,
    note: Option<&str>,
) -> Result<Decided, DbErr> {
    let state = if grant {
        RequestState::Granted
    } else {
        RequestState::Denied
    };
    let values: [Value; 5] = [
        id.into(),
        steward.at.into(),
        state.as_str().into(),
        steward.steward.name.as_str().into(),
        note.map(ToOwned::to_owned).into(),
    ];
    let decided = sql::execute(&steward.transaction, include_str!("decide.sql"), values).await?;
    let Some(request) = by_id(&steward.transaction, id).await? else {
        return Ok(Decided::Unknown);
    };
    if decided == 0 {
        return Ok(Decided::Over(Box::new(request)));
    }
    if grant && !open(steward, &request).await? {
        return Ok(Decided::KeyGone);
    }
    let asker = request.key_prefix.as_deref().unwrap_or(&request.asker_name);
    let after = json!({ "state": state.as_str(), "asker": asker, "note": note });
    steward
        .note(NewChange {
            dataset: &request.dataset,
            what: &format!("access_request {id}"),
            before: Some(&json!({ "state": RequestState::Pending.as_str(), "asker": asker })),
            after: Some(&after),
        })
        .await?;
    Ok(Decided::Request(Box::new(request)))
}

/// Opens the dataset for who asked; says whether they are still there.
async fn open(steward: &Stewarding, request: &AccessRequest) -> Result<bool, DbErr> {
    let (statement, values): (_, Vec<Value>) = match &request.asker {
        Holder::Key(id) => (
            include_str!("open_for_key.sql"),
            vec![(*id).into(), request.dataset.as_str().into(), steward.at.into()],
        ),
        Holder::Subject { issuer, subject } => (
            include_str!("open_for_subject.sql"),
            vec![
                steward.at.into(),
                issuer.as_str().into(),
                subject.as_str().into(),
                request.dataset.as_str().into(),
                steward.steward.name.as_str().into(),
            ],
        ),
    };
    Ok(sql::execute(&steward.transaction, statement, values).await? > 0)
}
