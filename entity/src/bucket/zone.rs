//! Time zones by their IANA names.
//!
//! The database comes with the program, so that the same question gets the same buckets on every machine.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use jiff::tz::{TimeZone, TimeZoneDatabase};

/// A time zone of the IANA database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Zone(&'static str);

/// No zone of this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no time zone {name:?}")]
pub struct UnknownZone {
    name: String,
    near: Vec<&'static str>,
}

static DATABASE: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// Every name once; `Factory` is what unconfigured machines have.
static NAMES: LazyLock<Vec<String>> = LazyLock::new(|| {
    DATABASE
        .available()
        .map(|name| name.to_string())
        .filter(|name| name != "Factory")
        .collect()
});

/// Names that are shown of an unknown one, and how much they must resemble it.
const NEAR_MAX: usize = 3;
const NEAR_ENOUGH: f64 = 0.8;
const CHARS_MAX: usize = 64;

impl Zone {
    /// Coordinated Universal Time.
    pub const UTC: Self = Self("UTC");

    /// Its name, as the IANA database writes it.
    pub fn name(self) -> &'static str {
        self.0
    }

    pub(super) fn rules(self) -> TimeZone {
        DATABASE.get(self.0).unwrap_or(TimeZone::UTC)
    }
}

impl FromStr for Zone {
    type Err = UnknownZone;

    /// Reads a name in any case.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        NAMES
            .iter()
            .find(|name| name.eq_ignore_ascii_case(text))
            .map(|name| Self(name))
            .ok_or_else(|| UnknownZone::of(text))
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.0)
    }
}

impl UnknownZone {
    fn of(text: &str) -> Self {
        let name: String = text.chars().take(CHARS_MAX).collect();
        let wanted = name.to_lowercase();
        let likeness = |known: &str| {
            let known = known.to_lowercase();
            let place = known.rsplit('/').next().unwrap_or(&known);
            let of_place = wanted.rsplit('/').next().unwrap_or(&wanted);
            strsim::jaro_winkler(&known, &wanted).max(strsim::jaro_winkler(place, of_place))
        };
        let mut near: Vec<_> = NAMES
            .iter()
            .map(|known| (likeness(known), known.as_str()))
            .filter(|(likeness, _)| *likeness >= NEAR_ENOUGH)
            .collect();
        near.sort_by(|a, b| b.0.total_cmp(&a.0));
        near.truncate(NEAR_MAX);
        let near = near.into_iter().map(|(_, known)| known).collect();
        Self { name, near }
    }

    /// What would be accepted instead, names like the one asked for first.
    pub fn accepted(&self) -> String {
        match &self.near[..] {
            [] => "a name of the IANA time zone database, such as UTC or Europe/Zurich".to_owned(),
            near => format!(
                "a name of the IANA time zone database, such as {}",
                near.join(", ")
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_in_any_case_and_written_in_one() {
        for (text, name) in [
            ("UTC", "UTC"),
            ("europe/zurich", "Europe/Zurich"),
            ("Asia/Kathmandu", "Asia/Kathmandu"),
            ("Australia/Lord_Howe", "Australia/Lord_Howe"),
        ] {
            assert_eq!(text.parse::<Zone>().unwrap().name(), name);
        }
        assert_eq!("UTC".parse(), Ok(Zone::UTC));
        assert_ne!("Europe/Zurich".parse::<Zone>().unwrap().rules(), TimeZone::UTC);
    }

    #[test]
    fn unknown_names_get_near_ones() {
        for (text, near) in [
            ("Zurich", "Europe/Zurich"),
            ("Europe/Züirch", "Europe/Zurich"),
            ("Europe/Berln", "Europe/Berlin"),
            ("America/NewYork", "America/New_York"),
        ] {
            let error = text.parse::<Zone>().unwrap_err();
            assert!(error.accepted().contains(near), "{text}: {}", error.accepted());
        }
        for text in ["", "§§§", "Factory", "+01:00", "posixrules"] {
            let error = text.parse::<Zone>().unwrap_err();
            assert!(
                error.accepted().contains("Europe/Zurich") || !error.near.is_empty(),
                "{text}"
            );
        }
        assert!(
            "x".repeat(1_000_000)
                .parse::<Zone>()
                .unwrap_err()
                .to_string()
                .len()
                < 200
        );
    }
}
