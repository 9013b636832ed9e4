//! What stewards say, over the catalogue's file, and what they announce.
//!
//! ```text
//! [datasets.SLUG] of the file ◄── what stewards say, word for word ──► the dataset as everybody sees it
//! ```
//!
//! What a steward says is checked as the file is, together with what stands besides, and under the lock of
//! [`Stewarding`]; so of two who write at once the later one meets what the earlier one said. [`describe()`] has datasets and
//! their promises, [`announce()`] announcements, [`set_rules`] thresholds of quality.

mod announce;
mod describe;
mod rules;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::announcements::{self, KEPT_FOR};
use entity::{DatabaseConnection, DbErr};
use serde_json::Value as Json;

pub use entity::stewardship::{RulesOf, Steward, Stewarding};

pub use self::announce::{
    AnnouncementChange, End, NewAnnouncement, STANDING_MAX, announce, change_announcement,
    withdraw_announcement,
};
pub use self::describe::describe;
pub use self::rules::{NewRules, RuledSensor, RulesInForce, rules_in_force, set_rules};
use crate::annotations::{AnnotationsError, Note};
use crate::model::Announcement;
use crate::quality::BadRules;

/// Announcements of one dataset that are shown, at most.
const ANNOUNCEMENTS_SHOWN_MAX: u32 = 100;

/// What stewards say of a dataset.
#[derive(Debug, Clone, Default)]
pub struct Said {
    /// In place of what the file says.
    pub(crate) note: Note,
    /// Why what they say cannot be used.
    pub(crate) problem: Option<String>,
    /// What they announce.
    pub(crate) announcements: Vec<Announcement>,
}

/// What stewards say of every dataset.
#[derive(Debug, Default)]
pub(crate) struct Stewards {
    by_slug: HashMap<String, Said>,
    nothing: Said,
}

impl Stewards {
    /// As it is now.
    pub(crate) async fn read(db: &DatabaseConnection, now: DateTime<Utc>) -> Result<Self, DbErr> {
        let mut stewards = Self::default();
        for (slug, said) in entity::stewardship::said(db).await? {
            let of = stewards.by_slug.entry(slug).or_default();
            match note(said) {
                Ok(note) => of.note = note,
                Err(error) => of.problem = Some(error.to_string()),
            }
        }
        for announcement in announcements::since(db, now - KEPT_FOR, ANNOUNCEMENTS_SHOWN_MAX).await? {
            let of = stewards.by_slug.entry(announcement.dataset.clone()).or_default();
            of.announcements.push(announcement);
        }
        Ok(stewards)
    }

    /// What they say of one dataset.
    pub(crate) fn of(&self, slug: &str) -> &Said {
        self.by_slug.get(slug).unwrap_or(&self.nothing)
    }
}

fn note(said: Json) -> Result<Note, serde_json::Error> {
    serde_json::from_value(said)
}

/// Why what a steward says is not taken.
#[derive(Debug, thiserror::Error)]
pub enum StewardError {
    /// It makes no sense, by itself or with what stands besides.
    #[error(transparent)]
    Refused(#[from] AnnotationsError),
    /// Thresholds make no sense, by themselves or with those that hold besides; their places begin with `rules` where they
    /// are the new ones.
    #[error(transparent)]
    Rules(BadRules),
    /// There is no such announcement, or it was withdrawn.
    #[error("no announcement that stands has this id")]
    NoAnnouncement,
    /// So many stand already.
    #[error("{STANDING_MAX} announcements of this dataset stand already")]
    TooMany,
    /// What stewards said before cannot be read.
    #[error("read what stewards said before")]
    Read(#[source] serde_json::Error),
    /// The database does not take it.
    #[error("keep what a steward says")]
    Keep(#[source] DbErr),
}
