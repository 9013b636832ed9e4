//! Whether the figure can be relied on, from the readings themselves.
//!
//! It was tried against simulated truth: within 0.2 points while a sensor's period is off by 2 % at most, its jitter has a
//! standard deviation of at most 0.1 periods, and 30 % of its readings are lost at most (`docs/reference/quality.md` has the
//! figures). What is beyond shows:
//!
//! * jitter in how far intervals are from whole periods. Of a jitter of 0.1, intervals have 0.14; from 0.16 on, more than
//!   0.2 % of them are nearer to a wrong number of periods;
//! * drift in where whole periods lie;
//! * readings that come in bunches, or more often than expected, in intervals shorter than half a period;
//! * outages of sensors that wander: each of their intervals begins where the one before ended, as in a loop that sleeps, so
//!   nobody knows how many readings a long silence would have had. Their intervals have nothing to do with each other; those
//!   of a sensor with a timetable make up for each other, which shows as a correlation of -0.5 from one to the next.
//!
//! Estimates from few intervals scatter: what they scatter by is granted.

use std::fmt;

use super::pace::{Interval, Kind, PACE_INTERVALS};
use crate::quality::number::{float, float_of_count, ratio, whole};

/// From fewer intervals nobody knows how regular a sensor is.
const MIN_INTERVALS: u64 = 8;
/// The greatest spread of intervals around whole periods, in periods.
const MAX_SPREAD: f64 = 0.16;
/// The greatest drift, and a little for rounding.
const MAX_DRIFT: f64 = 0.021;
/// So many standard errors of the drift are luck. It is that of sensors whose jitter moves all times that follow.
const LUCK: f64 = 3.0;
/// The greatest share of intervals that are too short.
const MAX_SHORT: f64 = 0.01;
/// The greatest loss: 30 %, and what a loss of 30 % by chance may come to.
const MAX_LOSS: f64 = 1.0 / 3.0;
/// The correlation of intervals with the next ones that lies between those of a timetable (-0.5) and of wandering (0).
const WANDERS_FROM: f64 = -0.25;
/// From fewer pairs of intervals that correlation is not told.
const MIN_PAIRS: u64 = 32;
/// What the figure promises, from 0 to 1.
const MAX_ERROR: f64 = 0.002;

/// Why a completeness may be wrong by more than 0.2 points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Doubt {
    /// There are fewer than 8 intervals, in the window and before, to see how regular the sensor is.
    TooFew,
    /// Readings come too irregularly to count those that are missing.
    Jitter,
    /// The sensor sends at another interval than expected, by more than 2 %.
    Drift,
    /// More than 30 % of the readings are missing.
    Loss,
    /// More than 1 % of the readings follow another within half of the expected interval.
    Bunched,
    /// The sensor's intervals wander, and it was silent for so long that nobody knows how many readings are missing.
    Outage,
}

impl Doubt {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::TooFew,
        Self::Jitter,
        Self::Drift,
        Self::Loss,
        Self::Bunched,
        Self::Outage,
    ];

    /// The word for it in tables and documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TooFew => "TOO_FEW",
            Self::Jitter => "JITTER",
            Self::Drift => "DRIFT",
            Self::Loss => "LOSS",
            Self::Bunched => "BUNCHED",
            Self::Outage => "OUTAGE",
        }
    }
}

/// Some doubts.
#[derive(Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Doubts(u8);

impl Doubts {
    /// No doubt.
    pub const NONE: Self = Self(0);

    /// These, and one more.
    #[must_use]
    pub const fn with(self, doubt: Doubt) -> Self {
        Self(self.0 | 1 << doubt as u8)
    }

    /// These, and those.
    #[must_use]
    pub const fn and(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// Whether it is one of them.
    pub const fn contains(self, doubt: Doubt) -> bool {
        self.0 & 1 << doubt as u8 != 0
    }

    /// Whether there is any.
    pub const fn is_any(self) -> bool {
        self.0 != 0
    }

    /// All of them.
    pub fn iter(self) -> impl Iterator<Item = Doubt> {
        Doubt::ALL.into_iter().filter(move |doubt| self.contains(*doubt))
    }

    /// As a database holds them: a bit for each, in the order of [`Doubt::ALL`].
    pub fn to_bits(self) -> i16 {
        i16::from(self.0)
    }

    /// From what a database holds; bits without a meaning are left out.
    pub fn from_bits(bits: i16) -> Self {
        let known = Doubt::ALL.into_iter();
        known
            .filter(|doubt| bits & 1 << *doubt as i16 != 0)
            .fold(Self::NONE, Self::with)
    }
}

impl fmt::Debug for Doubts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// Sums over intervals that show how regular they are.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Regularity {
    /// Intervals of a known number of periods.
    count: u64,
    short: u64,
    // With n periods and a distance e from them, both in expected intervals:
    n: f64,
    e: f64,
    nn: f64,
    ne: f64,
    ee: f64,
    single: Single,
}

