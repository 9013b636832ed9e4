//! The time that a plot shows, by its address: `?range=P1D`, or `?from=…&to=…`.

use chrono::{DateTime, TimeDelta, Utc};

use crate::address::{Choices, encoded};
use crate::error::Problem;
use crate::words;

/// Ranges that end now, by their names in addresses.
const RANGES: &[(&str, &str, i64)] = &[
    ("PT1H", "1 hour", 3_600),
    ("PT6H", "6 hours", 6 * 3_600),
    ("P1D", "1 day", 86_400),
    ("P7D", "7 days", 7 * 86_400),
    ("P30D", "30 days", 30 * 86_400),
    ("P1Y", "1 year", 365 * 86_400),
];

/// What is shown where nothing is said.
const DEFAULT: &str = "P1D";

/// The sizes of buckets that divide days; pictures without scripts have at most [`BUCKETS_MAX`] of them.
const BUCKETS: &[(&str, i64)] = &[
    ("PT1S", 1),
    ("PT5S", 5),
    ("PT15S", 15),
    ("PT1M", 60),
    ("PT5M", 300),
    ("PT15M", 900),
    ("PT1H", 3_600),
    ("PT6H", 6 * 3_600),
    ("P1D", 86_400),
    ("P7D", 7 * 86_400),
    ("P28D", 28 * 86_400),
];

const BUCKETS_MAX: i64 = 400;

/// Years between its ends at most.
const YEARS_MAX: i64 = 200;

/// A time to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TimeRange {
    pub(crate) from: DateTime<Utc>,
    pub(crate) to: DateTime<Utc>,
    /// Its name, where it ends now.
    pub(crate) name: Option<&'static str>,
}

impl TimeRange {
    /// What an address says, as of `now`.
    pub(crate) fn of(choices: &Choices, now: DateTime<Utc>) -> Result<Self, Problem> {
        match (choices.one("from"), choices.one("to")) {
            (Some(from), to) => {
                let from = time("from", from)?;
                let to = to.map_or(Ok(now), |to| time("to", to))?;
                if from >= to {
                    return Err(Problem::invalid("from must be before to".to_owned()));
                }
                if to - from > TimeDelta::days(366 * YEARS_MAX) {
                    return Err(Problem::invalid(format!("a plot shows {YEARS_MAX} years at most")));
                }
                Ok(Self { from, to, name: None })
            }
            (None, Some(_)) => Err(Problem::invalid("with to, say from as well".to_owned())),
            (None, None) => {
                let asked = choices.one("range").unwrap_or(DEFAULT);
                let found = RANGES.iter().find(|(name, ..)| *name == asked);
                let Some((name, _, seconds)) = found else {
                    let known: Vec<&str> = RANGES.iter().map(|(name, ..)| *name).collect();
                    return Err(Problem::invalid(format!("range is one of {}", known.join(", "))));
                };
                Ok(Self {
                    from: now - TimeDelta::seconds(*seconds),
                    to: now,
                    name: Some(name),
                })
            }
        }
    }

    /// The finest bucket of which the range does not hold too many.
    pub(crate) fn bucket(&self) -> &'static str {
        let seconds = (self.to - self.from).num_seconds();
        let fits = BUCKETS.iter().find(|(_, size)| seconds / size <= BUCKETS_MAX);
        fits.or(BUCKETS.last()).map_or("P1D", |(name, _)| name)
    }

    /// The ranges that can be chosen: address, title, and whether it is this one.
    pub(crate) fn links(&self, choices: &Choices) -> Vec<(String, &'static str, bool)> {
        let rest = choices.without(&["from", "to", "range"]);
        RANGES
            .iter()
            .map(|(name, title, _)| {
                let query = rest.with("range", Some(name)).query();
                (query, *title, self.name == Some(name))
            })
            .collect()
    }

    /// The range in a query, without its question mark.
    pub(crate) fn query(&self) -> String {
        format!(
            "from={}&to={}",
            encoded(&words::machine(&self.from)),
            encoded(&words::machine(&self.to))
        )
    }
}

fn time(name: &str, text: &str) -> Result<DateTime<Utc>, Problem> {
    let time = DateTime::parse_from_rfc3339(text);
    time.map(|time| time.to_utc()).map_err(|_| {
        Problem::invalid(format!(
            "{name} is a time such as 2026-11-26T10:00:00Z, not “{}”",
            text.chars().take(40).collect::<String>()
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(query: &str) -> Result<TimeRange, Problem> {
        let choices = Choices::of(Some(query), &["from", "to", "range"]);
        TimeRange::of(&choices, "2026-11-26T10:00:00Z".parse().unwrap())
    }

    #[test]
    fn a_day_up_to_now_is_shown_where_nothing_is_said() {
        let day = of("").unwrap();
        assert_eq!(day.name, Some("P1D"));
        assert_eq!((day.to - day.from).num_hours(), 24);
        assert_eq!(day.bucket(), "PT5M");
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_what_would() {
        for query in [
            "range=P2D",
            "from=yesterday",
            "to=2026-01-01T00:00:00Z",
            "from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z",
            "from=0001-01-01T00:00:00Z&to=9999-01-01T00:00:00Z",
        ] {
            assert!(of(query).is_err(), "{query}");
        }
    }

    #[test]
    fn there_are_never_too_many_buckets() {
        for (from, bucket) in [
            ("2026-11-26T09:59:00Z", "PT1S"),
            ("2026-11-26T09:00:00Z", "PT15S"),
            ("2025-11-26T10:00:00Z", "P1D"),
            ("1900-01-01T00:00:00Z", "P28D"),
        ] {
            assert_eq!(of(&format!("from={from}")).unwrap().bucket(), bucket, "{from}");
        }
    }
}
