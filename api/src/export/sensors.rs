//! The sensors of an export: those that match when it begins, with what its rows say of them.
//!
//! They are kept as columns of words, each word once: a plant has many sensors but few sites, and the formats that know
//! dictionaries need all words before the first row.

use std::collections::HashMap;

use entity::query::PageRequest;
use entity::query::page::PageAt;
use entity::query::sensors::{self, Sensor, SensorFilter, SensorOrder};
use entity::{DatabaseConnection, Scope};

use crate::ask::units;
use crate::graphql::error::ApiError;
use crate::options::Limits;

/// Sensors that are read at once.
const PAGE: u64 = 10_000;

/// The columns that every export has of a sensor.
pub(super) const COLUMNS: [&str; 4] = ["sensor", "source", "type", "unit"];

/// The sensors of an export.
#[derive(Debug)]
pub(super) struct SensorTable {
    places: HashMap<i32, usize>,
    pub(super) columns: Vec<WordColumn>,
}

/// What one column says of each sensor.
#[derive(Debug)]
pub(super) struct WordColumn {
    pub(super) name: String,
    pub(super) words: Vec<String>,
    /// By the sensor's place: the place of its word.
    pub(super) of: Vec<Option<i32>>,
}

impl SensorTable {
    /// Those that match, with `labels` as further columns.
    pub(super) async fn read(
        db: &DatabaseConnection,
        scope: &Scope,
        filter: &SensorFilter,
        labels: &[String],
        limits: &Limits,
    ) -> Result<Self, ApiError> {
        let names = COLUMNS.into_iter().chain(labels.iter().map(String::as_str));
        let mut building: Vec<Building> = names.map(Building::new).collect();
        let mut places = HashMap::new();
        let mut after = None;
        loop {
            let request = PageRequest {
                limit: PAGE,
                at: PageAt::First(after),
            };
            let page = sensors::page(db, scope, filter, SensorOrder::NameAsc, &request).await?;
            for sensor in &page.rows {
                places.insert(sensor.id, places.len());
                for (at, column) in building.iter_mut().enumerate() {
                    column.push(word(sensor, at, labels));
                }
            }
            let max = limits.export_sensors_max;
            if places.len() as u64 > u64::from(max) {
                return Err(ApiError::LimitExceeded {
                    argument: None,
                    limit: max.into(),
                    asked: Some(sensors::count(db, scope, filter).await?),
                    advice: "one export is of that many sensors at most: choose some by sensor, source, type or label"
                        .to_owned(),
                });
            }
            after = page.rows.last().map(|sensor| sensor.key(SensorOrder::NameAsc));
            if !page.has_next {
                break;
            }
        }
        Ok(Self {
            places,
            columns: building.into_iter().map(|building| building.column).collect(),
        })
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// Their internal keys.
    pub(super) fn ids(&self) -> Vec<i32> {
        self.places.keys().copied().collect()
    }

    /// The place of a sensor; `None` when it was not there yet when the export began.
    pub(super) fn place(&self, id: i32) -> Option<usize> {
        self.places.get(&id).copied()
    }
}

impl WordColumn {
    /// What it says of the sensor at `place`.
    pub(super) fn text(&self, place: usize) -> Option<&str> {
        let word = usize::try_from(self.of[place]?).ok()?;
        self.words.get(word).map(String::as_str)
    }
}

/// What the column at `at` says of a sensor.
fn word<'a>(sensor: &'a Sensor, at: usize, labels: &[String]) -> Option<&'a str> {
    match at {
        0 => Some(&sensor.name),
        1 => Some(&sensor.source),
        2 => sensor.kind.as_deref(),
        3 => units::own(sensor),
        _ => sensor.label(labels.get(at - COLUMNS.len())?),
    }
}

/// A column while sensors are read.
struct Building {
    column: WordColumn,
    known: HashMap<String, i32>,
}

impl Building {
    fn new(name: &str) -> Self {
        Self {
            column: WordColumn {
                name: name.to_owned(),
                words: Vec::new(),
                of: Vec::new(),
            },
            known: HashMap::new(),
        }
    }

    fn push(&mut self, word: Option<&str>) {
        let place = word.and_then(|word| self.place(word));
        self.column.of.push(place);
    }

    /// The place of a word, which gets one if it has none; there are fewer sensors than places.
    fn place(&mut self, word: &str) -> Option<i32> {
        if let Some(place) = self.known.get(word) {
            return Some(*place);
        }
        let place = i32::try_from(self.column.words.len()).ok()?;
        self.column.words.push(word.to_owned());
        self.known.insert(word.to_owned(), place);
        Some(place)
    }
}
