//! `fieldbook webhook`: who is told of changes.

use anyhow::Context as _;
use catalogue::webhook::{self, Reach, Wanted};
use chrono::{DateTime, SecondsFormat, Utc};
use entity::webhooks::{self, Webhook};
use uuid::Uuid;

use super::datasets::check_slugs;
use super::{answer, table};
use crate::cli::{DatabaseArgs, WebhookAction, WebhookAddArgs, WebhookArgs};
use crate::wiring;

pub(crate) async fn run(args: WebhookArgs) -> anyhow::Result<()> {
    match args.action {
        WebhookAction::Add(args) => add(&args).await,
        WebhookAction::List(database) => list(&database).await,
        WebhookAction::Enable { id, database } => enable(id, &database).await,
        WebhookAction::Remove { id, database } => remove(id, &database).await,
    }
}

async fn add(args: &WebhookAddArgs) -> anyhow::Result<()> {
    let db = open(&args.database).await?;
    check_slugs(&db, args.dataset.as_deref()).await?;
    let reach = if args.private {
        Reach::Anywhere
    } else {
        Reach::Public
    };
    let wanted = Wanted {
        url: args.url.clone(),
        secret: None,
        events: args.events.clone(),
        dataset: args.dataset.clone(),
    };
    let added = webhook::add(&db, wanted, reach, Utc::now())
        .await
        .context("add the webhook")?;
    answer::beside(format_args!(
        "Webhook {} tells {} of {}. Its messages are signed with this secret, which is shown this once:",
        added.id,
        added.url,
        words(&added.events)
    ));
    // Not as where an answer can be asked for again: nobody has seen this one, nor will.
    answer::line(added.secret.reveal()).map_err(|error| {
        let id = added.id;
        anyhow::anyhow!(
            "the secret could not be shown ({error}): fieldbook webhook remove {id}, and add it once more"
        )
    })
}

async fn list(database: &DatabaseArgs) -> anyhow::Result<()> {
    let db = open(database).await?;
    let webhooks = webhooks::list(&db).await.context("read the webhooks")?;
    let rows: Vec<[String; 7]> = webhooks.iter().map(row).collect();
    let head = [
        "WEBHOOK", "URL", "EVENTS", "DATASET", "WAITING", "DROPPED", "STATE",
    ];
    table::answer(head, &rows)
}

fn row(webhook: &Webhook) -> [String; 7] {
    let off = |at: DateTime<Utc>| {
        let at = at.to_rfc3339_opts(SecondsFormat::Secs, true);
        format!(
            "off since {at}: {}",
            webhook.disabled_reason.as_deref().unwrap_or("switched off")
        )
    };
    [
        webhook.id.to_string(),
        webhook.url.clone(),
        words(&webhook.events),
        webhook.dataset.clone().unwrap_or_else(|| "all".to_owned()),
        webhook.waiting.to_string(),
        webhook.dropped.to_string(),
        webhook.disabled_at.map_or_else(|| "on".to_owned(), off),
    ]
}

async fn enable(id: Uuid, database: &DatabaseArgs) -> anyhow::Result<()> {
    let db = open(database).await?;
    let enabled = webhooks::enable(&db, id).await.context("switch the webhook on")?;
    anyhow::ensure!(enabled, unknown(id));
    answer::line(format_args!("{id} is on"))
}

async fn remove(id: Uuid, database: &DatabaseArgs) -> anyhow::Result<()> {
    let db = open(database).await?;
    let removed = webhooks::remove(&db, id).await.context("remove the webhook")?;
    anyhow::ensure!(removed, unknown(id));
    answer::line(format_args!("{id} is removed"))
}

fn unknown(id: Uuid) -> String {
    format!("there is no webhook {id}: fieldbook webhook list shows them")
}

fn words(events: &[webhooks::EventKind]) -> String {
    let words: Vec<&str> = events.iter().map(|event| event.as_str()).collect();
    words.join(", ")
}

async fn open(database: &DatabaseArgs) -> anyhow::Result<entity::DatabaseConnection> {
    wiring::database_of(database, "fieldbook-webhook").await
}
