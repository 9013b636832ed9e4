//! Instants, ages and intervals.

use chrono::{DateTime, SecondsFormat, Utc};

use super::number::Number;

/// For people: `26 Nov 2026, 10:15:30 UTC`.
pub(crate) fn instant(at: &DateTime<Utc>) -> String {
    at.format("%-d %b %Y, %H:%M:%S UTC").to_string()
}

/// A day for people: `26 Nov 2026`.
pub(crate) fn day(at: &DateTime<Utc>) -> String {
    at.format("%-d %b %Y").to_string()
}

/// For programs: RFC 3339 with as many digits as it needs.
pub(crate) fn machine(at: &DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

const MINUTE: f64 = 60.0;
const HOUR: f64 = 3_600.0;
const DAY: f64 = 86_400.0;

/// How long something took or lasts, in its two largest units: `12 s`, `3 min 20 s`, `2 d 4 h`.
pub(crate) fn age(seconds: impl Number) -> String {
    let seconds = seconds.number();
    let (sign, seconds) = if seconds < 0.0 {
        ("−", -seconds)
    } else {
        ("", seconds)
    };
    let text = if seconds == 0.0 {
        "0 s".to_owned()
    } else if seconds < 0.001 {
        format!("{:.0} µs", seconds * 1e6)
    } else if seconds < 1.0 {
        format!("{:.0} ms", seconds * 1e3)
    } else if seconds < 10.0 && seconds.fract() > 0.05 {
        format!("{seconds:.1} s")
    } else if seconds < MINUTE {
        format!("{seconds:.0} s")
    } else if seconds < HOUR {
        two(seconds, MINUTE, "min", 1.0, "s")
    } else if seconds < DAY {
        two(seconds, HOUR, "h", MINUTE, "min")
    } else if seconds < 400.0 * DAY {
        two(seconds, DAY, "d", HOUR, "h")
    } else {
        two(seconds, 365.25 * DAY, "y", DAY, "d")
    };
    format!("{sign}{text}")
}

fn two(seconds: f64, large: f64, large_name: &str, small: f64, small_name: &str) -> String {
    let whole = (seconds / large).floor();
    let rest = ((seconds - whole * large) / small).floor();
    // Of many days nobody wants the hours.
    if rest < 1.0 || whole >= 30.0 {
        format!("{whole:.0} {large_name}")
    } else {
        format!("{whole:.0} {large_name} {rest:.0} {small_name}")
    }
}

/// How often something comes: `every second`, `every 15 min`.
pub(crate) fn every(seconds: impl Number) -> String {
    let seconds = seconds.number();
    let is = |unit: f64| (seconds - unit).abs() < unit * 1e-9;
    if is(1.0) {
        "every second".to_owned()
    } else if is(MINUTE) {
        "every minute".to_owned()
    } else if is(HOUR) {
        "every hour".to_owned()
    } else if is(DAY) {
        "every day".to_owned()
    } else {
        format!("every {}", age(seconds))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_have_two_units_at_most() {
        for (seconds, said) in [
            (0.0, "0 s"),
            (0.000_25, "250 µs"),
            (0.25, "250 ms"),
            (1.5, "1.5 s"),
            (12.0, "12 s"),
            (200.0, "3 min 20 s"),
            (180.0, "3 min"),
            (7_260.0, "2 h 1 min"),
            (187_200.0, "2 d 4 h"),
            (40.5 * 86_400.0, "40 d"),
            (500.0 * 86_400.0, "1 y 134 d"),
            (-5.0, "−5 s"),
        ] {
            assert_eq!(age(seconds), said);
        }
    }

    #[test]
    fn intervals_have_names() {
        assert_eq!(every(1.0), "every second");
        assert_eq!(every(900.0), "every 15 min");
        assert_eq!(every(86_400.0), "every day");
    }
}
