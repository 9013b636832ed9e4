//! What people said of one dataset, in the file or as stewards: every word of it may be left out.

use serde::Deserialize;

use super::AnnotationsError;
use super::check::{check_address, check_email, check_keywords, check_line, check_text, wrong};
use crate::model::{Licence, Party};

/// Nothing is promised for longer than 100 years.
const SECONDS_MAX: f64 = 100.0 * 365.25 * 86_400.0;

/// What people said of a dataset.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Note {
    /// Another heading than its table's comment has.
    pub(super) title: Option<String>,
    /// Another description than its table's comment is.
    pub(super) description: Option<String>,
    /// More words to find it by.
    pub(super) keywords: Option<Vec<String>>,
    /// Who answers for it.
    pub(super) owner: Option<PartyNote>,
    /// Whom to ask.
    pub(super) contact: Option<PartyNote>,
    /// On which terms it may be used.
    pub(super) licence: Option<LicenceNote>,
    /// It is late when older than so many seconds.
    pub(super) late_after_seconds: Option<f64>,
    /// It is stale when older than so many seconds.
    pub(super) stale_after_seconds: Option<f64>,
    /// At least this share of what is expected is there; from 0 to 1.
    pub(super) completeness: Option<f64>,
    /// It is kept for so many seconds; for ever where nobody says.
    pub(super) retention_seconds: Option<f64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PartyNote {
    name: String,
    email: Option<String>,
    homepage: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LicenceNote {
    name: String,
    url: String,
}

impl Note {
    /// This, and what it does not say as in `general`.
    #[must_use]
    pub(super) fn over(&self, general: &Self) -> Self {
        let said = self.clone();
        Self {
            title: said.title.or_else(|| general.title.clone()),
            description: said.description.or_else(|| general.description.clone()),
            keywords: said.keywords.or_else(|| general.keywords.clone()),
            owner: said.owner.or_else(|| general.owner.clone()),
            contact: said.contact.or_else(|| general.contact.clone()),
            licence: said.licence.or_else(|| general.licence.clone()),
            late_after_seconds: said.late_after_seconds.or(general.late_after_seconds),
            stale_after_seconds: said.stale_after_seconds.or(general.stale_after_seconds),
            completeness: said.completeness.or(general.completeness),
            retention_seconds: said.retention_seconds.or(general.retention_seconds),
        }
    }

    /// Is late and stale when `other` is.
    pub(super) fn age_as(&mut self, other: &Self) {
        self.late_after_seconds = other.late_after_seconds;
        self.stale_after_seconds = other.stale_after_seconds;
    }

    pub(super) fn check(&self, at: &str) -> Result<(), AnnotationsError> {
        for (name, seconds) in [
            ("late_after_seconds", self.late_after_seconds),
            ("stale_after_seconds", self.stale_after_seconds),
            ("retention_seconds", self.retention_seconds),
        ] {
            let is_sound = |seconds: &f64| *seconds > 0.0 && *seconds <= SECONDS_MAX;
            if let Some(seconds) = seconds.filter(|seconds| !is_sound(seconds)) {
                let accepted = "a number of seconds above 0 and up to 3,155,760,000, which is 100 years";
                return Err(wrong(at, name, &seconds, accepted));
            }
        }
        if let Some(share) = self.completeness.filter(|share| !(0.0..=1.0).contains(share)) {
            return Err(wrong(
                at,
                "completeness",
                &share,
                "a share from 0 to 1, such as 0.99",
            ));
        }
        if let Some(title) = &self.title {
            check_line(at, "title", title)?;
        }
        if let Some(description) = &self.description {
            check_text(at, "description", description)?;
        }
        if let Some(keywords) = &self.keywords {
            check_keywords(at, keywords)?;
        }
        for (name, party) in [("owner", &self.owner), ("contact", &self.contact)] {
            if let Some(party) = party {
                party.check(&format!("{at}.{name}"))?;
            }
        }
        match &self.licence {
            Some(licence) => licence.check(&format!("{at}.licence")),
            None => Ok(()),
        }
    }
}

impl PartyNote {
    pub(super) fn check(&self, at: &str) -> Result<(), AnnotationsError> {
        check_line(at, "name", &self.name)?;
        check_email(at, self.email.as_deref())?;
        check_address(at, "homepage", self.homepage.as_deref())
    }
}

impl LicenceNote {
    fn check(&self, at: &str) -> Result<(), AnnotationsError> {
        check_line(at, "name", &self.name)?;
        check_address(at, "url", Some(&self.url))
    }
}

impl From<PartyNote> for Party {
    fn from(note: PartyNote) -> Self {
        Self {
            name: note.name,
            email: note.email,
            homepage: note.homepage,
        }
    }
}

impl From<LicenceNote> for Licence {
    fn from(note: LicenceNote) -> Self {
        Self {
            name: note.name,
            url: note.url,
        }
    }
}
