//! A small issuer on loopback that people sign in at, by the authorization code flow; it checks all that an issuer checks.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use api::{OidcClient, OidcOptions, Options};
use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::Utc;
use reqwest::StatusCode;
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::net::TcpListener;
use tokio::task::AbortHandle;
use url::{Url, form_urlencoded};

use super::{Browser, closed, location};

pub(crate) const AUDIENCE: &str = "fieldbook-api";
const CLIENT: &str = "fieldbook web";
const SECRET: &str = "s3cret:+/=";

pub(crate) type Fields = BTreeMap<String, String>;

pub(crate) struct Issuer {
    pub(crate) url: String,
    shared: Arc<Shared>,
    server: AbortHandle,
}

struct Shared {
    url: String,
    key: Ed25519KeyPair,
    /// What was authorized under each code that is not used up.
    codes: Mutex<BTreeMap<String, Fields>>,
    /// What the tokens say, besides what an issuer says by itself; null takes that away.
    says: Mutex<Says>,
}

/// What an issuer says of whoever signs in.
#[derive(Clone, Default)]
pub(crate) struct Says {
    pub(crate) id_token: Value,
    /// An access token is a JWT where this is there.
    pub(crate) access_token: Option<Value>,
    /// Whether its token endpoint is away.
    pub(crate) is_away: bool,
    /// The only way in which it takes a client's secret; the one that it must take otherwise.
    pub(crate) secret_in_form: bool,
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Issuer {
    pub(crate) async fn new(says: Says) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/realms/plant", listener.local_addr().unwrap());
        let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        let shared = Arc::new(Shared {
            url: url.clone(),
            key: Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).unwrap(),
            codes: Mutex::default(),
            says: Mutex::new(says),
        });
        let (discovery, keys) = (shared.discovery(), shared.keys());
        let of_token = Arc::clone(&shared);
        let token = move |headers: HeaderMap, body: Bytes| {
            let response = of_token.token(&headers, &body);
            std::future::ready(response)
        };
        let router = Router::new()
            .route(
                "/realms/plant/.well-known/openid-configuration",
                get(async move || Json(discovery)),
            )
            .route("/realms/plant/keys", get(async move || Json(keys)))
            .route("/realms/plant/token", post(token));
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            url,
            shared,
            server: server.abort_handle(),
        }
    }

    /// Options of a service where people sign in here.
    pub(crate) fn options(&self) -> Options {
        Options {
            oidc: Some(self.oidc(Some(SECRET))),
            ..closed()
        }
    }

    pub(crate) fn oidc(&self, secret: Option<&str>) -> OidcOptions {
        OidcOptions::new(&self.url, AUDIENCE, "roles")
            .unwrap()
            .with_client(OidcClient::new(CLIENT, secret, "openid profile").unwrap())
    }

    pub(crate) fn say(&self, says: Says) {
        *self.shared.says.lock().unwrap() = says;
    }

    /// Somebody says yes at the place where a browser was sent; gives where they are sent back to.
    pub(crate) fn authorize(&self, place: &str) -> Url {
        let place = Url::parse(place).unwrap();
        assert!(
            place.as_str().starts_with(&format!("{}/authorize?", self.url)),
            "{place}"
        );
        let fields: Fields = place.query_pairs().into_owned().collect();
        assert_eq!(fields["response_type"], "code");
        assert_eq!(fields["client_id"], CLIENT);
        assert_eq!(fields["scope"], "openid profile");
        assert_eq!(fields["code_challenge_method"], "S256");
        for secret in ["state", "nonce", "code_challenge"] {
            assert!(fields[secret].len() >= 43, "{secret}");
        }
        let mut back = Url::parse(&fields["redirect_uri"]).unwrap();
        let code = format!("code of {}", fields["state"]);
        back.query_pairs_mut()
            .append_pair("code", &code)
            .append_pair("state", &fields["state"])
            .append_pair("iss", &self.url);
        self.shared.codes.lock().unwrap().insert(code, fields);
        back
    }

    /// A token of somebody, for the API.
    pub(crate) fn token(&self, says: &Value) -> String {
        self.shared.jwt(AUDIENCE, None, says)
    }

    /// Signs a browser in; gives where it goes on.
    pub(crate) async fn sign_in(&self, browser: &Browser<'_>, next: &str) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("next", next);
        let response = browser.get(&format!("/sign-in/oidc?{}", query.finish())).await;
        let back = self.authorize(location(&response));
        assert_eq!(back.path(), "/sign-in/callback");
        let response = browser.get(&path(&back)).await;
        location(&response).to_owned()
    }
}

