//! Object keys: one spelling each, parsed as strictly as they are written. The crate's docs draw them.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, Timelike, Utc};
use uuid::Uuid;

/// What every raw segment's key begins with, behind the prefix.
pub(crate) const RAW_DAYS: &str = "raw/dt=";

/// What every sensor list's key begins with, behind the prefix.
pub(crate) const SENSOR_LIST_DAYS: &str = "sensors/dt=";

/// What stands before every key of one archive in its bucket: nothing, or a path that ends in `/`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Prefix(String);

impl Prefix {
    /// Takes `""`, `"a"`, `"a/b"` or `"a/b/"`.
    pub fn new(prefix: &str) -> Result<Self, KeyError> {
        let path = prefix.strip_suffix('/').unwrap_or(prefix);
        if path.is_empty() {
            return if prefix.is_empty() {
                Ok(Self::default())
            } else {
                Err(KeyError::Prefix {
                    prefix: prefix.to_owned(),
                })
            };
        }
        // A server that keeps its objects as files can't hold these.
        let sound = path
            .split('/')
            .all(|part| !matches!(part, "" | "." | "..") && !part.contains(char::is_control));
        if !sound || path.len() > 256 {
            return Err(KeyError::Prefix {
                prefix: prefix.to_owned(),
            });
        }
        Ok(Self(format!("{path}/")))
    }

    /// The whole key of something named relative to this prefix.
    pub fn join(&self, relative: &impl fmt::Display) -> String {
        format!("{}{relative}", self.0)
    }

    /// What stands behind this prefix in a key, if it is there.
    pub fn strip<'a>(&self, key: &'a str) -> Option<&'a str> {
        key.strip_prefix(self.0.as_str())
    }
}

/// The key of one segment's object, relative to the archive's prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentKey {
    date: NaiveDate,
    hour: u32,
    journal: Uuid,
    first_seq: u64,
    count: u64,
}

impl SegmentKey {
    /// The key of `count` messages of a journal from `first_seq` on, the first of them received at that time.
    pub fn new(journal: Uuid, first_seq: u64, count: u64, first_received_at: DateTime<Utc>) -> Self {
        Self {
            date: first_received_at.date_naive(),
            hour: first_received_at.hour(),
            journal,
            first_seq,
            count,
        }
    }

    /// The day of the first message's receipt, UTC.
    pub fn date(&self) -> NaiveDate {
        self.date
    }

    /// The hour of that day, 0 to 23.
    pub fn hour(&self) -> u32 {
        self.hour
    }

    /// The journal.
    pub fn journal(&self) -> Uuid {
        self.journal
    }

    /// The position of the first message.
    pub fn first_seq(&self) -> u64 {
        self.first_seq
    }

    /// How many messages the object holds.
    pub fn count(&self) -> u64 {
        self.count
    }
}

impl fmt::Display for SegmentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            date,
            hour,
            journal,
            first_seq,
            count,
        } = self;
        write!(
            f,
            "{RAW_DAYS}{date}/hour={hour:02}/{journal}-{first_seq:020}-{count}.jsonl.zst"
        )
    }
}

impl FromStr for SegmentKey {
    type Err = KeyError;

    fn from_str(key: &str) -> Result<Self, KeyError> {
        let fields = || {
            let (date, rest) = key.strip_prefix(RAW_DAYS)?.split_once("/hour=")?;
            let (hour, rest) = rest.split_once('/')?;
            let (journal, first_seq, rest) = split_identity(rest)?;
            let count = rest.strip_prefix('-')?.strip_suffix(".jsonl.zst")?;
            Some(Self {
                date: date.parse().ok()?,
                hour: hour.parse().ok().filter(|hour| *hour < 24)?,
                journal,
                first_seq,
                count: count.parse().ok()?,
            })
        };
        // Comparing with what would be written refuses every second spelling (`+1`, `1` for `01`, capitals) at once.
        fields()
            .filter(|parsed| parsed.to_string() == key)
            .ok_or_else(|| KeyError::Segment { key: key.to_owned() })
    }
}

/// The key of one sensor list as received, relative to the archive's prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SensorListKey {
    date: NaiveDate,
    journal: Uuid,
    seq: u64,
}

impl SensorListKey {
    /// The key of the sensor list at that position, received at that time.
    pub fn new(journal: Uuid, seq: u64, received_at: DateTime<Utc>) -> Self {
        Self {
            date: received_at.date_naive(),
            journal,
            seq,
        }
    }

    /// The day of its receipt, UTC.
    pub fn date(&self) -> NaiveDate {
        self.date
    }

    /// The journal.
    pub fn journal(&self) -> Uuid {
        self.journal
    }

    /// Its position.
    pub fn seq(&self) -> u64 {
        self.seq
    }
}

impl fmt::Display for SensorListKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { date, journal, seq } = self;
        write!(f, "{SENSOR_LIST_DAYS}{date}/{journal}-{seq:020}.json")
    }
}

