//! How often a sensor sends: as declared, or as its times show.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::number::{SECOND, float, float_of_count, whole};

/// From fewer intervals between readings nothing is learnt.
pub const MIN_INTERVALS: usize = 16;

/// So many of the newest readings show how often a sensor sends now; more only make it slower to notice a change.
pub const LEARN_FROM: usize = 256;

/// At least this share of the intervals must be about so long. Of regular readings, of which 30 % are lost, 70 % are; of
/// readings in pairs 50 %, of readings by chance (a Poisson process) 35 %.
const MIN_SHARE: f64 = 0.55;

/// Losses make the median of the intervals longer than one is, by chance up to a tenth; after so many looks at what divides
/// the intervals best it is not.
const LOOKS: usize = 3;

/// Longer than so many medians, an interval does not show how long one is: after so many of them drift alone may have made
/// up for half of one.
pub(super) const MAX_PERIODS: f64 = 4.5;

/// How often a sensor is expected to send.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Expectation {
    micros: f64,
    basis: IntervalBasis,
}

/// Where an expectation comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IntervalBasis {
    /// The sensor list says so.
    Declared,
    /// The sensor's readings show it.
    Learnt,
}

/// An interval that readings show.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Learnt {
    /// How long it is, in seconds.
    pub seconds: f64,
    /// The share of the intervals that are about so long (half to one and a half times), from 0 to 1.
    pub regular_share: f64,
    /// From how many intervals it was learnt.
    pub intervals: usize,
}

/// Why no interval can be learnt.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum NotLearnable {
    /// There are too few readings.
    #[error("learn how often a sensor sends from {intervals} intervals: {MIN_INTERVALS} are needed")]
    TooFew {
        /// How many intervals there are.
        intervals: usize,
    },
    /// Readings come as they come.
    #[error(
        "learn how often a sensor sends: {:.0} % of its intervals are about {seconds} s, {:.0} % are needed",
        regular_share * 100.0,
        MIN_SHARE * 100.0
    )]
    TooIrregular {
        /// The share of the intervals that are about as long as the best guess.
        regular_share: f64,
        /// The best guess, in seconds.
        seconds: f64,
    },
}

impl Expectation {
    /// Of a declared interval in seconds; `None` for what is no interval (0.000001 s is the shortest).
    pub fn declared(seconds: f64) -> Option<Self> {
        Self::new(seconds, IntervalBasis::Declared)
    }

    /// Of a learnt interval.
    pub fn learnt(learnt: &Learnt) -> Option<Self> {
        Self::new(learnt.seconds, IntervalBasis::Learnt)
    }

    /// Of what was declared, or else of what was learnt: who declares an interval promises it, and is measured by it.
    pub fn of(declared_seconds: Option<f64>, learnt: Option<&Learnt>) -> Option<Self> {
        declared_seconds
            .and_then(Self::declared)
            .or_else(|| learnt.and_then(Self::learnt))
    }

    /// Of an interval in seconds that is known, with where it comes from; `None` for what is no interval.
    pub fn new(seconds: f64, basis: IntervalBasis) -> Option<Self> {
        let micros = seconds * SECOND;
        let is_interval = micros >= 1.0 && Duration::try_from_secs_f64(seconds).is_ok();
        is_interval.then_some(Self { micros, basis })
    }

    /// The interval in seconds.
    pub fn seconds(&self) -> f64 {
        self.micros / SECOND
    }

    /// Where it comes from.
    pub fn basis(&self) -> IntervalBasis {
        self.basis
    }

    pub(super) fn micros(&self) -> f64 {
        self.micros
    }
}

/// How often a sensor sends, as the times of its readings show, in any order: the median of the intervals between them,
/// made exact by what it divides the others into.
///
/// Best from the newest [`LEARN_FROM`] readings.
pub fn learn(times: impl IntoIterator<Item = DateTime<Utc>>) -> Result<Learnt, NotLearnable> {
    let mut times: Vec<i64> = times.into_iter().map(|time| time.timestamp_micros()).collect();
    times.sort_unstable();
    times.dedup();
    let mut intervals: Vec<i64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    if intervals.len() < MIN_INTERVALS {
        return Err(NotLearnable::TooFew {
            intervals: intervals.len(),
        });
    }
    let middle = intervals.len() / 2;
    let median = float(*intervals.select_nth_unstable(middle).1);
    let mut micros = median;
    for _ in 0..LOOKS {
        micros = divide(&intervals, micros);
    }
    let is_regular = |interval: &&i64| (0.5..=1.5).contains(&(float(**interval) / micros));
    let regular = intervals.iter().filter(is_regular).count();
    let [regular, all] = [regular, intervals.len()].map(|count| u64::try_from(count).unwrap_or(u64::MAX));
    let regular_share = float_of_count(regular) / float_of_count(all);
    if regular_share < MIN_SHARE {
        return Err(NotLearnable::TooIrregular {
            regular_share,
            seconds: micros / SECOND,
        });
    }
    let micros = float(whole(micros.round()));
    Ok(Learnt {
        seconds: micros / SECOND,
        regular_share,
        intervals: intervals.len(),
    })
}

/// The mean length of the periods in the intervals, of which one is about so long.
fn divide(intervals: &[i64], about: f64) -> f64 {
    let (mut time, mut periods) = (0.0, 0.0);
    for interval in intervals {
        let ratio = float(*interval) / about;
        if (0.5..=MAX_PERIODS).contains(&ratio) {
            time += float(*interval);
            periods += ratio.round();
        }
    }
    if periods > 0.0 { time / periods } else { about }
}
