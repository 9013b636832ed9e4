//! The file of sources, as it is written.

use std::path::PathBuf;

use entity::load::OnConflict;
use ingestor::decode::format::FormatSpec;
use ingestor::receiver::Protocol;
use serde::Deserialize;

use super::topic::TopicFilter;
use crate::mqtt_url::MqttUrl;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SourcesFile {
    #[serde(rename = "source")]
    sources: Vec<SourceEntry>,
}

/// A source. Unknown keys are refused, with their place.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SourceEntry {
    pub(super) name: String,
    pub(super) broker: Option<BrokerUrl>,
    #[serde(default)]
    pub(super) protocol: ProtocolName,
    pub(super) topics: Vec<TopicFilter>,
    #[serde(default)]
    pub(super) on_conflict: OnConflictName,
    /// A sensor list, declared at the start.
    pub(super) sensors: Option<PathBuf>,
    pub(super) time_past_days: Option<u16>,
    pub(super) time_future_seconds: Option<u32>,
    pub(super) login: Option<Login>,
    pub(super) tls: Option<TlsFiles>,
    pub(super) message: Option<FormatSpec>,
}

/// Who we are at a broker. The password itself can't stand here: files like this are copied and shown.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Login {
    pub(super) user: String,
    pub(super) password_file: Option<PathBuf>,
    pub(super) password_env: Option<String>,
}

/// Whom we trust, and how we show who we are; PEM.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TlsFiles {
    #[serde(rename = "ca_file")]
    pub(super) ca: Option<PathBuf>,
    #[serde(rename = "certificate_file")]
    pub(super) certificate: Option<PathBuf>,
    #[serde(rename = "key_file")]
    pub(super) key: Option<PathBuf>,
}

/// A broker's address without user and password.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct BrokerUrl(pub(super) MqttUrl);

impl TryFrom<String> for BrokerUrl {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let url: MqttUrl = text
            .parse()
            .map_err(|error: crate::mqtt_url::MqttUrlError| error.to_string())?;
        if url.has_login() {
            return Err(
                "a user or password stands in the broker's address: say them under login, the password by \
                        password_file or password_env"
                    .to_owned(),
            );
        }
        Ok(Self(url))
    }
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
pub(super) enum ProtocolName {
    #[serde(rename = "3.1.1")]
    V311,
    #[default]
    #[serde(rename = "5")]
    V5,
}

impl From<ProtocolName> for Protocol {
    fn from(name: ProtocolName) -> Self {
        match name {
            ProtocolName::V311 => Self::V311,
            ProtocolName::V5 => Self::V5,
        }
    }
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum OnConflictName {
    #[default]
    First,
    Latest,
}

impl From<OnConflictName> for OnConflict {
    fn from(name: OnConflictName) -> Self {
        match name {
            OnConflictName::First => Self::First,
            OnConflictName::Latest => Self::Latest,
        }
    }
}

/// Reads the file's text.
pub(super) fn parse(text: &str) -> anyhow::Result<Vec<SourceEntry>> {
    // A parser's message shows the line that it is about, and a line may hold what somebody took for the place of a password.
    let file: SourcesFile = toml::from_str(text).map_err(|error| anyhow::anyhow!(shown(text, &error)))?;
    anyhow::ensure!(
        !file.sources.is_empty(),
        "it has no source: begin one with [[source]]"
    );
    for (index, source) in file.sources.iter().enumerate() {
        anyhow::ensure!(
            !source.topics.is_empty(),
            "the source {:?} has no topics: say topics = [\"sensors\"]",
            source.name
        );
        anyhow::ensure!(
            file.sources[..index]
                .iter()
                .all(|other| other.name != source.name),
            "two sources are named {:?}: a name is the namespace of its sensors, and each source has its own",
            source.name
        );
    }
    Ok(file.sources)
}

/// The line and what is wrong with it, without what stands there.
fn shown(text: &str, error: &toml::de::Error) -> String {
    let Some(span) = error.span() else {
        return error.message().to_owned();
    };
    let before = text.get(..span.start).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    format!("line {line}: {}", error.message())
}
