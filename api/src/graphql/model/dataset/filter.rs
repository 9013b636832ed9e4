//! Which datasets a list has, and how many have what.

use async_graphql::{Enum, InputObject, SimpleObject};
use catalogue::model::{Kind, Verdict};

use super::{Dataset, DatasetKind};
use crate::graphql::model::freshness::FreshnessStatus;

/// Which datasets; all that is given must hold, and an empty list matches none.
#[derive(Debug, Clone, Default, InputObject)]
pub(crate) struct DatasetFilter {
    /// One of these slugs.
    slugs: Option<Vec<String>>,
    /// Of one of these kinds.
    kinds: Option<Vec<DatasetKind>>,
    /// About one of these kinds of quantities, in the words of QUDT, such as `Temperature`.
    quantity_kinds: Option<Vec<String>>,
    /// With values in one of these units, as UCUM codes such as `Cel`.
    units: Option<Vec<String>>,
    /// As fresh as one of these.
    freshness: Option<Vec<FreshnessStatus>>,
    /// As good as one of these.
    quality: Option<Vec<DatasetQuality>>,
    /// Whose owner has one of these names.
    owners: Option<Vec<String>>,
    /// With these words somewhere in title, description, keywords or fields, in any case.
    text: Option<String>,
    /// Whose data is open to the asker (true), or not (false).
    open: Option<bool>,
    /// With something missing of its description (true), or nothing (false).
    problems: Option<bool>,
}

/// How good a dataset is: the worst of what is measured of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Verdict")]
pub(crate) enum DatasetQuality {
    /// Nothing is measured, or nothing that could be judged.
    NotApplicable,
    /// All is good.
    Pass,
    /// Something is below what was promised.
    Warn,
    /// Something is not to be relied on.
    Fail,
}

/// Something that datasets are told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Facet {
    Kinds,
    QuantityKinds,
    Units,
    Freshness,
    Quality,
    Owners,
}

impl Facet {
    /// What a dataset has of it, in the words of the filter.
    fn values(self, dataset: &Dataset) -> Vec<String> {
        let seen = dataset.seen_dataset();
        match self {
            Self::Kinds => vec![kind(seen.described().kind).to_owned()],
            Self::QuantityKinds => owned(seen.quantity_kinds()),
            Self::Units => owned(seen.units()),
            Self::Freshness => vec![seen.freshness().status.as_str().to_owned()],
            Self::Quality => vec![verdict(seen.verdict()).to_owned()],
            Self::Owners => owned(
                seen.described()
                    .stewardship
                    .owner
                    .iter()
                    .map(|owner| owner.name.as_str()),
            ),
        }
    }
}

fn owned<'a>(values: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    values.into_iter().map(str::to_owned).collect()
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Raw => "RAW",
        Kind::Readings => "READINGS",
        Kind::Rollup => "ROLLUP",
        Kind::Sensors => "SENSORS",
        Kind::Quarantine => "QUARANTINE",
        Kind::Table => "TABLE",
    }
}

fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::NotApplicable => "NOT_APPLICABLE",
        Verdict::Pass => "PASS",
        Verdict::Warn => "WARN",
        Verdict::Fail => "FAIL",
    }
}

impl DatasetFilter {
    /// Whether a dataset is one of those.
    pub(crate) fn matches(&self, dataset: &Dataset) -> bool {
        self.matches_but(dataset, None)
    }

    /// Whether it is, whatever it has of one facet.
    fn matches_but(&self, dataset: &Dataset, facet: Option<Facet>) -> bool {
        let seen = dataset.seen_dataset();
        let described = seen.described();
        let counts = |one| facet != Some(one);
        let has_one = |wanted: &Option<Vec<String>>, has: &[&str]| {
            wanted
                .as_ref()
                .is_none_or(|wanted| wanted.iter().any(|one| has.contains(&one.as_str())))
        };
        let owner = described.stewardship.owner.iter();
        let owner: Vec<&str> = owner.map(|owner| owner.name.as_str()).collect();
        has_one(&self.slugs, &[&described.slug])
            && (!counts(Facet::Kinds) || is_one(self.kinds.as_ref(), &described.kind.into()))
            && (!counts(Facet::QuantityKinds) || has_one(&self.quantity_kinds, &seen.quantity_kinds()))
            && (!counts(Facet::Units) || has_one(&self.units, &seen.units()))
            && (!counts(Facet::Freshness)
                || self.freshness.is_none()
                || is_one(self.freshness.as_ref(), &seen.freshness().status.into()))
            && (!counts(Facet::Quality) || is_one(self.quality.as_ref(), &seen.verdict().into()))
            && (!counts(Facet::Owners) || has_one(&self.owners, &owner))
            && self.text.as_deref().is_none_or(|text| says(dataset, text))
            && self.open.is_none_or(|open| open == seen.is_open)
            && self
                .problems
                .is_none_or(|any| any != described.problems.is_empty())
    }

