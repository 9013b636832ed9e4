//! How good the readings of all sensors were lately, of what the evaluator keeps: read when it has changed.

mod news;

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use entity::measurements::{self, Progress, Sums};
use entity::rollup::Level;
use entity::{ConnectionTrait, DbErr};

pub(super) use self::news::findings;
use crate::model::{Dimension, Measured};
use crate::quality::{Counted, Doubts, Figure, Ratio, Rolled, Rollup, RuleSet, Rules, Thresholds, Window};

/// What is published of quality is about so many hours, up to the last one that was measured of all sensors.
const HOURS: i32 = 24;

/// While the evaluator works, what it has found is read this often.
const READ_EVERY: TimeDelta = TimeDelta::minutes(1);

/// How good the readings of each sensor were in a stretch of time.
#[derive(Debug, Clone, PartialEq)]
pub struct SensorsQuality {
    window: Window,
    read_at: DateTime<Utc>,
    /// Ascending by sensor, each with the bounds of its rules.
    sensors: Vec<(i32, Counted, Thresholds)>,
}

impl SensorsQuality {
    /// The time that it is about.
    pub fn window(&self) -> Window {
        self.window
    }

    /// When it was read.
    pub fn read_at(&self) -> DateTime<Utc> {
        self.read_at
    }

    /// The figures of one sensor, by its own bounds; `None` where it was not measured.
    pub fn sensor(&self, id: i32) -> Option<Vec<Figure>> {
        let place = self.sensors.binary_search_by_key(&id, |(id, ..)| *id).ok()?;
        let (_, counted, thresholds) = self.sensors.get(place)?;
        Some(counted.figures(thresholds))
    }

    /// Every sensor with its figures.
    pub(crate) fn sensors(&self) -> impl Iterator<Item = (i32, Vec<Figure>)> {
        self.sensors
            .iter()
            .map(|(id, counted, thresholds)| (*id, counted.figures(thresholds)))
    }

    /// How many readings some sensors have.
    pub fn readings(&self, is_visible: impl Fn(i32) -> bool) -> u64 {
        let visible = self.sensors.iter().filter(|(id, ..)| is_visible(*id));
        visible.map(|(_, counted, _)| counted.readings()).sum()
    }

    /// The figures of some sensors together, each with the worst of them, by the bounds for everything.
    pub fn together(&self, thresholds: &Thresholds, is_visible: impl Fn(i32) -> bool) -> Vec<Rolled> {
        let mut rollup = Rollup::default();
        for (id, counted, _) in self.sensors.iter().filter(|(id, ..)| is_visible(*id)) {
            rollup.add_counted(*id, counted);
        }
        rollup.figures(thresholds)
    }

    /// The same as it is published; nothing where none of the sensors was measured.
    pub fn measured(
        &self,
        thresholds: &Thresholds,
        is_visible: impl Fn(i32) -> bool + Copy,
    ) -> Vec<Measured> {
        if !self.sensors.iter().any(|(id, ..)| is_visible(*id)) {
            return Vec::new();
        }
        let together = self.together(thresholds, is_visible);
        together
            .iter()
            .map(|rolled| rolled.figure.measured(self.window, self.read_at))
            .collect()
    }
}

/// What was read of quality, until there is other.
#[derive(Debug, Clone, Default)]
pub(super) struct Lately {
    progress: Option<Progress>,
    read_at: Option<DateTime<Utc>>,
    rules: HashMap<i64, Thresholds>,
    /// Of the last hours.
    pub(super) hours: Option<Arc<SensorsQuality>>,
    /// Of the last one alone.
    pub(super) hour: Option<Arc<SensorsQuality>>,
}

impl Lately {
    /// Reads what has changed.
    pub(super) async fn follow<C: ConnectionTrait>(
        &mut self,
        db: &C,
        now: DateTime<Utc>,
    ) -> Result<(), DbErr> {
        let progress = measurements::progress(db, Level::Hour).await?;
        let is_new_hour = progress.map(|progress| progress.measured_until)
            != self.progress.map(|progress| progress.measured_until);
        let is_time = self.read_at.is_none_or(|at| now - at >= READ_EVERY || at > now);
        if progress == self.progress || !(is_new_hour || is_time) {
            return Ok(());
        }
        if let Some(until) = progress.and_then(|progress| progress.measured_until) {
            self.hours = self.read(db, until, HOURS, now).await?;
            self.hour = self.read(db, until, 1, now).await?;
        }
        (self.progress, self.read_at) = (progress, Some(now));
        Ok(())
    }

    /// How good the readings of the hours before `until` were.
    pub(super) async fn read<C: ConnectionTrait>(
        &mut self,
        db: &C,
        until: DateTime<Utc>,
        hours: i32,
        now: DateTime<Utc>,
    ) -> Result<Option<Arc<SensorsQuality>>, DbErr> {
        let Some(window) = Window::new(until - TimeDelta::hours(hours.into()), until) else {
            return Ok(None);
        };
        let mut sums = measurements::sums(db, Level::Hour, window.from(), until).await?;
        if sums.iter().any(|one| !self.rules.contains_key(&one.rule_version)) {
            let known = measurements::rules(db).await?.into_iter();
            self.rules = known
                .filter_map(|(version, kept)| Some((version, rules(kept)?.thresholds)))
                .collect();
        }
        sums.sort_unstable_by_key(|one| one.sensor_id);
        let sensors = sums.iter().map(|one| {
            let thresholds = self.rules.get(&one.rule_version).copied();
            (one.sensor_id, counted(&one.sums), thresholds.unwrap_or_default())
        });
        Ok(Some(Arc::new(SensorsQuality {
            window,
            read_at: now,
            sensors: sensors.collect(),
        })))
    }
}

/// Rules as they are kept; `None` where they were kept by another version of this program.
pub fn rules(kept: serde_json::Value) -> Option<Rules> {
    serde_json::from_value(kept).ok()
}

/// What windows amount to, dimension by dimension.
pub fn counted(sums: &Sums) -> Counted {
    Counted::new(sums.readings, Doubts::from_bits(sums.doubts), |dimension| {
        let (numerator, denominator) = match dimension {
            Dimension::Completeness => sums.completeness,
            Dimension::Timeliness => sums.timeliness,
            Dimension::Validity => sums.validity,
            Dimension::Uniqueness => sums.uniqueness,
            Dimension::Conformity => sums.conformity,
            Dimension::Plausibility => sums.plausibility,
            Dimension::Coverage | Dimension::Consistency => (0, 0),
        };
        Ratio::new(numerator, denominator)
    })
}

/// The bounds for everything.
pub(super) fn bounds(rules: &RuleSet) -> Thresholds {
    rules
        .rules(None, &[])
        .map_or_else(|_| Rules::default().thresholds, |rules| rules.thresholds)
}
