//! Sensors, which the database finds.

use std::sync::Arc;
use std::time::Duration;

use entity::query::sensors::Sensor;
use entity::query::sensors::search::{self, Term};
use entity::{DatabaseConnection, DbErr, Scope};

use super::likeness::{is_spelt, meant};
use super::rank::{Fit, Text, fits_somehow, rank};
use super::words::Question;
use super::{Hit, What, datasets};
use crate::at_hand::AtHand;

/// Words that somebody may have meant by one, at most.
const MEANT_MAX: usize = 8;

/// How long the words of all sensors are taken without another look. Only what is misspelt is looked for among them.
const MOMENT: Duration = Duration::from_secs(15);

/// Those in which each word of the question begins one, at most `limit`, the best of them.
pub(super) async fn find(
    db: &DatabaseConnection,
    scope: &Scope,
    question: &Question,
    limit: u32,
) -> Result<Vec<Hit>, DbErr> {
    let terms: Vec<Term> = question.words.iter().cloned().map(Term::Begins).collect();
    of_terms(db, scope, question, &terms, limit, Fit::AsWritten).await
}

/// Those that have words like the question's. What a word that nobody uses may have stood for is found among the words of
/// the sensors that the asker sees.
pub(super) async fn find_alike(
    db: &DatabaseConnection,
    vocabulary: &Vocabulary,
    scope: &Scope,
    question: &Question,
    limit: u32,
) -> Result<Vec<Hit>, DbErr> {
    if !question.words.iter().any(|word| is_spelt(word)) {
        return Ok(Vec::new());
    }
    let known = vocabulary.of(db, scope).await?;
    let mut terms = Vec::with_capacity(question.words.len());
    for word in &question.words {
        if !is_spelt(word) || known.iter().any(|known| known.starts_with(word)) {
            terms.push(Term::Begins(word.clone()));
            continue;
        }
        let meant = meant(word, &known, MEANT_MAX);
        if meant.is_empty() {
            return Ok(Vec::new());
        }
        terms.push(Term::OneOf(meant.into_iter().map(str::to_owned).collect()));
    }
    of_terms(db, scope, question, &terms, limit, Fit::Alike).await
}

async fn of_terms(
    db: &DatabaseConnection,
    scope: &Scope,
    question: &Question,
    terms: &[Term],
    limit: u32,
    fit: Fit,
) -> Result<Vec<Hit>, DbErr> {
    let found = search::find(db, scope, &question.text, terms, limit.into()).await?;
    let hits = found.into_iter().map(|sensor| {
        // The database may cut a text otherwise than we do, around rare signs: what it found is a hit all the same.
        let ranked = rank(question, &texts(&sensor), fit);
        let ranked = ranked.unwrap_or_else(|| fits_somehow(&sensor.name));
        datasets::hit(What::Sensor(Arc::new(sensor)), ranked)
    });
    Ok(hits.collect())
}

fn texts(sensor: &Sensor) -> Vec<Text<'_>> {
    let mut texts = vec![Text::name("name", &sensor.name)];
    texts.extend(sensor.kind.as_deref().map(|kind| Text::about("type", kind)));
    if let Some(unit) = &sensor.unit {
        let mapped = [&unit.symbol, &unit.ucum, &unit.quantity_kind]
            .into_iter()
            .flatten();
        let said = std::iter::once(&unit.declared).chain(mapped);
        texts.extend(said.map(|text| Text::about("unit", text)));
    }
    let labels = sensor.labels.iter();
    texts.extend(labels.map(|(key, value)| Text::about(format!("labels.{key}"), value)));
    let description = sensor.description.as_deref();
    texts.extend(description.map(|text| Text::about("description", text)));
    texts
}

/// The words of all sensors' descriptions.
#[derive(Debug)]
pub(crate) struct Vocabulary(AtHand<Vec<String>>);

impl Default for Vocabulary {
    fn default() -> Self {
        Self(AtHand::new(MOMENT))
    }
}

impl Vocabulary {
    /// The words of the sensors that an asker sees, and of no others.
    async fn of(&self, db: &DatabaseConnection, scope: &Scope) -> Result<Arc<Vec<String>>, DbErr> {
        match scope {
            Scope::Everything => self.0.get(search::words(db, scope)).await,
            Scope::Nothing | Scope::Sensors(_) => Ok(Arc::new(search::words(db, scope).await?)),
        }
    }
}
