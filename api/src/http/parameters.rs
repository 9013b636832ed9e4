//! The parameters of a GraphQL request, from a body or an address.

use async_graphql::Variables;
use axum::body::{Body, to_bytes};
use axum::extract::Query;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use serde_json::{Map, Value};

use crate::graphql::error::{self, ApiError};
use crate::options::Limits;

/// What a client asks.
#[derive(Debug)]
pub(crate) struct Parameters {
    pub(crate) query: String,
    pub(crate) operation_name: Option<String>,
    pub(crate) variables: Variables,
}

/// A request that does not get as far as GraphQL.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) error: ApiError,
}

impl Refusal {
    fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            status,
            error: ApiError::BadRequest {
                message: message.into(),
            },
        }
    }

    fn bad(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }
}

/// Reads the parameters of a POST.
pub(crate) async fn of_body(headers: &HeaderMap, body: Body, limits: &Limits) -> Result<Parameters, Refusal> {
    check_headers(headers)?;
    let max = limits.body_bytes_max;
    let too_large = |asked: Option<u64>| Refusal {
        status: StatusCode::PAYLOAD_TOO_LARGE,
        error: ApiError::LimitExceeded {
            argument: None,
            limit: max as u64,
            asked,
            advice: "send a smaller body; it is counted in bytes".to_owned(),
        },
    };
    let announced = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse().ok());
    if let Some(announced) = announced.filter(|announced| *announced > max as u64) {
        return Err(too_large(Some(announced)));
    }
    // One byte more than the limit tells a body that is too large from one that broke off.
    let bytes = to_bytes(body, max.saturating_add(1)).await.map_err(|error| {
        if error::chain(&error).contains("length limit exceeded") {
            too_large(None)
        } else {
            Refusal::bad("the body did not arrive whole")
        }
    })?;
    if bytes.len() > max {
        return Err(too_large(None));
    }
    match serde_json::from_slice(&bytes) {
        Ok(Value::Object(object)) => of_object(object),
        Ok(Value::Array(_)) => Err(Refusal::bad(
            "batches are not answered: send one request at a time",
        )),
        Ok(_) => Err(Refusal::bad("the body must be a JSON object with a query")),
        Err(error) => Err(Refusal::bad(format!("the body is not JSON: {error}"))),
    }
}

/// A body is JSON and says so: what a plain HTML form can send is not accepted, so no page of somebody else can ask in
/// a visitor's name.
fn check_headers(headers: &HeaderMap) -> Result<(), Refusal> {
    let unsupported = |message| Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message));
    let Some(content_type) = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
    else {
        return unsupported("the body needs the header Content-Type: application/json");
    };
    let mut parts = content_type.split(';').map(str::trim);
    if !parts
        .next()
        .unwrap_or_default()
        .eq_ignore_ascii_case("application/json")
    {
        return unsupported("the body must be application/json");
    }
    let utf8 = parts
        .filter_map(|parameter| parameter.split_once('='))
        .all(|(name, value)| {
            !name.trim().eq_ignore_ascii_case("charset")
                || value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
        });
    if !utf8 {
        return unsupported("the body must be in UTF-8");
    }
    let encoding = headers
        .get(header::CONTENT_ENCODING)
        .and_then(|value| value.to_str().ok());
    if encoding.is_some_and(|encoding| !encoding.eq_ignore_ascii_case("identity")) {
        return unsupported("the body must not be compressed");
    }
    Ok(())
}

/// Whether an address asks something.
pub(crate) fn has_query(uri: &Uri) -> bool {
    pairs(uri).is_ok_and(|pairs| pairs.iter().any(|(name, _)| name == "query"))
}

/// Reads the parameters of a GET.
pub(crate) fn of_uri(uri: &Uri) -> Result<Parameters, Refusal> {
    let mut object = Map::new();
    for (name, value) in pairs(uri)? {
        let value = match name.as_str() {
            // An empty value is how forms say "none".
            "variables" | "extensions" if value.is_empty() => Value::Null,
            "variables" | "extensions" => serde_json::from_str(&value)
                .map_err(|error| Refusal::bad(format!("{name} is not JSON: {error}")))?,
            _ => Value::String(value),
        };
        if object.insert(name.clone(), value).is_some() {
            return Err(Refusal::bad(format!("{name} is given twice")));
        }
    }
    of_object(object)
}

fn pairs(uri: &Uri) -> Result<Vec<(String, String)>, Refusal> {
    let Query(pairs) =
        Query::try_from_uri(uri).map_err(|_| Refusal::bad("the address's parameters are not readable"))?;
    Ok(pairs)
}

/// Reads the parameters of an object.
pub(crate) fn of_object(mut object: Map<String, Value>) -> Result<Parameters, Refusal> {
    let query = match object.remove("query") {
        Some(Value::String(query)) => query,
        None | Some(Value::Null) => return Err(Refusal::bad("the parameter query is missing")),
        Some(_) => return Err(Refusal::bad("the parameter query must be a string")),
    };
    let operation_name = match object.remove("operationName") {
        None | Some(Value::Null) => None,
        Some(Value::String(name)) => Some(name).filter(|name| !name.is_empty()),
        Some(_) => return Err(Refusal::bad("the parameter operationName must be a string")),
    };
    let variables = match object.remove("variables") {
        None | Some(Value::Null) => Variables::default(),
        Some(variables @ Value::Object(_)) => Variables::from_json(variables),
        Some(_) => return Err(Refusal::bad("the parameter variables must be an object")),
    };
    if !matches!(
        object.remove("extensions"),
        None | Some(Value::Null | Value::Object(_))
    ) {
        return Err(Refusal::bad("the parameter extensions must be an object"));
    }
    Ok(Parameters {
        query,
        operation_name,
        variables,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn refused(json: &str) -> bool {
        let Ok(Value::Object(object)) = serde_json::from_str(json) else {
            return true;
        };
        of_object(object).is_err()
    }

    #[test]
    fn each_parameter_has_one_type() {
        assert!(!refused(
            r#"{"query": "{a}", "variables": {"b": [1]}, "operationName": null, "extensions": {}}"#
        ));
        for json in [
            "{}",
            r#"{"query": 1}"#,
            r#"{"query": "{a}", "variables": []}"#,
            r#"{"query": "{a}", "operationName": {}}"#,
            r#"{"query": "{a}", "extensions": "x"}"#,
        ] {
            assert!(refused(json), "{json}");
        }
    }

    #[test]
    fn brackets_without_end_are_refused() {
        let uri: Uri = format!("/graphql?query=%7Ba%7D&variables={}", "%5B".repeat(9000))
            .parse()
            .unwrap();
        assert!(of_uri(&uri).is_err());
    }

    proptest! {
        #[test]
        fn any_address_is_a_question_or_refused(query in "(query=|variables=|operationName=|&|%|[0-9A-Fa-f]{2}|[!-~]){0,12}") {
            let Ok(uri) = format!("/graphql?{query}").parse::<Uri>() else { return Ok(()) };
            if let Ok(asked) = of_uri(&uri) {
                prop_assert!(has_query(&uri));
                let limits = Limits::default();
                let _ = crate::graphql::document::check(&asked.query, asked.operation_name.as_deref(), &asked.variables, &limits);
            }
        }

        #[test]
        fn any_document_is_measured_or_refused(text in "([{}()\\[\\]\"#:@$!.,|&=]|\"\"\"|[a-z]{1,4}|query |fragment |on |[0-9]|\\PC){0,60}") {
            let _ = crate::graphql::document::check(&text, None, &Variables::default(), &Limits::default());
        }
    }
}
