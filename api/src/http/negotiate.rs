//! Which form of answer a client wants, by its `Accept` header.

use axum::http::{HeaderMap, header};

/// The media type of a GraphQL answer. It decides the status of a request that is refused before it runs:
/// `application/json` is also spoken by proxies and old clients, which take 4xx as "no GraphQL here".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MediaType {
    /// `application/json`
    Json,
    /// `application/graphql-response+json`
    GraphqlResponse,
}

impl MediaType {
    pub(crate) fn as_header(self) -> &'static str {
        match self {
            Self::Json => "application/json; charset=utf-8",
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
        }
    }
}

/// The media type for a GraphQL answer. Whoever accepts neither (`text/plain` first is common among BI tools) gets
/// JSON all the same.
pub(crate) fn graphql(headers: &HeaderMap) -> MediaType {
    let ranges = accepted(headers);
    let json = best(&ranges, "application", "json");
    let graphql = best(&ranges, "application", "graphql-response+json");
    match (graphql, json) {
        // A wildcard means JSON; the newer type is for those who name it.
        (Some(graphql), _) if !graphql.exact => MediaType::Json,
        (Some(graphql), None) if graphql.quality > 0.0 => MediaType::GraphqlResponse,
        (Some(graphql), Some(json)) if graphql.quality > 0.0 && graphql.is_before(json) => {
            MediaType::GraphqlResponse
        }
        _ => MediaType::Json,
    }
}

/// Whether the client would rather have Turtle than JSON-LD.
pub(crate) fn prefers_turtle(headers: &HeaderMap) -> bool {
    let ranges = accepted(headers);
    let Some(turtle) = best(&ranges, "text", "turtle").filter(|turtle| turtle.exact && turtle.quality > 0.0)
    else {
        return false;
    };
    let json_ld = best(&ranges, "application", "ld+json");
    json_ld.is_none_or(|json_ld| turtle.is_before(json_ld))
}

/// Whether the client wants a stream of events, as nobody does who does not name it.
pub(crate) fn is_event_stream(headers: &HeaderMap) -> bool {
    let ranges = accepted(headers);
    best(&ranges, "text", "event-stream").is_some_and(|events| events.exact && events.quality > 0.0)
}

/// Whether the client would rather have a page than JSON, as browsers say when somebody types an address.
pub(crate) fn prefers_html(headers: &HeaderMap) -> bool {
    let ranges = accepted(headers);
    let Some(html) = best(&ranges, "text", "html").filter(|html| html.exact && html.quality > 0.0) else {
        return false;
    };
    ["json", "graphql-response+json"]
        .into_iter()
        .filter_map(|subtype| best(&ranges, "application", subtype))
        .all(|json| !json.exact || html.is_before(json))
}

/// A media range of an `Accept` header (RFC 9110, section 12.5.1).
#[derive(Debug, Clone)]
struct Range {
    kind: String,
    subtype: String,
    quality: f32,
    position: usize,
}

/// How a media type fares.
#[derive(Debug, Clone, Copy)]
struct Match {
    quality: f32,
    position: usize,
    exact: bool,
}

impl Match {
    fn is_before(self, other: Self) -> bool {
        self.quality > other.quality || (self.quality >= other.quality && self.position < other.position)
    }
}

fn accepted(headers: &HeaderMap) -> Vec<Range> {
    let lines = headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok());
    lines
        .flat_map(|line| line.split(','))
        .enumerate()
        .filter_map(|(position, text)| range(position, text))
        .collect()
}

fn range(position: usize, text: &str) -> Option<Range> {
    let mut parts = text.split(';').map(str::trim);
    let (kind, subtype) = parts.next()?.split_once('/')?;
    let quality = parts
        .filter_map(|parameter| parameter.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("q"))
        .map_or(Some(1.0), |(_, value)| value.trim().parse().ok())?;
    Some(Range {
        kind: kind.to_ascii_lowercase(),
        subtype: subtype.to_ascii_lowercase(),
        quality,
        position,
    })
}

/// The most specific range that covers a media type.
fn best(ranges: &[Range], kind: &str, subtype: &str) -> Option<Match> {
    let fits = |range: &&Range| {
        (range.kind == kind && (range.subtype == subtype || range.subtype == "*"))
            || (range.kind == "*" && range.subtype == "*")
    };
    let specific = |range: &&Range| (range.kind != "*", range.subtype != "*");
    let range = ranges.iter().filter(fits).max_by_key(specific)?;
    Some(Match {
        quality: range.quality,
        position: range.position,
        exact: range.subtype != "*",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accept(value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(header::ACCEPT, value.parse().unwrap())])
    }

    #[test]
    fn the_newer_type_is_for_those_who_name_it() {
        for (value, expected) in [
            ("application/graphql-response+json", MediaType::GraphqlResponse),
            (
                "application/graphql-response+json; charset=utf-8, application/json; charset=utf-8",
                MediaType::GraphqlResponse,
            ),
            (
                "application/graphql-response+json;q=0.5, application/json",
                MediaType::Json,
            ),
            (
                "application/json, application/graphql-response+json",
                MediaType::Json,
            ),
            ("application/json", MediaType::Json),
            ("*/*", MediaType::Json),
            ("application/*", MediaType::Json),
            ("application/json;q=0.9,text/plain", MediaType::Json),
            ("text/plain", MediaType::Json),
            ("nonsense", MediaType::Json),
        ] {
            assert_eq!(graphql(&accept(value)), expected, "{value}");
        }
        assert_eq!(graphql(&HeaderMap::new()), MediaType::Json);
    }

    #[test]
    fn browsers_prefer_pages_and_programs_do_not() {
        let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8";
        assert!(prefers_html(&accept(browser)));
        for program in [
            "*/*",
            "application/json",
            "application/json, text/html;q=0.5",
            "text/plain",
        ] {
            assert!(!prefers_html(&accept(program)), "{program}");
        }
        assert!(!prefers_html(&HeaderMap::new()));
    }
}
