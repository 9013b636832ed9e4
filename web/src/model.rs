//! What pages read from answers: the parts that several of them share.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use serde::Deserialize;

use crate::words::{self, State};

/// How fresh something is.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Freshness {
    pub(crate) status: String,
    #[serde(default)]
    pub(crate) newest_at: Option<DateTime<Utc>>,
    #[serde(default)]
    pub(crate) age_seconds: Option<f64>,
    #[serde(default)]
    pub(crate) checked_at: Option<DateTime<Utc>>,
    #[serde(default)]
    pub(crate) changed_at: Option<DateTime<Utc>>,
    #[serde(default)]
    pub(crate) basis: Option<String>,
    #[serde(default)]
    pub(crate) expected_interval_seconds: Option<f64>,
    #[serde(default)]
    pub(crate) learnt: bool,
    #[serde(default)]
    pub(crate) late_after_seconds: Option<f64>,
    #[serde(default)]
    pub(crate) stale_after_seconds: Option<f64>,
    #[serde(default, rename = "notStaleShare30d")]
    pub(crate) not_stale_share_30d: Option<f64>,
    #[serde(default)]
    pub(crate) sensors: Option<SensorsFresh>,
}

impl Freshness {
    pub(crate) fn state(&self) -> State {
        State::freshness(&self.status)
    }

    /// Of which clock the time is that it is about.
    pub(crate) fn basis_words(&self) -> &'static str {
        match self.basis.as_deref() {
            Some("EVENT_TIME") => "by the sensors' clocks",
            Some("RECEIVED_AT") => "by when it was received",
            Some("WATERMARK") => "by what is rolled up",
            _ => "",
        }
    }
}

/// How many sensors are how fresh.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SensorsFresh {
    pub(crate) expected: u64,
    pub(crate) fresh: u64,
    pub(crate) late: u64,
    pub(crate) stale: u64,
    pub(crate) no_data: u64,
}

impl SensorsFresh {
    /// `4 of 5 sensors fresh`.
    pub(crate) fn words(&self) -> String {
        format!(
            "{} of {} sensors fresh",
            words::count(self.fresh as f64),
            words::count(self.expected as f64)
        )
    }
}

/// A number that may be an estimate.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(crate) struct Count {
    pub(crate) value: f64,
    pub(crate) exact: bool,
}

impl Count {
    pub(crate) fn words(&self) -> String {
        let about = if self.exact { "" } else { "about " };
        format!("{about}{}", words::count(self.value))
    }

    pub(crate) fn as_bytes(&self) -> String {
        let about = if self.exact { "" } else { "about " };
        format!("{about}{}", words::bytes(self.value))
    }
}

/// A unit of a sensor.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Unit {
    pub(crate) declared: String,
    #[serde(default)]
    pub(crate) symbol: Option<String>,
    #[serde(default)]
    pub(crate) ucum: Option<String>,
    #[serde(default)]
    pub(crate) quantity_kind: Option<String>,
}

impl Unit {
    /// As it is written beside a value: cut, because anybody can declare anything.
    pub(crate) fn symbol(&self) -> Cow<'_, str> {
        const CHARS_MAX: usize = 24;
        let whole = self.whole();
        match whole.char_indices().nth(CHARS_MAX) {
            Some((end, _)) => Cow::Owned(format!("{}…", &whole[..end])),
            None => Cow::Borrowed(whole),
        }
    }

    /// As it is written where there is room.
    pub(crate) fn whole(&self) -> &str {
        self.symbol.as_deref().unwrap_or(&self.declared)
    }
}

/// A range of values.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(crate) struct Range {
    pub(crate) min: Option<f64>,
    pub(crate) max: Option<f64>,
}

impl Range {
    /// `0 to 45`, `from 0`, `up to 45`.
    pub(crate) fn words(&self) -> String {
        match (self.min, self.max) {
            (Some(min), Some(max)) => format!("{} to {}", words::value(min), words::value(max)),
            (Some(min), None) => format!("from {}", words::value(min)),
            (None, Some(max)) => format!("up to {}", words::value(max)),
            (None, None) => String::new(),
        }
    }
}

