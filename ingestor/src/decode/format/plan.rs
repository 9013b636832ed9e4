//! A format, compiled: which members of a payload matter, and what is made of them.

use std::collections::BTreeMap;

use super::place::{Place, Pointer, Where};
use super::spec::{FormatSpec, PayloadKind, TimeSource, ValueSpec};
use super::template::{Piece, Template};
use super::{Message, TimeFormat};

/// Values of a message or a record at most; each is looked at in each of them.
const VALUES_MAX: usize = 100;
/// What is remembered of the members that were met in an object is as many bits.
const MEMBERS_MAX: usize = 128;
/// Levels below each other in a pointer at most.
const DEPTH_MAX: usize = 32;

/// Why a format can't be used, although each of its parts can.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// Nothing to read.
    #[error("values is empty: name at least one, such as values = [{{ at = \"/value\" }}]")]
    NoValue,
    /// More than is looked for.
    #[error("values has {0} entries, at most {VALUES_MAX} are read of a message")]
    Values(usize),
    /// A value of nobody.
    #[error(
        "the value at {0} has no sensor: give it one, or one for all of the message, such as sensor = \"{{topic:2}}\""
    )]
    NoSensor(String),
    /// Two values that would contradict each other.
    #[error(
        "the values at {0} and {1} have the same sensor: each needs a name of its own, such as sensor = \"{{/id}} temperature\""
    )]
    SameSensor(String, String),
    /// A pointer into what is no JSON.
    #[error("{0} points into a payload that is text: only the whole payload, \"\", can be read of it")]
    PointerIntoText(String),
    /// Readings that are no array.
    #[error("records needs payload = \"json\"")]
    RecordsOfText,
    /// One place, read in two ways.
    #[error("{0} lies within records: what belongs to a reading is named from there, without message:")]
    WithinRecords(String),
    /// A pointer too long.
    #[error("{0} has more than {DEPTH_MAX} levels")]
    Deep(String),
    /// More members of one object than are looked for.
    #[error("more than {MEMBERS_MAX} members of one object are read")]
    Wide,
    /// A number that can't be stored.
    #[error("the word {0:?} means no finite number")]
    Word(String),
}

/// A compiled format.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) payload: PayloadKind,
    /// What is read of the payload as a whole.
    pub(super) message: Tree,
    /// What is read of each element of the array of readings, and where that is.
    pub(super) records: Option<(Pointer, Tree)>,
    pub(super) time: Time,
    pub(super) values: Vec<Value>,
}

#[derive(Debug)]
pub(super) enum Time {
    Receipt,
    Said { said: Said, format: TimeFormat },
}

/// A value, and whose it is.
#[derive(Debug)]
pub(super) struct Value {
    pub(super) said: Said,
    pub(super) name: Vec<NamePiece>,
    pub(super) optional: bool,
    pub(super) booleans: bool,
    pub(super) text_numbers: bool,
    pub(super) words: BTreeMap<String, f64>,
}

#[derive(Debug)]
pub(super) enum NamePiece {
    Text(String),
    Said(Said),
}

/// Something that a message says.
#[derive(Debug)]
pub(super) struct Said {
    /// For sentences.
    pub(super) place: Place,
    pub(super) slot: Slot,
}

/// Where it is found when a message was walked.
#[derive(Debug, Clone, Copy)]
pub(super) enum Slot {
    /// Of the record.
    Record(usize),
    /// Of the whole payload.
    Message(usize),
    /// A level of the topic, from 1.
    Level(usize),
    /// The topic.
    Topic,
}

/// The members of a document that matter.
#[derive(Debug)]
pub(super) struct Tree {
    /// The first is the root.
    pub(super) nodes: Vec<Node>,
    /// How many values are kept.
    pub(super) slots: usize,
}

#[derive(Debug, Default)]
pub(super) struct Node {
    pub(super) members: Vec<Member>,
    /// Where the value here is kept.
    pub(super) slot: Option<usize>,
    /// The array of readings is here.
    pub(super) is_records: bool,
}

#[derive(Debug)]
pub(super) struct Member {
    pub(super) name: String,
    /// The name as an array's index.
    pub(super) index: Option<usize>,
    pub(super) node: usize,
}

impl Plan {
    pub(super) fn new(spec: &FormatSpec) -> Result<Self, FormatError> {
        check(spec)?;
        let mut compiler = Compiler {
            payload: spec.payload,
            message: Tree::new(),
            records: None,
        };
        if let Some(records) = &spec.records {
            let node = compiler.message.node(&records.0)?;
            compiler.message.nodes[node].is_records = true;
            compiler.records = Some((records.0.clone(), Tree::new()));
        }
        let time = match &spec.time {
            TimeSource::Receipt => Time::Receipt,
            TimeSource::Place(place) => Time::Said {
                said: compiler.said(place)?,
                format: spec.time_format,
            },
        };
        let values = spec
            .values
            .iter()
            .map(|value| compiler.value(value, spec.sensor.as_ref()))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            payload: compiler.payload,
            message: compiler.message,
            records: compiler.records,
            time,
            values,
        })
    }

    pub(super) fn is_timed_by_receipt(&self) -> bool {
        matches!(self.time, Time::Receipt)
    }

    /// Whether a message says one reading.
    pub(super) fn is_single(&self) -> bool {
        self.records.is_none() && self.values.len() == 1
    }
}

