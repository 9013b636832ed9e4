//! Documents are measured before the library sees them: it expands each use of a fragment anew, and its parser
//! descends as deep as the brackets go, so a small document could cost it minutes or its stack.
//!
//! First the text (bytes, tokens, brackets) and the variables, then the tree, in one pass that remembers what each
//! fragment measures. `measure` has the pass, `reckon` what a field may cost by its arguments, `cost` what a client is
//! told of it, and `settled` says whether its answer can change by itself. Nothing here asks the database: what a
//! question names decides, and where it names nothing, a number that the reference of limits tells.

mod cost;
mod measure;
mod parsed;
mod reckon;
mod settled;

use async_graphql::parser::parse_query;
use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, OperationDefinition, OperationType,
};
use async_graphql::{Name, ServerError, Value, Variables};
use chrono::{DateTime, Utc};

pub(crate) use self::cost::Cost;
use self::measure::Measure;
pub(crate) use self::parsed::Parsed;
use super::error::ApiError;
use crate::options::Limits;

/// Selections and fragments within each other, at most; also what the library allows.
pub(crate) const NESTING_MAX: usize = 32;

/// Brackets within each other, at most. A document within the other limits needs far fewer.
const BRACKETS_MAX: usize = 64;

/// A document within the limits, and the operation that is to run.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) document: ExecutableDocument,
    pub(crate) operation: OperationType,
    pub(crate) operation_name: Option<String>,
    /// What the operation that is to run may cost.
    pub(crate) cost: Cost,
    /// The end of all that it asks about, when only loading can change its answer.
    pub(crate) settled_until: Option<DateTime<Utc>>,
}

/// Parses and measures a document that came now; `parsed` has those that came before, by the same limits.
pub(crate) fn check(
    parsed: &Parsed,
    query: &str,
    operation_name: Option<&str>,
    variables: &Variables,
    limits: &Limits,
) -> Result<Checked, ServerError> {
    check_at(Utc::now(), parsed, query, operation_name, variables, limits)
}

/// Parses and measures a document that came at `now`.
fn check_at(
    now: DateTime<Utc>,
    parsed: &Parsed,
    query: &str,
    operation_name: Option<&str>,
    variables: &Variables,
    limits: &Limits,
) -> Result<Checked, ServerError> {
    let known = parsed.get(query);
    let is_new = known.is_none();
    if is_new {
        check_text(query, limits).map_err(ApiError::into_server_error)?;
    }
    check_variables(variables, limits).map_err(ApiError::into_server_error)?;
    let document = known.map_or_else(|| parse_query(query), Ok)?;
    let (name, operation) =
        select(&document.operations, operation_name).map_err(ApiError::into_server_error)?;
    let kind = operation.ty;
    let operation_name = name.map(ToString::to_string);
    let mut cost = Cost::default();
    for (_, each) in document.operations.iter() {
        // Those that do not run are measured too: the library validates all of them.
        let size = Measure::new(&document, &each.node, variables, limits, now)
            .operation()
            .map_err(ApiError::into_server_error)?;
        size.check(limits).map_err(ApiError::into_server_error)?;
        if std::ptr::eq(&raw const each.node, operation) {
            cost = size.cost(limits);
        }
    }
    if is_new {
        parsed.insert(query, &document);
    }
    let settled_until = settled::until(&document, operation, variables, limits, now);
    Ok(Checked {
        operation: kind,
        operation_name,
        cost,
        settled_until,
        document,
    })
}

