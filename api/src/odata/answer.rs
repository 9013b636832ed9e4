//! Answers in OData's JSON, written row by row into one buffer.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::Value as Json;

use super::form::{Detail, Form};
use super::model::{EntitySet, NAMESPACE, Property, SETS};
use super::options::escaped;
use super::path::ROOT;
use super::row::{Found, Row};
use super::value::{Edm, Value};
use crate::http::origin;

/// The version that answers are in.
pub(crate) const VERSION: (HeaderName, HeaderValue) = (
    HeaderName::from_static("odata-version"),
    HeaderValue::from_static("4.0"),
);

/// How answers to a request are written: in which form, and with which addresses.
#[derive(Debug, Clone)]
pub(crate) struct Writer {
    pub(crate) form: Form,
    /// The service's root as the client wrote it.
    pub(crate) root: String,
}

impl Writer {
    pub(crate) fn new(form: Form, headers: &HeaderMap) -> Self {
        Self {
            form,
            root: root(headers),
        }
    }

    /// The service document.
    pub(crate) fn service(&self) -> Response {
        let sets: Vec<Json> = SETS
            .iter()
            .map(|set| serde_json::json!({ "name": set.name, "kind": "EntitySet", "url": set.name }))
            .collect();
        let mut out = Out::new(self);
        out.context("");
        out.member("value", &sets.into());
        out.finish()
    }

    /// Rows of a set, how many there are where that was asked, and the address of the rows behind them.
    pub(crate) fn rows(
        &self,
        set: &EntitySet,
        select: Option<&[&'static Property]>,
        rows: &[Found],
        count: Option<u64>,
        next: Option<&str>,
    ) -> Response {
        let mut out = Out::new(self);
        out.context(&format!("#{}{}", set.name, selected(select)));
        if let Some(count) = count {
            out.member("@odata.count", &Value::count(count).json(self.form.int64_as_text));
        }
        out.name("value");
        out.text.push('[');
        for (number, found) in rows.iter().enumerate() {
            if number > 0 {
                out.text.push(',');
            }
            out.text.push('{');
            out.first = true;
            out.entity(set, select, &found.row());
            out.text.push('}');
        }
        out.text.push(']');
        out.first = false;
        if let Some(next) = next {
            out.member(
                "@odata.nextLink",
                &Json::from(format!("{}{}?{next}", self.root, set.name)),
            );
        }
        out.finish()
    }

    /// One row.
    pub(crate) fn entity(
        &self,
        set: &EntitySet,
        select: Option<&[&'static Property]>,
        found: &Found,
    ) -> Response {
        let mut out = Out::new(self);
        out.context(&format!("#{}{}/$entity", set.name, selected(select)));
        out.entity(set, select, &found.row());
        out.finish()
    }

    /// One value of a row. Null has no content.
    pub(crate) fn property(
        &self,
        set: &EntitySet,
        property: &Property,
        found: &Found,
        raw: bool,
    ) -> Response {
        let value = property.get(&found.row()).unwrap_or(Value::Null);
        let Some(text) = value.raw() else {
            return ([VERSION], StatusCode::NO_CONTENT).into_response();
        };
        if raw {
            return plain(text);
        }
        let mut out = Out::new(self);
        out.context(&format!("#{}/{}", address(set, &found.row()), property.name));
        out.member("value", &value.json(self.form.int64_as_text));
        out.finish()
    }
}

/// A bare text, as of a count.
pub(crate) fn plain(text: String) -> Response {
    let content_type = HeaderValue::from_static("text/plain;charset=utf-8");
    ([VERSION, (header::CONTENT_TYPE, content_type)], text).into_response()
}

fn selected(select: Option<&[&'static Property]>) -> String {
    select.map_or_else(String::new, |select| {
        let names: Vec<_> = select.iter().map(|property| property.name).collect();
        format!("({})", names.join(","))
    })
}

/// The address of a row below the root.
fn address(set: &EntitySet, row: &Row<'_>) -> String {
    let value = |property: &Property| {
        let value = property.get(row).unwrap_or(Value::Null);
        escaped(&value.literal())
    };
    let key: Vec<String> = match set.keys {
        [_] => set.key_properties().map(value).collect(),
        _ => set
            .key_properties()
            .map(|property| format!("{}={}", property.name, value(property)))
            .collect(),
    };
    format!("{}({})", set.name, key.join(","))
}

/// The service's root, as the client knows it. Without a sound host it is relative to the host.
fn root(headers: &HeaderMap) -> String {
    format!("{}{ROOT}", origin::of(headers).unwrap_or_default())
}

/// An object that is being written.
struct Out<'a> {
    writer: &'a Writer,
    text: String,
    first: bool,
}

impl<'a> Out<'a> {
    fn new(writer: &'a Writer) -> Self {
        Self {
            writer,
            text: "{".to_owned(),
            first: true,
        }
    }

    fn name(&mut self, name: &str) {
        if !self.first {
            self.text.push(',');
        }
        self.first = false;
        self.text.push('"');
        self.text.push_str(name);
        self.text.push_str("\":");
    }

    /// A member whose name needs no escapes.
    fn member(&mut self, name: &str, value: &Json) {
        self.name(name);
        self.text.push_str(&value.to_string());
    }

    fn context(&mut self, fragment: &str) {
        if self.writer.form.detail != Detail::None {
            let context = format!("{}$metadata{fragment}", self.writer.root);
            self.member("@odata.context", &context.into());
        }
    }

    /// The members of a row.
    fn entity(&mut self, set: &EntitySet, select: Option<&[&'static Property]>, row: &Row<'_>) {
        let form = self.writer.form;
        let is_full = form.detail == Detail::Full;
        if is_full {
            self.member("@odata.type", &format!("#{NAMESPACE}.{}", set.entity).into());
            let address = address(set, row);
            self.member("@odata.id", &address.as_str().into());
            self.member("@odata.readLink", &address.into());
        }
        let all = set
            .properties
            .iter()
            .filter(|property| select.is_none_or(|select| select.iter().any(|chosen| chosen.is(property))));
        for property in all {
            // The types that JSON's own values do not tell.
            if is_full && matches!(property.edm, Edm::DateTimeOffset | Edm::Guid | Edm::Int64) {
                let type_of = format!("{}@odata.type", property.name);
                self.member(&type_of, &format!("#{}", property.edm.name()).into());
            }
            let value = property.get(row).unwrap_or(Value::Null);
            self.member(property.name, &value.json(form.int64_as_text));
        }
    }

    fn finish(mut self) -> Response {
        self.text.push('}');
        let headers = [VERSION, (header::CONTENT_TYPE, self.writer.form.content_type())];
        (headers, Body::from(self.text)).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_those_by_which_the_client_came() {
        for (host, proto, wanted) in [
            (
                Some("plant.example:8000"),
                None,
                "http://plant.example:8000/odata/v4/",
            ),
            (
                Some("plant.example"),
                Some("https"),
                "https://plant.example/odata/v4/",
            ),
            (Some("[::1]:8000"), Some("gopher"), "http://[::1]:8000/odata/v4/"),
            (Some("evil\"/x"), None, "/odata/v4/"),
            (None, None, "/odata/v4/"),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(host) = host {
                headers.insert(header::HOST, HeaderValue::from_static(host));
            }
            if let Some(proto) = proto {
                headers.insert("x-forwarded-proto", HeaderValue::from_static(proto));
            }
            assert_eq!(root(&headers), wanted);
        }
    }
}
