//! The bucket's rule for raw messages stands beside the rules that it has.

use std::sync::{Arc, Mutex};

use archive::lifecycle::{Class, Rule};
use archive::{Disposition, Store};
use s3s::dto::{
    BucketLifecycleConfiguration, ExpirationStatus, GetBucketLifecycleConfigurationInput,
    GetBucketLifecycleConfigurationOutput, LifecycleExpiration, LifecycleRule,
    PutBucketLifecycleConfigurationInput, PutBucketLifecycleConfigurationOutput,
};
use s3s::{S3, S3ErrorCode, S3Request, S3Response, S3Result};

use crate::server::Server;

/// A server that keeps a bucket's rules, and nothing else.
#[derive(Clone, Default)]
struct Rules(Arc<Mutex<Option<BucketLifecycleConfiguration>>>);

#[async_trait::async_trait]
impl S3 for Rules {
    async fn get_bucket_lifecycle_configuration(
        &self,
        _: S3Request<GetBucketLifecycleConfigurationInput>,
    ) -> S3Result<S3Response<GetBucketLifecycleConfigurationOutput>> {
        let Some(kept) = self.0.lock().unwrap().clone() else {
            return Err(S3ErrorCode::NoSuchLifecycleConfiguration.into());
        };
        Ok(S3Response::new(GetBucketLifecycleConfigurationOutput {
            rules: Some(kept.rules),
            ..Default::default()
        }))
    }

    async fn put_bucket_lifecycle_configuration(
        &self,
        request: S3Request<PutBucketLifecycleConfigurationInput>,
    ) -> S3Result<S3Response<PutBucketLifecycleConfigurationOutput>> {
        *self.0.lock().unwrap() = request.input.lifecycle_configuration;
        Ok(S3Response::new(PutBucketLifecycleConfigurationOutput::default()))
    }
}

fn rule(after_days: u16) -> Rule {
    Rule {
        prefix: "plant/raw/".to_owned(),
        after_days,
        class: Class::GlacierInstantRetrieval,
    }
}

#[tokio::test]
async fn the_rule_takes_its_own_place_and_leaves_the_others() {
    let rules = Rules::default();
    let server = Server::serve(rules.clone(), tempfile::tempdir().unwrap()).await;
    let store = Store::new(server.config()).unwrap();
    assert_eq!(store.apply_lifecycle(&rule(30)).await.unwrap(), 0);
    let other = LifecycleRule {
        abort_incomplete_multipart_upload: None,
        expiration: Some(LifecycleExpiration {
            days: Some(1),
            ..LifecycleExpiration::default()
        }),
        filter: None,
        id: Some("of somebody else".to_owned()),
        noncurrent_version_expiration: None,
        noncurrent_version_transitions: None,
        prefix: Some("tmp/".to_owned()),
        status: ExpirationStatus::from_static(ExpirationStatus::ENABLED),
        transitions: None,
    };
    rules
        .0
        .lock()
        .unwrap()
        .as_mut()
        .unwrap()
        .rules
        .push(other.clone());
    assert_eq!(store.apply_lifecycle(&rule(60)).await.unwrap(), 1);
    let kept = rules.0.lock().unwrap().clone().unwrap().rules;
    assert_eq!(kept.len(), 2);
    assert_eq!(kept[0], other);
    let ours = &kept[1];
    assert_eq!(ours.id.as_deref(), Some("fieldbook-raw"));
    let transition = &ours.transitions.as_ref().unwrap()[0];
    assert_eq!(transition.days, Some(60));
    assert_eq!(transition.storage_class.as_ref().unwrap().as_str(), "GLACIER_IR");
    assert_eq!(
        ours.filter.as_ref().unwrap().prefix.as_deref(),
        Some("plant/raw/")
    );
    assert_eq!(
        ours.abort_incomplete_multipart_upload
            .as_ref()
            .unwrap()
            .days_after_initiation,
        Some(7)
    );
    assert!(ours.expiration.is_none(), "raw messages stay for ever");
}

#[tokio::test]
async fn a_store_that_knows_no_rules_is_told_from_one_that_is_away() {
    let (_server, store) = Server::with_store().await;
    let error = store.apply_lifecycle(&rule(30)).await.unwrap_err();
    assert_eq!(error.disposition(), Disposition::Halt, "{error}");
    assert!(error.to_string().contains("lifecycle rules of bucket"), "{error}");
}

#[test]
fn the_shown_rule_is_what_aws_takes() {
    let shown: serde_json::Value = serde_json::from_str(&rule(30).to_json()).unwrap();
    assert_eq!(shown["Rules"][0]["Filter"]["Prefix"], "plant/raw/");
    assert_eq!(shown["Rules"][0]["Transitions"][0]["StorageClass"], "GLACIER_IR");
    assert!(shown["Rules"][0].get("Expiration").is_none());
}

#[tokio::test]
async fn a_probe_keeps_reads_and_says_what_time_it_is_there() {
    let (_server, store) = Server::with_store().await;
    let before = chrono::Utc::now();
    for _ in 0..2 {
        let probed = store.probe().await.unwrap();
        assert_eq!(probed.key, "probe");
        let ahead = probed.stored_at.expect("this server says it") - before;
        assert!(ahead.num_seconds().abs() < 60, "{ahead}");
    }
}
