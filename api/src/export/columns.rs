//! The columns that a file can have, and those that it has, in their order.

use super::parameters::{Table, refused};
use super::rows::{Column, Kind, Shape};
use super::sensors::{Saying, SensorTable};
use super::{buckets, readings};
use crate::graphql::error::ApiError;

/// What every table can say of a sensor; of the first four it does when it is not told which.
const OF_SENSORS: [(&str, Saying); 8] = [
    ("sensor", Saying::Name),
    ("source", Saying::Source),
    ("type", Saying::Type),
    ("unit", Saying::Unit),
    ("sensor_id", Saying::Id),
    ("description", Saying::Description),
    ("lat", Saying::Lat),
    ("lng", Saying::Lng),
];

const OF_SENSORS_DEFAULT: usize = 4;

/// A column that is picked.
#[derive(Debug, Clone, PartialEq)]
enum Picked {
    /// One of the table's own.
    Own(&'static str),
    /// What something says of the row's sensor.
    OfSensor(String, Saying),
}

/// The columns of a file, in their order.
#[derive(Debug)]
pub(super) struct Columns(Vec<Picked>);

impl Picked {
    fn name(&self) -> &str {
        match self {
            Self::Own(name) => name,
            Self::OfSensor(name, _) => name,
        }
    }
}

impl Table {
    /// The columns of its own: those that it has when it is not told which, and all.
    fn own(self) -> (&'static [&'static str], &'static [&'static str]) {
        match self {
            Self::Readings => (&readings::COLUMNS[..readings::DEFAULT], &readings::COLUMNS),
            Self::Buckets => (&buckets::COLUMNS[..buckets::DEFAULT], &buckets::COLUMNS),
        }
    }

    fn default(self) -> impl Iterator<Item = Picked> {
        let own = self.own().0.iter().map(|name| Picked::Own(name));
        own.chain(of_sensors().take(OF_SENSORS_DEFAULT))
    }

    fn all(self) -> impl Iterator<Item = Picked> {
        let own = self.own().1.iter().map(|name| Picked::Own(name));
        let integral = Picked::OfSensor("integral_unit".to_owned(), Saying::IntegralUnit);
        own.chain(of_sensors())
            .chain(Some(integral).filter(|_| self == Self::Buckets))
    }
}

fn of_sensors() -> impl Iterator<Item = Picked> {
    OF_SENSORS
        .into_iter()
        .map(|(name, saying)| Picked::OfSensor(name.to_owned(), saying))
}

fn of_label(key: &str) -> Picked {
    Picked::OfSensor(key.to_owned(), Saying::Label(key.to_owned()))
}

impl Columns {
    /// Those that `asked` lists, or the usual ones; then the labels that are not among them.
    pub(super) fn pick(table: Table, asked: Option<&str>, labels: &[String]) -> Result<Self, ApiError> {
        let mut picked = match asked {
            Some(list) => listed(table, list, labels)?,
            None => table.default().collect(),
        };
        for label in labels.iter().map(|key| of_label(key)) {
            if picked.contains(&label) {
                continue;
            }
            let name = label.name();
            if table
                .default()
                .chain(picked.iter().cloned())
                .any(|known| known.name() == name)
            {
                let accepted = "keys of labels, separated by commas, each once".to_owned();
                let message = format!("there is a column {name:?} already");
                return Err(refused("labels", &message, accepted));
            }
            picked.push(label);
        }
        Ok(Self(picked))
    }

