//! The file of what no machine can know: who answers for datasets, on which terms they may be used, what is promised.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::freshness::Thresholds;
use crate::model::{Dataset, Licence, Party, Problem, Promise, Stewardship};

/// What Fieldbook begins with.
const START: &str = include_str!("../catalogue.toml");

/// What people said of the catalogue and its datasets. Unknown keys are refused, with their place.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Annotations {
    /// A heading for the catalogue.
    pub title: String,
    /// What it is a catalogue of, in a sentence or two.
    pub description: String,
    /// The language of its texts, as a tag of BCP 47.
    #[serde(default = "english")]
    pub language: String,
    /// Who publishes it.
    publisher: PartyNote,
    /// For every dataset that says nothing else.
    #[serde(default)]
    defaults: Note,
    /// By slug.
    #[serde(default)]
    datasets: BTreeMap<String, Note>,
}

/// What people said of a dataset.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Note {
    /// Another heading than its table's comment has.
    title: Option<String>,
    /// Another description than its table's comment is.
    description: Option<String>,
    /// More words to find it by.
    keywords: Vec<String>,
    /// Who answers for it.
    owner: Option<PartyNote>,
    /// Whom to ask.
    contact: Option<PartyNote>,
    /// On which terms it may be used.
    licence: Option<LicenceNote>,
    /// It is late when older than so many seconds.
    late_after_seconds: Option<f64>,
    /// It is stale when older than so many seconds.
    stale_after_seconds: Option<f64>,
    /// At least this share of what is expected is there; from 0 to 1.
    completeness: Option<f64>,
    /// It is kept for so many seconds; for ever where nobody says.
    retention_seconds: Option<f64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct PartyNote {
    name: String,
    email: Option<String>,
    homepage: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct LicenceNote {
    name: String,
    url: String,
}

/// Why a file of annotations cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnnotationsError {
    /// It is no TOML, lacks something, or has something unknown.
    #[error("read the catalogue's file: {0}")]
    Toml(String),
    /// A value is out of its bounds.
    #[error("read the catalogue's file: {key} is {value}, and must be {accepted}")]
    Value {
        /// Where it stands.
        key: String,
        /// What stands there.
        value: String,
        /// What could stand there.
        accepted: &'static str,
    },
    /// What is promised contradicts itself.
    #[error("read the catalogue's file: what {at} promises, with the defaults: {reason}")]
    Promise {
        /// Where it stands.
        at: String,
        /// What is wrong with it.
        reason: String,
    },
}

fn english() -> String {
    "en".to_owned()
}

impl Default for Annotations {
    fn default() -> Self {
        Self::parse(START).expect("a test reads the file that Fieldbook begins with")
    }
}

impl Annotations {
    /// Reads a file's text.
    pub fn parse(text: &str) -> Result<Self, AnnotationsError> {
        let read: Self = toml::from_str(text).map_err(|error| AnnotationsError::Toml(error.to_string()))?;
        read.publisher.check("publisher")?;
        read.defaults.check("defaults")?;
        read.check_promise("defaults", &read.defaults)?;
        for (slug, note) in &read.datasets {
            let at = format!("datasets.{slug}");
            note.check(&at)?;
            read.check_promise(&at, note)?;
        }
        Ok(read)
    }

    /// What is promised of a dataset of which this is said may say one half, and the defaults the other.
    fn check_promise(&self, at: &str, note: &Note) -> Result<(), AnnotationsError> {
        let promised = Thresholds::promised(&self.promise(note));
        promised.map(drop).map_err(|error| AnnotationsError::Promise {
            at: at.to_owned(),
            reason: error.to_string(),
        })
    }

    fn promise(&self, note: &Note) -> Promise {
        let defaults = &self.defaults;
        Promise {
            late_after_seconds: note.late_after_seconds.or(defaults.late_after_seconds),
            stale_after_seconds: note.stale_after_seconds.or(defaults.stale_after_seconds),
            completeness: note.completeness.or(defaults.completeness),
            retention_seconds: note.retention_seconds.or(defaults.retention_seconds),
        }
    }

    /// Who publishes the catalogue.
    pub fn publisher(&self) -> Party {
        self.publisher.clone().into()
    }

    /// The slugs of the datasets of which something is said.
    pub fn slugs(&self) -> impl Iterator<Item = &str> {
        self.datasets.keys().map(String::as_str)
    }