/// The same of intervals of one period alone, and of those that follow each other.
#[derive(Debug, Clone, Copy, Default)]
struct Single {
    count: u64,
    e: f64,
    ee: f64,
    pairs: u64,
    /// Products of neighbours.
    product: f64,
    before: Option<f64>,
}

impl Single {
    fn add(&mut self, e: f64) {
        self.count += 1;
        self.e += e;
        self.ee += e * e;
        if let Some(before) = self.before {
            self.pairs += 1;
            self.product += before * e;
        }
        self.before = Some(e);
    }

    /// The standard deviation of an interval of a sensor that wanders; `None`: it keeps a timetable.
    fn wander(&self) -> Option<f64> {
        if self.count == 0 {
            return None;
        }
        let mean = self.e / float_of_count(self.count);
        let square = self.ee / float_of_count(self.count) - mean * mean;
        if square <= 0.0 {
            return None;
        }
        let keeps_a_timetable = self.pairs >= MIN_PAIRS
            && self.product / float_of_count(self.pairs) - mean * mean < WANDERS_FROM * square;
        (!keeps_a_timetable).then(|| square.sqrt())
    }
}

/// How many readings are missing in single silences, as far as that is uncertain.
///
/// Where each interval has a standard deviation of σ, m of them have σ√m, and m times the pace, which is that of
/// [`PACE_INTERVALS`], is off by mσ ÷ √[`PACE_INTERVALS`]. While that is far from half a reading, rounding makes it exact.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Silences {
    /// Sums of m + m² ÷ 128, by the power of two below it: which of them matter is known with σ, at the end.
    by_size: [f64; 32],
}

impl Silences {
    pub(super) fn add(&mut self, missing: i64) {
        let missing = float(missing);
        let size = missing + missing * missing / float_of_count(PACE_INTERVALS as u64);
        let place = size.log2().clamp(0.0, 31.0);
        if let Some(sum) = usize::try_from(whole(place))
            .ok()
            .and_then(|place| self.by_size.get_mut(place))
        {
            *sum += size;
        }
    }

    /// The standard deviation of what is missing, where an interval has this one.
    fn deviation(&self, wander: f64) -> f64 {
        let matters = |size: f64| LUCK * wander * size.sqrt() > 0.5;
        let sums = self.by_size.iter().zip(0_i32..);
        let sum: f64 = sums
            .filter(|(_, place)| matters(2_f64.powi(*place)))
            .map(|(sum, _)| sum)
            .sum();
        wander * sum.sqrt()
    }
}

impl Regularity {
    pub(super) fn add(&mut self, interval: &Interval) {
        if !matches!(interval.kind, Kind::Periods(1)) {
            self.single.before = None;
        }
        match interval.kind {
            Kind::Short => self.short += 1,
            Kind::Long => {}
            Kind::Periods(periods) => {
                let n = interval.ratio.round();
                let e = interval.ratio - n;
                if periods == 1 {
                    self.single.add(e);
                }
                self.count += 1;
                self.n += n;
                self.e += e;
                self.nn += n * n;
                self.ne += n * e;
                self.ee += e * e;
            }
        }
    }

    pub(super) fn doubts(&self, present: u64, missing: u64, silences: &Silences) -> Doubts {
        // Nothing out of something is 0, whatever something is; nothing out of nothing is not applicable.
        if present == 0 {
            return Doubts::NONE;
        }
        let mut doubts = Doubts::NONE;
        if ratio(missing, present + missing).is_some_and(|loss| loss > MAX_LOSS) {
            doubts = doubts.with(Doubt::Loss);
        }
        let all = self.count + self.short;
        if all < MIN_INTERVALS {
            return doubts.with(Doubt::TooFew);
        }
        // Two of them may be luck.
        if float_of_count(self.short) > MAX_SHORT * float_of_count(all) + 2.0 {
            doubts = doubts.with(Doubt::Bunched);
        }
        if self.count == 0 {
            return doubts;
        }
        let count = float_of_count(self.count);
        let drift = self.e / self.n;
        let square = (self.ee - 2.0 * drift * self.ne + drift * drift * self.nn) / count;
        let spread = square.max(0.0).sqrt();
        if spread > MAX_SPREAD * (1.0 + 1.5 / count.sqrt()) {
            doubts = doubts.with(Doubt::Jitter);
        }
        if drift.abs() > MAX_DRIFT + LUCK * spread / count.sqrt() {
            doubts = doubts.with(Doubt::Drift);
        }
        if let Some(wander) = self.single.wander() {
            let all = float_of_count(present + missing);
            let error = LUCK * silences.deviation(wander) / all * float_of_count(present) / all;
            if error > MAX_ERROR {
                doubts = doubts.with(Doubt::Outage);
            }
        }
        doubts
    }
}
