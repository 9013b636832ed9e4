//! Who holds rights.

use sea_orm::{DbErr, Value};
use uuid::Uuid;

/// Who holds rights: a key, or somebody whom an issuer vouches for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Holder {
    /// Whoever has this key (`api_key.id`).
    Key(Uuid),
    /// Whom this issuer calls so.
    Subject {
        /// The issuer, as `iss` says it.
        issuer: String,
        /// Its `sub`.
        subject: String,
    },
}

impl Holder {
    /// As columns have it: the key, or issuer and subject. Of the others none equals anything in a statement.
    pub(crate) fn values(&self) -> [Value; 3] {
        match self {
            Self::Key(id) => [Some(*id).into(), None::<String>.into(), None::<String>.into()],
            Self::Subject { issuer, subject } => [
                None::<Uuid>.into(),
                Some(issuer.clone()).into(),
                Some(subject.clone()).into(),
            ],
        }
    }

    /// From such columns; `None` where there is nobody.
    pub(crate) fn read(
        key: Option<Uuid>,
        issuer: Option<String>,
        subject: Option<String>,
    ) -> Result<Option<Self>, DbErr> {
        match (key, issuer, subject) {
            (None, None, None) => Ok(None),
            (Some(id), None, None) => Ok(Some(Self::Key(id))),
            (None, Some(issuer), Some(subject)) => Ok(Some(Self::Subject { issuer, subject })),
            _ => Err(DbErr::Type("a holder is a key, or issuer and subject".to_owned())),
        }
    }
}
