//! The options of a question: everything behind the question mark, each known and given once.

use axum::http::Uri;
use chrono::{DateTime, Utc};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::filter::Expr;
use super::filter::parse;
use super::limits::ODataLimits;
use super::model::{EntitySet, Property};
use super::refusal::{absent, over, wrong};
use crate::graphql::error::ApiError;
use crate::http::Problem;
use crate::rest::parameters::Parameters;

/// The options that are known, with the dollar sign that OData 4.01 lets clients leave out.
const KNOWN: [&str; 8] = [
    "$select",
    "$filter",
    "$orderby",
    "$top",
    "$skip",
    "$skiptoken",
    "$count",
    "$format",
];

/// What OData has besides, and this service has not.
const ABSENT: [&str; 8] = [
    "$expand",
    "$apply",
    "$search",
    "$compute",
    "$levels",
    "$index",
    "$deltatoken",
    "$id",
];

/// Characters of an address that stand for themselves everywhere.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The options as they were written, under their names with the dollar sign.
#[derive(Debug, Clone)]
pub(crate) struct Written(Vec<(&'static str, String)>);

/// The options of a question about an entity set.
#[derive(Debug)]
pub(crate) struct Options {
    /// The properties to show, in the set's order; `None` for all.
    pub(crate) select: Option<Vec<&'static Property>>,
    pub(crate) filter: Option<Expr>,
    pub(crate) order: Vec<Key>,
    pub(crate) top: Option<u64>,
    pub(crate) skip: u64,
    pub(crate) token: Option<String>,
    pub(crate) count: bool,
}

/// One key of an order.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Key {
    pub(crate) property: &'static Property,
    pub(crate) descending: bool,
}

impl Written {
    /// Reads the options of an address.
    pub(crate) fn of(uri: &Uri, limits: &ODataLimits) -> Result<Self, Problem> {
        let bytes = uri.path_and_query().map_or(0, |all| all.as_str().len());
        if bytes > limits.url_bytes_max {
            let advice = "bytes of an address: shorten the filter, or ask in several questions";
            let refused = over("path", limits.url_bytes_max as u64, Some(bytes as u64), advice);
            return Err(refused.with_status(414));
        }
        let mut written: Vec<(&'static str, String)> = Vec::new();
        for (name, value) in Parameters::pairs(uri)? {
            let is_it = |each: &&&str| **each == name || each[1..] == name;
            if let Some(absent_one) = ABSENT.iter().find(is_it) {
                return Err(absent(absent_one, "this service does not have it", accepted()));
            }
            let Some(known) = KNOWN.iter().find(is_it) else {
                return Err(wrong(&name, "there is no such option", accepted()));
            };
            if written.iter().any(|(each, _)| each == known) {
                return Err(wrong(known, "it is given twice", accepted()));
            }
            written.push((known, value));
        }
        Ok(Self(written))
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(each, _)| *each == name)
            .map(|(_, value)| value.as_str())
    }

    /// Refuses options that make no sense here.
    pub(crate) fn only(&self, known: &[&str]) -> Result<(), Problem> {
        match self.0.iter().find(|(name, _)| !known.contains(name)) {
            Some((name, _)) => Err(wrong(
                name,
                "it has no meaning at this address",
                known.join(" and "),
            )),
            None => Ok(()),
        }
    }

    /// The same question with other pages, as the part of an address behind the question mark.
    pub(crate) fn with_pages(&self, pages: &[(&'static str, String)]) -> String {
        let kept = self
            .0
            .iter()
            .filter(|(name, _)| !matches!(*name, "$top" | "$skip" | "$skiptoken" | "$count"));
        let pairs: Vec<String> = kept
            .chain(pages)
            .map(|(name, value)| format!("{name}={}", escaped(value)))
            .collect();
        pairs.join("&")
    }

    /// Reads what they say about a set.
    pub(crate) fn read(
        &self,
        set: &'static EntitySet,
        now: DateTime<Utc>,
        limits: &ODataLimits,
    ) -> Result<Options, Problem> {
        let number = |name: &'static str| self.get(name).map(|text| number(name, text)).transpose();
        let skip = number("$skip")?.unwrap_or(0);
        if skip > limits.skip_max {
            let advice = "rows are not passed over without end: follow @odata.nextLink, or narrow $filter";
            return Err(over("$skip", limits.skip_max, Some(skip), advice));
        }
        let filter = self.get("$filter").filter(|text| !text.trim().is_empty());
        Ok(Options {
            select: self
                .get("$select")
                .map(|text| select(set, text))
                .transpose()?
                .flatten(),
            filter: filter
                .map(|text| parse::parse("$filter", text, set, now, limits))
                .transpose()?,
            order: self
                .get("$orderby")
                .map_or(Ok(Vec::new()), |text| order(set, text))?,
            top: number("$top")?,
            skip,
            token: self.get("$skiptoken").map(str::to_owned),
            count: self.get("$count").map_or(Ok(false), boolean)?,
        })
    }
}

/// A text within an address.
pub(crate) fn escaped(text: &str) -> String {
    utf8_percent_encode(text, ESCAPED).to_string()
}

fn accepted() -> String {
    format!("each of {} once", KNOWN.join(", "))
}

fn number(name: &'static str, text: &str) -> Result<u64, Problem> {
    text.trim().parse().map_err(|_| {
        wrong(
            name,
            format!("{text:?} is no number of rows"),
            "an integer from 0",
        )
    })
}

fn boolean(text: &str) -> Result<bool, Problem> {
    match text.trim() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(wrong(
            "$count",
            format!("{text:?} is neither true nor false"),
            "true or false",
        )),
    }
}

/// `None` for all of them.
fn select(set: &'static EntitySet, text: &str) -> Result<Option<Vec<&'static Property>>, Problem> {
    let mut names = Vec::new();
    for name in text.split(',').map(str::trim) {
        if name == "*" {
            return Ok(None);
        }
        // OData lets a name be qualified by its type.
        let name = name
            .strip_prefix(&format!("{}.{}/", super::model::NAMESPACE, set.entity))
            .unwrap_or(name);
        names.push(named(set, "$select", name)?.name);
    }
    let chosen = set
        .properties
        .iter()
        .filter(|property| names.contains(&property.name));
    Ok(Some(chosen.collect()))
}

fn order(set: &'static EntitySet, text: &str) -> Result<Vec<Key>, Problem> {
    let mut keys: Vec<Key> = Vec::new();
    for part in text.split(',') {
        let mut words = part.split_whitespace();
        let name = words.next().unwrap_or_default();
        if name.contains('(') {
            return Err(absent(
                "$orderby",
                format!("{name:?} is a function"),
                format!("properties of {}, each with asc or desc", set.name),
            ));
        }
        let property = named(set, "$orderby", name)?;
        let descending = match (words.next(), words.next()) {
            (None | Some("asc"), None) => false,
            (Some("desc"), None) => true,
            _ => {
                return Err(wrong(
                    "$orderby",
                    format!("{part:?} is no order"),
                    "a property with asc or desc, such as Time desc",
                ));
            }
        };
        if !set.sorts(property) {
            return Err(absent(
                "$orderby",
                format!("{} are not sorted by {name}", set.name),
                super::order::ACCEPTED,
            ));
        }
        if keys.iter().any(|key| key.property.is(property)) {
            return Err(wrong(
                "$orderby",
                format!("{name} is given twice"),
                "each property once",
            ));
        }
        keys.push(Key { property, descending });
    }
    Ok(keys)
}

fn named(set: &'static EntitySet, argument: &str, name: &str) -> Result<&'static Property, Problem> {
    set.property(name).ok_or_else(|| {
        let shown: String = name.chars().take(64).collect();
        let argument = argument.to_owned();
        Problem::new(ApiError::InvalidArgument {
            argument,
            message: format!("{shown:?} is no property of {}", set.name),
            accepted: format!("some of {}", set.names()),
        })
    })
}
