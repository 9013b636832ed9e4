//! The entity sets, their properties, and where each property of a row comes from. `$metadata`, filters, orders and
//! answers are all made from these tables.

mod properties;

use super::row::Row;
use super::value::{Edm, Value};

/// The namespace of the entity types.
pub(crate) const NAMESPACE: &str = "Fieldbook";

/// What an entity set holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holds {
    Sensors,
    Readings,
    Buckets,
}

/// An entity set.
#[derive(Debug)]
pub(crate) struct EntitySet {
    pub(crate) name: &'static str,
    /// The name of its entity type.
    pub(crate) entity: &'static str,
    pub(crate) holds: Holds,
    /// What one entity is.
    pub(crate) entity_description: &'static str,
    /// What the set answers, and with which defaults.
    pub(crate) description: &'static str,
    pub(crate) keys: &'static [&'static str],
    pub(crate) properties: &'static [Property],
}

/// A property of an entity type.
#[derive(Debug)]
pub(crate) struct Property {
    pub(crate) name: &'static str,
    pub(crate) edm: Edm,
    pub(crate) nullable: bool,
    /// Its meaning, and its unit where it has one.
    pub(crate) description: &'static str,
    pub(crate) role: Role,
    get: for<'a> fn(&Row<'a>) -> Option<Value<'a>>,
}

/// What a property is to a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Known of a sensor before any of its rows is read.
    Sensor,
    /// The time by which rows are read.
    Time,
    /// The value of a reading.
    Value,
    /// The flag of a reading.
    Flag,
    /// How time is cut into buckets.
    Cut,
    /// Anything else of a row.
    Fact,
}

/// Every entity set, in the order of the service document.
pub(crate) static SETS: [EntitySet; 3] = [
    EntitySet {
        name: "Sensors",
        entity: "Sensor",
        holds: Holds::Sensors,
        entity_description: "A sensor as it is known now: declared by a sensor list, or registered by its first message.",
        description: "All sensors that you may see, by name.",
        keys: &["Id"],
        properties: properties::SENSORS,
    },
    EntitySet {
        name: "Readings",
        entity: "Reading",
        holds: Holds::Readings,
        entity_description: "One value that a sensor measured.",
        description: "Readings, oldest first. Without a lower bound of Time in $filter, those of the 24 hours before the upper \
            bound; without an upper bound, up to now. Readings flagged FAIL are among them.",
        keys: &["SensorId", "Time"],
        properties: properties::READINGS,
    },
    EntitySet {
        name: "Buckets",
        entity: "Bucket",
        holds: Holds::Buckets,
        entity_description: "What the readings of one sensor in a span of time amount to.",
        description: "Buckets that hold readings, oldest first. One size of bucket and one time zone are read at a time: those \
            that $filter asks for with eq, else PT1H. Without a lower bound of Start in $filter, those of the 7 days before the \
            upper bound; without an upper bound, up to now. Readings flagged FAIL are left out of all but CountFail.",
        keys: &["SensorId", "Bucket", "TimeZone", "Start"],
        properties: properties::BUCKETS,
    },
];

impl EntitySet {
    /// The set of this name.
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        SETS.iter().find(|set| set.name == name)
    }

    /// The property of this name.
    pub(crate) fn property(&self, name: &str) -> Option<&'static Property> {
        self.properties.iter().find(|property| property.name == name)
    }

    /// The names of the properties, for messages.
    pub(crate) fn names(&self) -> String {
        let names: Vec<_> = self.properties.iter().map(|property| property.name).collect();
        names.join(", ")
    }

    /// Whether rows can be brought into an order by it.
    pub(crate) fn sorts(&self, property: &Property) -> bool {
        match self.holds {
            Holds::Sensors => true,
            Holds::Readings | Holds::Buckets => matches!(property.role, Role::Sensor | Role::Time),
        }
    }

    /// The properties of a row's key.
    pub(crate) fn key_properties(&self) -> impl Iterator<Item = &'static Property> {
        self.keys.iter().filter_map(|key| self.property(key))
    }
}

impl Property {
    /// Its value in a row; `None` when that part of the row is not known.
    pub(crate) fn get<'a>(&self, row: &Row<'a>) -> Option<Value<'a>> {
        (self.get)(row)
    }

    /// Whether it is the same property of the same set.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.name == other.name
    }
}
