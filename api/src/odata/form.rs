//! The form of an answer: what `$format`, `Accept` and the headers of OData ask for.

use axum::http::{HeaderMap, HeaderValue, header};

use super::refusal::{absent, wrong};
use crate::http::Problem;

/// How much an answer says about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Detail {
    None,
    Minimal,
    Full,
}

/// The form of an answer in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Form {
    pub(crate) detail: Detail,
    /// Whether 64-bit integers are texts, for clients whose numbers are all doubles.
    pub(crate) int64_as_text: bool,
}

const ACCEPTED: &str = "application/json with odata.metadata=none, minimal or full";

impl Form {
    const DEFAULT: Self = Self {
        detail: Detail::Minimal,
        int64_as_text: false,
    };

    /// The form that `$format` asks for, or else the `Accept` header. Who accepts anything, or says nothing, gets
    /// minimal metadata.
    pub(crate) fn of(format: Option<&str>, headers: &HeaderMap) -> Result<Self, Problem> {
        if let Some(format) = format {
            return match format {
                "json" => Ok(Self::DEFAULT),
                other => Self::of_range(other)
                    .map(|(form, _)| form)
                    .ok_or_else(|| not_acceptable("$format", other)),
            };
        }
        let accept = header_text(headers, header::ACCEPT.as_str());
        if accept.trim().is_empty() {
            return Ok(Self::DEFAULT);
        }
        let mut best: Option<(Self, f32)> = None;
        for range in accept.split(',') {
            if let Some((form, quality)) = Self::of_range(range)
                && quality > best.map_or(0.0, |(_, quality)| quality)
            {
                best = Some((form, quality));
            }
        }
        best.map(|(form, _)| form)
            .ok_or_else(|| not_acceptable("accept", &accept))
    }

    /// A range of media types that takes JSON, and how much it is wanted.
    fn of_range(range: &str) -> Option<(Self, f32)> {
        let mut parts = range.split(';').map(str::trim);
        let media = parts.next()?.to_ascii_lowercase();
        if !matches!(media.as_str(), "application/json" | "application/*" | "*/*") {
            return None;
        }
        let (mut form, mut quality) = (Self::DEFAULT, 1.0);
        for part in parts {
            let (name, value) = part.split_once('=')?;
            let value = value.trim().trim_matches('"');
            match name.trim().to_ascii_lowercase().as_str() {
                "q" => quality = value.parse().ok()?,
                "odata.metadata" | "metadata" => {
                    form.detail = match value {
                        "none" => Detail::None,
                        "minimal" => Detail::Minimal,
                        "full" => Detail::Full,
                        _ => return None,
                    }
                }
                "ieee754compatible" => form.int64_as_text = value.eq_ignore_ascii_case("true"),
                // The way of OData 3, and of formats that differ in nothing here.
                "odata" => return None,
                _ => {}
            }
        }
        Some((form, quality))
    }

    /// The header `Content-Type` of such an answer.
    pub(crate) fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(match (self.detail, self.int64_as_text) {
            (Detail::None, false) => "application/json;odata.metadata=none;charset=utf-8",
            (Detail::Minimal, false) => "application/json;odata.metadata=minimal;charset=utf-8",
            (Detail::Full, false) => "application/json;odata.metadata=full;charset=utf-8",
            (Detail::None, true) => {
                "application/json;odata.metadata=none;IEEE754Compatible=true;charset=utf-8"
            }
            (Detail::Minimal, true) => {
                "application/json;odata.metadata=minimal;IEEE754Compatible=true;charset=utf-8"
            }
            (Detail::Full, true) => {
                "application/json;odata.metadata=full;IEEE754Compatible=true;charset=utf-8"
            }
        })
    }
}

/// Whether `$metadata` is wanted in the only form that it has, XML. Clients ask for it with the header of data, too.
pub(crate) fn check_metadata(format: Option<&str>) -> Result<(), Problem> {
    match format {
        None | Some("xml" | "application/xml") => Ok(()),
        Some(other) => Err(absent(
            "$format",
            format!("$metadata is not there as {other:?}"),
            "xml or application/xml",
        )
        .with_status(406)),
    }
}

/// Refuses clients that know only versions before 4.
pub(crate) fn check_version(headers: &HeaderMap) -> Result<(), Problem> {
    for name in ["odata-maxversion", "odata-version"] {
        let text = header_text(headers, name);
        let version = text.trim();
        let is_four = version
            .split_once('.')
            .is_some_and(|(major, minor)| major == "4" && minor.parse::<u32>().is_ok());
        if !version.is_empty() && !is_four {
            return Err(wrong(
                name,
                format!("this service speaks OData 4.0, not {version:?}"),
                "4.0 or 4.01",
            ));
        }
    }
    Ok(())
}

/// The greatest page that a client prefers, by the header `Prefer`.
pub(crate) fn preferred_page(headers: &HeaderMap) -> Option<u32> {
    let prefer = header_text(headers, "prefer");
    prefer.split([',', ';']).find_map(|preference| {
        let (name, value) = preference.split_once('=')?;
        let name = name.trim().to_ascii_lowercase();
        let named = matches!(name.as_str(), "odata.maxpagesize" | "maxpagesize");
        let page = value.trim().trim_matches('"').parse().ok();
        page.filter(|page| named && *page > 0)
    })
}

fn not_acceptable(argument: &str, asked: &str) -> Problem {
    let shown: String = asked.chars().take(200).collect();
    wrong(argument, format!("there is no answer as {shown:?}"), ACCEPTED).with_status(406)
}

fn header_text(headers: &HeaderMap, name: &str) -> String {
    let values: Vec<&str> = headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .collect();
    values.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detail(accept: &'static str) -> Option<Detail> {
        let headers = [(header::ACCEPT, HeaderValue::from_static(accept))]
            .into_iter()
            .collect();
        Form::of(None, &headers).ok().map(|form| form.detail)
    }

    #[test]
    fn the_clients_own_headers_get_what_they_want_most() {
        for (accept, wanted) in [
            ("*/*", Some(Detail::Minimal)),
            ("application/json", Some(Detail::Minimal)),
            ("application/json;odata.metadata=full", Some(Detail::Full)),
            // Power Query.
            (
                "application/json;odata.metadata=minimal;q=1.0,application/json;odata=minimalmetadata;q=0.9,\
                 application/atomsvc+xml;q=0.8,application/atom+xml;q=0.8,application/xml;q=0.7,text/plain;q=0.7",
                Some(Detail::Minimal),
            ),
            (
                "application/json;q=0.1,application/json;odata.metadata=none",
                Some(Detail::None),
            ),
            ("application/atom+xml", None),
            ("application/json;odata=verbose", None),
            ("application/json;q=0", None),
        ] {
            assert_eq!(detail(accept), wanted, "{accept}");
        }
    }

    #[test]
    fn a_page_is_as_large_as_a_client_prefers() {
        for (prefer, wanted) in [
            ("odata.maxpagesize=50", Some(50)),
            ("return=minimal, maxpagesize=7", Some(7)),
            ("odata.maxpagesize=0", None),
            ("odata.maxpagesize=many", None),
            ("odata.include-annotations=\"*\"", None),
        ] {
            let headers = [("prefer".parse().unwrap(), HeaderValue::from_static(prefer))]
                .into_iter()
                .collect();
            assert_eq!(preferred_page(&headers), wanted, "{prefer}");
        }
    }
}
