//! The newest incidents of many datasets, in one statement.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use entity::incidents::newest_of_each;

use super::Batches;
use crate::graphql::error::ApiError;
use crate::graphql::model::Incident;

/// The newest incidents of a dataset that is open to the asker.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct IncidentsKey {
    pub(crate) slug: String,
    pub(crate) open: Option<bool>,
    pub(crate) limit: u32,
}

impl Loader<IncidentsKey> for Batches {
    type Value = Vec<Incident>;
    type Error = ApiError;

    async fn load(&self, keys: &[IncidentsKey]) -> Result<HashMap<IncidentsKey, Vec<Incident>>, ApiError> {
        let mut alike: HashMap<(Option<bool>, u32), Vec<String>> = HashMap::new();
        for key in keys {
            alike
                .entry((key.open, key.limit))
                .or_default()
                .push(key.slug.clone());
        }
        let mut found: HashMap<IncidentsKey, Vec<Incident>> = HashMap::new();
        for ((open, limit), slugs) in alike {
            let rows = newest_of_each(&self.db, self.asked.access.within(), &slugs, open, limit).await?;
            for (incident, _) in rows {
                let slug = incident.of.dataset.clone();
                let of = found.entry(IncidentsKey { slug, open, limit }).or_default();
                of.push(Incident(incident));
            }
        }
        Ok(found)
    }
}