/// The operation of this name, or the only one.
fn select<'a>(
    operations: &'a DocumentOperations,
    name: Option<&str>,
) -> Result<(Option<&'a Name>, &'a OperationDefinition), ApiError> {
    // An empty name means none: some clients send it so.
    let name = name.filter(|name| !name.is_empty());
    let mut found = operations
        .iter()
        .filter(|(each, _)| name.is_none_or(|name| each.is_some_and(|each| each == name)));
    match (found.next(), found.next(), name) {
        (Some((name, operation)), None, _) => Ok((name, &operation.node)),
        (Some(_), Some(_), _) => Err(ApiError::BadRequest {
            message: "the document has several operations: say which one with operationName".to_owned(),
        }),
        (None, _, Some(name)) => Err(ApiError::BadRequest {
            message: format!("the document has no operation named {name:?}"),
        }),
        (None, _, None) => Err(ApiError::BadRequest {
            message: "the document has no operation".to_owned(),
        }),
    }
}

/// Counts bytes, tokens and brackets, as far as telling strings and comments apart needs it.
fn check_text(query: &str, limits: &Limits) -> Result<(), ApiError> {
    limit(
        query.len() as u64,
        limits.document_bytes_max,
        "send lists and long texts as variables",
    )?;
    let mut tokens = 0_u64;
    let mut open = 0_usize;
    let mut deepest = 0_usize;
    let mut rest = query;
    while let Some(next) = rest.chars().next() {
        let length = match next {
            '#' => rest.find(['\n', '\r']).unwrap_or(rest.len()),
            '"' => string_length(rest),
            next if next.is_whitespace() || next == ',' => {
                rest = &rest[next.len_utf8()..];
                continue;
            }
            '{' | '[' | '(' => {
                open += 1;
                deepest = deepest.max(open);
                1
            }
            '}' | ']' | ')' => {
                open = open.saturating_sub(1);
                1
            }
            next if next.is_ascii_alphanumeric() || next == '_' => rest
                .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                .unwrap_or(rest.len()),
            next => next.len_utf8(),
        };
        tokens += u64::from(next != '#');
        rest = &rest[length..];
    }
    limit(
        tokens,
        limits.document_tokens_max,
        "ask less in one document, or send lists as variables",
    )?;
    limit(deepest as u64, BRACKETS_MAX, "nest fewer brackets")
}

/// The bytes of the string literal that `text` starts with; all of them when it does not end.
fn string_length(text: &str) -> usize {
    let (quote, escape) = if text.starts_with("\"\"\"") {
        ("\"\"\"", "\\\"\"\"")
    } else {
        ("\"", "\\")
    };
    let mut at = quote.len();
    while at < text.len() {
        let rest = &text[at..];
        if rest.starts_with(escape) {
            let skipped = if quote.len() == 3 {
                escape.len()
            } else {
                1 + rest[1..].chars().next().map_or(0, char::len_utf8)
            };
            at += skipped;
        } else if rest.starts_with(quote) {
            return at + quote.len();
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// Bounds the values of variables, lists and objects counted as values too, before anything walks them again.
fn check_variables(variables: &Variables, limits: &Limits) -> Result<(), ApiError> {
    let mut count = 0_u64;
    let mut level: Vec<&Value> = variables.values().collect();
    let mut depth = 0_u64;
    while !level.is_empty() {
        count += level.len() as u64;
        depth += 1;
        limit(depth, BRACKETS_MAX, "nest the values of variables less deep")?;
        limit(
            count,
            limits.variable_values_max,
            "send fewer values in variables; lists and objects count, and so does all that is in them",
        )?;
        let below = level.iter().flat_map(|value| match value {
            Value::List(items) => items.iter().collect(),
            Value::Object(fields) => fields.values().collect(),
            _ => Vec::new(),
        });
        level = below.collect();
    }
    Ok(())
}

fn limit(asked: u64, limit: usize, advice: &str) -> Result<(), ApiError> {
    limit_u64(asked, limit as u64, advice)
}

fn limit_u64(asked: u64, limit: u64, advice: &str) -> Result<(), ApiError> {
    if asked <= limit {
        return Ok(());
    }
    Err(ApiError::LimitExceeded {
        argument: None,
        limit,
        asked: Some(asked),
        advice: advice.to_owned(),
    })
}

#[cfg(test)]
mod tests;