/// A label of a sensor.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Label {
    pub(crate) key: String,
    pub(crate) value: String,
}

/// A place.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(crate) struct Location {
    pub(crate) lat: f64,
    pub(crate) lng: f64,
}

/// Somebody to turn to.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Party {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) email: Option<String>,
    #[serde(default)]
    pub(crate) homepage: Option<String>,
}

/// Something that went wrong.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Incident {
    pub(crate) kind: String,
    pub(crate) dataset: String,
    #[serde(default)]
    pub(crate) sensor: Option<SensorName>,
    pub(crate) started_at: DateTime<Utc>,
    pub(crate) ended_at: Option<DateTime<Utc>>,
    pub(crate) detail: String,
}

impl Incident {
    pub(crate) fn state(&self) -> State {
        State::incident(self.ended_at.is_none())
    }

    pub(crate) fn kind_words(&self) -> &'static str {
        match self.kind.as_str() {
            "LATE" => "Late",
            "STALE" => "Stale",
            "QUALITY_FAILING" => "Quality failing",
            "UNBALANCED_WINDOW" => "Unbalanced",
            _ => "Incident",
        }
    }

    /// How long it lasted, or has lasted until `now`.
    pub(crate) fn lasted(&self, now: &DateTime<Utc>) -> String {
        let end = self.ended_at.unwrap_or(*now);
        words::age((end - self.started_at).num_seconds() as f64)
    }
}

/// A sensor by name.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct SensorName {
    pub(crate) id: String,
    pub(crate) name: String,
}

/// Something that is announced.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Announcement {
    pub(crate) kind: String,
    pub(crate) state: String,
    pub(crate) title: String,
    pub(crate) text: String,
    pub(crate) from: DateTime<Utc>,
    pub(crate) to: Option<DateTime<Utc>>,
}

impl Announcement {
    pub(crate) fn kind_words(&self) -> &'static str {
        match self.kind.as_str() {
            "PLANNED_OUTAGE" => "Planned outage",
            "KNOWN_ERROR" => "Known error",
            _ => "Notice",
        }
    }

    pub(crate) fn is_active(&self) -> bool {
        self.state == "ACTIVE"
    }
}

/// A figure of quality.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Figure {
    pub(crate) dimension: String,
    pub(crate) value: Option<f64>,
    #[serde(default)]
    pub(crate) numerator: f64,
    #[serde(default)]
    pub(crate) denominator: f64,
    pub(crate) verdict: String,
    #[serde(default)]
    pub(crate) warn_below: Option<f64>,
    #[serde(default)]
    pub(crate) fail_below: Option<f64>,
    #[serde(default)]
    pub(crate) formula: String,
    #[serde(default)]
    pub(crate) doubts: Vec<String>,
}

impl Figure {
    pub(crate) fn state(&self) -> State {
        State::quality(&self.verdict)
    }

    pub(crate) fn dimension_words(&self) -> &'static str {
        dimension(&self.dimension)
    }

    pub(crate) fn value_words(&self) -> String {
        self.value
            .map_or_else(|| "not applicable".to_owned(), words::percent)
    }

    /// `1,439 of 1,440`.
    pub(crate) fn counts(&self) -> String {
        if self.denominator == 0.0 {
            return String::new();
        }
        format!(
            "{} of {}",
            words::count(self.numerator),
            words::count(self.denominator)
        )
    }
}

/// A dimension of quality, as a title.
pub(crate) fn dimension(word: &str) -> &'static str {
    match word {
        "COMPLETENESS" => "Completeness",
        "TIMELINESS" => "Timeliness",
        "VALIDITY" => "Validity",
        "UNIQUENESS" => "Uniqueness",
        "CONFORMITY" => "Conformity",
        "COVERAGE" => "Coverage",
        "PLAUSIBILITY" => "Plausibility",
        "CONSISTENCY" => "Consistency",
        _ => "Other",
    }
}

/// Where a page lies in its list.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct PageInfo {
    pub(crate) has_next_page: bool,
    pub(crate) has_previous_page: bool,
    pub(crate) start_cursor: Option<String>,
    pub(crate) end_cursor: Option<String>,
}
