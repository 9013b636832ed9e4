//! What a field of an answer selects.

use std::collections::HashMap;

use async_graphql::parser::types::{Field, FragmentDefinition, Selection, SelectionSet};
use async_graphql::{Context, ContextBase, Name, Positioned, QueryPathNode, QueryPathSegment};

/// A selected field, with all that is selected below it.
pub(crate) struct Selected<'a> {
    field: &'a Positioned<Field>,
    sets: Vec<&'a SelectionSet>,
    fragments: &'a Fragments,
}

type Fragments = HashMap<Name, Positioned<FragmentDefinition>>;

impl<'a> Selected<'a> {
    /// Its name in the schema.
    pub(crate) fn name(&self) -> &'a str {
        &self.field.node.name.node
    }

    /// Its name in the answer.
    pub(crate) fn key(&self) -> &'a str {
        &self.field.node.response_key().node
    }

    /// The context that its resolver would have, below the field that `ctx` belongs to.
    pub(crate) fn context<'c, T>(&self, ctx: &'c ContextBase<'_, T>) -> Context<'c>
    where
        'a: 'c,
    {
        ctx.with_field(self.field)
    }

    /// What is selected below it, each response key once.
    pub(crate) fn below(&self) -> Vec<Self> {
        merged(self.fragments, &self.sets)
    }

    /// Whether it is this field, or has it below it.
    pub(crate) fn reaches(&self, name: &str) -> bool {
        self.name() == name || self.below().iter().any(|field| field.reaches(name))
    }
}

/// The fields selected below the field that `ctx` belongs to, fragments in their places, each response key once.
pub(crate) fn of<'a, T>(ctx: &ContextBase<'a, T>) -> Vec<&'a Field> {
    selected(ctx)
        .into_iter()
        .map(|selected| &selected.field.node)
        .collect()
}

/// The fields selected below all fields of this name below the field that `ctx` belongs to, each response key of each of
/// them once.
pub(crate) fn below<'a, T>(ctx: &ContextBase<'a, T>, name: &str) -> Vec<&'a Field> {
    let named = selected(ctx).into_iter().filter(|field| field.name() == name);
    named
        .flat_map(|field| field.below())
        .map(|selected| &selected.field.node)
        .collect()
}

/// The fields selected below the field that `ctx` belongs to, with what is selected further down.
///
/// The same response key may be selected several times, here or further up (`a { b } a { c }`), and means all of it;
/// the library merges such answers object by object, which does not reach into JSON that is written in one piece. So
/// the way down is walked again, through every selection with the same keys. Types need no look: the schema has neither
/// interfaces nor unions, and the library has refused fragments on other types and removed what is skipped.
pub(crate) fn selected<'a, T>(ctx: &ContextBase<'a, T>) -> Vec<Selected<'a>> {
    let fragments = &ctx.query_env.fragments;
    let mut sets = vec![&ctx.query_env.operation.node.selection_set.node];
    for key in way(ctx.path_node.as_ref()) {
        let mut below = Vec::new();
        for set in sets {
            each_field(fragments, set, &mut |field| {
                if field.node.response_key().node == key {
                    below.push(&field.node.selection_set.node);
                }
            });
        }
        sets = below;
    }
    merged(fragments, &sets)
}

fn merged<'a>(fragments: &'a Fragments, sets: &[&'a SelectionSet]) -> Vec<Selected<'a>> {
    let mut fields: Vec<Selected<'_>> = Vec::new();
    for set in sets {
        each_field(fragments, set, &mut |field| {
            let set = &field.node.selection_set.node;
            let key = &field.node.response_key().node;
            match fields
                .iter_mut()
                .find(|other| other.field.node.response_key().node == *key)
            {
                Some(same) => same.sets.push(set),
                None => fields.push(Selected {
                    field,
                    sets: vec![set],
                    fragments,
                }),
            }
        });
    }
    fields
}

/// The response keys from the operation down to a field.
fn way<'a>(mut node: Option<&QueryPathNode<'a>>) -> Vec<&'a str> {
    let mut keys = Vec::new();
    while let Some(QueryPathNode { parent, segment }) = node {
        if let QueryPathSegment::Name(key) = segment {
            keys.push(*key);
        }
        node = *parent;
    }
    keys.reverse();
    keys
}

fn each_field<'a>(
    fragments: &'a Fragments,
    set: &'a SelectionSet,
    take: &mut impl FnMut(&'a Positioned<Field>),
) {
    for selection in &set.items {
        let inner = match &selection.node {
            Selection::Field(field) => {
                take(field);
                continue;
            }
            Selection::InlineFragment(inline) => Some(&inline.node.selection_set.node),
            Selection::FragmentSpread(spread) => fragments
                .get(&spread.node.fragment_name.node)
                .map(|fragment| &fragment.node.selection_set.node),
        };
        if let Some(inner) = inner {
            each_field(fragments, inner, take);
        }
    }
}
