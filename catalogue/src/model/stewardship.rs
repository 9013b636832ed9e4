//! What no machine can know of a dataset.

/// What no machine can know of a dataset: who answers for it, on which terms it may be used, what is promised.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Stewardship {
    /// Who answers for it.
    pub owner: Option<Party>,
    /// Whom to ask.
    pub contact: Option<Party>,
    /// On which terms it may be used.
    pub licence: Option<Licence>,
    /// What is promised.
    pub promise: Promise,
}

/// A person, team or organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    /// Its name.
    pub name: String,
    /// Where to write to.
    pub email: Option<String>,
    /// Its page.
    pub homepage: Option<String>,
}

/// Terms of use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Licence {
    /// Its name, such as `CC BY 4.0`.
    pub name: String,
    /// Where its text stands; the identity of a licence.
    pub url: String,
}

/// What is promised of a dataset.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Promise {
    /// It is late when older than so many seconds.
    pub late_after_seconds: Option<f64>,
    /// It is stale when older than so many seconds.
    pub stale_after_seconds: Option<f64>,
    /// At least this share of what is expected is there; from 0 to 1.
    pub completeness: Option<f64>,
    /// It is kept for so many seconds; `None` for ever.
    pub retention_seconds: Option<f64>,
}
