//! The columns that files have. A file is no table: it says of each row's sensor what the table has by its number, and of
//! flags the words.

use serde_json::{Value, json};

use super::super::{semantics, words};
use super::Object;
use crate::model::{Dataset, Field};

/// What a column of a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// Instants, as of RFC 3339.
    Time,
    /// Numbers in the unit of the row.
    Value,
    /// Whole numbers that count.
    Count,
    /// Texts.
    Text,
    /// One of the flags' words.
    Flag,
    /// `true` or `false`.
    Truth,
}

/// A column of a file.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Its heading.
    pub name: &'static str,
    /// What it holds.
    pub holds: Holds,
    /// Whether every row has it.
    pub is_required: bool,
    /// What it means.
    pub description: &'static str,
}

/// The columns of a file, and which of them tell one row from another.
#[derive(Debug, Clone, Copy)]
pub struct Columns {
    /// What the paths of such files begin with.
    path: &'static str,
    /// The columns, in their order.
    pub columns: &'static [Column],
    /// The names of those that tell one row from another.
    pub key: &'static [&'static str],
}

const fn column(name: &'static str, holds: Holds, is_required: bool, description: &'static str) -> Column {
    Column {
        name,
        holds,
        is_required,
        description,
    }
}

const SENSOR: Column = column("sensor", Holds::Text, true, "The sensor's name.");
const SOURCE: Column = column(
    "source",
    Holds::Text,
    true,
    "The sensor's source; its name is unique there.",
);
const TYPE: Column = column("type", Holds::Text, false, "What the sensor measures.");
const UNIT: Column = column(
    "unit",
    Holds::Text,
    false,
    "The unit of the row's values: its code in UCUM, or as declared where that is not understood.",
);

/// A reading a row.
const READINGS: Columns = Columns {
    path: "/export/readings.",
    columns: &[
        column(
            "time",
            Holds::Time,
            true,
            "When it was measured, by the sensor's clock.",
        ),
        column(
            "value",
            Holds::Value,
            true,
            "What was measured, in the unit of the row.",
        ),
        column("flag", Holds::Flag, true, "What the check of its range found."),
        SENSOR,
        SOURCE,
        TYPE,
        UNIT,
    ],
    key: &["source", "sensor", "time"],
};

/// A bucket of a sensor a row.
const BUCKETS: Columns = Columns {
    path: "/export/buckets.",
    columns: &[
        column("start", Holds::Time, true, "Where the bucket begins; in it."),
        column("end", Holds::Time, true, "Where the bucket ends; not in it."),
        column(
            "time_zone",
            Holds::Text,
            true,
            "The zone whose clock cut the bucket.",
        ),
        column("count", Holds::Count, true, "How many readings count."),
        column(
            "count_suspect",
            Holds::Count,
            true,
            "How many of them are suspect.",
        ),
        column(
            "count_fail",
            Holds::Count,
            true,
            "How many readings failed; they do not count.",
        ),
        column("avg", Holds::Value, false, "Their mean."),
        column("min", Holds::Value, false, "The smallest."),
        column("max", Holds::Value, false, "The largest."),
        column("sum", Holds::Value, false, "Their sum."),
        column("first", Holds::Value, false, "The earliest."),
        column("last", Holds::Value, false, "The latest."),
        column("stddev", Holds::Value, false, "Their standard deviation."),
        column("complete", Holds::Truth, true, "Whether the bucket is over."),
        SENSOR,
        SOURCE,
        TYPE,
        UNIT,
    ],
    key: &["source", "sensor", "start"],
};

/// The columns of the file at this path; `None` where it has none that are known.
pub fn of(path: &str) -> Option<&'static Columns> {
    [&READINGS, &BUCKETS]
        .into_iter()
        .find(|columns| path.starts_with(columns.path))
}

/// Their Table Schema.
pub(super) fn schema(dataset: &Dataset, columns: &Columns) -> Value {
    let fields: Vec<Value> = columns
        .columns
        .iter()
        .map(|column| field(dataset, column))
        .collect();
    json!({ "fields": fields, "primaryKey": columns.key, "missingValues": [""] })
}

fn field(dataset: &Dataset, column: &Column) -> Value {
    let known = dataset.fields.iter().find(|field| field.name == column.name);
    let mut object = Object::default();
    object.say("name", column.name);
    let (kind, format) = match column.holds {
        Holds::Time => ("datetime", Some("any")),
        Holds::Value => ("number", None),
        Holds::Count => ("integer", None),
        Holds::Text | Holds::Flag => ("string", None),
        Holds::Truth => ("boolean", None),
    };
    object.say("type", kind);
    object.maybe("format", format);
    object.say("description", column.description);
    if column.is_required {
        object.say("constraints", json!({ "required": true }));
    }
    if column.holds == Holds::Flag {
        let flags = words::FLAGS.map(|(_, word)| word);
        object.say("categories", json!(flags));
        object.say("constraints", json!({ "required": true, "enum": flags }));
    }
    if column.holds == Holds::Value {
        object.say("unit", "that of the row, in the column unit");
    }
    object.maybe("rdfType", meaning(dataset, column, known));
    object.into()
}

/// What a column means to other programs: what the field means from which it comes.
fn meaning(dataset: &Dataset, column: &Column, known: Option<&Field>) -> Option<String> {
    match (column.name, known) {
        ("sensor", _) => Some("http://www.w3.org/ns/sosa/madeBySensor".to_owned()),
        (_, Some(field)) => semantics::property(dataset, field),
        _ => None,
    }
}