    /// Those of the table's own, in their order.
    pub(super) fn own(&self) -> Vec<&'static str> {
        let own = self.0.iter().filter_map(|column| match column {
            Picked::Own(name) => Some(*name),
            Picked::OfSensor(..) => None,
        });
        own.collect()
    }

    /// What is said of sensors, in the order of the columns that say it.
    pub(super) fn of_sensors(&self) -> Vec<Saying> {
        let of_sensors = self.0.iter().filter_map(|column| match column {
            Picked::Own(_) => None,
            Picked::OfSensor(_, saying) => Some(saying.clone()),
        });
        of_sensors.collect()
    }

    /// What rows of these columns look like, with sensors that say [`Columns::of_sensors`]; `kind` is of the table's own.
    pub(super) fn shape(&self, sensors: SensorTable, kind: impl Fn(&str) -> Kind) -> Shape {
        let mut places = 0..;
        let columns = self.0.iter().map(|column| Column {
            name: column.name().to_owned(),
            kind: match column {
                Picked::Own(name) => kind(name),
                Picked::OfSensor(..) => Kind::OfSensor(places.next().unwrap_or_default()),
            },
        });
        Shape {
            columns: columns.collect(),
            sensors,
        }
    }
}

fn listed(table: Table, list: &str, labels: &[String]) -> Result<Vec<Picked>, ApiError> {
    let known: Vec<Picked> = table
        .all()
        .chain(labels.iter().map(|key| of_label(key)))
        .collect();
    let accepted = || {
        let names: Vec<&str> = known.iter().map(Picked::name).collect();
        format!(
            "{}, and what labels names, each once, separated by commas",
            names.join(", ")
        )
    };
    let mut picked: Vec<Picked> = Vec::new();
    for name in list.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        let Some(column) = known.iter().find(|known| known.name() == name) else {
            return Err(refused(
                "columns",
                &format!("there is no column {name:?}"),
                accepted(),
            ));
        };
        if picked.contains(column) {
            return Err(refused(
                "columns",
                &format!("column {name:?} is given twice"),
                accepted(),
            ));
        }
        picked.push(column.clone());
    }
    if picked.is_empty() {
        return Err(refused("columns", "it names no column", accepted()));
    }
    Ok(picked)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(table: Table, asked: Option<&str>, labels: &[&str]) -> Result<Vec<String>, ApiError> {
        let labels: Vec<String> = labels.iter().map(|key| (*key).to_owned()).collect();
        let picked = Columns::pick(table, asked, &labels)?;
        Ok(picked.0.iter().map(|column| column.name().to_owned()).collect())
    }

    #[test]
    fn the_catalogue_describes_the_columns_that_files_have() {
        for (path, table) in [
            ("/export/readings.csv", Table::Readings),
            ("/export/buckets.csv", Table::Buckets),
        ] {
            let described = catalogue::feeds::data_package::columns::of(path).unwrap();
            let described: Vec<&str> = described.columns.iter().map(|column| column.name).collect();
            assert_eq!(names(table, None, &[]).unwrap(), described);
        }
    }

    #[test]
    fn labels_come_behind_unless_they_are_placed() {
        for (asked, expected) in [
            (None, "time value flag sensor source type unit site plant"),
            (Some("value, time"), "value time site plant"),
            (Some("plant,sensor_id,,value"), "plant sensor_id value site"),
        ] {
            let found = names(Table::Readings, asked, &["site", "plant"]).unwrap();
            assert_eq!(found.join(" "), expected);
        }
    }

    #[test]
    fn what_is_unknown_or_there_already_is_refused() {
        for (table, asked, label) in [
            (Table::Readings, Some("avg"), "site"),
            (Table::Readings, Some("integral_unit"), "site"),
            (Table::Readings, Some("time,time"), "site"),
            (Table::Readings, Some("site,site"), "site"),
            (Table::Readings, Some(" , "), "site"),
            (Table::Readings, Some("Time"), "site"),
            (Table::Buckets, Some("time"), "site"),
            (Table::Readings, None, "value"),
            // A file without the unit has no other column of this name.
            (Table::Readings, Some("time,value"), "unit"),
            (Table::Readings, Some("lat"), "lat"),
        ] {
            let error = names(table, asked, &[label]).unwrap_err();
            assert!(
                matches!(error, ApiError::InvalidArgument { .. }),
                "{asked:?}: {error}"
            );
        }
    }
}
