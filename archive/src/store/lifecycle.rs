//! Giving the bucket a rule, beside those that it has.

use aws_sdk_s3::error::ProvideErrorMetadata as _;
use aws_sdk_s3::types::{
    AbortIncompleteMultipartUpload, BucketLifecycleConfiguration, ExpirationStatus, LifecycleRule,
    LifecycleRuleFilter, Transition, TransitionStorageClass,
};

use super::{Operation, Store, StoreError};
use crate::lifecycle::{ABANDONED_DAYS, Class, RULE_ID, Rule};

impl Store {
    /// Gives the bucket a rule, in the place of one of the same name. Says how many others it has, which stay as they are.
    pub async fn apply_lifecycle(&self, rule: &Rule) -> Result<usize, StoreError> {
        let (mut rules, minimum) = self.lifecycle_rules().await?;
        rules.retain(|other| other.id() != Some(RULE_ID));
        let others = rules.len();
        rules.push(written(rule).map_err(|_| StoreError::NotKept {
            key: RULE_ID.to_owned(),
        })?);
        let configuration = BucketLifecycleConfiguration::builder()
            .set_rules(Some(rules))
            .build()
            .map_err(|_| StoreError::NotKept {
                key: RULE_ID.to_owned(),
            })?;
        self.client
            .put_bucket_lifecycle_configuration()
            .bucket(&*self.bucket)
            .set_transition_default_minimum_object_size(minimum)
            .lifecycle_configuration(configuration)
            .send()
            .await
            .map_err(|error| self.error(Operation::PutLifecycle, &self.bucket, error))?;
        // A store may say yes to what it does not know.
        let (rules, _) = self.lifecycle_rules().await?;
        if rules.iter().any(|there| is_there(rule, there)) {
            Ok(others)
        } else {
            Err(StoreError::NotKept {
                key: RULE_ID.to_owned(),
            })
        }
    }

    async fn lifecycle_rules(
        &self,
    ) -> Result<
        (
            Vec<LifecycleRule>,
            Option<aws_sdk_s3::types::TransitionDefaultMinimumObjectSize>,
        ),
        StoreError,
    > {
        let answer = self
            .client
            .get_bucket_lifecycle_configuration()
            .bucket(&*self.bucket)
            .send()
            .await;
        match answer {
            Ok(there) => {
                let minimum = there.transition_default_minimum_object_size().cloned();
                Ok((there.rules.unwrap_or_default(), minimum))
            }
            Err(error) if error.code() == Some("NoSuchLifecycleConfiguration") => Ok((Vec::new(), None)),
            Err(error) => Err(self.error(Operation::GetLifecycle, &self.bucket, error)),
        }
    }
}

fn written(rule: &Rule) -> Result<LifecycleRule, aws_sdk_s3::error::BuildError> {
    LifecycleRule::builder()
        .id(RULE_ID)
        .status(ExpirationStatus::Enabled)
        .filter(LifecycleRuleFilter::builder().prefix(&rule.prefix).build())
        .transitions(
            Transition::builder()
                .days(rule.after_days.into())
                .storage_class(class(rule.class))
                .build(),
        )
        .abort_incomplete_multipart_upload(
            AbortIncompleteMultipartUpload::builder()
                .days_after_initiation(ABANDONED_DAYS.into())
                .build(),
        )
        .build()
}

fn class(class: Class) -> TransitionStorageClass {
    match class {
        Class::GlacierInstantRetrieval => TransitionStorageClass::GlacierIr,
        Class::StandardInfrequentAccess => TransitionStorageClass::StandardIa,
        Class::IntelligentTiering => TransitionStorageClass::IntelligentTiering,
    }
}

fn is_there(rule: &Rule, there: &LifecycleRule) -> bool {
    let moves = there.transitions().iter().any(|transition| {
        transition.days() == Some(rule.after_days.into())
            && transition.storage_class() == Some(&class(rule.class))
    });
    there.id() == Some(RULE_ID) && moves
}