fn check(spec: &FormatSpec) -> Result<(), FormatError> {
    if spec.values.is_empty() {
        return Err(FormatError::NoValue);
    }
    if spec.values.len() > VALUES_MAX {
        return Err(FormatError::Values(spec.values.len()));
    }
    if spec.payload == PayloadKind::Text && spec.records.is_some() {
        return Err(FormatError::RecordsOfText);
    }
    for (index, value) in spec.values.iter().enumerate() {
        let sensor = value.sensor.as_ref().or(spec.sensor.as_ref());
        let Some(sensor) = sensor else {
            return Err(FormatError::NoSensor(value.at.to_string()));
        };
        let same = spec.values[..index]
            .iter()
            .find(|other| other.sensor.as_ref().or(spec.sensor.as_ref()) == Some(sensor));
        if let Some(other) = same {
            return Err(FormatError::SameSensor(
                other.at.to_string(),
                value.at.to_string(),
            ));
        }
        if let Some((word, _)) = value.words.iter().find(|(_, number)| !number.is_finite()) {
            return Err(FormatError::Word(word.clone()));
        }
    }
    Ok(())
}

struct Compiler {
    payload: PayloadKind,
    message: Tree,
    records: Option<(Pointer, Tree)>,
}

impl Compiler {
    fn value(&mut self, spec: &ValueSpec, of_all: Option<&Template>) -> Result<Value, FormatError> {
        let Some(template) = spec.sensor.as_ref().or(of_all) else {
            return Err(FormatError::NoSensor(spec.at.to_string()));
        };
        let name = template
            .0
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) => Ok(NamePiece::Text(text.clone())),
                Piece::Place(place) => Ok(NamePiece::Said(self.said(place)?)),
            })
            .collect::<Result<_, _>>()?;
        Ok(Value {
            said: self.said(&spec.at)?,
            name,
            optional: spec.optional,
            booleans: spec.booleans,
            // Of a text, or a level of a topic, nothing but a text can come.
            text_numbers: spec.text_numbers
                || self.payload == PayloadKind::Text
                || matches!(spec.at.0, Where::Level(_) | Where::Topic),
            words: spec.words.clone(),
        })
    }

    fn said(&mut self, place: &Place) -> Result<Said, FormatError> {
        let slot = match &place.0 {
            Where::Level(level) => Slot::Level(*level),
            Where::Topic => Slot::Topic,
            Where::Record(pointer) => match &mut self.records {
                Some((_, record)) => Slot::Record(record.slot(pointer)?),
                None => Slot::Message(self.of_message(pointer)?),
            },
            Where::Message(pointer) => Slot::Message(self.of_message(pointer)?),
        };
        Ok(Said {
            place: place.clone(),
            slot,
        })
    }

    fn of_message(&mut self, pointer: &Pointer) -> Result<usize, FormatError> {
        if self.payload == PayloadKind::Text && !pointer.0.is_empty() {
            return Err(FormatError::PointerIntoText(pointer.to_string()));
        }
        if let Some((records, _)) = &self.records
            && pointer.0.starts_with(&records.0)
        {
            return Err(FormatError::WithinRecords(format!("message:{pointer}")));
        }
        self.message.slot(pointer)
    }
}

impl Tree {
    fn new() -> Self {
        Self {
            nodes: vec![Node::default()],
            slots: 0,
        }
    }

    /// The slot of what stands at a pointer.
    fn slot(&mut self, pointer: &Pointer) -> Result<usize, FormatError> {
        let node = self.node(pointer)?;
        if let Some(slot) = self.nodes[node].slot {
            return Ok(slot);
        }
        let slot = self.slots;
        self.slots += 1;
        self.nodes[node].slot = Some(slot);
        Ok(slot)
    }

    fn node(&mut self, pointer: &Pointer) -> Result<usize, FormatError> {
        if pointer.0.len() > DEPTH_MAX {
            return Err(FormatError::Deep(pointer.to_string()));
        }
        let mut at = 0;
        for token in &pointer.0 {
            let known = self.nodes[at].members.iter().find(|member| member.name == *token);
            if let Some(member) = known {
                at = member.node;
                continue;
            }
            if self.nodes[at].members.len() == MEMBERS_MAX {
                return Err(FormatError::Wide);
            }
            let node = self.nodes.len();
            self.nodes.push(Node::default());
            self.nodes[at].members.push(Member {
                name: token.clone(),
                index: index(token),
                node,
            });
            at = node;
        }
        Ok(at)
    }
}

/// An index as RFC 6901 writes it: digits without leading zeros.
fn index(token: &str) -> Option<usize> {
    let is_index =
        token == "0" || (!token.starts_with('0') && token.bytes().all(|byte| byte.is_ascii_digit()));
    is_index.then(|| token.parse().ok()).flatten()
}

impl Said {
    /// The level of a topic, or all of it.
    pub(super) fn of_topic<'a>(&self, message: &Message<'a>) -> Option<&'a [u8]> {
        match self.slot {
            Slot::Topic => Some(message.topic),
            Slot::Level(level) => message.topic.split(|byte| *byte == b'/').nth(level - 1),
            Slot::Record(_) | Slot::Message(_) => None,
        }
    }
}
