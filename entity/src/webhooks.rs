//! Webhooks: who is told of changes by HTTP, and what waits to be told.
//!
//! ```text
//! keeper, in its transaction ── message ──► webhook_delivery, a row for each webhook that wants it
//!                                                │ claimed by a sender, the oldest of each webhook and subject
//!                                                ▼
//!                              delivered · or tried again later · or, after a day, given up
//! ```
//!
//! A message is there if and only if what it tells of is. A claim is a lease: a sender that dies lets its deliveries go back
//! to the others after a minute, and the receiver may get one twice, under the same id. A younger message about a subject
//! waits for the older one. How messages are signed and sent is not known here.

mod model;

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{DatabaseConnection, DbErr, Value};
use uuid::Uuid;

pub use self::model::{
    Claimed, Delivery, Enqueued, EventKind, Message, NewWebhook, Secret, UnknownEventKind, Webhook,
};
use crate::keeping::Keeping;
use crate::sql;

/// Webhooks at most.
pub const WEBHOOKS_MAX: u64 = 100;

/// Messages that wait for one webhook at most; more are dropped, and counted in `webhook.dropped`.
pub const WAITING_MAX: u32 = 1_000;

/// Adds a webhook; `false` when there are [`WEBHOOKS_MAX`] already.
pub async fn insert(db: &DatabaseConnection, new: &NewWebhook) -> Result<bool, DbErr> {
    let events: Vec<String> = new.events.iter().map(|kind| kind.as_str().to_owned()).collect();
    let values: [Value; 7] = [
        new.id.into(),
        new.created_at.into(),
        new.url.as_str().into(),
        new.secret.reveal().into(),
        events.into(),
        new.dataset.clone().into(),
        i64::try_from(WEBHOOKS_MAX).unwrap_or(i64::MAX).into(),
    ];
    Ok(sql::execute(db, include_str!("webhooks/insert_webhook.sql"), values).await? == 1)
}

/// Every webhook, the newest first, without their secrets.
pub async fn list(db: &DatabaseConnection) -> Result<Vec<Webhook>, DbErr> {
    sql::query(
        db,
        include_str!("webhooks/select_webhooks.sql"),
        [],
        Webhook::read,
    )
    .await
}

/// Removes a webhook with all that waits for it; `false` when there is none with this id.
pub async fn remove(db: &DatabaseConnection, id: Uuid) -> Result<bool, DbErr> {
    let values: [Value; 1] = [id.into()];
    Ok(sql::execute(db, "DELETE FROM webhook WHERE id = $1", values).await? == 1)
}

/// Switches a webhook off, for this reason; what waits for it is given up.
pub async fn disable(
    db: &DatabaseConnection,
    id: Uuid,
    reason: &str,
    at: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let values: [Value; 3] = [id.into(), at.into(), reason.into()];
    Ok(sql::execute(db, include_str!("webhooks/update_disabled.sql"), values).await? == 1)
}

/// Switches a webhook on again: it is told of what happens from now on.
pub async fn enable(db: &DatabaseConnection, id: Uuid) -> Result<bool, DbErr> {
    let values: [Value; 1] = [id.into()];
    Ok(sql::execute(db, include_str!("webhooks/update_enabled.sql"), values).await? == 1)
}

/// Puts messages into the queue of each webhook that wants them.
pub async fn enqueue(keeping: &Keeping, messages: &[Message], at: DateTime<Utc>) -> Result<Enqueued, DbErr> {
    if messages.is_empty() {
        return Ok(Enqueued::default());
    }
    let column = |of: fn(&Message) -> &str| -> Value {
        let texts: Vec<String> = messages.iter().map(|message| of(message).to_owned()).collect();
        texts.into()
    };
    let values: [Value; 7] = [
        column(|message| message.kind.as_str()),
        column(|message| &message.event),
        column(|message| &message.dataset),
        column(|message| &message.subject),
        column(|message| &message.payload),
        at.into(),
        i64::from(WAITING_MAX).into(),
    ];
    let rows = sql::query(
        &keeping.transaction,
        include_str!("webhooks/insert_deliveries.sql"),
        values,
        |row| {
            Ok(Enqueued {
                deliveries: row.get::<i64>(0)?.unsigned_abs(),
                dropped: row.get::<i64>(1)?.unsigned_abs(),
            })
        },
    )
    .await?;
    Ok(rows.into_iter().next().unwrap_or_default())
}

