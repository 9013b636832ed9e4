//! How far somebody has come in each journal. As text it is a cursor:
//!
//! ```text
//! base64url( version: u8 = 1 │ kind: u8 = 'p' │ ( journal UUID: 16 bytes │ seq: i64 )… )
//! ```
//!
//! Integers are big-endian; journals are in the order of their UUIDs, each once. A journal that a cursor does not name
//! appeared after it was made, and is read from its start.

use std::collections::{BTreeMap, HashMap};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use entity::query::loaded::Position;
use uuid::Uuid;

use crate::graphql::error::ApiError;

const HEAD: [u8; 2] = [1, b'p'];
const PAIR: usize = 24;

/// How far somebody has come in each journal, by the journal's number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Positions(BTreeMap<i16, Place>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    journal: Uuid,
    seq: i64,
}

impl Positions {
    /// Where the loaders are.
    pub(crate) fn of(positions: &[Position]) -> Self {
        let place = |position: &Position| {
            (
                position.journal_id,
                Place {
                    journal: position.journal,
                    seq: position.seq,
                },
            )
        };
        Self(positions.iter().map(place).collect())
    }

    /// The position in a journal; 0 is before its first message.
    pub(crate) fn get(&self, journal_id: i16) -> i64 {
        self.0.get(&journal_id).map_or(0, |place| place.seq)
    }

    /// Goes on to `seq` in a journal that was taken up, never back.
    pub(crate) fn advance(&mut self, journal_id: i16, seq: i64) {
        if let Some(place) = self.0.get_mut(&journal_id) {
            place.seq = place.seq.max(seq);
        }
    }

    /// Takes up a journal that is new, before its first message.
    pub(crate) fn take_up(&mut self, position: &Position) {
        let place = Place {
            journal: position.journal,
            seq: 0,
        };
        self.0.entry(position.journal_id).or_insert(place);
    }

    /// Takes up the journals of `other` that are new, before their first message.
    pub(crate) fn take_up_all(&mut self, other: &Self) {
        for (journal_id, place) in &other.0 {
            self.0.entry(*journal_id).or_insert(Place { seq: 0, ..*place });
        }
    }

    /// Goes on to `other` in every journal, never back.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (journal_id, place) in &other.0 {
            let mine = self.0.entry(*journal_id).or_insert(Place { seq: 0, ..*place });
            mine.seq = mine.seq.max(place.seq);
        }
    }

    /// The first journal in which `other` is further, and how far it is there.
    pub(crate) fn next_behind(&self, other: &Self) -> Option<(i16, i64)> {
        let mut ahead = other.0.iter().map(|(journal_id, place)| (*journal_id, place.seq));
        ahead.find(|(journal_id, seq)| self.get(*journal_id) < *seq)
    }

    /// How many positions `other` is further, in all journals together.
    pub(crate) fn behind(&self, other: &Self) -> u64 {
        other
            .0
            .iter()
            .map(|(journal_id, place)| {
                place
                    .seq
                    .saturating_sub(self.get(*journal_id))
                    .max(0)
                    .cast_unsigned()
            })
            .fold(0, u64::saturating_add)
    }

    /// As text.
    pub(crate) fn cursor(&self) -> String {
        let mut pairs: Vec<_> = self.0.values().map(|place| (place.journal, place.seq)).collect();
        pairs.sort_unstable();
        let mut bytes = Vec::with_capacity(HEAD.len() + pairs.len() * PAIR);
        bytes.extend(HEAD);
        for (journal, seq) in pairs {
            bytes.extend(journal.as_bytes());
            bytes.extend(seq.to_be_bytes());
        }
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads a cursor, given in the argument `after`, of a database whose loaders are at `now`.
    pub(crate) fn read(cursor: &str, now: &[Position]) -> Result<Self, ApiError> {
        let refused = |message: &str| ApiError::InvalidArgument {
            argument: "after".to_owned(),
            message: message.to_owned(),
            accepted: "a cursor, unchanged, from an event of a subscription to this Fieldbook".to_owned(),
        };
        let pairs = parse(cursor).ok_or_else(|| refused("this is no cursor of a subscription"))?;
        let mut known: HashMap<Uuid, &Position> =
            now.iter().map(|position| (position.journal, position)).collect();
        let mut read = Self::default();
        for position in now {
            read.take_up(position);
        }
        for (journal, seq) in pairs {
            let position = known
                .remove(&journal)
                .ok_or_else(|| refused("this cursor names a journal that this database does not know"))?;
            if seq > position.seq {
                return Err(refused(
                    "this cursor is further than what is loaded: the database is an older copy, or another one",
                ));
            }
            read.advance(position.journal_id, seq);
        }
        Ok(read)
    }
}

