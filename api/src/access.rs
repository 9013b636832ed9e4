//! What the asker of a request may see. There are no keys yet: everybody is anonymous.

use entity::Scope;

use crate::graphql::error::ApiError;
use crate::options::Anonymous;

/// What the asker of a request may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Access {
    /// Nothing.
    Nothing,
    /// What Fieldbook is and keeps, but no data.
    Catalogue,
    /// The data within a scope.
    Data(Scope),
}

impl Access {
    /// The access of somebody who shows no key.
    pub(crate) fn anonymous(anonymous: Anonymous) -> Self {
        match anonymous {
            Anonymous::None => Self::Nothing,
            Anonymous::Catalogue => Self::Catalogue,
            Anonymous::Data => Self::Data(Scope::Everything),
        }
    }

    /// Refuses who may see nothing at all.
    pub(crate) fn catalogue(&self) -> Result<(), ApiError> {
        match self {
            Self::Nothing => Err(ApiError::Unauthenticated),
            Self::Catalogue | Self::Data(_) => Ok(()),
        }
    }

    /// The scope for queries, or a refusal.
    pub(crate) fn data(&self) -> Result<&Scope, ApiError> {
        match self {
            Self::Nothing | Self::Catalogue => Err(ApiError::Unauthenticated),
            Self::Data(scope) => Ok(scope),
        }
    }

    /// The scope that the request's batches work in.
    pub(crate) fn scope(&self) -> Scope {
        self.data().cloned().unwrap_or(Scope::Nothing)
    }
}
