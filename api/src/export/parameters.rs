//! What an export's address may say.

mod read;
mod sensors;

use axum::http::Uri;
use chrono::{DateTime, Utc};
use entity::QualityFlag;

use self::sensors::Sensors;
use super::columns::Columns;
use crate::ask::sensors::{check_text, within_limit};
use crate::ask::values;
use crate::buckets::Fill;
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

    /// The parameters that it takes.
    fn known(self) -> impl Iterator<Item = &'static str> {
        let both = ["from", "to", "flag", "unit", "columns", "labels"];
        let own: &[&str] = match self {
            Self::Readings => &["value_min", "value_max"],
            Self::Buckets => &[
                "bucket",
                "time_zone",
                "fill",
                "include_failed",
                "min_completeness",
            ],
        };
        sensors::KNOWN.into_iter().chain(both).chain(own.iter().copied())
    }
}

/// The parameters of an export.
#[derive(Debug)]
pub(super) struct Parameters {
    pub(super) table: Table,
    pub(super) sensors: Sensors,
    pub(super) columns: Columns,
    pub(super) flags: Option<Vec<QualityFlag>>,
    pub(super) from: Option<DateTime<Utc>>,
    pub(super) to: Option<DateTime<Utc>>,
    pub(super) unit: Option<String>,
    pub(super) value_min: Option<f64>,
    pub(super) value_max: Option<f64>,
    pub(super) bucket: Option<String>,
    pub(super) time_zone: Option<String>,
    pub(super) fill: Option<Fill>,
    pub(super) include_failed: Option<bool>,
    pub(super) min_completeness: Option<f64>,
}

impl Parameters {
    /// Reads those of `uri`; only what `table` knows is accepted, so that a misspelt one does not go unnoticed.
    pub(super) fn of(uri: &Uri, table: Table, limits: &Limits) -> Result<Self, ApiError> {
        let pairs = Pairs::pairs(uri)?;
        within_limit("sensor", pairs.len(), limits)?;
        let (mut columns, mut labels) = (None, Vec::new());
        let mut read = Self {
            table,
            sensors: Sensors::default(),
            columns: Columns::pick(table, None, &[])?,
            flags: None,
            from: None,
            to: None,
            unit: None,
            value_min: None,
            value_max: None,
            bucket: None,
            time_zone: None,
            fill: None,
            include_failed: None,
            min_completeness: None,
        };
        for (name, value) in pairs {
            let Some(name) = table.known().find(|known| *known == name) else {
                let accepted = table.known().collect::<Vec<_>>().join(", ");
                return Err(refused(&name, "there is no such parameter", accepted));
            };
            check_text(name, &value, limits)?;
            if read.sensors.take(name, &value)? {
                continue;
            }
            match name {
                "columns" => once(name, &mut columns, value)?,
                "labels" => add_labels(&mut labels, &value)?,
                "flag" => read.flags.get_or_insert_default().push(read::flag(name, &value)?),
                "from" => once(name, &mut read.from, parameters::time(name, &value)?)?,
                "to" => once(name, &mut read.to, parameters::time(name, &value)?)?,
                "unit" => once(name, &mut read.unit, value)?,
                "value_min" => once(name, &mut read.value_min, read::number(name, &value)?)?,
                "value_max" => once(name, &mut read.value_max, read::number(name, &value)?)?,
                "bucket" => once(name, &mut read.bucket, value)?,
                "time_zone" => once(name, &mut read.time_zone, value)?,
                "fill" => once(name, &mut read.fill, read::fill(name, &value)?)?,
                "include_failed" => once(name, &mut read.include_failed, read::truth(name, &value)?)?,
                // The table knows no other.
                _ => once(name, &mut read.min_completeness, read::number(name, &value)?)?,
            }
        }
        values::check_bounds(("value_min", read.value_min), ("value_max", read.value_max))?;
        read.columns = Columns::pick(table, columns.as_deref(), &labels)?;
        Ok(read)
    }
}

/// Adds the labels that a list names.
fn add_labels(labels: &mut Vec<String>, list: &str) -> Result<(), ApiError> {
    for key in list.split(',').map(str::trim).filter(|key| !key.is_empty()) {
        if labels.iter().any(|known| known == key) {
            let accepted = "keys of labels, separated by commas, each once".to_owned();
            return Err(refused(
                "labels",
                &format!("there is a column {key:?} already"),
                accepted,
            ));
        }
        labels.push(key.to_owned());
    }
    Ok(())
}

pub(super) fn refused(argument: &str, message: &str, accepted: String) -> ApiError {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn read(table: Table, query: &str) -> Result<Parameters, ApiError> {
        let uri = format!("/export/x.csv?{query}").parse().unwrap();
        Parameters::of(&uri, table, &Limits::default())
    }

    #[test]
    fn what_is_given_is_read() {
        let query = "flag=pass&flag=NOT_EVALUATED&labels=site,plant&value_min=-1.5&value_max=1e3&unit=K";
        let read = read(Table::Readings, query).unwrap();
        assert_eq!(
            read.flags,
            Some(vec![QualityFlag::Pass, QualityFlag::NotEvaluated])
        );
        assert_eq!((read.value_min, read.value_max), (Some(-1.5), Some(1000.0)));
        assert_eq!(read.unit.as_deref(), Some("K"));
        assert_eq!(read.columns.of_sensors().len(), 6);
    }

    #[test]
    fn every_known_parameter_is_read() {
        for table in [Table::Readings, Table::Buckets] {
            for name in table.known() {
                let value = match name {
                    "within" => "-1,170,1,-170",
                    "near" => "0,0,10.5",
                    "declared" | "include_failed" => "true",
                    "from" | "to" => "2026-01-01",
                    "flag" => "fail",
                    "fill" => "Linear",
                    "value_min" | "value_max" | "min_completeness" => "0.5",
                    "columns" => "sensor",
                    _ => "a",
                };
                assert!(read(table, &format!("{name}={value}")).is_ok(), "{name}");
            }
        }
    }

    #[test]
    fn what_an_export_does_not_know_is_refused() {
        for (table, query) in [
            (Table::Readings, "sensr=a"),
            (Table::Readings, "bucket=PT1H"),
            (Table::Readings, "fill=null"),
            (Table::Buckets, "value_min=1"),
            (Table::Readings, "from=2026-01-01&from=2026-01-02"),
            (Table::Readings, "unit=K&unit=K"),
            (Table::Readings, "flag=good"),
            (Table::Readings, "from=yesterday"),
            (Table::Readings, "labels=site,site"),
            (Table::Readings, "labels=site&labels=site"),
            (Table::Readings, "labels=value"),
            (Table::Buckets, "labels=avg"),
            (Table::Readings, "columns=time&columns=value"),
            (Table::Readings, "value_min=NaN"),
            (Table::Readings, "value_max=inf"),
            (Table::Readings, "value_min="),
            (Table::Readings, "value_min=2&value_max=1"),
            (Table::Readings, "near=1,2"),
            (Table::Readings, "near=91,0,5"),
            (Table::Readings, "near=0,0,-1"),
            (Table::Readings, "within=1,2,3,4,5"),
            (Table::Readings, "within=2,0,1,0"),
            (Table::Readings, "declared=yes"),
            (Table::Buckets, "fill=next"),
            (Table::Buckets, "include_failed=1"),
        ] {
            let error = read(table, query).unwrap_err();
            assert!(
                matches!(error, ApiError::InvalidArgument { .. }),
                "{query}: {error}"
            );
        }
    }
}
