//! Documents are measured before the library sees them: it expands each use of a fragment anew, and its parser
//! descends as deep as the brackets go, so a small document could cost it minutes or its stack.
//!
//! First the text (bytes, tokens, brackets), then the tree, in one pass that remembers what each fragment measures.

use std::collections::HashMap;

use async_graphql::parser::parse_query;
use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, Field, OperationDefinition, OperationType, Selection,
    SelectionSet,
};
use async_graphql::{Name, Positioned, ServerError, Value, Variables};

use super::error::ApiError;
use crate::options::Limits;

/// Selections and fragments within each other, at most; also what the library allows.
pub(crate) const NESTING_MAX: usize = 32;

/// Brackets within each other, at most. A document within the other limits needs far fewer.
const BRACKETS_MAX: usize = 64;

/// Rows that a list is reckoned with when the question does not say how many.
const SENSORS_DEFAULT: u64 = 100;
const READINGS_DEFAULT: u64 = 1000;
const ROWS_DEFAULT: u64 = 1000;
const LATEST_DEFAULT: u64 = 1000;
const AGGREGATES_DEFAULT: u64 = 1000;

/// A document within the limits, and the operation that is to run.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) document: ExecutableDocument,
    pub(crate) operation: OperationType,
    pub(crate) operation_name: Option<String>,
}

