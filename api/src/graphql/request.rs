//! What a resolver knows of the request that it works for.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_graphql::Context;
use chrono::{DateTime, Utc};
use entity::{DatabaseConnection, Scope};

use super::batch::Loaders;
use super::error::ApiError;
use crate::access::Access;
use crate::options::Limits;
use crate::state::ApiState;

/// One request: when it came, what its asker may see, and how many readings its answer may still hold.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) at: DateTime<Utc>,
    pub(crate) access: Access,
    points_taken: AtomicU64,
}

impl Asked {
    pub(crate) fn new(at: DateTime<Utc>, access: Access) -> Self {
        Self {
            at,
            access,
            points_taken: AtomicU64::new(0),
        }
    }

    /// Takes `points` of the answer's budget before they are read.
    pub(crate) fn take_points(&self, points: u64, limits: &Limits) -> Result<(), ApiError> {
        let before = self.points_taken.fetch_add(points, Ordering::Relaxed);
        let asked = before.saturating_add(points);
        if asked <= limits.answer_points_max {
            return Ok(());
        }
        Err(ApiError::LimitExceeded {
            argument: None,
            limit: limits.answer_points_max,
            asked: Some(asked),
            advice: "that many readings do not fit into one answer: set maxPoints to draw them, ask for a shorter \
                     range or fewer sensors, or take readings page by page"
                .to_owned(),
        })
    }
}

/// Short ways from a resolver's context to the parts of the request.
pub(crate) trait ContextExt {
    fn state(&self) -> &ApiState;
    fn asked(&self) -> &Asked;
    fn loaders(&self) -> &Loaders;

    fn db(&self) -> &DatabaseConnection {
        self.state().db()
    }

    fn limits(&self) -> &Limits {
        &self.state().options().limits
    }

    /// The scope for queries of data, or a refusal.
    fn scope(&self) -> Result<&Scope, ApiError> {
        self.asked().access.data()
    }
}

impl ContextExt for Context<'_> {
    fn state(&self) -> &ApiState {
        self.data_unchecked()
    }

    fn asked(&self) -> &Asked {
        self.data_unchecked::<Arc<Asked>>()
    }

    fn loaders(&self) -> &Loaders {
        self.data_unchecked()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_budget_of_readings_is_that_of_the_whole_answer() {
        let limits = Limits {
            answer_points_max: 10,
            ..Limits::default()
        };
        let asked = Asked::new(DateTime::UNIX_EPOCH, Access::Catalogue);
        asked.take_points(6, &limits).unwrap();
        let error = asked.take_points(5, &limits).unwrap_err();
        assert!(
            matches!(
                error,
                ApiError::LimitExceeded {
                    limit: 10,
                    asked: Some(11),
                    ..
                }
            ),
            "{error}"
        );
    }
}
