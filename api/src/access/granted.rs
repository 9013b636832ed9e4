//! Datasets that stewards opened for an issuer's subjects, remembered for a few seconds.

use std::sync::Arc;
use std::time::Instant;

use entity::subjects::{self, Claims};
use entity::{DatabaseConnection, DbErr};

use super::remembered::Remembered;

/// What was opened, by issuer and subject.
#[derive(Default)]
pub(super) struct Granted(Remembered<(String, String), Arc<[String]>>);

impl Granted {
    /// Forgets what was opened for somebody: it has changed here.
    pub(super) fn forget(&self, issuer: &str, subject: &str) {
        self.0.forget(&(issuer.to_owned(), subject.to_owned()));
    }

    /// The datasets that are open to somebody: those of their claims and those that stewards opened; `None` for all.
    pub(super) async fn with(
        &self,
        db: &DatabaseConnection,
        claims: &Claims,
    ) -> Result<Option<Vec<String>>, DbErr> {
        let Some(claimed) = &claims.datasets else {
            return Ok(None);
        };
        let asked_at = Instant::now();
        let who = (claims.issuer.clone(), claims.subject.clone());
        let granted = if let Some(granted) = self.0.get(&who, asked_at) {
            granted
        } else {
            let granted: Arc<[String]> = subjects::granted(db, &who.0, &who.1).await?.into();
            self.0.put(who, Arc::clone(&granted), asked_at);
            granted
        };
        let mut open = claimed.clone();
        open.extend(granted.iter().filter(|slug| !claimed.contains(slug)).cloned());
        Ok(Some(open))
    }
}
