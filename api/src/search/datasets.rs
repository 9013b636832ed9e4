//! Datasets and their fields, which are in memory.

use catalogue::model::{Field, FieldUnit};

use super::rank::{Fit, Ranked, Text, rank};
use super::words::Question;
use super::{Hit, What};
use crate::datasets::{Seen, SeenDataset};

/// Those that fit.
pub(super) fn find(seen: &Seen, question: &Question, fit: Fit) -> Vec<Hit> {
    let mut hits = Vec::new();
    for dataset in seen.datasets() {
        if let Some(ranked) = rank(question, &of_dataset(&dataset), fit) {
            hits.push(hit(What::Dataset(dataset.clone()), ranked));
        }
        for (place, field) in dataset.described().fields.iter().enumerate() {
            if let Some(ranked) = rank(question, &of_field(field), fit) {
                hits.push(hit(What::Field(dataset.clone(), place), ranked));
            }
        }
    }
    hits
}

pub(super) fn hit(what: What, ranked: Ranked) -> Hit {
    Hit {
        what,
        score: ranked.score,
        found_in: ranked.found_in,
        snippet: ranked.snippet,
    }
}

fn of_dataset(dataset: &SeenDataset) -> Vec<Text<'_>> {
    let described = dataset.described();
    let mut texts = vec![
        Text::name("title", &described.title),
        Text::name("slug", &described.slug),
        Text::name("name", &described.name),
    ];
    texts.extend(dataset.keywords().map(|keyword| Text::about("keywords", keyword)));
    texts.extend(
        described
            .description
            .as_deref()
            .map(|text| Text::about("description", text)),
    );
    texts
}

fn of_field(field: &Field) -> Vec<Text<'_>> {
    let mut texts = vec![Text::name("name", &field.name)];
    let graphql = field.graphql.as_ref();
    texts.extend(graphql.map(|graphql| Text::name("graphql", &graphql.name)));
    match &field.unit {
        FieldUnit::None | FieldUnit::OfSensor => {}
        FieldUnit::FromSensor(unit) | FieldUnit::Unmapped(unit) => texts.push(Text::about("unit", unit)),
        FieldUnit::Known {
            declared,
            ucum,
            quantity_kind,
            symbol,
            ..
        } => texts.extend([declared, *ucum, *quantity_kind, *symbol].map(|text| Text::about("unit", text))),
    }
    texts.extend(
        field
            .description
            .as_deref()
            .map(|text| Text::about("description", text)),
    );
    texts
}
