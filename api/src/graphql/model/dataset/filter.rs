//! Which datasets a question is about.

use async_graphql::InputObject;

use super::{Dataset, DatasetKind};

/// Which datasets; all that is given must hold, and an empty list matches none.
#[derive(Debug, Clone, Default, InputObject)]
pub(crate) struct DatasetFilter {
    /// One of these slugs.
    slugs: Option<Vec<String>>,
    /// Of one of these kinds.
    kinds: Option<Vec<DatasetKind>>,
    /// With these words somewhere in title, description, keywords or fields, in any case.
    text: Option<String>,
    /// Whose data is open to the asker (true), or not (false).
    open: Option<bool>,
    /// With something missing of its description (true), or nothing (false).
    problems: Option<bool>,
}

impl DatasetFilter {
    /// Whether a dataset is one of those.
    pub(crate) fn matches(&self, dataset: &Dataset) -> bool {
        let described = dataset.described();
        let says = |text: &String| {
            let text = text.to_lowercase();
            let has = |in_: &str| in_.to_lowercase().contains(&text);
            has(&described.title)
                || described.description.as_deref().is_some_and(has)
                || described.keywords.iter().any(|keyword| has(keyword))
                || described
                    .fields
                    .iter()
                    .any(|field| has(&field.name) || field.description.as_deref().is_some_and(has))
        };
        self.slugs
            .as_ref()
            .is_none_or(|slugs| slugs.contains(&described.slug))
            && self
                .kinds
                .as_ref()
                .is_none_or(|kinds| kinds.contains(&described.kind.into()))
            && self.text.as_ref().is_none_or(says)
            && self.open.is_none_or(|open| open == dataset.0.is_open)
            && self
                .problems
                .is_none_or(|any| any != described.problems.is_empty())
    }

    /// The text that is looked for.
    pub(crate) fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }
}