fn parse(cursor: &str) -> Option<Vec<(Uuid, i64)>> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
    let (pairs, []) = bytes.strip_prefix(&HEAD)?.as_chunks::<PAIR>() else {
        return None;
    };
    let pair = |pair: &[u8; PAIR]| {
        let (journal, seq) = pair.split_first_chunk::<16>()?;
        let seq = i64::from_be_bytes(*seq.first_chunk()?);
        (seq >= 0).then_some((Uuid::from_bytes(*journal), seq))
    };
    let pairs: Vec<_> = pairs.iter().map(pair).collect::<Option<_>>()?;
    pairs.is_sorted_by(|a, b| a.0 < b.0).then_some(pairs)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn position(journal_id: i16, seq: i64) -> Position {
        Position {
            journal_id,
            journal: Uuid::from_u128(1_000 - u128::from(journal_id.cast_unsigned())),
            seq,
        }
    }

    #[test]
    fn a_journal_that_a_cursor_does_not_name_is_read_from_its_start() {
        let cursor = Positions::of(&[position(1, 5)]).cursor();
        let read = Positions::read(&cursor, &[position(1, 9), position(2, 7)]).unwrap();
        assert_eq!((read.get(1), read.get(2)), (5, 0));
        let now = Positions::of(&[position(1, 9), position(2, 7)]);
        assert_eq!(read.behind(&now), 11);
        assert_eq!(read.next_behind(&now), Some((1, 9)));
    }

    #[test]
    fn cursors_of_other_databases_are_refused() {
        let now = [position(1, 5)];
        for cursor in [
            Positions::of(&[position(1, 6)]).cursor(),
            Positions::of(&[position(2, 1)]).cursor(),
            String::new(),
            "%".to_owned(),
            "AAAA".to_owned(),
        ] {
            let refused = Positions::read(&cursor, &now);
            assert!(
                matches!(refused, Err(ApiError::InvalidArgument { .. })),
                "{cursor}"
            );
        }
    }

    proptest! {
        #[test]
        fn any_positions_come_back_and_any_damage_is_refused_or_another_cursor(
            seqs in prop::collection::vec(0..i64::MAX, 0..5), at: prop::sample::Index, byte: u8, cut: bool,
        ) {
            let now: Vec<_> = (1_i16..).zip(seqs).map(|(journal_id, seq)| position(journal_id, seq)).collect();
            let positions = Positions::of(&now);
            prop_assert_eq!(&Positions::read(&positions.cursor(), &now).unwrap(), &positions);
            let mut bytes = URL_SAFE_NO_PAD.decode(positions.cursor()).unwrap();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            if cut {
                bytes.truncate(at);
            }
            let text = URL_SAFE_NO_PAD.encode(bytes);
            if let Some(pairs) = parse(&text) {
                let now: Vec<_> = (1_i16..).zip(pairs)
                    .map(|(journal_id, (journal, seq))| Position { journal_id, journal, seq }).collect();
                prop_assert_eq!(Positions::read(&text, &now).unwrap().cursor(), text);
            }
        }
    }
}
