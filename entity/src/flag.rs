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

/// A number that QARTOD gives no meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("read a quality flag: {0} is none of 1, 2, 3, 4, 9")]
pub struct UnknownFlag(pub i16);

impl QualityFlag {
    /// Its number in the QARTOD manuals and in the database.
    pub fn number(self) -> i16 {
        self as i16
    }
}

impl TryFrom<i16> for QualityFlag {
    type Error = UnknownFlag;

    fn try_from(number: i16) -> Result<Self, UnknownFlag> {
        match number {
            1 => Ok(Self::Pass),
            2 => Ok(Self::NotEvaluated),
            3 => Ok(Self::Suspect),
            4 => Ok(Self::Fail),
            9 => Ok(Self::Missing),
            other => Err(UnknownFlag(other)),
        }
    }
}
