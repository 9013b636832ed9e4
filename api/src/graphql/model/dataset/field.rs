//! The fields of a dataset.

use async_graphql::SimpleObject;
use catalogue::model::{self, FieldUnit as Unit};

use crate::graphql::model::Range;

/// A field of a dataset: a column of its table, or a member of its lines.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct DatasetField {
    /// Its name in the database, or in a line.
    name: String,
    /// What it means; empty where nobody wrote it.
    description: String,
    /// Its type in the database, such as `timestamp with time zone`.
    sql_type: String,
    /// Where GraphQL has it, such as `Reading.receivedAt`; null where it does not.
    graphql: Option<String>,
    /// Its type in GraphQL, such as `DateTime!`; null where GraphQL does not have it.
    graphql_type: Option<String>,
    /// Whether it may be empty.
    nullable: bool,
    /// Whether it is part of what tells one item from another.
    key: bool,
    /// The column to which its values lead, such as `sensor.id`; null where they lead nowhere.
    references: Option<String>,
    /// In which unit its values are; null where they have none.
    unit: Option<FieldUnit>,
    /// The bounds that the database holds its values to; null without any.
    range: Option<Range>,
    /// A value of it as text, cut after 100 characters; null to whom the dataset is not open, or only for some sensors, and
    /// without items.
    example: Option<String>,
    /// The version of the dataset that has had it first.
    since: Option<String>,
    /// That it will go; null when it stays.
    deprecation: Option<Deprecation>,
}

/// In which unit the values of a field are.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct FieldUnit {
    /// Whether it is the unit that the sensor of each item declares, or made from it; the codes are null then.
    of_sensor: bool,
    /// The unit as declared; for one made from the sensor's unit, how.
    declared: Option<String>,
    /// How people write it.
    symbol: Option<&'static str>,
    /// Its code in UCUM; null when the unit is not understood.
    ucum: Option<&'static str>,
    /// Its IRI in QUDT; null when the unit is not understood.
    qudt: Option<&'static str>,
    /// The quantity that it measures, in the words of QUDT; null when the unit is not understood.
    quantity_kind: Option<&'static str>,
}

/// That a field, or a dataset, will go.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct Deprecation {
    /// What to use in its place, and why.
    reason: String,
    /// The day, as `2027-01-31`, until which it stays; null when that is not decided.
    removed_on: Option<String>,
}

impl From<&model::Deprecation> for Deprecation {
    fn from(deprecation: &model::Deprecation) -> Self {
        Self {
            reason: deprecation.reason.clone(),
            removed_on: deprecation.removed_on.map(|day| day.to_string()),
        }
    }
}

impl DatasetField {
    pub(super) fn new(field: &model::Field, with_example: bool) -> Self {
        let graphql = field.graphql.as_ref();
        Self {
            name: field.name.clone(),
            description: field.description.clone().unwrap_or_default(),
            sql_type: field.sql_type.clone(),
            graphql: graphql.map(|graphql| format!("{}.{}", graphql.of, graphql.name)),
            graphql_type: graphql.map(|graphql| graphql.type_.clone()),
            nullable: field.is_nullable,
            key: field.is_key,
            references: field
                .references
                .as_ref()
                .map(|other| format!("{}.{}", other.table, other.column)),
            unit: FieldUnit::of(&field.unit),
            range: field.range.map(Range::from),
            example: field.example.clone().filter(|_| with_example),
            since: field.since.map(|version| version.to_string()),
            deprecation: field.deprecation.as_ref().map(Deprecation::from),
        }
    }
}

impl FieldUnit {
    fn of(unit: &Unit) -> Option<Self> {
        let of_sensor = |declared| Self {
            of_sensor: true,
            declared,
            symbol: None,
            ucum: None,
            qudt: None,
            quantity_kind: None,
        };
        Some(match unit {
            Unit::None => return None,
            Unit::OfSensor => of_sensor(None),
            Unit::FromSensor(made) => of_sensor(Some(made.clone())),
            Unit::Known {
                declared,
                ucum,
                qudt,
                quantity_kind,
                symbol,
            } => Self {
                of_sensor: false,
                declared: Some(declared.clone()),
                symbol: Some(symbol),
                ucum: Some(ucum),
                qudt: Some(qudt),
                quantity_kind: Some(quantity_kind),
            },
            Unit::Unmapped(declared) => Self {
                of_sensor: false,
                ..of_sensor(Some(declared.clone()))
            },
        })
    }
}
