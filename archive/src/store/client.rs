//! The S3 client: rustls with ring, path style, every wait bounded.

use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{
    BehaviorVersion, Builder, Credentials, Region, RequestChecksumCalculation, ResponseChecksumValidation,
    StalledStreamProtectionConfig,
};
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};

use super::config::Config;

const CONNECT: Duration = Duration::from_secs(3);

/// One try of one request. It also bounds how long a body may take to arrive, which the SDK's own limits leave open.
pub(super) const ATTEMPT: Duration = Duration::from_secs(30);

/// All tries of one request with the waits between.
const OPERATION: Duration = Duration::from_mins(2);

/// Passing trouble is overcome here; longer trouble is the caller's, who knows what waits for it.
const ATTEMPTS: u32 = 3;

pub(super) fn connect(config: &Config) -> Client {
    // Without certificates on the machine the SDK's debug builds panic on loading them, so plain HTTP must not ask.
    let trust = TrustStore::empty().with_native_roots(config.is_https());
    let tls = TlsContext::builder()
        .with_trust_store(trust)
        .build()
        .expect("a trust store is all a context has");
    let http = aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .tls_context(tls)
        .build_https();
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .operation_attempt_timeout(ATTEMPT)
        .operation_timeout(OPERATION)
        .build();
    let credentials = Credentials::new(
        &config.access_key_id,
        config.secret_access_key.expose(),
        None,
        None,
        "fieldbook",
    );
    let mut builder = Builder::new()
        .behavior_version(BehaviorVersion::latest())
        .http_client(http)
        .region(Region::new(config.region.clone()))
        .credentials_provider(credentials)
        // Host-style needs a DNS name for each bucket, which private servers don't have.
        .force_path_style(true)
        // Checksums are set by hand: the default sends some bodies as aws-chunked, which many servers refuse.
        .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
        .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
        .stalled_stream_protection(StalledStreamProtectionConfig::enabled().build())
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
        .timeout_config(timeouts);
    builder.set_endpoint_url(config.endpoint_url.clone());
    Client::from_conf(builder.build())
}
