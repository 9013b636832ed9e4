//! What an address below `/odata/v4/` names.

use axum::http::Uri;
use chrono::{DateTime, Utc};
use percent_encoding::percent_decode_str;

use super::filter::parse;
use super::filter::{Expr, Operator};
use super::limits::ODataLimits;
use super::model::{EntitySet, Property, SETS};
use super::refusal::{absent, wrong};
use crate::graphql::error::ApiError;
use crate::http::Problem;

/// Where the service is.
pub(crate) const ROOT: &str = "/odata/v4/";

/// What an address names.
#[derive(Debug)]
pub(crate) enum Resource {
    /// The service document.
    Service,
    Metadata,
    /// The rows of a set.
    Set(&'static EntitySet),
    /// How many they are.
    Count(&'static EntitySet),
    /// One row.
    Entity(&'static EntitySet, Expr),
    /// One value of a row.
    Property {
        set: &'static EntitySet,
        key: Expr,
        property: &'static Property,
        /// As bare text instead of JSON.
        raw: bool,
    },
}

impl Resource {
    /// Reads an address. Segments are told apart before they are decoded, so that a key may hold a slash.
    pub(crate) fn of(uri: &Uri, now: DateTime<Utc>, limits: &ODataLimits) -> Result<Self, Problem> {
        let path = uri.path().strip_prefix(ROOT).unwrap_or_default();
        let mut segments = Vec::new();
        for segment in path.trim_end_matches('/').split('/') {
            let Ok(segment) = percent_decode_str(segment).decode_utf8() else {
                return Err(ApiError::BadRequest {
                    message: "the address is not in UTF-8".to_owned(),
                }
                .into());
            };
            segments.push(segment.into_owned());
        }
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let (first, rest) = segments.split_first().unwrap_or((&"", &[]));
        match (*first, rest) {
            ("", []) => return Ok(Self::Service),
            ("$metadata", []) => return Ok(Self::Metadata),
            _ => {}
        }
        let (name, key) = match first.split_once('(') {
            Some((name, key)) => (
                name,
                key.strip_suffix(')').map(Some).ok_or_else(|| unknown(first))?,
            ),
            None => (*first, None),
        };
        let set = EntitySet::named(name).ok_or_else(|| unknown(first))?;
        // `Sensors()` is `Sensors`.
        let Some(key) = key.filter(|key| !key.trim().is_empty()) else {
            return match rest {
                [] => Ok(Self::Set(set)),
                ["$count"] => Ok(Self::Count(set)),
                [other, ..] => Err(within_set(set, other)),
            };
        };
        let key = read_key(set, key, now, limits)?;
        let (name, raw) = match rest {
            [] => return Ok(Self::Entity(set, key)),
            [name] => (*name, false),
            [name, "$value"] => (*name, true),
            [_, other, ..] => return Err(unknown(other)),
        };
        let property = set.property(name).ok_or_else(|| unknown(name))?;
        Ok(Self::Property {
            set,
            key,
            property,
            raw,
        })
    }
}

fn within_set(set: &EntitySet, segment: &str) -> Problem {
    if segment.starts_with('$') || segment.contains('.') {
        return absent(
            "path",
            format!("{segment:?} of {} is not supported", set.name),
            format!("{0}, {0}/$count or {0}(key)", set.name),
        );
    }
    unknown(segment)
}

fn unknown(segment: &str) -> Problem {
    let shown: String = segment.chars().take(64).collect();
    let sets: Vec<_> = SETS.iter().map(|set| set.name).collect();
    ApiError::NotFound {
        argument: "path",
        message: format!(
            "there is no {shown:?} here; there are {} and $metadata",
            sets.join(", ")
        ),
    }
    .into()
}

/// Reads what stands between the parentheses of a key, as the filter that it is.
fn read_key(
    set: &'static EntitySet,
    text: &str,
    now: DateTime<Utc>,
    limits: &ODataLimits,
) -> Result<Expr, Problem> {
    let accepted = || {
        let parts: Vec<String> = set
            .key_properties()
            .map(|property| format!("{}={}", property.name, property.edm.kind().example()))
            .collect();
        format!("{}({})", set.name, parts.join(","))
    };
    let wrong_key = |message: String| wrong("key", message, accepted());
    let mut given: Vec<(&'static Property, &str)> = Vec::new();
    for part in split(text) {
        let (property, value) = match part.split_once('=') {
            Some((name, value)) => {
                let name = name.trim();
                let property = set.key_properties().find(|property| property.name == name);
                (
                    property.ok_or_else(|| wrong_key(format!("{name:?} is no part of the key")))?,
                    value,
                )
            }
            // The only part of a key needs no name.
            None if set.keys.len() == 1 => (&set.properties[0], part),
            None => return Err(wrong_key(format!("{part:?} has no name"))),
        };
        if given.iter().any(|(each, _)| each.is(property)) {
            return Err(wrong_key(format!("{} is given twice", property.name)));
        }
        given.push((property, value));
    }
    let mut parts = Vec::new();
    for property in set.key_properties() {
        let Some((_, text)) = given.iter().find(|(each, _)| each.is(property)) else {
            return Err(wrong_key(format!("{} is missing", property.name)));
        };
        let value = parse::literal("key", text, property.edm.kind(), set, now, limits)?;
        parts.push(Expr::Compare(
            Operator::Eq,
            Box::new(Expr::Property(property)),
            Box::new(Expr::Literal(value)),
        ));
    }
    Ok(Expr::All(parts))
}

/// The parts between commas, of which those in quotes do not count.
fn split(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut begin, mut quoted) = (0, false);
    for (at, c) in text.char_indices() {
        match c {
            '\'' => quoted = !quoted,
            ',' if !quoted => {
                parts.push(&text[begin..at]);
                begin = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[begin..]);
    parts
}
