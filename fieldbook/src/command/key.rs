//! `fieldbook key`: keys for the API.

use std::collections::BTreeMap;

use anyhow::Context as _;
use api::ApiKey;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use entity::DatabaseConnection;
use entity::keys::{self, Key, NewKey, Revoked, Role, SensorLimit};

use super::datasets::check_slugs;
use super::{answer, table};
use crate::cli::{DatabaseArgs, KeyAction, KeyArgs, KeyCreateArgs, RoleArg};
use crate::wiring;

/// Characters of a name, a type or a label.
const TEXT_CHARS_MAX: usize = 200;

pub(crate) async fn run(args: KeyArgs) -> anyhow::Result<()> {
    match args.action {
        KeyAction::Create(args) => create(&args).await,
        KeyAction::List(database) => list(&database).await,
        KeyAction::Revoke { key, database } => revoke(&key, &database).await,
    }
}

/// The key alone goes to standard output, so that it can be piped to where it belongs.
async fn create(args: &KeyCreateArgs) -> anyhow::Result<()> {
    let key = ApiKey::generate().context("ask the system for random bytes")?;
    let new = new_key(args, &key, Utc::now())?;
    let db = open(&args.database).await?;
    check_slugs(&db, args.datasets.iter().map(String::as_str)).await?;
    explain(&db, &new).await?;
    keys::insert(&db, new).await.context("write the key")?;
    // Not as where an answer can be asked for again: nobody has seen this one, nor will.
    answer::line(key.reveal()).map_err(|error| {
        let prefix = key.prefix();
        anyhow::anyhow!("the key was made and could not be shown ({error}): fieldbook key revoke {prefix}, and make another")
    })
}

fn new_key(args: &KeyCreateArgs, key: &ApiKey, now: DateTime<Utc>) -> anyhow::Result<NewKey> {
    check_text("--name", &args.name)?;
    for kind in &args.types {
        check_text("--type", kind)?;
    }
    let mut labels = BTreeMap::new();
    for (label, value) in &args.labels {
        check_text("--label", label)?;
        check_text("--label", value)?;
        anyhow::ensure!(
            labels.insert(label.clone(), value.clone()).is_none(),
            "--label {label} is given twice, and a sensor has each label once: make a key for each value"
        );
    }
    let some = |list: Vec<String>| (!list.is_empty()).then_some(list);
    Ok(NewKey {
        hash: key.hash(),
        prefix: key.prefix().to_owned(),
        name: args.name.trim().to_owned(),
        role: match args.role {
            RoleArg::Reader => Role::Reader,
            RoleArg::Steward => Role::Steward,
            RoleArg::Admin => Role::Admin,
        },
        datasets: some(args.datasets.clone()),
        sensors: SensorLimit {
            types: some(args.types.clone()),
            labels,
        },
        requests_per_minute: args.requests_per_minute,
        created_at: now,
        expires_at: args
            .expires_in_days
            .map(|days| now + TimeDelta::days(days.into())),
    })
}

fn check_text(flag: &str, text: &str) -> anyhow::Result<()> {
    let is_good = !text.trim().is_empty()
        && text.chars().count() <= TEXT_CHARS_MAX
        && !text.chars().any(char::is_control);
    anyhow::ensure!(
        is_good,
        "{flag} {text:?} can't be used: give 1 to {TEXT_CHARS_MAX} characters on one line"
    );
    Ok(())
}

/// Says on standard error what the key opens.
async fn explain(db: &DatabaseConnection, new: &NewKey) -> anyhow::Result<()> {
    let scope = keys::scope_of(db, &new.sensors)
        .await
        .context("look at the sensors that the key opens")?;
    let sensors = match scope.sensors_count() {
        None => "all sensors".to_owned(),
        Some(count) => format!("{count} of the sensors that there are now"),
    };
    let expires = new.expires_at.map_or_else(
        || "until it is revoked".to_owned(),
        |at| format!("until {}", time(at)),
    );
    answer::beside(format_args!(
        "Key {} for {:?}, a {}, opens {} of {sensors}, {expires}.\n\
         This is the only time that it is shown. Send it as `Authorization: Bearer KEY`, as the password of Basic, or as \
         `X-API-Key: KEY`.",
        new.prefix,
        new.name,
        new.role,
        new.datasets
            .as_ref()
            .map_or_else(|| "all datasets".to_owned(), |slugs| slugs.join(", ")),
    ));
    Ok(())
}

async fn list(database: &DatabaseArgs) -> anyhow::Result<()> {
    let db = open(database).await?;
    let keys = keys::list(&db).await.context("read the keys")?;
    let now = Utc::now();
    let rows: Vec<[String; 8]> = keys.iter().map(|key| row(key, now)).collect();
    let head = [
        "KEY",
        "NAME",
        "ROLE",
        "OPENS",
        "STATE",
        "CREATED",
        "EXPIRES",
        "LAST USED",
    ];
    table::answer(head, &rows)
}

fn row(key: &Key, now: DateTime<Utc>) -> [String; 8] {
    let mut opens: Vec<String> = key.datasets.clone().unwrap_or_default();
    opens.extend(
        key.sensors
            .types
            .iter()
            .flatten()
            .map(|kind| format!("type {kind}")),
    );
    opens.extend(
        key.sensors
            .labels
            .iter()
            .map(|(label, value)| format!("{label}={value}")),
    );
    opens.extend(
        key.requests_per_minute
            .map(|requests| format!("{requests} requests a minute")),
    );
    let state = if key.revoked_at.is_some() {
        "revoked"
    } else if key.is_usable(now) {
        "good"
    } else {
        "expired"
    };
    [
        key.prefix.clone(),
        key.name.clone(),
        key.role.to_string(),
        if opens.is_empty() {
            "everything".to_owned()
        } else {
            opens.join(", ")
        },
        state.to_owned(),
        time(key.created_at),
        key.expires_at.map_or_else(|| "never".to_owned(), time),
        key.last_used_at.map_or_else(|| "never".to_owned(), time),
    ]
}

fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

async fn revoke(which: &str, database: &DatabaseArgs) -> anyhow::Result<()> {
    let db = open(database).await?;
    match keys::revoke(&db, which, Utc::now())
        .await
        .context("revoke the key")?
    {
        Revoked::Key(key) => {
            let at = key.revoked_at.map(time).unwrap_or_default();
            answer::line(format_args!(
                "{} ({}) is revoked since {at}",
                key.prefix, key.name
            ))
        }
        Revoked::Unknown => anyhow::bail!("there is no key {which:?}: fieldbook key list shows them"),
        Revoked::Ambiguous(keys) => {
            let prefixes: Vec<&str> = keys.iter().map(|key| key.prefix.as_str()).collect();
            anyhow::bail!(
                "{} keys are called {which:?}: name one of {}",
                prefixes.len(),
                prefixes.join(", ")
            )
        }
    }
}

async fn open(database: &DatabaseArgs) -> anyhow::Result<DatabaseConnection> {
    wiring::database_of(database, "fieldbook-key").await
}
