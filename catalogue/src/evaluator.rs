//! Computes what is kept of quality (`quality/` says how): each sensor, hour by hour and day by day, in the background.
//!
//! ```text
//! a window is over ──────────────────┐
//! readings of it have changed ───────┼─► due ── taken ──► judged ── other than before? ──► a revision, flags
//! it looks at readings that have ────┘
//! ```
//!
//! A window is due [`GRACE`] after its end, of all sensors that were there: one that was silent is measured, too. Whatever
//! changes readings later makes it due again, and with it the windows that look at those readings. What comes out as it was
//! leaves no revision.
//!
//! **Invariant:** what is due is taken in one statement and readings are read in a later one, and all that came of it is
//! committed together: killed anywhere, it is due again.

mod neighbours;
mod store;

use std::collections::{HashMap, HashSet};
use std::convert::Infallible;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use entity::measurements::{Due, DueWindow, Evaluating, Flag, JudgedSensor, Measured};
use entity::rollup::Level;
use entity::{DatabaseConnection, DbErr};

pub use self::store::{Place, from_row, to_row};
use crate::quality::{
    Evaluated, Expectation, IntervalBasis, MeasureBounds, MeasureError, RuleSet, Rules, Setting, ToMeasure,
    Window, measure,
};
use crate::stewardship::rules_in_force;

/// A window is measured so long after its end: most of what is still on its way has come by then.
pub const GRACE: TimeDelta = TimeDelta::minutes(2);

/// Hours are kept for so long.
pub const HOURS_KEPT_FOR: TimeDelta = TimeDelta::days(7);

/// Days, and flags of readings, are kept for so long.
pub const DAYS_KEPT_FOR: TimeDelta = TimeDelta::days(90);

/// So many revisions of a window are kept, the newest.
pub const REVISIONS_KEPT: i32 = 5;

/// So many flags of readings are kept of a window, the first; all are counted.
pub const FLAGS_MAX: usize = 1_000;

const BOUNDS: MeasureBounds = MeasureBounds {
    flagged_max: FLAGS_MAX,
    // Every reading is measured, however many there are.
    readings_max: u64::MAX,
};

/// So many windows are measured in a transaction at most.
const WINDOWS_MAX: u32 = 256;

/// When nothing is due, it looks again after so long.
const LOOKS_EVERY: Duration = Duration::from_secs(15);

/// For each second of work it rests so many: others need the machine more, and nobody waits for it. So it takes a twentieth of
/// a core, of the database and its own in turn.
const REST: u32 = 19;

/// When there was more to do than that for so long, it rests less, so that what is kept does not fall behind for ever.
const BEHIND_AFTER: Duration = Duration::from_mins(30);
const REST_BEHIND: u32 = 4;

/// What is too old is forgotten this often.
const PRUNE_EVERY: TimeDelta = TimeDelta::hours(1);

/// Computes what is kept of quality.
#[derive(Debug)]
pub struct Evaluator {
    db: DatabaseConnection,
    /// What the file says.
    file: RuleSet,
    /// What is in force: that, and over it what stewards set.
    rules: RuleSet,
    /// Versions of rules that are kept already.
    noted: HashSet<i64>,
    pruned_at: Option<DateTime<Utc>>,
    /// Sensors whose rules make no sense, which was said.
    complained: HashSet<i32>,
}

/// What a step came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stepped {
    /// Windows that were measured.
    pub measured: u64,
    /// Measurements that are other than before, or the first.
    pub written: u64,
    /// Whether it stopped at its bound, so that the next step has work at once.
    pub more: bool,
}

/// A sensor with its rules.
#[derive(Debug)]
struct RuledSensor {
    sensor: JudgedSensor,
    rules: Rules,
    expectation: Option<Expectation>,
}

impl Evaluator {
    /// Of this database, by the rules of a file, and over them those that stewards set.
    pub fn new(db: &DatabaseConnection, file: RuleSet) -> Self {
        Self {
            db: db.clone(),
            rules: file.clone(),
            file,
            noted: HashSet::new(),
            pruned_at: None,
            complained: HashSet::new(),
        }
    }

    /// Measures for ever what is due. What fails is logged once, and tried again.
    pub async fn run(&mut self, now: fn() -> DateTime<Utc>) -> Infallible {
        let mut is_failing = false;
        let mut more_since = None;
        loop {
            let began = Instant::now();
            let stepped = self.step(now()).await;
            match &stepped {
                Ok(_) if is_failing => tracing::info!("quality is measured again"),
                Err(error) if !is_failing => {
                    tracing::warn!(%error, "quality cannot be measured; it is tried again");
                }
                _ => {}
            }
            is_failing = stepped.is_err();
            let rest = if let Ok(Stepped { more: true, .. }) = stepped {
                let since: &mut Instant = more_since.get_or_insert(began);
                let rest = if since.elapsed() > BEHIND_AFTER {
                    REST_BEHIND
                } else {
                    REST
                };
                began.elapsed() * rest
            } else {
                more_since = None;
                LOOKS_EVERY
            };
            tokio::time::sleep(rest).await;
        }
    }

