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
    asset!("plot.css", STYLE),
    asset!("uplot/uplot.css", STYLE),
    asset!("page.js", SCRIPT),
    asset!("age.js", SCRIPT),
    asset!("copy.js", SCRIPT),
    asset!("graphql.js", SCRIPT),
    asset!("live.js", SCRIPT),
    asset!("plot.js", SCRIPT),
    asset!("socket.js", SCRIPT),
    asset!("time.js", SCRIPT),
    asset!("plot/address.js", SCRIPT),
    asset!("plot/answers.js", SCRIPT),
    asset!("plot/chart.js", SCRIPT),
    asset!("plot/clock.js", SCRIPT),
    asset!("plot/colours.js", SCRIPT),
    asset!("plot/columns.js", SCRIPT),
    asset!("plot/controls.js", SCRIPT),
    asset!("plot/dom.js", SCRIPT),
    asset!("plot/figure.js", SCRIPT),
    asset!("plot/frame.js", SCRIPT),
    asset!("plot/gaps.js", SCRIPT),
    asset!("plot/interval.js", SCRIPT),
    asset!("plot/ladder.js", SCRIPT),
    asset!("plot/legend.js", SCRIPT),
    asset!("plot/marks.js", SCRIPT),
    asset!("plot/notice.js", SCRIPT),
    asset!("plot/panel.js", SCRIPT),
    asset!("plot/questions.js", SCRIPT),
    asset!("plot/ranges.js", SCRIPT),
    asset!("plot/reader.js", SCRIPT),
    asset!("plot/settings.js", SCRIPT),
    asset!("plot/summary.js", SCRIPT),
    asset!("plot/table.js", SCRIPT),
    asset!("plot/tail.js", SCRIPT),
    asset!("plot/view.js", SCRIPT),
    asset!("plot/words.js", SCRIPT),
    asset!("plot/zone.js", SCRIPT),
    asset!("uplot/uplot.js", SCRIPT),
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

/// The scripts of plots, so that a browser fetches them at once and not one after another.
pub(crate) fn of_plots() -> impl Iterator<Item = &'static str> {
    let names = ASSETS.iter().map(|asset| asset.name);
    names.filter(|name| {
        let is_shared = ["plot.js", "graphql.js", "socket.js", "uplot/uplot.js"].contains(name);
        is_shared || name.starts_with("plot/")
    })
}

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

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    /// Files of a folder of assets that belong to pages.
    fn files(folder: &Path, within: &str, found: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let name = format!("{within}{}", entry.file_name().to_str().unwrap());
            if entry.file_type().unwrap().is_dir() {
                if !["tests", "land", "node_modules"].contains(&name.as_str()) {
                    files(&entry.path(), &format!("{name}/"), found);
                }
            } else if [".js", ".css", ".svg"]
                .iter()
                .any(|ending| name.ends_with(ending))
            {
                found.push(name);
            }
        }
    }

    #[test]
    fn every_file_is_embedded() {
        let mut found = Vec::new();
        files(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join("assets"),
            "",
            &mut found,
        );
        found.sort();
        let mut embedded: Vec<&str> = ASSETS.iter().map(|asset| asset.name).collect();
        embedded.sort_unstable();
        assert_eq!(embedded, found);
    }
}
