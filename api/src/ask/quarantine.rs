//! Which messages that were set aside a question is about.

use entity::DatabaseConnection;
use entity::quarantine::{QuarantineFilter, place_of};
use uuid::Uuid;

use super::range;
use super::sensors::check_text;
use crate::graphql::error::ApiError;
use crate::graphql::scalar::DateTime;
use crate::options::Limits;

/// The arguments that choose messages.
#[derive(Debug, Default)]
pub(crate) struct QuarantineArguments {
    pub(crate) reason: Option<String>,
    pub(crate) source: Option<String>,
    pub(crate) sensor: Option<String>,
    pub(crate) from: Option<DateTime>,
    pub(crate) to: Option<DateTime>,
}

impl QuarantineArguments {
    /// What they choose.
    pub(crate) fn check(self, limits: &Limits) -> Result<QuarantineFilter, ApiError> {
        for (argument, text) in [
            ("reason", &self.reason),
            ("source", &self.source),
            ("sensor", &self.sensor),
        ] {
            if let Some(text) = text {
                check_text(argument, text, limits)?;
            }
        }
        let (from, to) = (self.from.map(|from| from.0), self.to.map(|to| to.0));
        if let (Some(from), Some(to)) = (from, to) {
            range::between(from, to)?;
        }
        Ok(QuarantineFilter {
            code: self.reason,
            source: self.source,
            sensor: self.sensor,
            from,
            to,
            place: None,
        })
    }
}

/// The one message with this id, or position.
pub(crate) async fn one(
    db: &DatabaseConnection,
    argument: &'static str,
    id: &str,
) -> Result<QuarantineFilter, ApiError> {
    let (journal, seq, item) = read(id).ok_or_else(|| ApiError::InvalidArgument {
        argument: argument.to_owned(),
        message: "this is no id of a message".to_owned(),
        accepted: "QuarantinedMessage.id, such as 0198c2b4-7f6e-7d3a-9c51-2f4be5a60d18/4711/0".to_owned(),
    })?;
    let place = place_of(db, journal, seq, item)
        .await?
        .ok_or_else(|| unknown(argument, id))?;
    Ok(QuarantineFilter {
        place: Some(place),
        ..QuarantineFilter::default()
    })
}

/// Nothing of this id is set aside.
pub(crate) fn unknown(argument: &'static str, id: &str) -> ApiError {
    ApiError::NotFound {
        argument,
        message: format!("no message with the id {id:?} is set aside"),
    }
}

fn read(id: &str) -> Option<(Uuid, i64, i16)> {
    let mut parts = id.splitn(3, '/');
    let journal = Uuid::try_parse(parts.next()?).ok()?;
    let seq = parts.next()?.parse().ok()?;
    let item = parts.next().map_or(Some(0), |item| item.parse().ok())?;
    Some((journal, seq, item))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_position_and_an_item() {
        let journal = Uuid::from_u128(1);
        assert_eq!(read(&format!("{journal}/7/2")), Some((journal, 7, 2)));
        assert_eq!(read(&format!("{journal}/7")), Some((journal, 7, 0)));
        for wrong in [
            "",
            "7",
            "a/7",
            &format!("{journal}"),
            &format!("{journal}/x"),
            &format!("{journal}/7/x/2"),
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
