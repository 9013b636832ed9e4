//! The time that a plot shows, by its address: `?range=P1D`, or `?from=…&to=…`.

use chrono::{DateTime, TimeDelta, Utc};

use crate::address::{Choices, encoded};
use crate::error::Problem;
use crate::words;

/// Ranges that end now, by their names in addresses.
const RANGES: &[(&str, &str)] = &[
    ("PT1H", "1 hour"),
    ("PT6H", "6 hours"),
    (DEFAULT, "1 day"),
    ("P7D", "7 days"),
    ("P30D", "30 days"),
    ("P1Y", "1 year"),
    (ALL, "All"),
];

/// Everything there is of a sensor.
const ALL: &str = "all";

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

/// What stands for everything until it is known where that begins, in seconds.
const DECADE: i64 = 10 * 365 * 86_400;

/// Years between its ends at most.
const YEARS_MAX: i64 = 200;

/// A time to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TimeRange {
    pub(crate) from: DateTime<Utc>,
    pub(crate) to: DateTime<Utc>,
    /// Its name, where it ends now.
    pub(crate) name: Option<String>,
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
                    return Err(Problem::invalid(format!(
                        "a plot shows {YEARS_MAX} years at most"
                    )));
                }
                Ok(Self { from, to, name: None })
            }
            (None, Some(_)) => Err(Problem::invalid("with to, say from as well".to_owned())),
            (None, None) => {
                let name = choices.one("range").unwrap_or(DEFAULT);
                let seconds = if name == ALL { Some(DECADE) } else { seconds(name) };
                let longest = 366 * YEARS_MAX * 86_400;
                let Some(seconds) = seconds.filter(|seconds| (1..=longest).contains(seconds)) else {
                    return Err(Problem::invalid(format!(
                        "range is a duration of up to {YEARS_MAX} years such as PT1H, P7D or P1Y, or all"
                    )));
                };
                Ok(Self {
                    from: now - TimeDelta::seconds(seconds),
                    to: now,
                    name: Some(name.to_owned()),
                })
            }
        }
    }

    /// Whether it is everything there is, wherever that begins.
    pub(crate) fn is_all(&self) -> bool {
        self.name.as_deref() == Some(ALL)
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
            .map(|(name, title)| {
                let query = rest.with("range", Some(name)).query();
                (query, *title, self.name.as_deref() == Some(name))
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

/// The seconds of a duration of ISO 8601, years of 365 days and months of 30, as `plot/clock.js` takes them; nothing where it
/// is none.
fn seconds(text: &str) -> Option<i64> {
    let rest = text.strip_prefix('P')?;
    let (date, time) = match rest.split_once('T') {
        Some((_, "")) => return None,
        Some((date, time)) => (date, time),
        None => (rest, ""),
    };
    let of_date = parts(
        date,
        &[
            ('Y', 365 * 86_400),
            ('M', 30 * 86_400),
            ('W', 7 * 86_400),
            ('D', 86_400),
        ],
    )?;
    let of_time = parts(time, &[('H', 3_600), ('M', 60), ('S', 1)])?;
    of_date.checked_add(of_time)
}

fn parts(text: &str, units: &[(char, i64)]) -> Option<i64> {
    let mut rest = text;
    let mut sum = 0_i64;
    for (letter, size) in units {
        if let Some((number, after)) = rest.split_once(*letter) {
            let number: i64 = number.parse().ok()?;
            sum = sum.checked_add(number.checked_mul(*size)?)?;
            rest = after;
        }
    }
    rest.is_empty().then_some(sum)
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
        assert_eq!(day.name.as_deref(), Some("P1D"));
        assert_eq!((day.to - day.from).num_hours(), 24);
        assert_eq!(day.bucket(), "PT5M");
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_what_would() {
        for query in [
            "range=2D",
            "range=P",
            "range=PT",
            "range=P-1D",
            "range=P1S",
            "range=P99999999999999999999D",
            "range=P999Y",
            "from=yesterday",
            "to=2026-01-01T00:00:00Z",
            "from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z",
            "from=0001-01-01T00:00:00Z&to=9999-01-01T00:00:00Z",
        ] {
            assert!(of(query).is_err(), "{query}");
        }
    }

    #[test]
    fn any_duration_is_a_range_that_ends_now() {
        for (name, seconds) in [
            ("PT90S", 90),
            ("P1DT2H", 93_600),
            ("P2W", 1_209_600),
            ("P1Y", 31_536_000),
        ] {
            let range = of(&format!("range={name}")).unwrap();
            assert_eq!((range.to - range.from).num_seconds(), seconds, "{name}");
        }
        assert!(of("range=all").unwrap().is_all());
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