    /// Measures hours, then days, up to a bound of each. Nothing when another process is at it.
    pub async fn step(&mut self, now: DateTime<Utc>) -> Result<Stepped, MeasureError> {
        let mut stepped = Stepped::default();
        let rules = rules_in_force(&self.db, &self.file).await?.rules;
        if rules != self.rules {
            self.rules = rules;
            self.complained.clear();
        }
        for level in [Level::Hour, Level::Day] {
            let Some(evaluating) = Evaluating::begin(&self.db).await? else {
                return Ok(stepped);
            };
            let one = self.measure(&evaluating, level, now).await?;
            evaluating.commit().await?;
            let name = if level == Level::Hour { "hour" } else { "day" };
            for (result, count) in [
                ("written", one.written),
                ("unchanged", one.measured - one.written),
            ] {
                metrics::counter!("fieldbook_quality_windows_total", "level" => name, "result" => result)
                    .increment(count);
            }
            stepped.measured += one.measured;
            stepped.written += one.written;
            stepped.more |= one.more;
        }
        Ok(stepped)
    }

    async fn measure(
        &mut self,
        evaluating: &Evaluating,
        level: Level,
        now: DateTime<Utc>,
    ) -> Result<Stepped, MeasureError> {
        let oldest = oldest(level, now);
        let ripe = now - GRACE;
        evaluating.close(level, ripe, oldest).await?;
        let taken = evaluating.take(level, oldest, ripe, WINDOWS_MAX).await?;
        let more = taken.len() >= WINDOWS_MAX as usize;
        let sensors = self.sensors(evaluating, &taken).await?;
        let (early, windows): (Vec<DueWindow>, Vec<DueWindow>) = taken.into_iter().partition(|window| {
            let sensor = sensors.get(&window.sensor_id);
            sensor.is_some_and(|sensor| judged_at(*window, level, &sensor.rules) > now)
        });
        let put_back: Vec<Due> = early
            .into_iter()
            .filter_map(|window| {
                let rules = &sensors.get(&window.sensor_id)?.rules;
                let due_at = judged_at(window, level, rules);
                Some(Due { window, due_at })
            })
            .collect();
        evaluating.note(level, &put_back).await?;
        neighbours::note(evaluating, level, &windows, &sensors, oldest).await?;
        let to_measure: Vec<ToMeasure<'_>> = windows
            .iter()
            .filter_map(|window| to_measure(window, level, sensors.get(&window.sensor_id)?, now))
            .collect();
        let found = measure(evaluating.transaction(), &to_measure, BOUNDS).await?;
        let measured = found.len() as u64;
        let ids = to_measure.iter().map(|window| window.sensor_id);
        let found: Vec<(i32, Evaluated)> = ids.zip(found).collect();
        let written = self
            .keep(evaluating, level, &windows, &found, &sensors, now)
            .await?;
        evaluating.advance(level, written).await?;
        self.prune(evaluating, level, now).await?;
        Ok(Stepped {
            measured,
            written,
            more,
        })
    }

    async fn sensors(
        &mut self,
        evaluating: &Evaluating,
        windows: &[DueWindow],
    ) -> Result<HashMap<i32, RuledSensor>, DbErr> {
        let mut ids: Vec<i32> = windows.iter().map(|window| window.sensor_id).collect();
        ids.sort_unstable();
        ids.dedup();
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let sensors = evaluating.judged(&ids).await?;
        let ruled = sensors.into_iter().map(|sensor| {
            let declared = sensor.declared_interval_seconds.and_then(Expectation::declared);
            let learnt = sensor
                .learnt_interval_seconds
                .and_then(|seconds| Expectation::new(seconds, IntervalBasis::Learnt));
            let rules = self.rules_of(&sensor);
            let ruled = RuledSensor {
                expectation: declared.or(learnt),
                rules,
                sensor,
            };
            (ruled.sensor.id, ruled)
        });
        Ok(ruled.collect())
    }

    fn rules_of(&mut self, sensor: &JudgedSensor) -> Rules {
        let found = self
            .rules
            .of_sensor(sensor.kind.as_deref(), &sensor.source, &sensor.name, sensor.uuid);
        found.unwrap_or_else(|error| {
            if self.complained.insert(sensor.id) {
                tracing::warn!(
                    sensor.id, %error,
                    "the rules of quality of a sensor and of its type make no sense together; it is judged by those for everything"
                );
            }
            self.rules.rules(None, &[]).unwrap_or_default()
        })
    }

