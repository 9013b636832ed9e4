//! One pass over a payload, which keeps what the plan asks for. Texts are borrowed from the payload; what is not asked for
//! is passed over, however deep it is, and nothing is made of it.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::plan::{Node, Plan, Tree};
use crate::decode::rejection::{TEXT_CHARS, excerpt};

/// What stands at a place.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) enum Found<'a> {
    #[default]
    Missing,
    Null,
    Boolean(bool),
    Whole(i128),
    Float(f64),
    Text(Cow<'a, str>),
    Array,
    Object,
}

impl Found<'_> {
    /// In words that fit "the value at /a is …".
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Null => "null",
            Self::Boolean(_) => "a boolean",
            Self::Whole(_) | Self::Float(_) => "a number",
            Self::Text(_) => "text",
            Self::Array => "an array",
            Self::Object => "an object",
        }
    }
}

/// A finite number in a text, in any writing that Rust reads.
pub(super) fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|number: &f64| number.is_finite())
}

/// What was found in a payload.
#[derive(Debug)]
pub(super) struct Caught<'a> {
    /// By slots of the message.
    pub(super) message: Vec<Found<'a>>,
    pub(super) rows: Rows<'a>,
}

/// What was found in the array of readings.
#[derive(Debug, Default)]
pub(super) struct Rows<'a> {
    /// The slots of each, one after the other.
    pub(super) found: Vec<Found<'a>>,
    /// How many there are.
    pub(super) count: usize,
    /// What stands there.
    pub(super) seen: Seen,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Seen {
    #[default]
    Nothing,
    Array,
    /// With more elements than are taken.
    TooLong,
    Other(&'static str),
}

/// Walks through JSON; of the array of readings, `rows_max` at most are looked at.
pub(super) fn walk<'a>(plan: &Plan, text: &'a str, rows_max: usize) -> Result<Caught<'a>, serde_json::Error> {
    let mut message = vec![Found::Missing; plan.message.slots];
    let mut rows = Rows::default();
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let walker = Walker {
        tree: &plan.message,
        node: &plan.message.nodes[0],
        slots: &mut message,
        records: plan.records.as_ref().map(|(_, tree)| Records {
            tree,
            rows: &mut rows,
            max: rows_max,
        }),
    };
    walker.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(Caught { message, rows })
}

struct Walker<'w, 'a> {
    tree: &'w Tree,
    node: &'w Node,
    slots: &'w mut [Found<'a>],
    /// None within a record.
    records: Option<Records<'w, 'a>>,
}

struct Records<'w, 'a> {
    tree: &'w Tree,
    rows: &'w mut Rows<'a>,
    max: usize,
}

impl<'a> Walker<'_, 'a> {
    fn put(&mut self, found: Found<'a>) {
        if self.node.is_records
            && let Some(records) = &mut self.records
        {
            records.rows.seen = Seen::Other(found.kind());
        }
        if let Some(slot) = self.node.slot {
            self.slots[slot] = found;
        }
    }

    /// The walker of a member.
    fn enter(&mut self, node: usize) -> Walker<'_, 'a> {
        Walker {
            tree: self.tree,
            node: &self.tree.nodes[node],
            slots: &mut *self.slots,
            records: self.records.as_mut().map(|records| Records {
                tree: records.tree,
                rows: &mut *records.rows,
                max: records.max,
            }),
        }
    }
}

impl<'a> Records<'_, 'a> {
    fn walk<A: SeqAccess<'a>>(&mut self, elements: &mut A) -> Result<(), A::Error> {
        let Rows { found, count, seen } = &mut *self.rows;
        *seen = Seen::Array;
        while *count < self.max {
            let begin = found.len();
            found.resize(begin + self.tree.slots, Found::Missing);
            let walker = Walker {
                tree: self.tree,
                node: &self.tree.nodes[0],
                slots: &mut found[begin..],
                records: None,
            };
            if elements.next_element_seed(walker)?.is_none() {
                found.truncate(begin);
                return Ok(());
            }
            *count += 1;
        }
        while elements.next_element::<IgnoredAny>()?.is_some() {
            *seen = Seen::TooLong;
        }
        Ok(())
    }
}

impl<'a> DeserializeSeed<'a> for Walker<'_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'a> Visitor<'a> for Walker<'_, 'a> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E>(mut self) -> Result<(), E> {
        self.put(Found::Null);
        Ok(())
    }

    fn visit_bool<E>(mut self, value: bool) -> Result<(), E> {
        self.put(Found::Boolean(value));
        Ok(())
    }

    fn visit_i64<E>(mut self, value: i64) -> Result<(), E> {
        self.put(Found::Whole(value.into()));
        Ok(())
    }

    fn visit_u64<E>(mut self, value: u64) -> Result<(), E> {
        self.put(Found::Whole(value.into()));
        Ok(())
    }

    fn visit_f64<E>(mut self, value: f64) -> Result<(), E> {
        self.put(Found::Float(value));
        Ok(())
    }

    fn visit_borrowed_str<E>(mut self, value: &'a str) -> Result<(), E> {
        self.put(Found::Text(Cow::Borrowed(value)));
        Ok(())
    }

    fn visit_str<E>(mut self, value: &str) -> Result<(), E> {
        self.put(Found::Text(Cow::Owned(value.to_owned())));
        Ok(())
    }

    fn visit_map<A: MapAccess<'a>>(mut self, mut members: A) -> Result<(), A::Error> {
        self.put(Found::Object);
        // Which members were met, by their places in the node.
        let mut met = 0_u128;
        while let Some(place) = members.next_key_seed(PlaceIn(self.node))? {
            let Some(place) = place else {
                members.next_value::<IgnoredAny>()?;
                continue;
            };
            let member = &self.node.members[place];
            if met & (1 << place) != 0 {
                let name = excerpt(&member.name, TEXT_CHARS);
                return Err(A::Error::custom(format_args!(
                    "the member {name:?} is there twice"
                )));
            }
            met |= 1 << place;
            let node = member.node;
            members.next_value_seed(self.enter(node))?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'a>>(mut self, mut elements: A) -> Result<(), A::Error> {
        self.put(Found::Array);
        if self.node.is_records
            && let Some(records) = &mut self.records
        {
            return records.walk(&mut elements);
        }
        let mut index = 0;
        loop {
            let wanted = self
                .node
                .members
                .iter()
                .find(|member| member.index == Some(index))
                .map(|member| member.node);
            let element = match wanted {
                Some(node) => elements.next_element_seed(self.enter(node))?,
                None => elements.next_element::<IgnoredAny>()?.map(drop),
            };
            if element.is_none() {
                return Ok(());
            }
            index += 1;
        }
    }
}

/// Finds a member's place in a node, without keeping its name.
struct PlaceIn<'n>(&'n Node);

impl<'a> DeserializeSeed<'a> for PlaceIn<'_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Option<usize>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for PlaceIn<'_> {
    type Value = Option<usize>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a member's name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Option<usize>, E> {
        Ok(self.0.members.iter().position(|member| member.name == name))
    }
}
