//! The quality flag of a reading, after QARTOD.

/// The verdict of a quality test on one reading, with the numbers of the QARTOD manuals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(i16)]
pub enum QualityFlag {
    /// The tests that ran were passed.
    Pass = 1,
    /// No test could run: the sensor has no declared range.
    NotEvaluated = 2,
    /// The value is doubtful.
    Suspect = 3,
    /// The value is outside what the sensor can report.
    Fail = 4,
    /// There is no value.
    Missing = 9,
}
