//! Topic filters (MQTT 5, sections 4.7 and 4.8.2), checked where they are written: a broker would only hang up.

use serde::Deserialize;

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct TopicFilter(pub(super) String);

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum TopicFilterError {
    #[error(
        "a topic filter is empty, too long or has a NUL: 1 to 65,535 bytes are expected, such as \"plant/+/temperature\""
    )]
    Length,
    #[error("the topic filter {0:?} has # elsewhere than as its last level: plant/# is one")]
    Hash(String),
    #[error("the topic filter {0:?} has + within a level: plant/+/temperature is one")]
    Plus(String),
    #[error(
        "the topic filter {0:?} shares no stream: $share/GROUP/FILTER is expected, and a group has no /, + or #"
    )]
    Share(String),
}

impl TryFrom<String> for TopicFilter {
    type Error = TopicFilterError;

    fn try_from(text: String) -> Result<Self, TopicFilterError> {
        if text.is_empty() || text.len() > 65_535 || text.contains('\0') {
            return Err(TopicFilterError::Length);
        }
        let filter = match text.strip_prefix("$share/") {
            None => text.as_str(),
            Some(shared) => match shared.split_once('/') {
                Some((group, filter))
                    if !group.is_empty() && !group.contains(['+', '#']) && !filter.is_empty() =>
                {
                    filter
                }
                _ => return Err(TopicFilterError::Share(text)),
            },
        };
        let levels: Vec<&str> = filter.split('/').collect();
        let last = levels.len() - 1;
        let is_wrong_hash =
            |(index, level): (usize, &&str)| level.contains('#') && (*level != "#" || index != last);
        if levels.iter().enumerate().any(is_wrong_hash) {
            return Err(TopicFilterError::Hash(text));
        }
        if levels.iter().any(|level| level.contains('+') && *level != "+") {
            return Err(TopicFilterError::Plus(text));
        }
        Ok(Self(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_taken_as_mqtt_has_them() {
        for filter in [
            "sensors",
            "#",
            "+",
            "a/+/b",
            "a/#",
            "/",
            "+/+/#",
            "$share/fieldbook/a/#",
            "$SYS/broker/uptime",
        ] {
            assert!(TopicFilter::try_from(filter.to_owned()).is_ok(), "{filter}");
        }
    }

    #[test]
    fn others_are_refused_with_one_that_would_do() {
        use TopicFilterError::{Hash, Length, Plus, Share};
        let error = |filter: &str| TopicFilter::try_from(filter.to_owned()).expect_err(filter);
        assert_eq!(error(""), Length);
        assert_eq!(error("a\0"), Length);
        for filter in ["a/#/b", "a#", "#/a"] {
            assert_eq!(error(filter), Hash(filter.to_owned()));
        }
        assert_eq!(error("a+/b"), Plus("a+/b".to_owned()));
        for filter in ["$share/a", "$share//a", "$share/a+/b", "$share/a/"] {
            assert_eq!(error(filter), Share(filter.to_owned()));
        }
    }
}
