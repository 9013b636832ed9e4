//! How many rows, from which end.

use entity::query::PageRequest;
use entity::query::page::PageAt;

use crate::graphql::error::ApiError;
use crate::options::Limits;

/// The arguments of a list that goes both ways.
#[derive(Debug, Clone, Default)]
pub(crate) struct PageArguments {
    pub(crate) first: Option<i32>,
    pub(crate) after: Option<String>,
    pub(crate) last: Option<i32>,
    pub(crate) before: Option<String>,
}

/// The number of rows that `argument` asks for.
pub(crate) fn rows(argument: &'static str, asked: i32, limits: &Limits) -> Result<u64, ApiError> {
    let max = limits.first_max;
    match u32::try_from(asked) {
        Ok(rows) if (1..=max).contains(&rows) => Ok(rows.into()),
        Ok(rows) if rows > max => Err(ApiError::LimitExceeded {
            argument: Some(argument),
            limit: max.into(),
            asked: Some(rows.into()),
            advice: "ask for less and go on with after and pageInfo.endCursor".to_owned(),
        }),
        _ => Err(ApiError::InvalidArgument {
            argument: argument.to_owned(),
            message: format!("{asked} is no number of rows"),
            accepted: format!("an integer from 1 to {max}"),
        }),
    }
}

/// The page from the start, or after a cursor.
pub(crate) fn forward<K>(
    first: i32,
    after: Option<&str>,
    limits: &Limits,
    read: impl FnOnce(&'static str, &str) -> Result<K, ApiError>,
) -> Result<PageRequest<K>, ApiError> {
    let limit = rows("first", first, limits)?;
    let after = after.map(|cursor| read("after", cursor)).transpose()?;
    Ok(PageRequest {
        limit,
        at: PageAt::First(after),
    })
}

/// The page that the arguments mean: `first` with `after`, or `last` with `before`; by default the first
/// `first_default` rows.
pub(crate) fn either<K>(
    arguments: &PageArguments,
    first_default: i32,
    limits: &Limits,
    read: impl FnOnce(&'static str, &str) -> Result<K, ApiError>,
) -> Result<PageRequest<K>, ApiError> {
    let Some(last) = arguments
        .last
        .or(arguments.before.as_ref().map(|_| first_default))
    else {
        let first = arguments.first.unwrap_or(first_default);
        return forward(first, arguments.after.as_deref(), limits, read);
    };
    if arguments.after.is_some() {
        let argument = if arguments.last.is_some() {
            "last"
        } else {
            "before"
        };
        return Err(ApiError::InvalidArgument {
            argument: argument.to_owned(),
            message: "a page is counted from one end".to_owned(),
            accepted: "first with after, or last with before".to_owned(),
        });
    }
    let limit = rows("last", last, limits)?;
    let before = arguments
        .before
        .as_deref()
        .map(|cursor| read("before", cursor))
        .transpose()?;
    Ok(PageRequest {
        limit,
        at: PageAt::Last(before),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(arguments: &PageArguments) -> Result<PageRequest<String>, ApiError> {
        either(arguments, 100, &Limits::default(), |_, cursor| {
            Ok(cursor.to_owned())
        })
    }

    #[test]
    fn pages_are_counted_from_the_end_that_was_named() {
        let first = ask(&PageArguments {
            first: Some(5),
            after: Some("a".into()),
            ..Default::default()
        })
        .unwrap();
        assert_eq!(
            first,
            PageRequest {
                limit: 5,
                at: PageAt::First(Some("a".into()))
            }
        );
        let last = ask(&PageArguments {
            first: Some(100),
            last: Some(3),
            ..Default::default()
        })
        .unwrap();
        assert_eq!(
            last,
            PageRequest {
                limit: 3,
                at: PageAt::Last(None)
            }
        );
        let before = ask(&PageArguments {
            before: Some("b".into()),
            ..Default::default()
        })
        .unwrap();
        assert_eq!(
            before,
            PageRequest {
                limit: 100,
                at: PageAt::Last(Some("b".into()))
            }
        );
    }

    #[test]
    fn both_ends_no_rows_and_too_many_rows_are_refused() {
        let both = PageArguments {
            last: Some(3),
            after: Some("a".into()),
            ..Default::default()
        };
        assert!(matches!(ask(&both), Err(ApiError::InvalidArgument { .. })));
        for first in [0, -1, i32::MIN] {
            let none = PageArguments {
                first: Some(first),
                ..Default::default()
            };
            assert!(
                matches!(ask(&none), Err(ApiError::InvalidArgument { .. })),
                "{first}"
            );
        }
        let many = PageArguments {
            first: Some(10_001),
            ..Default::default()
        };
        assert!(matches!(
            ask(&many),
            Err(ApiError::LimitExceeded {
                limit: 10_000,
                asked: Some(10_001),
                ..
            })
        ));
    }
}
