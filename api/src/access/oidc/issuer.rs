//! The issuer's keys and addresses: found through its discovery document, kept, and fetched again when they may have changed.
//!
//! | when | what happens |
//! |---|---|
//! | a token names a key that is not known | fetched again, at most once in 30 s |
//! | the keys are older than 15 min | fetched again; while that fails, the old ones are taken |
//! | they are older than a day, or there never were any, and the issuer is away | `UNAVAILABLE` |

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, StatusCode, header};
use http_body_util::{BodyExt as _, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use jsonwebtoken::jwk::{Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use tokio::sync::Mutex;
use tokio::time::timeout;
use url::Url;

use super::{away, options};
use crate::graphql::error::ApiError;

/// Keys that the issuer has withdrawn are forgotten after this.
const FRESH: Duration = Duration::from_mins(15);

/// Keys are taken for so long when the issuer can't be asked.
const KEPT: Duration = Duration::from_hours(24);

/// An unknown key makes us ask again no more often than this: anybody can invent one.
const UNKNOWN_EVERY: Duration = Duration::from_secs(30);

/// After a failure, the issuer is left alone for this long.
const FAILED_FOR: Duration = Duration::from_secs(2);

/// How long the issuer may take for both documents together.
const FETCH_TIMEOUT: Duration = Duration::from_secs(5);

/// Bytes of each of its documents.
const DOCUMENT_BYTES_MAX: usize = 1024 * 1024;

/// Why the issuer's keys are not known.
#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum IssuerError {
    #[error("find the certificates that this system trusts: {0}")]
    Roots(String),
    #[error("ask {url}: {problem}")]
    Ask { url: String, problem: String },
    #[error("{url} is for the issuer {said:?}, and {expected:?} was asked")]
    Other {
        url: String,
        said: String,
        expected: String,
    },
    #[error("the issuer's keys stand at {0:?}, which is not reached by https")]
    Insecure(String),
    #[error("ask the OIDC issuer within {} s", FETCH_TIMEOUT.as_secs())]
    Slow,
    #[error("the issuer's document at {url} names no sound {what}, so nobody can sign in there")]
    NoEndpoint { url: String, what: &'static str },
    #[error("the issuer does not know Fieldbook as a client: {0}")]
    Client(String),
}

/// Where people sign in, and where their code becomes a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Endpoints {
    pub(super) authorization: Url,
    pub(super) token: Url,
    /// Whether a client's secret goes into the form because the issuer takes it nowhere else.
    pub(super) secret_in_form: bool,
}

/// An issuer and what is known of its keys.
pub(super) struct Issuer {
    url: Url,
    client: Result<Client<HttpsConnector<HttpConnector>, Body>, IssuerError>,
    known: RwLock<Arc<Known>>,
    /// Held by whoever fetches: the others wait, or go on with what is known.
    fetching: Mutex<Attempts>,
}

/// The keys of an issuer, and when they were fetched.
#[derive(Default)]
struct Known {
    keys: Vec<Key>,
    /// Why there are none, otherwise: whoever only checks tokens needs none.
    endpoints: Option<Result<Endpoints, IssuerError>>,
    fetched_at: Option<Instant>,
}

struct Key {
    id: Option<String>,
    /// As the issuer says it, where it does.
    algorithm: Option<Algorithm>,
    decoding: Arc<DecodingKey>,
}

#[derive(Default)]
struct Attempts {
    /// When a token's unknown key last made us ask.
    unknown_at: Option<Instant>,
    failed: Option<(Instant, IssuerError)>,
}

impl Issuer {
    /// Asks nothing yet.
    pub(super) fn new(url: Url) -> Self {
        let client = client();
        if let Err(error) = &client {
            tracing::warn!("tokens can't be checked: {error}");
        }
        Self {
            url,
            client,
            known: RwLock::default(),
            fetching: Mutex::default(),
        }
    }

    /// The key that signed a token whose header says this, or a refusal.
    pub(super) async fn key(
        &self,
        id: Option<&str>,
        algorithm: Algorithm,
    ) -> Result<Arc<DecodingKey>, ApiError> {
        let known = self.known();
        let found = known.find(id, algorithm);
        if let Some(key) = &found
            && known.is_younger_than(FRESH)
        {
            return Ok(Arc::clone(key));
        }
        // With a key that is only old, nobody waits for somebody else's fetch.
        let turn = match (&found, self.fetching.try_lock()) {
            (_, Ok(turn)) => Some(turn),
            (Some(_), Err(_)) => None,
            (None, Err(_)) => Some(self.fetching.lock().await),
        };
        if let Some(mut attempts) = turn {
            self.refresh(&mut attempts, id, algorithm).await;
            let failed = attempts.failed.clone();
            drop(attempts);
            let known = self.known();
            if let Some(key) = known.find(id, algorithm).filter(|_| known.is_younger_than(KEPT)) {
                return Ok(key);
            }
            if let Some((_, error)) = failed {
                return Err(away(error));
            }
        } else if let Some(key) = found.filter(|_| known.is_younger_than(KEPT)) {
            return Ok(key);
        }
        Err(ApiError::BadCredential(
            "the token is signed by a key that its issuer does not publish",
        ))
    }

    /// Where people sign in.
    pub(super) async fn endpoints(&self) -> Result<Endpoints, ApiError> {
        let known = self.known();
        if !known.is_younger_than(FRESH) {
            let mut attempts = self.fetching.lock().await;
            // Whoever had the turn before may have fetched it.
            if !self.known().is_younger_than(FRESH) {
                self.fetch_again(&mut attempts).await;
            }
            if let Some((_, error)) = &attempts.failed
                && !self.known().is_younger_than(KEPT)
            {
                return Err(away(error.clone()));
            }
        }
        match self.known().endpoints.clone() {
            Some(Ok(endpoints)) => Ok(endpoints),
            Some(Err(error)) => Err(away(error)),
            None => Err(away(IssuerError::Slow)),
        }
    }

    fn known(&self) -> Arc<Known> {
        Arc::clone(&self.known.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Fetches the keys if there is a reason to, and nothing against it.
    async fn refresh(&self, attempts: &mut Attempts, id: Option<&str>, algorithm: Algorithm) {
        let now = Instant::now();
        let known = self.known();
        let is_unknown = known.find(id, algorithm).is_none();
        if known.is_younger_than(FRESH) {
            let asked_lately = attempts
                .unknown_at
                .is_some_and(|at| now.saturating_duration_since(at) < UNKNOWN_EVERY);
            // Whoever had the turn before may have found it.
            if !is_unknown || asked_lately {
                return;
            }
            attempts.unknown_at = Some(now);
        }
        self.fetch_again(attempts).await;
    }

    /// Fetches everything, unless that failed a moment ago.
    async fn fetch_again(&self, attempts: &mut Attempts) {
        let now = Instant::now();
        if let Some((at, _)) = &attempts.failed
            && now.saturating_duration_since(*at) < FAILED_FOR
        {
            return;
        }
        match timeout(FETCH_TIMEOUT, self.fetch())
            .await
            .unwrap_or(Err(IssuerError::Slow))
        {
            Ok((keys, endpoints)) => {
                tracing::debug!(keys = keys.len(), "fetched the OIDC issuer's keys");
                attempts.failed = None;
                let known = Arc::new(Known {
                    keys,
                    endpoints: Some(endpoints),
                    fetched_at: Some(now),
                });
                *self.known.write().unwrap_or_else(PoisonError::into_inner) = known;
            }
            Err(error) => {
                tracing::warn!("the OIDC issuer's keys are not to be had: {error}");
                // From now: it may have taken its time, and others wait for their turn.
                attempts.failed = Some((Instant::now(), error));
            }
        }
    }

    async fn fetch(&self) -> Result<(Vec<Key>, Result<Endpoints, IssuerError>), IssuerError> {
        #[derive(Deserialize)]
        struct KeySet {
            keys: Vec<serde_json::Value>,
        }
        let issuer = self.url.as_str().trim_end_matches('/');
        let url = format!("{issuer}/.well-known/openid-configuration");
        let discovery: Discovery = self.get(&url).await?;
        if discovery.issuer.trim_end_matches('/') != issuer {
            return Err(IssuerError::Other {
                url,
                said: discovery.issuer,
                expected: issuer.to_owned(),
            });
        }
        let is_secure = Url::parse(&discovery.jwks_uri).is_ok_and(|url| options::is_secure(&url));
        if !is_secure {
            return Err(IssuerError::Insecure(discovery.jwks_uri));
        }
        let set: KeySet = self.get(&discovery.jwks_uri).await?;
        // Keys of kinds that this program doesn't know are for others.
        let keys = set.keys.into_iter().filter_map(Key::read).collect();
        Ok((keys, discovery.endpoints(&url)))
    }

    async fn get<T: serde::de::DeserializeOwned>(&self, url: &str) -> Result<T, IssuerError> {
        let failed = |problem: String| IssuerError::Ask {
            url: url.to_owned(),
            problem,
        };
        let request = axum::http::Request::get(url).body(Body::empty());
        let request = request.map_err(|error| failed(error.to_string()))?;
        let (status, body) = self.ask(url, request).await?;
        // A redirect is none of its documents; whoever runs the issuer gives its real address.
        if !status.is_success() {
            return Err(failed(format!("it answers {status}")));
        }
        serde_json::from_slice(&body).map_err(|error| failed(error.to_string()))
    }

    /// Posts a form, and gives the status and the body of the answer.
    pub(super) async fn post_form(
        &self,
        url: &Url,
        authorization: Option<&HeaderValue>,
        form: String,
    ) -> Result<(StatusCode, Bytes), IssuerError> {
        let mut request = axum::http::Request::post(url.as_str())
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        if let Some(authorization) = authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        let request = request.body(Body::from(form)).map_err(|error| IssuerError::Ask {
            url: url.to_string(),
            problem: error.to_string(),
        })?;
        timeout(FETCH_TIMEOUT, self.ask(url.as_str(), request))
            .await
            .unwrap_or(Err(IssuerError::Slow))
    }

    async fn ask(
        &self,
        url: &str,
        mut request: axum::http::Request<Body>,
    ) -> Result<(StatusCode, Bytes), IssuerError> {
        let failed = |problem: String| IssuerError::Ask {
            url: url.to_owned(),
            problem,
        };
        let client = self.client.as_ref().map_err(Clone::clone)?;
        let json = HeaderValue::from_static("application/json");
        request.headers_mut().insert(header::ACCEPT, json);
        let answer = client
            .request(request)
            .await
            .map_err(|error| failed(crate::graphql::error::chain(&error)))?;
        let status = answer.status();
        let body: Bytes = Limited::new(answer.into_body(), DOCUMENT_BYTES_MAX)
            .collect()
            .await
            .map_err(|error| failed(error.to_string()))?
            .to_bytes();
        Ok((status, body))
    }
}

/// What an issuer says of itself.
#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
    authorization_endpoint: Option<String>,
    token_endpoint: Option<String>,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Vec<String>,
}

impl Discovery {
    fn endpoints(&self, url: &str) -> Result<Endpoints, IssuerError> {
        let sound = |what: &'static str, endpoint: Option<&str>| {
            let endpoint = endpoint.and_then(|endpoint| Url::parse(endpoint).ok());
            let endpoint = endpoint.filter(options::is_secure);
            endpoint.ok_or_else(|| IssuerError::NoEndpoint {
                url: url.to_owned(),
                what,
            })
        };
        let methods = &self.token_endpoint_auth_methods_supported;
        let takes = |wanted: &str| methods.iter().any(|method| method == wanted);
        Ok(Endpoints {
            authorization: sound("authorization_endpoint", self.authorization_endpoint.as_deref())?,
            token: sound("token_endpoint", self.token_endpoint.as_deref())?,
            // An issuer that names no method takes Basic (OpenID Connect Discovery 1.0).
            secret_in_form: takes("client_secret_post") && !takes("client_secret_basic"),
        })
    }
}

fn client() -> Result<Client<HttpsConnector<HttpConnector>, Body>, IssuerError> {
    let connector = HttpsConnectorBuilder::new()
        .with_provider_and_native_roots(rustls::crypto::ring::default_provider())
        .map_err(|error| IssuerError::Roots(error.to_string()))?
        .https_or_http()
        .enable_http1()
        .build();
    Ok(Client::builder(TokioExecutor::new()).build(connector))
}

impl Known {
    fn is_younger_than(&self, age: Duration) -> bool {
        self.fetched_at.is_some_and(|at| at.elapsed() < age)
    }

    /// The key with this id; without one, the only key that could be it.
    fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Option<Arc<DecodingKey>> {
        let mut fitting = self
            .keys
            .iter()
            .filter(|key| key.fits(algorithm) && (id.is_none() || key.id.as_deref() == id));
        let first = fitting.next()?;
        (id.is_some() || fitting.next().is_none()).then(|| Arc::clone(&first.decoding))
    }
}

impl Key {
    fn read(value: serde_json::Value) -> Option<Self> {
        let jwk: Jwk = serde_json::from_value(value).ok()?;
        let is_for_signatures = matches!(jwk.common.public_key_use, None | Some(PublicKeyUse::Signature));
        let decoding = DecodingKey::from_jwk(&jwk).ok()?;
        let algorithm = match jwk.common.key_algorithm {
            None => None,
            // One that this program doesn't take, such as of a key for encryption.
            Some(algorithm) => Some(algorithm.to_string().parse().ok()?),
        };
        is_for_signatures.then(|| Self {
            id: jwk.common.key_id,
            algorithm,
            decoding: Arc::new(decoding),
        })
    }

    /// Whether it may be what checks a signature of this kind.
    fn fits(&self, algorithm: Algorithm) -> bool {
        self.decoding.family() == algorithm.family() && self.algorithm.is_none_or(|own| own == algorithm)
    }
}
