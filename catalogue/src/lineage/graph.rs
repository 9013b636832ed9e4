//! The way from the broker to the API, drawn from what datasets say that they are made of, with what was counted.

use chrono::{DateTime, Utc};
use entity::lineage::Journal;

use super::{Counted, CountedReadings, balance};
use crate::model::lineage::id_of;
use crate::model::{Became, Carried, Dataset, Item, Kind, Lineage, LineageEdge, LineageNode, Part};

/// The way that everything takes through these datasets. Without counts, as before the first of them, nothing is counted.
pub fn draw(datasets: &[Dataset], counted: Option<&Counted>, now: DateTime<Utc>) -> Lineage {
    let of_datasets = datasets.iter().map(|dataset| LineageNode::Dataset {
        slug: dataset.slug.clone(),
        title: dataset.title.clone(),
    });
    let mut nodes = vec![LineageNode::Broker, LineageNode::Journal];
    nodes.extend(of_datasets);
    nodes.push(LineageNode::Api);
    let sums = counted.map(Sums::of);
    let edge = |from: String, to: String, carried: Option<Carried>| LineageEdge { from, to, carried };
    let (broker, journal, api) = (
        LineageNode::Broker.id(),
        LineageNode::Journal.id(),
        LineageNode::Api.id(),
    );
    let mut edges = vec![edge(broker, journal.clone(), sums.as_ref().map(Sums::received))];
    for dataset in datasets.iter().filter(|dataset| dataset.kind == Kind::Raw) {
        let archived = sums.as_ref().map(Sums::archived);
        edges.push(edge(journal.clone(), id_of(&dataset.slug), archived));
    }
    for source in datasets {
        let made_of_it = datasets
            .iter()
            .filter(|dataset| dataset.derived_from.contains(&source.slug));
        for dataset in made_of_it {
            let carried = sums.as_ref().and_then(|sums| sums.between(source, dataset));
            edges.push(edge(id_of(&source.slug), id_of(&dataset.slug), carried));
        }
        if !source.distributions.is_empty() {
            let carried = sums.as_ref().and_then(|sums| sums.answered(source));
            edges.push(edge(id_of(&source.slug), api.clone(), carried));
        }
    }
    Lineage {
        nodes,
        edges,
        computed_at: now,
    }
}

/// What all journals amount to together.
struct Sums<'a> {
    counted: &'a Counted,
    received: u64,
    archived: u64,
    skipped: u64,
    waiting: u64,
    overdue: u64,
    astray: u64,
    not_loaded: u64,
    decoded: u64,
    new: u64,
    duplicate: u64,
    conflicting: u64,
    refused: u64,
    lists: u64,
    readings: Option<CountedReadings>,
}

impl<'a> Sums<'a> {
    fn of(counted: &'a Counted) -> Self {
        let sum = |of: &dyn Fn(&Journal) -> i64| -> u64 {
            let journals = counted.messages.journals.iter();
            journals
                .map(|journal| of(journal).max(0))
                .sum::<i64>()
                .unsigned_abs()
        };
        Self {
            counted,
            received: sum(&Journal::received),
            archived: sum(&|journal| journal.archived),
            skipped: sum(&Journal::skipped),
            waiting: sum(&Journal::waiting),
            overdue: sum(&|journal| counted.overdue(journal).map_or(0, |_| journal.waiting())),
            astray: sum(&|journal| journal.astray),
            not_loaded: sum(&|journal| journal.archived_seq - journal.loaded_seq),
            decoded: sum(&|journal| journal.decoded),
            new: sum(&|journal| journal.readings_new),
            duplicate: sum(&|journal| journal.readings_duplicate),
            conflicting: sum(&|journal| journal.readings_conflicting),
            refused: sum(&|journal| journal.readings_refused),
            lists: counted.messages.lists.unsigned_abs(),
            readings: counted.readings,
        }
    }

    fn counted(&self, item: Item, records: u64) -> Carried {
        Carried {
            item,
            records,
            parts: Vec::new(),
            waiting: 0,
            difference: None,
            detail: None,
            counted_at: self.counted.messages_at,
        }
    }

    /// A broker says nothing of what it had; what was received is known by the journal's positions.
    fn received(&self) -> Carried {
        self.counted(Item::Messages, self.received)
    }

    fn archived(&self) -> Carried {
        let details = [
            (self.skipped > 0)
                .then(|| format!("{} messages between those on S3 are not there.", self.skipped)),
            (self.overdue > 0).then(|| format!("{} messages should have been on S3 long ago.", self.overdue)),
        ];
        Carried {
            waiting: self.waiting,
            difference: self.judged(self.skipped + self.overdue),
            detail: sentences(details),
            ..self.counted(Item::Messages, self.archived)
        }
    }

