//! The rules of a contract: those that a validator can check in the database, and those that Fieldbook measures.

use std::fmt::Write as _;

use super::super::words;
use super::document::{Arguments, Rule};
use crate::model::{Dataset, Dimension, Field, Measured};

/// Rules about items as a whole.
pub(super) fn of_dataset(dataset: &Dataset) -> Vec<Rule> {
    let mut rules = Vec::new();
    let key: Vec<String> = dataset.key().map(|field| field.name.clone()).collect();
    if !key.is_empty() {
        rules.push(Rule {
            id: "key".to_owned(),
            kind: "library",
            metric: Some("duplicateValues"),
            arguments: Some(Arguments::Properties(key)),
            must_be: Some(0),
            dimension: "uniqueness",
            description: "No two items have the same key.".to_owned(),
            ..Rule::default()
        });
    }
    if let Some(share) = dataset
        .stewardship
        .promise
        .completeness
        .filter(|share| share.is_finite())
    {
        rules.push(Rule {
            id: "promised-completeness".to_owned(),
            kind: "text",
            dimension: "completeness",
            description: format!("Of what is expected, a share of {share} or more is there."),
            severity: Some("error"),
            ..Rule::default()
        });
    }
    rules.extend(dataset.quality.iter().enumerate().map(measured));
    rules
}

/// A rule that Fieldbook measures itself: how, and which figure is good enough.
fn measured((place, measured): (usize, &Measured)) -> Rule {
    let mut description = measured.formula.clone();
    for (bound, word) in [
        (measured.warn_below, "a warning"),
        (measured.fail_below, "a failure"),
    ] {
        if let Some(bound) = bound.filter(|bound| bound.is_finite()) {
            // Writing into a text does not fail.
            let _ = write!(description, " Below {bound} it is {word}.");
        }
    }
    Rule {
        id: format!("measured-{}-{}", measured.dimension.as_str(), place + 1),
        kind: "text",
        dimension: dimension(measured.dimension),
        description,
        ..Rule::default()
    }
}

/// Rules about the values of a field.
pub(super) fn of_field(dataset: &Dataset, field: &Field) -> Vec<Rule> {
    let mut rules = Vec::new();
    if words::is_flag(dataset, field) {
        let meanings = words::FLAGS.map(|(flag, word)| format!("{flag} {word}"));
        rules.push(Rule {
            id: "flags".to_owned(),
            kind: "library",
            metric: Some("invalidValues"),
            arguments: Some(Arguments::ValidValues(
                words::FLAGS.map(|(flag, _)| flag).to_vec(),
            )),
            must_be: Some(0),
            dimension: "conformity",
            description: format!("One of QARTOD's flags: {}.", meanings.join(", ")),
            ..Rule::default()
        });
    }
    let (min, max) = words::range(field.range);
    let outside = [
        min.map(|min| format!("{{property}} < {min}")),
        max.map(|max| format!("{{property}} > {max}")),
    ];
    let outside: Vec<String> = outside.into_iter().flatten().collect();
    if !outside.is_empty() {
        let query = format!("SELECT count(*) FROM {{object}} WHERE {}", outside.join(" OR "));
        rules.push(Rule {
            id: "range".to_owned(),
            kind: "sql",
            query: Some(query),
            must_be: Some(0),
            dimension: "conformity",
            description: "No value lies outside the bounds.".to_owned(),
            ..Rule::default()
        });
    }
    rules
}

/// A dimension in the words of the standard, which takes no others.
fn dimension(dimension: Dimension) -> &'static str {
    match dimension {
        Dimension::Completeness => "completeness",
        Dimension::Timeliness => "timeliness",
        Dimension::Validity | Dimension::Conformity => "conformity",
        Dimension::Uniqueness => "uniqueness",
        Dimension::Coverage => "coverage",
        Dimension::Plausibility => "accuracy",
        Dimension::Consistency => "consistency",
    }
}
