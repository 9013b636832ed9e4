//! Versions of a dataset.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};

/// A version as of Semantic Versioning 2.0.0: what was removed or narrowed is another major, what was added another minor,
/// what is only said otherwise another patch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SemanticVersion {
    /// Breaks those who use it.
    pub major: u32,
    /// Adds something.
    pub minor: u32,
    /// Changes words.
    pub patch: u32,
}

impl SemanticVersion {
    /// What a dataset begins with.
    pub const FIRST: Self = Self {
        major: 1,
        minor: 0,
        patch: 0,
    };
}

impl fmt::Display for SemanticVersion {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

/// No version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a version is three numbers, such as 1.2.0, not {0:?}")]
pub struct NoVersion(String);

impl FromStr for SemanticVersion {
    type Err = NoVersion;

    fn from_str(text: &str) -> Result<Self, NoVersion> {
        let wrong = || NoVersion(text.to_owned());
        let mut parts = text.split('.').map(|part| part.parse().map_err(|_| wrong()));
        let mut next = || parts.next().unwrap_or_else(|| Err(wrong()));
        let version = Self {
            major: next()?,
            minor: next()?,
            patch: next()?,
        };
        match parts.next() {
            None => Ok(version),
            Some(_) => Err(wrong()),
        }
    }
}

/// A version of a dataset and what it brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// Which.
    pub version: SemanticVersion,
    /// Since when it has been in force (the service's clock).
    pub released_at: DateTime<Utc>,
    /// What it changed; empty for the first.
    pub changes: Vec<Change>,
}

/// A change of a dataset's schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Whether it breaks those who use the dataset.
    pub is_breaking: bool,
    /// What has changed, such as `reading.value`.
    pub path: String,
    /// The change in a sentence.
    pub summary: String,
}
