//! Where the client thinks that this service is, and whether a page of its own asks.

use axum::http::{HeaderMap, HeaderName, Method, header};

use super::{negotiate, websocket};
use crate::graphql::error::ApiError;
use crate::options::Options;

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The scheme and host by which a request came, such as `https://data.example.org`: by its `Host`, and by the scheme that a
/// proxy in front names. `None` without a sound host.
pub(crate) fn of(headers: &HeaderMap) -> Option<String> {
    let is_sound = |host: &&str| {
        !host.is_empty()
            && host.bytes().all(|byte| {
                byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':' | b'[' | b']')
            })
    };
    let forwarded = HeaderName::from_static("x-forwarded-proto");
    let scheme = match text(headers, &forwarded) {
        Some("https") => "https",
        _ => "http",
    };
    let host = text(headers, &header::HOST).filter(is_sound)?;
    Some(format!("{scheme}://{host}"))
}

/// Where this service is for whoever sent these headers: the address that the operator gave, or the one by which they came.
pub(crate) fn ours(options: &Options, headers: &HeaderMap) -> Option<String> {
    match &options.public_url {
        Some(url) => Some(url.trim_end_matches('/').to_owned()),
        None => of(headers),
    }
}

/// Whether that is by https.
pub(crate) fn is_https(options: &Options, headers: &HeaderMap) -> bool {
    ours(options, headers).is_some_and(|ours| ours.starts_with("https://"))
}

/// Whether a page of another site gains something when it has a visitor's browser send this with their cookie: it changes
/// something, or it opens a connection whose answers such a page could read.
pub(crate) fn is_delicate(method: &Method, headers: &HeaderMap) -> bool {
    let only_reads = *method == Method::GET || *method == Method::HEAD;
    !only_reads || websocket::is_asked_for(headers) || negotiate::is_event_stream(headers)
}

/// Refuses what a page of another origin sends. Browsers say it in `Sec-Fetch-Site`, older ones with `Origin`, and no page can
/// say otherwise. A browser's request that says neither is not known to be of our page.
pub(crate) fn check_same(options: &Options, headers: &HeaderMap) -> Result<(), ApiError> {
    let is_ours = if let Some(site) = headers.get(&FETCH_SITE) {
        matches!(site.as_bytes(), b"same-origin" | b"none")
    } else {
        let public = options.public_url.as_deref().and_then(origin_of);
        let mut ours = [public, of(headers)].into_iter().flatten();
        let origin = text(headers, &header::ORIGIN);
        origin.is_some_and(|origin| ours.any(|ours| ours.eq_ignore_ascii_case(origin)))
    };
    if is_ours {
        return Ok(());
    }
    Err(ApiError::Forbidden {
        message: "this must come from a page of this service: Sec-Fetch-Site must be same-origin, or Origin must name the \
                  address of this service; programs show a key in Authorization instead of a cookie"
            .to_owned(),
    })
}

/// The origin of an address, as browsers write it.
fn origin_of(url: &str) -> Option<String> {
    let origin = url::Url::parse(url).ok()?.origin();
    origin.is_tuple().then(|| origin.ascii_serialization())
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graphql::error::ErrorCode;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|&(name, value)| (HeaderName::from_static(name), value.parse().unwrap()))
            .collect()
    }

    fn is_same(options: &Options, pairs: &[(&'static str, &'static str)]) -> bool {
        match check_same(options, &headers(pairs)) {
            Ok(()) => true,
            Err(error) => {
                assert_eq!(error.code(), ErrorCode::Forbidden);
                false
            }
        }
    }

    #[test]
    fn a_page_of_ours_is_known_by_its_site_or_its_origin() {
        let options = Options::default();
        let host = ("host", "127.0.0.1:8000");
        for ours in [
            &[host, ("sec-fetch-site", "same-origin")] as &[_],
            &[host, ("sec-fetch-site", "none")],
            &[host, ("origin", "http://127.0.0.1:8000")],
            &[
                host,
                ("x-forwarded-proto", "https"),
                ("origin", "https://127.0.0.1:8000"),
            ],
        ] {
            assert!(is_same(&options, ours), "{ours:?}");
        }
        for other in [
            &[host] as &[_],
            &[host, ("sec-fetch-site", "cross-site")],
            &[host, ("sec-fetch-site", "same-site")],
            &[host, ("sec-fetch-site", "")],
            // Browsers say the site truly, whatever else a page could make them say.
            &[
                host,
                ("sec-fetch-site", "cross-site"),
                ("origin", "http://127.0.0.1:8000"),
            ],
            &[host, ("origin", "null")],
            &[host, ("origin", "http://127.0.0.1:8001")],
            &[host, ("origin", "https://127.0.0.1:8000")],
            &[host, ("origin", "http://127.0.0.1:8000.evil.example")],
            &[("origin", "http://127.0.0.1:8000")],
        ] {
            assert!(!is_same(&options, other), "{other:?}");
        }
    }

    #[test]
    fn the_public_address_is_ours_whatever_the_proxy_says() {
        let options = Options {
            public_url: Some("https://Data.example.org:443/".to_owned()),
            ..Options::default()
        };
        let host = ("host", "api:8000");
        assert!(is_same(&options, &[host, ("origin", "https://data.example.org")]));
        assert!(is_same(&options, &[host, ("origin", "http://api:8000")]));
        assert!(!is_same(&options, &[host, ("origin", "http://data.example.org")]));
        assert!(is_https(&options, &headers(&[host])));
        assert!(!is_https(&Options::default(), &headers(&[host])));
    }
}
