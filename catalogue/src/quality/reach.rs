//! How far a reading reaches: which ones before and after a window are needed to judge it, and what changes when one comes
//! late.

use chrono::{DateTime, Utc};

use super::completeness::PACE_INTERVALS;
use super::rules::Rules;

/// How many sound readings behind a window are needed: the spike test wants the next one. With it come those that are not
/// sound between.
pub const CONTEXT_AFTER: usize = 1;

/// What may be otherwise because a reading was added, changed or taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Touched {
    /// Flags of readings from here on…
    pub flags_from: DateTime<Utc>,
    /// …up to and with here; `None`: up to the newest reading.
    pub flags_to: Option<DateTime<Utc>>,
    /// Figures of windows that hold anything behind this instant or at it; `None`: from the sensor's beginning on…
    pub figures_from: Option<DateTime<Utc>>,
    /// …and up to and with here; `None`: up to now, for the time since the newest reading may be a gap.
    pub figures_to: Option<DateTime<Utc>>,
}

impl Rules {
    /// How many sound readings before a window are needed, as far as there are as many, so that it is judged as it would be
    /// with all before it. With them come those that are not sound between.
    ///
    /// That is what the flat line test looks back to, and the intervals that show how quickly the sensor really sends.
    pub fn context_before(&self) -> usize {
        self.repeats().max(PACE_INTERVALS + 1)
    }

    /// What a reading at `time` changes by coming, going or changing, between its neighbours of now: the time of the last
    /// sound reading before it, and those of the next sound ones behind it, in order, [`Self::context_before`] of them or
    /// all there are.
    pub fn touched(
        &self,
        time: DateTime<Utc>,
        before: Option<DateTime<Utc>>,
        after: &[DateTime<Utc>],
    ) -> Touched {
        let behind = |count: usize| after.get(count - 1).copied();
        Touched {
            // The spike test of the one before looks at it.
            flags_from: before.unwrap_or(time),
            // The rate of the next one does, and the flat line test of as many as look back so far.
            flags_to: behind(self.repeats()),
            // What is missing between it and its neighbour before is spread over the time between them.
            figures_from: before,
            figures_to: behind(self.context_before()),
        }
    }

    /// How far back flags look, in sound readings.
    fn repeats(&self) -> usize {
        let count = self.flat.map_or(1, |flat| flat.fail_count);
        usize::try_from(count).unwrap_or(usize::MAX).max(1)
    }
}
