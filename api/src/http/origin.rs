//! Where the client thinks that this service is.

use axum::http::{HeaderMap, HeaderName, header};

/// The scheme and host by which a request came, such as `https://data.example.org`: by its `Host`, and by the scheme that a
/// proxy in front names. `None` without a sound host.
pub(crate) fn of(headers: &HeaderMap) -> Option<String> {
    let text = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let is_sound = |host: &&str| {
        !host.is_empty()
            && host.bytes().all(|byte| {
                byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':' | b'[' | b']')
            })
    };
    let forwarded = HeaderName::from_static("x-forwarded-proto");
    let scheme = match text(&forwarded) {
        Some("https") => "https",
        _ => "http",
    };
    let host = text(&header::HOST).filter(is_sound)?;
    Some(format!("{scheme}://{host}"))
}
