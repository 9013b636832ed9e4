//! `fieldbook webhook`: who is told of changes.

use anyhow::Context as _;
use catalogue::webhook::{self, Reach, Wanted};
use chrono::{DateTime, SecondsFormat, Utc};
use entity::webhooks::{self, Webhook};
use uuid::Uuid;

use super::datasets::check_slugs;
use super::table;
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

#[expect(clippy::print_stdout, reason = "the secret is the answer")]
#[expect(clippy::print_stderr, reason = "standard output is the secret's")]
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
    eprintln!(
        "Webhook {} tells {} of {}. Its messages are signed with this secret, which is shown this once:",
        added.id,
        added.url,
        words(&added.events)
    );
    println!("{}", added.secret.reveal());
    Ok(())
}

async fn list(database: &DatabaseArgs) -> anyhow::Result<()> {
    let db = open(database).await?;
    let webhooks = webhooks::list(&db).await.context("read the webhooks")?;
    let rows: Vec<[String; 7]> = webhooks.iter().map(row).collect();
    let head = [
        "WEBHOOK", "URL", "EVENTS", "DATASET", "WAITING", "DROPPED", "STATE",
    ];
    table::print(head, &rows);
    Ok(())
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

#[expect(clippy::print_stdout, reason = "it is the answer")]
async fn enable(id: Uuid, database: &DatabaseArgs) -> anyhow::Result<()> {
    let db = open(database).await?;
    let enabled = webhooks::enable(&db, id).await.context("switch the webhook on")?;
    anyhow::ensure!(enabled, unknown(id));
    println!("{id} is on");
    Ok(())
}

#[expect(clippy::print_stdout, reason = "it is the answer")]
async fn remove(id: Uuid, database: &DatabaseArgs) -> anyhow::Result<()> {
    let db = open(database).await?;
    let removed = webhooks::remove(&db, id).await.context("remove the webhook")?;
    anyhow::ensure!(removed, unknown(id));
    println!("{id} is removed");
    Ok(())
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