/// An address without its origin.
pub(crate) fn path(url: &Url) -> String {
    format!("{}?{}", url.path(), url.query().unwrap_or_default())
}

impl Shared {
    fn discovery(&self) -> Value {
        let url = &self.url;
        let methods = if self.says.lock().unwrap().secret_in_form {
            json!(["client_secret_post"])
        } else {
            json!(["client_secret_basic", "client_secret_post"])
        };
        json!({
            "issuer": url,
            "authorization_endpoint": format!("{url}/authorize"),
            "token_endpoint": format!("{url}/token"),
            "jwks_uri": format!("{url}/keys"),
            "token_endpoint_auth_methods_supported": methods,
        })
    }

    fn keys(&self) -> Value {
        let x = URL_SAFE_NO_PAD.encode(self.key.public_key());
        json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": "a", "x": x }] })
    }

    fn jwt(&self, audience: &str, nonce: Option<&str>, says: &Value) -> String {
        let now = Utc::now().timestamp();
        let mut claims = json!({
            "iss": self.url, "aud": audience, "sub": "3f2a", "iat": now, "exp": now + 600, "nonce": nonce,
            "name": "Ada Lovelace", "roles": ["fieldbook-reader"],
        });
        for (name, value) in says.as_object().into_iter().flatten() {
            claims[name] = value.clone();
        }
        claims
            .as_object_mut()
            .unwrap()
            .retain(|_, value| !value.is_null());
        let text = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!(
            "{}.{}",
            text(&json!({ "alg": "EdDSA", "kid": "a", "typ": "JWT" })),
            text(&claims)
        );
        let signature = self.key.sign(message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    fn token(&self, headers: &HeaderMap, body: &[u8]) -> Response {
        let says = self.says.lock().unwrap().clone();
        if says.is_away {
            return StatusCode::BAD_GATEWAY.into_response();
        }
        let refused =
            |status: StatusCode, error: &str| (status, Json(json!({ "error": error }))).into_response();
        let form: Fields = form_urlencoded::parse(body).into_owned().collect();
        let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let basic = format!(
            "Basic {}",
            STANDARD.encode(format!("{}:{}", encode(CLIENT), encode(SECRET)))
        );
        let shown = headers.get("authorization").map(|value| value.to_str().unwrap());
        let knows = if says.secret_in_form {
            shown.is_none()
                && form.get("client_id").is_some_and(|id| id == CLIENT)
                && form.get("client_secret").is_some_and(|secret| secret == SECRET)
        } else {
            shown == Some(&basic) && !form.contains_key("client_secret")
        };
        if !knows {
            return refused(StatusCode::UNAUTHORIZED, "invalid_client");
        }
        let authorized = form
            .get("code")
            .and_then(|code| self.codes.lock().unwrap().remove(code));
        let Some(authorized) = authorized else {
            return refused(StatusCode::BAD_REQUEST, "invalid_grant");
        };
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(form["code_verifier"].as_bytes()));
        if form["grant_type"] != "authorization_code"
            || form["redirect_uri"] != authorized["redirect_uri"]
            || challenge != authorized["code_challenge"]
        {
            return refused(StatusCode::BAD_REQUEST, "invalid_grant");
        }
        let id_token = self.jwt(CLIENT, Some(&authorized["nonce"]), &says.id_token);
        let access_token = match &says.access_token {
            Some(says) => self.jwt(AUDIENCE, None, says),
            None => "opaque".to_owned(),
        };
        Json(json!({ "token_type": "Bearer", "id_token": id_token, "access_token": access_token }))
            .into_response()
    }
}
