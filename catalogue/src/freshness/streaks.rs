//! Incidents begin and end with the second look in a row that finds so; a status changes with the first.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use entity::incidents::IncidentOf;

/// Looks in a row that must agree.
const CONFIRMED: u32 = 2;

/// What looks have found in a row.
#[derive(Debug, Clone, Default)]
pub(super) struct Streaks {
    /// How many looks there were.
    looks: u32,
    /// Of what is wrong, or has been lately.
    of: HashMap<IncidentOf, Streak>,
}

#[derive(Debug, Clone, Copy)]
struct Streak {
    is_wrong: bool,
    /// The first look of it.
    since: DateTime<Utc>,
    looks: u32,
}

impl Streaks {
    /// Takes in what a look found wrong.
    pub(super) fn observe<'a>(&mut self, wrong: impl Iterator<Item = &'a IncidentOf>, now: DateTime<Utc>) {
        self.looks = self.looks.saturating_add(1);
        let wrong: HashSet<&IncidentOf> = wrong.collect();
        // What has been well for long enough is as good as what was never wrong.
        self.of.retain(|of, streak| {
            streak.go_on(wrong.contains(of), now);
            streak.is_wrong || streak.looks <= CONFIRMED
        });
        for of in wrong {
            if !self.of.contains_key(of) {
                let first = Streak {
                    is_wrong: true,
                    since: now,
                    looks: 1,
                };
                self.of.insert(of.clone(), first);
            }
        }
    }

    /// Whether the last looks agree that this is wrong.
    pub(super) fn is_wrong(&self, of: &IncidentOf) -> bool {
        let streak = self.of.get(of);
        streak.is_some_and(|streak| streak.is_wrong && streak.looks >= CONFIRMED)
    }

    /// Since when the last looks have agreed that this is well; `None` when they don't.
    pub(super) fn well_since(&self, of: &IncidentOf, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self.of.get(of) {
            Some(streak) => (!streak.is_wrong && streak.looks >= CONFIRMED).then_some(streak.since),
            // Never wrong as far as this process has looked.
            None => (self.looks >= CONFIRMED).then_some(now),
        }
    }
}

impl Streak {
    fn go_on(&mut self, is_wrong: bool, now: DateTime<Utc>) {
        if self.is_wrong == is_wrong {
            self.looks = self.looks.saturating_add(1);
        } else {
            *self = Self {
                is_wrong,
                since: now,
                looks: 1,
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use entity::incidents::IncidentKind;

    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_790_000_000, 0).unwrap() + TimeDelta::seconds(second)
    }

    #[test]
    fn the_second_look_in_a_row_confirms() {
        let of = IncidentOf {
            kind: IncidentKind::Stale,
            dataset: "readings".to_owned(),
            sensor_id: Some(7),
        };
        let mut streaks = Streaks::default();
        // What a look finds, whether it is then confirmed as wrong, and since when as well.
        for (second, finds, is_wrong, well_since) in [
            (0, false, false, None),
            (1, false, false, Some(1)),
            (2, true, false, None),
            (3, false, false, None),
            (4, true, false, None),
            (5, true, true, None),
            (6, true, true, None),
            (7, false, false, None),
            (8, true, false, None),
            (9, true, true, None),
            (10, false, false, None),
            (11, false, false, Some(10)),
            // Long well: it is no longer remembered since when.
            (12, false, false, Some(12)),
            (13, true, false, None),
        ] {
            streaks.observe(finds.then_some(&of).into_iter(), at(second));
            assert_eq!(streaks.is_wrong(&of), is_wrong, "at {second}");
            assert_eq!(
                streaks.well_since(&of, at(second)),
                well_since.map(at),
                "at {second}"
            );
        }
    }

    #[test]
    fn a_process_that_has_just_begun_ends_no_incident() {
        let of = IncidentOf {
            kind: IncidentKind::Late,
            dataset: "readings".to_owned(),
            sensor_id: None,
        };
        let mut streaks = Streaks::default();
        assert_eq!(streaks.well_since(&of, at(0)), None);
        streaks.observe(std::iter::empty(), at(0));
        assert_eq!(streaks.well_since(&of, at(0)), None);
    }
}