impl FromStr for SensorListKey {
    type Err = KeyError;

    fn from_str(key: &str) -> Result<Self, KeyError> {
        let fields = || {
            let (date, rest) = key.strip_prefix(SENSOR_LIST_DAYS)?.split_once('/')?;
            let (journal, seq, rest) = split_identity(rest)?;
            (rest == ".json").then_some(Self {
                date: date.parse().ok()?,
                journal,
                seq,
            })
        };
        fields()
            .filter(|parsed| parsed.to_string() == key)
            .ok_or_else(|| KeyError::SensorList { key: key.to_owned() })
    }
}

/// Takes `{uuid}-{seq:020}` off the front.
fn split_identity(text: &str) -> Option<(Uuid, u64, &str)> {
    let (journal, rest) = text.split_at_checked(36)?;
    let (seq, rest) = rest.strip_prefix('-')?.split_at_checked(20)?;
    Some((journal.parse().ok()?, seq.parse().ok()?, rest))
}

/// A name that is none of the archive's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not a segment's key.
    #[error("read {key:?} as a segment's key: raw/dt=YYYY-MM-DD/hour=HH/JOURNAL-SEQ-COUNT.jsonl.zst is one")]
    Segment {
        /// What it says.
        key: String,
    },
    /// Not a sensor list's key.
    #[error("read {key:?} as a sensor list's key: sensors/dt=YYYY-MM-DD/JOURNAL-SEQ.json is one")]
    SensorList {
        /// What it says.
        key: String,
    },
    /// Not a prefix.
    #[error("use the prefix {prefix:?}: give up to 256 bytes of names with / between, none empty, . or ..")]
    Prefix {
        /// What was asked for.
        prefix: String,
    },
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::clock;

    const KEY: &str =
        "raw/dt=2026-11-23/hour=10/0198c2b4-7f6e-7d3a-9c51-2f4be5a60d18-00000000000000004711-1200.jsonl.zst";

    proptest! {
        #[test]
        fn every_segment_key_is_read_back(
            journal: u128, first_seq: u64, count: u64, micros in 0_i64..4_102_444_800_000_000,
        ) {
            let received_at = clock::from_microseconds(micros).unwrap();
            let key = SegmentKey::new(Uuid::from_u128(journal), first_seq, count, received_at);
            prop_assert_eq!(key.to_string().parse(), Ok(key));
        }

        #[test]
        fn every_sensor_list_key_is_read_back(journal: u128, seq: u64, micros in 0_i64..4_102_444_800_000_000) {
            let key = SensorListKey::new(Uuid::from_u128(journal), seq, clock::from_microseconds(micros).unwrap());
            prop_assert_eq!(key.to_string().parse(), Ok(key));
        }

        #[test]
        fn any_text_is_read_as_a_key_or_refused(text in "\\PC{0,120}", at in 0..=KEY.len()) {
            let _ = text.parse::<SegmentKey>();
            let _ = format!("{}{text}", &KEY[..at]).parse::<SegmentKey>();
            let _ = text.parse::<SensorListKey>();
        }
    }

    #[test]
    fn a_segment_key_says_its_fields() {
        let key: SegmentKey = KEY.parse().unwrap();
        assert_eq!(key.date().to_string(), "2026-11-23");
        assert_eq!((key.hour(), key.first_seq(), key.count()), (10, 4711, 1200));
        assert_eq!(key.journal().to_string(), "0198c2b4-7f6e-7d3a-9c51-2f4be5a60d18");
    }

    #[test]
    fn a_second_spelling_of_a_key_is_refused() {
        for (from, to) in [
            ("hour=10", "hour=24"),
            ("hour=10", "hour=+1"),
            ("-1200.", "-+1200."),
            ("-1200.", "-01200."),
            ("0198c2b4", "0198C2B4"),
            ("dt=2026-11-23", "dt=2026-11-3"),
            ("raw/", "/raw/"),
            (".zst", ".zst/"),
            ("-0000", "-000"),
        ] {
            let other = KEY.replacen(from, to, 1);
            assert!(other.parse::<SegmentKey>().is_err(), "{other}");
        }
    }

    #[test]
    fn a_prefix_is_put_before_and_taken_off() {
        for spelling in ["site/a", "site/a/"] {
            let prefix = Prefix::new(spelling).unwrap();
            assert_eq!(prefix.join(&"raw/x"), "site/a/raw/x");
            assert_eq!(prefix.strip("site/a/raw/x"), Some("raw/x"));
            assert_eq!(prefix.strip("site/b/raw/x"), None);
        }
        assert_eq!(Prefix::new("").unwrap().join(&"raw/x"), "raw/x");
        for bad in ["/", "/a", "a//b", "../a", "a/./b", "a\n"] {
            assert!(Prefix::new(bad).is_err(), "{bad:?}");
        }
    }
}
