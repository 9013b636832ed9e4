//! The archive's place on S3: a client with explicit limits, and what it is asked to do.
//!
//! `put` writes once, `read` reads by range, `list` walks the days. All share one client; a [`Store`] is cheap to clone.

mod client;
mod config;
mod error;
mod lifecycle;
mod list;
mod probe;
mod put;
mod read;

use std::sync::Arc;

use aws_sdk_s3::Client;
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use tokio::sync::OnceCell;

use crate::key::Prefix;

pub use config::{Config, ConfigError, Secret};
pub use error::{Answer, Disposition, Operation, StoreError};
pub use list::{ListedSegment, Listing, Page, SensorListListing};
pub use probe::Probed;
pub use put::Stored;
pub use read::Lines;

/// An archive in one bucket.
#[derive(Debug, Clone)]
pub struct Store {
    client: Client,
    bucket: Arc<str>,
    region: Arc<str>,
    prefix: Prefix,
    /// Set once the bucket has been seen: some servers make a missing bucket on the first PUT instead of refusing.
    bucket_seen: Arc<OnceCell<()>>,
}

impl Store {
    /// Makes a client. Nothing is asked of the server yet; [`Self::check`] does that.
    pub fn new(config: Config) -> Result<Self, ConfigError> {
        let prefix = config.validate()?;
        Ok(Self {
            client: client::connect(&config),
            bucket: config.bucket.into(),
            region: config.region.into(),
            prefix,
            bucket_seen: Arc::default(),
        })
    }

    /// What stands before every key.
    pub fn prefix(&self) -> &Prefix {
        &self.prefix
    }

    /// The bucket's name.
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// Asks whether the server answers, takes the credentials and has the bucket.
    pub async fn check(&self) -> Result<(), StoreError> {
        self.client
            .head_bucket()
            .bucket(&*self.bucket)
            .send()
            .await
            .map_err(|error| StoreError::of(Operation::HeadBucket, &self.bucket, error))?;
        // Another task may have set it; either way it is set.
        let _ = self.bucket_seen.set(());
        Ok(())
    }

    /// The same, and makes the bucket if it isn't there. For private and test servers; elsewhere an operator makes it.
    pub async fn ensure_bucket(&self) -> Result<(), StoreError> {
        match self.check().await {
            Err(StoreError::NoSuchBucket { .. }) => {}
            answer => return answer,
        }
        // AWS wants no constraint for its first region, and one for every other.
        let place = (&*self.region != "us-east-1").then(|| {
            CreateBucketConfiguration::builder()
                .location_constraint(BucketLocationConstraint::from(&*self.region))
                .build()
        });
        let created = self
            .client
            .create_bucket()
            .bucket(&*self.bucket)
            .set_create_bucket_configuration(place)
            .send()
            .await
            .map_err(|error| StoreError::of(Operation::CreateBucket, &self.bucket, error));
        match (created, self.check().await) {
            // Somebody else may have made it in between: that it is there now is what counts.
            (_, Ok(())) => Ok(()),
            (Err(error), Err(_)) | (Ok(_), Err(error)) => Err(error),
        }
    }

    async fn bucket_seen(&self) -> Result<(), StoreError> {
        if self.bucket_seen.initialized() {
            Ok(())
        } else {
            self.check().await
        }
    }
}
