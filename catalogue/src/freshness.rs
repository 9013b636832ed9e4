//! Freshness: how old things are against what is expected of them, how that has changed, and what goes wrong for how long.
//!
//! ```text
//! expectation.rs   promise or interval ──► late after, stale after
//! judge.rs         age ──► FRESH, LATE, STALE, NO_DATA, NO_EXPECTATION
//! quorum.rs        sensors ──► their dataset
//! assess.rs        all that a look found ──► the freshness of every sensor and dataset        (all of this is pure)
//! history.rs       changes and looks ──► since when, and which share of the time
//! streaks.rs       two looks in a row ──► an incident begins, or ends
//! checker.rs       looks, keeps, publishes                                                     (this asks the database)
//! ```
//!
//! docs/reference/freshness.md has the rules for people, docs/adr/0013 why they are so.

mod assess;
mod checker;
mod events;
mod expectation;
mod history;
mod judge;
mod quorum;
mod streaks;

pub use self::assess::{Follows, Found, SensorFreshness, WatchedDataset, assess, summarise};
pub use self::checker::{CheckError, Checked, Checker, Finding, Kept, Look};
pub use self::expectation::{
    Expectation, GAP_INTERVALS, Interval, LATE_AFTER_MIN_SECONDS, LATE_INTERVALS, PromiseError,
    STALE_INTERVALS, Thresholds,
};
pub use self::history::{CHANGES_MAX, History, Judged, SHARE_OF, WATCHES_MAX, Watched, changed_at};
pub use self::judge::{age_seconds, judge, newest_at, status};
pub use self::quorum::{Quorum, QuorumError};

use chrono::TimeDelta;
use entity::incidents::{Incident, IncidentKind};
use entity::rollup::RefreshOptions;

/// Tells of open incidents in metrics, for a process that does not keep them itself.
pub(crate) fn tell_open(open: &[Incident]) {
    for kind in IncidentKind::ALL {
        let count = open.iter().filter(|incident| incident.of.kind == kind).count();
        events::open(kind, count);
    }
}

/// What freshness is looked at with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FreshnessOptions {
    /// Which share of a dataset's sensors makes it what.
    pub quorum: Quorum,
    /// A time that lies so far ahead is taken for now, 10 s by default; one further ahead is not looked at until it has come.
    pub tolerated_ahead: TimeDelta,
    /// Looks further apart than this leave a time that nobody watched, 60 s by default.
    pub unbroken: TimeDelta,
    /// Most looks go back so far for new readings, 1 hour by default.
    pub recent: TimeDelta,
    /// A look as far back as readings go, which finds those of long ago that came late, is made this often; 10 minutes by
    /// default.
    pub whole_every: TimeDelta,
    /// And it is made soon after such readings were loaded, but not sooner after the one before, 30 s by default: who sends
    /// late all the time makes no look dearer than this.
    pub whole_after_late: TimeDelta,
    /// How often a segment goes to S3, 60 s by default: raw messages can't be expected there more often.
    pub archived_every: TimeDelta,
    /// How long buckets wait to be computed, as the refresher has it.
    pub refresh: RefreshOptions,
    /// How far behind that the refresher may be before rollups are late, 60 s by default.
    pub refresh_lag: TimeDelta,
}

impl Default for FreshnessOptions {
    fn default() -> Self {
        Self {
            quorum: Quorum::default(),
            tolerated_ahead: TimeDelta::seconds(10),
            unbroken: TimeDelta::seconds(60),
            recent: TimeDelta::hours(1),
            whole_every: TimeDelta::minutes(10),
            whole_after_late: TimeDelta::seconds(30),
            archived_every: TimeDelta::seconds(60),
            refresh: RefreshOptions::default(),
            refresh_lag: TimeDelta::seconds(60),
        }
    }
}
