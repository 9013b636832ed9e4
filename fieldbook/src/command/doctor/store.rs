//! Whether the bucket keeps what is stored in it.

use archive::{Store, StoreError};
use chrono::TimeDelta;

use super::Finding;
use crate::cli::{DataArgs, StoreArgs};
use crate::wiring;

/// The finding, and how far the server's clock is ahead of ours, to the second.
pub(super) async fn look(args: &StoreArgs, data: &DataArgs) -> (Finding, Option<TimeDelta>) {
    let what = format!("bucket {}", args.bucket);
    let config = match wiring::store_config_of(args, data) {
        Ok(config) => config,
        Err(error) => {
            let hint = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and for a server that is not AWS's AWS_ENDPOINT_URL_S3";
            return (Finding::broken(what, format!("{error:#}"), hint), None);
        }
    };
    let store = match Store::new(config) {
        Ok(store) => store,
        Err(error) => {
            let hint = "correct the object store's address, bucket or prefix";
            return (Finding::broken(what, chain(&error), hint), None);
        }
    };
    match store.probe().await {
        Ok(probed) => {
            let ahead = probed.stored_at.map(|at| at - chrono::Utc::now());
            let said = format!("keeps what is stored, and gives it back ({})", probed.key);
            (Finding::well(what, said), ahead)
        }
        Err(error) => (Finding::broken(what, chain(&error), hint(&error)), None),
    }
}

fn hint(error: &StoreError) -> &'static str {
    match error {
        StoreError::Unreachable { .. } => {
            "is the object store running, is AWS_ENDPOINT_URL_S3 its address, and does a firewall let this machine reach it?"
        }
        StoreError::Unavailable { .. } => {
            "its own log says what is the matter; the archiver will try again by itself"
        }
        StoreError::AccessDenied { .. } => {
            "give the key s3:ListBucket, s3:GetObject and s3:PutObject on the bucket; if this machine's clock is wrong, every \
             signature is, too"
        }
        StoreError::NoSuchBucket { .. } => "create it, or correct FIELDBOOK_BUCKET and AWS_REGION",
        StoreError::NotKept { .. } => "use an object store that keeps the metadata of objects",
        _ => "correct AWS_ENDPOINT_URL_S3, AWS_REGION and FIELDBOOK_BUCKET",
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