    /// Nothing is held against anything where no loader has ever written.
    fn judged(&self, difference: u64) -> Option<u64> {
        self.counted.is_loaded().then_some(difference)
    }

    fn between(&self, source: &Dataset, dataset: &Dataset) -> Option<Carried> {
        match (source.kind, dataset.kind) {
            (Kind::Raw, Kind::Readings) => Some(self.stored()),
            (Kind::Raw, Kind::Sensors) => Some(self.counted(Item::SensorLists, self.lists)),
            (Kind::Raw, Kind::Quarantine) if dataset.name == "reading_conflict" => {
                let parts = parts([(Became::Conflicting, self.conflicting)]);
                Some(Carried {
                    parts,
                    ..self.counted(Item::Readings, self.conflicting)
                })
            }
            (Kind::Raw, Kind::Quarantine) => self.set_aside(),
            (_, Kind::Rollup) => self.rolled_up(dataset),
            _ => None,
        }
    }

    fn stored(&self) -> Carried {
        let readings = self.new + self.duplicate + self.conflicting + self.refused;
        let expected = self.decoded.saturating_sub(self.lists);
        let unstored = expected.saturating_sub(readings);
        let details = [
            (self.astray > 0).then(|| {
                format!(
                    "By {} messages, what is on S3 and what was loaded differ.",
                    self.astray
                )
            }),
            (unstored > 0).then(|| format!("{unstored} readings are neither stored nor set aside.")),
        ];
        Carried {
            parts: parts([(Became::New, self.new), (Became::Duplicate, self.duplicate)]),
            waiting: self.not_loaded,
            difference: self.judged(self.astray + unstored),
            detail: sentences(details),
            ..self.counted(Item::Readings, self.new + self.duplicate)
        }
    }

    fn set_aside(&self) -> Option<Carried> {
        let CountedReadings { sums, at, .. } = self.readings?;
        let (quarantined, refused) = (sums.quarantined.unsigned_abs(), sums.refused.unsigned_abs());
        let records = quarantined + refused;
        let kept = sums.kept_aside.unsigned_abs();
        let difference = records.abs_diff(kept);
        Some(Carried {
            parts: parts([(Became::Quarantined, quarantined), (Became::Refused, refused)]),
            difference: self.judged(difference),
            detail: (difference > 0).then(|| format!("{records} were set aside, and {kept} lie there.")),
            counted_at: at,
            ..self.counted(Item::Messages, records)
        })
    }

    /// Readings that a rollup's buckets were made from. One equation holds for all rollups: what was stored is counted once,
    /// in the coarsest bucket that is computed; which of them is wrong it does not say.
    fn rolled_up(&self, dataset: &Dataset) -> Option<Carried> {
        let CountedReadings { sums, at, .. } = self.readings?;
        let computed = computed(dataset, &sums)?;
        let waiting = match dataset.name.as_str() {
            "reading_1m" => sums.in_none,
            "reading_1h" => sums.in_minutes,
            _ => sums.in_hours,
        };
        Some(Carried {
            waiting: waiting.max(0).unsigned_abs(),
            difference: self.judged(sums.stored.abs_diff(sums.counted())),
            detail: balance::uncounted(&sums).filter(|_| self.counted.is_loaded()),
            counted_at: at,
            ..self.counted(Item::Readings, computed)
        })
    }

    /// What the API has to answer from. It copies nothing, so there is nothing to balance.
    fn answered(&self, dataset: &Dataset) -> Option<Carried> {
        let CountedReadings { sums, at, .. } = self.readings?;
        let records = match dataset.kind {
            Kind::Readings => sums.counted().max(0).unsigned_abs(),
            Kind::Rollup => computed(dataset, &sums)?,
            Kind::Raw | Kind::Sensors | Kind::Quarantine | Kind::Table => return None,
        };
        Some(Carried {
            counted_at: at,
            ..self.counted(Item::Readings, records)
        })
    }
}

/// Readings in the buckets of a rollup. What is computed coarser was computed finer before.
fn computed(rollup: &Dataset, sums: &entity::lineage::Readings) -> Option<u64> {
    let computed = match rollup.name.as_str() {
        "reading_1m" => sums.in_days + sums.in_hours + sums.in_minutes,
        "reading_1h" => sums.in_days + sums.in_hours,
        "reading_1d" => sums.in_days,
        // Somebody else's.
        _ => return None,
    };
    Some(computed.max(0).unsigned_abs())
}

fn sentences<const N: usize>(sentences: [Option<String>; N]) -> Option<String> {
    let sentences: Vec<String> = sentences.into_iter().flatten().collect();
    (!sentences.is_empty()).then(|| sentences.join(" "))
}

fn parts<const N: usize>(parts: [(Became, u64); N]) -> Vec<Part> {
    parts
        .into_iter()
        .map(|(became, records)| Part { became, records })
        .collect()
}
