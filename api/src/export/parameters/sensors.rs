//! Which sensors: what GraphQL's `SensorFilter` can say, as parameters.

use entity::query::sensors::{BoundingBox, Location, Near, SensorFilter};
use entity::{DatabaseConnection, Scope};

use super::{once, read};
use crate::ask::places;
use crate::ask::sensors::by_names;
use crate::graphql::error::ApiError;
use crate::options::Limits;

/// The parameters that choose sensors.
pub(super) const KNOWN: [&str; 9] = [
    "sensor", "source", "type", "units", "label", "text", "within", "near", "declared",
];

/// Which sensors; all that is given must hold.
#[derive(Debug, Default)]
pub(in crate::export) struct Sensors {
    names: Vec<String>,
    filter: SensorFilter,
}

impl Sensors {
    /// Takes a parameter, if it is one of [`KNOWN`].
    pub(super) fn take(&mut self, name: &str, value: &str) -> Result<bool, ApiError> {
        let one_more = |list: &mut Option<Vec<String>>| list.get_or_insert_default().push(value.to_owned());
        let filter = &mut self.filter;
        match name {
            "sensor" => self.names.push(value.to_owned()),
            "source" => one_more(&mut filter.sources),
            "type" => one_more(&mut filter.kinds),
            "units" => one_more(&mut filter.units),
            "label" => filter.labels.push(label(value)),
            "text" => once(name, &mut filter.text, value.to_owned())?,
            "within" => once(name, &mut filter.within, within(name, value)?)?,
            "near" => once(name, &mut filter.near, near(name, value)?)?,
            "declared" => once(name, &mut filter.declared, read::truth(name, value)?)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// The filter; a sensor that is named and not known is an error.
    pub(in crate::export) async fn filter(
        &self,
        db: &DatabaseConnection,
        scope: &Scope,
        limits: &Limits,
    ) -> Result<SensorFilter, ApiError> {
        let mut filter = self.filter.clone();
        if !self.names.is_empty() {
            let named = by_names(db, scope, "sensor", &self.names, limits).await?;
            filter.uuids = Some(named.iter().map(|sensor| sensor.uuid).collect());
        }
        Ok(filter)
    }
}

/// `site:Harbour` is a label that says so, `site` one that says anything.
fn label(text: &str) -> (String, Option<String>) {
    match text.split_once(':') {
        Some((key, value)) => (key.to_owned(), Some(value.to_owned())),
        None => (text.to_owned(), None),
    }
}

fn within(argument: &str, text: &str) -> Result<BoundingBox, ApiError> {
    let [south, west, north, east] = read::numbers(argument, text, ["south", "west", "north", "east"])?;
    let bounds = BoundingBox {
        south,
        west,
        north,
        east,
    };
    places::within(argument, bounds)
}

fn near(argument: &str, text: &str) -> Result<Near, ApiError> {
    let [lat, lng, metres] = read::numbers(argument, text, ["lat", "lng", "metres"])?;
    let circle = Near {
        centre: Location { lat, lng },
        metres,
    };
    places::near(argument, circle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_repeated_adds_up() {
        let mut sensors = Sensors::default();
        for (name, value) in [
            ("sensor", "a"),
            ("sensor", "b,c"),
            ("label", "site:Dock:1"),
            ("label", "plant"),
            ("units", "C"),
            ("units", "kW"),
        ] {
            assert!(sensors.take(name, value).unwrap());
        }
        assert_eq!(sensors.names, ["a", "b,c"]);
        assert_eq!(
            sensors.filter.labels,
            [
                ("site".to_owned(), Some("Dock:1".to_owned())),
                ("plant".to_owned(), None)
            ]
        );
        assert_eq!(sensors.filter.units, Some(vec!["C".to_owned(), "kW".to_owned()]));
    }

    #[test]
    fn every_known_parameter_is_taken() {
        for name in KNOWN {
            let value = match name {
                "within" => "-1,170,1,-170",
                "near" => "0, 0, 10.5",
                "declared" => "false",
                _ => "a",
            };
            assert!(Sensors::default().take(name, value).unwrap(), "{name}");
        }
    }
}
