//! `fieldbook quarantine`: messages that could not be used, and trying them again.

mod replay;
mod show;

use anyhow::Context as _;
use chrono::{DateTime, SecondsFormat, Utc};
use entity::quarantine::{self, MessagePlace, QuarantineFilter, QuarantinedMessage, ReasonCount};
use entity::query::page::{PageAt, PageRequest};
use entity::{DatabaseConnection, Scope};
use uuid::Uuid;

use super::{answer, table};
use crate::cli::{DatabaseArgs, QuarantineAction, QuarantineArgs, QuarantineListArgs, QuarantineWhich};
use crate::wiring;

pub(crate) async fn run(args: QuarantineArgs) -> anyhow::Result<()> {
    match args.action {
        QuarantineAction::List(args) => list(&args).await,
        QuarantineAction::Show { message, database } => show::run(&message, &database).await,
        QuarantineAction::Replay(args) => replay::run(args).await,
    }
}

impl QuarantineWhich {
    fn filter(&self) -> anyhow::Result<QuarantineFilter> {
        if let (Some(from), Some(to)) = (self.from, self.to) {
            anyhow::ensure!(from < to, "--from {} is not before --to {}", time(from), time(to));
        }
        Ok(QuarantineFilter {
            code: self.reason.clone(),
            source: self.source.clone(),
            sensor: self.sensor.clone(),
            from: self.from,
            to: self.to,
            place: None,
        })
    }
}

async fn list(args: &QuarantineListArgs) -> anyhow::Result<()> {
    let filter = args.which.filter()?;
    let db = open(&args.database).await?;
    if args.reasons {
        let reasons = quarantine::reasons(&db, &Scope::Everything, &filter, args.limit)
            .await
            .context("count the messages by reason")?;
        let rows: Vec<[String; 5]> = reasons.iter().map(reason_row).collect();
        return table::answer(["REASON", "SOURCE", "MESSAGES", "NEWEST", "EXAMPLE"], &rows);
    }
    let request = PageRequest {
        limit: args.limit.into(),
        at: PageAt::First(None),
    };
    let page = quarantine::page(&db, &Scope::Everything, &filter, &request)
        .await
        .context("read the messages")?;
    let rows: Vec<[String; 7]> = page.rows.iter().map(row).collect();
    let head = [
        "RECEIVED", "SOURCE", "SENSOR", "REASON", "BYTES", "STATE", "MESSAGE",
    ];
    table::answer(head, &rows)?;
    if page.has_next {
        let all = quarantine::count(&db, &Scope::Everything, &filter)
            .await
            .context("count the messages")?;
        answer::beside(format_args!("{} of {all}; --limit shows more", rows.len()));
    }
    Ok(())
}

fn row(message: &QuarantinedMessage) -> [String; 7] {
    [
        time(message.received_at),
        message.source.clone(),
        message.sensor.clone().unwrap_or_default(),
        message.code.clone(),
        message.payload_size.to_string(),
        state(message),
        id(message),
    ]
}

fn reason_row(reason: &ReasonCount) -> [String; 5] {
    [
        reason.code.clone(),
        reason.source.clone(),
        reason.count.to_string(),
        time(reason.newest_at),
        reason.example.clone(),
    ]
}

fn state(message: &QuarantinedMessage) -> String {
    match (message.is_waiting, message.tried_at) {
        (true, _) => "waits for a replay".to_owned(),
        (false, Some(at)) => format!("replayed in vain {}", time(at)),
        (false, None) => "kept".to_owned(),
    }
}

/// Its id, as GraphQL has it.
fn id(message: &QuarantinedMessage) -> String {
    format!("{}/{}/{}", message.journal, message.place.seq, message.place.item)
}

/// The place that an id means.
async fn place(db: &DatabaseConnection, message: &str) -> anyhow::Result<MessagePlace> {
    let mut parts = message.splitn(3, '/');
    let mut part = || parts.next().unwrap_or_default();
    let read = (
        Uuid::try_parse(part()).ok(),
        part().parse().ok(),
        Some(part())
            .filter(|item| !item.is_empty())
            .map_or(Some(0), |item| item.parse().ok()),
    );
    let (Some(journal), Some(seq), Some(item)) = read else {
        anyhow::bail!(
            "{message:?} is no message: give what fieldbook quarantine list shows in its last column"
        );
    };
    let found = quarantine::place_of(db, journal, seq, item)
        .await
        .context("find the message")?;
    found.with_context(|| unknown(message))
}

fn unknown(message: &str) -> String {
    format!("no message {message:?} is set aside: fieldbook quarantine list shows which are")
}

fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

async fn open(database: &DatabaseArgs) -> anyhow::Result<DatabaseConnection> {
    wiring::database_of(database, "fieldbook-quarantine").await
}
