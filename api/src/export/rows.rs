//! Rows of a table, in columns: what readers give and encoders take.

use super::sensors::SensorTable;

/// What the rows of a table look like.
#[derive(Debug)]
pub(super) struct Shape {
    /// In the order of the file.
    pub(super) columns: Vec<Column>,
    pub(super) sensors: SensorTable,
}

/// A column of a file.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) kind: Kind,
}

/// What a column holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Time,
    /// A number that is always there.
    Float,
    /// A number, or null.
    FloatOrNull,
    Count,
    Truth,
    /// One of these words, by its place.
    Word(Vec<&'static str>),
    /// What the column at this place among [`SensorTable::columns`] says of the row's sensor.
    OfSensor(usize),
}

/// The values of a column.
#[derive(Debug)]
pub(super) enum Values {
    /// Microseconds since 1970.
    Times(Vec<i64>),
    Floats(Vec<f64>),
    FloatsOrNulls(Vec<Option<f64>>),
    Counts(Vec<i64>),
    Truths(Vec<bool>),
    /// Places of words.
    Words(Vec<i32>),
}

/// Some rows.
#[derive(Debug)]
pub(super) struct Rows {
    /// Of the columns of their shape those that say nothing of sensors, in order, each as long as `sensors`.
    pub(super) columns: Vec<Values>,
    /// The place of each row's sensor.
    pub(super) sensors: Vec<usize>,
}

impl Shape {
    /// The columns that rows bring with them.
    pub(super) fn of_rows(&self) -> impl Iterator<Item = &Kind> {
        let kinds = self.columns.iter().map(|column| &column.kind);
        kinds.filter(|kind| !matches!(kind, Kind::OfSensor(_)))
    }
}