    /// The text that is looked for.
    pub(crate) fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }
}

fn is_one<T: PartialEq>(wanted: Option<&Vec<T>>, is: &T) -> bool {
    wanted.is_none_or(|wanted| wanted.contains(is))
}

fn says(dataset: &Dataset, text: &str) -> bool {
    let text = text.to_lowercase();
    let has = |in_: &str| in_.to_lowercase().contains(&text);
    let seen = dataset.seen_dataset();
    let described = seen.described();
    has(&described.title)
        || described.description.as_deref().is_some_and(has)
        || seen.keywords().any(has)
        || described
            .fields
            .iter()
            .any(|field| has(&field.name) || field.description.as_deref().is_some_and(has))
}

/// How many datasets have what. Each facet counts those that match all of the filter but for what it says of that facet.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct DatasetFacets {
    /// By kind.
    kinds: Vec<FacetCount>,
    /// By the kind of quantity, in the words of QUDT.
    quantity_kinds: Vec<FacetCount>,
    /// By unit, as UCUM codes.
    units: Vec<FacetCount>,
    /// By freshness.
    freshness: Vec<FacetCount>,
    /// By quality.
    quality: Vec<FacetCount>,
    /// By the name of the owner.
    owners: Vec<FacetCount>,
}

/// How many datasets have a value.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub(crate) struct FacetCount {
    /// The value, as the filter takes it.
    value: String,
    /// How many datasets have it.
    count: u32,
    /// Whether the filter asks for it.
    selected: bool,
}

impl DatasetFacets {
    /// Of all datasets that an asker sees.
    pub(crate) fn of(all: &[Dataset], filter: &DatasetFilter) -> Self {
        let count = |facet| count(all, filter, facet);
        Self {
            kinds: count(Facet::Kinds),
            quantity_kinds: count(Facet::QuantityKinds),
            units: count(Facet::Units),
            freshness: count(Facet::Freshness),
            quality: count(Facet::Quality),
            owners: count(Facet::Owners),
        }
    }
}

/// The commonest first.
fn count(all: &[Dataset], filter: &DatasetFilter, facet: Facet) -> Vec<FacetCount> {
    let selected = filter.selected(facet);
    let mut counts: Vec<FacetCount> = Vec::new();
    for dataset in all
        .iter()
        .filter(|dataset| filter.matches_but(dataset, Some(facet)))
    {
        for value in facet.values(dataset) {
            match counts.iter_mut().find(|count| count.value == value) {
                Some(count) => count.count += 1,
                None => counts.push(FacetCount {
                    selected: selected.contains(&value),
                    value,
                    count: 1,
                }),
            }
        }
    }
    counts.sort_by(|one, other| {
        other
            .count
            .cmp(&one.count)
            .then_with(|| one.value.cmp(&other.value))
    });
    counts
}

impl DatasetFilter {
    /// What it asks for of a facet.
    fn selected(&self, facet: Facet) -> Vec<String> {
        let words = |words: &Option<Vec<String>>| words.clone().unwrap_or_default();
        match facet {
            Facet::Kinds => {
                let kinds = self.kinds.iter().flatten();
                kinds.map(|&one| kind(one.into()).to_owned()).collect()
            }
            Facet::QuantityKinds => words(&self.quantity_kinds),
            Facet::Units => words(&self.units),
            Facet::Freshness => {
                let statuses = self.freshness.iter().flatten();
                let statuses = statuses.map(|&one| catalogue::model::FreshnessStatus::from(one));
                statuses.map(|status| status.as_str().to_owned()).collect()
            }
            Facet::Quality => {
                let verdicts = self.quality.iter().flatten();
                verdicts.map(|&one| verdict(one.into()).to_owned()).collect()
            }
            Facet::Owners => words(&self.owners),
        }
    }
}
