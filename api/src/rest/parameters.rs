//! Parameters of an address, of which each is known and given once.

use axum::extract::Query;
use axum::http::Uri;
use chrono::{DateTime, Utc};

use crate::ask::time;
use crate::graphql::error::ApiError;

/// The parameters of an address.
#[derive(Debug)]
pub(crate) struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Reads those of `uri`; only `known` ones are accepted, so that a misspelt one does not go unnoticed.
    pub(crate) fn of(uri: &Uri, known: &[&str]) -> Result<Self, ApiError> {
        let pairs = Self::pairs(uri)?;
        for (at, (name, _)) in pairs.iter().enumerate() {
            let problem = if !known.contains(&name.as_str()) {
                "there is no such parameter"
            } else if pairs[..at].iter().any(|(other, _)| other == name) {
                "it is given twice"
            } else {
                continue;
            };
            return Err(ApiError::InvalidArgument {
                argument: name.clone(),
                message: problem.to_owned(),
                accepted: format!("each of {} once", known.join(", ")),
            });
        }
        Ok(Self(pairs))
    }

    /// Names and values as they stand in an address.
    pub(crate) fn pairs(uri: &Uri) -> Result<Vec<(String, String)>, ApiError> {
        let Ok(Query(pairs)) = Query::try_from_uri(uri) else {
            return Err(ApiError::BadRequest {
                message: "the address's parameters are not readable".to_owned(),
            });
        };
        Ok(pairs)
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(each, _)| each == name)
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn int(&self, name: &'static str) -> Result<Option<i32>, ApiError> {
        let read = |text: &str| {
            text.parse().map_err(|_| ApiError::InvalidArgument {
                argument: name.to_owned(),
                message: format!("{text:?} is no number"),
                accepted: "an integer".to_owned(),
            })
        };
        self.text(name).map(read).transpose()
    }

    pub(crate) fn time(&self, name: &'static str) -> Result<Option<DateTime<Utc>>, ApiError> {
        self.text(name).map(|text| time(name, text)).transpose()
    }
}

/// The time that the parameter `name` gives.
pub(crate) fn time(name: &str, text: &str) -> Result<DateTime<Utc>, ApiError> {
    time::parse(text)
        .or_else(|| time::parse(&with_plus(text)?))
        .ok_or_else(|| ApiError::InvalidArgument {
            argument: name.to_owned(),
            message: format!("{text:?} is no time"),
            accepted: time::ACCEPTED.to_owned(),
        })
}

/// The plus sign of an offset, which an address turns into a space unless it is written `%2B`.
fn with_plus(text: &str) -> Option<String> {
    let (time, offset) = text.rsplit_once(' ')?;
    Some(format!("{time}+{offset}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_and_repeated_parameters_are_refused() {
        for query in ["sensr=a", "sensor=a&sensor=b"] {
            let uri = format!("/sensors/?{query}").parse().unwrap();
            let error = Parameters::of(&uri, &["sensor", "from"]).unwrap_err();
            assert!(matches!(error, ApiError::InvalidArgument { .. }), "{query}");
        }
    }

    #[test]
    fn a_plus_sign_in_a_time_may_arrive_as_a_space() {
        let uri = "/sensors/?from=2026-11-23T11:00:00+01:00".parse().unwrap();
        let from = Parameters::of(&uri, &["from"]).unwrap().time("from").unwrap();
        assert_eq!(from.map(time::format).as_deref(), Some("2026-11-23T10:00:00Z"));
    }
}
