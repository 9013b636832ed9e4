//! Finding datasets, their fields and sensors by words.
//!
//! Datasets and fields are in memory, and so few that each is looked at. Sensors are found by the database, by an index over
//! their words, and come best first. Then all are ranked here, by one rule and on the same footing (docs/adr/0014):
//!
//! ```text
//! 1.0          the name is the text            score, between 0 and 1:
//! 0.8 to 0.9   the name begins with the text   the rank, and up to 0.1 more
//! 0.6 to 0.7   has each word                   for the share of the words
//! 0.4 to 0.5   has each word's beginning       that are in the name
//! below 0.4    has words like them
//! ```
//!
//! Words like them are looked for only where nothing has the words as they stand. What a typist may have meant is found among
//! the words that there are, by trigrams: `words` cuts texts into words, `likeness` compares them, `rank` ranks, `datasets`
//! and `sensors` say what is searched.

mod datasets;
mod likeness;
mod rank;
mod sensors;
mod words;

use std::sync::Arc;

use entity::DatabaseConnection;
use entity::query::sensors::Sensor;

use crate::access::Access;
use crate::ask::sensors::check_text;
use crate::datasets::{Seen, SeenDataset};
use crate::graphql::error::ApiError;
use crate::options::Limits;

use self::rank::Fit;
pub(crate) use self::rank::Part;
pub(crate) use self::sensors::Vocabulary;
use self::words::Question;

/// Hits of one answer, at most.
pub(crate) const HITS_MAX: u32 = 100;

/// Words of a text, at most.
const WORDS_MAX: usize = 16;

/// Something that was found.
#[derive(Debug, Clone)]
pub(crate) struct Hit {
    pub(crate) what: What,
    /// How good a hit it is, from 0 to 1.
    pub(crate) score: f64,
    /// Where the words were found, such as `description` or `labels.site`.
    pub(crate) found_in: String,
    /// The words and what is around them.
    pub(crate) snippet: Vec<Part>,
}

/// What was found.
#[derive(Debug, Clone)]
pub(crate) enum What {
    Dataset(SeenDataset),
    /// A field of a dataset, by its place.
    Field(SeenDataset, usize),
    Sensor(Arc<Sensor>),
}

impl What {
    /// Its name.
    pub(crate) fn title(&self) -> &str {
        match self {
            Self::Dataset(dataset) => &dataset.described().title,
            Self::Field(dataset, field) => {
                let field = dataset.described().fields.get(*field);
                field.map_or("", |field| &field.name)
            }
            Self::Sensor(sensor) => &sensor.name,
        }
    }

    /// Of two that are as good, datasets come first.
    fn order(&self) -> u8 {
        match self {
            Self::Dataset(_) => 0,
            Self::Field(..) => 1,
            Self::Sensor(_) => 2,
        }
    }
}

/// What has the words of `text` in it, of all that an asker may see, the best first.
pub(crate) async fn search(
    db: &DatabaseConnection,
    vocabulary: &Vocabulary,
    seen: &Seen,
    access: &Access,
    text: &str,
    first: u32,
    limits: &Limits,
) -> Result<Vec<Hit>, ApiError> {
    check_text("text", text, limits)?;
    let question = Question::of(text);
    if question.words.len() > WORDS_MAX {
        return Err(ApiError::InvalidArgument {
            argument: "text".to_owned(),
            message: format!("the text has {} words", question.words.len()),
            accepted: format!("a text of at most {WORDS_MAX} words"),
        });
    }
    if question.words.is_empty() {
        return Ok(Vec::new());
    }
    // Who may not see sensors is told of datasets.
    let scope = access.sensors().ok();
    let mut hits = datasets::find(seen, &question, Fit::AsWritten);
    if let Some(scope) = scope {
        hits.extend(sensors::find(db, scope, &question, first).await?);
    }
    if hits.is_empty() {
        hits = datasets::find(seen, &question, Fit::Alike);
        if let Some(scope) = scope {
            hits.extend(sensors::find_alike(db, vocabulary, scope, &question, first).await?);
        }
    }
    hits.sort_by(|one, other| {
        let order = one.score.total_cmp(&other.score).reverse();
        order
            .then_with(|| one.what.order().cmp(&other.what.order()))
            .then_with(|| one.what.title().cmp(other.what.title()))
    });
    hits.truncate(usize::try_from(first).unwrap_or(usize::MAX));
    Ok(hits)
}
