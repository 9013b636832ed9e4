//! What a field of an answer selects.

use async_graphql::parser::types::{Field, Selection, SelectionSet};
use async_graphql::{ContextSelectionSet, QueryPathNode, QueryPathSegment};

/// The fields selected below the field that `ctx` belongs to, fragments in their places, each response key once.
///
/// The same response key may be selected several times, here or further up (`a { b } a { c }`), and means all of it;
/// the library merges such answers object by object, which does not reach into JSON that is written in one piece. So
/// the way down is walked again, through every selection with the same keys. Types need no look: the schema has neither
/// interfaces nor unions, and the library has refused fragments on other types and removed what is skipped.
pub(crate) fn of<'a>(ctx: &ContextSelectionSet<'a>) -> Vec<&'a Field> {
    at(ctx, &way(ctx.path_node.as_ref()))
}

/// The same one field further down, at the response key `key`.
pub(crate) fn below<'a>(ctx: &ContextSelectionSet<'a>, key: &str) -> Vec<&'a Field> {
    let mut keys = way(ctx.path_node.as_ref());
    keys.push(key);
    at(ctx, &keys)
}

fn at<'a>(ctx: &ContextSelectionSet<'a>, keys: &[&str]) -> Vec<&'a Field> {
    let mut sets = vec![&ctx.query_env.operation.node.selection_set.node];
    for key in keys {
        let mut below = Vec::new();
        for set in sets {
            each_field(ctx, set, &mut |field| {
                if field.response_key().node == *key {
                    below.push(&field.selection_set.node);
                }
            });
        }
        sets = below;
    }
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

fn each_field<'a>(ctx: &ContextSelectionSet<'a>, set: &'a SelectionSet, take: &mut impl FnMut(&'a Field)) {
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
