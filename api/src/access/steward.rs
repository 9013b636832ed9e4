//! Who may write: stewards, of what is open to them as a whole.

use entity::keys::Role;
use entity::stewardship::Steward;

use super::{Access, Asker};
use crate::graphql::error::ApiError;

/// What is noted of a steward's name, at most.
const STEWARD_CHARS_MAX: usize = 200;

impl Access {
    /// Who writes about a dataset as a whole, or a refusal: a steward to whom it is open without limits on sensors.
    pub(crate) fn steward_of(&self, slug: &str) -> Result<Steward, ApiError> {
        let steward = self.steward()?;
        if self.dataset(slug)?.is_limited() {
            return Err(ApiError::Forbidden {
                message: format!(
                    "{} opens some sensors only, and this is about the dataset {slug} as a whole",
                    self.asker.credential()
                ),
            });
        }
        Ok(steward)
    }

    /// Who writes, or a refusal: readers and who shows nothing do not.
    pub(crate) fn steward(&self) -> Result<Steward, ApiError> {
        match self.asker.role() {
            None => return Err(ApiError::Unauthenticated),
            Some(Role::Reader) => {
                return Err(ApiError::Forbidden {
                    message: format!(
                        "{} is a reader's, and this is for stewards: ask the operator for the role steward",
                        self.asker.credential()
                    ),
                });
            }
            Some(Role::Steward | Role::Admin) => {}
        }
        let (name, credential) = match &self.asker {
            Asker::Anonymous => return Err(ApiError::Unauthenticated),
            Asker::Key { name, prefix, .. } => (name.as_str(), prefix.as_str()),
            Asker::Subject { claims, .. } => (claims.subject.as_str(), "token"),
        };
        Ok(Steward {
            name: storable(name),
            credential: credential.to_owned(),
        })
    }
}

/// A name as the database can hold it, and no longer than a line: an issuer may call people anything.
pub(super) fn storable(name: &str) -> String {
    let chars = name.chars().take(STEWARD_CHARS_MAX);
    chars
        .map(|c| if c == '\0' { char::REPLACEMENT_CHARACTER } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use entity::Scope;
    use uuid::Uuid;

    use super::*;
    use crate::graphql::error::ErrorCode;
    use crate::options::Anonymous;

    #[test]
    fn who_writes_is_a_steward_of_the_dataset_as_a_whole() {
        let by = |role, datasets: Option<&str>, scope| {
            let asker = Asker::Key {
                id: Uuid::nil(),
                prefix: "fb_abcdefgh".to_owned(),
                name: "n".to_owned(),
                role,
                is_made: false,
            };
            let datasets = datasets.map(|slug| vec![slug.to_owned()]);
            let access = Access::known(asker, datasets, scope);
            access.steward_of("readings").map_err(|error| error.code())
        };
        for role in [Role::Steward, Role::Admin] {
            let steward = by(role, None, Scope::Everything).unwrap();
            assert_eq!(
                (steward.name.as_str(), steward.credential.as_str()),
                ("n", "fb_abcdefgh")
            );
            assert!(by(role, Some("readings"), Scope::Everything).is_ok());
            let others = by(role, Some("sensors"), Scope::Everything);
            assert_eq!(others, Err(ErrorCode::Forbidden));
            assert_eq!(
                by(role, None, Scope::of_sensors(vec![1])),
                Err(ErrorCode::Forbidden)
            );
        }
        assert_eq!(
            by(Role::Reader, None, Scope::Everything),
            Err(ErrorCode::Forbidden)
        );
        let anybody = Access::anonymous(Anonymous::Data).steward();
        assert_eq!(anybody.unwrap_err().code(), ErrorCode::Unauthenticated);
    }
}
