//! Tokens of an OpenID Connect issuer: a real HTTP server whose keys and tokens Node makes.

use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use api::{Anonymous, OidcOptions, Options};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::IntoResponse as _;
use axum::routing::get;
use axum::{Json, Router};
use chrono::Utc;
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

use crate::world::{World, open};

const ASKER: &str = "{ service { asker { kind name role } } }";
const AUDIENCE: &str = "fieldbook";

/// An issuer on loopback.
struct Issuer {
    url: String,
    listener: Option<TcpListener>,
    is_away: Arc<AtomicBool>,
    published: Arc<Mutex<Vec<Value>>>,
    fetched: Arc<AtomicUsize>,
    server: Option<AbortHandle>,
}

impl Issuer {
    async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self {
            url: format!("http://{}/realms/plant", listener.local_addr().unwrap()),
            listener: Some(listener),
            is_away: Arc::default(),
            published: Arc::default(),
            fetched: Arc::default(),
            server: None,
        }
    }

    /// Answers from now on, with these keys.
    fn start(&mut self, keys: &[&Value]) {
        self.publish(keys);
        let discovery = json!({ "issuer": self.url, "jwks_uri": format!("{}/keys", self.url) });
        let (published, fetched) = (Arc::clone(&self.published), Arc::clone(&self.fetched));
        let keys = move || {
            fetched.fetch_add(1, Ordering::Relaxed);
            let keys = published.lock().unwrap().clone();
            std::future::ready(Json(json!({ "keys": keys })))
        };
        let is_away = Arc::clone(&self.is_away);
        let away = axum::middleware::from_fn(move |request: Request, next: Next| {
            let is_away = is_away.load(Ordering::Relaxed);
            async move {
                if is_away {
                    StatusCode::BAD_GATEWAY.into_response()
                } else {
                    next.run(request).await
                }
            }
        });
        let router = Router::new()
            .route(
                "/realms/plant/.well-known/openid-configuration",
                get(async move || Json(discovery)),
            )
            .route("/realms/plant/keys", get(keys))
            .layer(away);
        let listener = self.listener.take().unwrap();
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        self.server = Some(server.abort_handle());
    }

    fn publish(&self, keys: &[&Value]) {
        // What others use must not stand in the way.
        let others = [
            json!({ "kty": "RSA", "use": "enc", "kid": "enc", "alg": "RSA-OAEP", "n": "AQAB", "e": "AQAB" }),
            json!({ "kty": "unheard of", "kid": "new" }),
            json!({ "kty": "oct", "kid": "shared", "k": "c2VjcmV0" }),
        ];
        *self.published.lock().unwrap() = others.iter().chain(keys.iter().copied()).cloned().collect();
    }

    fn fetches(&self) -> usize {
        self.fetched.load(Ordering::Relaxed)
    }

    fn options(&self) -> Options {
        Options {
            anonymous: Anonymous::None,
            oidc: Some(OidcOptions::new(&self.url, AUDIENCE, "realm_access.roles").unwrap()),
            ..open()
        }
    }

    /// The claims of a token that is good now.
    fn claims(&self) -> Value {
        let now = Utc::now().timestamp();
        json!({
            "iss": self.url, "aud": AUDIENCE, "sub": "ada", "exp": now + 600, "nbf": now - 5, "iat": now,
            "realm_access": { "roles": ["offline_access", "fieldbook-reader"] },
        })
    }

    /// The same with other claims; null takes one away.
    #[expect(clippy::needless_pass_by_value, reason = "callers build it on the spot")]
    fn with(&self, changes: Value) -> Value {
        let mut claims = self.claims();
        for (name, value) in changes.as_object().unwrap() {
            if value.is_null() {
                claims.as_object_mut().unwrap().remove(name);
            } else {
                claims[name] = value.clone();
            }
        }
        claims
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        if let Some(server) = &self.server {
            server.abort();
        }
    }
}

/// Keys and tokens, as Node makes them.
async fn mint(wanted: Value) -> Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/issuer.mjs");
    let mut node = tokio::process::Command::new("node")
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut stdin = node.stdin.take().unwrap();
    stdin.write_all(wanted.to_string().as_bytes()).await.unwrap();
    drop(stdin);
    let output = node.wait_with_output().await.unwrap();
    assert!(output.status.success(), "{}", output.status);
    serde_json::from_slice(&output.stdout).unwrap()
}

fn text<'a>(minted: &'a Value, token: &str) -> &'a str {
    minted["tokens"][token].as_str().unwrap()
}

fn code(body: &Value) -> &Value {
    &body["errors"][0]["extensions"]["code"]
}

