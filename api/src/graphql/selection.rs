//! What a field of an answer selects.

use async_graphql::parser::types::{Field, Selection, SelectionSet};
use async_graphql::{ContextBase, QueryPathNode, QueryPathSegment};

/// The fields selected below the field that `ctx` belongs to, fragments in their places, each response key once.
///
/// The same response key may be selected several times, here or further up (`a { b } a { c }`), and means all of it;
/// the library merges such answers object by object, which does not reach into JSON that is written in one piece. So
/// the way down is walked again, through every selection with the same keys. Types need no look: the schema has neither
/// interfaces nor unions, and the library has refused fragments on other types and removed what is skipped.
pub(crate) fn of<'a, T>(ctx: &ContextBase<'a, T>) -> Vec<&'a Field> {
    fields(ctx, sets(ctx))
}

/// The fields selected below all fields of this name below the field that `ctx` belongs to, each response key of each of
/// them once.
pub(crate) fn below<'a, T>(ctx: &ContextBase<'a, T>, name: &str) -> Vec<&'a Field> {
    let mut below: Vec<(&str, Vec<&SelectionSet>)> = Vec::new();
    for set in sets(ctx) {
        each_field(ctx, set, &mut |field| {
            if field.name.node != name {
                return;
            }
            let (key, set) = (field.response_key().node.as_str(), &field.selection_set.node);
            match below.iter_mut().find(|(known, _)| *known == key) {
                Some((_, sets)) => sets.push(set),
                None => below.push((key, vec![set])),
            }
        });
    }
    below
        .into_iter()
        .flat_map(|(_, sets)| fields(ctx, sets))
        .collect()
}

/// The selections of the field that `ctx` belongs to.
fn sets<'a, T>(ctx: &ContextBase<'a, T>) -> Vec<&'a SelectionSet> {
    let mut sets = vec![&ctx.query_env.operation.node.selection_set.node];
    for key in way(ctx.path_node.as_ref()) {
        let mut below = Vec::new();
        for set in sets {
            each_field(ctx, set, &mut |field| {
                if field.response_key().node == key {
                    below.push(&field.selection_set.node);
                }
            });
        }
        sets = below;
    }
    sets
}

fn fields<'a, T>(ctx: &ContextBase<'a, T>, sets: Vec<&'a SelectionSet>) -> Vec<&'a Field> {
    let mut fields: Vec<&Field> = Vec::new();
    for set in sets {
        each_field(ctx, set, &mut |field| {
            let key = &field.response_key().node;
            if !fields.iter().any(|other| other.response_key().node == *key) {
                fields.push(field);
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

fn each_field<'a, T>(ctx: &ContextBase<'a, T>, set: &'a SelectionSet, take: &mut impl FnMut(&'a Field)) {
    for selection in &set.items {
        let inner = match &selection.node {
            Selection::Field(field) => {
                take(&field.node);
                continue;
            }
            Selection::InlineFragment(inline) => Some(&inline.node.selection_set.node),
            Selection::FragmentSpread(spread) => ctx
                .query_env
                .fragments
                .get(&spread.node.fragment_name.node)
                .map(|fragment| &fragment.node.selection_set.node),
        };
        if let Some(inner) = inner {
            each_field(ctx, inner, take);
        }
    }
}
