//! What an asker may see. Every query takes one, from the first day on.

/// The part of the data that an asker may see; a query answers as if the rest did not exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Every sensor and reading.
    Everything,
    /// No sensor and no reading.
    Nothing,
}