    /// Adds to a dataset what people said of it.
    pub fn annotate(&self, dataset: &mut Dataset) {
        let nothing = Note::default();
        let note = self.datasets.get(&dataset.slug).unwrap_or(&nothing);
        let defaults = &self.defaults;
        if let Some(title) = &note.title {
            dataset.title.clone_from(title);
        }
        if let Some(description) = &note.description {
            dataset.description = Some(description.clone());
            dataset
                .problems
                .retain(|problem| *problem != Problem::NoDescription);
        }
        for keyword in defaults.keywords.iter().chain(&note.keywords) {
            if !dataset.keywords.contains(keyword) {
                dataset.keywords.push(keyword.clone());
            }
        }
        dataset.stewardship = Stewardship {
            owner: note
                .owner
                .clone()
                .or_else(|| defaults.owner.clone())
                .map(Party::from),
            contact: note
                .contact
                .clone()
                .or_else(|| defaults.contact.clone())
                .map(Party::from),
            licence: note
                .licence
                .clone()
                .or_else(|| defaults.licence.clone())
                .map(Licence::from),
            promise: self.promise(note),
        };
        if dataset.stewardship.owner.is_none() {
            dataset.problems.push(Problem::NoOwner);
        }
    }
}

impl Note {
    fn check(&self, at: &str) -> Result<(), AnnotationsError> {
        for (name, seconds) in [
            ("late_after_seconds", self.late_after_seconds),
            ("stale_after_seconds", self.stale_after_seconds),
            ("retention_seconds", self.retention_seconds),
        ] {
            if let Some(seconds) = seconds.filter(|seconds| !(seconds.is_finite() && *seconds > 0.0)) {
                return Err(wrong(at, name, &seconds, "a number of seconds above 0"));
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
        for (name, party) in [("owner", &self.owner), ("contact", &self.contact)] {
            if let Some(party) = party {
                party.check(&format!("{at}.{name}"))?;
            }
        }
        match &self.licence {
            Some(licence) => check_address(&format!("{at}.licence"), "url", Some(&licence.url)),
            None => Ok(()),
        }
    }
}

impl PartyNote {
    fn check(&self, at: &str) -> Result<(), AnnotationsError> {
        if self.name.trim().is_empty() {
            return Err(wrong(at, "name", &"empty", "a name"));
        }
        if let Some(email) = self.email.as_ref().filter(|email| !is_email(email)) {
            return Err(wrong(at, "email", email, "an address such as data@example.com"));
        }
        check_address(at, "homepage", self.homepage.as_deref())
    }
}

fn is_email(text: &str) -> bool {
    let is_plain =
        |part: &str| !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || "<>\"".contains(c));
    text.split_once('@')
        .is_some_and(|(name, host)| is_plain(name) && is_plain(host) && !host.contains('@'))
}

fn check_address(at: &str, name: &str, address: Option<&str>) -> Result<(), AnnotationsError> {
    let is_good = |address: &&str| {
        let url = url::Url::parse(address);
        url.is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.host().is_some())
    };
    match address.filter(|address| !is_good(address)) {
        Some(address) => Err(wrong(
            at,
            name,
            &address,
            "an address that begins with https:// or http://",
        )),
        None => Ok(()),
    }
}

fn wrong(at: &str, name: &str, value: &impl std::fmt::Display, accepted: &'static str) -> AnnotationsError {
    AnnotationsError::Value {
        key: format!("{at}.{name}"),
        value: value.to_string(),
        accepted,
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

#[cfg(test)]
mod tests {
    use super::*;

    const LEAST: &str = "title = \"T\"\ndescription = \"D\"\n[publisher]\nname = \"P\"\n";

    #[test]
    fn the_file_that_fieldbook_begins_with_is_read() {
        let start = Annotations::parse(START).unwrap();
        assert_eq!(
            (start.title.as_str(), start.language.as_str()),
            ("Fieldbook", "en")
        );
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place_and_what_would_be_right() {
        assert!(Annotations::parse(LEAST).is_ok());
        for (more, expected) in [
            ("[datasets.a]\nownr = { name = \"x\" }", "unknown field `ownr`"),
            (
                "[datasets.a]\ncompleteness = 99",
                "datasets.a.completeness is 99, and must be a share from 0 to 1",
            ),
            (
                "[defaults]\nlate_after_seconds = 0",
                "defaults.late_after_seconds is 0",
            ),
            (
                "[datasets.a]\nlate_after_seconds = 9\nstale_after_seconds = 3",
                "stale_after_seconds (3) is less than late_after_seconds (9)",
            ),
            (
                "[defaults]\nlate_after_seconds = 9\n[datasets.a]\nstale_after_seconds = 3",
                "what datasets.a promises",
            ),
            (
                "[datasets.a]\nowner = { name = \" \" }",
                "datasets.a.owner.name is empty",
            ),
            (
                "[datasets.a]\ncontact = { name = \"x\", email = \"not an address\" }",
                "datasets.a.contact.email is not an address",
            ),
            (
                "[datasets.a]\nlicence = { name = \"x\", url = \"javascript:alert(1)\" }",
                "datasets.a.licence.url",
            ),
        ] {
            let error = Annotations::parse(&format!("{LEAST}{more}"))
                .unwrap_err()
                .to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
