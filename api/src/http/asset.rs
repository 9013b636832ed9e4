//! Files embedded in the binary, compressed when it was made.

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};

/// A file of a page.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asset {
    /// Its name in addresses.
    pub(crate) name: &'static str,
    /// Its media type.
    pub(crate) content_type: &'static str,
    /// Its bytes, in gzip: every browser takes it, and nobody else asks for them.
    pub(crate) gzip: &'static [u8],
}

impl Asset {
    /// The file as an answer. Its name stays while its content changes with the version, so browsers ask again.
    pub(crate) fn respond(&self) -> Response {
        let headers = [
            (header::CONTENT_TYPE, HeaderValue::from_static(self.content_type)),
            (header::CONTENT_ENCODING, HeaderValue::from_static("gzip")),
            (header::CACHE_CONTROL, HeaderValue::from_static("max-age=3600")),
        ];
        (headers, self.gzip).into_response()
    }
}
