//! The file of what no machine can know: who answers for datasets, on which terms they may be used, what is promised.

mod check;
mod note;

use std::collections::BTreeMap;

use serde::Deserialize;

pub(crate) use self::check::{check_line, check_text, wrong};
pub(crate) use self::note::Note;
use self::note::PartyNote;
use crate::freshness::Thresholds;
use crate::model::{Dataset, Licence, Party, Problem, Promise, Stewardship};
use crate::quality::{BadRules, RuleSet};
use crate::stewardship::Said;

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
    /// Thresholds of quality.
    #[serde(default)]
    quality: RuleSet,
    /// What is said of the others.
    #[serde(skip)]
    nothing: Note,
}

/// Why what people say cannot be used: in a file, or as stewards.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnnotationsError {
    /// It is no TOML, lacks something, or has something unknown.
    #[error("{0}")]
    Toml(String),
    /// A value is out of its bounds.
    #[error("{key} is {value}, and must be {accepted}")]
    Value {
        /// Where it stands.
        key: String,
        /// What stands there.
        value: String,
        /// What could stand there.
        accepted: &'static str,
    },
    /// What is promised contradicts itself.
    #[error("what {at} promises, with what is said besides: {reason}")]
    Promise {
        /// Where it stands.
        at: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Thresholds of quality make no sense.
    #[error("thresholds under quality: {0}")]
    Quality(BadRules),
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
        read.quality.check().map_err(AnnotationsError::Quality)?;
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

    /// Checks what stewards say of a dataset, with what the file says besides; `at` says in errors where it stands.
    pub(crate) fn check_said(&self, at: &str, slug: &str, said: &Note) -> Result<(), AnnotationsError> {
        said.check(at)?;
        self.check_promise(at, &said.over(self.note(slug)))
    }

    /// What the file says of a dataset.
    fn note(&self, slug: &str) -> &Note {
        self.datasets.get(slug).unwrap_or(&self.nothing)
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

    /// The thresholds of quality that the file says.
    pub fn rules(&self) -> &RuleSet {
        &self.quality
    }

    /// The slugs of the datasets of which something is said.
    pub fn slugs(&self) -> impl Iterator<Item = &str> {
        self.datasets.keys().map(String::as_str)
    }

    /// Adds to a dataset what people said of it: stewards over the file, and the file over its defaults.
    pub fn annotate(&self, dataset: &mut Dataset, said: &Said) {
        let file = self.note(&dataset.slug);
        let mut note = said.note.over(file);
        // Each was sound beside what the file said then; the file may say something else by now.
        if let Err(error) = Thresholds::promised(&self.promise(&note)) {
            note.age_as(file);
            dataset.problems.push(Problem::Stewardship(error.to_string()));
        }
        dataset
            .problems
            .extend(said.problem.iter().cloned().map(Problem::Stewardship));
        dataset.announcements.clone_from(&said.announcements);
        let defaults = &self.defaults;
        let promise = self.promise(&note);
        if let Some(title) = note.title {
            dataset.title = title;
        }
        if let Some(description) = note.description {
            dataset.description = Some(description);
            dataset
                .problems
                .retain(|problem| *problem != Problem::NoDescription);
        }
        let keywords = defaults.keywords.iter().chain(&note.keywords).flatten();
        for keyword in keywords {
            if !dataset.keywords.contains(keyword) {
                dataset.keywords.push(keyword.clone());
            }
        }
        let party = |own: Option<PartyNote>, default: &Option<PartyNote>| {
            own.or_else(|| default.clone()).map(Party::from)
        };
        dataset.stewardship = Stewardship {
            owner: party(note.owner, &defaults.owner),
            contact: party(note.contact, &defaults.contact),
            licence: note
                .licence
                .or_else(|| defaults.licence.clone())
                .map(Licence::from),
            promise,
        };
        if dataset.stewardship.owner.is_none() {
            dataset.problems.push(Problem::NoOwner);
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
                "[quality.by_type.flow.spike]\nsuspect = 2\nfail = 1",
                "by_type.flow.spike.fail is 1, and must be at least spike.suspect, 2",
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
