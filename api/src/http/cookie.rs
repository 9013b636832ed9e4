//! Our cookies: what a browser shows of them, and what it is told.
//!
//! Where the service is reached by https they begin with `__Host-`: then a browser takes them over https from this very host
//! alone, so no neighbour's page and no one on the way can set one. Over plain http there is no such promise, and they have
//! another name.

use axum::http::{HeaderMap, HeaderValue, header};
use chrono::TimeDelta;

use super::origin;
use crate::options::Options;

/// One of our cookies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cookie {
    /// The token of a session.
    Session,
    /// A sign-in that has begun at the issuer.
    Pending,
}

impl Cookie {
    fn name(self, is_https: bool) -> &'static str {
        match (self, is_https) {
            (Self::Session, true) => "__Host-fieldbook",
            (Self::Session, false) => "fieldbook",
            (Self::Pending, true) => "__Host-fieldbook-sign-in",
            (Self::Pending, false) => "fieldbook-sign-in",
        }
    }

    /// What a request shows of it.
    pub(crate) fn shown<'a>(self, options: &Options, headers: &'a HeaderMap) -> Option<&'a str> {
        let name = self.name(origin::is_https(options, headers));
        let lines = headers.get_all(header::COOKIE).iter();
        let mut pairs = lines
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='));
        pairs.find(|(shown, _)| *shown == name).map(|(_, value)| value)
    }

    /// Has a browser keep it for so long; `value` is of letters, digits, `-`, `_` and `.`.
    pub(crate) fn keep(
        self,
        options: &Options,
        headers: &HeaderMap,
        value: &str,
        lasts: TimeDelta,
    ) -> Option<HeaderValue> {
        let is_https = origin::is_https(options, headers);
        let name = self.name(is_https);
        let secure = if is_https { "; Secure" } else { "" };
        let seconds = lasts.num_seconds().max(0);
        let line = format!("{name}={value}; Path=/; Max-Age={seconds}{secure}; HttpOnly; SameSite=Lax");
        let mut line = HeaderValue::from_str(&line).ok()?;
        line.set_sensitive(true);
        Some(line)
    }

    /// Has a browser forget it.
    pub(crate) fn forget(self, options: &Options, headers: &HeaderMap) -> Option<HeaderValue> {
        self.keep(options, headers, "", TimeDelta::zero())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(cookie: Cookie, https: bool, lines: &[&'static str]) -> Option<String> {
        let mut headers: HeaderMap = lines
            .iter()
            .map(|line| (header::COOKIE, HeaderValue::from_static(line)))
            .collect();
        headers.insert(header::HOST, HeaderValue::from_static("h"));
        if https {
            headers.insert("x-forwarded-proto", HeaderValue::from_static("https"));
        }
        cookie.shown(&Options::default(), &headers).map(ToOwned::to_owned)
    }

    #[test]
    fn a_cookie_is_found_among_others_by_its_whole_name() {
        let found = |lines: &[&'static str]| shown(Cookie::Session, false, lines);
        assert_eq!(found(&["a=b; fieldbook=x; c=d"]).as_deref(), Some("x"));
        assert_eq!(found(&["a=b", "fieldbook=x=y"]).as_deref(), Some("x=y"));
        for none in [
            "fieldbook2=x",
            "Fieldbook=x",
            "fieldbook",
            "a=fieldbook=x",
            "fieldbook-sign-in=x",
        ] {
            assert_eq!(found(&[none]), None, "{none}");
        }
    }

    #[test]
    fn by_https_only_what_this_host_set_counts() {
        let lines = ["fieldbook=set by a neighbour; __Host-fieldbook=ours"];
        assert_eq!(shown(Cookie::Session, true, &lines).as_deref(), Some("ours"));
        assert_eq!(shown(Cookie::Session, true, &["fieldbook=x"]), None);
        assert_eq!(shown(Cookie::Session, false, &["__Host-fieldbook=x"]), None);
    }
}
