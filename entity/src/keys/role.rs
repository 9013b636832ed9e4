//! What the holder of a key is.

use std::fmt;
use std::str::FromStr;

/// What somebody with a key or a token is; each includes the ones before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Reads what its limits leave.
    Reader,
    /// Looks after the data, too.
    Steward,
    /// Looks after the service, too.
    Admin,
}

/// None of the roles.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a role is one of reader, steward and admin, not {0:?}")]
pub struct UnknownRole(String);

impl Role {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reader => "reader",
            Self::Steward => "steward",
            Self::Admin => "admin",
        }
    }
}

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        match word {
            "reader" => Ok(Self::Reader),
            "steward" => Ok(Self::Steward),
            "admin" => Ok(Self::Admin),
            _ => Err(UnknownRole(word.to_owned())),
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}
