//! Where something stands: in the payload, by JSON pointer, or in the topic.

use std::fmt;

use serde::Deserialize;

/// A JSON pointer (RFC 6901): the members and indexes on the way from a document's root.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Pointer(pub(super) Vec<String>);

/// A place in a message.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct Place(pub(super) Where);

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Where {
    /// In the reading's own part of the payload; in the payload, where it is not divided.
    Record(Pointer),
    /// In the whole payload.
    Message(Pointer),
    /// A level of the topic, from 1.
    Level(usize),
    /// The whole topic.
    Topic,
}

/// Why a text is no place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlaceError {
    /// It is none of what a place can be.
    #[error(
        "{0:?} is no place in a message: a JSON pointer such as \"/value\" is expected (\"\" is the whole payload), or \
         \"message:/time\", \"topic:2\" or \"topic\""
    )]
    Unknown(String),
    /// A pointer with an escape that RFC 6901 doesn't know.
    #[error("{0:?} is no JSON pointer: behind ~ stands 0, which means ~, or 1, which means / (RFC 6901)")]
    Escape(String),
    /// Topics have levels from 1 on.
    #[error("{0:?} is no level of a topic: levels are counted from 1, so a/b/c has topic:1 to topic:3")]
    Level(String),
}

impl Pointer {
    pub(super) fn parse(text: &str) -> Result<Self, PlaceError> {
        let Some(rest) = text.strip_prefix('/') else {
            return if text.is_empty() {
                Ok(Self(Vec::new()))
            } else {
                Err(PlaceError::Unknown(text.to_owned()))
            };
        };
        let tokens = rest.split('/').map(unescape).collect::<Option<_>>();
        tokens
            .map(Self)
            .ok_or_else(|| PlaceError::Escape(text.to_owned()))
    }
}

fn unescape(token: &str) -> Option<String> {
    let mut parts = token.split('~');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (escaped, rest) = match part.as_bytes().first() {
            Some(b'0') => ('~', &part[1..]),
            Some(b'1') => ('/', &part[1..]),
            _ => return None,
        };
        text.push(escaped);
        text.push_str(rest);
    }
    Some(text)
}

impl fmt::Display for Pointer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for token in &self.0 {
            write!(formatter, "/{}", token.replace('~', "~0").replace('/', "~1"))?;
        }
        Ok(())
    }
}

impl std::str::FromStr for Place {
    type Err = PlaceError;

    fn from_str(text: &str) -> Result<Self, PlaceError> {
        let place = if text == "topic" {
            Where::Topic
        } else if let Some(level) = text.strip_prefix("topic:") {
            let level = level.parse().ok().filter(|level| (1..=1000).contains(level));
            Where::Level(level.ok_or_else(|| PlaceError::Level(text.to_owned()))?)
        } else if let Some(pointer) = text.strip_prefix("message:") {
            Where::Message(Pointer::parse(pointer)?)
        } else {
            Where::Record(Pointer::parse(text)?)
        };
        Ok(Self(place))
    }
}

impl TryFrom<String> for Place {
    type Error = PlaceError;

    fn try_from(text: String) -> Result<Self, PlaceError> {
        text.parse()
    }
}

impl fmt::Display for Place {
    /// For the sentences of the quarantine.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Where::Record(Pointer(tokens)) | Where::Message(Pointer(tokens)) if tokens.is_empty() => {
                formatter.write_str("the payload")
            }
            Where::Record(pointer) => write!(formatter, "{pointer}"),
            Where::Message(pointer) => write!(formatter, "message:{pointer}"),
            Where::Level(level) => write!(formatter, "topic:{level}"),
            Where::Topic => formatter.write_str("the topic"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_pointers_of_the_rfc_are_read() {
        // RFC 6901, section 5.
        for (text, tokens) in [
            ("", vec![]),
            ("/foo", vec!["foo"]),
            ("/foo/0", vec!["foo", "0"]),
            ("/", vec![""]),
            ("/a~1b", vec!["a/b"]),
            ("/c%d", vec!["c%d"]),
            ("/ ", vec![" "]),
            ("/m~0n", vec!["m~n"]),
            ("/~01", vec!["~1"]),
        ] {
            assert_eq!(Pointer::parse(text).expect(text).0, tokens, "{text:?}");
        }
    }

    #[test]
    fn what_is_no_place_says_what_would_be_one() {
        for (text, part) in [
            ("value", "\"/value\""),
            ("/a~2", "RFC 6901"),
            ("/a~", "RFC 6901"),
            ("topic:0", "from 1"),
            ("topic:x", "from 1"),
            ("message:x", "JSON pointer"),
        ] {
            let error = text.parse::<Place>().expect_err(text).to_string();
            assert!(error.contains(part), "{error}");
        }
    }

    proptest! {
        #[test]
        fn any_pointer_comes_back(tokens in prop::collection::vec("\\PC{0,9}|[~/01]{0,5}", 0..5)) {
            let pointer = Pointer(tokens);
            prop_assert_eq!(Pointer::parse(&pointer.to_string()), Ok(pointer));
        }

        #[test]
        fn any_text_is_a_place_or_not(text in "(topic|message)?:?\\PC{0,9}") {
            let _ = text.parse::<Place>();
        }
    }
}
