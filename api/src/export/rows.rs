//! Rows of a table, in columns: what readers give and encoders take.

use super::sensors::SensorTable;

/// What the rows of a table look like: columns of their own, then those of their sensor.
#[derive(Debug)]
pub(super) struct Shape {
    pub(super) columns: Vec<(&'static str, Kind)>,
    pub(super) sensors: SensorTable,
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

/// Some rows: columns in the order of their shape, each as long as `sensors`.
#[derive(Debug)]
pub(super) struct Rows {
    pub(super) columns: Vec<Values>,
    /// The place of each row's sensor.
    pub(super) sensors: Vec<usize>,
}
