//! What a token says besides who signed it: whom it is about, and which roles they have.

use entity::keys::Role;
use serde_json::{Map, Value};

/// Everything that a token says.
pub(super) type Claims = Map<String, Value>;

/// The words for roles, for messages.
pub(super) const ROLES: &str =
    "fieldbook-reader, fieldbook-steward, fieldbook-admin, reader, steward and admin";

/// Whom a token is about.
pub(super) fn subject(claims: &Claims) -> Option<&str> {
    claims
        .get("sub")
        .and_then(Value::as_str)
        .filter(|subject| !subject.is_empty())
}

/// The highest role that a claim gives; words that are no roles of Fieldbook are those of others.
pub(super) fn role(claims: &Claims, claim: &str) -> Option<Role> {
    match find(claims, claim)? {
        Value::String(words) => words.split([' ', ',']).filter_map(role_of_word).max(),
        Value::Array(words) => words.iter().filter_map(|word| role_of_word(word.as_str()?)).max(),
        _ => None,
    }
}

/// A claim by its name, which may have dots itself as `https://example.org/roles` has, or by its path.
fn find<'a>(claims: &'a Claims, claim: &str) -> Option<&'a Value> {
    if let Some(value) = claims.get(claim) {
        return Some(value);
    }
    let (last, parents) = {
        let mut steps: Vec<&str> = claim.split('.').collect();
        (steps.pop()?, steps)
    };
    let parent = parents
        .into_iter()
        .try_fold(claims, |object, step| object.get(step)?.as_object())?;
    parent.get(last)
}

fn role_of_word(word: &str) -> Option<Role> {
    word.strip_prefix("fieldbook-").unwrap_or(word).parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(claims: &Value, claim: &str) -> Option<Role> {
        role(claims.as_object().unwrap(), claim)
    }

    #[test]
    fn roles_are_found_by_name_and_by_path_and_the_highest_counts() {
        let claims = json!({
            "roles": ["offline_access", "fieldbook-reader", "steward"],
            "realm_access": { "roles": ["reader"] },
            "a": { "b": { "c": "x admin" } },
            "https://example.org/roles": "fieldbook-admin,other",
            "dotted.claim": ["reader"],
        });
        assert_eq!(of(&claims, "roles"), Some(Role::Steward));
        assert_eq!(of(&claims, "realm_access.roles"), Some(Role::Reader));
        assert_eq!(of(&claims, "a.b.c"), Some(Role::Admin));
        assert_eq!(of(&claims, "https://example.org/roles"), Some(Role::Admin));
        assert_eq!(of(&claims, "dotted.claim"), Some(Role::Reader));
    }

    #[test]
    fn no_role_is_none() {
        let claims =
            json!({ "roles": ["Admin", "fieldbook", "fieldbook-", "", 7, null], "n": 1, "o": { "p": {} } });
        for claim in ["roles", "n", "o", "o.p", "o.p.q", "n.m", "missing", ".", "roles."] {
            assert_eq!(of(&claims, claim), None, "{claim}");
        }
    }
}
