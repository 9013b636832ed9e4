//! What a column says of each sensor.

use std::borrow::Cow;
use std::collections::HashMap;

use entity::query::sensors::Sensor;

use crate::ask::units::Shown;

/// What can be said of a sensor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::export) enum Saying {
    Name,
    Source,
    Type,
    /// That of the values.
    Unit,
    /// That of their integrals over time.
    IntegralUnit,
    /// Its public key.
    Id,
    Description,
    Lat,
    Lng,
    /// What its label with this key says.
    Label(String),
}

/// What one column says of each sensor.
#[derive(Debug)]
pub(in crate::export) struct SensorColumn {
    pub(in crate::export) cells: Cells,
    /// Whether it says nothing of some.
    pub(in crate::export) is_nullable: bool,
}

/// By the sensor's place.
#[derive(Debug)]
pub(in crate::export) enum Cells {
    Words {
        words: Vec<String>,
        /// The place of its word.
        of: Vec<Option<i32>>,
    },
    Numbers(Vec<Option<f64>>),
}

impl Saying {
    /// What it says in words.
    fn word<'a>(&self, sensor: &'a Sensor, shown: &'a Shown) -> Option<Cow<'a, str>> {
        let word = match self {
            Self::Name => Some(sensor.name.as_str()),
            Self::Source => Some(sensor.source.as_str()),
            Self::Type => sensor.kind.as_deref(),
            Self::Unit => shown.unit.as_deref(),
            Self::IntegralUnit => shown.integral_unit(),
            Self::Id => return Some(sensor.uuid.to_string().into()),
            Self::Description => sensor.description.as_deref(),
            Self::Label(key) => sensor.label(key),
            Self::Lat | Self::Lng => None,
        };
        word.map(Cow::from)
    }

    /// What it says in numbers.
    fn number(&self, sensor: &Sensor) -> Option<f64> {
        let place = sensor.location?;
        match self {
            Self::Lat => Some(place.lat),
            Self::Lng => Some(place.lng),
            _ => None,
        }
    }
}

/// A column while sensors are read.
pub(super) struct Building {
    saying: Saying,
    cells: Cells,
    known: HashMap<String, i32>,
}

impl Building {
    pub(super) fn new(saying: Saying) -> Self {
        let cells = match saying {
            Saying::Lat | Saying::Lng => Cells::Numbers(Vec::new()),
            _ => Cells::Words {
                words: Vec::new(),
                of: Vec::new(),
            },
        };
        Self {
            saying,
            cells,
            known: HashMap::new(),
        }
    }

    pub(super) fn push(&mut self, sensor: &Sensor, shown: &Shown) {
        match &mut self.cells {
            Cells::Words { words, of } => {
                let word = self.saying.word(sensor, shown);
                of.push(word.and_then(|word| place(words, &mut self.known, &word)));
            }
            Cells::Numbers(numbers) => numbers.push(self.saying.number(sensor)),
        }
    }

    pub(super) fn finish(self) -> SensorColumn {
        SensorColumn {
            cells: self.cells,
            // A sensor has a name, a source and an id; nothing else is sure.
            is_nullable: !matches!(self.saying, Saying::Name | Saying::Source | Saying::Id),
        }
    }
}

/// The place of a word, which gets one if it has none; there are fewer sensors than places.
fn place(words: &mut Vec<String>, known: &mut HashMap<String, i32>, word: &str) -> Option<i32> {
    if let Some(place) = known.get(word) {
        return Some(*place);
    }
    let place = i32::try_from(words.len()).ok()?;
    words.push(word.to_owned());
    known.insert(word.to_owned(), place);
    Some(place)
}
