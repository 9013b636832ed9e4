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

/// Some of the flags: which readings a question is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FlagSet(u16);

impl FlagSet {
    /// No flag.
    pub const NONE: Self = Self(0);
    /// All but fail: what is served unless a question says otherwise, and what rollups hold.
    pub const SERVED: Self = Self::NONE
        .with(QualityFlag::Pass)
        .with(QualityFlag::NotEvaluated)
        .with(QualityFlag::Suspect)
        .with(QualityFlag::Missing);
    /// Every flag.
    pub const ALL: Self = Self::SERVED.with(QualityFlag::Fail);

    /// These, and `flag`.
    #[must_use]
    pub const fn with(self, flag: QualityFlag) -> Self {
        Self(self.0 | 1 << flag as u16)
    }

    /// Whether `flag` is one of them.
    pub const fn contains(self, flag: QualityFlag) -> bool {
        self.0 & 1 << flag as u16 != 0
    }

    /// Their numbers.
    pub fn numbers(self) -> Vec<i16> {
        const FLAGS: [QualityFlag; 5] = [
            QualityFlag::Pass,
            QualityFlag::NotEvaluated,
            QualityFlag::Suspect,
            QualityFlag::Fail,
            QualityFlag::Missing,
        ];
        let chosen = FLAGS.into_iter().filter(|flag| self.contains(*flag));
        chosen.map(QualityFlag::number).collect()
    }
}

impl Default for FlagSet {
    fn default() -> Self {
        Self::SERVED
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_served_is_all_but_fail() {
        assert_eq!(FlagSet::SERVED.numbers(), [1, 2, 3, 9]);
        assert_eq!(FlagSet::ALL.numbers(), [1, 2, 3, 4, 9]);
        assert_eq!(FlagSet::NONE.with(QualityFlag::Fail).numbers(), [4]);
        assert!(!FlagSet::SERVED.contains(QualityFlag::Fail));
    }
}
