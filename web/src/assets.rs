//! Style and scripts, embedded in the binary.
//!
//! Their addresses hold a digest of all of them, so that a browser keeps them for good and never mixes two versions.

use std::fmt::Write as _;
use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use ring::digest;

/// A file of the pages.
struct Asset {
    name: &'static str,
    content_type: &'static str,
    bytes: &'static [u8],
}

const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const PICTURE: &str = "image/svg+xml";

macro_rules! asset {
    ($name:literal, $content_type:expr) => {
        Asset {
            name: $name,
            content_type: $content_type,
            bytes: include_bytes!(concat!("../assets/", $name)),
        }
    };
}

const ASSETS: &[Asset] = &[
    asset!("style.css", STYLE),
    asset!("page.js", SCRIPT),
    asset!("icon.svg", PICTURE),
];

/// Digits of the digest in addresses: enough to tell versions apart.
const DIGEST_BYTES: usize = 8;

static BASE: LazyLock<String> = LazyLock::new(|| {
    let mut context = digest::Context::new(&digest::SHA256);
    for asset in ASSETS {
        context.update(asset.name.as_bytes());
        context.update(asset.bytes);
    }
    let mut base = "/assets/".to_owned();
    for byte in context.finish().as_ref().iter().take(DIGEST_BYTES) {
        let _ = write!(base, "{byte:02x}");
    }
    base
});

/// Where the files are: `/assets/` and the digest.
pub(crate) fn base() -> &'static str {
    &BASE
}

/// `/assets/{digest}/{file}`
pub(crate) async fn file(Path((digest, file)): Path<(String, String)>) -> Response {
    let Some(asset) = ASSETS.iter().find(|asset| asset.name == file) else {
        return (StatusCode::NOT_FOUND, "there is no such file").into_response();
    };
    // A page of another version asks: what it gets must not be kept as what it asked for.
    let is_current = base().strip_prefix("/assets/") == Some(&digest);
    let kept = if is_current {
        "public, max-age=31536000, immutable"
    } else {
        "no-store"
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(asset.content_type)),
        (header::CACHE_CONTROL, HeaderValue::from_static(kept)),
    ];
    (headers, asset.bytes).into_response()
}