/// Parses and measures a document.
pub(crate) fn check(
    query: &str,
    operation_name: Option<&str>,
    variables: &Variables,
    limits: &Limits,
) -> Result<Checked, ServerError> {
    check_text(query, limits).map_err(ApiError::into_server_error)?;
    let document = parse_query(query)?;
    let (name, operation) =
        select(&document.operations, operation_name).map_err(ApiError::into_server_error)?;
    let kind = operation.ty;
    let operation_name = name.map(ToString::to_string);
    for (_, each) in document.operations.iter() {
        let mut measure = Measure {
            document: &document,
            operation: &each.node,
            variables,
            limits,
            fragments: HashMap::new(),
        };
        let size = measure
            .set(&each.node.selection_set.node, true)
            .map_err(ApiError::into_server_error)?;
        size.check(limits).map_err(ApiError::into_server_error)?;
    }
    Ok(Checked {
        document,
        operation: kind,
        operation_name,
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

/// What a selection amounts to, with every fragment in its place.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Size {
    selections: u64,
    aliases: u64,
    /// Fields below each other.
    depth: u64,
    /// Fields and fragments below each other.
    nesting: u64,
    /// Values that the answer may have to hold.
    cost: u64,
}

impl Size {
    fn add(&mut self, other: Self) {
        self.selections = self.selections.saturating_add(other.selections);
        self.aliases = self.aliases.saturating_add(other.aliases);
        self.depth = self.depth.max(other.depth);
        self.nesting = self.nesting.max(other.nesting);
        self.cost = self.cost.saturating_add(other.cost);
    }

    fn check(self, limits: &Limits) -> Result<(), ApiError> {
        limit(self.depth, limits.depth_max, "nest fewer fields")?;
        limit(self.nesting, NESTING_MAX, "nest fewer fields and fragments")?;
        limit(
            self.selections,
            limits.selections_max,
            "select fewer fields in one document",
        )?;
        limit(
            self.aliases,
            limits.aliases_max,
            "use fewer aliases in one document",
        )?;
        let advice = "the answer could hold that many values: lower first, or select fewer fields";
        limit(
            self.cost,
            usize::try_from(limits.cost_max).unwrap_or(usize::MAX),
            advice,
        )
    }
}

fn limit(asked: u64, limit: usize, advice: &str) -> Result<(), ApiError> {
    let limit = limit as u64;
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

/// Measures the selections of one operation.
struct Measure<'a> {
    document: &'a ExecutableDocument,
    operation: &'a OperationDefinition,
    variables: &'a Variables,
    limits: &'a Limits,
    /// What each fragment measures; `None` while it is being measured.
    fragments: HashMap<&'a str, Option<Size>>,
}

impl<'a> Measure<'a> {
    fn set(&mut self, set: &'a SelectionSet, root: bool) -> Result<Size, ApiError> {
        let mut size = Size::default();
        for selection in &set.items {
            let mut part = match &selection.node {
                Selection::Field(field) => self.field(&field.node, root)?,
                Selection::InlineFragment(inline) => self.set(&inline.node.selection_set.node, root)?,
                Selection::FragmentSpread(spread) => self.fragment(&spread.node.fragment_name.node)?,
            };
            part.nesting += 1;
            size.add(part);
        }
        Ok(size)
    }

    fn field(&mut self, field: &'a Field, root: bool) -> Result<Size, ApiError> {
        limit(
            field.directives.len() as u64,
            self.limits.directives_max,
            "use fewer directives on one field",
        )?;
        let below = self.set(&field.selection_set.node, false)?;
        let rows = self.rows(field, root);
        Ok(Size {
            selections: below.selections.saturating_add(1),
            aliases: below.aliases.saturating_add(field.alias.is_some().into()),
            depth: below.depth + 1,
            nesting: below.nesting,
            cost: below.cost.saturating_mul(rows).saturating_add(1),
        })
    }

    fn fragment(&mut self, name: &'a Name) -> Result<Size, ApiError> {
        match self.fragments.get(name.as_str()) {
            Some(Some(size)) => return Ok(*size),
            Some(None) => {
                return Err(ApiError::BadRequest {
                    message: format!("the fragment {name} contains itself"),
                });
            }
            None => {}
        }
        // That there is no such fragment is for the library to say.
        let Some(fragment) = self.document.fragments.get(name) else {
            return Ok(Size::default());
        };
        self.fragments.insert(name, None);
        let root = fragment.node.type_condition.node.on.node == "Query";
        let size = self.set(&fragment.node.selection_set.node, root)?;
        self.fragments.insert(name, Some(size));
        Ok(size)
    }

    /// How many objects the field may give, each with the selection below it.
    fn rows(&self, field: &Field, root: bool) -> u64 {
        let named = |default| self.list(field, "sensors").unwrap_or(default);
        match field.name.node.as_str() {
            "sensors" => self.page(field, SENSORS_DEFAULT),
            "readings" => self.page(field, READINGS_DEFAULT),
            "latest" if root => named(LATEST_DEFAULT),
            "series" if root => named(1),
            "readingRows" | "bucketRows" if root => self.page(field, self.limits.first_max.into()),
            "readingRowsConnection" | "bucketRowsConnection" if root => self.page(field, ROWS_DEFAULT),
            // The buckets themselves have a budget of their own, taken when their number is known.
            "aggregates" if root => named(AGGREGATES_DEFAULT),
            _ => 1,
        }
    }

    fn page(&self, field: &Field, default: u64) -> u64 {
        let asked = |argument| match self.argument(field, argument)? {
            Value::Number(number) => number.as_u64(),
            _ => None,
        };
        let rows = asked("last").or_else(|| asked("first")).unwrap_or(default);
        rows.min(self.limits.first_max.into())
    }

    fn list(&self, field: &Field, argument: &str) -> Option<u64> {
        match self.argument(field, argument)? {
            Value::List(items) => Some(items.len() as u64),
            _ => None,
        }
    }

    /// An argument's value, with variables in their place, null and absent alike.
    fn argument(&self, field: &Field, name: &str) -> Option<Value> {
        let argument = field.get_argument(name)?;
        let value = argument.node.clone().into_const_with(|variable| {
            let given = self.variables.get(&variable).cloned();
            Ok::<_, std::convert::Infallible>(
                given.or_else(|| self.default_of(&variable)).unwrap_or_default(),
            )
        });
        value.ok().filter(|value| *value != Value::Null)
    }

    fn default_of(&self, variable: &Name) -> Option<Value> {
        let declared = |each: &&Positioned<_>| {
            let definition: &async_graphql::parser::types::VariableDefinition = &each.node;
            definition.name.node == *variable
        };
        self.operation
            .variable_definitions
            .iter()
            .find(declared)?
            .node
            .default_value()
            .cloned()
    }
}

#[cfg(test)]
mod tests;
