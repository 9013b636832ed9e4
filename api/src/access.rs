//! Who asks, and what they may see: decided once, at the start of a request.
//!
//! | file | owns |
//! |---|---|
//! | `credential` | what a request shows: a key or a token, in whichever header, or a session in a cookie |
//! | `key` | a key's row, and its owner's, remembered for a few seconds |
//! | `session` | a session's row, remembered as well |
//! | `oidc` | tokens of an issuer |
//! | `granted` | what stewards opened for an issuer's subjects |
//! | `rate` | how often somebody may ask |
//! | `steward` | who may write |
//! | `owner` | who may have keys of their own, and ask for more |
//! | `authenticate` | all of it together |
//! | `sign_in` | from a key or an issuer's word to a session |

mod authenticate;
mod credential;
mod granted;
mod key;
pub(crate) mod oidc;
mod owner;
mod rate;
mod remembered;
mod session;
pub(crate) mod sign_in;
mod steward;

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use entity::Scope;
use entity::keys::Role;
use entity::subjects::Claims;
use uuid::Uuid;

pub(crate) use self::authenticate::{Authenticator, ShownCookie};
use self::credential::Credential;
use crate::graphql::error::ApiError;
use crate::options::Anonymous;

/// The datasets whose items are not each of one sensor: a message may hold readings of several, and what could not be
/// decoded has none. Who sees only some sensors sees none of these.
const OF_ALL_SENSORS: &[&str] = &["quarantined-messages", "raw-messages"];

/// Who asks, and what they may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Access {
    asker: Asker,
    opens: Opens,
    address: Option<IpAddr>,
    /// Looked at again where a request lasts.
    shown: Option<Arc<Credential>>,
    /// From when what they show is no longer taken, where that is known.
    until: Option<DateTime<Utc>>,
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Asker {
    /// Somebody without a key.
    Anonymous,
    /// Whoever holds this key.
    Key {
        id: Uuid,
        prefix: String,
        name: String,
        role: Role,
        /// Whether somebody made it who has rights of their own, and not the operator.
        is_made: bool,
    },
    /// Whom the issuer calls so.
    Subject {
        claims: Claims,
        /// What the issuer says that people call them.
        display_name: Option<String>,
    },
}

/// What is open to an asker.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Opens {
    /// Nothing.
    Nothing,
    /// What Fieldbook is and keeps, but no data.
    Catalogue,
    /// Data.
    Data {
        /// Of these datasets, by slug; `None` for all.
        datasets: Option<Arc<[String]>>,
        /// Within this scope.
        scope: Scope,
    },
}

impl Access {
    /// The access of somebody who shows no key.
    pub(crate) fn anonymous(anonymous: Anonymous) -> Self {
        let opens = match anonymous {
            Anonymous::None => Opens::Nothing,
            Anonymous::Catalogue => Opens::Catalogue,
            Anonymous::Data => Opens::Data {
                datasets: None,
                scope: Scope::Everything,
            },
        };
        Self {
            asker: Asker::Anonymous,
            opens,
            address: None,
            shown: None,
            until: None,
        }
    }

    /// The access of somebody known.
    fn known(asker: Asker, datasets: Option<Vec<String>>, scope: Scope) -> Self {
        Self {
            asker,
            opens: Opens::Data {
                datasets: datasets.map(Into::into),
                scope,
            },
            address: None,
            shown: None,
            until: None,
        }
    }

    /// The same, until then.
    fn until(self, until: Option<DateTime<Utc>>) -> Self {
        Self { until, ..self }
    }

    /// The same, by this credential.
    fn showing(self, credential: Credential) -> Self {
        Self {
            shown: Some(Arc::new(credential)),
            ..self
        }
    }

    fn shown(&self) -> Option<&Credential> {
        self.shown.as_deref()
    }

    /// The same, asked from this address.
    fn asked_from(self, address: Option<IpAddr>) -> Self {
        Self { address, ..self }
    }

    /// Who asks.
    pub(crate) fn asker(&self) -> &Asker {
        &self.asker
    }

    /// Whether they signed in with a browser, and show the cookie of that.
    pub(crate) fn is_signed_in(&self) -> bool {
        matches!(self.shown(), Some(Credential::Session(_)))
    }

    /// From when what they show is no longer taken, where that is known.
    pub(crate) fn ends_at(&self) -> Option<DateTime<Utc>> {
        self.until
    }

    /// Where they ask from, where that is known.
    pub(crate) fn address(&self) -> Option<IpAddr> {
        self.address
    }

    /// Refuses who may see nothing at all.
    pub(crate) fn catalogue(&self) -> Result<(), ApiError> {
        match self.opens {
            Opens::Nothing => Err(ApiError::Unauthenticated),
            Opens::Catalogue | Opens::Data { .. } => Ok(()),
        }
    }

    /// The scope for queries of readings and of what is computed from them, or a refusal.
    pub(crate) fn data(&self) -> Result<&Scope, ApiError> {
        self.dataset("readings")
    }

    /// The scope for queries of sensors' metadata, or a refusal: who may see readings may see whose they are.
    pub(crate) fn sensors(&self) -> Result<&Scope, ApiError> {
        self.data().or_else(|_| self.dataset("sensors"))
    }

