//! What an export's address may say.

use axum::http::Uri;
use chrono::{DateTime, Utc};
use entity::query::sensors::SensorFilter;
use entity::{DatabaseConnection, QualityFlag, Scope};

use super::{buckets, readings, sensors};
use crate::ask::sensors::{by_names, check_text, within_limit};
use crate::graphql::error::ApiError;
use crate::options::Limits;
use crate::rest::parameters::{self, Parameters as Pairs};

/// What is exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Table {
    Readings,
    Buckets,
}

impl Table {
    pub(super) fn named(name: &str) -> Option<Self> {
        [Self::Readings, Self::Buckets]
            .into_iter()
            .find(|table| table.name() == name)
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Readings => "readings",
            Self::Buckets => "buckets",
        }
    }

    fn known(self) -> &'static [&'static str] {
        match self {
            Self::Readings => &[
                "sensor", "source", "type", "label", "flag", "from", "to", "labels",
            ],
            Self::Buckets => &[
                "sensor",
                "source",
                "type",
                "label",
                "from",
                "to",
                "bucket",
                "time_zone",
                "labels",
            ],
        }
    }

    /// The columns of its own.
    fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Readings => &readings::COLUMNS,
            Self::Buckets => &buckets::COLUMNS,
        }
    }
}

/// The parameters of an export.
#[derive(Debug)]
pub(super) struct Parameters {
    pub(super) table: Table,
    sensors: Vec<String>,
    sources: Vec<String>,
    kinds: Vec<String>,
    labels: Vec<(String, Option<String>)>,
    pub(super) flags: Option<Vec<QualityFlag>>,
    pub(super) from: Option<DateTime<Utc>>,
    pub(super) to: Option<DateTime<Utc>>,
    pub(super) bucket: Option<String>,
    pub(super) time_zone: Option<String>,
    /// Labels that are columns.
    pub(super) label_columns: Vec<String>,
}

impl Parameters {
    /// Reads those of `uri`; only what `table` knows is accepted, so that a misspelt one does not go unnoticed.
    pub(super) fn of(uri: &Uri, table: Table, limits: &Limits) -> Result<Self, ApiError> {
        let pairs = Pairs::pairs(uri)?;
        within_limit("sensor", pairs.len(), limits)?;
        let mut read = Self {
            table,
            sensors: Vec::new(),
            sources: Vec::new(),
            kinds: Vec::new(),
            labels: Vec::new(),
            flags: None,
            from: None,
            to: None,
            bucket: None,
            time_zone: None,
            label_columns: Vec::new(),
        };
        for (name, value) in pairs {
            let Some(&name) = table.known().iter().find(|known| **known == name) else {
                return Err(refused(
                    &name,
                    "there is no such parameter",
                    table.known().join(", "),
                ));
            };
            check_text(name, &value, limits)?;
            match name {
                "sensor" => read.sensors.push(value),
                "source" => read.sources.push(value),
                "type" => read.kinds.push(value),
                "label" => read.labels.push(label(&value)),
                "labels" => read.add_columns(&value)?,
                "flag" => read.flags.get_or_insert_default().push(flag(&value)?),
                "from" => once(name, &mut read.from, parameters::time(name, &value)?)?,
                "to" => once(name, &mut read.to, parameters::time(name, &value)?)?,
                "bucket" => once(name, &mut read.bucket, value)?,
                _ => once(name, &mut read.time_zone, value)?,
            }
        }
        Ok(read)
    }

    /// Which sensors; one that is named and not known is an error.
    pub(super) async fn filter(
        &self,
        db: &DatabaseConnection,
        scope: &Scope,
        limits: &Limits,
    ) -> Result<SensorFilter, ApiError> {
        let some = |texts: &[String]| (!texts.is_empty()).then(|| texts.to_vec());
        let mut filter = SensorFilter {
            sources: some(&self.sources),
            kinds: some(&self.kinds),
            labels: self.labels.clone(),
            ..SensorFilter::default()
        };
        if !self.sensors.is_empty() {
            let named = by_names(db, scope, "sensor", &self.sensors, limits).await?;
            filter.uuids = Some(named.iter().map(|sensor| sensor.uuid).collect());
        }
        Ok(filter)
    }

    fn add_columns(&mut self, list: &str) -> Result<(), ApiError> {
        for key in list.split(',').map(str::trim).filter(|key| !key.is_empty()) {
            let is_taken = sensors::COLUMNS.contains(&key)
                || self.table.columns().contains(&key)
                || self.label_columns.iter().any(|known| known == key);
            if is_taken {
                let accepted = "keys of labels, separated by commas, each once".to_owned();
                return Err(refused(
                    "labels",
                    &format!("there is a column {key:?} already"),
                    accepted,
                ));
            }
            self.label_columns.push(key.to_owned());
        }
        Ok(())
    }
}

fn refused(argument: &str, message: &str, accepted: String) -> ApiError {
    ApiError::InvalidArgument {
        argument: argument.to_owned(),
        message: message.to_owned(),
        accepted,
    }
}

fn once<T>(name: &str, place: &mut Option<T>, value: T) -> Result<(), ApiError> {
    if place.replace(value).is_some() {
        return Err(refused(name, "it is given twice", format!("{name} once")));
    }
    Ok(())
}

/// `site:Harbour` is a label that says so, `site` one that says anything.
fn label(text: &str) -> (String, Option<String>) {
    match text.split_once(':') {
        Some((key, value)) => (key.to_owned(), Some(value.to_owned())),
        None => (text.to_owned(), None),
    }
}

/// The flag with this word, in any case.
fn flag(text: &str) -> Result<QualityFlag, ApiError> {
    readings::FLAGS
        .into_iter()
        .find(|flag| readings::word(*flag).eq_ignore_ascii_case(text))
        .ok_or_else(|| {
            let accepted = readings::FLAGS.map(readings::word).join(", ");
            refused("flag", &format!("{text:?} is no flag"), accepted)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(table: Table, query: &str) -> Result<Parameters, ApiError> {
        let uri = format!("/export/x.csv?{query}").parse().unwrap();
        Parameters::of(&uri, table, &Limits::default())
    }

    #[test]
    fn what_is_repeated_adds_up() {
        let query = "sensor=a&sensor=b%2Cc&label=site:Dock:1&label=plant&flag=pass&flag=NOT_EVALUATED&labels=site,plant";
        let read = read(Table::Readings, query).unwrap();
        assert_eq!(read.sensors, ["a", "b,c"]);
        assert_eq!(
            read.labels,
            [
                ("site".to_owned(), Some("Dock:1".to_owned())),
                ("plant".to_owned(), None)
            ]
        );
        assert_eq!(
            read.flags,
            Some(vec![QualityFlag::Pass, QualityFlag::NotEvaluated])
        );
        assert_eq!(read.label_columns, ["site", "plant"]);
    }

    #[test]
    fn what_an_export_does_not_know_is_refused() {
        for (table, query) in [
            (Table::Readings, "sensr=a"),
            (Table::Readings, "bucket=PT1H"),
            (Table::Buckets, "flag=pass"),
            (Table::Readings, "from=2026-01-01&from=2026-01-02"),
            (Table::Readings, "flag=good"),
            (Table::Readings, "from=yesterday"),
            (Table::Readings, "labels=site,site"),
            (Table::Readings, "labels=value"),
            (Table::Buckets, "labels=avg"),
        ] {
            let error = read(table, query).unwrap_err();
            assert!(
                matches!(error, ApiError::InvalidArgument { .. }),
                "{query}: {error}"
            );
        }
    }
}