#[tokio::test]
async fn a_token_of_each_algorithm_opens_the_data_with_the_role_that_it_gives() {
    let mut issuer = Issuer::new().await;
    let algorithms = ["RS256", "PS256", "ES256", "ES384", "EdDSA"];
    let keys: Vec<Value> = algorithms
        .iter()
        .map(|alg| json!({ "kid": alg, "alg": alg }))
        .collect();
    let mut tokens: serde_json::Map<String, Value> = algorithms
        .iter()
        .map(|&alg| (alg.to_owned(), json!({ "kid": alg, "claims": issuer.claims() })))
        .collect();
    let admin =
        issuer.with(json!({ "aud": ["other", AUDIENCE], "realm_access": { "roles": ["reader", "admin"] } }));
    tokens.insert("admin".to_owned(), json!({ "kid": "ES256", "claims": admin }));
    let minted = mint(json!({ "keys": keys, "tokens": tokens })).await;
    issuer.start(&minted["keys"].as_object().unwrap().values().collect::<Vec<_>>());
    let world = World::with(issuer.options()).await;
    world.sensors(&["a"]).await;
    for alg in algorithms {
        let (status, _, body) = world.ask_as(text(&minted, alg), ASKER).await;
        assert_eq!(status, StatusCode::OK, "{alg} {body}");
        assert_eq!(
            body["data"]["service"]["asker"],
            json!({ "kind": "TOKEN", "name": "ada", "role": "reader" }),
            "{alg}"
        );
        let (status, _, body) = world.ask_as(text(&minted, alg), "/sensors/").await;
        assert_eq!(
            (status, &body["sensors"][0]["name"]),
            (StatusCode::OK, &json!("a")),
            "{alg}"
        );
    }
    let (_, _, body) = world.ask_as(text(&minted, "admin"), ASKER).await;
    assert_eq!(body["data"]["service"]["asker"]["role"], "admin");
    assert_eq!(issuer.fetches(), 1, "its keys are kept");
    // Keys of Fieldbook's own are taken beside them.
    let key = world.key(|_| ()).await;
    assert_eq!(world.ask_as(key.reveal(), "/sensors/").await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_token_that_does_not_hold_is_refused() {
    let mut issuer = Issuer::new().await;
    let now = Utc::now().timestamp();
    let of = |changes: Value| json!({ "kid": "a", "claims": issuer.with(changes) });
    let claims = issuer.claims();
    let tokens = json!({
        "good": of(json!({})),
        "expired": of(json!({ "exp": now - 60 })),
        "without end": of(json!({ "exp": null })),
        "not yet": of(json!({ "nbf": now + 600 })),
        "for others": of(json!({ "aud": "grafana" })),
        "for nobody": of(json!({ "aud": null })),
        "of another": of(json!({ "iss": "https://login.example.org" })),
        "of a similar": of(json!({ "iss": format!("{}/", issuer.url) })),
        "about nobody": of(json!({ "sub": null })),
        "about nothing": of(json!({ "sub": "" })),
        "forged": { "kid": "a", "claims": claims, "forged": true },
        "unsigned": { "kid": "a", "claims": claims, "header": { "alg": "none" }, "unsigned": true },
        "stripped": { "kid": "a", "claims": claims, "unsigned": true },
        "hmac of the key as PEM": { "kid": "a", "claims": claims, "header": { "alg": "HS256" }, "hmac": "pem" },
        "hmac of the key as DER": { "kid": "a", "claims": claims, "header": { "alg": "HS256" }, "hmac": "der" },
        "hmac by the name of a shared key":
            { "kid": "a", "claims": claims, "header": { "alg": "HS256", "kid": "shared" }, "hmac": "der" },
        "of another kind of key": { "kid": "a", "claims": claims, "header": { "kid": "e" } },
        "of another algorithm of its kind": { "kid": "a", "claims": claims, "header": { "alg": "RS512" } },
        "of a key for encryption": { "kid": "a", "claims": claims, "header": { "kid": "enc" } },
        "of an unknown key": { "kid": "unpublished", "claims": claims },
        "with its own key": { "kid": "unpublished", "claims": claims,
            "header": { "jku": "https://evil.example.org", "jwk": { "kty": "oct", "k": "c2VjcmV0" } } },
    });
    let names: Vec<String> = tokens.as_object().unwrap().keys().cloned().collect();
    let keys = json!([{ "kid": "a", "alg": "RS256" }, { "kid": "e", "alg": "ES256" }, { "kid": "unpublished", "alg": "RS256" }]);
    let minted = mint(json!({ "keys": keys, "tokens": tokens })).await;
    issuer.start(&[&minted["keys"]["a"], &minted["keys"]["e"]]);
    let world = World::with(issuer.options()).await;
    for name in names {
        let (status, headers, body) = world.ask_as(text(&minted, &name), ASKER).await;
        if name == "good" {
            assert_eq!(status, StatusCode::OK, "{body}");
            continue;
        }
        assert_eq!(
            (status, code(&body)),
            (StatusCode::UNAUTHORIZED, &json!("UNAUTHENTICATED")),
            "{name}: {body}"
        );
        assert_eq!(headers.get_all("www-authenticate").iter().count(), 2, "{name}");
    }
    for garbage in ["a.b.c", "a", "..", "eyJ9.e30.", "\u{7f}"] {
        let Ok(value) = reqwest::header::HeaderValue::from_str(&format!("Bearer {garbage}")) else {
            continue;
        };
        let (status, _, _) = world
            .ask_with(("authorization", value.to_str().unwrap()), ASKER)
            .await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{garbage}");
    }
    // Known keys need no fetch, and of the many unknown ones the first alone made one.
    assert_eq!(issuer.fetches(), 2);
}

#[tokio::test]
async fn a_token_without_a_role_of_fieldbook_is_forbidden() {
    let mut issuer = Issuer::new().await;
    let tokens = json!({
        "none": { "kid": "a", "claims": issuer.with(json!({ "realm_access": null })) },
        "others": { "kid": "a", "claims": issuer.with(json!({ "realm_access": { "roles": ["grafana-admin"] } })) },
    });
    let minted = mint(json!({ "keys": [{ "kid": "a", "alg": "ES256" }], "tokens": tokens })).await;
    issuer.start(&[&minted["keys"]["a"]]);
    let world = World::with(issuer.options()).await;
    for name in ["none", "others"] {
        let (status, _, body) = world.ask_as(text(&minted, name), ASKER).await;
        assert_eq!(
            (status, code(&body)),
            (StatusCode::FORBIDDEN, &json!("FORBIDDEN")),
            "{name}"
        );
        let message = body["errors"][0]["message"].as_str().unwrap();
        assert!(
            message.contains("realm_access.roles") && message.contains("fieldbook-reader"),
            "{message}"
        );
    }
}

#[tokio::test]
async fn a_new_key_of_the_issuer_is_found_and_the_old_one_forgotten() {
    let mut issuer = Issuer::new().await;
    let tokens = json!({
        "old": { "kid": "old", "claims": issuer.claims() },
        "new": { "kid": "new", "claims": issuer.claims() },
    });
    let keys = json!([{ "kid": "old", "alg": "ES256" }, { "kid": "new", "alg": "EdDSA" }]);
    let minted = mint(json!({ "keys": keys, "tokens": tokens })).await;
    issuer.start(&[&minted["keys"]["old"]]);
    let world = World::with(issuer.options()).await;
    assert_eq!(world.ask_as(text(&minted, "old"), ASKER).await.0, StatusCode::OK);
    issuer.publish(&[&minted["keys"]["new"]]);
    assert_eq!(world.ask_as(text(&minted, "new"), ASKER).await.0, StatusCode::OK);
    assert_eq!(
        world.ask_as(text(&minted, "old"), ASKER).await.0,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(
        issuer.fetches(),
        2,
        "an unknown key makes one more fetch, not two in half a minute"
    );
}

#[tokio::test]
async fn while_the_issuer_is_away_tokens_can_t_be_checked_and_are_not_called_wrong() {
    let mut issuer = Issuer::new().await;
    let tokens = json!({ "good": { "kid": "a", "claims": issuer.claims() } });
    let minted = mint(json!({ "keys": [{ "kid": "a", "alg": "ES256" }], "tokens": tokens })).await;
    issuer.start(&[&minted["keys"]["a"]]);
    issuer.is_away.store(true, Ordering::Relaxed);
    let world = World::with(issuer.options()).await;
    let token = text(&minted, "good");
    let (status, _, body) = world.ask_as(token, ASKER).await;
    assert_eq!(
        (status, code(&body)),
        (StatusCode::SERVICE_UNAVAILABLE, &json!("UNAVAILABLE")),
        "{body}"
    );
    let key = world.key(|_| ()).await;
    assert_eq!(
        world.ask_as(key.reveal(), ASKER).await.0,
        StatusCode::OK,
        "keys need no issuer"
    );

    issuer.is_away.store(false, Ordering::Relaxed);
    let back = async {
        while world.ask_as(token, ASKER).await.0 != StatusCode::OK {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), back).await.unwrap();
    // What is known stays known when it goes again.
    issuer.is_away.store(true, Ordering::Relaxed);
    assert_eq!(world.ask_as(token, ASKER).await.0, StatusCode::OK);
}

#[tokio::test]
async fn an_issuer_that_nobody_reaches_is_away() {
    let issuer = Issuer::new().await;
    let tokens = json!({ "good": { "kid": "a", "claims": issuer.claims() } });
    let minted = mint(json!({ "keys": [{ "kid": "a", "alg": "ES256" }], "tokens": tokens })).await;
    let world = World::with(Options {
        // Nothing listens on port 1.
        oidc: Some(OidcOptions::new("http://127.0.0.1:1", AUDIENCE, "roles").unwrap()),
        ..open()
    })
    .await;
    for _ in 0..3 {
        let (status, _, body) = world.ask_as(text(&minted, "good"), ASKER).await;
        assert_eq!(
            (status, code(&body)),
            (StatusCode::SERVICE_UNAVAILABLE, &json!("UNAVAILABLE")),
            "{body}"
        );
    }
}

#[tokio::test]
async fn without_an_issuer_tokens_are_not_taken() {
    let world = World::new().await;
    let (status, _, body) = world.ask_as("eyJhbGciOiJFUzI1NiJ9.e30.c2ln", ASKER).await;
    assert_eq!(
        (status, code(&body)),
        (StatusCode::UNAUTHORIZED, &json!("UNAUTHENTICATED"))
    );
}
