//! The size of an operation, with every fragment in its place, in one pass over the document.

use std::collections::HashMap;

use async_graphql::parser::types::{ExecutableDocument, Field, OperationDefinition, Selection, SelectionSet};
use async_graphql::{Name, Variables};
use chrono::{DateTime, Utc};

use super::cost::{Cost, Share};
use super::reckon::Arguments;
use super::{NESTING_MAX, limit, limit_u64};
use crate::graphql::error::ApiError;
use crate::options::Limits;

/// Lists of a type's parts in the schema's own description. Each multiplies the answer, and types lead to types for ever.
const PARTS_OF_TYPES: [&str; 4] = ["fields", "inputFields", "interfaces", "possibleTypes"];

/// Roots that ask no database.
const ROOTS_AT_HAND: [&str; 4] = ["__typename", "__schema", "__type", "service"];

/// What a selection amounts to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) selections: u64,
    pub(super) aliases: u64,
    /// Fields side by side.
    pub(super) width: u64,
    /// Fields below each other.
    pub(super) depth: u64,
    /// Fields and fragments below each other.
    pub(super) nesting: u64,
    /// Lists of types' parts below each other.
    pub(super) introspection: u64,
    /// Roots that ask the database.
    pub(super) roots: u64,
    /// Values that the answer may have to hold.
    pub(super) values: u64,
    /// Stored rows that the answer may have to be taken from.
    pub(super) rows: u64,
    /// Raw messages that may have to be fetched.
    pub(super) raw_messages: u64,
    /// `totalCount`s that belong to the next list above.
    pub(super) counts: u64,
}

impl Size {
    fn add(&mut self, other: Self) {
        let Self {
            selections,
            aliases,
            width,
            depth,
            nesting,
            introspection,
            roots,
            values,
            rows,
            raw_messages,
            counts,
        } = other;
        for (sum, more) in [
            (&mut self.selections, selections),
            (&mut self.aliases, aliases),
            (&mut self.width, width),
            (&mut self.roots, roots),
            (&mut self.values, values),
            (&mut self.rows, rows),
            (&mut self.raw_messages, raw_messages),
            (&mut self.counts, counts),
        ] {
            *sum = sum.saturating_add(more);
        }
        self.depth = self.depth.max(depth);
        self.nesting = self.nesting.max(nesting);
        self.introspection = self.introspection.max(introspection);
    }

    pub(super) fn check(self, limits: &Limits) -> Result<(), ApiError> {
        limit(self.depth, limits.depth_max, "nest fewer fields")?;
        limit(self.nesting, NESTING_MAX, "nest fewer fields and fragments")?;
        limit(
            self.introspection,
            limits.introspection_max,
            "nest fewer lists of fields, inputFields, interfaces and possibleTypes; the standard introspection query is \
             within the limit, and /graphql/schema.graphql has the whole schema",
        )?;
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
        limit(
            self.roots,
            limits.roots_max,
            "ask fewer things in one document: name several sensors in one field, or send several documents",
        )?;
        limit_u64(
            self.values,
            limits.cost_max,
            "the answer could hold that many values: lower first, or select fewer fields",
        )?;
        limit_u64(
            self.rows,
            limits.rows_max,
            "the answer could have to be taken from that many stored rows: ask for a shorter range, a larger bucket or \
             fewer sensors",
        )?;
        limit_u64(
            self.raw_messages,
            limits.raw_messages_max,
            "that many raw messages could have to be fetched from the object store: lower first",
        )
    }

    pub(super) fn cost(self, limits: &Limits) -> Cost {
        let share = |asked, limit| Share { asked, limit };
        Cost {
            values: share(self.values, limits.cost_max),
            rows: share(self.rows, limits.rows_max),
            raw_messages: share(self.raw_messages, limits.raw_messages_max),
        }
    }
}

/// Measures one operation.
pub(super) struct Measure<'a> {
    document: &'a ExecutableDocument,
    operation: &'a OperationDefinition,
    variables: &'a Variables,
    limits: &'a Limits,
    now: DateTime<Utc>,
    /// What each fragment measures; `None` while it is being measured.
    fragments: HashMap<&'a str, Option<Size>>,
}

impl<'a> Measure<'a> {
    pub(super) fn new(
        document: &'a ExecutableDocument,
        operation: &'a OperationDefinition,
        variables: &'a Variables,
        limits: &'a Limits,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            document,
            operation,
            variables,
            limits,
            now,
            fragments: HashMap::new(),
        }
    }

    /// The whole operation.
    pub(super) fn operation(mut self) -> Result<Size, ApiError> {
        self.set(&self.operation.selection_set.node, true)
    }

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
        limit(
            size.width,
            self.limits.breadth_max,
            "select fewer fields side by side",
        )?;
        Ok(size)
    }

    fn field(&mut self, field: &'a Field, root: bool) -> Result<Size, ApiError> {
        limit(
            field.directives.len() as u64,
            self.limits.directives_max,
            "use fewer directives on one field",
        )?;
        let below = self.set(&field.selection_set.node, false)?;
        let name = field.name.node.as_str();
        let arguments = Arguments {
            field,
            operation: self.operation,
            variables: self.variables,
            limits: self.limits,
            now: self.now,
        };
        let reckoned = arguments.reckon(root);
        let counted = below.counts.saturating_mul(reckoned.counted_rows);
        Ok(Size {
            selections: below.selections.saturating_add(1),
            aliases: below.aliases.saturating_add(field.alias.is_some().into()),
            width: 1,
            depth: below.depth + 1,
            nesting: below.nesting,
            introspection: below.introspection + u64::from(PARTS_OF_TYPES.contains(&name)),
            roots: (root && !ROOTS_AT_HAND.contains(&name)).into(),
            values: below.values.saturating_mul(reckoned.objects).saturating_add(1),
            rows: below
                .rows
                .saturating_mul(reckoned.objects)
                .saturating_add(reckoned.rows)
                .saturating_add(counted),
            raw_messages: below
                .raw_messages
                .saturating_mul(reckoned.objects)
                .saturating_add((name == "raw").into()),
            counts: (name == "totalCount").into(),
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
        let on = fragment.node.type_condition.node.on.node.as_str();
        let root = matches!(on, "Query" | "Mutation" | "Subscription");
        let size = self.set(&fragment.node.selection_set.node, root)?;
        self.fragments.insert(name, Some(size));
        Ok(size)
    }
}
