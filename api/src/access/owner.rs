//! Who may have keys of their own and ask for what is not open to them: whoever is known, but for keys that somebody made.

use std::sync::Arc;

use entity::keys::Holder;
use entity::subjects;

use super::{Access, Asker, Opens, steward};
use crate::graphql::error::ApiError;
use crate::state::ApiState;

impl Access {
    /// Who makes keys of their own and asks for access, or a refusal.
    pub(crate) fn holder(&self) -> Result<Holder, ApiError> {
        match &self.asker {
            Asker::Anonymous => Err(ApiError::Unauthenticated),
            Asker::Key { is_made: true, .. } => Err(ApiError::Forbidden {
                message: "this key was made by its user and has a part of their rights: sign in with what it was made with"
                    .to_owned(),
            }),
            Asker::Key { id, .. } => Ok(Holder::Key(*id)),
            Asker::Subject { claims, .. } => Ok(Holder::Subject {
                issuer: claims.issuer.clone(),
                subject: claims.subject.clone(),
            }),
        }
    }

    /// What people call the asker, as the database can hold it.
    pub(crate) fn called(&self) -> Option<String> {
        let name = match &self.asker {
            Asker::Anonymous => return None,
            Asker::Key { name, .. } => name,
            Asker::Subject { claims, display_name } => display_name.as_ref().unwrap_or(&claims.subject),
        };
        Some(steward::storable(name))
    }

    /// The same where this dataset is open to them, too.
    pub(crate) fn with_dataset(&self, slug: &str) -> Self {
        let mut access = self.clone();
        if let Opens::Data {
            datasets: Some(open), ..
        } = &mut access.opens
        {
            *open = open
                .iter()
                .cloned()
                .chain([slug.to_owned()])
                .collect::<Arc<[_]>>();
        }
        access
    }
}

impl ApiState {
    /// Holds the keys that somebody is about to make to what their issuer says of them now.
    pub(crate) async fn remember_subject(&self, access: &Access) -> Result<(), ApiError> {
        if let Asker::Subject { claims, .. } = access.asker() {
            subjects::remember(self.db(), claims, chrono::Utc::now()).await?;
        }
        Ok(())
    }

    /// Has a change of somebody's rights that was made here hold here at once, and in other processes within seconds.
    pub(crate) fn rights_changed(&self, holder: &Holder) {
        self.authenticator().forget(holder);
    }
}

#[cfg(test)]
mod tests {
    use entity::Scope;
    use entity::keys::Role;
    use entity::subjects::Claims;
    use uuid::Uuid;

    use super::*;
    use crate::graphql::error::ErrorCode;
    use crate::options::Anonymous;

    fn by(asker: Asker) -> Access {
        Access::known(asker, Some(vec!["sensors".to_owned()]), Scope::Everything)
    }

    fn key(is_made: bool) -> Access {
        by(Asker::Key {
            id: Uuid::nil(),
            prefix: "fb_abcdefgh".to_owned(),
            name: "Power BI".to_owned(),
            role: Role::Reader,
            is_made,
        })
    }

    #[test]
    fn who_is_known_holds_rights_and_a_key_that_somebody_made_does_not() {
        assert_eq!(key(false).holder().unwrap(), Holder::Key(Uuid::nil()));
        assert_eq!(key(true).holder().unwrap_err().code(), ErrorCode::Forbidden);
        let anybody = Access::anonymous(Anonymous::Data);
        assert_eq!(anybody.holder().unwrap_err().code(), ErrorCode::Unauthenticated);
        let subject = |display_name: Option<&str>| {
            by(Asker::Subject {
                claims: Claims {
                    issuer: "https://login.example.org".to_owned(),
                    subject: "3f2a".to_owned(),
                    role: Role::Reader,
                    datasets: None,
                },
                display_name: display_name.map(ToOwned::to_owned),
            })
        };
        assert_eq!(subject(Some("Ada")).called().as_deref(), Some("Ada"));
        assert_eq!(subject(None).called().as_deref(), Some("3f2a"));
        assert_eq!(key(false).called().as_deref(), Some("Power BI"));
        assert_eq!(anybody.called(), None);
    }

    #[test]
    fn a_dataset_more_is_open_and_the_others_stay() {
        let access = key(false).with_dataset("readings");
        assert!(access.dataset("readings").is_ok() && access.dataset("sensors").is_ok());
        assert!(access.dataset("raw-messages").is_err());
    }
}