    /// The scope for queries of a dataset's items, or a refusal.
    pub(crate) fn dataset(&self, slug: &str) -> Result<&Scope, ApiError> {
        let Opens::Data { datasets, scope } = &self.opens else {
            return Err(ApiError::Unauthenticated);
        };
        if datasets
            .as_deref()
            .is_some_and(|open| !open.iter().any(|open| open == slug))
        {
            return Err(ApiError::Forbidden {
                message: format!(
                    "{} does not open the dataset {slug}: ask the operator for one that does",
                    self.asker.credential()
                ),
            });
        }
        if scope.is_limited() && OF_ALL_SENSORS.contains(&slug) {
            return Err(ApiError::Forbidden {
                message: format!(
                    "{} opens some sensors only, and the dataset {slug} is not kept by sensor: ask the operator for one \
                     without limits on sensors",
                    self.asker.credential()
                ),
            });
        }
        Ok(scope)
    }

    /// The scope within which the asker sees any data, of whichever datasets.
    pub(crate) fn within(&self) -> &Scope {
        match &self.opens {
            Opens::Nothing | Opens::Catalogue => &Scope::Nothing,
            Opens::Data { scope, .. } => scope,
        }
    }

    /// The scope that the request's batches of readings work in.
    pub(crate) fn scope(&self) -> Scope {
        self.data().cloned().unwrap_or(Scope::Nothing)
    }

    /// Whether some sensors only are open to them, whichever datasets are: sums of all sensors are then not theirs to know.
    pub(crate) fn is_limited(&self) -> bool {
        matches!(&self.opens, Opens::Data { scope, .. } if scope.is_limited())
    }

    /// The scope that the request's batches of sensors work in.
    pub(crate) fn sensor_scope(&self) -> Scope {
        self.sensors().cloned().unwrap_or(Scope::Nothing)
    }
}

impl Asker {
    /// What they are, where they are known.
    pub(crate) fn role(&self) -> Option<Role> {
        match self {
            Self::Anonymous => None,
            Self::Key { role, .. } => Some(*role),
            Self::Subject { claims, .. } => Some(claims.role),
        }
    }

    /// What they show, in a sentence.
    fn credential(&self) -> &'static str {
        match self {
            Self::Anonymous => "anonymous access",
            Self::Key { .. } => "this key",
            Self::Subject { .. } => "this token",
        }
    }
}

/// As the log says it.
impl fmt::Display for Asker {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anonymous => out.write_str("anonymous"),
            Self::Key { prefix, .. } => write!(out, "key {prefix}"),
            // The text comes from elsewhere: escaped, and no longer than a line.
            Self::Subject { claims, .. } => {
                let short: String = claims.subject.chars().take(64).collect();
                write!(out, "subject {short:?}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graphql::error::ErrorCode;

    fn key(datasets: Option<&[&str]>, scope: Scope) -> Access {
        let asker = Asker::Key {
            id: Uuid::nil(),
            prefix: "fb_abcdefgh".to_owned(),
            name: "n".to_owned(),
            role: Role::Reader,
            is_made: false,
        };
        let datasets = datasets.map(|slugs| slugs.iter().map(|&slug| slug.to_owned()).collect());
        Access::known(asker, datasets, scope)
    }

    #[test]
    fn a_key_opens_the_datasets_that_it_names() {
        let all = key(None, Scope::Everything);
        for slug in ["raw-messages", "readings", "sensors", "weather"] {
            assert_eq!(all.dataset(slug).unwrap(), &Scope::Everything);
        }
        let sensors = key(Some(&["sensors"]), Scope::Everything);
        assert_eq!(sensors.data().unwrap_err().code(), ErrorCode::Forbidden);
        assert!(sensors.sensors().is_ok());
        assert_eq!(sensors.scope(), Scope::Nothing);
        assert_eq!(sensors.sensor_scope(), Scope::Everything);
        let readings = key(Some(&["readings"]), Scope::Everything);
        assert!(readings.data().is_ok() && readings.sensors().is_ok());
        let raw = key(Some(&["raw-messages"]), Scope::Everything);
        assert_eq!(raw.sensors().unwrap_err().code(), ErrorCode::Forbidden);
        assert!(raw.catalogue().is_ok());
    }

    #[test]
    fn what_is_not_kept_by_sensor_is_closed_to_who_sees_some_sensors() {
        let some = key(None, Scope::of_sensors(vec![1]));
        for slug in OF_ALL_SENSORS {
            assert_eq!(some.dataset(slug).unwrap_err().code(), ErrorCode::Forbidden);
        }
        assert_eq!(
            some.dataset("reading-conflicts").unwrap(),
            &Scope::of_sensors(vec![1])
        );
    }

    #[test]
    fn without_a_key_one_is_asked_for_one() {
        for anonymous in [Anonymous::None, Anonymous::Catalogue] {
            let access = Access::anonymous(anonymous);
            assert_eq!(access.data().unwrap_err().code(), ErrorCode::Unauthenticated);
            assert_eq!(
                access.dataset("raw-messages").unwrap_err().code(),
                ErrorCode::Unauthenticated
            );
        }
        assert!(Access::anonymous(Anonymous::Data).dataset("raw-messages").is_ok());
    }
}