/// Whether any webhook is there that is on: what nobody wants need not be written.
pub async fn any(keeping: &Keeping) -> Result<bool, DbErr> {
    let select = "SELECT EXISTS (SELECT FROM webhook WHERE disabled_at IS NULL)";
    let rows: Vec<bool> = sql::query(&keeping.transaction, select, [], |row| row.get(0)).await?;
    Ok(rows == [true])
}

/// Takes up to `limit` deliveries whose time has come; until the lease is over no other sender gets them.
pub async fn claim(
    db: &DatabaseConnection,
    now: DateTime<Utc>,
    lease: TimeDelta,
    limit: u32,
) -> Result<Vec<Claimed>, DbErr> {
    let values: [Value; 3] = [now.into(), (now + lease).into(), i64::from(limit).into()];
    sql::query(db, include_str!("webhooks/claim_deliveries.sql"), values, |row| {
        Ok(Claimed {
            id: row.get(0)?,
            webhook_id: row.get(1)?,
            message_id: row.get(2)?,
            created_at: row.get(3)?,
            attempts: row.get::<i32>(4)?.unsigned_abs(),
            payload: row.get(5)?,
            url: row.get(6)?,
            secret: Secret::of_stored(row.get(7)?),
        })
    })
    .await
}

/// Notes that the receiver took a delivery.
pub async fn delivered(db: &DatabaseConnection, claimed: &Claimed, at: DateTime<Utc>) -> Result<(), DbErr> {
    let values: [Value; 2] = [claimed.id.into(), at.into()];
    sql::execute(db, include_str!("webhooks/update_delivered.sql"), values)
        .await
        .map(drop)
}

/// Notes why a delivery failed, and when it is tried again.
pub async fn failed(
    db: &DatabaseConnection,
    claimed: &Claimed,
    error: &str,
    next_attempt_at: DateTime<Utc>,
) -> Result<(), DbErr> {
    let values: [Value; 4] = [
        claimed.id.into(),
        next_attempt_at.into(),
        error.replace('\0', " ").into(),
        i32::try_from(claimed.attempts).unwrap_or(i32::MAX).into(),
    ];
    sql::execute(db, include_str!("webhooks/update_failed.sql"), values)
        .await
        .map(drop)
}

/// Notes that a delivery failed for good.
pub async fn given_up(
    db: &DatabaseConnection,
    claimed: &Claimed,
    error: &str,
    at: DateTime<Utc>,
) -> Result<(), DbErr> {
    let values: [Value; 3] = [claimed.id.into(), at.into(), error.replace('\0', " ").into()];
    sql::execute(db, include_str!("webhooks/update_given_up.sql"), values)
        .await
        .map(drop)
}

/// The last `limit` deliveries of a webhook, the newest first.
pub async fn deliveries(db: &DatabaseConnection, webhook: Uuid, limit: u32) -> Result<Vec<Delivery>, DbErr> {
    let values: [Value; 2] = [webhook.into(), i64::from(limit).into()];
    sql::query(
        db,
        include_str!("webhooks/select_deliveries.sql"),
        values,
        |row| {
            Ok(Delivery {
                message_id: row.get(0)?,
                event: row.get(1)?,
                subject: row.get(2)?,
                created_at: row.get(3)?,
                attempts: row.get::<i32>(4)?.unsigned_abs(),
                next_attempt_at: row.get(5)?,
                delivered_at: row.get(6)?,
                given_up_at: row.get(7)?,
                error: row.get(8)?,
                payload: row.get(9)?,
            })
        },
    )
    .await
}

/// How many deliveries wait.
pub async fn waiting(db: &DatabaseConnection) -> Result<u64, DbErr> {
    let select = include_str!("webhooks/count_waiting.sql");
    let rows: Vec<i64> = sql::query(db, select, [], |row| row.get(0)).await?;
    Ok(rows.first().copied().unwrap_or(0).unsigned_abs())
}

/// Forgets deliveries that were delivered or given up before `before`.
pub async fn prune(keeping: &Keeping, before: DateTime<Utc>) -> Result<u64, DbErr> {
    let values: [Value; 1] = [before.into()];
    sql::execute(
        &keeping.transaction,
        include_str!("webhooks/prune_deliveries.sql"),
        values,
    )
    .await
}
