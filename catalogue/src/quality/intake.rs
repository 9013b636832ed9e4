//! What ingest counted of a sensor's readings: the table of readings shows neither what came twice nor what was refused.

/// How many readings of a sensor and window came, and what became of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Intake {
    received: u64,
    duplicates: u64,
    conflicts: u64,
    quarantined: u64,
}

/// Counts that can't be of the same readings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "count what came: {duplicates} duplicates, {conflicts} conflicts and {quarantined} quarantined are more than the \
     {received} received"
)]
pub struct BadIntake {
    /// How many are said to have come.
    pub received: u64,
    /// How many are said to have been there already.
    pub duplicates: u64,
    /// How many are said to have had another value.
    pub conflicts: u64,
    /// How many are said to have been refused.
    pub quarantined: u64,
}

impl Intake {
    /// `received` counts everything that came; of it some were there already with the same value (`duplicates`) or with
    /// another one (`conflicts`), and some could not be used (`quarantined`).
    pub fn new(received: u64, duplicates: u64, conflicts: u64, quarantined: u64) -> Result<Self, BadIntake> {
        let parts = duplicates
            .checked_add(conflicts)
            .and_then(|sum| sum.checked_add(quarantined));
        if parts.is_none_or(|parts| parts > received) {
            return Err(BadIntake {
                received,
                duplicates,
                conflicts,
                quarantined,
            });
        }
        Ok(Self {
            received,
            duplicates,
            conflicts,
            quarantined,
        })
    }

    /// Everything that came.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// What was there already.
    pub fn duplicates(&self) -> u64 {
        self.duplicates
    }

    /// What had another value than was there already.
    pub fn conflicts(&self) -> u64 {
        self.conflicts
    }

    /// What could not be used.
    pub fn quarantined(&self) -> u64 {
        self.quarantined
    }

    /// What could be used.
    pub fn accepted(&self) -> u64 {
        self.received - self.quarantined
    }

    /// What could be used and was not there already.
    pub fn new_ones(&self) -> u64 {
        self.accepted() - self.duplicates - self.conflicts
    }
}
