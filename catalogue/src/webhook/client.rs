//! One post: bounded in time, to addresses that may be reached, without following anybody elsewhere.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use entity::webhooks::Claimed;
use http::header::{CONTENT_TYPE, USER_AGENT};
use http::{Request, StatusCode};
use http_body_util::Full;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client as HttpClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::TokioExecutor;
use tower_service::Service;

use super::secret::{SecretError, sign};
use super::target::{Reach, TargetError, check_address, check_url};

const AGENT: &str = concat!("Fieldbook/", env!("CARGO_PKG_VERSION"));

/// How many addresses of a name are looked at.
const ADDRESSES_MAX: usize = 16;

/// Why a message did not arrive.
#[derive(Debug, thiserror::Error)]
pub(super) enum PostError {
    #[error(transparent)]
    Target(#[from] TargetError),
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error("find the certificates that this system trusts: {0}")]
    Roots(String),
    #[error("make the request: {0}")]
    Request(String),
    #[error("post it: {0}")]
    Post(String),
    #[error("it did not answer within {} s", .0.as_secs())]
    Slow(Duration),
    #[error("it answers {0}")]
    Refused(StatusCode),
}

impl PostError {
    /// Whether the receiver says that it wants no more, ever.
    pub(super) fn is_gone(&self) -> bool {
        matches!(self, Self::Refused(StatusCode::GONE))
    }
}

/// Posts messages.
#[derive(Clone)]
pub(super) struct Client {
    http: Result<HttpClient<HttpsConnector<HttpConnector<Resolver>>, Full<Bytes>>, String>,
    reach: Reach,
    timeout: Duration,
}

impl Client {
    pub(super) fn new(reach: Reach, timeout: Duration) -> Self {
        Self {
            http: connect(reach),
            reach,
            timeout,
        }
    }

    /// Why nothing can be posted by anybody.
    pub(super) fn problem(&self) -> Option<&str> {
        self.http.as_ref().err().map(String::as_str)
    }

    /// Posts a delivery, signed at `timestamp`; what the receiver answers besides its status is not read.
    pub(super) async fn post(&self, delivery: &Claimed, timestamp: i64) -> Result<(), PostError> {
        let http = self
            .http
            .as_ref()
            .map_err(|problem| PostError::Roots(problem.clone()))?;
        // The leave may have been taken back since it was added.
        let url = check_url(&delivery.url, self.reach)?;
        let id = format!("msg_{}", delivery.message_id.simple());
        let signature = sign(&delivery.secret, &id, timestamp, &delivery.payload)?;
        let request = Request::post(url.as_str())
            .header(CONTENT_TYPE, "application/json")
            .header(USER_AGENT, AGENT)
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", signature)
            .body(Full::new(Bytes::from(delivery.payload.clone())))
            .map_err(|error| PostError::Request(error.to_string()))?;
        let answer = tokio::time::timeout(self.timeout, http.request(request))
            .await
            .map_err(|_| PostError::Slow(self.timeout))?
            .map_err(|error| PostError::Post(chain(&error)))?;
        // A redirect is no receipt: whoever moves says so by another webhook.
        if answer.status().is_success() {
            Ok(())
        } else {
            Err(PostError::Refused(answer.status()))
        }
    }
}

fn connect(reach: Reach) -> Result<HttpClient<HttpsConnector<HttpConnector<Resolver>>, Full<Bytes>>, String> {
    let mut connector = HttpConnector::new_with_resolver(Resolver { reach });
    connector.enforce_http(false);
    let connector = HttpsConnectorBuilder::new()
        .with_provider_and_native_roots(rustls::crypto::ring::default_provider())
        .map_err(|error| error.to_string())?
        .https_or_http()
        .enable_http1()
        .wrap_connector(connector);
    Ok(HttpClient::builder(TokioExecutor::new())
        // Messages are seldom: a connection is made for each, to an address that is looked up for each.
        .pool_max_idle_per_host(0)
        .build(connector))
}

/// An error with its causes: the client's own words stop at "client error".
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

/// Gives a name's addresses, those that may be reached; a connection is made to one of them.
#[derive(Debug, Clone)]
struct Resolver {
    reach: Reach,
}

impl Service<Name> for Resolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let reach = self.reach;
        Box::pin(async move {
            let addresses = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let mut reachable = Vec::new();
            let mut refused = None;
            for address in addresses.take(ADDRESSES_MAX) {
                match check_address(address.ip(), reach) {
                    Ok(()) => reachable.push(address),
                    Err(error) => refused = Some(error),
                }
            }
            match refused {
                Some(error) if reachable.is_empty() => Err(io::Error::other(error)),
                _ => Ok(reachable.into_iter()),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_name_of_this_machine_leads_nowhere() {
        let mut resolver = Resolver { reach: Reach::Public };
        let name = || "localhost".parse::<Name>().unwrap();
        let error = resolver.call(name()).await.unwrap_err();
        assert!(error.to_string().contains("is not a public address"), "{error}");
        let mut resolver = Resolver {
            reach: Reach::Anywhere,
        };
        assert!(resolver.call(name()).await.unwrap().next().is_some());
    }
}
