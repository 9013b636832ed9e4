//! Where messages come from: one source by flags, or several by a file (docs/reference/sources.md).

mod file;
mod password;
mod tls;
mod topic;

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use ingestor::decode::Format;
use ingestor::receiver::{Manner, Manners, Source};

use crate::cli::{OnConflictArg, SourceArgs};
use crate::mqtt_url::MqttUrl;
use file::SourceEntry;

/// A source, ready to receive from.
#[derive(Debug)]
pub(crate) struct Configured {
    pub(crate) source: Source,
    /// Its broker, for people: without user and password.
    pub(crate) broker: String,
    /// Whether its broker is the one of the command line, or the private one.
    pub(crate) at_home: bool,
    /// The text of the sensor list to declare at the start.
    pub(crate) sensors: Option<String>,
}

/// The sources that the arguments say; `home` is the broker of those that name none.
pub(crate) fn configured(args: &SourceArgs, home: Option<&MqttUrl>) -> anyhow::Result<Vec<Configured>> {
    let Some(path) = &args.sources else {
        let home = home.context("there is no broker: set MQTT_URL")?;
        return Ok(vec![by_flags(args, home)?]);
    };
    let what = || format!("use the sources of {}", path.display());
    let text = std::fs::read_to_string(path).with_context(what)?;
    let entries = file::parse(&text).with_context(what)?;
    let directory = path.parent().unwrap_or(Path::new("."));
    entries
        .into_iter()
        .map(|entry| {
            let name = entry.name.clone();
            by_entry(entry, directory, home).with_context(|| format!("the source {name:?}"))
        })
        .collect::<anyhow::Result<_>>()
        .with_context(what)
}

/// How the messages of sources are read: of those of the file, or of the one by flags. No broker is asked for.
pub(crate) fn manners(
    file: Option<&Path>,
    source: &str,
    on_conflict: OnConflictArg,
) -> anyhow::Result<Manners> {
    let Some(path) = file else {
        let manner = Manner {
            on_conflict: on_conflict.into(),
            ..Manner::default()
        };
        return Ok(Manners::from_iter([(source.to_owned(), manner)]));
    };
    let what = || format!("use the sources of {}", path.display());
    let text = std::fs::read_to_string(path).with_context(what)?;
    let entries = file::parse(&text).with_context(what)?;
    entries
        .iter()
        .map(|entry| {
            let manner = manner_of(entry).with_context(|| format!("the source {:?}", entry.name))?;
            Ok((entry.name.clone(), manner))
        })
        .collect::<anyhow::Result<_>>()
        .with_context(what)
}

fn by_flags(args: &SourceArgs, home: &MqttUrl) -> anyhow::Result<Configured> {
    Ok(Configured {
        source: Source {
            name: args.source.clone(),
            broker: home.broker()?,
            topics: args.topics.clone(),
            manner: Manner {
                on_conflict: args.on_conflict.into(),
                ..Manner::default()
            },
        },
        broker: home.to_string(),
        at_home: true,
        sensors: None,
    })
}

fn by_entry(entry: SourceEntry, directory: &Path, home: Option<&MqttUrl>) -> anyhow::Result<Configured> {
    let (url, at_home) = match &entry.broker {
        Some(url) => (&url.0, false),
        None => (
            home.context("it names no broker, and MQTT_URL is not set: say broker = \"mqtts://host:8883\"")?,
            true,
        ),
    };
    let mut broker = match &entry.tls {
        Some(_) if !url.is_tls() => {
            anyhow::bail!("it has certificates under tls, and {url} is not encrypted: say mqtts://")
        }
        Some(files) => url.broker_with(Some(tls::config(files, directory)?)),
        None => url.broker()?,
    };
    broker.protocol = entry.protocol.into();
    if let Some(login) = &entry.login {
        broker.login = Some((login.user.clone(), password::read(login, directory)?));
    }
    let manner = manner_of(&entry)?;
    let sensors = entry
        .sensors
        .as_ref()
        .map(|list| declared(&beside(directory, list)))
        .transpose()?;
    Ok(Configured {
        broker: url.to_string(),
        at_home,
        sensors,
        source: Source {
            name: entry.name,
            broker,
            topics: entry.topics.into_iter().map(|topic| topic.0).collect(),
            manner,
        },
    })
}

/// How messages of a source become readings.
fn manner_of(entry: &SourceEntry) -> anyhow::Result<Manner> {
    let format = match &entry.message {
        None => Format::Plain,
        Some(spec) => Format::described(spec).context("its message")?,
    };
    Ok(Manner {
        format,
        on_conflict: entry.on_conflict.into(),
        time_past_max: entry
            .time_past_days
            .map(|days| chrono::TimeDelta::days(days.into())),
        time_future_max: entry
            .time_future_seconds
            .map(|seconds| chrono::TimeDelta::seconds(seconds.into())),
    })
}

fn declared(path: &Path) -> anyhow::Result<String> {
    let (text, list) = crate::command::read_sensor_list(path)?;
    crate::command::warn_of(&list);
    Ok(text)
}

/// A file that the file of sources names lies beside it, unless its path is absolute.
fn beside(directory: &Path, file: &Path) -> PathBuf {
    directory.join(file)
}

#[cfg(test)]
mod tests;