    /// Writes what is other than before; gives how many measurements that were.
    async fn keep(
        &mut self,
        evaluating: &Evaluating,
        level: Level,
        windows: &[DueWindow],
        found: &[(i32, Evaluated)],
        sensors: &HashMap<i32, RuledSensor>,
        now: DateTime<Utc>,
    ) -> Result<u64, DbErr> {
        let starts = || windows.iter().map(|window| window.start);
        let Some((first, last)) = starts().min().zip(starts().max()) else {
            return Ok(0);
        };
        let ids: Vec<i32> = sensors.keys().copied().collect();
        let before: HashMap<(i32, DateTime<Utc>), Measured> = evaluating
            .in_force(level, &ids, first, last)
            .await?
            .into_iter()
            .map(|row| ((row.sensor_id, row.window_start), row))
            .collect();
        let mut rows = Vec::new();
        let mut flags = Vec::new();
        for (sensor_id, found) in found {
            let sensor_id = *sensor_id;
            let rule_version = found.measurement.rule_version.to_bits();
            flags.extend(found.flagged.iter().map(|flagged| Flag {
                sensor_id,
                time: flagged.time,
                test: flagged.test.as_str(),
                flag: flagged.flag,
                rule_version,
            }));
            let old = before.get(&(sensor_id, found.measurement.window.from()));
            let place = Place {
                sensor_id,
                level,
                revision: old.map_or(1, |old| old.revision),
                computed_at: old.map_or(now, |old| old.computed_at),
            };
            let mut row = to_row(&found.measurement, place);
            if let Some(old) = old {
                if row == *old {
                    continue;
                }
                row.revision += 1;
                row.computed_at = now;
            }
            rows.push(row);
        }
        for sensor in sensors.values() {
            self.note_rules(evaluating, &sensor.rules, now).await?;
        }
        let written = rows.len() as u64;
        evaluating.insert(level, rows, REVISIONS_KEPT).await?;
        // Hours have them; days only where hours are kept no more.
        if level == Level::Hour || last < oldest(Level::Hour, now) {
            evaluating.replace_flags(level, windows, &flags).await?;
        }
        Ok(written)
    }

    async fn note_rules(
        &mut self,
        evaluating: &Evaluating,
        rules: &Rules,
        now: DateTime<Utc>,
    ) -> Result<(), DbErr> {
        let version = rules.version().to_bits();
        if !self.noted.contains(&version) {
            let said = serde_json::to_value(rules).map_err(|error| DbErr::Json(error.to_string()))?;
            evaluating.note_rules(version, said, now).await?;
            self.noted.insert(version);
        }
        Ok(())
    }

    async fn prune(
        &mut self,
        evaluating: &Evaluating,
        level: Level,
        now: DateTime<Utc>,
    ) -> Result<(), DbErr> {
        if level != Level::Day
            || self
                .pruned_at
                .is_some_and(|at| now - at < PRUNE_EVERY && at <= now)
        {
            return Ok(());
        }
        for level in [Level::Hour, Level::Day] {
            evaluating.prune(level, oldest(level, now)).await?;
        }
        let forgotten = oldest(Level::Day, now);
        evaluating.prune_flags(forgotten).await?;
        entity::quality::prune_intake(evaluating.transaction(), forgotten).await?;
        self.pruned_at = Some(now);
        Ok(())
    }
}

fn to_measure<'a>(
    window: &DueWindow,
    level: Level,
    sensor: &'a RuledSensor,
    now: DateTime<Utc>,
) -> Option<ToMeasure<'a>> {
    let to = window.start + TimeDelta::seconds(level.seconds().into());
    Some(ToMeasure {
        sensor_id: window.sensor_id,
        setting: Setting {
            window: Window::new(window.start, to)?,
            now,
            rules: &sensor.rules,
            expectation: sensor.expectation,
            since: sensor.sensor.active_since,
            intake: None,
        },
    })
}

/// The first window that is kept.
pub fn oldest(level: Level, now: DateTime<Utc>) -> DateTime<Utc> {
    let kept_for = if level == Level::Hour {
        HOURS_KEPT_FOR
    } else {
        DAYS_KEPT_FOR
    };
    level.ceil(now - kept_for)
}

/// When nothing of a window is on its way any more, by its rules.
fn judged_at(window: DueWindow, level: Level, rules: &Rules) -> DateTime<Utc> {
    let late_after = Duration::from_secs_f64(rules.late_after_seconds);
    let late_after = TimeDelta::from_std(late_after).unwrap_or(TimeDelta::MAX);
    let end = window.start + TimeDelta::seconds(level.seconds().into());
    end.checked_add_signed(late_after)
        .unwrap_or(DateTime::<Utc>::MAX_UTC)
}
