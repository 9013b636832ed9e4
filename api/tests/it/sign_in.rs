//! Signing in by browser: sessions, their cookies, and what pages of others can't do with them.

mod cookies;
mod csrf;
mod issuer;
mod key;
mod oidc;

use std::collections::BTreeMap;
use std::sync::Mutex;

use api::{Anonymous, Options};
use reqwest::header::HeaderMap;
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use url::form_urlencoded;

pub(crate) use self::issuer::{Issuer, Says};
use crate::world::{World, open};

pub(crate) const ASKER: &str = "{ service { asker { kind name keyPrefix role signedIn displayName } } }";

pub(crate) fn closed() -> Options {
    Options {
        anonymous: Anonymous::None,
        ..open()
    }
}

/// A browser: it keeps cookies, and says where a request comes from.
pub(crate) struct Browser<'a> {
    world: &'a World,
    cookies: Mutex<BTreeMap<String, String>>,
    /// As a proxy in front would say it.
    proto: Option<&'static str>,
}

impl<'a> Browser<'a> {
    pub(crate) fn new(world: &'a World) -> Self {
        Self {
            world,
            cookies: Mutex::default(),
            proto: None,
        }
    }

    /// The same, by https through a proxy.
    pub(crate) fn by_https(self) -> Self {
        Self {
            proto: Some("https"),
            ..self
        }
    }

    /// The same with another process of the service.
    pub(crate) fn moved_to<'b>(&self, world: &'b World) -> Browser<'b> {
        Browser {
            world,
            cookies: Mutex::new(self.cookies.lock().unwrap().clone()),
            proto: self.proto,
        }
    }

    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().unwrap().get(name).cloned()
    }

    pub(crate) fn set_cookie(&self, name: &str, value: &str) {
        self.cookies
            .lock()
            .unwrap()
            .insert(name.to_owned(), value.to_owned());
    }

    /// A request with its cookies, and with nothing that says where it comes from.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let cookies: Vec<String> = self
            .cookies
            .lock()
            .unwrap()
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let mut request = self.world.client.request(method, self.world.url(path));
        if !cookies.is_empty() {
            request = request.header("cookie", cookies.join("; "));
        }
        if let Some(proto) = self.proto {
            request = request.header("x-forwarded-proto", proto);
        }
        request
    }

    /// Sends a request, and keeps the cookies that it gives.
    pub(crate) async fn send(&self, request: RequestBuilder) -> Response {
        let response = request.send().await.unwrap();
        let mut cookies = self.cookies.lock().unwrap();
        for line in set_cookies(response.headers()) {
            let (name, rest) = line.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            if line.contains("Max-Age=0") {
                cookies.remove(name);
            } else {
                cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        drop(cookies);
        response
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.send(self.request(Method::GET, path)).await
    }

    /// Sends a form from a page of the service.
    pub(crate) async fn submit(&self, path: &str, fields: &[(&str, &str)]) -> Response {
        let request = self
            .request(Method::POST, path)
            .header("sec-fetch-site", "same-origin");
        self.send(with_form(request, fields)).await
    }

    /// Signs in with a key, and goes on to `next`.
    pub(crate) async fn sign_in(&self, key: &str, next: &str) -> Response {
        self.submit("/sign-in", &[("key", key), ("next", next)]).await
    }

    /// The status and the answer of what a script of the service's own page asks.
    pub(crate) async fn ask(&self, query: &str) -> (StatusCode, Value) {
        let request = self
            .request(Method::POST, "/graphql")
            .header("sec-fetch-site", "same-origin")
            .json(&json!({ "query": query }));
        let response = self.send(request).await;
        (response.status(), response.json().await.unwrap())
    }

    /// What the asker is told of itself.
    pub(crate) async fn asker(&self) -> Value {
        let (status, mut body) = self.ask(ASKER).await;
        assert_eq!(status, StatusCode::OK, "{body:#}");
        body["data"]["service"]["asker"].take()
    }
}

pub(crate) fn with_form(request: RequestBuilder, fields: &[(&str, &str)]) -> RequestBuilder {
    let form = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish();
    request
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form)
}

pub(crate) fn set_cookies(headers: &HeaderMap) -> Vec<String> {
    headers
        .get_all("set-cookie")
        .iter()
        .map(|line| line.to_str().unwrap().to_owned())
        .collect()
}

#[track_caller]
pub(crate) fn location(response: &Response) -> &str {
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    response.headers()["location"].to_str().unwrap()
}
